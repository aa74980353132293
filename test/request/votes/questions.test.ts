import { maxAnswerLength, maxQuestionLength, mostQuestions } from '../../../src/request/votes/questions';
import { ana, bob, cleo, dan, decideBy, now, samples } from '../sample';
import { go, into, refusalOf, told, workOf } from '../steps';

const { awaitingApproval } = samples;
const asks = (text = 'which account?', by = bob) => ({ type: 'questionAsked', by, text }) as const;
const answers = (text = 'svc-backup', by = ana, number = 1) =>
  ({ type: 'questionAnswered', by, number, text }) as const;
const asked = into(go(awaitingApproval, asks()), 'awaitingApproval');

test('a question is kept, told in the thread, and changes neither digest, votes nor clock', () => {
  const outcome = go(awaitingApproval, asks());
  const { questions, ...rest } = into(outcome, 'awaitingApproval');
  expect(rest).toEqual(awaitingApproval);
  expect(questions).toEqual([{ number: 1, by: bob, text: 'which account?', at: now, answer: null }]);
  expect(told(outcome)).toEqual(['questionAsked']);
});

test('no card is edited for a question or its answer, since an edit closes what somebody reads', () => {
  for (const outcome of [go(awaitingApproval, asks()), go(asked, answers())])
    expect(workOf(outcome).map(({ type }) => type)).not.toContain('updateCards');
});

test('an answer goes to the thread and to all who were asked for their vote', () => {
  const outcome = go(asked, answers());
  expect(into(outcome, 'awaitingApproval').questions?.[0]?.answer).toEqual({ by: ana, text: 'svc-backup', at: now });
  expect(told(outcome)).toEqual(['questionAnswered']);
  const people = workOf(outcome).flatMap((effect) => (effect.type === 'notifyPerson' ? [effect.personId] : []));
  expect(people).toEqual(awaitingApproval.approverIds.filter((id) => !awaitingApproval.bar.escalateIds.includes(id)));
});

test('only those who may decide ask, and only the requester answers', () => {
  expect(refusalOf(awaitingApproval, asks('why?', dan))).toBe('notAnApprover');
  expect(refusalOf({ ...awaitingApproval, approverIds: [ana.id, bob.id] }, asks('why?', ana))).toBe('notAnApprover');
  expect(refusalOf(asked, answers('me', bob))).toBe('answerNotYours');
  expect(refusalOf(asked, answers('me', cleo))).toBe('answerNotYours');
});

test('a request takes three questions, and each question one answer', () => {
  let request = asked;
  for (let n = 2; n <= mostQuestions; n++) request = into(go(request, asks(`question ${n}`, cleo)), 'awaitingApproval');
  expect(refusalOf(request, asks('one more'))).toBe('tooManyQuestions');
  const answered = into(go(request, answers()), 'awaitingApproval');
  expect(refusalOf(answered, answers('again'))).toBe('noOpenQuestion');
  expect(refusalOf(answered, answers('to none', ana, 4))).toBe('noOpenQuestion');
});

test.each(['', '   ', '\u200b', 'x'.repeat(maxQuestionLength + 1)])('a question of %j is refused', (text) => {
  expect(refusalOf(awaitingApproval, asks(text))).toBe('questionUnreadable');
});

test.each(['', '\u2060', 'x'.repeat(maxAnswerLength + 1)])('an answer of %j is refused', (text) => {
  expect(refusalOf(asked, answers(text))).toBe('answerUnreadable');
});

test('after the decide clock nothing is asked or answered any more', () => {
  expect(refusalOf(awaitingApproval, asks(), decideBy)).toBe('decideByPassed');
  expect(refusalOf(asked, answers(), decideBy)).toBe('decideByPassed');
});

test('what was asked stays with the request when it is decided', () => {
  const denied = into(go(asked, { type: 'voted', vote: voteOfBob }), 'denied');
  expect(denied.questions).toEqual(asked.questions);
});

const voteOfBob = {
  by: bob,
  decision: 'deny',
  digest: awaitingApproval.digest,
  reason: 'no',
  personKey: bob.id,
  groups: [],
  at: now,
} as const;
