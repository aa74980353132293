import pino from 'pino';
import { parseConfig } from './config';
import { systemClock } from './lib/clock';
import { systemRandom } from './lib/random';
import { StartError, startService } from './service';
import { StoreError } from './store/store';

/** How long a stop may take before the process ends anyway; what is left is on disk. */
const longestStopMs = 25_000;

async function main(): Promise<void> {
  const config = parseConfig(process.env);
  if (!config.ok)
    return refuse([
      'The settings have faults, so the service does not start. Mend these environment variables:',
      ...config.error,
    ]);
  const log = pino({
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level) => ({ level }) },
  });
  try {
    const service = await startService({
      config: config.value,
      clock: systemClock,
      followDatabase: true,
      random: systemRandom,
      log,
    });
    log.info({ port: service.port, trial: config.value.trial }, 'Live Response for Teams is listening');
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info({ signal }, 'Stopping: what is under way finishes first');
        setTimeout(() => process.exit(1), longestStopMs).unref();
        void service.stop().then(() => process.exit(0));
      });
    }
  } catch (error) {
    if (error instanceof StartError) return refuse(error.lines);
    if (error instanceof StoreError) return refuse([error.message]);
    throw error;
  }
}

function refuse(lines: readonly string[]): void {
  for (const line of lines) console.error(line);
  process.exitCode = 1;
}

void main();
