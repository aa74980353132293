import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minutes, seconds } from '../../src/lib/clock';
import type { RequestId } from '../../src/request/request';
import { readMessage } from '../fakes/fake-connector';
import { anyEngine } from '../postgres/test-store';
import { ana, bo, channelId, cy, dee, policyOf, Stage, type StageOptions, seedExample, teamId, wordsOf } from './stage';

let stage: Stage;
const open = async (options: StageOptions = {}): Promise<string> => {
  stage = await Stage.open(options);
  return stage.ask(ana, seedExample);
};
afterEach(() => stage.close());

anyEngine('a denial needs a reason, and with one nothing ever reaches Defender', async () => {
  const thread = await open();
  const card = stage.cardFor(bo);
  const without = await stage.deny(bo, card, '   ');
  expect(wordsOf(without)).toContain('A denial needs a reason');
  await stage.deny(bo, card, 'wrong host, see INC-7');
  await stage.pass(minutes(5), seconds(30));
  expect(stage.thread(thread)).toContain('wrong host, see INC-7');
  expect(stage.thread(thread)).toContain('denied');
  expect(stage.submissions).toEqual([]);
});

anyEngine('the requester cannot approve their own request, in the thread or by words', async () => {
  const thread = await open({ policy: policyOf({ approvers: [ana, bo] }) });
  const click = await stage.press(ana, stage.cardIn(thread), 'Approve');
  expect(wordsOf(click)).toContain('You opened this request, so someone else must decide it.');
  await stage.reply(ana, thread, `approve ${stage.requestId(thread)}`);
  expect(stage.thread(thread)).toContain('You opened this request, so someone else must decide it.');
  expect(stage.submissions).toEqual([]);
});

anyEngine('a stranger who sees the card in the thread cannot decide it, and the try is audited', async () => {
  const thread = await open();
  const click = await stage.press(dee, stage.cardIn(thread), 'Approve');
  expect(wordsOf(click)).toContain('the policy does not name you as one of its approvers');
  const refused = (await stage.service.store.auditRows()).filter((r) => r.what === 'refused');
  expect(refused).toMatchObject([{ actor: dee.aadObjectId, detail: { refusal: 'notAnApprover' } }]);
  expect(stage.submissions).toEqual([]);
});

anyEngine('an approver may decide on the card in the thread', async () => {
  const thread = await open();
  await stage.press(cy, stage.cardIn(thread), 'Approve');
  await stage.pass(seconds(2));
  expect(stage.submissions).toHaveLength(1);
});

anyEngine('the second click is told who decided and when, and every copy has lost its buttons', async () => {
  const thread = await open();
  const [forBo, forCy] = [stage.cardFor(bo), stage.cardFor(cy)];
  const cyAction = stage.action(forCy, 'Approve');
  await stage.press(bo, forBo, 'Approve');
  const late = await stage.teams.click(cy, forCy.id, { verb: String(cyAction?.verb), data: cyAction?.data });
  expect(wordsOf(late)).toContain('was already approved by Bo Approver at 2 Mar 2026 10:00 CET');
  await stage.settle();
  for (const where of [
    thread,
    stage.connector.personalConversationId(bo.aadObjectId),
    stage.connector.personalConversationId(cy.aadObjectId),
  ]) {
    expect(() => stage.cardIn(where)).toThrow('No card with Approve');
  }
  await stage.pass(seconds(20));
  expect(stage.submissions).toHaveLength(1);
});

test('many clicks at one instant come to exactly one decision and one submission', async () => {
  const thread = await open();
  const [forBo, forCy, inThread] = [stage.cardFor(bo), stage.cardFor(cy), stage.cardIn(thread)];
  const click = (person: typeof bo, card: typeof forBo, title: string) => {
    const action = stage.action(card, 'Approve');
    const verb = title === 'Deny' ? 'vote.deny' : String(action?.verb);
    return stage.teams.click(person, card.id, { verb, data: { ...(action?.data as object), reason: 'no' } });
  };
  await Promise.all([
    click(bo, forBo, 'Approve'),
    click(bo, forBo, 'Approve'),
    click(cy, forCy, 'Deny'),
    click(cy, inThread, 'Approve'),
    click(bo, inThread, 'Deny'),
  ]);
  await stage.pass(seconds(30));
  const votes = (await stage.service.store.auditRows()).filter((r) => r.what === 'voted');
  expect(votes).toHaveLength(1);
  expect(stage.submissions.length).toBe(votes[0]?.detail.decision === 'approve' ? 1 : 0);
});

