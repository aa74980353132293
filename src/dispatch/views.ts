import type { Clock } from '../lib/clock';
import type { Policy } from '../policy/policy';
import { type Pause, pauseFact } from '../request/pause';
import type { LiveResponseRequest, RequestId } from '../request/request';
import { maskSecretFact } from '../store/rows/mask-secret';
import type { Stored } from '../store/rows/requests';
import type { Reader } from '../store/store';
import type { QueuePlace, RequestView } from '../thread/kit/view';
import { type Admission, planAdmission } from './admission';
import { readTargets } from './batches/read-batch';
import { admissionFact, type LearnedLimits, type Limits, nothingLearned } from './limits';
import { maskView } from './masked-view';
import { rateCountsSince } from './rate';
import type { RoomInput } from './room';

/** Reads what people are shown of requests, and the plan that their positions in the queue come from. */
export interface Views {
  of(reader: Reader, stored: Stored): Promise<RequestView>;
  /** With its secrets, for a person who may have them and sees it alone. */
  unmasked(reader: Reader, stored: Stored): Promise<RequestView>;
  /** Every waiting request with its position, in the order in which they would go. */
  queue(reader: Reader): Promise<readonly RequestView[]>;
  /** The same for a list: the plan is made once, and results are read of what ran only. */
  list(reader: Reader, stored: readonly Stored[]): Promise<readonly RequestView[]>;
  plan(reader: Reader): Promise<Admission & { readonly isClockPutBack: boolean }>;
}

/** What decides whether one may go now, read from the store. */
export async function readRoom(
  reader: Reader,
  given: { readonly learned: LearnedLimits | null; readonly limits: Limits; readonly now: number },
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

interface ViewOptions {
  readonly policy: () => Policy;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly trial: boolean;
}

type Positions = ReadonlyMap<RequestId, QueuePlace>;

/** Cards, lists and the queue show the same plan that decides who goes, so all of them read it here. */
export function createViews(options: ViewOptions): Views {
  return {
    plan: (reader) => readPlan(options, reader),
    list: (reader, stored) => readList(options, reader, stored),
    of: async (reader, stored) =>
      maskView(await readView(options, reader, stored), await reader.fact<string>(maskSecretFact)),
    unmasked: (reader, stored) => readView(options, reader, stored),
    async queue(reader) {
      const { positions } = await readPlan(options, reader);
      const queued = new Map((await reader.requestsIn(['queued'])).map((stored) => [stored.request.id, stored]));
      const inOrder = [...positions.keys()].map((id) => queued.get(id)).filter((stored) => stored !== undefined);
      return readList(options, reader, inOrder, positions);
    },
  };
}

async function readView(options: ViewOptions, reader: Reader, { request }: Stored): Promise<RequestView> {
  const queue = request.state === 'queued' ? (await readPlan(options, reader)).positions.get(request.id) : null;
  return {
    request,
    results: await reader.results(request.id),
    ...(await targetsOf(reader, request)),
    queue: queue ?? null,
    pause: await reader.fact<Pause>(pauseFact),
    names: options.policy().names,
    policyVersion: options.policy().version,
    now: options.clock.now(),
    trial: options.trial,
  };
}

const targetsOf = async (reader: Reader, { id, state }: LiveResponseRequest): Promise<Pick<RequestView, 'targets'>> =>
  state === 'batchRunning' ? { targets: await readTargets(reader, id) } : {};

async function readPlan({ limits, clock }: ViewOptions, reader: Reader): ReturnType<Views['plan']> {
  const now = clock.now();
  const waiting = await reader.waiting();
  const learned = await reader.fact<LearnedLimits>(admissionFact);
  const room = await readRoom(reader, { learned, limits, now });
  const isClockPutBack = room.submissions.some((s) => s.at > now || (s.answeredAt ?? 0) > now);
  return { ...planAdmission({ ...room, waiting }), isClockPutBack };
}

async function readList(
  options: ViewOptions,
  reader: Reader,
  all: readonly Stored[],
  known?: Positions,
): Promise<readonly RequestView[]> {
  const anyQueued = all.some(({ request }) => request.state === 'queued');
  const positions: Positions = known ?? (anyQueued ? (await readPlan(options, reader)).positions : new Map());
  const pause = await reader.fact<Pause>(pauseFact);
  const secret = await reader.fact<string>(maskSecretFact);
  const { names } = options.policy();
  const now = options.clock.now();
  const views: RequestView[] = [];
  for (const { request } of all) {
    // Whether a run went well is in its results, and a list says it as its card does.
    const results = request.state === 'succeeded' ? await reader.results(request.id) : [];
    const queue = positions.get(request.id) ?? null;
    const targets = await targetsOf(reader, request);
    views.push(maskView({ request, results, ...targets, queue, pause, names, now, trial: options.trial }, secret));
  }
  return views;
}
