import { showHidden, visible, visibleCode } from '../../lib/visible';
import { maxReasonLength } from '../../request/ask/command';
import type { Person, RequestBase } from '../../request/request';
import { count } from './words';

/** One run of a RichTextBlock: the only element that shows text verbatim (teams.md C5). */
export interface Run {
  readonly type: 'TextRun';
  readonly text: string;
  readonly fontType?: 'Monospace';
  readonly weight?: 'Bolder';
  readonly isSubtle?: true;
}

/** One line of a card; `say` makes runs of our own words, all others make runs of text that came from outside (T-18, T-19). */
export type Line = readonly Run[];

/** Our own words. Never pass what a person, a device, the library or Defender wrote. */
export const say = (text: string): Run => ({ type: 'TextRun', text });
export const sayBold = (text: string): Run => ({ type: 'TextRun', text, weight: 'Bolder' });
export const saySubtle = (text: string): Run => ({ type: 'TextRun', text, isSubtle: true });

/** Text from outside, whole, with what cannot be seen made visible. */
export const show = (text: string): Run => ({ type: 'TextRun', text: visible(text) });

/** The same in a fixed-width face, where nothing passes for ASCII that is not: commands, paths, names of devices and files, hashes, ids, codes. */
export const showCode = (text: string): Run => ({ type: 'TextRun', text: visibleCode(text), fontType: 'Monospace' });

/**
 * One line of a command's output, which evidence has made visible already. Columns keep their place: blanks that a renderer would swallow become no-break blanks, tabs reach to the next
 * eighth column, and what cannot be seen is shown as everywhere else; a no-break blank of the output itself is therefore told apart.
 */
export function showOutput(line: string): Run {
  let columns = '';
  for (const char of line) columns += char === '\t' ? ' '.repeat(8 - (columns.length % 8)) : char;
  const text = columns
    .split(/( +)/)
    .map((part, i, parts) => {
      const standsAlone = part === ' ' && parts[i - 1] !== '' && parts[i + 1] !== '';
      return part.startsWith(' ') && !standsAlone ? '\u00a0'.repeat(part.length) : stopHidden(part);
    })
    .join('');
  return { type: 'TextRun', text, fontType: 'Monospace' };
}

/** A finished sentence whose quoted parts are visible already; `visible` again would escape its escapes, so only what must not pass is stopped. */
export const relay = (text: string): Run => ({ type: 'TextRun', text: stopHidden(text) });

const stopHidden = (text: string): string => showHidden(text).replace(/(?<=\{)\{/g, '\\u{7b}');

/** The name is a label that its owner chose (T-11); whoever has none is called by id. */
export const showPerson = (person: Person): Line => [
  { type: 'TextRun', text: cutAt(visible(person.name.trim() === '' ? person.id : person.name), 100), weight: 'Bolder' },
];

/** The device of a request, or how many it has. */
export const showDevices = ({ device, batch }: Pick<RequestBase, 'device' | 'batch'>, limit: number): Line =>
  batch === undefined ? showCut(device.name, limit, showCode) : [say(count(batch.devices.length, 'device'))];

/** At most `limit` characters of text from outside; says so when there was more. Never for what an approver decides about (T-17). */
export function showCut(text: string, limit: number, make: (text: string) => Run = show): Line {
  const chars = [...text];
  if (chars.length <= limit) return [make(text)];
  return [
    make(chars.slice(0, limit).join('')),
    saySubtle(` … (cut here; ${count(chars.length - limit, 'more character')})`),
  ];
}

/**
 * What a person wrote, one line of a card for each line of theirs. Whoever writes very many lines gets them as one, with the line ends made visible,
 * so that nothing is pushed out of sight (T-17).
 */
export function showParagraphs(text: string): readonly Line[] {
  const lines = text.split('\n');
  return lines.length > mostParagraphs
    ? [[show(text)]]
    : lines.map((line) => [line === '' ? say('\u00a0') : show(line)]);
}

/** A person's reason for a vote or a cancel, set apart as theirs; none when there is none. */
export function quoteLines(reason: string | null): readonly Line[] {
  if (reason === null || reason.trim() === '') return [];
  const [first = [], ...rest] =
    reason.length > maxReasonLength ? [showCut(reason, maxReasonLength)] : showParagraphs(reason);
  return [[say('They wrote: '), ...first], ...rest];
}

/** About a screen of a phone. */
const mostParagraphs = 12;

/** People as a sentence part: "Ana, Bo and Cy". */
export function showPeople(people: readonly Person[]): Line {
  return joinLines(people.map(showPerson));
}

/** People of whom only the id is known, by what the policy calls them; the first few, the others counted. */
export function showNames(ids: readonly string[], names: ReadonlyMap<string, string>, word = 'and'): Line {
  if (ids.length === 0) return [say('nobody')];
  const shown = ids
    .slice(0, mostNames)
    .map(
      (id): Line => [
        { type: 'TextRun', text: cutAt(visible(names.get(id.toLowerCase()) ?? id), 100), weight: 'Bolder' },
      ],
    );
  const more = ids.length - shown.length;
  return joinLines([...shown, ...(more > 0 ? [[say(count(more, 'more', 'more'))]] : [])], word);
}

/** With more of them, a card would be a list of people. */
const mostNames = 8;

/** Runs as a list: commas, and "and" before the last. */
export function joinLines(items: readonly Line[], word = 'and'): Line {
  return items.flatMap((item, i) => (i === 0 ? item : [say(i === items.length - 1 ? ` ${word} ` : ', '), ...item]));
}

/** A label of at most `limit` characters, never ending in half an escape. */
export function cutAt(shown: string, limit: number): string {
  const chars = [...shown];
  if (chars.length <= limit) return shown;
  return `${chars
    .slice(0, limit)
    .join('')
    .replace(/\\(u(\{[0-9a-f]*)?)?$/, '')
    .replace(/[\u200d\ufe0f\u{e0020}-\u{e007f}]+$/u, '')}…`;
}