anyEngine('two approvals are two people', async () => {
  const thread = await open({ policy: policyOf({ approvals: 2 }) });
  const first = await stage.press(bo, stage.cardFor(bo), 'Approve');
  expect(wordsOf(first)).toContain('is counted');
  const again = await stage.press(bo, stage.cardFor(bo), 'Approve');
  expect(wordsOf(again)).toContain('You have voted on this request already');
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
  await stage.approve(cy);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toContain('Bo Approver');
});

anyEngine('a card decides only where it was posted and for whom it was posted', async () => {
  const thread = await open();
  const data = stage.action(stage.cardFor(bo), 'Approve')?.data;
  const inThread = stage.cardIn(thread);
  const elsewhere = await stage.teams.click(bo, inThread.id, { verb: 'vote.approve', data });
  expect(wordsOf(elsewhere)).toContain('This request belongs to another conversation');
  const build = stage.teams.build.execute(cy, stage.cardFor(bo).id, { verb: 'vote.approve', data });
  expect(wordsOf(await stage.teams.deliver(build))).toContain('This card was sent to someone else');
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
});

anyEngine.each([
  ['a made-up token', { token: 'x'.repeat(32) }],
  ['no token', {}],
  ['a token that is no text', { token: { $ne: '' } }],
  ['the request id in place of a token', { token: 'LR-AAAA', requestId: 'LR-AAAA' }],
])('forged card data decides nothing: %s', async (_name, data) => {
  const thread = await open();
  const answer = await stage.teams.click(bo, stage.cardFor(bo).id, { verb: 'vote.approve', data });
  expect(answer.status).toBe(200);
  expect(wordsOf(answer)).toMatch(/no longer valid|do not know this button/);
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
  expect(stage.thread(thread)).not.toContain('approved by');
});

anyEngine('nobody deciding in time is told as that, never as a denial', async () => {
  const thread = await open({ policy: policyOf({ decideBy: '10m' }) });
  const card = stage.cardFor(bo);
  const action = stage.action(card, 'Approve');
  await stage.pass(minutes(11), seconds(30));
  expect(stage.thread(thread)).toContain('expired: not decided in time');
  const late = await stage.teams.click(bo, card.id, { verb: String(action?.verb), data: action?.data });
  expect(wordsOf(late)).toContain('it was not decided in time, which is not a denial');
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
});

anyEngine('words decide when cards fail, in a place where the request was shown', async () => {
  const thread = await open();
  const id = stage.requestId(thread);
  await stage.tell(dee, `approve ${id}`);
  expect(stage.chat(dee)).toContain('This request belongs to another conversation');
  await stage.tell(bo, `approve ${id} 000000000000`);
  expect(stage.chat(bo)).toContain('This is not what you were shown');
  await stage.tell(bo, `approve ${id}`);
  expect(stage.chat(bo)).toContain(`Your approval of ${id} is counted, and it is approved.`);
  await stage.tell(bo, `approve ${id} 000000000000`);
  expect(stage.chat(bo).split('This is not what you were shown')).toHaveLength(2);
  expect(stage.chat(bo)).toContain(`${id} was already approved by Bo Approver`);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
});

anyEngine('an answer to a wrong digest never tells the right one', async () => {
  const thread = await open();
  await stage.tell(cy, `approve ${stage.requestId(thread)} 000000000000`);
  const digest = (await stage.service.store.request(stage.requestId(thread) as RequestId))?.request.digest ?? '';
  const answers = stage.connector.messages(stage.connector.personalConversationId(cy.aadObjectId)).map(readMessage);
  expect(answers.at(-1)).toContain('is not the one of the request');
  expect(answers.at(-1)).not.toContain(digest.slice(0, 6));
});

anyEngine('a vote under a changed policy is not counted, and the request is asked again', async () => {
  const thread = await open();
  await writeFile(join(stage.dir, 'policy.yaml'), policyOf({ approvals: 2 }));
  await stage.restart();
  const click = await stage.press(bo, stage.cardFor(bo), 'Approve');
  expect(wordsOf(click)).toContain('The approval policy has changed');
  expect(stage.thread(thread)).toMatch(/asked again/i);
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
});

