import { minutes, seconds } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { openStore } from '../../src/store/open';
import { ana, bo, cy, policyOf, Stage, seedExample, type TeamsPerson } from '../stories/stage';
import { createTestDatabase } from './test-store';

let stage: Stage;
afterEach(() => stage?.close());

const voters = Array.from({ length: 12 }, (_, i): TeamsPerson => {
  const n = String(i + 1).padStart(2, '0');
  return { id: `29:voter${n}`, name: `Voter ${n}`, aadObjectId: `b0000000-0000-4000-8000-0000000000${n}` };
});

test('three services that start on one empty database at once all find it ready', async () => {
  const url = await createTestDatabase();
  const stores = await Promise.all([1, 2, 3].map(() => openStore({ url, log: silentLog })));
  expect(await Promise.all(stores.map((store) => store.countByState()))).toEqual([{}, {}, {}]);
  await Promise.all(stores.map((store) => store.close()));
});

test('twelve people who approve on two replicas at the same instant make one submission', async () => {
  stage = await Stage.open({ policy: policyOf({ approvers: voters, approvals: 3 }), installed: voters });
  const other = await stage.addReplica();
  await stage.ask(ana, seedExample);
  await stage.pass(seconds(30));
  await Promise.all(
    voters.map((voter, i) => {
      const card = stage.cardFor(voter);
      const data = stage.action(card, 'Approve')?.data as object;
      return (i % 2 === 0 ? stage.teams : other.teams).click(voter, card.id, { verb: 'vote.approve', data });
    }),
  );
  await stage.pass(minutes(6), seconds(5));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.emulator.actions).toHaveLength(1);
});

test('two replicas at work at once send each approved request once, within Defender’s limits, and tell each end once', async () => {
  stage = await Stage.open({ policy: policyOf({ requesters: [ana, bo, cy], approvers: [bo, cy] }) });
  const other = await stage.addReplica();
  const threads: string[] = [];
  for (let i = 0; i < 14; i++) {
    stage.emulator.addDevice({ machine: { computerDnsName: `many-${i}.contoso.com` } });
    const { conversationId } = await (i % 2 === 0 ? stage.teams : other.teams).say(
      ana,
      { scope: 'channel', teamId: '19:team@thread.tacv2', channelId: '19:channel@thread.tacv2', threadId: null },
      `on many-${i} run collect-logs.ps1 because INC-${i}`,
    );
    threads.push(conversationId);
    await stage.pass(seconds(4), seconds(2));
    await stage.approve(bo);
  }
  await stage.pass(minutes(8), seconds(5));
  const answers = stage.emulator.journal.filter((e) => e.route === 'runLiveResponse').map((e) => e.status);
  expect(answers).toEqual(Array(14).fill(201));
  for (const thread of threads)
    expect(stage.thread(thread).match(/Finished: Defender says it succeeded/g)?.length).toBeGreaterThan(0);
});

test('a replica that dies between its intent and Defender’s answer is taken over when its lease has run out: nothing is sent twice', async () => {
  stage = await Stage.open();
  const thread = await stage.ask(ana, seedExample);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  stage.emulator.fault({ route: 'runLiveResponse', fault: { type: 'hold', release: held, when: 'after' } });
  const click = stage.approve(bo);
  while (stage.submissions.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const second = await stage.addReplica();
  for (let passed = 0; passed < minutes(9); passed += seconds(10)) {
    stage.clock.advance(seconds(10));
    await second.service.settle();
  }
  expect(stage.emulator.actions).toHaveLength(1);
  expect(stage.thread(thread)).toContain('Finished: Defender says it succeeded');
  // The first one wakes, and what it has to say is nobody's business any more.
  release();
  await click;
  await stage.settle();
  expect(stage.submissions).toHaveLength(1);
  expect((await stage.service.store.requestsIn(['succeeded'])).length).toBe(1);
});
