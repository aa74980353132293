import { createDefender } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import { readGroups } from '../../src/directory/read-groups';
import { createViews } from '../../src/dispatch/views';
import { createPeopleReads } from '../../src/flow/ask/people-reads';
import { createTypeahead } from '../../src/flow/ask/typeahead';
import { createFlow } from '../../src/flow/flow';
import { hours, seconds } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { overlay } from '../../src/lib/overlay';
import { systemRandom } from '../../src/lib/random';
import { parsePolicy } from '../../src/policy/parse-policy';
import type { RequestId } from '../../src/request/request';
import type { Survives } from '../../src/store/engine/engine';
import type { ActionAnswer, Flow, Turn } from '../../src/thread/kit/turn';
import type { TeamsMessage } from '../fakes/fake-connector';
import { ana, policyOf, Stage, seedExample, type TeamsPerson, tenantId } from '../stories/stage';

const voters = Array.from({ length: 20 }, (_, i): TeamsPerson => {
  const n = String(i + 1).padStart(2, '0');
  return { id: `29:voter${n}`, name: `Voter ${n}`, aadObjectId: `b0000000-0000-4000-8000-0000000000${n}` };
});

let stage: Stage;
let replicas: readonly [Flow, Flow];
let requestId: RequestId;
let clicks = 0;
/** What the commits of the flows must outlast. */
let outlasted: Survives[];
/** What was said from memory; whether it may be. */
let said: string[];
let mayBeSaid: boolean;

/** One request, its card with each of the voters, and two flows over the one store, as two replicas of the service would be. */
async function open(approvals: number): Promise<string> {
  outlasted = [];
  said = [];
  mayBeSaid = true;
  const text = policyOf({ approvers: voters, approvals });
  stage = await Stage.open({ policy: text, installed: voters });
  const thread = await stage.ask(ana, seedExample);
  await stage.pass(seconds(30));
  requestId = stage.requestId(thread) as RequestId;
  const parsed = parsePolicy(text);
  if (!parsed.ok) throw new Error('No policy');
  const policy = () => parsed.value;
  const { clock } = stage;
  const defender = createDefender({ baseUrl: stage.emulator.url, token: localToken(), clock, log: silentLog });
  const replica = () =>
    createFlow({
      store: overlay(stage.service.store, {
        transact(work, survives = 'power') {
          outlasted.push(survives);
          return stage.service.store.transact(work, survives);
        },
      }),
      reads: createPeopleReads({ defender, clock }),
      typeahead: createTypeahead({ clock }),
      policy,
      groups: () => readGroups(policy().groups, null),
      runbooks: () => new Map(),
      views: createViews({ policy, limits: { runsPerMinute: 10, sessions: 50 }, clock, trial: true }),
      clock,
      random: systemRandom,
      log: silentLog,
      evidence: { canSend: false, maxBytes: 0, make: async () => null },
      sayAfter: async (_tx, _place, post) => (mayBeSaid ? () => said.push(post.summary) : null),
      queueMs: hours(2),
      openRequestsPerPerson: 20,
      trial: true,
    });
  replicas = [replica(), replica()];
  return thread;
}
afterEach(() => stage.close());

const tokenOn = (card: TeamsMessage): unknown =>
  (stage.action(card, 'Approve')?.data as { readonly token?: unknown } | undefined)?.token;

function turnOf(voter: TeamsPerson, activityId: string, replyToId: string | null): Turn {
  const conversationId = stage.connector.personalConversationId(voter.aadObjectId);
  return {
    activityId,
    tenantId,
    person: { id: voter.aadObjectId, tenantId, name: voter.name },
    place: { conversationId, tenantId, scope: 'personal', reference: '{}', personId: voter.aadObjectId },
    replyToId,
    at: stage.clock.now(),
    timezone: null,
  };
}

/** A click as `teams/` hands it over once it is verified; by the replica whose turn it is. */
function click(voter: TeamsPerson, title: 'Approve' | 'Deny', activityId = `click-${++clicks}`): Promise<ActionAnswer> {
  const card = stage.cardFor(voter);
  const turn = turnOf(voter, activityId, card.id);
  const flow = replicas[clicks % 2 === 0 ? 0 : 1];
  const data = { token: tokenOn(card), reason: 'Not now' };
  return flow.onAction(turn, title === 'Approve' ? 'vote.approve' : 'vote.deny', data);
}

/** The same on the one card in the thread. */
function clickInThread(voter: TeamsPerson, thread: string): Promise<ActionAnswer> {
  const card = stage.cardIn(thread);
  const turn = turnOf(voter, `click-${++clicks}`, card.id);
  const flow = replicas[clicks % 2 === 0 ? 0 : 1];
  const inThread: Turn = {
    ...turn,
    place: { ...turn.place, conversationId: thread, scope: 'channel', personId: null },
  };
  return flow.onAction(inThread, 'vote.approve', { token: tokenOn(card) });
}

const votes = async () => (await stage.service.store.auditRows()).filter((row) => row.what === 'voted');
const state = async () => (await stage.service.store.request(requestId))?.request.state;

