import { describeMark, type Mark, type MaskKey, markOf, maskWords, tagLengthFor } from '../mask/marks';
import type { ResultsShown } from '../request/votes/bar';
import type { KeptSecret } from './display-text';
import type { KeptResult } from './keep-result';

/** Results as a thread may show them, and what was masked in them. */
export interface MaskedResults {
  readonly results: readonly KeptResult[];
  /** Null where nothing was: there were no secrets, or the rule shows all. */
  readonly masked: Masked | null;
}

export interface Masked {
  readonly secrets: number;
  readonly different: number;
}

/** By the rule of the request as it stood at its approval: as it is, without its secrets, or without its output. What is kept stays whole. */
export function maskResults(
  results: readonly KeptResult[],
  { shown, key }: { readonly shown: ResultsShown; readonly key: MaskKey | null },
): MaskedResults {
  if (shown === 'open') return { results, masked: null };
  const all = results.flatMap(({ secrets }) => [...(secrets?.output ?? []), ...(secrets?.errors ?? [])]);
  const marks = key === null ? [] : all.map((secret) => markOf(secret, key));
  const tagLength = tagLengthFor(marks);
  const say = (text: string | null, secrets: readonly KeptSecret[] = []): string | null =>
    text === null || secrets.length === 0 ? text : maskAt(text, secrets, { key, tagLength });
  return {
    results: results.map((result) => ({
      ...result,
      ...(shown === 'private'
        ? withhold(result)
        : { output: say(result.output, result.secrets?.output), errors: say(result.errors, result.secrets?.errors) }),
      file: result.file === null ? null : { ...result.file, name: maskWords(result.file.name, key) },
    })),
    masked: all.length === 0 ? null : { secrets: all.length, different: new Set(all.map(({ value }) => value)).size },
  };
}

const withhold = ({ command, errors }: KeptResult): Partial<KeptResult> =>
  command === 'RunScript'
    ? {
        output: null,
        outputCut: false,
        errors: null,
        errorsCut: false,
        banner: null,
        withheld: { errors: (errors ?? '').trim() !== '' },
      }
    : {};

function maskAt(
  text: string,
  secrets: readonly KeptSecret[],
  { key, tagLength }: { readonly key: MaskKey | null; readonly tagLength: number },
): string {
  let out = '';
  let at = 0;
  for (const secret of secrets) {
    const mark: Mark | null = key === null ? null : markOf(secret, key);
    out += text.slice(at, secret.from) + (mark === null ? `[masked: ${secret.kind}]` : describeMark(mark, tagLength));
    at = secret.to;
  }
  return out + text.slice(at);
}
