import type { Command } from '../../request/ask/command';
import { libraryFileOf } from '../../request/ask/command';
import { type CommandProgress, isFinal, type LibraryFile, type LiveResponseRequest } from '../../request/request';
import { type Line, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import type { RequestView } from '../kit/view';
import { commandSubject, commandTitle, formatDuration, formatTime, groupHex, parseDefenderTime } from '../kit/words';
import { changedFilesOf } from '../sentences/bar-lines';
import { commandAtWork, failedCommand } from '../sentences/request-lines';
import { describeKept } from '../sentences/result-lines';

export interface Row {
  readonly runs: Line;
  readonly spacing: 'None' | 'Small' | 'Medium';
}

/** One command of a request: while it awaits approval what exactly would run, afterwards what became of it. */
export function commandRows(
  view: RequestView,
  { command, index, whole }: { readonly command: Command; readonly index: number; readonly whole: boolean },
): readonly Row[] {
  const { request } = view;
  const code = (text: string): Line => (whole ? [showCode(text)] : showCut(text, 300, showCode));
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
  const changed = changedFilesOf(request.bar).includes(file.fileName);
  return [
    ...(changed ? [[sayBold('Changed since it was last approved.')]] : []),
    [saySubtle('SHA-256 '), showCode(groupHex(file.sha256))],
    [
      saySubtle('uploaded by '),
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
    ...(kept === undefined ? awaitedLines(request, index) : describeKept(kept, { whole: false })),
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
  if (progress === undefined) return [saySubtle(describeOpen(request, index, { startedAt: null, isAtWork: false }))];
  switch (progress.status) {
    case 'Completed':
      return [sayBold('Completed'), say(`${took}.`)];
    case 'Failed':
      return [sayBold('Failed'), say(`${took}.`)];
    case 'Created':
    case 'InProgress':
      return [saySubtle(describeOpen(request, index, { startedAt, isAtWork: progress.status === 'InProgress' }))];
    default:
      return [say('Defender calls its state '), ...showCut(progress.status, 60, showCode), say('.')];
  }
}

function describeOpen(
  request: LiveResponseRequest,
  index: number,
  { startedAt, isAtWork }: { readonly startedAt: number | null; readonly isAtWork: boolean },
): string {
  const total = request.commands.length;
  switch (request.state) {
    case 'running':
      if (index >= (failedCommand(request.progress) ?? total)) return notListed(isAtWork);
      if (commandAtWork(request.progress, total) !== index + 1) return 'Waits for the commands before it.';
      return startedAt === null ? 'Running.' : `Running since ${formatTime(startedAt)}.`;
    case 'failed':
      return notListed(isAtWork || index < (failedCommand(request.progress) ?? total));
    case 'succeeded':
    case 'timedOut':
      return 'It may have run; Defender reports no end.';
    case 'unknown':
    case 'unconfirmed':
      return 'It may have run.';
    case 'cancelled':
    case 'lapsed':
      return request.actionId === null ? 'Did not run.' : 'It may have run; Defender reports no end.';
    default:
      return isFinal(request.state) ? 'Did not run.' : 'Not started.';
  }
}

/** Of a command without an end: that Defender lists no start is what was seen, and no proof that it did not run. */
const notListed = (mayHaveRun: boolean): string =>
  mayHaveRun ? 'It may have run; Defender reports no end.' : 'Defender does not list it as started.';

const errorLines = (progress: readonly CommandProgress[], index: number): readonly Line[] =>
  (progress.find((p) => p.index === index)?.errors ?? [])
    .slice(0, 3)
    .map((error) => [say('Defender says: '), ...showCut(error, 300)]);
