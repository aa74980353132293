import { cleanMessage, type RawMessage } from '../chat/clean';
import { describeFaults } from '../chat/faults';
import { type Intent, parseMessage } from '../chat/parse';
import { err, ok, type Result } from '../lib/result';
import type { Stored } from '../store/store';
import { answers, describeDone } from '../thread/answers';
import { helpFor } from '../thread/help-card';
import type { ListName, ListQuery } from '../thread/list-page';
import { pausedPost, resumedPost } from '../thread/pause-post';
import type { Post } from '../thread/post';
import { readerOf } from '../thread/reader';
import { describeRefusal, type Refusal } from '../thread/refusals';
import { opinionPost } from '../thread/review-cards';
import { sentencePost } from '../thread/sentence';
import type { ActionAnswer, Flow, Turn } from '../thread/turn';
import { type CardAction, isForDialog, readCardAction } from '../thread/verbs';
import { type Answer, type FlowOptions, type Notice, posts, readingDefender } from './answer';
import { ask } from './ask';
import { asking } from './ask-by-card';
import { cancel, cardAfter, type Decided, type Scene, viewByCard, voteByCard, voteByWords } from './decide';
import { breakGlass, pause, resume, review } from './emergency';
import { answerOffer, offerFile } from './files';
import { changeForm, drawForm, openOnMessage, previewForm, search, showForm, submitForm } from './form';
import { greet, partOf } from './greet';
import { isFirstDelivery } from './handled';
import { openRequest, showList } from './lists';
import { explainPolicy, showDevice, showPerson, showResult, showStatus, turnResultPage } from './look-up';
import { notStored, orRefusal, refusalPost, showing } from './refusal';

/**
 * The table of contents: what a message or a click leads to, in the order of a request's life. Every stage reads first and writes in
 * one transaction, which also marks the activity as handled; what people read goes through the outbox.
 */
export function createFlow(options: FlowOptions): Flow {
  return {
    async onMessage(turn, message) {
      await write(options, turn, await answerMessage(options, turn, message));
    },
    async onAction(turn, verb, data) {
      const action = readCardAction(verb, data);
      const answer =
        action === null
          ? notStored(options, turn, { type: 'unknownAction' })
          : await answerAction(options, turn, action);
      // What a click gets back at once is not posted as well.
      return write(options, turn, answer.notice === undefined ? answer : { ...answer, posts: [] });
    },
    async onDialog(turn, verb, data) {
      let action = readCardAction(verb, data);
      if (action !== null && !isForDialog(action)) action = null; // guard: dialogs-do-not-vote
      const answer =
        action === null
          ? notStored(options, turn, { type: 'unknownAction' })
          : await answerAction(options, { ...turn, seenAlone: true }, action);
      return write(options, turn, inDialog(answer));
    },
    async onMessageAction(turn, message) {
      return write(options, turn, inDialog(await openOnMessage(options, { ...turn, seenAlone: true }, message)));
    },
    async onFileConsent(turn, consent) {
      await write(options, turn, await answerOffer(options, turn, consent));
    },
    onSearch: (turn, query) => search(options, turn, query),
    async onPresence(turn, what) {
      if (what === 'removed') return;
      await write(options, turn, what === 'installed' ? await greet(turn, options) : posts());
    },
  };
}

/** A card that would be posted is shown in the dialog instead. */
function inDialog(answer: Answer): Answer {
  const [post, ...others] = answer.posts;
  if (answer.notice !== undefined) return { ...answer, posts: [] };
  return post?.card == null ? answer : { ...answer, posts: others, notice: { card: post.card } };
}

async function answerMessage(options: FlowOptions, turn: Turn, message: RawMessage): Promise<Answer> {
  const cleaned = cleanMessage(message);
  const intent = parseMessage(cleaned);
  if (!intent.ok)
    return posts(
      sentencePost(describeFaults(intent.error, readerOf(turn).locale), {
        trial: options.trial,
        summary: 'I could not read that',
      }),
    );
  const answer = await readingDefender(options, turn, () => answerIntent(options, turn, intent.value));
  return isView(intent.value) ? { ...answer, isView: true } : answer;
}

/** Nothing is asked for, decided or begun by it. */
function isView({ type }: Intent): boolean {
  switch (type) {
    case 'help':
    case 'whoami':
    case 'status':
    case 'queue':
    case 'mine':
    case 'waiting':
    case 'reviews':
    case 'history':
    case 'library':
    case 'result':
    case 'device':
    case 'policy':
      return true;
    case 'newForm':
    case 'draft':
    case 'approve':
    case 'deny':
    case 'cancel':
    case 'breakGlass':
    case 'review':
    case 'pause':
    case 'resume':
      return false;
  }
}

