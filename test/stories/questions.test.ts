import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minutes, seconds } from '../../src/lib/clock';
import { type BotAnswer, findActions, readCard, type TeamsMessage } from '../fakes/fake-connector';
import { ana, bo, cardOf, cy, dee, policyOf, Stage, type StageOptions, seedExample, wordsOf } from './stage';

type Json = Readonly<Record<string, unknown>>;

let stage: Stage;
const open = async (options: StageOptions = {}): Promise<string> => {
  stage = await Stage.open(options);
  return stage.ask(ana, seedExample);
};
afterEach(() => stage.close());

const stored = async () => (await stage.service.store.recentRequests({}, 1))[0]?.request;
const audited = async (what: string) => (await stage.service.store.auditRows()).filter((row) => row.what === what);

async function askWhich(by = bo, question = 'which account?'): Promise<BotAnswer> {
  await stage.press(by, stage.cardFor(by), 'Ask…');
  return stage.press(by, stage.cardFor(by, 'Ask'), 'Ask', { question });
}

test('a question goes to the thread with a mention, its answer to the thread and to every approver, and neither is a vote', async () => {
  const thread = await open();
  const told = await askWhich();
  expect(wordsOf(told)).toContain('Your question about');
  expect(stage.thread(thread)).toContain('@Ana Analyst');
  expect(stage.thread(thread)).toContain('Bo Approver asks about ws-042');
  expect(stage.thread(thread)).toContain('which account?');
  expect(stage.thread(thread)).toContain('The clock runs on: it expires at 09:30 UTC.');
  const before = await stored();
  await stage.reply(ana, thread, 'svc-backup, read only');
  expect(stage.thread(thread)).toContain('Ana Analyst answered:');
  for (const person of [bo, cy]) expect(stage.chat(person)).toContain('svc-backup, read only');
  const after = await stored();
  expect(after).toMatchObject({ state: 'awaitingApproval', votes: [], digest: before?.digest });
  expect(after?.questions).toMatchObject([{ text: 'which account?', answer: { text: 'svc-backup, read only' } }]);
  expect([...(await audited('questionAsked')), ...(await audited('questionAnswered'))]).toMatchObject([
    { actor: bo.aadObjectId, detail: { text: 'which account?' } },
    { actor: ana.aadObjectId, detail: { number: 1, text: 'svc-backup, read only' } },
  ]);
  await stage.approve(bo);
  await stage.pass(seconds(30));
  expect(stage.submissions).toHaveLength(1);
});

test('no free word of an approver is a vote, and approve without an id asks which (f3)', async () => {
  const thread = await open();
  await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-2');
  await askWhich();
  await stage.reply(ana, thread, 'svc-backup');
  await stage.reply(bo, thread, 'ok');
  await stage.reply(cy, thread, 'yes, approve');
  expect(stage.thread(thread).match(/That is not a vote/g)).toHaveLength(2);
  await stage.tell(bo, 'approve');
  expect(stage.chat(bo)).toContain('approve needs more: approve <id>');
  expect(stage.chat(bo)).toContain('2 requests wait for your vote');
  await stage.pass(seconds(30));
  expect(await audited('voted')).toEqual([]);
  expect(stage.submissions).toEqual([]);
});

test('a reply that begins with a word of the chat is that command, and who was not asked answers nothing', async () => {
  const thread = await open();
  await askWhich();
  await stage.reply(ana, thread, `status ${stage.requestId(thread)}`);
  await stage.reply(bo, thread, 'svc-backup');
  await stage.reply(dee, thread, 'svc-backup');
  expect((await stored())?.questions?.[0]?.answer).toBeNull();
});

test('a misspelt command, or words about a request, are no answer: nothing is published, and the question waits', async () => {
  const thread = await open();
  await askWhich();
  const id = stage.requestId(thread);
  for (const text of [
    `cancle ${id} because wrong device`,
    `stop ${id}`,
    `please cancel ${id}`,
    'onn ws-043 run x.ps1',
    'dir C:\\temp',
  ])
    await stage.reply(ana, thread, text);
  expect(stage.thread(thread).match(/it is no answer\. The question about LR-\w+ still waits/g)).toHaveLength(5);
  expect(stage.thread(thread)).not.toContain('Ana Analyst answered');
  expect((await stored())?.questions?.[0]?.answer).toBeNull();
  await stage.reply(ana, thread, 'no, only the backup account');
  expect((await stored())?.questions?.[0]?.answer?.text).toBe('no, only the backup account');
});

test('Answer… is for the requester, who answers once', async () => {
  const thread = await open();
  await askWhich();
  const question = stage.cardIn(thread, 'Answer…');
  expect(wordsOf(await stage.press(bo, question, 'Answer…'))).toContain('This question is for the requester');
  await stage.press(ana, question, 'Answer…');
  const card = stage.cardIn(thread, 'Answer');
  expect(wordsOf(await stage.press(bo, card, 'Answer', { answer: 'mine' }))).toContain('is for the requester');
  expect(wordsOf(await stage.press(ana, card, 'Answer', { answer: ' ' }))).toContain('An answer needs 1 to 1000');
  await stage.press(ana, card, 'Answer', { answer: 'svc-backup' });
  expect(wordsOf(await stage.press(ana, question, 'Answer…'))).toContain('has its answer already');
  expect((await stored())?.questions?.[0]?.answer?.text).toBe('svc-backup');
});

