import type { KeptResult } from '../../evidence/keep-result';
import type { Command } from '../../request/ask/command';
import { libraryFileOf } from '../../request/ask/command';
import { type CommandProgress, isFinal, type LibraryFile, type LiveResponseRequest } from '../../request/request';
import { type Line, type Run, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import type { RequestView } from '../kit/view';
import {
  commandSubject,
  commandVerb,
  formatShort,
  formatSize,
  formatSpan,
  formatTime,
  parseDefenderTime,
} from '../kit/words';
import { changedFilesOf } from '../sentences/bar-lines';
import { commandAtWork, failedCommand } from '../sentences/request-lines';
import { describeKept, wroteErrors } from '../sentences/result-lines';
import { recentChangeMs } from '../sentences/risk';

export interface Row {
  readonly runs: Line;
  readonly spacing: 'None' | 'Small' | 'Medium';
}

/** One command of a request, and what became of it; `longest` null: whole, as everything that is still to be decided. */
export function commandRows(
  view: RequestView,
  { command, index, longest }: { readonly command: Command; readonly index: number; readonly longest: number | null },
): readonly Row[] {
  const { request } = view;
  const code = (text: string): Line => (longest === null ? [showCode(text)] : showCut(text, longest, showCode));
  const undecided = request.state === 'awaitingApproval';
  const more = undecided ? describeLibraryFile(request, command, index) : describeProgress(view, index);
  return [
    {
      runs: [
        saySubtle(`${index + 1} ${commandVerb(command.type)}${undecided ? '' : tookWords(view, index)} `),
        ...code(commandSubject(command)).map((run) => (command.type === 'RunScript' ? bold(run) : run)),
        ...(command.type === 'RunScript' ? argumentRuns(command, code) : []),
      ],
      spacing: 'Small',
    },
    ...more.map((runs) => ({ runs, spacing: 'None' }) as const),
  ];
}

const bold = (run: Run): Run => (run.fontType === undefined ? run : { ...run, weight: 'Bolder' });

/** A script name that holds blanks could pass for one with arguments, so that those are named then. */
function argumentRuns(
  { scriptName, args }: Extract<Command, { type: 'RunScript' }>,
  code: (text: string) => Line,
): Line {
  if (args === null) return [saySubtle(', no arguments')];
  return [saySubtle(/\s/.test(scriptName) ? ' with arguments ' : ' '), ...code(args)];
}

/** What of its library file decides: that it is missing, or is another one than was approved before. */
function describeLibraryFile(request: LiveResponseRequest, command: Command, index: number): readonly Line[] {
  const name = libraryFileOf(command);
  if (name === null) return [];
  const file = request.library.find(({ fileName }) => fileName === name);
  if (file === undefined) return [[sayBold('Not in the library as far as I know.')]];
  const isFirst = request.commands.findIndex((other) => libraryFileOf(other) === name) === index;
  const isChanged = isFirst && changedFilesOf(request.bar).includes(file.fileName);
  return isChanged ? [[sayBold('Changed since it was last approved.')]] : [];
}

/** How long the library files have been what they are, in one line; none where the risk lines say it. */
export function filesLine({ library, bar, createdAt }: LiveResponseRequest): readonly Line[] {
  if (library.length === 0 || changedFilesOf(bar).length > 0) return [];
  const ages = library.map(({ lastUpdatedTime }) => {
    const at = parseDefenderTime(lastUpdatedTime);
    return at === null ? null : createdAt - at;
  });
  const what = library.length === 1 ? 'File' : 'Files';
  if (ages.includes(null)) return [[saySubtle(`${what} of unknown age.`)]];
  const youngest = Math.min(...ages.map((age) => age ?? 0));
  return youngest <= recentChangeMs ? [] : [[saySubtle(`${what} unchanged for ${formatSpan(youngest)}.`)]];
}

/** Each library file with its hash, whole and unbroken so that it can be copied. */
export const fileProof = ({ library, createdAt }: LiveResponseRequest): readonly Line[] =>
  library.flatMap((file) => [
    [
      ...showCut(file.fileName, 200, showCode),
      saySubtle(', by '),
      ...(file.createdBy === null ? [saySubtle('an unnamed account')] : showCut(file.createdBy, 80)),
      ...changedWords(file, createdAt),
    ],
    [saySubtle('SHA-256 '), showCode(file.sha256)],
  ]);

function changedWords({ lastUpdatedTime }: LibraryFile, createdAt: number): Line {
  const at = parseDefenderTime(lastUpdatedTime);
  return at === null ? [] : [saySubtle(`, ${formatTime(at)} (${formatSpan(createdAt - at)} before it was asked)`)];
}

function describeProgress({ request, results }: RequestView, index: number): readonly Line[] {
  const kept = results.find((r) => r.index === index);
  return [
    ...describeOutcome(request, index),
    ...errorLines(progressOf(request), index),
    ...(kept === undefined ? awaitedLines(request, index) : keptLines(request, kept)),
  ];
}

/** Nothing twice: what stands behind the name of the command is not said again. */
function keptLines(request: LiveResponseRequest, kept: KeptResult): readonly Line[] {
  const isCompleted = progressOf(request).find((p) => p.index === kept.index)?.status === 'Completed';
  return isCompleted && cleanWords(kept) !== null ? [] : describeKept(kept, { whole: false });
}

/** Between the end of an action and its results nobody should think that there are none. */
function awaitedLines(request: LiveResponseRequest, index: number): readonly Line[] {
  const completed = progressOf(request).find((p) => p.index === index)?.status === 'Completed';
  const awaited = isFinal(request.state) && completed && request.commands[index]?.type !== 'PutFile';
  return awaited ? [[saySubtle('Its result is being fetched.')]] : [];
}

const progressOf = (request: LiveResponseRequest): readonly CommandProgress[] =>
  'progress' in request ? request.progress : [];

/** Of a command that has ended well: how long it took, and what it brought where nothing is wrong with that. */
function tookWords({ request, results }: RequestView, index: number): string {
  const progress = progressOf(request).find((p) => p.index === index);
  if (progress?.status !== 'Completed') return '';
  const startedAt = parseDefenderTime(progress.startedAt);
  const endedAt = parseDefenderTime(progress.endedAt);
  const took = startedAt === null || endedAt === null ? 'done' : formatSpan(endedAt - startedAt);
  const kept = results.find((one) => one.index === index);
  const brought = kept === undefined ? null : cleanWords(kept);
  return ` (${took}${brought === null ? '' : `, ${brought}`})`;
}

/** "exit 0" or the size of the file; null where there is more to say. */
function cleanWords(kept: KeptResult): string | null {
  const { exitCode, file, problem } = kept;
  if (problem !== null) return null;
  if (file !== null) return formatSize(file.size).replace(/ \(.*/, '');
  return exitCode === 0 && !wroteErrors(kept) ? 'exit 0' : null;
}

/** What Defender says about one command that has not ended well; nothing where the head of the card says it of all (defender-api.md §2.2). */
function describeOutcome(request: LiveResponseRequest, index: number): readonly Line[] {
  const progress = progressOf(request).find((p) => p.index === index);
  if (progress === undefined)
    return describeOpen(request, index, { startedAt: null, isAtWork: false }).map((text) => [saySubtle(text)]);
  switch (progress.status) {
    case 'Completed':
      return [];
    case 'Failed':
      return [[sayBold('Failed.')]];
    case 'Created':
    case 'InProgress': {
      const startedAt = parseDefenderTime(progress.startedAt);
      const isAtWork = progress.status === 'InProgress';
      return describeOpen(request, index, { startedAt, isAtWork }).map((text) => [saySubtle(text)]);
    }
    default:
      return [[say('Defender calls its state '), ...showCut(progress.status, 60, showCode), say('.')]];
  }
}

function describeOpen(
  request: LiveResponseRequest,
  index: number,
  { startedAt, isAtWork }: { readonly startedAt: number | null; readonly isAtWork: boolean },
): readonly string[] {
  const total = request.commands.length;
  switch (request.state) {
    case 'running':
      if (index >= (failedCommand(request.progress) ?? total)) return [notListed(isAtWork)];
      if (commandAtWork(request.progress, total) !== index + 1) return ['Waits.'];
      return [startedAt === null ? 'Running.' : `Running since ${formatShort(startedAt, request.runningSince)}.`];
    case 'failed':
      return [notListed(isAtWork || index < (failedCommand(request.progress) ?? total))];
    case 'succeeded':
    case 'timedOut':
      return ['It may have run; Defender reports no end.'];
    case 'cancelled':
    case 'lapsed':
      return request.actionId === null ? [] : ['It may have run; Defender reports no end.'];
    default:
      return [];
  }
}

/** Of a command without an end: that Defender lists no start is what was seen, and no proof that it did not run. */
const notListed = (mayHaveRun: boolean): string =>
  mayHaveRun ? 'It may have run; Defender reports no end.' : 'Defender does not list it as started.';

const errorLines = (progress: readonly CommandProgress[], index: number): readonly Line[] =>
  (progress.find((p) => p.index === index)?.errors ?? [])
    .slice(0, 3)
    .map((error) => [say('Defender says: '), ...showCut(error, 300)]);