async function answerIntent(options: FlowOptions, turn: Turn, intent: Intent): Promise<Answer> {
  switch (intent.type) {
    case 'help':
      return posts(helpFor({ word: intent.word, part: await partOf(options, turn), trial: options.trial }));
    case 'newForm':
      return showForm(options, turn, intent.device);
    case 'whoami':
      return showPerson(options, turn);
    case 'draft': {
      const asked = await ask(options, turn, intent.draft, intent.notices);
      return asked.ok ? asked.value : notStored(options, turn, asked.error);
    }
    case 'status':
      return intent.id === null
        ? listing(options, turn, 'open', null)
        : orRefusal(options, turn, await showStatus(options, turn, intent.id));
    case 'queue':
    case 'mine':
    case 'waiting':
    case 'reviews':
      return listing(options, turn, intent.type, null);
    case 'history':
    case 'library':
      return listing(options, turn, intent.type, intent.query);
    case 'result':
      return orRefusal(options, turn, await showResult(options, turn, intent.id, intent.index));
    case 'device':
      return orRefusal(options, turn, await showDevice(options, turn, intent.query));
    case 'policy':
      return orRefusal(options, turn, await explainPolicy(options, turn, intent));
    case 'approve':
    case 'deny': {
      const vote = {
        id: intent.id,
        decision: intent.type,
        reason: intent.type === 'deny' ? intent.reason : null,
        shortDigest: intent.type === 'approve' ? intent.shortDigest : null,
      };
      return byWords(
        options,
        turn,
        (scene) => voteByWords(scene, vote),
        (done) => inOwnChat(options, turn, done, intent.type),
      );
    }
    case 'cancel':
      return byWords(
        options,
        turn,
        (scene) => cancel(scene, intent),
        (done) => inOwnChat(options, turn, done, 'cancel'),
      );
    case 'breakGlass':
      return byWords(
        options,
        turn,
        (scene) => breakGlass(scene, intent),
        (done) => inOwnChat(options, turn, done, 'breakGlass'),
      );
    case 'review':
      return byWords(
        options,
        turn,
        (scene) => review(scene, intent),
        (done) => (turn.place.scope === 'personal' ? opinionPost(done, { trial: options.trial }) : null),
      );
    case 'pause':
      return byWords(
        options,
        turn,
        (scene) => pause(scene, intent.reason),
        (paused) => pausedPost(paused, { trial: options.trial }),
      );
    case 'resume':
      return byWords(options, turn, resume, (lifted) =>
        resumedPost({ pause: lifted, by: turn.person, at: turn.at }, { trial: options.trial }),
      );
  }
}

async function answerAction(options: FlowOptions, turn: Turn, action: CardAction): Promise<Answer> {
  switch (action.verb) {
    case 'vote.approve':
      return byCard(options, turn, (scene) =>
        voteByCard(scene, { token: action.token, decision: 'approve', reason: null }),
      );
    case 'vote.deny':
      return byCard(options, turn, (scene) =>
        voteByCard(scene, { token: action.token, decision: 'deny', reason: action.reason }),
      );
    case 'request.cancel':
      return byCard(options, turn, (scene) => cancel(scene, { id: action.requestId, reason: action.reason }));
    case 'card.refresh':
      return viewing(options, turn, action.token);
    case 'request.open':
      return openRequest(options, turn, action.requestId);
    case 'list.page':
      return readingDefender(options, turn, () => turnPage(options, turn, action));
    case 'form.open':
      return showForm(options, turn, action.device);
    case 'form.add':
    case 'form.remove':
    case 'form.typing':
      return showing(await changeForm(options, turn, action.input, action.edit));
    case 'form.back':
      return showing(await drawForm(options, turn, action.input));
    case 'form.submit':
      return submitForm(options, turn, action.data);
    case 'form.preview':
      return previewForm(options, turn, action.data);
    case 'result.page':
      return turnResultPage(options, turn, action);
    case 'file.offer':
      return offerFile(options, turn, action);
    case 'draft.confirm':
      return asking(options, turn, () => ask(options, turn, action.draft, [], action));
    case 'draft.device':
      return asking(options, turn, () => ask(options, turn, { ...action.draft, device: action.machineId }));
  }
}

const listing = async (options: FlowOptions, turn: Turn, list: ListName, about: string | null): Promise<Answer> =>
  orRefusal(options, turn, await showList(options, turn, { list, about, page: 1 }));

/** The page takes the place of the one whose button was pressed, for the person who pressed it. */
async function turnPage(options: FlowOptions, turn: Turn, query: ListQuery): Promise<Answer> {
  const shown = await showList(options, turn, query);
  const [post] = shown.ok ? shown.value.posts : [];
  return post === undefined ? orRefusal(options, turn, shown) : showing(post);
}

