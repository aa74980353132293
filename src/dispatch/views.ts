import type { Clock } from '../lib/clock';
import type { Policy } from '../policy/policy';
import { type Pause, pauseFact } from '../request/pause';
import type { Queued, RequestId } from '../request/request';
import type { Reader, Stored } from '../store/store';
import type { QueuePlace, RequestView } from '../thread/view';
import { type Admission, type InFlight, type Limits, planAdmission, rateWindowMs } from './admission';

/** Reads what people are shown of requests, and the plan that their places in the queue come from. */
export interface Views {
  of(reader: Reader, stored: Stored): Promise<RequestView>;
  /** Every waiting request with its place, in the order in which they would go. */
  queue(reader: Reader): Promise<readonly RequestView[]>;
  plan(reader: Reader): Promise<Admission & { readonly queued: readonly Queued[] }>;
}

/** Until when Defender has told us to hold back; kept as a fact so that a restart does not forget it. */
export interface Blocked {
  readonly rate: number;
  readonly sessions: number;
}

export const blockedFact = 'admission.blocked';

export function createViews(options: {
  readonly policy: () => Policy;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly trial: boolean;
}): Views {
  const { limits, clock, trial } = options;

  async function plan(reader: Reader) {
    const now = clock.now();
    const queued = (await reader.requestsIn(['queued'])).map((s) => s.request as Queued);
    const inFlight = (await reader.requestsIn(['submitting', 'unknown', 'pending', 'running'])).map(
      (s) => s.request as InFlight,
    );
    const submissions = await reader.submissionsSince(now - rateWindowMs + 1);
    const blockedUntil = (await reader.fact<Blocked>(blockedFact)) ?? { rate: 0, sessions: 0 };
    return { ...planAdmission({ queued, inFlight, submissions, blockedUntil, limits, now }), queued };
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
      now: clock.now(),
      trial,
    };
  }

  return {
    plan,
    async of(reader, stored) {
      const places: ReadonlyMap<RequestId, QueuePlace> =
        stored.request.state === 'queued' ? (await plan(reader)).places : new Map();
      return view(reader, stored, places);
    },
    async queue(reader) {
      const { places } = await plan(reader);
      const views: RequestView[] = [];
      for (const id of places.keys()) {
        const stored = await reader.request(id);
        if (stored) views.push(await view(reader, stored, places));
      }
      return views;
    },
  };
}
