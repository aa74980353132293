import pino from 'pino';
import { parseConfig } from '../../src/config';
import { systemClock } from '../../src/lib/clock';
import { systemRandom } from '../../src/lib/random';
import { startService } from '../../src/service';
import { answerTo, tell } from './tell';

/**
 * The service as `index.ts` starts it, log and all. What `index.ts` cannot: BENCH_ISSUER_URL says who signs in place of the Bot Framework, and
 * BENCH_DEFENDER_URL where the emulator is although Teams is signed in.
 */
async function main(): Promise<void> {
  const { BENCH_ISSUER_URL, BENCH_DEFENDER_URL, ...env } = process.env;
  const config = parseConfig(env);
  if (!config.ok) throw new Error(config.error.join('\n'));
  const { defender } = config.value;
  const service = await startService({
    config: {
      ...config.value,
      host: '127.0.0.1',
      defender:
        BENCH_DEFENDER_URL === undefined
          ? defender
          : { ...defender, url: BENCH_DEFENDER_URL, credential: { type: 'local' } },
    },
    clock: systemClock,
    random: systemRandom,
    followDatabase: true,
    log: pino({
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    }),
    ...(BENCH_ISSUER_URL === undefined
      ? {}
      : { issuer: { openIdMetadataUrl: `${BENCH_ISSUER_URL}/openid`, issuer: 'https://api.botframework.com' } }),
  });
  answerTo(() => service.stop());
  tell({ type: 'listening', port: service.port });
}

void main();
