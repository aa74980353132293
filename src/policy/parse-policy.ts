import { createHash } from 'node:crypto';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod/v4';
import { hours, minutes } from '../lib/clock';
import { err, ok, type Result } from '../lib/result';
import type { Policy } from './policy';

/** One thing wrong with the policy file; `line` is one-based. */
export interface PolicyFault {
  readonly line: number;
  readonly message: string;
}

/** Reads `policy.yaml`; every fault at once, with its line. A file that cannot be read whole gives no policy at all (T-12). */
export function parsePolicy(text: string): Result<Policy, readonly PolicyFault[]> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const lineAt = (offset: number | undefined): number => (offset === undefined ? 1 : lines.linePos(offset).line);
  if (document.errors.length > 0) {
    return err(
      document.errors.map((e) => ({
        line: lineAt(e.pos[0]),
        message: `This is not valid YAML (${e.code}). Check indents, colons and quotes.`,
      })),
    );
  }
  const parsed = PolicyFile.safeParse(document.toJS());
  if (!parsed.success) {
    return err(
      parsed.error.issues.map((issue) => ({
        line: lineAt(offsetOf(document, issue.path)),
        message: `${issue.path.join('.') || 'policy'}: ${describe(issue)}`,
      })),
    );
  }
  const policy = toPolicy(parsed.data);
  const faults = findContradictions(policy, parsed.data).map(({ path, message }) => ({
    line: lineAt(offsetOf(document, path)),
    message,
  }));
  return faults.length > 0 ? err(faults) : ok(policy);
}

/** Entra object ids as Entra prints them; names and e-mail addresses are refused, since anybody may carry them (T-11). */
const ObjectId = z
  .guid('must be an Entra object id such as 11111111-2222-3333-4444-555555555555, not a name or an e-mail address')
  .transform((id) => id.toLowerCase());
const PersonEntry = z.union(
  [ObjectId.transform((id) => ({ id, name: id })), z.strictObject({ id: ObjectId, name: z.string().min(1).max(100) })],
  {
    error: 'each entry is an Entra object id, or { id: <object id>, name: <label> }',
  },
);

const Duration = (longestMs: number) =>
  z
    .string('must be a duration such as 30m or 2h')
    .regex(/^[1-9]\d{0,4}(m|h)$/, 'must be a duration such as 30m or 2h')
    .transform((text) => (text.endsWith('h') ? hours(1) : minutes(1)) * Number(text.slice(0, -1)))
    .refine((ms) => ms <= longestMs, `must not be longer than ${longestMs / hours(1)}h`);

const People = (who: string) =>
  z.array(PersonEntry, `must be a list of the people who may ${who}`).min(1, `name at least one person who may ${who}`);

const PolicyFile = z.strictObject(
  {
    requesters: People('ask'),
    approvers: People('approve'),
    approvals: z
      .number('must be a whole number')
      .int('must be a whole number')
      .min(1, 'at least one approval by somebody else is always needed')
      .max(10, 'must be at most 10'),
    decideBy: Duration(hours(72)),
    startBy: Duration(hours(72)),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? 'must have the keys requesters, approvers, approvals, decideBy and startBy'
        : undefined,
  },
);

function toPolicy(file: z.infer<typeof PolicyFile>): Policy {
  const byId = (entries: ReadonlyArray<{ id: string; name: string }>) =>
    new Map(entries.map(({ id, name }) => [id, name]));
  const ids = (entries: ReadonlyArray<{ id: string }>) => entries.map(({ id }) => id).sort();
  const canonical = JSON.stringify([
    1,
    ids(file.requesters),
    ids(file.approvers),
    file.approvals,
    file.decideBy,
    file.startBy,
  ]);
  return {
    version: createHash('sha256').update(canonical).digest('hex').slice(0, 12),
    requesters: byId(file.requesters),
    approvers: byId(file.approvers),
    approvalsNeeded: file.approvals,
    decideWithinMs: file.decideBy,
    startWithinMs: file.startBy,
  };
}

function findContradictions(
  policy: Policy,
  file: z.infer<typeof PolicyFile>,
): ReadonlyArray<{ path: readonly PropertyKey[]; message: string }> {
  const faults: Array<{ path: readonly PropertyKey[]; message: string }> = [];
  for (const key of ['requesters', 'approvers'] as const) {
    if (policy[key].size !== file[key].length)
      faults.push({ path: [key], message: `${key}: the same object id is listed twice` });
  }
  if (policy.approvers.size < policy.approvalsNeeded) {
    faults.push({
      path: ['approvals'],
      message: `approvals: ${policy.approvalsNeeded} are needed, but only ${policy.approvers.size} may approve`,
    });
  }
  return faults;
}

const describe = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys'
    ? `unknown key ${issue.keys.join(', ')}; known keys are requesters, approvers, approvals, decideBy, startBy`
    : issue.message;

/** Where the node at `path` begins, or its nearest parent that exists. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return node.range[0] as number;
  }
  return undefined;
}
