import { cleanMessage, type RawMessage } from '../chat/clean';
import type { Notice } from '../chat/notices';
import { bareText, type Intent, parseMessage } from '../chat/parse';
import { type RunbookMessage, readRunbookMessage } from '../runbooks/read-message';
import type { Stored } from '../store/rows/requests';
import { helpFor } from '../thread/cards/help-card';
import type { ListName, ListQuery } from '../thread/kit/list-page';
import type { Flow, Turn } from '../thread/kit/turn';
import { type CardAction, isForDialog, readCardAction } from '../thread/kit/verbs';
import { pausedPost, resumedPost } from '../thread/posts/pause-post';
import { opinionPost } from '../thread/posts/review-cards';
import { answers } from '../thread/sentences/answers';
import { refusalButtons } from '../thread/sentences/refusal-buttons';
import { type Answer, type FlowOptions, posts, readingDefender } from './answer';
import { ask } from './ask/ask';
import {
  askAgainForm,
  changeForm,
  drawForm,
  goOn,
  openOnMessage,
  previewForm,
  search,
  showForm,
  submitForm,
} from './ask/form';
import { readRunbook } from './ask/runbooks';
import { askBatchAgain } from './ask-many/ask-batch-again';
import { byCard, byWords, inOwnChat, viewing } from './decide/answer-decision';
import { cancel, voteByCard, voteByWords } from './decide/decide';
import { decideBatch } from './decide/decide-batch';
import { breakGlass, pause, resume, review } from './decide/emergency';
import { askByCard, giveAnswer, openAnswer, openBeside } from './decide/questions';
import { voteToResend } from './decide/resend';
import { greet, partOf } from './greet';
import { markDone } from './handled';
import { oweAnswer } from './owed';
import { notStored, orRefusal, refusalPost, showing } from './refusal';
import { offerEvidence } from './show/evidence';
import { answerOffer, offerFile } from './show/files';
import { openRequest, showList } from './show/lists';
import { explainPolicy, showDevice, showPerson, showResult, showStatus, turnResultPage } from './show/look-up';
import { answerUnread } from './unread';
import { isView, type View } from './view';
import { writeAnswer } from './write-answer';

/**
 * The table of contents: what a message or a click leads to, in the order of a request's life. Every stage reads first and writes in
 * one transaction, which also marks the activity as handled; what people read goes through the outbox.
 */
