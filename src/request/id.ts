import type { RandomBytes } from '../lib/random';
import type { RequestId } from './request';

/** Digits and capitals without 0 O, 1 I L and U: nothing that can be misread on a phone or read out wrongly. */
export const idAlphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

const shortestId = 4;
const longestId = 12;

/** A new id of `length` random characters; whether it is still free is for the store to say, and a longer one for the caller to ask. */
export function newRequestId(random: RandomBytes, length: number = shortestId): RequestId {
  const fair = 256 - (256 % idAlphabet.length);
  let id = '';
  while (id.length < length) {
    for (const byte of random(length - id.length)) if (byte < fair) id += idAlphabet.charAt(byte % idAlphabet.length);
  }
  return `LR-${id}` as RequestId;
}

const written = new RegExp(
  `^(?:lr[ \\u00a0]*[-\\u2010-\\u2015\\u2212]{0,2}[ \\u00a0]*)?([${idAlphabet}]{${shortestId},${longestId}})(?:\\.([1-9]\\d{0,2}))?$`,
  'i',
);

/** The id as people write it, of a request or of one target of a batch: any case, with or without `LR-`, with a blank or a typographic dash after `LR`; null for anything else. */
export function parseRequestId(text: string): RequestId | null {
  const [, id, target] = written.exec(text.trim()) ?? [];
  if (id === undefined) return null;
  const request = `LR-${id.toUpperCase()}` as RequestId;
  return target === undefined ? request : targetIdOf(request, Number(target));
}

/** The id of one target of a batch: `LR-7F3K.17`. */
export const targetIdOf = (batch: RequestId, number: number): RequestId => `${batch}.${number}` as RequestId;

/** Whether it is the id of one target of a batch. */
export const isTargetId = (id: RequestId): boolean => id.includes('.');
