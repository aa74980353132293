import { isRecord } from '../lib/record';
import { type Redacted, reveal } from '../lib/redacted';

/** Hands out a token for Graph. `refused` is one that Graph has just answered with 401. */
export type GraphToken = (refused?: Redacted<string>) => Promise<Redacted<string>>;

export interface Graph {
  readonly baseUrl: string;
  readonly token: GraphToken;
  readonly timeoutMs: number;
  readonly maxMembers: number;
}

export interface GroupReading {
  readonly members: ReadonlySet<string>;
  /** How many accounts do not count: guests, people of other tenants, disabled ones; for the log. */
  readonly leftOut: number;
}

export type GraphFailureCode =
  | 'directory.notAGroupId'
  | 'directory.noToken'
  | 'directory.unreachable'
  | 'directory.throttled'
  /** 401 or 403: the app lacks `GroupMember.Read.All`. */
  | 'directory.forbidden'
  /** The group was deleted, or the policy names one that never was. */
  | 'directory.noSuchGroup'
  /** Graph left out whether accounts are enabled: the app lacks `User.Read.All`. */
  | 'directory.limitedInformation'
  | 'directory.foreignLink'
  | 'directory.tooLarge'
  | 'directory.malformed'
  | 'directory.refused';

export class GraphFailure extends Error {
  override readonly name = 'GraphFailure';
  readonly code: GraphFailureCode;
  readonly status: number | null;
  /** Graph's or the system's own word, such as `Authorization_RequestDenied`; for the log. */
  readonly reason: string | null;
  readonly retryAfterMs: number | null;
  constructor(
    code: GraphFailureCode,
    more: {
      readonly status?: number;
      readonly reason?: string | null;
      readonly retryAfterMs?: number | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(`Graph: ${code}`, { cause: more.cause });
    this.code = code;
    this.status = more.status ?? null;
    this.reason = more.reason ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}

/**
 * All people of a group and of the groups in it ("List group transitive members", Graph v1.0; application permissions GroupMember.Read.All and
 * User.Read.All). Cast to users: service principals and devices cannot vote (T-13).
 */
export async function readMembers(graph: Graph, groupId: string): Promise<GroupReading> {
  if (!isGuid(groupId)) throw new GraphFailure('directory.notAGroupId'); // guard: group-id-is-no-path
  const signal = AbortSignal.timeout(graph.timeoutMs);
  const members = new Set<string>();
  const first = `/v1.0/groups/${groupId}/transitiveMembers/microsoft.graph.user?$select=id,userType,accountEnabled,userPrincipalName&$top=999`;
  let next: URL | null = new URL(first, graph.baseUrl);
  let seen = 0;
  for (let pages = 0; next !== null; pages += 1) {
    if (pages === maxPages) throw new GraphFailure('directory.tooLarge');
    const page = readPage(await get(graph, next, signal));
    for (const user of page.users) {
      if (user.accountEnabled === null) throw new GraphFailure('directory.limitedInformation'); // guard: unknown-accounts-make-no-answer
      if (!isOwnMember(user)) continue; // guard: guests-in-groups-do-not-count
      if (!user.accountEnabled) continue; // guard: disabled-accounts-do-not-count
      members.add(user.id);
    }
    seen += page.users.length;
    if (seen > graph.maxMembers) throw new GraphFailure('directory.tooLarge');
    next = page.next === null ? null : toNext(page.next, graph.baseUrl);
  }
  return { members, leftOut: seen - members.size };
}

/** Pages may be short, and even empty, before the last ("Paging Microsoft Graph data"); this ends a chain that never does. */
const maxPages = 200;

interface User {
  readonly id: string;
  readonly userType: string | null;
  readonly accountEnabled: boolean | null;
  readonly userPrincipalName: string | null;
}

/** `#EXT#` is how Entra names an account whose home is another tenant, also one that was made a Member ("Properties of a B2B user"). */
const isOwnMember = ({ userType, userPrincipalName }: User): boolean =>
  userType === 'Member' && !/#EXT#/i.test(userPrincipalName ?? '');

/** The token goes to the configured host only, whatever a page says (T-3). */
function toNext(link: string, baseUrl: string): URL {
  const url = URL.canParse(link) ? new URL(link) : null;
  const isOwn = url !== null && url.origin === new URL(baseUrl).origin && url.username === '' && url.password === '';
  if (!isOwn) throw new GraphFailure('directory.foreignLink'); // guard: graph-pages-on-one-host
  return url;
}

/** One attempt, and a second one with a new token when Graph did not take the first. */
async function get(graph: Graph, url: URL, signal: AbortSignal): Promise<unknown> {
  const token = await tokenFrom(graph, signal);
  const answer = await send(url, token, signal);
  return parse(answer.status === 401 ? await send(url, await tokenFrom(graph, signal, token), signal) : answer);
}

/** Within the time for the whole group: a sign-in that hangs must not hold up a vote. */
async function tokenFrom({ token }: Graph, signal: AbortSignal, refused?: Redacted<string>): Promise<Redacted<string>> {
  let stop = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  late.catch(() => {});
  try {
    return await Promise.race([refused === undefined ? token() : token(refused), late]);
  } catch (cause) {
    throw new GraphFailure('directory.noToken', { cause, reason: codeOf(cause) });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
}

/** Well above a page of 999 accounts, which is about 200 KB. */
const maxBodyBytes = 4_000_000;

async function send(url: URL, token: Redacted<string>, signal: AbortSignal): Promise<Answer> {
  try {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${reveal(token)}`, accept: 'application/json' },
      redirect: 'manual',
      signal,
    });
    const body = await readText(answer);
    return { status: answer.status, body, retryAfter: answer.headers.get('retry-after') };
  } catch (cause) {
    if (cause instanceof GraphFailure) throw cause;
    throw new GraphFailure('directory.unreachable', { cause, reason: codeOf(cause) });
  }
}

async function readText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new GraphFailure('directory.tooLarge', { status: answer.status });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse({ status, body, retryAfter }: Answer): unknown {
  const json = toJson(body);
  if (status === 200) return json;
  const error = isRecord(json) && isRecord(json.error) ? json.error.code : undefined;
  const reason = typeof error === 'string' ? error.slice(0, 100) : null;
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : null;
  throw new GraphFailure(codeFor(status), {
    status,
    reason,
    retryAfterMs: seconds === null ? null : seconds * 1_000,
  });
}

function codeFor(status: number): GraphFailureCode {
  if (status === 401 || status === 403) return 'directory.forbidden';
  if (status === 404) return 'directory.noSuchGroup';
  if (status === 429) return 'directory.throttled';
  return status >= 500 ? 'directory.unreachable' : 'directory.refused';
}

function readPage(json: unknown): { readonly users: readonly User[]; readonly next: string | null } {
  if (!isRecord(json) || !Array.isArray(json.value)) throw new GraphFailure('directory.malformed');
  const next = json['@odata.nextLink'] ?? null;
  if (next !== null && typeof next !== 'string') throw new GraphFailure('directory.malformed');
  return { users: json.value.map(readUser), next };
}

function readUser(entry: unknown): User {
  const id = isRecord(entry) && typeof entry.id === 'string' ? entry.id.toLowerCase() : '';
  if (!isRecord(entry) || !isGuid(id)) throw new GraphFailure('directory.malformed');
  const { userType, accountEnabled, userPrincipalName } = entry;
  return {
    id,
    userType: typeof userType === 'string' ? userType : null,
    accountEnabled: typeof accountEnabled === 'boolean' ? accountEnabled : null,
    userPrincipalName: typeof userPrincipalName === 'string' ? userPrincipalName : null,
  };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A name for what went wrong, never a message: of ours, of Node, or of what Node's fetch wraps. */
function codeOf(cause: unknown): string | null {
  const { code, name, cause: inner } = (cause ?? {}) as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return codeOfInner(inner) ?? (typeof name === 'string' ? name : null);
}

function codeOfInner(inner: unknown): string | null {
  const code = (inner as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : null;
}
const isGuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