export function createFlow(options: FlowOptions): Flow {
  return {
    async onMessage(turn, message) {
      await writeAnswer(options, turn, await answerMessage(options, turn, message), message);
    },
    onLate: (turn, message) => oweAnswer(options, turn, message),
    async onAction(turn, verb, data) {
      const action = readCardAction(verb, data);
      const answer =
        action === null
          ? notStored(options, turn, { type: 'unknownAction' })
          : await answerAction(options, turn, action);
      // What a click gets back at once is not posted as well.
      return writeAnswer(options, turn, answer.notice === undefined ? answer : { ...answer, posts: [] });
    },
    async onDialog(turn, verb, data) {
      let action = readCardAction(verb, data);
      if (action !== null && !isForDialog(action)) action = null; // guard: dialogs-do-not-approve
      const answer =
        action === null
          ? notStored(options, turn, { type: 'unknownAction' })
          : await answerAction(options, { ...turn, seenAlone: true }, action);
      return writeAnswer(options, turn, inDialog(answer));
    },
    async onMessageAction(turn, message) {
      return writeAnswer(options, turn, inDialog(await openOnMessage(options, { ...turn, seenAlone: true }, message)));
    },
    async onFileConsent(turn, consent) {
      await writeAnswer(options, turn, await answerOffer(options, turn, consent));
    },
    onSearch: (turn, query) => search(options, turn, query),
    async onPresence(turn, what) {
      if (what === 'removed') return;
      await writeAnswer(options, turn, what === 'installed' ? await greet(turn, options) : posts());
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
  const recipe = intent.ok ? null : readRunbookMessage(bareText(cleaned), options.runbooks());
  if (recipe !== null) return answerRunbook(options, turn, recipe, cleaned.notices);
  if (!intent.ok) return answerUnread(options, turn, cleaned.text, intent.error);
  const answer = await readingDefender(options, turn, () => answerIntent(options, turn, intent.value));
  return isView(intent.value) ? { ...answer, isView: true } : answer;
}

function answerIntent(options: FlowOptions, turn: Turn, intent: Intent): Promise<Answer> {
  if (isView(intent)) return view(options, turn, intent);
  switch (intent.type) {
    case 'evidence':
      return offerEvidence(options, turn, intent.id);
    case 'newForm':
      return showForm(options, turn, intent.device);
    case 'draft':
      return askInWords(options, turn, intent);
    case 'runbook': {
      const recipe = readRunbookMessage(intent.text, options.runbooks()) ?? { type: 'list' };
      return answerRunbook(options, turn, recipe, intent.notices);
    }
    default:
      return decideInWords(options, turn, intent);
  }
}

async function view(options: FlowOptions, turn: Turn, intent: View): Promise<Answer> {
  switch (intent.type) {
    case 'help':
      return posts(helpFor({ word: intent.word, part: await partOf(options, turn), trial: options.trial }));
    case 'whoami':
      return showPerson(options, turn);
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
  }
}

type AskInWords = Extract<Intent, { readonly type: 'draft' }>;

/** What Teams may have changed in it is shown before anything is asked, as for any other request. */
function answerRunbook(
  options: FlowOptions,
  turn: Turn,
  recipe: RunbookMessage,
  notices: readonly Notice[],
): Promise<Answer> {
  const read = readRunbook(options, recipe);
  if ('answer' in read) return Promise.resolve(read.answer);
  const asked = { type: 'draft', draft: read.draft, notices } as const;
  return readingDefender(options, turn, () => askInWords(options, turn, asked));
}

async function askInWords(options: FlowOptions, turn: Turn, { draft, notices }: AskInWords): Promise<Answer> {
  const asked = await ask(options, turn, draft, notices);
  if (!asked.ok) return notStored(options, turn, asked.error, refusalButtons(draft, asked.error));
  const { value } = asked;
  if ('question' in value) return posts(value.question);
  return {
    posts: [],
    write: async (tx) => {
      const stored = await value.store(tx);
      if (stored.ok) await markDone(tx, turn);
      return stored.ok ? [] : [refusalPost(options, turn, stored.error)];
    },
  };
}

type DecideInWords = Exclude<Intent, View | AskInWords | { readonly type: 'newForm' | 'evidence' | 'runbook' }>;

function decideInWords(options: FlowOptions, turn: Turn, intent: DecideInWords): Promise<Answer> {
  const { trial } = options;
  const tell = (did: 'approve' | 'deny' | 'cancel' | 'breakGlass') => (done: Stored) =>
    inOwnChat(options, turn, done, did);
  switch (intent.type) {
    case 'approve': {
      const { id, shortDigest } = intent;
      const vote = { id, decision: 'approve', reason: null, shortDigest } as const;
      return byWords(options, turn, (scene) => voteByWords(scene, vote), tell('approve'));
    }
    case 'deny': {
      const { id, reason } = intent;
      const vote = { id, decision: 'deny', reason, shortDigest: null } as const;
      return byWords(options, turn, (scene) => voteByWords(scene, vote), tell('deny'));
    }
    case 'cancel':
      return byWords(options, turn, (scene) => cancel(scene, intent), tell('cancel'));
    case 'breakGlass':
      return byWords(options, turn, (scene) => breakGlass(scene, intent), tell('breakGlass'));
    case 'review': {
      const isAlone = turn.place.scope === 'personal';
      return byWords(
        options,
        turn,
        (scene) => review(scene, intent),
        (done) => (isAlone ? opinionPost(done, { trial }) : null),
      );
    }
    case 'pause':
      return byWords(
        options,
        turn,
        (scene) => pause(scene, intent.reason),
        (paused) => pausedPost(paused, { trial }),
      );
    case 'resume':
      return byWords(options, turn, resume, (lifted) =>
        resumedPost({ pause: lifted, by: turn.person, at: turn.at }, { trial }),
      );
  }
}

async function answerAction(options: FlowOptions, turn: Turn, action: CardAction): Promise<Answer> {
  switch (action.verb) {
    case 'vote.approve':
      return byCard(options, turn, (scene) =>
        voteByCard(scene, { token: action.token, decision: 'approve', reason: action.note }),
      );
    case 'vote.deny':
      return byCard(options, turn, (scene) =>
        voteByCard(scene, { token: action.token, decision: 'deny', reason: action.reason }),
      );
    case 'denial.open':
    case 'question.open':
      return openBeside(options, turn, action);
    case 'question.ask':
      return byCard(options, turn, (scene) => askByCard(scene, action), answers.questionSent);
    case 'answer.open':
      return openAnswer(options, turn, action);
    case 'answer.give':
      return byCard(options, turn, (scene) => giveAnswer(scene, action), answers.answerSent);
    case 'vote.sendOnceMore':
      return byCard(options, turn, (scene) =>
        voteToResend(scene, { token: action.token, decision: 'approve', reason: null }),
      );
    case 'vote.leaveIt':
      return byCard(options, turn, (scene) =>
        voteToResend(scene, { token: action.token, decision: 'deny', reason: action.reason || null }),
      );
    case 'request.cancel':
      return byCard(options, turn, (scene) => cancel(scene, { ...action, id: action.requestId }));
    case 'batch.next':
    case 'batch.goOn':
      return byCard(options, turn, (scene) => decideBatch(scene, action));
    case 'batch.again':
      return askBatchAgain(options, turn, action);
    case 'card.refresh':
      return viewing(options, turn, action.token);
    case 'request.askAgain':
      return askAgainForm(options, turn, action.requestId);
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
    case 'draft.device':
      return goOn(options, turn, action);
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
