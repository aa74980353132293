import pino from 'pino';
import { parseConfig } from './config';
import { createSteadyClock } from './lib/clock';
import { systemRandom } from './lib/random';
import { findMisspelt } from './misspelt';
import { type Service, startService } from './service';
import { StartError } from './start-checks';
import { StoreError } from './store/store-error';

/** How long a stop may take before the process ends anyway; what is left is on disk. */
const longestStopMs = 25_000;

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const misspelt = findMisspelt(process.env).map(({ name, message }) => `${name}: ${message}`);
  if (!config.ok)
    return refuse([
      'The settings have faults, so the service does not start. Fix these environment variables:',
      ...config.error,
      ...misspelt,
    ]);
  const log = pino({
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  });
  for (const text of misspelt) log.warn({}, text);
  const clock = createSteadyClock({
    onJump: ({ byMs }) =>
      byMs < 0
        ? log.warn(
            { byMs },
            'The clock of this machine was set back. Time goes on here at its pace, ahead of the machine, so that nothing waits twice; a restart takes the new time.',
          )
        : log.warn(
            { byMs },
            'The clock of this machine was set forward, or the machine slept. What is due by now is done now.',
          ),
  });
  try {
    const service = await startService({
      config: config.value,
      clock,
      followDatabase: true,
      random: systemRandom,
      log,
    });
    // Before anybody is told that it runs, and may stop it.
    stopBySignal(service, log);
    log.info({ port: service.port, trial: config.value.trial }, 'Live Response for Teams is listening');
  } catch (error) {
    if (error instanceof StartError) return refuse(error.lines);
    if (error instanceof StoreError)
      return refuse([
        error.code === 'store.unavailable'
          ? `${error.message} Start the service again when that is fixed.`
          : error.message,
      ]);
    throw error;
  }
}

/** The first signal lets what is under way finish; a second one, or too long a wait, ends the process as a crash would, which loses nothing either. */
function stopBySignal(service: Service, log: pino.Logger): void {
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (isStopping) {
        log.warn({ signal }, 'Asked a second time: ended at once; what is on disk is enough to go on');
        process.exit(1);
      }
      isStopping = true;
      log.info({ signal }, 'Stopping: what is under way finishes first');
      setTimeout(() => {
        log.warn(
          { afterMs: longestStopMs },
          'Not everything finished in time: ended; what is on disk is enough to go on',
        );
        process.exit(1);
      }, longestStopMs).unref();
      void service.stop().then(() => process.exit(0));
    });
}

function refuse(lines: readonly string[]): void {
  for (const line of lines) console.error(line);
  process.exitCode = 1;
}

void main();
