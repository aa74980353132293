import { parseArgs } from 'node:util';
import { readAnchors } from '../audit/anchor';
import type { ChainHead } from '../audit/chain';
import { err, ok, type Result } from '../lib/result';
import { parseRequestId } from '../request/id';
import type { RequestId } from '../request/request';

export type EvidenceCommand =
  | { readonly type: 'help' }
  | { readonly type: 'keygen'; readonly to: string; readonly rotate: boolean }
  | {
      readonly type: 'export';
      /** One request, or all of an incident, of one tenant where there are several. */
      readonly what: { readonly id: RequestId } | { readonly incident: string; readonly tenantId: string | null };
      readonly to: string;
      /** Null: the store of the settings. */
      readonly backup: string | null;
      readonly key: string | null;
      readonly withPolicy: boolean;
    }
  | VerifyCommand;

export interface VerifyCommand {
  readonly type: 'verify';
  readonly file: string;
  readonly key: string | null;
  readonly anchors: readonly ChainHead[];
}

export const verifyUsage = `--key     the public key of whoever runs the bot, got by another way than the bundle
--anchor  a line that the bot posted: 64 hex digits, a colon and a number; give one from before and one from after

Exit code 0: proved. 1: wrong. 2: it cannot be read. 3: whole, but not proved, and it says why.`;

export const usage = `Usage:
  npm run --silent evidence -- keygen --to <folder> [--rotate]
  npm run --silent evidence -- export (LR-7F3K | --incident INC-1042 [--tenant <id>]) --to <folder> [--backup <folder>] [--key <private key>] [--without-policy]
  npm run --silent evidence -- verify <file> [--key <public key>] [--anchor <hash>:<number>]...

keygen    Makes an Ed25519 key that signs bundles. --rotate replaces the one that is there; old public keys stay.
export    Writes everything about one request, or about all of an incident, into one zip file, for somebody outside. Reads the database of the settings
          (DATABASE_URL, EVIDENCE_DIR), also while the service runs, or a folder that npm run backup made.
          Signs with --key or EVIDENCE_KEY_FILE. Without a key the bundle says that it is unsigned.
verify    Says whether a bundle is exactly what was made. Needs no database and no settings.

${verifyUsage}`;

const options = {
  help: { type: 'boolean', short: 'h' },
  to: { type: 'string' },
  rotate: { type: 'boolean' },
  backup: { type: 'string' },
  key: { type: 'string' },
  incident: { type: 'string' },
  tenant: { type: 'string' },
  'without-policy': { type: 'boolean' },
  anchor: { type: 'string', multiple: true },
} as const;

const allowed: Readonly<Record<string, readonly string[]>> = {
  keygen: ['to', 'rotate'],
  export: ['to', 'backup', 'key', 'without-policy', 'incident', 'tenant'],
  verify: ['key', 'anchor'],
};

/** What the words after `npm run evidence --` ask for, or one sentence on what is wrong with them. */
export function parseEvidenceCommand(args: readonly string[]): Result<EvidenceCommand, string> {
  const parsed = split(args);
  if (parsed === null)
    return err(`I do not know one of these options: ${args.filter((a) => a.startsWith('-')).join(' ')}.`);
  const { values, positionals } = parsed;
  const [type, ...words] = positionals;
  if (values.help || type === 'help') return ok({ type: 'help' });
  if (type === undefined) return err('Say keygen, export or verify.');
  const known = allowed[type];
  if (known === undefined || (type !== 'verify' && type !== 'keygen' && type !== 'export'))
    return err(`I do not know ${type}. Say keygen, export or verify.`);
  const foreign = Object.keys(values).find((name) => !known.includes(name));
  if (foreign !== undefined) return err(`--${foreign} is not for ${type}.`);
  if (type === 'verify') return readVerify(words, values);
  const { to } = values;
  if (to === undefined || to === '') return err(`Name the folder to write into with --to.`);
  if (type === 'keygen')
    return words.length > 0
      ? err('keygen takes no word besides its options.')
      : ok({ type, to, rotate: values.rotate === true });
  return readExport(words, { ...values, to });
}

function readExport(
  words: readonly string[],
  values: Values & { readonly to: string },
): Result<EvidenceCommand, string> {
  const what = readWhat(words, values);
  if (!what.ok) return what;
  const { to } = values;
  const [backup, key] = [values.backup ?? null, values.key ?? null];
  return ok({ type: 'export', what: what.value, to, backup, key, withPolicy: values['without-policy'] !== true });
}

function readWhat(
  [word, ...more]: readonly string[],
  { incident, tenant }: Values,
): Result<Extract<EvidenceCommand, { type: 'export' }>['what'], string> {
  if (incident !== undefined && incident !== '')
    return word === undefined
      ? ok({ incident, tenantId: tenant ?? null })
      : err('Name one request or --incident, not both.');
  const id = parseRequestId(word ?? '');
  return id === null || more.length > 0 || tenant !== undefined
    ? err('Name one request by its id, such as LR-7F3K, or an incident with --incident.')
    : ok({ id });
}

/** The same for the program that only verifies: its words are those after `verify`. */
export const parseVerifyCommand = (args: readonly string[]): Result<EvidenceCommand, string> =>
  args.includes('--help') || args.includes('-h') || args.length === 0
    ? ok({ type: 'help' })
    : parseEvidenceCommand(['verify', ...args]);

function split(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch {
    return null;
  }
}

type Values = NonNullable<ReturnType<typeof split>>['values'];

function readVerify(words: readonly string[], { key, anchor = [] }: Values): Result<EvidenceCommand, string> {
  const [file, ...more] = words;
  if (file === undefined || more.length > 0) return err('Name one file, the bundle to verify.');
  const anchors: ChainHead[] = [];
  for (const text of anchor) {
    const [found, ...others] = readAnchors(text);
    if (found === undefined || others.length > 0)
      return err('--anchor must be one anchor: 64 hex digits, a colon and a number, as the bot posts it.');
    anchors.push(found);
  }
  return ok({ type: 'verify', file, key: key ?? null, anchors });
}