test('of several questions that wait, a reply in words is asked which it answers', async () => {
  const thread = await open();
  await askWhich(bo, 'which account?');
  await askWhich(cy, 'which host?');
  await stage.reply(ana, thread, 'svc-backup');
  expect(stage.thread(thread)).toContain('2 questions wait for your answer. Which one do you mean?');
  await stage.press(ana, stage.cardIn(thread, 'Answer 2…'), 'Answer 2…');
  await stage.press(ana, stage.cardIn(thread, 'Answer'), 'Answer', { answer: 'the jump host' });
  expect((await stored())?.questions?.map(({ answer }) => answer?.text ?? null)).toEqual([null, 'the jump host']);
});

test('who may not decide may not ask either, and the try is audited', async () => {
  const thread = await open({ policy: policyOf({ approvers: [ana, bo] }) });
  const own = await stage.press(ana, stage.cardIn(thread), 'Ask…');
  expect(wordsOf(own)).toContain('someone else must decide it');
  await stage.press(bo, stage.cardIn(thread), 'Ask…');
  const card = stage.cardIn(thread, 'Ask');
  for (const person of [ana, dee]) await stage.press(person, card, 'Ask', { question: 'may I?' });
  expect((await stored())?.questions).toBeUndefined();
  expect(await audited('refused')).toHaveLength(2);
});

test('a question about what has changed since it was shown is not asked', async () => {
  await open();
  await stage.press(bo, stage.cardFor(bo), 'Ask…');
  const card = stage.cardFor(bo, 'Ask');
  await writeFile(join(stage.dir, 'policy.yaml'), policyOf({ approvals: 2 }));
  await stage.restart();
  const told = await stage.press(bo, card, 'Ask', { question: 'which account?' });
  expect(wordsOf(told)).toContain('The approval policy has changed');
  expect((await stored())?.questions).toBeUndefined();
});

describe('in a dialog', () => {
  const dialogOf = ({ body }: BotAnswer): Json => (body as { readonly task: { readonly value: Json } }).task.value;
  const cardIn = (answer: BotAnswer): Json =>
    (dialogOf(answer) as { readonly card: { readonly content: Json } }).card.content;
  const dataOf = (card: Json, title: string) => findActions(card).find((a) => a.title === title)?.data as Json;

  const tokenOn = (card: TeamsMessage) => (stage.action(card, 'Approve') as { readonly data: Json }).data.token;

  async function openFrom(verb: string, by = bo) {
    const card = stage.cardFor(by);
    const token = tokenOn(card);
    return { card, shown: cardIn(await stage.teams.openDialog(by, card.id, { verb, token })) };
  }

  test('what Bo typed meets the state as it is, whoever decided meanwhile (f4)', async () => {
    await open({ policy: policyOf({ approvals: 2 }) });
    const { card, shown } = await openFrom('denial.open');
    expect(readCard(shown)).toContain('Deny 3 commands on ws-042');
    await stage.press(cy, stage.cardFor(cy), 'Approve');
    expect((await stored())?.state).toBe('awaitingApproval');
    const denied = await stage.teams.submitDialog(bo, card.id, { ...dataOf(shown, 'Deny'), reason: 'wrong host' });
    expect(dialogOf(denied)).toMatch(/^Your denial of LR-\w+ is counted/);
    await stage.settle();
    expect((await stored())?.state).toBe('denied');
  });

  test('a denial after the decision is told who decided', async () => {
    await open();
    const { card, shown } = await openFrom('denial.open');
    await stage.press(cy, stage.cardFor(cy), 'Approve');
    const late = await stage.teams.submitDialog(bo, card.id, { ...dataOf(shown, 'Deny'), reason: 'wrong host' });
    expect(dialogOf(late)).toContain('was already approved by Cy Approver');
  });

  test('a question is asked, and the dialog ends with a sentence', async () => {
    const thread = await open();
    const { card, shown } = await openFrom('question.open');
    const told = await stage.teams.submitDialog(bo, card.id, { ...dataOf(shown, 'Ask'), question: 'which account?' });
    expect(dialogOf(told)).toContain('The clock runs on');
    await stage.settle();
    expect(stage.thread(thread)).toContain('which account?');
  });

  test('what is opened beside a card denies or asks, and never approves (T-10)', async () => {
    await open();
    const { card, shown } = await openFrom('denial.open');
    const { token } = dataOf(shown, 'Deny');
    await stage.teams.submitDialog(bo, card.id, { verb: 'vote.approve', token });
    await stage.click(bo, card, 'vote.approve', { token });
    await stage.teams.submitDialog(cy, card.id, { ...dataOf(shown, 'Deny'), reason: 'not my dialog' });
    expect(await stored()).toMatchObject({ state: 'awaitingApproval', votes: [] });
  });

  test('a card that is not the one that was posted opens nothing', async () => {
    const thread = await open();
    const token = tokenOn(stage.cardFor(bo));
    const elsewhere = stage.cardIn(thread);
    const answer = await stage.teams.openDialog(bo, elsewhere.id, { verb: 'denial.open', token });
    expect(dialogOf(answer)).toContain('belongs to another conversation');
    const tooLate = await openFrom('denial.open');
    await stage.pass(minutes(31), minutes(1));
    const late = await stage.teams.submitDialog(bo, tooLate.card.id, {
      ...dataOf(tooLate.shown, 'Deny'),
      reason: 'too late',
    });
    expect(dialogOf(late)).toContain('expired at');
  });
});

test('a note with an approval is read by those who decide after, and asks for nothing', async () => {
  const thread = await open({ policy: policyOf({ approvals: 2 }) });
  await stage.press(bo, stage.cardFor(bo), 'Approve', { note: 'checked with the owner' });
  for (const text of [stage.thread(thread), readCard(cardOf(stage.cardFor(cy).activity))])
    expect(text).toContain('Bo Approver wrote with the approval: checked with the owner');
  await stage.approve(cy);
  await stage.pass(seconds(30));
  expect(stage.submissions).toHaveLength(1);
});
