import type { Command } from '../request/command';
import { libraryFileOf, maxReasonLength } from '../request/command';
import { shortDigest } from '../request/digest';
import { type CommandProgress, isFinal, type LibraryFile, type LiveResponseRequest } from '../request/request';
import { type ActionJson, askFirst, button } from './button';
import { describeDevice } from './device-lines';
import { activityBytes, fits, maxActivityBytes } from './fits';
import { type Line, say, sayBold, saySubtle, showCode, showCut, showParagraphs, showPerson } from './line';
import type { Post } from './post';
import template from './request-card.json';
import { commandAtWork, describeVotes, failedCommand } from './request-lines';
import { describeKept } from './result-lines';
import { weighRisk } from './risk';
import { describeState } from './state-words';
import { fillTemplate } from './template';
import { trialBanner } from './trial';
import type { RequestView } from './view';
import { commandSubject, commandTitle, formatDuration, formatTime, groupHex, parseDefenderTime } from './words';

export type Audience = 'thread' | 'approver';

/**
 * The one live card of a request. While it awaits approval it shows everything that the digest binds, whole, and the buttons to vote when a
 * token is given; afterwards what happened. A request too long to be shown whole has no vote buttons (T-17).
 */
export function requestCard(
  view: RequestView,
  options: { readonly audience: Audience; readonly token: string | null },
): Post {
  const whole = renderCard(view, { ...options, depth: 'whole' });
  if (fits(whole)) return whole;
  return view.request.state === 'awaitingApproval'
    ? renderCard(view, { ...options, token: null, depth: 'tooLong' })
    : renderCard(view, { ...options, depth: 'short' });
}

/** True when the request can be shown whole on its approval card; what cannot be shown must not be asked (T-17). */
export function fitsOneCard(view: RequestView): boolean {
  const votes = Math.max(view.request.bar.approvalsNeeded - 1, 0);
  return (
    activityBytes(renderCard(view, { audience: 'thread', token: longestToken, depth: 'whole' })) + votes * voteBytes <=
    maxActivityBytes
  );
}

/** A line about one vote with the longest name that is shown: the card must still fit when all but the last vote are on it. */
const voteBytes = 700;
const longestToken = 'x'.repeat(64);

/** `whole`: byte for byte; `short`: decided, so long texts are cut and say so; `tooLong`: undecided and not approvable. */
type Depth = 'whole' | 'short' | 'tooLong';

interface CardOptions {
  readonly audience: Audience;
  readonly token: string | null;
  readonly depth: Depth;
}

interface Row {
  readonly runs: Line;
  readonly spacing: 'None' | 'Small' | 'Medium';
}

function renderCard(view: RequestView, options: CardOptions): Post {
  const { request } = view;
  const words = describeState(view);
  const undecided = request.state === 'awaitingApproval';
  const risk = weighRisk(request);
  const summary = `${request.id} · ${words.title}`;
  const tooLong: Line = [
    sayBold('It cannot be approved here. '),
    say(
      'It is too long to be shown whole on one card, and nobody should approve what they cannot read. Ask for fewer or shorter commands.',
    ),
  ];
  const card = fillTemplate(template, {
    summary,
    trial: view.trial,
    trialBanner,
    id: request.id,
    title: words.title,
    tone: words.tone,
    state: rows([...(options.depth === 'tooLong' ? [tooLong] : []), ...words.lines]),
    hasRisk: undecided,
    riskStyle: risk.level === 'high' ? 'attention' : 'default',
    risk: rows(risk.lines),
    commandsTitle: undecided ? 'What will run, exactly and in this order' : 'Commands',
    commands: request.commands.flatMap((command, index) => commandRows(view, { command, index, depth: options.depth })),
    device: rows(describeDevice(request.device, { at: request.createdAt, full: undecided })),
    request: rows(requestLines(request)),
    wrote: [...showPerson(request.requester), say(' wrote:')],
    reason: rows(options.depth === 'whole' ? showParagraphs(request.reason) : [showCut(request.reason, 300)]),
    actions: findActions(request, options),
  });
  return { text: null, mention: null, card, summary };
}