anyEngine('an approver who never added the bot is named in the thread, once, and can decide there', async () => {
  stage = await Stage.open({ installed: [bo], policy: policyOf({ approvals: 2 }) });
  stage.connector.block(cy.aadObjectId);
  const thread = await stage.ask(ana, seedExample);
  await stage.pass(seconds(5));
  expect(stage.thread(thread)).toContain('to Cy Approver in their own chat');
  await stage.approve(bo);
  await stage.pass(seconds(5));
  expect(stage.thread(thread).match(/to Cy Approver in their own chat/g)).toHaveLength(1);
  await stage.press(cy, stage.cardIn(thread), 'Approve');
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
});

test('a click that Teams delivers twice counts once', async () => {
  await open({ policy: policyOf({ approvals: 2 }) });
  const action = stage.action(stage.cardFor(bo), 'Approve');
  const activity = stage.teams.build.execute(bo, stage.cardFor(bo).id, {
    verb: String(action?.verb),
    data: action?.data,
  });
  const answers = [await stage.teams.deliver(activity), await stage.teams.deliver(activity)];
  expect(answers.map((a) => a.status)).toEqual([200, 200]);
  const votes = (await stage.service.store.auditRows()).filter((r) => r.what === 'voted');
  expect(votes).toHaveLength(1);
});

test('two people who write in the same millisecond are both heard, though Teams gives both messages the same id', async () => {
  const thread = await open();
  const inOwnChat = { scope: 'personal' } as const;
  const id = '1700000000001';
  await stage.teams.deliver({ ...stage.teams.build.message(dee, inOwnChat, 'whoami'), id });
  const vote = `approve ${stage.requestId(thread)}`;
  for (let delivered = 0; delivered < 2; delivered++)
    await stage.teams.deliver({ ...stage.teams.build.message(bo, inOwnChat, vote), id });
  await stage.pass(seconds(30));
  expect(stage.chat(dee)).toContain('Who you are to this bot');
  expect(stage.chat(bo).match(/is counted, and it is approved/g)).toHaveLength(1);
  expect(stage.thread(thread)).toMatch(/Approved by .*Bo Approver/);
});

anyEngine("a click is counted though somebody else's message, or a message elsewhere, had the same id", async () => {
  const thread = await open({ policy: policyOf({ approvals: 2 }) });
  const id = '1700000000002';
  await stage.teams.deliver({ ...stage.teams.build.message(bo, { scope: 'personal' }, 'whoami'), id });
  const card = stage.cardIn(thread);
  const { verb, data } = stage.action(card, 'Approve') ?? {};
  for (const voter of [bo, cy]) {
    await stage.settle();
    const click = stage.teams.build.execute(voter, stage.cardIn(thread).id, { verb: String(verb), data });
    const now = stage.action(stage.cardIn(thread), 'Approve')?.data;
    const answer = await stage.teams.deliver({
      ...click,
      id,
      value: { action: { type: 'Action.Execute', verb, data: now } },
    });
    expect(wordsOf(answer)).not.toContain('already handled');
  }
  await stage.pass(seconds(30));
  expect(stage.submissions).toHaveLength(1);
});

anyEngine('an old client that submits instead of executing decides the same way', async () => {
  await open();
  const card = stage.cardFor(bo);
  const fallback = stage.action(card, 'Approve')?.fallback as { readonly data: Readonly<Record<string, unknown>> };
  await stage.teams.submit(bo, card.id, fallback.data);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
});

anyEngine('people of another tenant are not served', async () => {
  const thread = await open();
  const action = stage.action(stage.cardIn(thread), 'Approve');
  const activity = stage.teams.build.execute(bo, stage.cardIn(thread).id, {
    verb: String(action?.verb),
    data: action?.data,
  });
  const foreign = {
    ...activity,
    channelData: { ...(activity.channelData as object), tenant: { id: '99999999-0000-4000-8000-000000000001' } },
  };
  const answer = await stage.teams.deliver(foreign);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
});

