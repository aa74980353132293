import { seeded } from './random';
import { calm, type Scenario } from './scenario';
import { play } from './world';

/** What came out of many tenants, which share nothing but the machine that plays them. */
export interface TenantsReport {
  readonly tenants: number;
  readonly submissions: number;
  readonly actions: number;
  readonly ownRefusals: number;
  /** The most calls of a tenant in any minute, and the most sessions at once. */
  readonly mostCalls: number;
  readonly mostSessions: number;
  /** From the approval to Defender: the half and nearly all waited no longer. */
  readonly waitMs: { readonly median: number; readonly p99: number };
  readonly broken: readonly string[];
}

/** One tenant that is asked for as much as Defender takes: ten approved requests a minute, by eight people for 300 devices. */
export function busyTenant(seed: number, minutes: number): Scenario {
  const random = seeded(seed);
  const upTo = (most: number) => Math.floor(random() * most);
  return {
    ...calm,
    wishes: Array.from({ length: minutes * 10 }, () => ({
      who: upTo(8),
      device: upTo(300),
      approvedAt: upTo(minutes * 60_000),
      cancelAt: null,
    })),
    runMs: Array.from({ length: 50 }, () => 30_000 + upTo(170_000)),
    fates: Array.from({ length: minutes * 10 }, () => (random() < 0.01 ? 'errorAfter' : 'answered')),
  };
}

export function playTenants(given: {
  readonly tenants: number;
  readonly minutes: number;
  readonly seed: number;
}): TenantsReport {
  const waits: number[] = [];
  const broken: string[] = [];
  const sum = { submissions: 0, actions: 0, ownRefusals: 0, mostCalls: 0, mostSessions: 0 };
  for (let i = 0; i < given.tenants; i++) {
    const scenario = busyTenant(given.seed + i, given.minutes);
    const report = play(scenario);
    broken.push(...report.broken.map((promise) => `Tenant ${i} (seed ${given.seed + i}): ${promise}`));
    sum.submissions += report.submissions;
    sum.actions += report.actions;
    sum.ownRefusals += report.refusals.filter((r) => r.cause === 'own').length;
    sum.mostCalls = Math.max(sum.mostCalls, report.mostCalls);
    sum.mostSessions = Math.max(sum.mostSessions, report.mostSessions);
    for (const [j, at] of report.takenAt.entries())
      if (at !== null) waits.push(at - (scenario.wishes[j]?.approvedAt ?? 0));
  }
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.min(Math.floor(waits.length * share), waits.length - 1)] ?? 0;
  return { tenants: given.tenants, ...sum, waitMs: { median: at(0.5), p99: at(0.99) }, broken };
}
