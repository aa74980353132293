import { tellAfterMs } from '../../request/doubt/search';
import type { Doubt, Emergency, OtherAction, Question } from '../../request/request';
import { isPosted, type PostedNews, type SentNews } from '../../request/telling';
import { openQuestions } from '../../request/votes/questions';
import { nothingMore, stopLine } from '../batch/batch-words';
import { answerButton, clock } from '../cards/beside-cards';
import type { ActionJson } from '../kit/button';
import {
  type Line,
  quoteLines,
  say,
  sayBold,
  saySubtle,
  show,
  showCode,
  showCut,
  showDevices,
  showNames,
  showParagraphs,
  showPeople,
  showPerson,
} from '../kit/line';
import type { Post } from '../kit/post';
import { linesPost } from '../kit/sentence';
import { sayOf, type Table } from '../kit/table';
import type { RequestView } from '../kit/view';
import { count, formatDuration, formatShort, formatTime } from '../kit/words';
import { endPost } from '../posts/end-post';
import { beforeAskingAgain, describeChange } from './request-lines';
import { describeOther } from './unknown-words';

/** A short reply in the thread about what people should notice; an end that somebody or something else brought about mentions the requester. */
export function newsPost(news: SentNews, view: RequestView): Post {
  if (!isPosted(news)) return endPost(view);
  const { lines, ...words } = sayOf(newsWords, 'type', news, view);
  const post = linesPost(lines, { ...words, trial: view.trial });
  return mentionsRequester(news) ? { ...post, text: words.summary, mention: view.request.requester } : post;
}

/** What asks something of the requester: in a channel nobody hears of the rest. */
function mentionsRequester(news: PostedNews): boolean {
  switch (news.type) {
    case 'notListed':
    case 'foundAnother':
    case 'questionAsked':
      return true;
    case 'unclear':
      return news.doubt === 'otherCommands';
    default:
      return false;
  }
}

interface NewsWords {
  /** Our own words. */
  readonly summary: string;
  readonly lines: readonly Line[];
  readonly actions?: readonly ActionJson[];
}

const one = ({ request }: RequestView, summary: string, ...line: Line): NewsWords => ({
  summary: `${request.id}: ${summary}`,
  lines: [[sayBold(`${request.id} `), ...line]],
});

const about = ({ request }: RequestView, summary: string, ...line: Line): NewsWords => ({
  summary: `${request.id}: ${summary}`,
  lines: [[sayBold(`${request.id}: `), ...line]],
});

const newsWords: Table<PostedNews, 'type', NewsWords, [view: RequestView]> = {
  questionAsked: ({ question }, view) => ({
    summary: `${view.request.id}: a question for you`,
    lines: [
      [...showPerson(question.by), say(' asks about '), ...showDevices(view.request, 100), say(':')],
      ...showParagraphs(question.text),
      clock(view.request, view.now),
      [saySubtle('Press Answer…, or reply here and mention me.')],
    ],
    actions: openQuestions(view.request).some(({ number }) => number === question.number)
      ? [answerButton(view.request, question, view)]
      : [],
  }),
  questionAnswered: ({ question }, view) => describeAnswer(question, view),
  stillHeld: (_news, view) =>
    one(
      view,
      'still waiting',
      say('is approved and waits. '),
      ...(view.pause === null
        ? [say('Defender is full. It goes as soon as there is room.')]
        : [...showPerson(view.pause.by), say(' has paused everything. It goes when somebody else resumes.')]),
      ...('startBy' in view.request
        ? [say(` Without that it ends at ${formatShort(view.request.startBy, view.now)}.`)]
        : []),
    ),
  reminded: (news, view) => describeReminder(news, view),
  askedAgain: (news, view) => {
    const words = one(
      view,
      'asked again',
      say(
        'must be decided again: what it was asked under has changed, so no vote from before counts, if there was one. Read its card anew and decide on that.',
      ),
    );
    return { ...words, lines: [...words.lines, ...news.because.map(describeChange)] };
  },
  brokeGlass: (news, view) => describeBreakGlass(news.emergency, view),
  batchStopped: ({ stop }, view) => ({
    summary: `${view.request.id}: batch stopped`,
    lines: [[sayBold(`${view.request.id}: stopped. `), ...stopLine(view.request, stop)], [say(nothingMore)]],
  }),
  cancelRefused: (news, view) =>
    one(
      view,
      'could not be cancelled',
      say('could not be cancelled; it goes on and I follow it to its end. Defender answered '),
      ...showCut(news.code, 100, showCode),
      say('.'),
    ),
  unclear: (news, view) =>
    news.doubt === 'otherCommands'
      ? one(view, 'alarm: other commands', say(doubts.otherCommands))
      : one(view, 'it may have run', say(doubts[news.doubt])),
  found: (_news, view) => one(view, 'found in Defender', say('turned up in Defender. I follow it from here.')),
  foundAnother: (news, view) => describeAnother(news.action, view),
  notListed: (_news, view) =>
    one(
      view,
      'Defender does not list it',
      say(
        `is not listed by Defender. It may still have run. People who may approve it can send it once more, or leave it. Without a decision by ${formatTime('startBy' in view.request ? view.request.startBy : view.now)} it is left.`,
      ),
    ),
  resendVoteCounted: (news, view) =>
    about(
      view,
      'one vote to send it once more',
      ...showPerson(news.by),
      say(` wants to send it once more. ${count(news.still, 'more approval is', 'more approvals are')} needed.`),
    ),
  resendApproved: (news, view) =>
    about(
      view,
      'to be sent once more',
      ...showPeople(news.by),
      say(' decided to send it once more. I look for it in Defender right before I send it.'),
    ),
  cannotTell: (_news, view) =>
    one(
      view,
      "I cannot read Defender's list",
      say(
        `may have run: I could not read Defender's list for ${formatDuration(tellAfterMs)}. ${beforeAskingAgain(view.request.id)} I keep trying.`,
      ),
    ),
  changedDuringRun: (news, view) => {
    const words = about(
      view,
      'something changed while it ran',
      say(
        'what was approved is not what is there now, and it may have changed before or while the commands ran. Read the results with that in mind, and look at the library before you rely on them.',
      ),
    );
    return { ...words, lines: [...words.lines, ...news.changes.map(describeChange)] };
  },
};

