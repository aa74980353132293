import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minutes, seconds } from '../../src/lib/clock';
import { readActivity } from '../fakes/fake-connector';
import { FakeGraph, member } from '../fakes/fake-graph';
import { ana, bo, cy, dee, policyOf, Stage, type StageOptions, seedExample, type TeamsPerson, wordsOf } from './stage';

let stage: Stage;
const open = async (options: StageOptions = {}): Promise<void> => {
  stage = await Stage.open({ installed: [bo, cy, dee], ...options });
};
afterEach(() => stage.close());

const rewrite = async (policy: string): Promise<void> => {
  await writeFile(join(stage.dir, 'policy.yaml'), policy);
  // Each pass looks at the file once; it counts when two looks found the same.
  for (let look = 0; look < 4; look++) await stage.pass(seconds(5), seconds(5));
};
const entry = (p: TeamsPerson, more: string) => `  - { name: ${p.name}, accounts: [${p.aadObjectId}${more}] }`;

test('the first rule that matches decides, and a denying rule says why', async () => {
  await open({
    policy: policyOf({
      rulesBefore: [
        '  - name: no-collection-from-dcs',
        '    when: { device: { tag: [tier0] }, command: [GetFile] }',
        '    deny: Files are not collected from tier 0 devices this way.',
      ],
    }),
  });
  const refused = await stage.ask(ana, 'on dc-01 getfile C:\\Windows\\NTDS\\ntds.dit because INC-1');
  expect(stage.thread(refused)).toContain('Files are not collected from tier 0 devices this way.');
  const taken = await stage.ask(ana, 'on dc-01 run collect-logs.ps1 because INC-1');
  expect(stage.requestId(taken)).toMatch(/^LR-/);
});

test('what no rule matches is refused', async () => {
  await open({ policy: policyOf({ rule: ['when: { device: { tag: [nobody-has-this] } }'] }) });
  const thread = await stage.ask(ana, seedExample);
  expect(stage.thread(thread)).toContain('no rule matches');
  expect(await stage.service.store.countByState()).toEqual({});
});

test('a reason without the ticket that the rule wants is refused, with the pattern', async () => {
  await open({ policy: policyOf({ rule: ["reason: '^INC-[0-9]+'"] }) });
  const thread = await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because just looking');
  expect(stage.thread(thread)).toContain('^INC-[0-9]+');
  await stage.reply(ana, thread, 'on ws-042 run collect-logs.ps1 because INC-7 looking');
  expect(stage.requestId(thread)).toMatch(/^LR-/);
});

test('several accounts of one person count once, as requester and as approver', async () => {
  await open({
    policy: policyOf({
      approvals: 2,
      approvers: [bo, cy, dee],
      people: ['people:', entry(ana, `, ${dee.aadObjectId}`)],
    }),
  });
  const thread = await stage.ask(ana, seedExample);
  const own = await stage.press(dee, stage.cardIn(thread), 'Approve');
  expect(wordsOf(own)).toContain('You opened this request');
  await stage.approve(bo);
  await stage.approve(cy);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
});

test('one of each group: two people of one group are not enough', async () => {
  await open({
    policy: policyOf({ approvals: 2, rule: [], groups: { leads: [bo], platform: [cy, dee] } }).replace(
      'from: [approvers]',
      'from: [{ group: leads, count: 1 }, { group: platform, count: 1 }]',
    ),
  });
  await stage.ask(ana, seedExample);
  await stage.approve(cy);
  await stage.approve(dee);
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
  await stage.approve(bo);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
});

