import type { Clock } from '../lib/clock';
import type { Policy } from '../policy/policy';
import { type Pause, pauseFact } from '../request/pause';
import type { RequestId } from '../request/request';
import type { Stored } from '../store/rows/requests';
import type { Reader } from '../store/store';
import type { QueuePlace, RequestView } from '../thread/kit/view';
import { type Admission, planAdmission, type RoomInput } from './admission';
import { admissionFact, type Learned, type Limits, nothingLearned } from './limits';
import { rateCountsSince } from './rate';

/** Reads what people are shown of requests, and the plan that their places in the queue come from. */
export interface Views {
  of(reader: Reader, stored: Stored): Promise<RequestView>;
  /** Every waiting request with its place, in the order in which they would go. */
  queue(reader: Reader): Promise<readonly RequestView[]>;
  /** The same for a list: the plan is made once, and results are read of what ran only. */
  list(reader: Reader, stored: readonly Stored[]): Promise<readonly RequestView[]>;
  plan(reader: Reader): Promise<Admission & { readonly isClockPutBack: boolean }>;
}

/** What decides whether one may go now, read from the store. */
export async function readRoom(
  reader: Reader,
  given: { readonly learned: Learned | null; readonly limits: Limits; readonly now: number },
): Promise<RoomInput> {
  const { limits, now } = given;
  return {
    underWay: await reader.underWay(),
    resting: await reader.resting(now),
    submissions: await reader.submissionsSince(rateCountsSince(now)),
    learned: given.learned ?? nothingLearned,
    limits,
    now,
  };
}

export function createViews(options: {
  readonly policy: () => Policy;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly trial: boolean;
}): Views {
  const { limits, clock, trial } = options;

  async function plan(reader: Reader) {
    const now = clock.now();
    const waiting = await reader.waiting();
    const learned = await reader.fact<Learned>(admissionFact);
    const room = await readRoom(reader, { learned, limits, now });
    const isClockPutBack = room.submissions.some((s) => s.at > now || (s.answeredAt ?? 0) > now);
    return { ...planAdmission({ ...room, waiting }), isClockPutBack };
  }

  async function view(
    reader: Reader,
    stored: Stored,
    places: ReadonlyMap<RequestId, QueuePlace>,
  ): Promise<RequestView> {
    const { request } = stored;
    return {
      request,
      results: await reader.results(request.id),
      queue: places.get(request.id) ?? null,
      pause: await reader.fact<Pause>(pauseFact),
      names: options.policy().names,
      policyVersion: options.policy().version,
      now: clock.now(),
      trial,
    };
  }

  async function list(
    reader: Reader,
    all: readonly Stored[],
    known?: ReadonlyMap<RequestId, QueuePlace>,
  ): Promise<readonly RequestView[]> {
    const anyQueued = all.some(({ request }) => request.state === 'queued');
    const places = known ?? (anyQueued ? (await plan(reader)).places : new Map<RequestId, QueuePlace>());
    const pause = await reader.fact<Pause>(pauseFact);
    const { names } = options.policy();
    const now = clock.now();
    // Whether a run went well is in its results, and a list says it as its card does.
    const resultsOf = async ({ request }: Stored) =>
      request.state === 'succeeded' ? await reader.results(request.id) : [];
    const results: Array<Awaited<ReturnType<typeof resultsOf>>> = [];
    for (const stored of all) results.push(await resultsOf(stored));
    return all.map(({ request }, i) => ({
      request,
      results: results[i] ?? [],
      queue: places.get(request.id) ?? null,
      pause,
      names,
      now,
      trial,
    }));
  }

  return {
    plan,
    list,
    async of(reader, stored) {
      const places: ReadonlyMap<RequestId, QueuePlace> =
        stored.request.state === 'queued' ? (await plan(reader)).places : new Map();
      return view(reader, stored, places);
    },
    async queue(reader) {
      const { places } = await plan(reader);
      const queued = new Map((await reader.requestsIn(['queued'])).map((stored) => [stored.request.id, stored]));
      const inOrder = [...places.keys()].map((id) => queued.get(id)).filter((stored) => stored !== undefined);
      return list(reader, inOrder, places);
    },
  };
}
