import { hours, minutes, seconds } from '../../src/lib/clock';
import type { Fault } from '../../trial/defender/emulator';
import { anyEngine } from '../postgres/test-store';
import { ana, bo, cy, policyOf, Stage, type StageOptions, seedExample } from './stage';

let stage: Stage;
const open = async (options: StageOptions = {}): Promise<void> => {
  stage = await Stage.open(options);
};
afterEach(() => stage.close());

/** What Defender truly took, seen from its side. */
const taken = (): number => stage.emulator.actions.length;
const on = (device: string, more = 'run collect-logs.ps1 because INC-1') => `on ${device} ${more}`;

test.each<[string, Fault]>([
  ['seconds in the header', { type: 'tooManyRequests', wait: 'seconds', waitSeconds: 20 }],
  ['a date in the header', { type: 'tooManyRequests', wait: 'date', waitSeconds: 20 }],
  ['the wait only in the text', { type: 'tooManyRequests', wait: 'text', waitSeconds: 20 }],
  ['no wait at all', { type: 'tooManyRequests', wait: 'none', waitSeconds: 20 }],
])('a 429 with %s is waited out, and the request runs once', async (_name, fault) => {
  await open();
  await stage.ask(ana, seedExample);
  stage.emulator.fault({ route: 'runLiveResponse', fault });
  await stage.approve(bo);
  await stage.pass(seconds(15));
  expect(stage.submissions).toHaveLength(1);
  await stage.pass(minutes(2), seconds(2));
  expect(stage.submissions).toHaveLength(2);
  expect(taken()).toBe(1);
});

anyEngine('a device that is busy with a portal session is waited for, said once, and nobody is cancelled', async () => {
  await open();
  const thread = await stage.ask(ana, on('ws-060'));
  await stage.approve(bo);
  await stage.pass(seconds(5));
  expect(stage.thread(thread)).toContain('busy');
  await stage.pass(minutes(6), seconds(5));
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
  // It stands on the card; nothing is posted for it.
  expect(stage.connector.messages(thread).filter(({ from }) => from === 'bot')).toHaveLength(2);
  expect(stage.emulator.journal.filter((e) => e.route === 'cancelAction')).toEqual([]);
});

anyEngine('a device group without remediation level is a refusal for good, with the cure', async () => {
  await open();
  const thread = await stage.ask(ana, on('ws-050'));
  await stage.approve(bo);
  await stage.pass(seconds(30));
  expect(stage.thread(thread)).toContain('DisallowedOperation');
  expect(stage.thread(thread)).toContain('remediation level');
  expect(stage.submissions).toHaveLength(1);
});

test('fourteen approved requests never make Defender refuse one', async () => {
  await open({ policy: policyOf({ requesters: [ana, bo, cy] }) });
  for (let i = 0; i < 14; i++) stage.emulator.addDevice({ machine: { computerDnsName: `many-${i}.contoso.com` } });
  for (let i = 0; i < 14; i++) {
    await stage.ask(ana, on(`many-${i}`));
    // A person's chat takes seven messages a second: the cards come a little later.
    await stage.pass(seconds(4), seconds(2));
    await stage.approve(bo);
  }
  await stage.pass(minutes(3), seconds(2));
  const answers = stage.emulator.journal.filter((e) => e.route === 'runLiveResponse').map((e) => e.status);
  expect(answers).toEqual(Array(14).fill(201));
});

test('more requests than sessions wait for a slot, with their place on the card', async () => {
  await open({ env: { DEFENDER_SESSIONS: '1' }, emulator: { limits: { sessions: 1 } } });
  await stage.ask(ana, on('srv-db-01'));
  await stage.approve(bo);
  await stage.pass(seconds(2));
  const second = await stage.ask(ana, on('ws-043'));
  await stage.approve(bo);
  await stage.pass(seconds(2));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(second)).toContain('waiting for a slot');
  expect(stage.thread(second)).toMatch(/number 1 of 1/);
  await stage.reply(ana, second, 'queue');
  expect(stage.thread(second)).toContain('1 request under way, 1 waiting');
  await stage.pass(minutes(3), seconds(2));
  expect(stage.thread(second)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
});

test('two requests for one device go one after the other', async () => {
  await open();
  const first = await stage.ask(ana, on('ws-042'));
  await stage.approve(bo);
  const second = await stage.ask(ana, on('ws-042', 'run exit-1.ps1 because INC-2'));
  await stage.approve(bo);
  await stage.pass(seconds(4));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(second)).toContain('earlier request');
  await stage.pass(minutes(1));
  expect(stage.submissions).toHaveLength(2);
  expect(stage.thread(first)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
  expect(stage.thread(second)).toContain('Exit code 1');
});

