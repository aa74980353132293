import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minutes, seconds } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { type Pause, pauseFact } from '../../src/request/pause';
import type { RequestId } from '../../src/request/request';
import { openStore } from '../../src/store/open';
import { readMessage } from '../fakes/fake-connector';
import {
  ana,
  bo,
  channelId,
  cy,
  policyOf,
  Stage,
  seedExample,
  type TeamsPerson,
  teamId,
  wordsOf,
} from '../stories/stage';
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
  const clients = [stage.teams, other.teams];
  const threads = await Promise.all(
    Array.from({ length: 12 }, async (_, i) => {
      stage.emulator.addDevice({ machine: { computerDnsName: `many-${i}.contoso.com` } });
      const where = { scope: 'channel', teamId, channelId, threadId: null } as const;
      const text = `on many-${i} run collect-logs.ps1 because INC-${i}`;
      return (await clients[i % 2]?.say(ana, where, text))?.conversationId ?? '';
    }),
  );
  await stage.pass(minutes(1), seconds(5));
  const cards = stage.connector
    .messages(stage.connector.personalConversationId(bo.aadObjectId))
    .filter((message) => stage.action(message, 'Approve') !== null);
  expect(cards).toHaveLength(12);
  await Promise.all(
    cards.map((card, i) => {
      const data = stage.action(card, 'Approve')?.data as object;
      return clients[i % 2]?.click(bo, card.id, { verb: 'vote.approve', data });
    }),
  );
  await stage.pass(minutes(6), seconds(10));
  const answers = stage.emulator.journal.filter((e) => e.route === 'runLiveResponse').map((e) => e.status);
  expect(answers).toEqual(Array(12).fill(201));
  for (const thread of threads) {
    const ends = stage.connector
      .messages(thread)
      .map(readMessage)
      .filter((text) => text.includes('the command ran'));
    // The live card, and one end post.
    expect(ends).toHaveLength(2);
  }
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
  expect(stage.thread(thread)).toContain('all 3 commands ran');
  // The first one wakes, and what it has to say is nobody's business any more.
  release();
  await click;
  await stage.settle();
  expect(stage.submissions).toHaveLength(1);
  expect((await stage.service.store.requestsIn(['succeeded'])).length).toBe(1);
});

test('a replica whose policy file is not the one in force counts no vote, stores no request and says so, until its file is the same', async () => {
  stage = await Stage.open();
  const thread = await stage.ask(ana, seedExample);
  const newer = policyOf({ decideBy: '45m' });
  const otherFile = join(stage.dir, 'newer.yaml');
  await writeFile(otherFile, newer);
  const second = await stage.addReplica({ POLICY_FILE: otherFile });
  const card = stage.cardFor(bo);
  const data = stage.action(card, 'Approve')?.data as object;
  const answer = await stage.teams.click(bo, card.id, { verb: 'vote.approve', data });
  expect(wordsOf(answer)).toContain('has another approval policy than the one in force');
  const refused = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-7');
  expect(stage.thread(refused)).toContain('has another approval policy than the one in force');
  const ready = await fetch(`http://127.0.0.1:${stage.service.port}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('another approval policy')]);
  expect((await fetch(`http://127.0.0.1:${second.service.port}/readyz`)).status).toBe(200);
  expect((await stage.service.store.request(stage.requestId(thread) as RequestId))?.request).toMatchObject({
    state: 'awaitingApproval',
    votes: [],
  });
  await writeFile(join(stage.dir, 'policy.yaml'), newer);
  await stage.pass(seconds(30), seconds(2));
  expect((await fetch(`http://127.0.0.1:${stage.service.port}/readyz`)).status).toBe(200);
  // The first click finds the policy changed and has it asked again; the second one counts.
  await stage.approve(bo);
  await stage.pass(seconds(5));
  await stage.approve(bo);
  await stage.pass(minutes(6), seconds(5));
  expect(stage.submissions).toHaveLength(1);
});

test('a request that was approved under a policy that has been outrun is not sent by the replica that still has it', async () => {
  stage = await Stage.open();
  await stage.ask(ana, seedExample);
  const by = { id: cy.aadObjectId, tenantId: 'tenant', name: cy.name };
  const paused: Pause = { by, personKey: by.id, reason: 'so that it waits', at: stage.clock.now() };
  await stage.service.store.transact((tx) => tx.saveFact(pauseFact, paused));
  await stage.approve(bo);
  const otherFile = join(stage.dir, 'newer.yaml');
  await writeFile(otherFile, policyOf({ decideBy: '45m' }));
  const second = await stage.addReplica({ POLICY_FILE: otherFile });
  await second.stop();
  await stage.service.store.transact((tx) => tx.saveFact(pauseFact, null));
  await stage.pass(minutes(2), seconds(5));
  expect(await stage.service.store.countByState()).toEqual({ queued: 1 });
  expect(stage.submissions).toHaveLength(0);
});
