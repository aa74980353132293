import { isFinal, type LiveResponseRequest } from '../../request/request';
import { maxNoteLength } from '../../request/votes/vote';
import { batchParts } from '../batch/batch-parts';
import { placeActions } from '../kit/action-rows';
import { activityBytes, fits, maxActivityBytes } from '../kit/fits';
import { type Line, say, sayBold, saySubtle, show, showCode, showCut, showParagraphs, showPerson } from '../kit/line';
import { onDevice, plainCommands, plainHost, plainPerson } from '../kit/plain';
import type { Post } from '../kit/post';
import { fillTemplate } from '../kit/template';
import { trialBanner } from '../kit/trial';
import type { RequestView } from '../kit/view';
import { count, formatDuration, formatShort, formatTime } from '../kit/words';
import { pauseLine } from '../posts/pause-post';
import { describeBar } from '../sentences/bar-lines';
import { deviceHead, deviceProof } from '../sentences/device-lines';
import { type Audience, findActions, refreshFor } from '../sentences/request-actions';
import { decidedLines, describeQuestions, describeVotes, noteLines } from '../sentences/request-lines';
import { weighRisk } from '../sentences/risk';
import { describeState } from '../sentences/state-words';
import { commandRows, fileProof, filesLine, type Row } from './command-rows';
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

function shorterCard(view: RequestView, options: RequestCardOptions): Post {
  const { audience, token } = options;
  const { pause, request } = view;
  // Why it is paused was posted when it was paused; what is to be decided comes first.
  if (pause !== null && pause.reason !== '')
    return requestCard({ ...view, pause: { ...pause, reason: '' } }, { audience, token });
  // What is to be decided comes before what people noted with their approvals; the audit keeps that.
  const votes = request.votes.map((vote) => (vote.decision === 'approve' ? { ...vote, reason: null } : vote));
  if (request.state === 'awaitingApproval' && request.votes.some(({ reason }) => reason !== null))
    return requestCard({ ...view, request: { ...request, votes } }, options);
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
  const { request, now } = view;
  const words = describeState(view);
  const undecided = request.state === 'awaitingApproval';
  const whole = options.depth === 'whole';
  const batch = batchParts(view);
  const risk = batch?.risk ?? weighRisk(request);
  const takesNote = undecided && options.token !== null;
  const pause = isFinal(request.state) ? null : view.pause;
  const asked = batch?.question ?? question(request);
  const told = batch === null ? onDevice(words.title, request.device.name) : words.title;
  const title = undecided && options.token !== null ? asked : told;
  const summary = undecided ? (batch?.notification ?? notification(request)) : `${title} (${request.id})`;
  const card = fillTemplate(template, {
    summary,
    trial: view.trial,
    trialBanner,
    isPaused: pause !== null,
    pause: pause === null ? [] : pauseLine(pause),
    title,
    tone: words.tone,
    state: rows([
      ...(options.depth === 'tooLong' ? [tooLong] : []),
      ...words.lines,
      ...(undecided ? roundLines(request) : emergencyLines(request)),
    ]),
    // The card keeps its place under the thumb: what was weighed stays until it has ended.
    hasRisk: !isFinal(request.state),
    riskStyle: undecided && risk.level === 'high' ? 'attention' : 'default',
    risk: rows(risk.lines),
    commands: [
      ...rows(runbookLine(request)),
      ...(batch === null ? [] : rows(batch.board)),
      ...request.commands.flatMap((command, index) =>
        commandRows(view, { command, index, longest: whole ? null : 300 }),
      ),
      ...rows(isFinal(request.state) ? [] : filesLine(request)),
    ],
    device: rows(batch?.where ?? deviceHead(request.device, request.createdAt)),
    said: personsWords(view, { whole }),
    proofTitle: batch?.proofTitle ?? (takesNote ? 'Hashes, rule, note' : 'Hashes, ids, rule'),
    proof: proofRows(view, { whole }),
    hasNote: takesNote,
    noteLength: maxNoteLength,
    noteError: `A note has at most ${maxNoteLength} characters.`,
    decided: rows(undecided ? [] : [...decidedLines(request, now), [saySubtle(request.id)]]),
    ...placeActions(findActions(view, options)),
  });
  return { text: null, mention: null, card, summary };
}

/** A runbook never hides a command: its name stands above what it rendered. */
const runbookLine = ({ runbook }: LiveResponseRequest): readonly Line[] =>
  runbook === undefined
    ? []
    : [[saySubtle('Runbook '), showCode(runbook.name), saySubtle(', version '), showCode(runbook.version)]];

/** What is to be decided, on which device. */
function question({ commands, device }: LiveResponseRequest): string {
  const host = plainHost(device.name);
  return `Approve ${count(commands.length, 'command')}${host === null ? '' : ` on ${host}`}?`;
}

/** Who asks what on which device, for a screen that is locked. */
function notification({ requester, commands, device, id }: LiveResponseRequest): string {
  const host = plainHost(device.name);
  return `${plainPerson(requester) ?? 'Somebody'} asks: ${plainCommands(commands)}${host === null ? '' : ` on ${host}`} (${id})`;
}

const tooLong: Line = [
  sayBold('It cannot be approved here. '),
  say(
    'It is too long to be shown whole on one card, and nobody should approve what they cannot read. Ask for fewer or shorter commands.',
  ),
];

const rows = (lines: readonly Line[]): readonly Row[] => lines.map((runs) => ({ runs, spacing: 'Small' }));

/** What proves and does not decide, folded on the same card: hashes, ids, rule, voters, digest, times. */
function proofRows(view: RequestView, { whole }: { readonly whole: boolean }): readonly Row[] {
  const { request, names } = view;
  return rows([
    [saySubtle('Request '), showCode(request.id), saySubtle(`, asked at ${formatTime(request.createdAt)}`)],
    ...fileProof(request),
    ...(batchParts(view)?.proof ?? deviceProof(request.device, request.createdAt)),
    ...(request.state === 'awaitingApproval'
      ? describeBar(request, names)
      : [[say('Rule '), { ...show(request.bar.rule), weight: 'Bolder' as const }, say('.')]]),
    ...describeVotes(request.votes),
    ...describeQuestions(request, { whole }),
    ...(request.state === 'awaitingApproval'
      ? [
          [
            say(
              `Once approved it must reach the device within ${formatDuration(request.startWithinMs)}, or I withdraw it.`,
            ),
          ],
        ]
      : []),
    [saySubtle('Digest '), showCode(request.digest)],
    [
      saySubtle('The digest covers everything on this card, and the policy '),
      ...showCut(request.policyVersion, 64, showCode),
      saySubtle('. If any of it changes, approvals are void.'),
    ],
  ]);
}

/** Why nobody's earlier vote is on the card. */
const roundLines = ({ round, emergency }: LiveResponseRequest): readonly Line[] =>
  round <= 1 || emergency !== null
    ? []
    : [[say(`Asked again, round ${round}: what it was asked under had changed, so no vote from before counts.`)]];

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
  const [first = [], ...others] = text(reason);
  return rows([
    [...showPerson(requester), saySubtle(`, ${formatShort(request.createdAt, view.now)}, wrote: `), ...first],
    ...others,
    ...noteLines(request),
    ...(emergency === null
      ? []
      : [[...showPerson(emergency.by), say(' wrote about the break-glass:')], ...text(emergency.reason)]),
    ...(pause === null || pause.reason === '' || isFinal(request.state)
      ? []
      : [[...showPerson(pause.by), say(' wrote about the pause:')], showCut(pause.reason, 100)]),
  ]);
}