anyEngine(
  'the card of a running request can be cancelled by its requester and by nobody else but the approvers',
  async () => {
    stage = await Stage.open();
    const thread = await stage.ask(ana, 'on srv-db-01 run collect-logs.ps1 because INC-9');
    await stage.approve(bo);
    await stage.pass(seconds(3));
    await stage.reply(dee, thread, `cancel ${stage.requestId(thread)}`);
    expect(stage.thread(thread)).toContain('only its requester and its approvers may');
    await stage.teams.say(
      ana,
      { scope: 'channel', teamId, channelId, threadId: thread.split('messageid=')[1] ?? null },
      `cancel ${stage.requestId(thread)} because wrong host`,
    );
    await stage.pass(seconds(20));
    expect(stage.thread(thread)).toMatch(/cancelled/);
    const messages = stage.connector.messages(thread).map(readMessage);
    expect(messages.join('\n')).toContain('wrong host');
  },
);

anyEngine('an approver who was taken out of the policy cannot cancel what they could have decided', async () => {
  stage = await Stage.open();
  const thread = await stage.ask(ana, 'on lap-117 run collect-logs.ps1 because INC-1');
  await stage.approve(bo);
  await stage.pass(seconds(2));
  await writeFile(join(stage.dir, 'policy.yaml'), policyOf({ approvers: [bo, dee] }));
  await stage.pass(seconds(20), seconds(5));
  await stage.tell(cy, `cancel ${stage.requestId(thread)}`);
  expect(stage.chat(cy)).toContain('You may not cancel this request');
  expect((await stage.service.store.auditRows()).map((row) => row.what)).not.toContain('cancelAsked');
});

test('those who see one card in the thread each count once by it, though it has not been redrawn yet', async () => {
  const thread = await open({ policy: policyOf({ approvals: 2 }) });
  const card = stage.cardIn(thread);
  const data = stage.action(card, 'Approve')?.data;
  await stage.press(bo, card, 'Approve');
  const again = await stage.teams.click(bo, card.id, { verb: 'vote.approve', data });
  expect(wordsOf(again)).toContain('You have voted on this request already');
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
  await stage.teams.click(cy, card.id, { verb: 'vote.approve', data });
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
});

anyEngine('a card in the thread that shows an older round decides nothing, whoever presses it', async () => {
  const thread = await open({ policy: policyOf({ approvals: 2 }) });
  const card = stage.cardIn(thread);
  const data = stage.action(card, 'Approve')?.data;
  await stage.press(bo, card, 'Approve');
  await writeFile(join(stage.dir, 'policy.yaml'), policyOf({ approvals: 2, decideBy: '31m' }));
  await stage.restart();
  await stage.press(cy, stage.cardIn(thread), 'Approve');
  await stage.pass(seconds(5));
  for (const person of [bo, cy]) {
    const late = await stage.teams.click(person, card.id, { verb: 'vote.approve', data });
    expect(wordsOf(late)).toContain('This is not what you were shown');
  }
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
});

anyEngine(
  'an approver who withdraws what waits for approval says why, as a denial would; the requester need not',
  async () => {
    const thread = await open();
    const id = stage.requestId(thread);
    await stage.tell(bo, `cancel ${id}`);
    expect(stage.chat(bo)).toContain('You did not ask for this, so withdrawing it needs a reason');
    expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
    await stage.tell(bo, `cancel ${id} because the host is being rebuilt`);
    expect(stage.chat(bo)).toContain(`${id} is withdrawn. Nothing ran, and nobody can approve it any more.`);
    expect(stage.thread(thread)).toContain('the host is being rebuilt');
    expect(stage.thread(thread)).not.toContain('took it back');
    const other = await stage.ask(ana, seedExample);
    await stage.reply(ana, other, `cancel ${stage.requestId(other)}`);
    expect(stage.thread(other)).toContain('Ana Analyst took it back');
  },
);

anyEngine(
  'who tries again and again to decide from elsewhere is told of once in the thread, and each time in the audit',
  async () => {
    const thread = await open();
    const data = stage.action(stage.cardIn(thread), 'Approve')?.data;
    for (let i = 0; i < 10; i++) await stage.teams.click(dee, stage.cardFor(bo).id, { verb: 'vote.approve', data });
    await stage.teams.click(cy, stage.cardFor(bo).id, { verb: 'vote.approve', data });
    await stage.settle();
    expect(stage.thread(thread).match(/tried to decide LR-/g)).toHaveLength(2);
    expect(stage.thread(thread)).toContain('Dee Stranger tried to decide');
    const refused = (await stage.service.store.auditRows()).filter(
      (row) => row.what === 'refused' && row.detail.refusal === 'wrongConversation',
    );
    expect(refused).toHaveLength(11);
  },
);
