import { shortDigest } from '../../request/ask/digest';
import { isFinal, type LiveResponseRequest } from '../../request/request';
import { placeActions } from '../kit/action-rows';
import { activityBytes, fits, maxActivityBytes } from '../kit/fits';
import { type Line, say, sayBold, saySubtle, showCode, showCut, showParagraphs, showPerson } from '../kit/line';
import type { Post } from '../kit/post';
import { fillTemplate } from '../kit/template';
import { trialBanner } from '../kit/trial';
import type { RequestView } from '../kit/view';
import { formatDuration, formatTime, groupHex } from '../kit/words';
import { pauseLine } from '../posts/pause-post';
import { describeBar } from '../sentences/bar-lines';
import { describeDevice } from '../sentences/device-lines';
import { type Audience, findActions, refreshFor } from '../sentences/request-actions';
import { describeVotes } from '../sentences/request-lines';
import { weighRisk } from '../sentences/risk';
import { describeState } from '../sentences/state-words';
import { commandRows, type Row } from './command-rows';
import template from './request-card.json';

export interface RequestCardOptions {
  readonly audience: Audience;
  /** Null: without buttons to vote. */
  readonly token: string | null;
  /**
   * Teams user ids of all who may still vote, where all are known: the card in the thread then has no buttons to vote for anybody else, and their
   * clients fetch one that has (verb `card.refresh`; answer it with this card without `viewerIds`). Otherwise the buttons are there for all.
   */
  readonly viewerIds?: readonly string[];
}

/**
 * The one live card of a request. While it awaits approval it shows everything that the digest binds, whole, and the buttons to vote when a
 * token is given; afterwards what happened. A request too long to be shown whole has no vote buttons (T-17).
 */
export function requestCard(view: RequestView, options: RequestCardOptions): Post {
  const { viewerIds = [], ...asked } = options;
  const whole = renderCard(view, { ...asked, depth: 'whole' });
  if (!fits(whole)) return shorterCard(view, options);
  const personal = personalCard(view, asked, viewerIds);
  return personal !== null && fits(personal) ? personal : whole;
}

function shorterCard(view: RequestView, { audience, token }: RequestCardOptions): Post {
  const { pause, request } = view;
  // Why it is paused was posted when it was paused; what is to be decided comes first.
  if (pause !== null && pause.reason !== '')
    return requestCard({ ...view, pause: { ...pause, reason: '' } }, { audience, token });
  if (request.state === 'awaitingApproval') return renderCard(view, { audience, token: null, depth: 'tooLong' }); // guard: too-long-is-not-approvable
  return renderCard(view, { audience, token, depth: 'short' });
}

/** The card of the thread where each approver's client fetches its own view; null where that cannot be had. */
function personalCard(
  view: RequestView,
  { audience, token }: RequestCardOptions,
  viewerIds: readonly string[],
): Post | null {
  if (view.request.state !== 'awaitingApproval' || audience !== 'thread' || token === null) return null;
  const refresh = refreshFor(viewerIds, token);
  if (refresh === null) return null;
  const post = renderCard(view, { audience, token: null, depth: 'whole' });
  return post.card === null ? null : { ...post, card: { ...post.card, refresh } };
}

/** True when the request can be shown whole on its approval card, whatever is still added to it; what cannot be shown must not be asked (T-17). */
export function fitsOneCard(view: RequestView): boolean {
  const { approvalsNeeded, seats } = view.request.bar;
  const inSeats = seats.reduce((sum, seat) => sum + seat.count, 0);
  const votes = Math.max(approvalsNeeded, inSeats, 1) - 1;
  const paused = { ...view, pause: longestPause };
  const post = renderCard(paused, { audience: 'thread', token: longestToken, depth: 'whole' });
  return activityBytes(post) + votes * voteBytes <= maxActivityBytes;
}

/** A line about one vote with the longest name that is shown: the card must still fit when all but the last vote are on it. */
const voteBytes = 700;
const longestToken = 'x'.repeat(64);
const longestPause = { by: { id: '', tenantId: '', name: '\u{1f600}'.repeat(101) }, reason: '', at: 0 };

/** `whole`: byte for byte; `short`: decided, so long texts are cut and say so; `tooLong`: undecided and not approvable. */
type Depth = 'whole' | 'short' | 'tooLong';

interface CardOptions {
  readonly audience: Audience;
  readonly token: string | null;
  readonly depth: Depth;
}

