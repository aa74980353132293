import { z } from 'zod/v4';
import { type Clock, minutes, seconds } from '../../lib/clock';
import type { Log } from '../../lib/log';
import type { Turn } from '../../thread/kit/turn';
import type { VerifiedAdapter } from './adapter';
import { Reference } from './inbound';

/** What Teams knows of a person in a place, and leaves out of most activities. */
export interface Member {
  readonly name: string | null;
  readonly userRole: string | null;
  readonly userPrincipalName: string | null;
  readonly tenantId: string | null;
}

/** Who somebody is in the place where they write, by Teams itself (T-5). */
export interface Roster {
  /** Null: Teams could not be asked, does not list them, or does not say whether they are a guest; then nobody is let in. */
  find(turn: Turn, teamsUserId: string): Promise<Member | null>;
}

export interface RosterOptions {
  readonly adapter: VerifiedAdapter;
  readonly clock: Clock;
  readonly log: Log;
  /** How long an answer holds: the longest that a member who was made a guest goes unnoticed here. */
  readonly keepForMs?: number;
  /** A person waits for the answer to their click, and Teams for less than ten seconds (teams.md E3). */
  readonly timeoutMs?: number;
  readonly maxKept?: number;
}

interface Kept {
  readonly member: Promise<Member | null>;
  readonly since: number;
}

/** One call a person, place and period, however many clicks wait for it; what failed is asked again the next time. */
export function createRoster(options: RosterOptions): Roster {
  const { clock, keepForMs = minutes(10), maxKept = 5_000 } = options;
  /** Oldest first. */
  const kept = new Map<string, Kept>();

  return {
    async find(turn, teamsUserId) {
      const key = JSON.stringify([rosterOf(turn).rosterId, turn.person.id]);
      if (isOver(kept.get(key), clock.now(), keepForMs)) kept.delete(key); // guard: roster-answer-runs-out
      const known = kept.get(key);
      if (known !== undefined) return known.member;
      const asked: Kept = { member: ask(options, turn, teamsUserId), since: clock.now() };
      const [oldest] = kept.keys();
      if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
      kept.set(key, asked);
      const member = await asked.member;
      if (member === null && kept.get(key) === asked) kept.delete(key);
      return member;
    },
  };
}

/** Also when the clock was set back. */
function isOver(known: Kept | undefined, now: number, keepForMs: number): boolean {
  const age = known === undefined ? 0 : now - known.since;
  return age < 0 || age >= keepForMs;
}

/** "Get single member details". The object id is `objectId` in Teams' answers and `aadObjectId` in those of its newer ends. */
const Answer = z
  .object({
    objectId: z.string().nullish(),
    aadObjectId: z.string().nullish(),
    name: z.string().nullish(),
    userRole: z.string().nullish(),
    userPrincipalName: z.string().nullish(),
    tenantId: z.string().nullish(),
  })
  .transform(({ objectId, aadObjectId, name, userRole, userPrincipalName, tenantId }) => ({
    ids: [objectId, aadObjectId].flatMap((id) => (id ? [id.toLowerCase()] : [])),
    member: {
      name: name?.trim() || null,
      userRole: userRole || null,
      userPrincipalName: userPrincipalName || null,
      tenantId: tenantId || null,
    } satisfies Member,
  }));

/** One attempt: whoever is told that it failed tries again. */
async function ask(
  { adapter, log, timeoutMs = seconds(2) }: RosterOptions,
  turn: Turn,
  teamsUserId: string,
): Promise<Member | null> {
  const { serviceUrl, rosterId } = rosterOf(turn);
  const unread = (why: object) => {
    log.warn({ person: turn.person.id, rosterId, ...why }, 'roster not read: this person is not let in');
    return null;
  };
  let body: unknown;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const connector = await within(signal, adapter.connector(serviceUrl));
    const call = connector.conversations.getConversationMember(rosterId, teamsUserId, { abortSignal: signal });
    // The signal does not reach the fetching of our own token, which comes first.
    body = await within(signal, call);
  } catch (error) {
    const { statusCode, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
    return unread({ status: statusCode ?? null, code: typeof code === 'string' ? code : null });
  }
  const read = Answer.safeParse(body);
  if (!read.success) return unread({ code: 'malformed' });
  const { ids, member } = read.data;
  if (ids.some((id) => id !== turn.person.id)) return unread({ code: 'anotherPerson' }); // guard: roster-answers-for-this-person
  if (member.userRole === null && member.userPrincipalName === null) return unread({ code: 'noRole' }); // guard: roster-without-role-says-nothing
  return member;
}

const rosterOf = (turn: Turn): Reference => Reference.parse(JSON.parse(turn.place.reference));

const within = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ]);