/** A decision is made inside the transaction that stores it; what came of it is told at once, to the one who decided. */
async function byCard(options: FlowOptions, turn: Turn, decide: (scene: Scene) => Promise<Decided>): Promise<Answer> {
  const groups = await options.groups();
  let decided: Decided;
  return {
    posts: [],
    write: async (tx) => {
      decided = await decide({ tx, options, turn, groups });
      return [];
    },
    noticeAfter: () => noticeOf({ options, turn }, decided),
  };
}

/** The card as it is for this person, with buttons only where their vote would count now; a view, and no right to anything (T-8). */
async function viewing(options: FlowOptions, turn: Turn, token: string): Promise<Answer> {
  const groups = await options.groups();
  const answer: { -readonly [K in keyof Answer]: Answer[K] } = {
    posts: [],
    write: async (tx) => {
      const shown = await viewByCard({ tx, options, turn, groups }, token);
      const card = shown.ok ? shown.value.card : null;
      answer.notice =
        shown.ok && card !== null
          ? { card }
          : { text: describeRefusal(shown.ok ? { type: 'cardOutdated' } : shown.error, readerOf(turn)) };
      return [];
    },
  };
  return answer;
}

/** Typed decisions have no answer of their own: a refusal is posted, and so is what no card shows. */
async function byWords<T>(
  options: FlowOptions,
  turn: Turn,
  decide: (scene: Scene) => Promise<Result<T, Refusal>>,
  tell: (done: T) => Post | null = () => null,
): Promise<Answer> {
  const groups = await options.groups();
  return {
    posts: [],
    write: async (tx) => {
      const decided = await decide({ tx, options, turn, groups });
      if (!decided.ok) return [refusalPost(options, turn, decided.error)];
      const told = tell(decided.value);
      return told === null ? [] : [told];
    },
  };
}

/** In a thread the news says it; in a person's own chat only a card further up would change. */
const inOwnChat = (
  options: FlowOptions,
  turn: Turn,
  { request }: Stored,
  did: 'approve' | 'deny' | 'cancel' | 'breakGlass',
): Post | null =>
  turn.place.scope === 'personal'
    ? sentencePost(describeDone(request, did), { trial: options.trial, summary: `${request.id}: done` })
    : null;

async function noticeOf({ options, turn }: Pick<Scene, 'options' | 'turn'>, decided: Decided): Promise<Notice> {
  if (!decided.ok) return { text: describeRefusal(decided.error, readerOf(turn)) };
  const { request } = decided.value;
  if (request.state === 'awaitingApproval') return { text: answers.counted(request.id) };
  if (request.state === 'queued') await options.letApprovedGo();
  const card = (await cardAfter(options, decided.value)).card;
  return card === null ? { text: answers.decided(request.id) } : { card };
}

/**
 * One transaction: the activity is marked, the place remembered, the stage's writing done, and the answers put into the outbox. Where
 * nothing but an answer is stored, its commit does not wait for the disk: whoever asked what there is can ask again. A view is not even stored.
 */
async function write(options: FlowOptions, turn: Turn, answer: Answer): Promise<ActionAnswer> {
  const { conversationId } = turn.place;
  const survives = answer.write === undefined ? 'process' : 'power'; // guard: what-is-decided-outlasts-the-power
  const handled = await options.store.transact(async (tx) => {
    if (!(await isFirstDelivery(tx, turn))) return err(null);
    await tx.savePlace(turn.place);
    const written = (await answer.write?.(tx)) ?? [];
    const all = [...written, ...answer.posts];
    const view = onlyView(answer, all);
    const say = view === null ? null : ((await options.sayAfter?.(tx, turn.place, view)) ?? null);
    if (say !== null) return ok(say);
    await tx.addWork(
      all.map((post) => ({
        requestId: null,
        work: { type: 'sendPost', conversationId, post },
        lane: conversationId,
        dueAt: turn.at,
      })),
    );
    return ok(null);
  }, survives);
  if (!handled.ok) return { type: 'message', text: answers.handledAlready };
  handled.value?.();
  const notice = answer.notice ?? (await answer.noticeAfter?.());
  if (notice === undefined) return { type: 'message', text: answers.seeBelow };
  return 'card' in notice ? { type: 'card', card: notice.card } : { type: 'message', text: notice.text };
}

/** The one post of an answer that need not be stored; null for every other answer. */
function onlyView({ isView, write }: Answer, [only, ...others]: readonly Post[]): Post | null {
  if (isView === undefined || write !== undefined) return null; // guard: only-views-are-said-from-memory
  return others.length > 0 || only === undefined ? null : only;
}
