import { minutes, seconds } from '../src/lib/clock';
import type { Draw } from './draw';
import type { DefenderCall, PlanOptions, Strike } from './plan';

/** The submission is where a kill could do the most harm. */
const calls: readonly DefenderCall[] = [
  'runLiveResponse',
  'runLiveResponse',
  'runLiveResponse',
  'runLiveResponse',
  'listActions',
  'getAction',
  'getResultLink',
  'getResultLink',
  'listLibrary',
  'getMachine',
  'cancelAction',
];

/** Exactly so many kills, and stalls and orderly restarts between them. */
export function planStrikes({ kills, replicas }: PlanOptions, draw: Draw): readonly Strike[] {
  const strikes: Strike[] = [];
  let at = seconds(draw.between(15, 40));
  for (let left = kills; left > 0; ) {
    const strike = planStrike(draw, { at, replicas, left });
    strikes.push(strike);
    left -= killsOf(strike);
    at += seconds(Math.round(draw.between(6, 30) / replicas));
  }
  return strikes;
}

export function killsOf(strike: Strike): number {
  switch (strike.type) {
    case 'kill':
    case 'killInPost':
      return strike.slots.length;
    case 'killInCall':
      return 1;
    case 'stall':
    case 'drain':
      return 0;
  }
}

function planStrike(
  draw: Draw,
  { at, replicas, left }: { readonly at: number; readonly replicas: number; readonly left: number },
): Strike {
  const slot = draw.between(0, replicas - 1);
  const all = [...Array(replicas).keys()];
  const several = replicas > 1 && left >= replicas && draw.chance(0.15);
  const slots = several ? all : [slot];
  // Some fall right into the start of the service.
  const upMs = seconds(draw.chance(0.25) ? draw.between(0, 3) : draw.between(4, 25));
  const downMs = seconds(draw.chance(0.8) ? 0 : draw.between(5, 120));
  const base = { at, upMs };
  const kind = draw.between(1, 100);
  if (kind <= 34) return { ...base, type: 'kill', slots, downMs };
  if (kind <= 66) {
    const when = draw.pick(['unsent', 'done', 'done', 'answered'] as const);
    return { ...base, type: 'killInCall', slot, call: draw.pick(calls), when, downMs };
  }
  if (kind <= 86) {
    const method = draw.pick(['POST', 'PUT'] as const);
    return { ...base, type: 'killInPost', slots, method, accepted: draw.chance(0.6), downMs };
  }
  // The leases last two, three and five minutes.
  if (kind <= 94) return { ...base, type: 'stall', slot, forMs: draw.pick([minutes(1), minutes(4), minutes(6)]) };
  return { ...base, type: 'drain', slot, downMs };
}
