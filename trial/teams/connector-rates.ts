interface Rate {
  readonly calls: number;
  readonly periodMs: number;
}

/** Per bot and conversation (teams.md E3). */
const writeRates: readonly Rate[] = [
  { calls: 7, periodMs: 1_000 },
  { calls: 8, periodMs: 2_000 },
  { calls: 60, periodMs: 30_000 },
  { calls: 1_800, periodMs: 3_600_000 },
];
const readRates: readonly Rate[] = [
  { calls: 14, periodMs: 1_000 },
  { calls: 16, periodMs: 2_000 },
  { calls: 120, periodMs: 30_000 },
  { calls: 3_600, periodMs: 3_600_000 },
];
/** Per app and tenant, for all calls; this connector is one tenant's. */
const tenantRates: readonly Rate[] = [{ calls: 50, periodMs: 1_000 }];

/** Teams' rates. A conversation is a chat or a whole channel with its threads; what opens chats counts as one conversation, the hardest reading. */
export class ConnectorRates {
  readonly #calls = new Map<string, readonly number[]>();

  /** Seconds to wait, 0 when the call is within all rates and was counted. */
  overBy(kind: 'read' | 'write', conversationId: string | undefined, now: number): number {
    const counted = [
      { key: `${kind} ${channelOf(conversationId ?? 'new')}`, rates: kind === 'read' ? readRates : writeRates },
      { key: 'tenant', rates: tenantRates },
    ];
    const waitMs = Math.max(...counted.flatMap(({ key, rates }) => rates.map((rate) => this.#waitMs(key, rate, now))));
    if (waitMs > 0) return Math.ceil(waitMs / 1_000);
    for (const { key, rates } of counted) {
      const longest = Math.max(...rates.map((rate) => rate.calls));
      this.#calls.set(key, [...(this.#calls.get(key) ?? []), now].slice(-longest));
    }
    return 0;
  }

  #waitMs(key: string, { calls, periodMs }: Rate, now: number): number {
    const past = this.#calls.get(key) ?? [];
    const inTheWay = past[past.length - calls];
    return inTheWay === undefined ? 0 : inTheWay + periodMs - now;
  }
}

const channelOf = (conversationId: string): string => conversationId.split(';messageid=')[0] ?? conversationId;