anyEngine('a script that changed after the approval is not run', async () => {
  await open({ env: { DEFENDER_SESSIONS: '1' } });
  await stage.ask(ana, on('srv-db-01'));
  await stage.approve(bo);
  await stage.pass(seconds(2));
  const thread = await stage.ask(ana, on('ws-043', 'run minidump.ps1 lsass because INC-3'));
  await stage.approve(bo);
  stage.emulator.addScript({ fileName: 'minidump.ps1', content: 'Remove-Item C:\\ -Recurse' });
  await stage.pass(minutes(3), seconds(2));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toContain('void');
  expect(stage.thread(thread)).toContain('minidump.ps1');
});

anyEngine('a device that became another one after the approval is not touched', async () => {
  await open();
  const thread = await stage.ask(ana, seedExample);
  stage.emulator.setDevice('ws-042.contoso.com', { machine: { aadDeviceId: '11111111-9999-4999-8999-999999999999' } });
  await stage.approve(bo);
  await stage.pass(seconds(10));
  expect(stage.submissions).toEqual([]);
  expect(stage.thread(thread)).toContain('void');
});

anyEngine('an approved request whose check cannot be made waits, and nothing is sent unchecked', async () => {
  await open();
  const thread = await stage.ask(ana, seedExample);
  stage.emulator.fault({ route: 'listLibrary', fault: { type: 'errorBefore' }, times: Number.POSITIVE_INFINITY });
  await stage.approve(bo);
  await stage.pass(minutes(2), seconds(5));
  expect(stage.submissions).toEqual([]);
  expect(stage.thread(thread)).toContain('check');
  stage.emulator.clearFaults();
  await stage.pass(minutes(1));
  expect(taken()).toBe(1);
});

anyEngine(
  'a device that stays away past the start-by clock is withdrawn in Defender, and never runs when it is back',
  async () => {
    await open({ policy: policyOf({ startBy: '30m' }) });
    const thread = await stage.ask(ana, on('lap-117'));
    await stage.approve(bo);
    await stage.pass(minutes(1), seconds(5));
    expect(stage.thread(thread)).toContain('waiting for the device');
    await stage.pass(minutes(31), seconds(30));
    expect(stage.emulator.actions[0]?.status).toBe('Cancelled');
    expect(stage.thread(thread)).toContain('withdrawn: the time to start ran out');
    stage.emulator.setDevice('lap-117.contoso.com', { offlineUntil: null });
    await stage.pass(minutes(5), seconds(20));
    expect(stage.emulator.actions[0]?.commands[0]?.ran).toBe('no');
  },
);

anyEngine('a request that was approved and found no slot in time lapses without reaching Defender', async () => {
  await open({ policy: policyOf({ startBy: '5m' }), env: { DEFENDER_SESSIONS: '1' } });
  await stage.ask(ana, on('lap-117'));
  await stage.approve(bo);
  await stage.pass(seconds(2));
  const thread = await stage.ask(ana, on('ws-043'));
  await stage.approve(bo);
  await stage.pass(minutes(4), seconds(10));
  stage.emulator.fault({ route: 'cancelAction', fault: { type: 'errorBefore' }, times: Number.POSITIVE_INFINITY });
  await stage.pass(minutes(3), seconds(10));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toContain('withdrawn: the time to start ran out');
});

anyEngine('a cancel before it is sent keeps it from Defender', async () => {
  await open({ env: { DEFENDER_SESSIONS: '1' } });
  await stage.ask(ana, on('lap-117'));
  await stage.approve(bo);
  await stage.pass(seconds(2));
  const thread = await stage.ask(ana, on('ws-043'));
  await stage.approve(bo);
  await stage.press(ana, stage.cardIn(thread, 'Cancel this request'), 'Cancel this request', {
    cancelReason: 'not needed',
  });
  await stage.pass(hours(3), minutes(1));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toContain('not needed');
});

test('a restart between the intent and the answer sends nothing twice', async () => {
  await open();
  const thread = await stage.ask(ana, seedExample);
  let release = (): void => {};
  stage.emulator.fault({
    route: 'runLiveResponse',
    fault: { type: 'hold', when: 'after', release: new Promise<void>((resolve) => (release = resolve)) },
  });
  const pressed = stage.teams.click(bo, stage.cardFor(bo).id, {
    verb: 'vote.approve',
    data: stage.action(stage.cardFor(bo), 'Approve')?.data,
  });
  await pressed;
  const settling = stage.settle();
  await until(() => stage.submissions.length === 1);
  stage.emulator.fault({ route: 'runLiveResponse', fault: { type: 'errorBefore' } });
  release();
  await settling;
  await stage.restart();
  await stage.pass(minutes(6), seconds(5));
  expect(taken()).toBe(1);
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
});

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !isSo(); i++) await new Promise((resolve) => setImmediate(resolve));
}

anyEngine('no approval is good for longer than Defender keeps a request for a device that is away', async () => {
  await open({ policy: policyOf({ startBy: '2h' }), env: { DEFENDER_QUEUE_HOURS: '1' } });
  const thread = await stage.ask(ana, on('lap-117'));
  await stage.approve(bo);
  await stage.pass(minutes(62), minutes(1));
  expect(stage.thread(thread)).toContain('withdrawn: the time to start ran out');
});
