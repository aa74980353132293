/** At most `calls` in any `periodMs`. */
export interface Limit {
  readonly calls: number;
  readonly periodMs: number;
}

/** Per bot and conversation: sends, updates and opening alike ("Optimize your bot with rate limiting in Teams", teams.md E3). */
export const conversationLimits: readonly Limit[] = [
  { calls: 7, periodMs: 1_000 },
  { calls: 8, periodMs: 2_000 },
  { calls: 60, periodMs: 30_000 },
  { calls: 1_800, periodMs: 3_600_000 },
];

/** Per app and tenant, over all conversations. */
export const tenantLimits: readonly Limit[] = [{ calls: 50, periodMs: 1_000 }];

/** The earliest instant, `now` or later, at which one more call keeps every limit. `history` holds the instants of past calls, oldest first. */
export function mayReplyAt(
  history: readonly number[],
  now: number,
  limits: readonly Limit[] = conversationLimits,
): number {
  return Math.max(
    now,
    ...limits.map(({ calls, periodMs }) => {
      const earliest = history[history.length - calls];
      return earliest === undefined ? now : earliest + periodMs;
    }),
  );
}

/** What `mayReplyAt` still needs of a history. */
export function keepRecent(
  history: readonly number[],
  now: number,
  limits: readonly Limit[] = conversationLimits,
): readonly number[] {
  const longest = Math.max(...limits.map((limit) => limit.periodMs));
  const most = Math.max(...limits.map((limit) => limit.calls));
  return history.filter((at) => at > now - longest).slice(-most);
}

/** The memory behind the limits, for one process: what another replica sends shows up as a 429, which `hold` takes in. */
export interface Pace {
  /** Counts one call if it may go now; otherwise the instant at which to ask again. */
  take(
    at: { readonly conversationId: string; readonly tenantId: string },
    now: number,
  ): { readonly ok: true } | { readonly ok: false; readonly retryAt: number };
  /** Teams said to wait: nothing goes to this conversation before `until`. */
  hold(conversationId: string, until: number): void;
}

export function createPace(): Pace {
  const conversations = new Map<string, readonly number[]>();
  const tenants = new Map<string, readonly number[]>();
  const holds = new Map<string, number>();

  function forget(now: number): void {
    for (const [key, history] of conversations) if ((history.at(-1) ?? 0) <= now - 3_600_000) conversations.delete(key);
    for (const [key, until] of holds) if (until <= now) holds.delete(key);
  }

  return {
    take({ conversationId, tenantId }, now) {
      forget(now);
      const conversation = keepRecent(conversations.get(conversationId) ?? [], now);
      const tenant = keepRecent(tenants.get(tenantId) ?? [], now, tenantLimits);
      const goAt = Math.max(
        mayReplyAt(conversation, now),
        mayReplyAt(tenant, now, tenantLimits),
        holds.get(conversationId) ?? now,
      );
      if (goAt > now) return { ok: false, retryAt: goAt };
      conversations.set(conversationId, [...conversation, now]);
      tenants.set(tenantId, [...tenant, now]);
      return { ok: true };
    },
    hold(conversationId, until) {
      holds.set(conversationId, Math.max(until, holds.get(conversationId) ?? 0));
    },
  };
}
