import { boundOf } from './bound';
import { seeded } from './random';
import { calm, type Scenario, type Span } from './scenario';
import { lookMs, play } from './world';

/** A backlog that is there at once, and how near to the bound it is expected to end. */
export interface Backlog {
  readonly name: string;
  readonly scenario: Scenario;
  /** Ends free what it waits for: then it is bound by how often we may look as well. */
  readonly isBoundByLooks: boolean;
}

const minutes = (n: number) => n * 60_000;
const wish = (device: number, who = 0, approvedAt = 0) => ({ who, device, approvedAt, cancelAt: null });
const times = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** The backlogs that the makespan is measured on; `seed` decides the lengths of runs and which devices are away. */
export function backlogs(seed: number): readonly Backlog[] {
  const random = seeded(seed);
  const between = (least: number, most: number) => Math.round(least + random() * (most - least));
  const varied = times(1_000, () => between(140_000, 180_000));
  const away = (every: number, spans: () => readonly Span[], key: 'offline' | 'busy') =>
    times(1_000, (i) => ({ offline: [], busy: [], ...(i % every === 0 && { [key]: spans() }) }));
  return [
    {
      name: '60 requests, 60 devices',
      scenario: { ...calm, wishes: times(60, (i) => wish(i, i % 4)) },
      isBoundByLooks: false,
    },
    {
      name: '600 requests, varied runs',
      scenario: { ...calm, wishes: times(600, (i) => wish(i, i % 7)), runMs: varied },
      isBoundByLooks: false,
    },
    {
      name: '300 requests, 10 sessions',
      scenario: {
        ...calm,
        wishes: times(300, (i) => wish(i, i % 3)),
        limits: { runsPerMinute: 10, sessions: 10 },
        truth: { runsPerMinute: 10, sessions: 10 },
        runMs: varied,
      },
      isBoundByLooks: true,
    },
    {
      name: '60 devices in lines of 5, by device',
      scenario: { ...calm, wishes: times(300, (i) => wish(Math.floor(i / 5))) },
      isBoundByLooks: false,
    },
    {
      name: '12 devices in lines of 10, 10 sessions',
      scenario: {
        ...calm,
        wishes: times(120, (i) => wish(Math.floor(i / 10))),
        runMs: [157_000],
        limits: { runsPerMinute: 10, sessions: 10 },
        truth: { runsPerMinute: 10, sessions: 10 },
      },
      isBoundByLooks: true,
    },
    {
      name: 'a line of 20 approved after 40 others',
      scenario: {
        ...calm,
        wishes: [...times(40, (i) => wish(i + 1)), ...times(20, () => wish(0))],
        runMs: [157_000],
      },
      isBoundByLooks: true,
    },
    {
      name: '300 requests, every 10th device away',
      scenario: {
        ...calm,
        wishes: times(300, (i) => wish(i, i % 3)),
        devices: away(10, () => [[0, minutes(between(2, 12))]], 'offline'),
      },
      isBoundByLooks: false,
    },
    {
      name: '600 requests, every 50th device busy',
      scenario: {
        ...calm,
        wishes: times(600, (i) => wish(i, i % 3)),
        devices: away(50, () => [[0, minutes(between(35, 50))]], 'busy'),
      },
      isBoundByLooks: false,
    },
    {
      name: '200 requests, two replicas',
      scenario: { ...calm, wishes: times(200, (i) => wish(i, i % 3)), replicas: 2 },
      isBoundByLooks: false,
    },
  ];
}

export interface Measured {
  readonly makespanMs: number;
  readonly boundMs: number;
  /** How far over the bound, in percent. */
  readonly overPercent: number;
  /** Refusals that our own calls and actions caused. */
  readonly ownRefusals: number;
  readonly broken: readonly string[];
}

/** Plays a backlog and sets it beside its bound. Nothing but a refused call shows that a device is busy: the first of each is unavoidable. */
export function measure({ scenario, isBoundByLooks }: Backlog): Measured {
  const { makespanMs, refusals, broken } = play(scenario);
  const refusedFirst = new Set(refusals.filter((r) => r.cause === 'foreign').map((r) => r.device)).size;
  const boundMs = boundOf(scenario, { lookMs: isBoundByLooks ? lookMs : 0, refusedFirst });
  return {
    makespanMs,
    boundMs,
    overPercent: (makespanMs / boundMs - 1) * 100,
    ownRefusals: refusals.filter((r) => r.cause === 'own').length,
    broken,
  };
}
