import { minutes, seconds } from '../../src/lib/clock';
import { anyEngine, testStore } from '../postgres/test-store';
import { ana, bo, cy, dee, policyOf, Stage, type TeamsPerson, tenantId, wordsOf } from './stage';

let stage: Stage;
afterEach(() => stage.close());

const run = (device: string, reason = 'INC-1'): string => `on ${device} run collect-logs.ps1 because ${reason}`;
const stored = () => stage.service.store.recentRequests({ tenantId }, 50);

describe('open requests', () => {
  const cap = { env: { OPEN_REQUESTS_PER_PERSON: '2' } };

  test('of one person are capped: the next is refused with those that are open and what to do, and audited', async () => {
    stage = await Stage.open(cap);
    const first = await stage.ask(ana, run('ws-042'));
    const second = await stage.ask(ana, run('ws-043'));
    const third = await stage.ask(ana, run('srv-db-01'));
    const [one, two] = [stage.requestId(first), stage.requestId(second)];
    expect(stage.thread(third)).toContain(
      `You have 2 open requests, and 2 is the most for one person, so nothing was requested. Open: ${two} and ${one}. Withdraw one that you do not need, such as with cancel ${two}, or wait until one has ended; then ask again.`,
    );
    expect((await stored()).length).toBe(2);
    const audit = await stage.service.store.auditRows();
    expect(audit.filter(({ detail }) => detail.refusal === 'tooManyOpen').length).toBe(1);

    await stage.ask(bo, run('srv-db-01'));
    expect((await stored()).length).toBe(3);
    await stage.reply(ana, first, `cancel ${one}`);
    await stage.ask(ana, run('ws-050'));
    expect((await stored()).length).toBe(4);
  });

  test('asked for at the same instant through two replicas stay within the cap', async () => {
    stage = await Stage.open(cap);
    const clients = [stage.teams];
    if (testStore === 'postgres') clients.push((await stage.addReplica()).teams);
    const devices = ['ws-042', 'ws-043', 'srv-db-01', 'kiosk.berlin.contoso.com'];
    await Promise.all(
      devices.map((device, i) => clients[i % clients.length]?.say(ana, { scope: 'personal' }, run(device))),
    );
    await stage.settle();
    expect((await stored()).length).toBe(2);
  });

  anyEngine('keep a place for what break-glass could be used on', async () => {
    const rules = [
      '  - name: servers',
      '    when: { device: { os: WindowsServer* } }',
      '    from: [approvers]',
      '    breakGlass: { by: approvers, owners: approvers }',
    ];
    stage = await Stage.open({ ...cap, policy: policyOf({ rulesBefore: rules }) });
    for (const device of ['ws-042', 'ws-043']) await stage.ask(ana, run(device));
    const refused = await stage.ask(ana, run('ws-044'));
    expect((await stored()).length).toBe(2);
    expect(stage.thread(refused)).not.toContain('Expires');
    await stage.ask(ana, run('srv-db-01'));
    expect((await stored()).length).toBe(3);
    await stage.ask(ana, run('srv-db-01', 'INC-2'));
    expect((await stored()).length).toBe(3);
  });

  anyEngine('may be fewer by the policy, and count over all accounts of a person', async () => {
    const people = [
      'openRequests: 1',
      'people:',
      `  - { name: Ana, accounts: [${ana.aadObjectId}, ${bo.aadObjectId}] }`,
    ];
    stage = await Stage.open({ policy: policyOf({ people, approvers: [cy] }) });
    await stage.ask(ana, run('ws-042'));
    expect(stage.thread(await stage.ask(bo, run('ws-043')))).toContain('You have 1 open request, and 1 is the most');
    expect((await stored()).length).toBe(1);
  });

  anyEngine('that are too many leave a form as it was filled in', async () => {
    stage = await Stage.open({ env: { OPEN_REQUESTS_PER_PERSON: '1' } });
    await stage.ask(ana, run('ws-042'));
    await stage.tell(ana, 'new');
    const filled = { device: 'ws-043', name2: 'collect-logs.ps1', reason: 'INC-77 triage' };
    const answer = await stage.press(ana, stage.cardFor(ana, 'Ask for approval'), 'Ask for approval', filled);
    expect(wordsOf(answer)).toContain('is the most for one person');
    expect(wordsOf(answer)).toContain('INC-77 triage');
  });
});

describe('reads of Defender', () => {
  const lookUp = async (person: TeamsPerson, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await stage.teams.say(person, { scope: 'personal' }, 'device ws-042');
    await stage.pass(seconds(10));
  };

  test('that one person spends on 70 look-ups within a minute are not those that others ask with, and they are told when to go on', async () => {
    stage = await Stage.open({ installed: [ana, bo, cy] });
    await lookUp(ana, 70);
    await stage.pass(seconds(30));
    expect(stage.chat(ana)).toContain(
      'You have used your share of what I may ask Defender; the rest is kept for others and for approved requests. Nothing was requested. You can go on in 1 minute.',
    );
    await lookUp(bo, 1);
    expect(stage.chat(bo)).toContain('nothing known against it');
    for (const person of [bo, ana]) {
      await stage.ask(person, run(person === bo ? 'ws-042' : 'ws-043'));
      await stage.approve(cy);
    }
    await stage.pass(seconds(5));
    expect(stage.submissions.length).toBe(2);

    stage.clock.advance(minutes(1));
    const cards = () => stage.chat(ana).split('Last full report').length;
    const before = cards();
    await lookUp(ana, 1);
    expect(cards()).toBe(before + 1);
  });

  anyEngine('that many people spend on look-ups leave room for what is asked', async () => {
    stage = await Stage.open({ policy: policyOf({ requesters: [ana, bo, cy, dee] }) });
    for (const person of [bo, cy, dee]) await lookUp(person, 30);
    expect(stage.chat(dee)).toContain('what is left for now is kept for requests that are under way');
    await stage.ask(ana, run('ws-042'));
    expect((await stored()).length).toBe(1);
  });

  anyEngine('that one person spends on what is asked and comes to nothing leave room for what others ask', async () => {
    stage = await Stage.open();
    for (let i = 0; i < 70; i++) await stage.teams.say(ana, { scope: 'personal' }, run('kiosk', `INC-${i}`));
    await stage.settle();
    await stage.ask(bo, run('ws-042'));
    expect((await stored()).map(({ request }) => request.requester.name)).toEqual([bo.name]);
  });

  anyEngine('while somebody types are their own share too, and what was typed can still be taken', async () => {
    stage = await Stage.open();
    const before = stage.emulator.journal.length;
    for (let i = 10; i < 90; i++)
      await stage.teams.search(ana, { scope: 'personal' }, { dataset: 'devices', text: `${i}x` });
    expect(stage.emulator.journal.length - before).toBeLessThanOrEqual(20);
    const { body } = await stage.teams.search(ana, { scope: 'personal' }, { dataset: 'devices', text: 'ws-042' });
    expect(JSON.stringify(body)).toContain('ws-042 · as typed');
  });
});
