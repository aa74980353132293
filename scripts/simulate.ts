import { parseArgs } from 'node:util';
import { backlogs, measure } from '../test/simulation/backlogs';
import { weathers } from '../test/simulation/histories';
import { search, type Weather } from '../test/simulation/search';
import { playTenants } from '../test/simulation/tenants';

const usage = `npm run simulate -- [--seed N] [--histories N] [--tenants N] [--minutes N]
npm run simulate -- --weather ${Object.keys(weathers).join('|')} --seed N --path P   plays one history again`;

/**
 * The deciding half of dispatch and the request core in a model of Defender: backlogs against their bounds, random histories, and many
 * tenants at once. Exits with 1 when a promise was broken.
 */
function main(): void {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      histories: { type: 'string', default: '10000' },
      tenants: { type: 'string', default: '1000' },
      minutes: { type: 'string', default: '60' },
      weather: { type: 'string' },
      path: { type: 'string' },
    },
  });
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000_000));
  if (values.weather !== undefined) {
    const weather = values.weather;
    if (!isWeather(weather)) throw new UsageError(`--weather must be one of ${Object.keys(weathers).join(', ')}.`);
    search(weather, { histories: 1, seed, ...(values.path !== undefined && { path: values.path }) });
    console.log('This history keeps every promise.');
    return;
  }
  console.log(`Seed ${seed}\n`);
  showBacklogs(seed);
  showHistories(seed, wholeNumber('histories', values.histories));
  showTenants(seed, wholeNumber('tenants', values.tenants), wholeNumber('minutes', values.minutes));
}

class UsageError extends Error {
  override readonly name = 'UsageError';
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--${name} must be a whole number, such as 1000.`);
}

const isWeather = (text: string): text is Weather => Object.hasOwn(weathers, text);

function showBacklogs(seed: number): void {
  const rows = backlogs(seed).map((backlog) => {
    const { makespanMs, boundMs, overPercent, ownRefusals, broken } = measure(backlog);
    const ideal = measure({ ...backlog, isBoundByLooks: false });
    const isKept = overPercent <= 2 && ownRefusals === 0 && broken.length === 0;
    if (!isKept) process.exitCode = 1;
    return {
      backlog: backlog.name,
      'makespan, s': Math.round(makespanMs / 1_000),
      'bound, s': Math.round(boundMs / 1_000),
      'over it, %': overPercent.toFixed(2),
      'over it if Defender told ends by itself, %': ideal.overPercent.toFixed(2),
      'refused because of us': ownRefusals,
      kept: isKept ? 'yes' : 'NO',
    };
  });
  console.table(rows);
}

function showHistories(seed: number, histories: number): void {
  const rows = Object.keys(weathers)
    .filter(isWeather)
    .map((weather) => {
      const from = process.cpuUsage();
      const begun = process.hrtime.bigint();
      const found = search(weather, { histories, seed });
      const tookMs = Number(process.hrtime.bigint() - begun) / 1e6;
      const { user, system } = process.cpuUsage(from);
      return {
        histories: weather,
        played: found.histories,
        'a second': Math.round((found.histories / tookMs) * 1_000),
        'a second of one core': Math.round(found.histories / ((user + system) / 1e6)),
        POSTs: found.sums.posts,
        decisions: found.sums.decisions,
        actions: found.sums.actions,
        unconfirmed: found.sums.unconfirmed,
        'found late': found.sums.foundLate,
        'ran twice by two decisions': found.sums.ranTwice,
        met: [...found.met].map(([what, times]) => `${what} ${times}`).join('; '),
      };
    });
  console.table(rows.map(({ met: _, ...row }) => row));
  for (const { histories: name, met } of rows) console.log(`${name} met: ${met}`);
  console.log();
}

function showTenants(seed: number, tenants: number, minutes: number): void {
  const begun = process.hrtime.bigint();
  const report = playTenants({ tenants, minutes, seed });
  const tookS = Number(process.hrtime.bigint() - begun) / 1e9;
  console.table([
    {
      tenants,
      'virtual minutes': minutes,
      submissions: report.submissions,
      actions: report.actions,
      'refused because of us': report.ownRefusals,
      'most calls a minute': report.mostCalls,
      'most sessions': report.mostSessions,
      'median wait, s': Math.round(report.waitMs.median / 1_000),
      '99 % wait, s': Math.round(report.waitMs.p99 / 1_000),
      'took, s': Math.round(tookS),
      'broken promises': report.broken.length,
    },
  ]);
  for (const line of report.broken.slice(0, 20)) console.log(line);
  if (report.broken.length > 0 || report.ownRefusals > 0) process.exitCode = 1;
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error instanceof UsageError ? `${error.message}\n${usage}` : error.message);
  process.exitCode = 1;
}
