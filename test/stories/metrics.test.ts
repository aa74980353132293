import { setTimeout } from 'node:timers/promises';
import { minutes, seconds } from '../../src/lib/clock';
import { ana, bo, cy, Stage, seedExample } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

/** Every line of `/metrics` that is not prom-client's own, without its comments. */
async function read(): Promise<ReadonlyMap<string, number>> {
  // What was read within this second is told again.
  stage.clock.advance(seconds(1));
  const answer = await fetch(`http://127.0.0.1:${stage.service.port}/metrics`);
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('live_response_'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [name.replace('live_response_', ''), Number(value)];
    }),
  );
}

/** Those of the lines whose name is one of these. */
async function show(...names: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const lines = await read();
  return Object.fromEntries([...lines].filter(([line]) => names.includes(line.replace(/\{.*/, ''))));
}

test('a quiet service shows every line at nought, and that it is ready', async () => {
  const lines = await read();
  expect(lines.get('ready')).toBe(1);
  expect(lines.get('paused')).toBe(0);
  expect(lines.get('slots_used')).toBe(0);
  expect(lines.get('slots_limit')).toBe(50);
  expect(lines.get('submissions_limit')).toBe(10);
  expect(lines.get('outbox_lag_seconds')).toBe(0);
  expect(lines.get('defender_lag_seconds')).toBe(0);
  expect(lines.get('clock_ahead_seconds')).toBe(0);
  expect(lines.get('requests_oldest_seconds{state="queued"}')).toBe(0);
  expect(lines.get('dead_letters{type="sendCard"}')).toBe(0);
  expect(lines.get('disk_free_bytes{of="evidence"}')).toBeGreaterThan(0);
});

test('what waits is counted, with the age of the oldest', async () => {
  await stage.ask(ana, seedExample);
  await stage.pass(seconds(30));
  await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-7');
  await stage.pass(seconds(10));
  const lines = await read();
  expect(lines.get('requests{state="awaitingApproval"}')).toBe(2);
  expect(lines.get('requests_oldest_seconds{state="awaitingApproval"}')).toBe(41);
});

test('a decision and the wait for its submission are in the histograms, and a restart loses none', async () => {
  await stage.ask(ana, seedExample);
  await stage.pass(seconds(40));
  await stage.approve(bo);
  await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-7');
  await stage.pass(seconds(3));
  await stage.deny(cy, stage.cardFor(cy), 'no');
  await stage.restart();
  const lines = await read();
  expect(lines.get('decision_seconds_count{outcome="approved"}')).toBe(1);
  expect(lines.get('decision_seconds_sum{outcome="approved"}')).toBe(40);
  expect(lines.get('decision_seconds_bucket{outcome="approved",le="30"}')).toBe(0);
  expect(lines.get('decision_seconds_bucket{outcome="approved",le="60"}')).toBe(1);
  expect(lines.get('decision_seconds_bucket{outcome="approved",le="+Inf"}')).toBe(1);
  expect(lines.get('decision_seconds_count{outcome="denied"}')).toBe(1);
  expect(lines.get('submission_wait_seconds_count{outcome="approved"}')).toBe(1);
  expect(lines.get('submission_wait_seconds_bucket{outcome="approved",le="1"}')).toBe(1);
});

test('slots and the minute of submissions show what is used', async () => {
  await stage.ask(ana, seedExample);
  await stage.approve(bo);
  expect(await show('slots_used', 'submissions_last_minute')).toEqual({ slots_used: 1, submissions_last_minute: 1 });
  await stage.pass(minutes(2));
  expect(await show('slots_used', 'submissions_last_minute')).toEqual({ slots_used: 0, submissions_last_minute: 0 });
});

test('while Teams takes nothing the outbox lags, and what it gives up is a dead letter', async () => {
  const thread = await stage.ask(ana, seedExample);
  stage.connector.fail({ fault: { type: 'status', status: 503 } });
  await stage.approve(bo);
  await stage.pass(seconds(20));
  const lines = await read();
  expect(lines.get('outbox_lag_seconds')).toBeGreaterThanOrEqual(19);
  expect(lines.get('work_waiting{type="sendCard"}')).toBeGreaterThan(0);
  expect(lines.get('work_tries_total{type="sendCard",outcome="retried"}')).toBeGreaterThan(0);
  stage.connector.heal();
  stage.connector.fail({ fault: { type: 'status', status: 403, code: 'BotDisabledByAdmin' } });
  await stage.pass(minutes(1), seconds(10));
  expect(Object.values(await show('dead_letters')).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
  expect((await read()).get('work_tries_total{type="sendCard",outcome="givenUp"}')).toBeGreaterThan(0);
  expect(thread).not.toBe('');
});

test('calls to Defender are counted by name and code, with how long they took', async () => {
  await stage.ask(ana, seedExample);
  // While there is plenty, what was read is written down a moment of real time later.
  const isWritten = async () =>
    Number((await read()).get('defender_reads_left{name="listMachines",window="hour"}')) < 1_500;
  for (let tries = 0; tries < 100 && !(await isWritten()); tries++) await setTimeout(20);
  const lines = await read();
  expect(lines.get('defender_calls_total{name="listMachines",code="ok"}')).toBeGreaterThan(0);
  expect(lines.get('defender_reads_left{name="listMachines",window="hour"}')).toBeLessThan(1_500);
  expect(lines.get('defender_call_seconds_count{name="listMachines"}')).toBeGreaterThan(0);
});

test('a pause is seen', async () => {
  await stage.tell(bo, 'pause because something is odd');
  expect(await show('paused')).toEqual({ paused: 1 });
});
