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
