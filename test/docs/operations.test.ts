import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createMetrics } from '../../src/metrics';
import type { Store } from '../../src/store/store';

const page = readFileSync('docs/operations.md', 'utf8');
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;

/** The rows of the table of metrics: name and labels. */
const listed = [...page.matchAll(/^\| `(live_response_\w+)` \|([^|]*)\|/gm)].map(([, name, labels = '']) =>
  `${name} ${[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).join(' ')}`.trim(),
);

/** Every metric of ours, as Prometheus would be shown it. */
const metrics = createMetrics({
  store: {} as Store,
  limits: async () => ({ runsPerMinute: 1, sessions: 1 }),
  clock: { now: () => 0, sleep: async () => {} },
  ready: async () => [],
  isPolicyRefused: () => false,
  freeBytes: async () => ({ database: null, evidence: null }),
})
  .registry.getMetricsAsArray()
  .map((metric) => metric as unknown as { name: string; help: string; labelNames: readonly string[] })
  .filter(({ name }) => name.startsWith('live_response_'));

test('the page lists every metric that there is, with its labels, and no other', () => {
  const known = metrics.map(({ name, labelNames }) =>
    `${name} ${labelNames.filter((label) => label !== 'le').join(' ')}`.trim(),
  );
  expect(known.length).toBeGreaterThan(15);
  expect([...listed].sort()).toEqual([...known].sort());
});

test('what is counted in the process says so in its help, and nothing else does', () => {
  const saying = metrics.filter(({ help }) => /since this process started/.test(help)).map(({ name }) => name);
  const perProcess = [...page.matchAll(/^\| `(live_response_\w+)` \|[^|]*\| per process/gm)].map(([, name]) => name);
  expect(saying.sort()).toEqual(perProcess.sort());
  expect(perProcess).toHaveLength(3);
});

test('every path that the page names is there', () => {
  const paths = [...page.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) =>
    join(dirname('docs/operations.md'), path),
  );
  expect(paths.length).toBeGreaterThan(1);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

test('every command that the page gives is a script', () => {
  const named = new Set([...page.matchAll(/npm (?:run )?(?:--silent )?([a-z:]+)/g)].map(([, name = '']) => name));
  expect([...named].filter((name) => name !== 'ci' && scripts[name] === undefined)).toEqual([]);
  expect(named.size).toBeGreaterThan(3);
});

test('every variable that the page names is a setting of the service or of a deployment', () => {
  const source = readFileSync('src/settings.ts', 'utf8');
  const known = new Set([...source.matchAll(/^\s+([A-Z][A-Z_]{3,}):/gm)].map(([, name]) => name));
  // Of a deployment by the templates: env/.env.<name>.
  for (const [name] of readFileSync('env/.env.dev', 'utf8').matchAll(/SECRET_\w+|^[A-Z_]+(?==)/gm)) known.add(name);
  const named = [...page.matchAll(/`"?\$?([A-Z][A-Z_]{3,})"?`/g)].map(([, name]) => name);
  expect(named.filter((name) => !known.has(name) && name !== 'SIGTERM' && name !== 'SIGINT')).toEqual([]);
  expect(named.length).toBeGreaterThan(3);
});

test('every sentence of a log that the page quotes is one that is logged', () => {
  const sources = [
    'src/health.ts',
    'src/store/engine/sqlite.ts',
    'src/store/engine/sqlite-failure.ts',
    'src/store/engine/same-file.ts',
    'src/store/offline/continuity.ts',
    'src/store/engine/migrate.ts',
    'src/index.ts',
    'src/service.ts',
    'src/teams/inbound/server.ts',
    'src/teams/outbox/outbox.ts',
    'src/dispatch/submit/write-intent.ts',
    'src/dispatch/submit/post-once.ts',
    'src/thread/sentences/queue-words.ts',
    'src/dispatch/follow/defender-work.ts',
  ]
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const quoted = [...page.replaceAll('\n', ' ').matchAll(/"([A-Za-z][^"$]{4,})"/g)].map(([, text = '']) => text);
  expect(quoted.length).toBeGreaterThan(6);
  expect(quoted.filter((text) => !sources.includes(text) && text !== 'paused')).toEqual([]);
});

test('the days and limits that the page states are those in force', () => {
  const source = readFileSync('src/oversight/prune-history.ts', 'utf8');
  for (const line of ['keepDoneMs = 7 * day', 'keepGivenUpMs = 30 * day', 'keepActivitiesMs = 3 * day'])
    expect(source).toContain(line);
  expect(readFileSync('src/oversight/remove-unused-files.ts', 'utf8')).toContain('keepUnusedMs = hours(24)');
  expect(page).toContain('after 7; 30; 3 days');
  expect(readFileSync('src/settings.ts', 'utf8')).toContain('from 7 to 3650, or 0 to keep everything');
  expect(readFileSync('src/index.ts', 'utf8')).toContain('longestStopMs = 25_000');
});
