import { minutes, seconds } from '../../../src/lib/clock';
import { followDatabase } from '../../../src/store/engine/database-clock';
import { recordingLog } from '../../teams/kit';

/** A database and a process whose clocks a test sets apart; a question takes as long as `wayMs` says, there and back. */
async function follow(wayMs: readonly number[] = [0]) {
  let ours = 5_000;
  let databaseAhead = 1_000_000;
  let asked = 0;
  const log = recordingLog();
  const clock = await followDatabase({
    readNow: async () => {
      const tookMs = wayMs[asked++ % wayMs.length] ?? 0;
      const then = ours + tookMs / 2 + databaseAhead;
      ours += tookMs;
      return then;
    },
    sleep: async () => {},
    monotonic: () => ours,
    log,
  });
  return {
    clock,
    log,
    pass: (ms: number) => {
      ours += ms;
    },
    setDatabase: (ms: number) => {
      databaseAhead += ms;
    },
    database: () => Math.round(ours + databaseAhead),
  };
}

test('it shows the time of the database and goes on with it between two comparisons', async () => {
  const { clock, pass, database } = await follow();
  expect(clock.now()).toBe(database());
  pass(1_234);
  expect(clock.now()).toBe(database());
});

test('the comparison that took the shortest way counts, so that a slow answer does not shift the time', async () => {
  const { clock, database } = await follow([400, 2, 300]);
  expect(clock.now()).toBe(database());
});

test('a database clock that was set back is followed without going back, and somebody is told', async () => {
  const { clock, log, pass, setDatabase, database } = await follow();
  const before = clock.now();
  setDatabase(-seconds(10));
  pass(minutes(1));
  await clock.startDue();
  expect(clock.now()).toBe(before + minutes(1) - seconds(10));
  setDatabase(-minutes(5));
  pass(minutes(1));
  const last = clock.now();
  await clock.startDue();
  expect(clock.now()).toBe(last);
  pass(minutes(5));
  expect(clock.now()).toBe(database());
  expect(log.lines.map(({ movedMs }) => movedMs)).toEqual([-seconds(10), -minutes(5)]);
});

test('it is compared once a minute, and drift is taken in without a word', async () => {
  const { clock, log, pass, setDatabase, database } = await follow();
  setDatabase(300);
  pass(seconds(59));
  await clock.startDue();
  expect(clock.now()).toBe(database() - 300);
  expect(await clock.nextDueAt()).toBe(clock.now() + seconds(1));
  pass(seconds(1));
  await clock.startDue();
  expect(clock.now()).toBe(database());
  expect(log.lines).toEqual([]);
});
