import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import { GraphFailure, type GraphToken, readMembers } from './graph';

/** Who is in a group of Entra now: what says whose vote counts (T-11, T-16). */
export interface Directory {
  /** Object ids, lower case, of the enabled members of this organisation; null: could not be read, so nobody counts (T-12). */
  members(groupId: string): Promise<ReadonlySet<string> | null>;
  /** The next question goes to Graph, whatever is kept or under way. */
  forget(): void;
}

export interface DirectoryOptions {
  /** `GRAPH_API_URL`: scheme and host. */
  readonly baseUrl: string;
  readonly token: GraphToken;
  readonly clock: Clock;
  readonly log: Log;
  /** How long an answer holds: the longest that a removal from a group can go unnoticed here. */
  readonly ttlMs?: number;
  /** For all pages of one group together. */
  readonly timeoutMs?: number;
  readonly maxGroups?: number;
  readonly maxMembers?: number;
}

const defaultTtlMs = 5 * 60_000;
/** A person waits for the answer to their vote. */
const defaultTimeoutMs = 10_000;
const defaultMaxGroups = 100;
/** A group that large names no approvers; it is refused rather than cut, since a cut list would leave people out at random. */
const defaultMaxMembers = 10_000;
/** After a failure Graph is left alone for as long, or as long as it asks for. */
const restMs = 3_000;
const longestRestMs = 60_000;

interface Kept {
  readonly members: ReadonlySet<string> | null;
  /** From when the question was asked, not from when it was answered. */
  readonly since: number;
  readonly forMs: number;
}

/** One request a group however many ask; a failure is never covered up by an older answer that has run out. */
export function createDirectory(options: DirectoryOptions): Directory {
  const { clock, log, ttlMs = defaultTtlMs, maxGroups = defaultMaxGroups } = options;
  const graph = {
    baseUrl: options.baseUrl,
    token: options.token,
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    maxMembers: options.maxMembers ?? defaultMaxMembers,
  };
  let kept = new Map<string, Kept>();
  let underWay = new Map<string, Promise<ReadonlySet<string> | null>>();

  const ask = async (groupId: string): Promise<Kept> => {
    const since = clock.now();
    try {
      const { members, leftOut } = await readMembers(graph, groupId);
      log.info({ groupId, members: members.size, leftOut }, 'group read');
      return { members, since, forMs: ttlMs };
    } catch (error) {
      if (!(error instanceof GraphFailure)) throw error;
      const { code, status, reason, retryAfterMs } = error;
      log.warn({ code, groupId, status, reason }, 'group not read: nobody counts as its member');
      const forMs = Math.min(Math.max(retryAfterMs ?? 0, restMs), longestRestMs, ttlMs);
      return { members: null, since, forMs };
    }
  };

  return {
    async members(groupId) {
      const id = groupId.toLowerCase();
      if (isOver(kept.get(id), clock.now())) kept.delete(id); // guard: group-answer-runs-out
      const known = kept.get(id);
      if (known !== undefined) return known.members;
      const running = underWay.get(id);
      if (running !== undefined) return running;
      // Both are replaced by `forget`, so that what was asked before it answers nobody after it.
      const [home, list] = [kept, underWay];
      const answer = ask(id)
        .then((fresh) => {
          keep(home, id, fresh, maxGroups);
          return fresh.members;
        })
        .finally(() => list.delete(id));
      list.set(id, answer);
      return answer;
    },
    forget() {
      kept = new Map();
      underWay = new Map();
    },
  };
}

/** Also when the clock was set back: a removal must not go unnoticed for as long. */
function isOver(known: Kept | undefined, now: number): boolean {
  const age = known === undefined ? 0 : now - known.since;
  return known !== undefined && (age < 0 || age >= known.forMs);
}

/** The group that was read longest ago makes room. */
function keep(kept: Map<string, Kept>, id: string, fresh: Kept, maxGroups: number): void {
  kept.delete(id);
  const [oldest] = kept.keys();
  if (kept.size >= maxGroups && oldest !== undefined) kept.delete(oldest);
  kept.set(id, fresh);
}