/** The same words in the thread and in the chats of all who were asked for their vote, so it says which question and device it is about. */
function describeAnswer({ by, text, answer }: Question, { request }: RequestView): NewsWords {
  return {
    summary: `${request.id}: answered`,
    lines: [
      [...showPerson(by), say(' asked about '), ...showDevices(request, 100), say(':')],
      ...showParagraphs(text),
      ...(answer === null ? [] : [[...showPerson(answer.by), say(' answered:')], ...showParagraphs(answer.text)]),
      [saySubtle('The request is unchanged. It still waits for a decision on its card.')],
    ],
  };
}

const doubts = {
  noAnswer:
    'may have run: Defender gave no clear answer when I sent it. I look for it there and send nothing by myself.',
  unread:
    'may have run: Defender took something, and I could not read what. I look for it there and send nothing by myself.',
  vanished: 'may have run: Defender accepted it and no longer lists it. I keep looking and send nothing by myself.',
  otherCommands:
    'is not what Defender runs: an action there carries its id and other commands. I do not touch it and never send it again. People who may approve it can cancel it in Defender; look at the action in the Defender portal now.',
  restored:
    'may have run: my database was restored from a backup, which does not know what became of it. I look for it in Defender and never send it again.',
} as const satisfies Readonly<Record<Doubt, string>>;

/** More than one submission of it arrived: nobody may overlook that. */
function describeAnother(action: OtherAction, { request }: RequestView): NewsWords {
  return {
    summary: `${request.id}: a second action turned up`,
    lines: [[sayBold(`${request.id}: a second action of it turned up in Defender. `), ...describeOther(action)]],
  };
}

/** The same words in the thread and in the chats of those who have not voted. */
function describeReminder(
  { missing, escalated }: Extract<PostedNews, { type: 'reminded' }>,
  { request }: RequestView,
): NewsWords {
  const asked = escalated === 0 ? '' : `, and ${count(escalated, 'more person is', 'more people are')} asked now`;
  const next =
    request.state === 'awaitingApproval'
      ? `Without a decision by ${formatTime(request.decideBy)} it expires and is not sent; read its card before you decide.`
      : `It no longer waits; type status ${request.id} to see how it stands.`;
  return {
    summary: `${request.id}: half of the time to decide has run`,
    lines: [
      [
        sayBold(`${request.id}: `),
        say('half of the time to decide has run. '),
        ...showPerson(request.requester),
        say(` asked for ${count(request.commands.length, 'command')} on `),
        ...showDevices(request, 100),
        say(`. ${missing === 1 ? '1 person has' : `${missing} people have`} not voted yet${asked}. ${next}`),
      ],
    ],
  };
}

/** The same words in the thread and in the owners' own chats, so it says which request and device it is about (T-24). */
function describeBreakGlass({ by, reason, incident, at }: Emergency, { request, names }: RequestView): NewsWords {
  const summary = `${request.id}: break-glass, one approval is enough`;
  return {
    summary,
    lines: [
      [
        sayBold(`${request.id}: break-glass. `),
        ...showPerson(by),
        say(` used it at ${formatTime(at)} for incident `),
        ...showCut(incident, 100, showCode),
        say('.'),
      ],
      [
        say('It is about '),
        ...showDevices(request, 100),
        say(`, ${count(request.commands.length, 'command')}, asked by `),
        ...showPerson(request.requester),
        say('. One approval is enough now, by '),
        ...showNames(request.bar.breakGlassIds, names, 'or'),
        say('; never by the requester.'),
      ],
      [
        say('If it is sent, a review opens: two people who had no part in it must accept or object, and rule '),
        show(request.bar.rule),
        say(' allows no other break-glass before that. The owners of the rule are told in their own chats.'),
      ],
      ...quoteLines(reason),
    ],
  };
}
