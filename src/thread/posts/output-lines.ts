import type { KeptResult } from '../../evidence/keep-result';
import { formatNumber } from '../../lib/number';
import { type Line, type Run, sayBold, saySubtle, showOutput } from '../kit/line';
import { count } from '../kit/words';

/** What a card shows of each line; the rest of it is counted. */
export const longestLine = 300;

/** The lines of one stream, without the empty ones at its end. */
export const linesOf = (text: string | null): readonly string[] =>
  text === null || text.trim() === '' ? [] : text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n');

/** `goesOn`: more was written than is kept as text, so that what is left out is only counted as far as it is kept. */
export function cutLine(line: string, { goesOn, longest = longestLine }: { goesOn: boolean; longest?: number }): Line {
  if (line === '') return [blank];
  const chars = [...line];
  if (chars.length <= longest) return [showOutput(line)];
  return [
    showOutput(chars.slice(0, longest).join('')),
    saySubtle(` … (cut here; ${goesOn ? 'at least ' : ''}${count(chars.length - longest, 'more character')})`),
  ];
}

/** A renderer drops an empty run, and with it the empty line that the output had. */
const blank: Run = { type: 'TextRun', text: '\u00a0', fontType: 'Monospace' };

/** Both streams under each other, errors first, named where there are both; `rest` lines are left out (T-34). */
export function outputLines(
  { errors, output, errorsCut, outputCut }: KeptResult,
  { limit, longest }: { readonly limit: number; readonly longest: number },
): { readonly lines: readonly Line[]; readonly rest: number } {
  const streams = [
    { title: 'Errors', lines: linesOf(errors), isCut: errorsCut },
    { title: 'Output', lines: linesOf(output), isCut: outputCut },
  ].filter(({ lines }) => lines.length > 0);
  const isNamed = streams.length > 1 || streams[0]?.title === 'Errors';
  const all = streams.flatMap(({ title, lines, isCut }) => [
    ...(isNamed ? [[sayBold(title)]] : []),
    ...lines.map((line, i) => cutLine(line, { goesOn: isCut && i === lines.length - 1, longest })),
  ]);
  return { lines: all.slice(0, limit), rest: Math.max(0, all.length - limit) };
}

/** That more was written than is kept as text, and how much. */
export const cutNotes = (result: KeptResult): readonly Line[] => [
  ...(result.errorsCut ? [cutNote('errors', { kept: result.errors, length: result.errorsLength })] : []),
  ...(result.outputCut ? [cutNote('output', { kept: result.output, length: result.outputLength })] : []),
];

const cutNote = (
  what: string,
  { kept, length }: { readonly kept: string | null; readonly length: number | null },
): Line => [
  saySubtle(
    `Only the beginning of the ${what} is kept as text: ${length === null ? count(kept?.length ?? 0, 'character') : `${formatNumber(kept?.length ?? 0)} of ${count(length, 'character')}`}.`,
  ),
];