function renderCard(view: RequestView, options: CardOptions): Post {
  const { request } = view;
  const words = describeState(view);
  const undecided = request.state === 'awaitingApproval';
  const whole = options.depth === 'whole';
  const risk = weighRisk(request);
  const pause = isFinal(request.state) ? null : view.pause;
  const summary = `${request.id} · ${words.title}`;
  const card = fillTemplate(template, {
    summary,
    trial: view.trial,
    trialBanner,
    isPaused: pause !== null,
    pause: pause === null ? [] : pauseLine(pause),
    id: request.id,
    title: words.title,
    tone: words.tone,
    state: rows([...(options.depth === 'tooLong' ? [tooLong] : []), ...words.lines]),
    hasRisk: undecided,
    riskStyle: risk.level === 'high' ? 'attention' : 'default',
    risk: rows(risk.lines),
    commandsTitle: undecided ? 'What will run, exactly and in this order' : 'Commands',
    commands: request.commands.flatMap((command, index) => commandRows(view, { command, index, whole })),
    device: rows(describeDevice(request.device, { at: request.createdAt, full: undecided })),
    request: rows(requestLines(view)),
    said: personsWords(view, { whole }),
    ...placeActions(findActions(view, options)),
  });
  return { text: null, mention: null, card, summary };
}

const tooLong: Line = [
  sayBold('It cannot be approved here. '),
  say(
    'It is too long to be shown whole on one card, and nobody should approve what they cannot read. Ask for fewer or shorter commands.',
  ),
];

const rows = (lines: readonly Line[]): readonly Row[] => lines.map((runs) => ({ runs, spacing: 'Small' }));

function requestLines(view: RequestView): readonly Line[] {
  const { request, names } = view;
  const asked: Line = [...showPerson(request.requester), say(` asked at ${formatTime(request.createdAt)}.`)];
  if (request.state !== 'awaitingApproval') {
    return [
      asked,
      ...emergencyLines(request),
      ...describeVotes(request.votes),
      [saySubtle('Digest '), showCode(shortDigest(request.digest))],
    ];
  }
  return [
    asked,
    ...roundLines(request),
    ...describeBar(request, names),
    ...describeVotes(request.votes),
    [say(`Once approved it must reach the device within ${formatDuration(request.startWithinMs)}, or I withdraw it.`)],
    [
      say('Digest '),
      { ...showCode(shortDigest(request.digest)), weight: 'Bolder' },
      saySubtle(', in full '),
      showCode(groupHex(request.digest)),
    ],
    [
      saySubtle(
        'The digest stands for this requester, this device with its group and tags, these commands, these library files, this reason, this rule and what it asks, and the policy ',
      ),
      ...showCut(request.policyVersion, 64, showCode),
      saySubtle('; if one of them changes, no approval of it stands.'),
    ],
  ];
}

/** Why nobody's earlier vote is on the card. */
const roundLines = ({ round, emergency }: LiveResponseRequest): readonly Line[] =>
  round <= 1 || emergency !== null
    ? []
    : [
        [
          say(
            `Asked again, round ${round}: what it was asked under had changed, so no vote from before counts. The thread says what had changed.`,
          ),
        ],
      ];

const emergencyLines = ({ emergency }: LiveResponseRequest): readonly Line[] =>
  emergency === null
    ? []
    : [
        [
          sayBold('Break-glass '),
          say('by '),
          ...showPerson(emergency.by),
          say(` at ${formatTime(emergency.at)}, incident `),
          ...showCut(emergency.incident, 100, showCode),
          say(': one approval was enough.'),
        ],
      ];

/** What people wrote comes last and stands apart, so that nobody takes it for the bot's words (T-17). */
function personsWords(view: RequestView, { whole }: { readonly whole: boolean }): readonly Row[] {
  const { request, pause } = view;
  const { requester, reason, emergency } = request;
  const text = (words: string): readonly Line[] => (whole ? showParagraphs(words) : [showCut(words, 300)]);
  return rows([
    [...showPerson(requester), say(' wrote:')],
    ...text(reason),
    ...(emergency === null
      ? []
      : [[...showPerson(emergency.by), say(' wrote about the break-glass:')], ...text(emergency.reason)]),
    ...(pause === null || pause.reason === '' || isFinal(request.state)
      ? []
      : [[...showPerson(pause.by), say(' wrote about the pause:')], showCut(pause.reason, 100)]),
  ]);
}
