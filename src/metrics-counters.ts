import { Counter, Histogram, type Registry } from 'prom-client';
import { apis } from './defender/budget';
import { defenderErrorCodes } from './defender/errors';
import type { SubmitOutcome } from './defender/run-live-response';
import type { Metrics } from './metrics';
import { defenderWork, fileWork, teamsWork } from './store/work/work';

/** What is counted per process, and so begins again with each start. */
export function createCounters(registry: Registry): Pick<Metrics, 'onCall' | 'onWork'> {
  const registers = [registry];
  const work = new Counter({
    name: 'live_response_work_tries_total',
    help: 'Tries of stored work by type and outcome, since this process started',
    labelNames: ['type', 'outcome'],
    registers,
  });
  const calls = new Counter({
    name: 'live_response_defender_calls_total',
    help: 'Calls to Defender by name and code (ok, or what failed), since this process started',
    labelNames: ['name', 'code'],
    registers,
  });
  // Zero from the start: who counts an increase would otherwise miss the first event after a restart.
  for (const type of [...teamsWork, ...defenderWork, ...fileWork])
    for (const outcome of ['done', 'retried', 'givenUp'] as const) work.inc({ type, outcome }, 0);
  for (const name of [...apis, 'downloadResult'])
    for (const code of ['ok', ...defenderErrorCodes]) calls.inc({ name, code }, 0);
  for (const code of ['ok', ...submitCodes]) calls.inc({ name: 'runLiveResponse', code }, 0);
  const callSeconds = new Histogram({
    name: 'live_response_defender_call_seconds',
    help: 'How long calls to Defender took, since this process started',
    labelNames: ['name'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  return {
    onCall({ name, code, tookMs }) {
      calls.inc({ name, code });
      callSeconds.observe({ name }, tookMs / 1_000);
    },
    onWork: (type, outcome) => work.inc({ type, outcome }),
  };
}

/** What a submission is counted under when Defender did not take it. */
const submitCodes = [
  'busy',
  'throttled',
  'rejected',
  'notSent',
  'unclear',
] as const satisfies readonly SubmitOutcome['type'][];