test('a script that changed since it was last approved raises the bar, says so, and its uploader does not count', async () => {
  await open({
    policy: policyOf({
      people: ['people:', `  - { name: Cy, accounts: [${cy.aadObjectId}], uploads: [cy@contoso.com] }`],
      approvers: [bo, cy, dee],
      rule: ['extra: { scriptChanged: 1 }'],
    }),
  });
  await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because INC-1');
  await stage.approve(bo);
  await stage.pass(minutes(1));
  expect(stage.submissions).toHaveLength(1);
  stage.emulator.addScript({ fileName: 'collect-logs.ps1', content: '# another one', createdBy: 'cy@contoso.com' });
  const thread = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-2');
  expect(readActivity(stage.cardIn(thread).activity)).toMatch(/changed since it was last approved/i);
  const uploader = await stage.press(cy, stage.cardIn(thread), 'Approve');
  expect(wordsOf(uploader)).toContain('upload');
  await stage.approve(bo);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
  await stage.approve(dee);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(2);
});

test('a changed policy is taken while running, and what waited is asked again under it', async () => {
  await open();
  const thread = await stage.ask(ana, seedExample);
  await rewrite(policyOf({ approvals: 2 }));
  const click = await stage.press(bo, stage.cardFor(bo), 'Approve');
  expect(wordsOf(click)).toContain('policy has changed');
  expect(stage.thread(thread)).toMatch(/asked again/i);
  await stage.approve(bo);
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
  await stage.approve(cy);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.chat(bo)).toContain('Another approval policy is in force');
});

test('a broken policy file changes nothing, and the approvers are told its lines, and that it was fixed', async () => {
  await open();
  const refused = async () => {
    const scraped = await (await fetch(`http://127.0.0.1:${stage.service.port}/metrics`)).text();
    return /^live_response_policy_file_refused (\d)$/m.exec(scraped)?.[1];
  };
  expect(await refused()).toBe('0');
  await rewrite('requesters: [');
  expect(stage.chat(bo)).toContain('the policy of before stays in force');
  expect(await refused()).toBe('1');
  await stage.ask(ana, seedExample);
  await stage.approve(bo);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
  await rewrite(policyOf({}));
  expect(await refused()).toBe('0');
  expect(stage.chat(bo)).toMatch(
    /The policy file is in order again\. It says what has been in force all the while, policy \w{12}, so nothing has to be asked again\./,
  );
});

test('an approved request whose voter lost the right before it was sent is asked again', async () => {
  await open({ env: { DEFENDER_SESSIONS: '1' } });
  await stage.ask(ana, 'on srv-db-01 run collect-logs.ps1 because INC-1');
  await stage.approve(bo);
  await stage.pass(seconds(3));
  const thread = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-2');
  await stage.approve(bo);
  await rewrite(policyOf({ approvers: [cy, dee] }));
  await stage.pass(minutes(3), seconds(5));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toMatch(/asked again/i);
  await stage.approve(dee);
  await stage.pass(seconds(10));
  expect(stage.submissions).toHaveLength(2);
});

test('an approver who was added only after the cards went out decides the next round, not this one', async () => {
  await open();
  const thread = await stage.ask(ana, seedExample);
  const click = await stage.press(dee, stage.cardIn(thread), 'Approve');
  expect(wordsOf(click)).toContain('does not name you');
});

test('who has not voted is reminded when half the time is gone, and the second list is asked', async () => {
  await open({ policy: policyOf({ decideBy: '20m', groups: { leads: [dee] }, rule: ['escalateTo: leads'] }) });
  const thread = await stage.ask(ana, seedExample);
  expect(stage.chat(dee)).not.toContain('LR-');
  await stage.pass(minutes(11), seconds(30));
  expect(stage.chat(bo)).toMatch(/still|half/i);
  await stage.approve(dee);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toContain('Dee Stranger');
});

test('policy explain says which rule applies and why, without asking for anything', async () => {
  await open();
  const thread = await stage.ask(ana, 'policy explain on ws-042 run collect-logs.ps1 because INC-1');
  expect(stage.thread(thread)).toContain('everything');
  expect(await stage.service.store.countByState()).toEqual({});
  await stage.reply(ana, thread, 'policy');
  expect(stage.thread(thread)).toContain('1. everything: 1 approval');
});