test('of twenty voters at the same instant through two replicas exactly one decides', async () => {
  await open(1);
  const answers = await Promise.all(voters.map((voter, i) => click(voter, i % 3 === 0 ? 'Deny' : 'Approve')));
  const cast = await votes();
  expect(cast).toHaveLength(1);
  expect(cast[0]?.detail).toMatchObject({ from: 'awaitingApproval' });
  const isApproved = cast[0]?.detail.decision === 'approve';
  expect(await state()).toBe(isApproved ? 'queued' : 'denied');
  // The one who decided gets the card; all others are told that it is decided.
  expect(answers.filter((a) => a.type === 'card')).toHaveLength(1);
  expect(
    answers.filter((a) => a.type === 'message' && /was already (approved|denied) by Voter/.test(a.text)),
  ).toHaveLength(19);
  await stage.pass(seconds(30));
  expect(stage.submissions).toHaveLength(isApproved ? 1 : 0);
});

test('where three must approve, three of twenty at the same instant are counted, and it runs once', async () => {
  await open(3);
  await Promise.all(voters.map((voter) => click(voter, 'Approve')));
  const cast = await votes();
  expect(cast).toHaveLength(3);
  expect(new Set(cast.map((row) => row.actor)).size).toBe(3);
  await stage.pass(seconds(30));
  expect(stage.submissions).toHaveLength(1);
});

test('on the one card in the thread three of twenty at the same instant are counted up to the bar, and it runs once', async () => {
  const thread = await open(3);
  const answers = await Promise.all(voters.map((voter) => clickInThread(voter, thread)));
  const cast = await votes();
  expect(cast).toHaveLength(3);
  expect(new Set(cast.map((row) => row.actor)).size).toBe(3);
  const late = answers.filter((a) => a.type === 'message' && /was already approved by Voter/.test(a.text));
  expect(late).toHaveLength(17);
  await stage.pass(seconds(30));
  expect(stage.submissions).toHaveLength(1);
});

test('a token in a person’s own chat decides at most once, however often and through however many replicas it comes', async () => {
  await open(2);
  const [voter] = voters;
  if (voter === undefined) throw new Error('No voter');
  await Promise.all(Array.from({ length: 20 }, (_, i) => click(voter, i % 2 === 0 ? 'Approve' : 'Deny')));
  expect(await votes()).toHaveLength(1);
});

test('a click that Teams delivers to both replicas counts once', async () => {
  await open(3);
  const [voter] = voters;
  if (voter === undefined) throw new Error('No voter');
  await Promise.all(
    Array.from({ length: 6 }, () => {
      clicks += 1;
      return click(voter, 'Approve', 'the-same');
    }),
  );
  expect(await votes()).toHaveLength(1);
  expect((await stage.service.store.auditRows()).filter((row) => row.what === 'refused')).toEqual([]);
});

const write = (person: TeamsPerson, text: string): Promise<unknown> =>
  replicas[0].onMessage(turnOf(person, `writes ${text}`, null), {
    text,
    textFormat: 'plain',
    html: null,
    botMentions: [],
  });
const answersQueued = async () => (await stage.service.store.waitingWork()).sendPost ?? 0;

test.each([
  'help',
  'whoami',
  'status',
  'mine',
  'waiting',
  'queue',
  'library',
  'device ws-042',
  'policy',
  'status LR-9999',
])('what is only shown is said from memory, and not stored: %s', async (text) => {
  await open(1);
  await write(ana, text);
  expect([said.length, await answersQueued()]).toEqual([1, 0]);
});

test.each([
  ['who asks and cannot be understood', 'on ws-042 run'],
  ['who asks for what Defender does not have', 'on nowhere-1 run minidump.ps1 because INC-1042 credential theft'],
  ['who decides and is refused', 'approve LR-9999'],
  ['who cancels and is refused', 'cancel LR-9999'],
  ['who asks for a form', 'new'],
])('%s is answered by what is stored, since they wait for it', async (_, text) => {
  await open(1);
  await write(ana, text);
  expect([said, await answersQueued()]).toEqual([[], 1]);
});

test('what may not be said from memory now is stored like all else', async () => {
  await open(1);
  mayBeSaid = false;
  await write(ana, 'help');
  expect([said, await answersQueued()]).toEqual([[], 1]);
});

test('what is delivered again is not said again', async () => {
  await open(1);
  await write(ana, 'help');
  await write(ana, 'help');
  expect(said).toHaveLength(1);
});

test('a vote outlasts a loss of power; an answer that only tells need not', async () => {
  await open(1);
  const [voter] = voters as [TeamsPerson];
  await write(voter, 'help');
  expect(outlasted).toEqual(['process']);
  await click(voter, 'Approve');
  expect(outlasted).toEqual(['process', 'power']);
});

test('of two pauses at the same instant through two replicas one holds, and the other is told whose', async () => {
  await open(1);
  const [first, second] = voters;
  if (first === undefined || second === undefined) throw new Error('No voters');
  const pause = (replica: number, person: TeamsPerson) =>
    replicas[replica]?.onMessage(turnOf(person, `pauses ${person.name}`, null), {
      text: 'pause because INC-7 a look first',
      textFormat: 'plain',
      html: null,
      botMentions: [],
    });
  await Promise.all([pause(0, first), pause(1, second)]);
  const rows = await stage.service.store.auditRows();
  expect(rows.filter(({ what }) => what === 'paused')).toHaveLength(1);
});
