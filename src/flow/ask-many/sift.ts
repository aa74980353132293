import type { ManyDevices } from '../../chat/draft';
import type { FoundMany } from '../../defender/client';
import { err, ok, type Result } from '../../lib/result';
import { evaluate, type Facts } from '../../policy/evaluate';
import { describeRefusal } from '../../policy/explain';
import { isTier0 } from '../../policy/match';
import { type Bar, type DevicesSpec, type Groups, type Policy, stopAtOf } from '../../policy/policy';
import { callsForCare, preflight, weightOf } from '../../request/ask/preflight';
import type { Batch } from '../../request/batch/batch';
import type { BatchRefusal, LeftOut } from '../../request/batch/left-out';
import type { Device } from '../../request/request';

/** The devices that are asked for, all under one rule, and what of the named is not among them. */
export interface Sifted {
  /** Sorted by Defender's id. */
  readonly devices: readonly Device[];
  /** Null when no device is left. */
  readonly bar: Bar | null;
  readonly leftOut: readonly LeftOut[];
}

type Wish = Omit<Facts, 'device'>;

/**
 * From what was named to what is asked: unknown, ambiguous and double names are told apart, then devices on which it cannot work, tier 0, and those
 * under another rule than most of them (at a tie than the one that asks for more approvals).
 */
export function sift(
  { queries, heading }: Pick<ManyDevices, 'queries' | 'heading'>,
  found: FoundMany,
  given: { readonly policy: Policy; readonly groups: Groups; readonly wish: Wish; readonly now: number },
): Sifted {
  const leftOut: LeftOut[] = [];
  const named = new Map<string, Device>();
  const asHeading = heading === null ? [] : (found.get(heading) ?? []);
  // A heading that is also the name of a device is a device.
  for (const query of asHeading.length === 1 && heading !== null ? [heading, ...queries] : queries) {
    const devices = found.get(query) ?? [];
    const isMany = /^(?:tag|group):/i.test(query);
    const [only] = devices;
    if (only === undefined) leftOut.push({ type: 'unknown', query });
    else if (devices.length > 1 && !isMany) leftOut.push({ type: 'ambiguous', query, devices });
    else
      for (const device of devices) {
        if (named.has(device.machineId)) leftOut.push({ type: 'double', query, device });
        named.set(device.machineId, device);
      }
  }
  const judged = [...named.values()].map((device) => ({ device, ...judge(device, given) }));
  const barred = judged.flatMap(({ bar }) => (bar === null ? [] : [bar]));
  const rule = mostCommon(barred);
  for (const { device, bar, leftOut: why } of judged) {
    if (why !== null) leftOut.push(why);
    else if (bar !== null && bar.rule !== rule?.rule)
      leftOut.push({ type: 'otherRule', device, rule: bar.rule, approvals: bar.approvalsNeeded });
  }
  const devices = judged.filter(({ bar }) => bar !== null && bar.rule === rule?.rule).map(({ device }) => device);
  return { devices: sortById(devices), bar: rule, leftOut };
}

function judge(
  device: Device,
  { policy, groups, wish, now }: Parameters<typeof sift>[2],
): { readonly bar: Bar | null; readonly leftOut: LeftOut | null } {
  const findings = preflight(
    { ...wish, device, startWithinMs: Number.POSITIVE_INFINITY },
    { knownRefusals: [], open: [], queue: { waiting: 0, lastAt: null }, now },
  );
  const unfit = findings.find((finding) => weightOf(finding.type) === 'refusal' || callsForCare(finding));
  if (unfit !== undefined) return { bar: null, leftOut: { type: 'unfit', device, finding: unfit } };
  if (isTier0(policy.tier0, device)) return { bar: null, leftOut: { type: 'tier0', device } }; // guard: tier0-is-in-no-batch
  const verdict = evaluate(policy, groups, { ...wish, device });
  if (verdict.ok) return { bar: verdict.value, leftOut: null };
  return { bar: null, leftOut: { type: 'refused', device, because: describeRefusal(verdict.error) } };
}

function mostCommon(bars: readonly Bar[]): Bar | null {
  const sizes = new Map<string, number>();
  for (const { rule } of bars) sizes.set(rule, (sizes.get(rule) ?? 0) + 1);
  const sizeOf = ({ rule }: Bar): number => sizes.get(rule) ?? 0;
  return bars.reduce<Bar | null>((best, bar) => {
    if (best === null) return bar;
    const more = sizeOf(bar) - sizeOf(best) || bar.approvalsNeeded - best.approvalsNeeded;
    return more > 0 ? bar : best;
  }, null);
}

const sortById = (devices: readonly Device[]): readonly Device[] =>
  [...devices].sort((a, b) => (a.machineId < b.machineId ? -1 : 1));

/** The frozen list with its limits; the asker may ask for more canaries and an earlier stop, never the other way. */
export function freeze(
  devices: readonly Device[],
  spec: DevicesSpec,
  { canaries, stopAt }: Pick<ManyDevices, 'canaries' | 'stopAt'>,
): Result<Batch, BatchRefusal> {
  const size = devices.length;
  const allowed = stopAtOf(spec.stopAt, size);
  if (stopAt === 0) return err({ type: 'stopAtNone' });
  if (stopAt !== null && stopAt > allowed) return err({ type: 'stopAtRaised', asked: stopAt, stopAt: allowed }); // guard: stop-at-is-only-lowered
  const least = Math.min(spec.canary, size);
  const named = typeof canaries === 'object' && canaries !== null ? canaries : [];
  const numbers: number[] = [];
  for (const name of named) {
    const index = devices.findIndex((device) => isNamed(device, name));
    if (index === -1) return err({ type: 'canaryNotThere', name });
    if (!numbers.includes(index + 1)) numbers.push(index + 1);
  }
  const count = typeof canaries === 'number' ? canaries : Math.max(least, numbers.length);
  if (count < least) return err({ type: 'canaryLowered', asked: count, canary: least }); // guard: canaries-are-only-raised
  if (count > size) return err({ type: 'canaryTooMany', asked: count, size });
  return ok({
    devices,
    canaries: count,
    order: [...numbers, ...bySeen(devices).filter((number) => !numbers.includes(number))],
    stopAt: stopAt ?? allowed,
    goOn: spec.goOn,
  });
}

function isNamed({ name, machineId }: Device, typed: string): boolean {
  const [own, wanted] = [name.toLowerCase(), typed.toLowerCase()];
  return own === wanted || machineId.toLowerCase() === wanted || own.split('.')[0] === wanted;
}

/** Target numbers, those seen most recently first and those that are not active last: a canary should answer. */
function bySeen(devices: readonly Device[]): readonly number[] {
  const rank = ({ healthStatus }: Device): number => (healthStatus === null || healthStatus === 'Active' ? 0 : 1);
  const seenAt = ({ lastSeen }: Device): number => (lastSeen === null ? 0 : Date.parse(lastSeen) || 0);
  return [...devices.keys()]
    .sort((a, b) => {
      const [one, other] = [devices[a], devices[b]];
      if (one === undefined || other === undefined) return 0;
      return rank(one) - rank(other) || seenAt(other) - seenAt(one) || a - b;
    })
    .map((index) => index + 1);
}