test('waiting shows a person what waits for their vote', async () => {
  await open();
  const thread = await stage.ask(ana, seedExample);
  await stage.tell(cy, 'waiting');
  expect(stage.chat(cy)).toContain(stage.requestId(thread));
  await stage.approve(cy);
  await stage.pass(seconds(3));
  await stage.tell(cy, 'waiting');
  expect(stage.chat(cy)).toContain('Nothing waits for your vote');
});

test('a library file that changes while it runs is flagged afterwards', async () => {
  await open();
  const thread = await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because INC-1');
  await stage.approve(bo);
  await stage.pass(seconds(4));
  stage.emulator.addScript({ fileName: 'collect-logs.ps1', content: '# changed under way' });
  await stage.pass(minutes(1));
  expect(stage.thread(thread)).toContain('what was approved is not what is there now');
  expect((await stage.service.store.auditRows()).some((r) => r.what === 'changedDuringRun')).toBe(true);
});

test('what may have begun before it was withdrawn is read with the change of its script in mind', async () => {
  await open({ policy: policyOf({ startBy: '10m' }) });
  const thread = await stage.ask(ana, 'on lap-117 run collect-logs.ps1 because INC-1');
  await stage.approve(bo);
  await stage.pass(seconds(4));
  stage.emulator.addScript({ fileName: 'collect-logs.ps1', content: '# changed while it waited' });
  await stage.pass(minutes(15), seconds(10));
  expect(stage.thread(thread)).toContain('withdrawn: the time to start ran out');
  expect(stage.thread(thread)).toContain('Read the results with that in mind');
});

test('a requester who lost the right to ask is found out at the vote, and the request is void', async () => {
  const graph = await new FakeGraph().start();
  const groupId = '99999999-0000-4000-8000-0000000000ab';
  graph.put(groupId, [member(ana.aadObjectId), member(dee.aadObjectId)]);
  const entra = policyOf().replace(/ {2}analysts: .*\n/, `  analysts: { entra: ${groupId} }\n`);
  try {
    await open({ policy: entra, env: { GRAPH_API_URL: graph.url } });
    const thread = await stage.ask(ana, seedExample);
    graph.remove(groupId, ana.aadObjectId);
    await stage.pass(minutes(6), minutes(1));
    const answer = await stage.press(bo, stage.cardIn(thread), 'Approve');
    expect(wordsOf(answer)).toContain('The requester may no longer ask');
    await stage.pass(minutes(1), seconds(10));
    expect(stage.submissions).toEqual([]);
    expect(stage.thread(thread)).toContain('The requester may no longer ask for this');
  } finally {
    await graph.stop().catch(() => {});
  }
});

test('a private chat offers its requester no vote on their own request', async () => {
  await open();
  await stage.teams.install(ana, { scope: 'personal' });
  await stage.tell(ana, seedExample);
  expect(stage.chat(ana)).toContain('waiting for approval');
  expect(() => stage.cardFor(ana)).toThrow();
  expect(stage.action(stage.cardFor(bo), 'Approve')).not.toBeNull();
});

test('a member who left the Entra group no longer counts, and an unreachable Graph counts nobody', async () => {
  const graph = await new FakeGraph().start();
  const groupId = '99999999-0000-4000-8000-0000000000aa';
  graph.put(groupId, [member(bo.aadObjectId), member(cy.aadObjectId)]);
  const entra = policyOf().replace(/ {2}approvers: .*\n/, `  approvers: { entra: ${groupId} }\n`);
  try {
    await open({ policy: entra, env: { GRAPH_API_URL: graph.url } });
    const thread = await stage.ask(ana, seedExample);
    graph.remove(groupId, bo.aadObjectId);
    await stage.pass(minutes(6), minutes(1));
    expect(wordsOf(await stage.press(bo, stage.cardIn(thread), 'Approve'))).toContain('does not name you');
    await graph.stop();
    await stage.pass(minutes(6), minutes(1));
    expect(wordsOf(await stage.press(cy, stage.cardIn(thread), 'Approve'))).toContain('cannot be read');
    expect(stage.submissions).toEqual([]);
  } finally {
    await graph.stop().catch(() => {});
  }
});
