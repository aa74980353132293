import { createHmac } from 'node:crypto';
import { findSecrets, type Secret } from './find-secrets';
import type { SecretKind } from './rules';

/** What stands in the place of a secret: enough to tell it from another, and nothing to guess it by. */
export interface Mark {
  readonly kind: SecretKind;
  /** Null where a length would help to guess it. */
  readonly characters: number | null;
  readonly lines: number;
  /** Hex: an HMAC of the value under a key of its request. Only the first characters are shown. */
  readonly tag: string;
}

/** Lower-case hex; a request's own, so that nothing can be compared between requests. */
export type MaskKey = string & { readonly maskKey: unique symbol };

/** The key of one request, from a secret that the store keeps. */
export const maskKeyOf = (secret: string, tenantId: string, requestId: string): MaskKey =>
  createHmac('sha256', secret)
    .update(JSON.stringify([tenantId, requestId]))
    .digest('hex') as MaskKey;

/** A plain hash would be guessed: people compare tags, and passwords are short (d10). */
const tagOf = (value: string, key: MaskKey): string =>
  createHmac('sha256', Buffer.from(key, 'hex')).update(value, 'utf8').digest('hex');

export const markOf = ({ kind, value, lines }: Secret, key: MaskKey): Mark => ({
  kind,
  characters: kind === 'password' || kind === 'Wi-Fi key' ? null : [...value].length,
  lines,
  tag: tagOf(value, key),
});

/** The shortest that a tag is shown. */
export const shortestTag = 4;

/** How much of each tag is shown, so that different secrets in what one person sees have different tags. */
export function tagLengthFor(marks: readonly Pick<Mark, 'tag'>[]): number {
  const tags = [...new Set(marks.map(({ tag }) => tag))];
  for (let length = shortestTag; length < 64; length++)
    if (new Set(tags.map((tag) => tag.slice(0, length))).size === tags.length) return length;
  return 64;
}

/** `[masked: storage key, 88 characters, #3f9a]` */
export function describeMark({ kind, characters, lines, tag }: Mark, tagLength: number): string {
  const size = lines > 1 ? `, ${lines} lines` : characters === null ? '' : `, ${characters} characters`;
  return `[masked: ${kind}${size}, #${tag.slice(0, tagLength)}]`;
}

/** Whether a text holds what looks like a mark: one that was copied from a card, and stands for nothing. */
export const holdsMark = (text: string): boolean => /\[masked: /i.test(text);

/** A short text with its secrets masked; the same text where it has none. Without a key the marks have no tag. */
export function maskWords(text: string, key: MaskKey | null): string {
  const secrets = findSecrets(text);
  if (secrets.length === 0) return text;
  const marks = key === null ? null : secrets.map((secret) => markOf(secret, key));
  const tagLength = marks === null ? 0 : tagLengthFor(marks);
  let out = '';
  let at = 0;
  for (const [i, { from, to, kind }] of secrets.entries()) {
    const mark = marks?.[i];
    out += text.slice(at, from) + (mark === undefined ? `[masked: ${kind}]` : describeMark(mark, tagLength));
    at = to;
  }
  return out + text.slice(at);
}
