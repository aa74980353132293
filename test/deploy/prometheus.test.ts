import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { silentLog } from '../../src/lib/log';
import { createMetrics } from '../../src/metrics';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { SteppedClock } from '../fakes/stepped-clock';
import { findPromtool } from './tools';

const promtool = findPromtool();
const withPromtool = promtool === null ? test.skip : test;

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Dashboard {
  readonly panels: ReadonlyArray<{
    readonly id: number;
    readonly title: string;
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets: ReadonlyArray<{ readonly expr: string }>;
  }>;
}

const folder = 'infra/prometheus';
const rules = (
  parse(readFileSync(join(folder, 'rules.yml'), 'utf8')) as { groups: ReadonlyArray<{ rules: readonly Rule[] }> }
).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const operations = readFileSync('docs/operations.md', 'utf8');

let dir: string;
let store: Store;
let scraped: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'lr-prometheus-'));
  store = await openStore({ url: `sqlite:${join(dir, 'a.db')}`, log: silentLog });
  const { registry } = createMetrics({
    store,
    limits: async () => ({ runsPerMinute: 10, sessions: 50 }),
    clock: new SteppedClock(),
    ready: async () => [],
    isPolicyRefused: () => false,
    freeBytes: async () => ({ database: 1, evidence: 1 }),
  });
  scraped = await registry.metrics();
});
afterAll(async () => {
  await store.close();
  rmSync(dir, { recursive: true });
});

/** Names that a scrape can have: of a histogram its three series as well. */
function exported(): ReadonlySet<string> {
  const types = [...scraped.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}

test('every query of the rules and of the dashboard names metrics that are exported', () => {
  const recorded = new Set(rules.flatMap(({ record }) => (record === undefined ? [] : [record])));
  const known = new Set([...exported(), ...recorded, 'up']);
  const used = [...rules.map(({ expr }) => expr), ...queries].flatMap((expr) =>
    [...expr.replace(/"[^"]*"/g, '""').matchAll(/\blive_response[a-z0-9_:]*|\bup\b/g)].map(([name]) => name),
  );
  expect(used.length).toBeGreaterThan(40);
  expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([]);
});

test('a label value that a rule or a panel asks for is one that is exported', () => {
  const values = (label: string) =>
    new Set([...scraped.matchAll(new RegExp(`${label}="([^"]*)"`, 'g'))].map(([, v]) => v));
  for (const [, label = '', , asked = ''] of [...rules.map(({ expr }) => expr), ...queries].flatMap((expr) => [
    ...expr.matchAll(/(outcome|code|type|state)(=~|=|!=)"([^"]*)"/g),
  ]))
    for (const value of asked.split('|')) {
      const known = label === 'state' ? new Set([...values('state'), 'queued']) : values(label);
      expect([label, value, known.has(value)]).toEqual([label, value, true]);
    }
});

test('counters that an alert reads are exported as 0 from the start', () => {
  for (const line of [
    'live_response_work_tries_total{type="sendNews",outcome="givenUp"} 0',
    'live_response_work_tries_total{type="sendFile",outcome="givenUp"} 0',
    'live_response_defender_calls_total{name="listMachines",code="defender.forbidden"} 0',
    'live_response_defender_calls_total{name="runLiveResponse",code="unclear"} 0',
    'live_response_bypass_alarms 0',
  ])
    expect(scraped).toContain(`${line}\n`);
});

test('every alert says what people notice and what to do, and is on the page of operations', () => {
  const alerts = rules.filter(({ alert }) => alert !== undefined);
  expect(alerts.length).toBeGreaterThan(10);
  for (const { alert, annotations = {} } of alerts) {
    expect([alert, /^[A-Z].*\.$/.test(annotations.summary ?? ''), /\.$/.test(annotations.description ?? '')]).toEqual([
      alert,
      true,
      true,
    ]);
    expect(operations).toContain(`\`${alert}\``);
  }
});

test('the panels of the dashboard do not overlap, and each has a query', () => {
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  expect(dashboard.panels.filter(({ targets }) => targets.length === 0)).toEqual([]);
});

withPromtool('promtool accepts the rules, and their tests hold', () => {
  execFileSync(promtool ?? '', ['check', 'rules', join(folder, 'rules.yml')]);
  const tested = spawnSync(promtool ?? '', ['test', 'rules', 'rules.test.yml'], { cwd: folder, encoding: 'utf8' });
  expect(tested).toMatchObject({ status: 0 });
});

withPromtool('promtool reads every query of the dashboard', () => {
  const file = join(dir, 'queries.yml');
  const asRules = queries.map((expr, i) => ({ record: `panel:query:${i}`, expr }));
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: asRules }] }));
  expect(spawnSync(promtool ?? '', ['check', 'rules', file], { encoding: 'utf8' })).toMatchObject({ status: 0 });
});

withPromtool('promtool has nothing to say of a metric of ours', () => {
  const { stdout, stderr } = spawnSync(promtool ?? '', ['check', 'metrics'], { input: scraped, encoding: 'utf8' });
  expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('live_response'))).toEqual([]);
});