const rows = (lines: readonly Line[]): readonly Row[] => lines.map((runs) => ({ runs, spacing: 'Small' }));

function commandRows(
  view: RequestView,
  { command, index, depth }: { readonly command: Command; readonly index: number; readonly depth: Depth },
): readonly Row[] {
  const { request } = view;
  const code = (text: string): Line => (depth === 'whole' ? [showCode(text)] : showCut(text, 300, showCode));
  const fileName = libraryFileOf(command);
  const file = fileName === null ? undefined : request.library.find((f) => f.fileName === fileName);
  const first = request.commands.findIndex((c) => libraryFileOf(c) === fileName) === index;
  return [
    {
      runs: [sayBold(`${index + 1}. ${commandTitle(command.type)}  `), ...code(commandSubject(command))],
      spacing: 'Medium',
    },
    ...(command.type === 'RunScript'
      ? [
          {
            runs:
              command.args === null
                ? [saySubtle('without arguments')]
                : [saySubtle('arguments  '), ...code(command.args)],
            spacing: 'None',
          } as const,
        ]
      : []),
    ...(request.state === 'awaitingApproval'
      ? describeLibraryFile(request, { file, needed: fileName !== null, first }).map(
          (runs) => ({ runs, spacing: 'None' }) as const,
        )
      : describeProgress(view, index).map((runs) => ({ runs, spacing: 'None' }) as const)),
  ];
}

function describeLibraryFile(
  request: LiveResponseRequest,
  {
    file,
    needed,
    first,
  }: { readonly file: LibraryFile | undefined; readonly needed: boolean; readonly first: boolean },
): readonly Line[] {
  if (!needed) return [];
  if (file === undefined) return [[sayBold('Not in the library as far as I know.')]];
  if (!first) return [[saySubtle('the same library file as above')]];
  const changedAt = parseDefenderTime(file.lastUpdatedTime);
  const age =
    changedAt === null
      ? []
      : [
          saySubtle(
            `, last changed ${formatTime(changedAt)} (${formatDuration(request.createdAt - changedAt)} before it was asked)`,
          ),
        ];
  return [
    [saySubtle('SHA-256 '), showCode(groupHex(file.sha256))],
    [
      saySubtle('in the library by '),
      ...(file.createdBy === null ? [saySubtle('an unnamed account')] : showCut(file.createdBy, 80)),
      ...age,
    ],
  ];
}

function describeProgress({ request, results }: RequestView, index: number): readonly Line[] {
  const kept = results.find((r) => r.index === index);
  return [
    describeOutcome(request, index),
    ...errorLines(progressOf(request), index),
    ...(kept === undefined ? awaitedLines(request, index) : describeKept(kept)),
  ];
}

/** Between the end of an action and its results nobody should think that there are none. */
function awaitedLines(request: LiveResponseRequest, index: number): readonly Line[] {
  const completed = progressOf(request).find((p) => p.index === index)?.status === 'Completed';
  const awaited = isFinal(request.state) && completed && request.commands[index]?.type !== 'PutFile';
  return awaited ? [[saySubtle('Its result is being fetched.')]] : [];
}

const progressOf = (request: LiveResponseRequest): readonly CommandProgress[] =>
  'progress' in request ? request.progress : [];

/** One line of what Defender says about one command; a command without a word from Defender is told as such (defender-api.md §2.2). */
function describeOutcome(request: LiveResponseRequest, index: number): Line {
  const progress = progressOf(request).find((p) => p.index === index);
  const startedAt = parseDefenderTime(progress?.startedAt ?? null);
  const endedAt = parseDefenderTime(progress?.endedAt ?? null);
  const took = startedAt === null || endedAt === null ? '' : ` in ${formatDuration(endedAt - startedAt)}`;
  if (progress === undefined) return [saySubtle(describeOpen(request, index, null))];
  switch (progress.status) {
    case 'Completed':
      return [sayBold('Completed'), say(`${took}.`)];
    case 'Failed':
      return [sayBold('Failed'), say(`${took}.`)];
    case 'Created':
    case 'InProgress':
      return [saySubtle(describeOpen(request, index, startedAt))];
    default:
      return [say('Defender calls its state '), ...showCut(progress.status, 60, showCode), say('.')];
  }
}

