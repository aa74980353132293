import { z } from 'zod/v4';
import { err, ok, type Result } from '../lib/result';
import { type KeptSecret, toDisplayText } from './display-text';

/** What a script returned, ready to be shown. */
export interface ScriptResult {
  readonly exitCode: number | null;
  readonly output: string;
  readonly outputCut: boolean;
  readonly outputLength: number;
  readonly errors: string;
  readonly errorsCut: boolean;
  readonly errorsLength: number;
  readonly banner: string | null;
  readonly secrets: { readonly output: readonly KeptSecret[]; readonly errors: readonly KeptSecret[] };
}

export type ScriptFault =
  | { readonly type: 'notUtf8' }
  | { readonly type: 'notJson' }
  | { readonly type: 'notScriptResult' };

/**
 * Reads the JSON of a RunScript result (result-runscript-doc.json). On Windows its output begins with a transcript banner and ends with
 * NUL characters; elsewhere it has neither (defender-api.md §4). All of it was written by a host that may be hostile (T-34).
 */
export function decodeScriptResult(
  bytes: Uint8Array,
  limits: { readonly maxOutputLength: number; readonly maxErrorsLength: number },
): Result<ScriptResult, ScriptFault> {
  const text = toText(bytes);
  if (text === null) return err({ type: 'notUtf8' });
  const json = toJson(text);
  if (json === undefined) return err({ type: 'notJson' });
  const parsed = ScriptJson.safeParse(json);
  if (!parsed.success) return err({ type: 'notScriptResult' });
  const { banner, rest } = splitBanner(parsed.data.script_output ?? '');
  const output = toDisplayText(rest, limits.maxOutputLength);
  const errors = toDisplayText(parsed.data.script_errors ?? '', limits.maxErrorsLength);
  return ok({
    exitCode: parsed.data.exit_code ?? null,
    output: output.text,
    outputCut: output.cut,
    outputLength: output.length,
    errors: errors.text,
    errorsCut: errors.cut,
    errorsLength: errors.length,
    banner: banner === null ? null : toDisplayText(banner, maxBannerLength).text,
    secrets: { output: output.secrets, errors: errors.secrets },
  });
}

const maxBannerLength = 500;

const ScriptJson = z
  .object({ exit_code: z.number().nullish(), script_output: z.string().nullish(), script_errors: z.string().nullish() })
  .refine((r) => r.exit_code != null || r.script_output != null || r.script_errors != null);

function splitBanner(output: string): { readonly banner: string | null; readonly rest: string } {
  const found = /^\uFEFF?(Transcript started, output file is [^\r\n]*)(?:\r?\n|$)/.exec(output);
  return found?.[1] === undefined
    ? { banner: null, rest: output }
    : { banner: found[1], rest: output.slice(found[0].length) };
}

function toText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
