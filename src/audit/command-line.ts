import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../lib/result';
import { parseRequestId } from '../request/id';
import { readAnchors } from './anchor';
import type { ChainHead } from './chain';

export type AuditCommand =
  | { readonly type: 'help' }
  | {
      readonly type: 'verify';
      readonly path: string;
      readonly anchors: readonly ChainHead[];
      readonly anchorFiles: readonly string[];
    }
  | {
      readonly type: 'export';
      readonly path: string;
      readonly wanted: { readonly requestId?: string; readonly from?: number; readonly to?: number };
      readonly out: string | null;
    };

export const usage = `Usage:
  npm run --silent audit -- verify <copy of the database> [--anchor <hash>:<number>]... [--anchors <file>]...
  npm run --silent audit -- export <copy of the database> [--from <time>] [--to <time>] [--request LR-7F3K] [--out <file>]

verify   Says whether the audit is whole. Anchors are the lines that the bot posts daily; without one, a tail that was
         cut off together with the note of it cannot be seen. --anchors takes a file with the posts pasted as they are.
export   One entry a line as JSON, to standard output or to a new file. --from is inclusive, --to is not; both are
         2026-11-23 (midnight UTC) or 2026-11-23T12:00:00Z.

In place of a copy: postgres://user@host/database, whose audit is copied for the while; the password from PGPASSWORD or
~/.pgpass, so that it stands in no list of processes.

Exit code 0: done, and the audit holds. 1: the audit does not hold. 2: it could not be looked at.`;

/** What the words after `npm run audit --` ask for, or one sentence on what is wrong with them. */
export function parseAuditCommand(args: readonly string[]): Result<AuditCommand, string> {
  let parsed: ReturnType<typeof split>;
  try {
    parsed = split(args);
  } catch {
    return err(`I do not know one of these options: ${args.filter((a) => a.startsWith('-')).join(' ')}.`);
  }
  const { values, positionals } = parsed;
  const [type, path, ...rest] = positionals;
  if (values.help || type === 'help') return ok({ type: 'help' });
  if (type !== 'verify' && type !== 'export')
    return err(type === undefined ? 'Say verify or export.' : `I do not know ${type}; say verify or export.`);
  if (path === undefined || rest.length > 0)
    return err(`Name one file, the copy of the database to ${type}, or the address of a PostgreSQL database.`);
  const foreign = Object.keys(values).find((name) => !allowed[type].includes(name));
  if (foreign !== undefined) return err(`--${foreign} is not for ${type}.`);
  return type === 'verify' ? readVerify(path, values) : readExport(path, values);
}

const split = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      anchor: { type: 'string', multiple: true },
      anchors: { type: 'string', multiple: true },
      from: { type: 'string' },
      to: { type: 'string' },
      request: { type: 'string' },
      out: { type: 'string' },
    },
  });

type Values = ReturnType<typeof split>['values'];

const allowed: Readonly<Record<'verify' | 'export', readonly string[]>> = {
  verify: ['anchor', 'anchors'],
  export: ['from', 'to', 'request', 'out'],
};

function readVerify(path: string, { anchor = [], anchors = [] }: Values): Result<AuditCommand, string> {
  const given: ChainHead[] = [];
  for (const text of anchor) {
    const [found, ...others] = readAnchors(text);
    if (found === undefined || others.length > 0)
      return err('--anchor must be one anchor: 64 hex digits, a colon and a number, as the bot posts it.');
    given.push(found);
  }
  return ok({ type: 'verify', path, anchors: given, anchorFiles: anchors });
}

function readExport(path: string, { from, to, request, out }: Values): Result<AuditCommand, string> {
  const wanted: { requestId?: string; from?: number; to?: number } = {};
  for (const [name, text] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (text === undefined) continue;
    const at = readInstant(text);
    if (at === null)
      return err(`--${name} must be a date such as 2026-11-23, or an instant such as 2026-11-23T12:00:00Z.`);
    wanted[name] = at;
  }
  if (wanted.from !== undefined && wanted.to !== undefined && wanted.from >= wanted.to)
    return err(
      '--from must be before --to, which is not included any more; nothing lies between them otherwise. Swap them, or give the day after as --to.',
    );
  if (request !== undefined) {
    const id = parseRequestId(request);
    if (id === null) return err('--request must be the id of a request, such as LR-7F3K.');
    wanted.requestId = id;
  }
  return ok({ type: 'export', path, wanted, out: out ?? null });
}

/** A time without a zone would mean something else on every machine. */
function readInstant(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
