import { assignedRules, commandLineRules } from './assigned';
import { findBodies } from './bodies';
import { printedRules, type Rule, type SecretKind, tokenRules } from './rules';
import { type Seen, seeThrough, unwrap } from './seen';

/** A secret in a text as it came: units `from` to before `to`. `value` is what it says, decoded: equal secrets have equal values. */
export interface Secret {
  readonly kind: SecretKind;
  readonly from: number;
  readonly to: number;
  readonly value: string;
  readonly lines: number;
}

interface Span {
  readonly kind: SecretKind;
  readonly start: number;
  readonly end: number;
}

interface ReadyRule extends Rule {
  readonly atSeam: RegExp | null;
  readonly whole: RegExp | null;
}

/** With the places of the groups. */
const rules: readonly ReadyRule[] = [...tokenRules, ...printedRules, ...assignedRules, ...commandLineRules].map(
  (rule) => ({
    ...rule,
    shape: new RegExp(rule.shape.source, `${rule.shape.flags}d`),
    atSeam: rule.bare === undefined ? null : new RegExp(rule.bare, 'y'),
    whole: rule.bare === undefined ? null : new RegExp(`^${rule.bare}$`),
  }),
);

/**
 * Every secret of a text by its shape or its name, in order and without overlaps; never by how random it looks, since what is collected is full of
 * hashes and ids. Looks through what a reader does not see and over lines that a console wrapped. Linear in the length of the text.
 */
export function findSecrets(raw: string): readonly Secret[] {
  const seen = seeThrough(raw);
  const wrapped = unwrap(raw, seen);
  const found = [
    ...findIn(seen).map((span) => toSecret(raw, seen, span)),
    ...(wrapped === seen
      ? []
      : findIn(wrapped).flatMap((span) => {
          const whole = untilTheEnd(raw, wrapped, span);
          return whole === null ? [] : [toSecret(raw, wrapped, whole)];
        })),
  ];
  return merge(
    raw,
    found.filter(({ from, to }) => !/^%\w{1,60}%$/.test(raw.slice(from, to))),
  );
}

function findIn(seen: Seen): readonly Span[] {
  const { text } = seen;
  const spans: Span[] = findBodies(text).map(({ kind, start, end }) => ({ kind, start, end }));
  for (const rule of rules) {
    const { shape } = rule;
    shape.lastIndex = 0;
    for (let match = shape.exec(text); match !== null; match = shape.exec(text)) {
      const [start, end] = rangeOf(match);
      if (match[0] === '') shape.lastIndex++;
      if (rule.accepts?.(text.slice(start, end), match) === false) {
        // What follows the refused value may hold another.
        shape.lastIndex = Math.max(match.index + 1, start);
        continue;
      }
      spans.push({ kind: rule.kind, start, end: untilSeam(seen, rule, start, end) });
    }
  }
  return [...spans, ...findBehindSeams(seen)];
}

/** A token right behind a terminal escape, whatever letter stands before that. */
function findBehindSeams(seen: Seen): readonly Span[] {
  const { text, isSeam } = seen;
  const spans: Span[] = [];
  for (let at = isSeam.indexOf(1); at !== -1; at = isSeam.indexOf(1, at + 1)) {
    for (const rule of rules) {
      const { kind, atSeam } = rule;
      if (atSeam === null) continue;
      atSeam.lastIndex = at;
      const match = atSeam.exec(text);
      if (match !== null) spans.push({ kind, start: at, end: untilSeam(seen, rule, at, at + match[0].length) });
    }
  }
  return spans;
}

function rangeOf(match: RegExpExecArray): readonly [start: number, end: number] {
  const groups = match.indices?.groups ?? {};
  return groups.v ?? groups.w ?? groups.x ?? groups.y ?? match.indices?.[0] ?? [match.index, match.index];
}

/** A token that is whole before a terminal escape ends there. */
function untilSeam({ text, isSeam }: Seen, { whole }: ReadyRule, start: number, end: number): number {
  if (whole === null) return end;
  for (let at = start + 1; at < end; at++) if (isSeam[at] === 1 && whole.test(text.slice(start, at))) return at;
  return end;
}

/** Over a wrapped line end a secret goes on only where it fills what follows: a word of the next line is none of it. */
function untilTheEnd(raw: string, { text, from, to, isSeam }: Seen, span: Span): Span | null {
  if (!/[\r\n]/.test(raw.slice(from[span.start], to[span.end - 1]))) return null;
  const next = text.charAt(span.end);
  const fills = next === '' || next === '\n' || /["'&,;)}>\]<]/.test(next) || isSeam[span.end] === 2;
  return fills || span.kind === 'private key' ? span : null;
}

function toSecret(raw: string, { text, from, to }: Seen, { kind, start, end }: Span): Secret {
  const rawFrom = from[start] ?? 0;
  const rawTo = to[end - 1] ?? rawFrom;
  const said = text.slice(start, end);
  const value = kind === 'private key' || kind === 'Kerberos ticket' ? said.replace(/[^A-Za-z0-9+/=]/g, '') : said;
  return { kind, from: rawFrom, to: rawTo, value, lines: countLines(raw.slice(rawFrom, rawTo)) };
}

const countLines = (text: string): number => text.split(/\r\n?|\n|\\n/).filter((line) => line.trim() !== '').length;

/** Of those that overlap the one that begins first names what is masked, and all of both is. */
function merge(raw: string, found: readonly Secret[]): readonly Secret[] {
  const merged: Secret[] = [];
  for (const one of [...found].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = merged.at(-1);
    if (one.to <= one.from) continue;
    if (last === undefined || one.from >= last.to) merged.push(one);
    else if (one.to > last.to) {
      const value = one.from === last.from ? one.value : raw.slice(last.from, one.to);
      merged[merged.length - 1] = { ...last, to: one.to, value, lines: countLines(raw.slice(last.from, one.to)) };
    }
  }
  return merged;
}
