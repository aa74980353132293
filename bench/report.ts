import { type Judgement, judge, keeps, median, ratios, type Summary, summarize, type Target } from './statistics';

/** One line of the table: what was measured side by side, round by round. */
export interface Row {
  readonly what: string;
  readonly unit: 'ms' | 'turns/s' | 'requests/s' | 'MB' | 'reads/h' | 's' | 'us';
  readonly ours: readonly number[];
  /** What it is held against, measured in the same rounds; null: nothing, the number stands alone. */
  readonly against: { readonly what: string; readonly values: readonly number[] } | null;
  readonly target: RowTarget | null;
  /** Virtual time or a count: the one number is the number, and has no spread to be judged by. */
  readonly exact?: true;
}

export type RowTarget = Target & {
  /** `ratio`: ours by theirs, round by round; `value`: our number itself. */
  readonly of: 'ratio' | 'value';
};

/** What could not be measured on this machine, and why: told in the table, never left out in silence. */
export interface Missing {
  readonly what: string;
  readonly why: string;
}

export interface Section {
  readonly title: string;
  /** How it was measured, in sentences. */
  readonly how: string;
  readonly rows: readonly Row[];
  readonly missing?: readonly Missing[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly os: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly date: string;
  readonly tookS: number;
  /** Load of the minute before the first measurement, by core: what others were running on the machine. */
  readonly busyBefore: number;
}

/** Above what an editor and the build before leave behind. */
export const quietLoad = 0.5;

interface Cells {
  readonly what: string;
  readonly ours: string;
  readonly theirs: string;
  readonly ratio: string;
  readonly target: string;
  readonly verdict: string;
}

const heads: Cells = {
  what: 'measured',
  ours: 'this bot',
  theirs: 'against',
  ratio: 'ratio',
  target: 'target',
  verdict: 'verdict',
};
const columns = ['what', 'ours', 'theirs', 'ratio', 'target', 'verdict'] as const;

/** The verdict on a row; null when it has no target. */
export function verdictOf({ ours, against, target, exact }: Row): Judgement | null {
  if (target === null) return null;
  const measured = target.of === 'value' || against === null ? ours : ratios(ours, against.values);
  if (exact) return keeps(median(measured), target) ? 'met' : 'missed';
  return judge(summarize(measured), target);
}

/** The tables as the terminal shows them. */
export function toText(sections: readonly Section[]): string {
  return sections.map((section) => `${section.title}\n${toTextTable(section)}`).join('\n\n');
}

/** The same as a page, with how each was measured and on what. */
export function toMarkdown(sections: readonly Section[], machine: Machine): string {
  const { cpu, cores, memoryGb, node, os, commit, date, tookS, busyBefore } = machine;
  return [
    '# What `npm run bench` measured',
    '',
    `${date}, commit ${commit}, Node ${node}, ${os}, ${cores} cores (${cpu}), ${memoryGb} GB; took ${Math.round(tookS)} s. Load before the first measurement: ${two(busyBefore)} a core${busyBefore > quietLoad ? ', so others were running and times are no good' : ''}.`,
    '',
    'Written by the run; do not edit. Numbers are medians of rounds, ± the interquartile range. Both sides of a row are measured in turn in the same rounds, and the ratio is taken round by round. `unclear` means that the rounds lie further apart than the median lies from the target, so they decide nothing.',
    ...sections.flatMap((section) => [
      '',
      `## ${section.title}`,
      '',
      section.how,
      '',
      `| ${columns.map((name) => heads[name]).join(' | ')} |`,
      `|${columns.map(() => '---').join('|')}|`,
      ...section.rows.map((row) => {
        const cells = toCells(row);
        return `| ${columns.map((name) => cells[name]).join(' | ')} |`;
      }),
      ...(section.missing ?? []).map(({ what, why }) => `| ${what} | not measured | ${why} |  |  |  |`),
    ]),
    '',
  ].join('\n');
}

function toTextTable({ rows, missing = [] }: Section): string {
  const table = [heads, ...rows.map(toCells)];
  const widths = columns.map((name) => Math.max(...table.map((cells) => cells[name].length)));
  const lines = table.map((cells) =>
    columns
      .map((name, i) => cells[name].padEnd(widths[i] as number))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...missing.map(({ what, why }) => `${what}: not measured. ${why}`)]
    .map((line) => `  ${line}`)
    .join('\n');
}

function toCells(row: Row): Cells {
  const { what, unit, ours, against, target, exact = false } = row;
  return {
    what,
    ours: spread(summarize(ours), unit, exact),
    theirs: against === null ? '' : `${against.what}: ${spread(summarize(against.values), unit, exact)}`,
    ratio: against === null ? '' : spread(summarize(ratios(ours, against.values)), 'x', exact),
    target: target === null ? '' : toTarget(target, unit),
    verdict: verdictOf(row) ?? '',
  };
}

function toTarget({ type, value, of }: RowTarget, unit: string): string {
  const sign = type === 'atMost' ? '<=' : '>=';
  return of === 'ratio' ? `${sign} ${value}x` : `${sign} ${value} ${unit}`;
}

function spread({ median, iqr }: Summary, unit: string, exact: boolean): string {
  const print = unit === 'x' ? two : digits;
  const gap = unit === 'x' ? '' : ' ';
  return exact ? `${print(median)}${gap}${unit}` : `${print(median)} ±${print(iqr)}${gap}${unit}`;
}

const two = (value: number): string => value.toFixed(2);

/** Three significant figures are more than the spread allows. */
const digits = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
