import { minutes, seconds } from '../../src/lib/clock';
import { roundUpEveryMs } from '../../src/request/round-up';
import { ana, bo, cy, policyOf, Stage } from './stage';

let stage: Stage;
afterEach(() => stage.close());

/** Ten requests of Ana's in one thread; the last one fails. */
async function fill(): Promise<string> {
  stage = await Stage.open({
    policy: policyOf({ requesters: [ana, bo, cy] }),
    env: { DEFENDER_RUNS_PER_MINUTE: '60' },
  });
  for (let i = 0; i < 10; i++)
    stage.emulator.addDevice({ machine: { computerDnsName: `war-${i}.contoso.com` }, connectDelayMs: seconds(20) });
  const thread = await stage.ask(ana, 'whoami');
  for (let i = 0; i < 10; i++)
    await stage.reply(ana, thread, `on war-${i} run ${i === 9 ? 'fail-second' : 'collect-logs'}.ps1 because INC-10`);
  await stage.pass(seconds(40), seconds(4));
  return thread;
}

const approveAll = async (thread: string): Promise<readonly string[]> => {
  const ids = [...new Set(stage.thread(thread).match(/LR-[A-Z0-9]{4,}/g))];
  for (const id of ids) {
    await stage.tell(bo, `approve ${id}`);
    await stage.pass(seconds(1));
  }
  return ids;
};

test('a busy room hears good news in one reply, failures at once, and of every request (design.md §1)', async () => {
  const thread = await fill();
  const ids = await approveAll(thread);
  expect(ids).toHaveLength(10);
  await stage.pass(minutes(1), seconds(2));
  const early = stage.thread(thread);
  expect(early).not.toContain('is approved by');
  expect(early).not.toContain('has started on');
  // A failure is told at once, with its errors; what went well is named in the round-up.
  expect(early.match(/@Ana Analyst LR-\w+/g)).toHaveLength(1);
  expect(early).toContain('failed at command 1 of 1');
  await stage.pass(roundUpEveryMs, seconds(5));
  const told = stage.thread(thread);
  expect(told.match(/Round-up of \d+ requests/g)?.length).toBeGreaterThanOrEqual(1);
  expect(told).toContain('@Ana Analyst');
  expect(ids.filter((id) => new RegExp(`${id} · The command ran`).test(told))).toHaveLength(9);
  await stage.pass(minutes(5), seconds(10));
  expect((await stage.service.store.roundUps()).size).toBe(0);
  const [named = ''] = stage.thread(thread).match(/result LR-\w+ 1/) ?? [];
  await stage.reply(ana, thread, named);
  expect(stage.thread(thread)).toContain(`${named.split(' ')[1]}: result of command 1 of 1`);
}, 120_000);

test('gathered news survives a restart and is told once', async () => {
  const thread = await fill();
  await approveAll(thread);
  await stage.restart();
  await stage.restart();
  await stage.pass(minutes(10), seconds(10));
  const parts = stage.thread(thread).split('Round-up of').slice(1).join(' ');
  const finished = [...parts.matchAll(/(\d+) finished/g)].map(([, n]) => Number(n));
  expect(finished.reduce((sum, n) => sum + n, 0)).toBe(9);
}, 120_000);

test('a conversation with few requests follows each on its card, and hears its end by itself', async () => {
  stage = await Stage.open();
  const thread = await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because INC-1');
  await stage.approve(bo);
  await stage.pass(minutes(1));
  expect(stage.thread(thread)).toContain('@Ana Analyst LR-');
  expect(stage.thread(thread)).not.toContain('Round-up');
});