function describeOpen(request: LiveResponseRequest, index: number, startedAt: number | null): string {
  const total = request.commands.length;
  switch (request.state) {
    case 'running':
      if (index >= (failedCommand(request.progress) ?? total)) return 'Does not run, since a command before it failed.';
      if (commandAtWork(request.progress, total) !== index + 1) return 'Waits for the commands before it.';
      return startedAt === null ? 'Running.' : `Running since ${formatTime(startedAt)}.`;
    case 'succeeded':
    case 'failed':
      return 'Did not run to an end, as far as Defender tells.';
    case 'timedOut':
    case 'unknown':
      return 'It may have run; Defender reports no end.';
    case 'cancelled':
      return request.mayHaveActed ? 'It may have run; Defender reports no end.' : 'Did not run.';
    default:
      return isFinal(request.state) ? 'Did not run.' : 'Not started.';
  }
}

const errorLines = (progress: readonly CommandProgress[], index: number): readonly Line[] =>
  (progress.find((p) => p.index === index)?.errors ?? [])
    .slice(0, 3)
    .map((error) => [say('Defender says: '), ...showCut(error, 300)]);

function requestLines(request: LiveResponseRequest): readonly Line[] {
  const asked: Line = [...showPerson(request.requester), say(` asked at ${formatTime(request.createdAt)}.`)];
  if (request.state !== 'awaitingApproval') {
    return [asked, ...describeVotes(request.votes), [saySubtle('Digest '), showCode(shortDigest(request.digest))]];
  }
  return [
    asked,
    ...describeVotes(request.votes),
    [say(`Once approved it must reach the device within ${formatDuration(request.startWithinMs)}, or I withdraw it.`)],
    [
      say('Digest '),
      { ...showCode(shortDigest(request.digest)), weight: 'Bolder' },
      saySubtle(', in full '),
      showCode(groupHex(request.digest)),
    ],
    [
      saySubtle('The digest stands for this device, these commands, these library files, this reason and the policy '),
      ...showCut(request.policyVersion, 64, showCode),
      saySubtle('; if one of them changes, the approval is void.'),
    ],
  ];
}

/** Buttons while they can still do something; all of them vanish with the decision (T-9). */
function findActions(request: LiveResponseRequest, { audience, token }: CardOptions): readonly ActionJson[] {
  switch (request.state) {
    case 'awaitingApproval':
      return [
        ...(token === null ? [] : voteButtons(token)),
        ...(audience === 'thread' ? [cancelButton(request, 'Withdraw…', 'Withdraw this request')] : []),
      ];
    case 'queued':
    case 'submitting':
    case 'unknown':
    case 'pending':
    case 'running':
      return 'cancel' in request && request.cancel !== null && !request.cancel.refused
        ? []
        : [cancelButton(request, 'Cancel…', 'Cancel this request')];
    default:
      return [];
  }
}

const voteButtons = (token: string): readonly ActionJson[] => [
  button({ title: 'Approve', verb: 'vote.approve', data: { token }, style: 'positive', inputs: 'none' }),
  askFirst({
    title: 'Deny…',
    style: 'destructive',
    question: {
      id: 'reason',
      label: 'Why not? The requester and the thread will read it.',
      errorMessage: 'Write a reason, so that the requester knows what to change.',
      required: true,
      maxLength: maxReasonLength,
      multiline: true,
    },
    answer: { title: 'Deny', verb: 'vote.deny', data: { token }, style: 'destructive', inputs: 'all' },
  }),
];

const cancelButton = (request: LiveResponseRequest, title: string, confirm: string): ActionJson =>
  askFirst({
    title,
    question: {
      id: 'cancelReason',
      label: 'Why? (optional)',
      errorMessage: 'That is too long.',
      required: false,
      maxLength: maxReasonLength,
      multiline: false,
    },
    answer: {
      title: confirm,
      verb: 'request.cancel',
      data: { requestId: request.id },
      style: 'destructive',
      inputs: 'all',
    },
  });
