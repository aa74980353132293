import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { verifyChain } from '../../src/audit/chain';
import { keepResult, resultNotAvailable } from '../../src/evidence/keep-result';
import { hours } from '../../src/lib/clock';
import type { DueWork } from '../../src/lib/loop';
import { createPruning, prunedFact } from '../../src/oversight/prune-history';
import { prunedByFact } from '../../src/oversight/pruning-time';
import type { LiveResponseRequest, RequestId } from '../../src/request/request';
import type { Store } from '../../src/store/store';
import { SteppedClock } from '../fakes/stepped-clock';
import { samples } from '../request/sample';
import { insert, requestId, sampleWork, useStores } from '../store/sample';
import { recordingLog } from '../teams/kit';

const stores = useStores();
const day = hours(24);

let clock: SteppedClock;
let store: Store;
let dir: string;
let log: ReturnType<typeof recordingLog>;
beforeEach(async () => {
  clock = new SteppedClock();
  aheadMs = 0;
  store = await stores.openNew();
  await store.transact((tx) => tx.saveFact(prunedByFact, clock.now()));
  dir = await mkdtemp(path.join(tmpdir(), 'lr-evidence-'));
  log = recordingLog();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** How far the wall clock is from the time that has really passed. */
let aheadMs: number;
const create = (keepMs: number | null = 365 * day): DueWork =>
  createPruning({
    store,
    clock,
    monotonic: () => clock.now() - aheadMs,
    log,
    evidenceDir: dir,
    keepMs,
    keepPlaces: [],
  });

/** One that has run for long enough to believe its clock. */
function pruning(keepMs?: number | null): DueWork {
  const chore = create(keepMs);
  clock.advance(hours(1));
  return chore;
}

function jump(ms: number): void {
  aheadMs += ms;
  clock.advance(ms);
}

/** All passes of one day; gives how many there were. */
async function runDay(chore: DueWork): Promise<number> {
  let passes = 0;
  while ((await chore.startDue()) > 0) passes++;
  return passes;
}

async function runDays(chore: DueWork, days: number): Promise<void> {
  for (let i = 0; i < days; i++) {
    clock.advance(day);
    await runDay(chore);
  }
}

const ended = (id: string, endedAt: number): LiveResponseRequest => ({
  ...samples.succeeded,
  id: requestId(id),
  endedAt,
});

async function collect(id: RequestId, content: string): Promise<string> {
  const kept = await keepResult({
    dir,
    requestId: id,
    index: 0,
    command: { type: 'GetFile', path: 'C:\\x' },
    body: (async function* () {
      yield Buffer.from(content);
    })(),
  });
  await store.transact((tx) => tx.saveResult(id, kept));
  if (kept.file === null) throw new Error('not kept');
  return kept.file.relativePath;
}

const evidence = async (): Promise<readonly string[]> =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort();

const whats = async () => (await store.auditRows()).map(({ what, requestId: id }) => `${what} ${id}`);

test('what ended longer ago than the retention goes once a day, and the audit says so and holds', async () => {
  await insert(store, ended('LR-2222', clock.now() - 365 * day - 1), ended('LR-3333', clock.now() - 364 * day));
  const chore = pruning();
  expect(await chore.nextDueAt()).toBe(clock.now());
  await runDay(chore);
  expect(await store.request(requestId('LR-2222'))).toBeNull();
  expect(await store.request(requestId('LR-3333'))).not.toBeNull();
  const [row] = await store.auditRows();
  expect(row).toMatchObject({ actor: 'clock', what: 'pruned', requestId: 'LR-2222', detail: { keptDays: 365 } });
  expect(log.lines).toMatchObject([
    { message: 'History beyond the retention was removed; the audit is whole', requests: 1 },
  ]);

  expect(await chore.nextDueAt()).toBe(clock.now() + day);
  clock.advance(day - 1);
  expect(await chore.startDue()).toBe(0);
  clock.advance(day + 1);
  await runDay(chore);
  expect(await store.request(requestId('LR-3333'))).toBeNull();
  expect(await whats()).toEqual(['pruned LR-2222', 'pruned LR-3333']);
  expect(verifyChain(await store.auditRows()).ok).toBe(true);
});

test('with a retention of nothing requests stay for ever, and marks go all the same', async () => {
  await insert(store, ended('LR-2222', clock.now() - 9_999 * day));
  await store.transact((tx) => tx.claimActivity('old', clock.now() - 4 * day));
  await runDay(pruning(null));
  expect(await store.request(requestId('LR-2222'))).not.toBeNull();
  expect(await store.transact((tx) => tx.claimActivity('old', clock.now()))).toBe(true);
});

test('work that is done goes after a week and dead letters after a month, whatever becomes of their request', async () => {
  await store.transact(async (tx) => {
    await tx.addWork([sampleWork({ dueAt: 0 }), sampleWork({ dueAt: 0 })]);
    const [done, letter] = await tx.claimWork({
      types: ['submit'],
      now: clock.now(),
      leaseMs: 1,
      limit: 2,
      leaseToken: 'a',
    });
    if (done === undefined || letter === undefined) throw new Error('not claimed');
    await tx.finishWork(done, clock.now());
    await tx.giveUpWork(letter, clock.now(), 'x');
  });
  const chore = pruning();
  const rows = async () =>
    (await store.transact((tx) =>
      tx.pruneLeftovers({ doneBefore: 0, givenUpBefore: 0, activitiesBefore: 0, limit: 1 }),
    )) + (await store.figures()).deadLetters.length;
  await runDays(chore, 8);
  expect(await rows()).toBe(1);
  await runDays(chore, 23);
  expect(await rows()).toBe(0);
});

describe('evidence', () => {
  test('goes a day after the last request that needs it, with an entry of its own, and never before', async () => {
    const [first, second] = [ended('LR-2222', clock.now() - 366 * day), ended('LR-3333', clock.now() - 364 * day)];
    await insert(store, first, second);
    const shared = await collect(first.id, 'the same');
    expect(await collect(second.id, 'the same')).toBe(shared);
    const own = await collect(first.id, 'its own');
    await collect(first.id, 'the same');
    await store.transact((tx) =>
      tx.saveResult(first.id, { ...resultNotAvailable(0, 'GetFile', 'x'), index: 1, rawRelativePath: own }),
    );
    const chore = pruning();
    await runDay(chore);
    expect(await evidence()).toEqual([own, shared].sort());
    clock.advance(day);
    await runDay(chore);
    expect(await evidence()).toEqual([shared]);
    const [removed] = (await store.auditRows()).filter(({ what }) => what === 'evidenceRemoved');
    expect(removed).toMatchObject({ actor: 'clock', requestId: null, detail: { sha256: own.split('/')[1] } });
    for (let days = 0; days < 2; days++) {
      clock.advance(day);
      await runDay(chore);
    }
    expect(await evidence()).toEqual([]);
    expect(verifyChain(await store.auditRows()).ok).toBe(true);
  });

  test('that another result brings again before its day is over stays, though no row says so yet', async () => {
    const request = ended('LR-2222', clock.now() - 366 * day);
    await insert(store, request);
    const file = await collect(request.id, 'again');
    const chore = pruning();
    await runDay(chore);
    await utimes(path.join(dir, file), new Date(1), new Date(1));
    clock.advance(day);
    await runDay(chore);
    expect(await evidence()).toEqual([file]);
    expect((await stat(path.join(dir, file))).mtimeMs).toBe(1);
    expect(await whats()).not.toContain('evidenceRemoved null');
  });

  test('that a result needs again is forgotten as a candidate', async () => {
    const request = ended('LR-2222', clock.now() - 366 * day);
    await insert(store, request);
    const file = await collect(request.id, 'again');
    const chore = pruning();
    await runDay(chore);
    await insert(store, ended('LR-3333', clock.now()));
    await collect(requestId('LR-3333'), 'again');
    for (let days = 0; days < 3; days++) {
      clock.advance(day);
      await runDay(chore);
    }
    expect(await evidence()).toEqual([file]);
    expect(await store.leavingFiles({ notedBefore: clock.now(), limit: 9 })).toEqual([]);
  });

  test('that a crash left aside is restored before anything is removed', async () => {
    const request = ended('LR-2222', clock.now());
    await insert(store, request);
    const file = await collect(request.id, 'aside');
    await mkdir(path.join(dir, 'leaving'));
    await writeFile(path.join(dir, 'leaving', path.basename(file)), await readFile(path.join(dir, file)));
    await rm(path.join(dir, file));
    await runDay(pruning());
    expect(await evidence()).toEqual([file]);
  });

  test('is all that is ever removed, whatever the database names', async () => {
    const request = ended('LR-2222', clock.now() - 366 * day);
    await insert(store, request);
    await writeFile(path.join(dir, 'other'), 'not evidence');
    for (const [index, rawRelativePath] of ['other', '../other', `aa/${'b'.repeat(64)}`].entries())
      await store.transact((tx) =>
        tx.saveResult(request.id, { ...resultNotAvailable(0, 'GetFile', 'x'), index, rawRelativePath }),
      );
    const chore = pruning();
    for (let days = 0; days < 3; days++) {
      await runDay(chore);
      clock.advance(day);
    }
    expect(await evidence()).toEqual(['other']);
    expect(await store.leavingFiles({ notedBefore: clock.now(), limit: 9 })).toEqual([]);
  });

  test('that cannot be removed is told and tried again the next day, and holds up nothing else', async () => {
    const request = ended('LR-2222', clock.now() - 366 * day);
    await insert(store, request);
    const file = await collect(request.id, 'stuck');
    const chore = pruning();
    await runDay(chore);
    // In place of the folder aside there is a file: true for root as well.
    await writeFile(path.join(dir, 'leaving'), '');
    clock.advance(day);
    expect(await runDay(chore)).toBeLessThan(5);
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'error', path: file }));
    await rm(path.join(dir, 'leaving'));
    clock.advance(day);
    await runDay(chore);
    expect(await evidence()).toEqual([]);
  });
});

test('ten thousand requests go in small batches between which others write, and memory stays as it was', async () => {
  await chmod(dir, 0o700);
  const total = 10_000;
  for (let from = 0; from < total; from += 500)
    await insert(
      store,
      ...Array.from({ length: 500 }, (_, i) => ended(`LR-${10_000 + from + i}`, clock.now() - 366 * day)),
    );
  const chore = pruning();
  await chore.startDue();
  const before = process.memoryUsage().heapUsed;
  let passes = 1;
  for (let did = 1; did > 0; passes++) {
    const rows = (await store.auditHead()).seq;
    did = await chore.startDue();
    // A batch is a transaction: what others write is between any two of them.
    expect((await store.auditHead()).seq - rows).toBeLessThanOrEqual(20);
    if (passes % 100 === 0) await store.transact((tx) => tx.saveFact('between', passes));
  }
  expect(passes).toBeGreaterThanOrEqual(total / 20);
  expect(await store.countByState()).toEqual({});
  expect((await store.auditHead()).seq).toBe(total);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
});

describe('a clock that is wrong', () => {
  const young = requestId('LR-2222');
  const isThere = async () => (await store.request(young)) !== null;
  beforeEach(() => insert(store, ended('LR-2222', clock.now() - 10 * day)));

  test('by a year from the start on removes nothing in the first hour, and days at most each day after it, restarts or not', async () => {
    await runDay(pruning());
    jump(400 * day);
    const chore = create();
    expect(await chore.startDue()).toBe(0);
    expect(await chore.nextDueAt()).toBe(clock.now() + hours(1));
    clock.advance(hours(1));
    await runDay(chore);
    for (let i = 0; i < 30; i++) {
      clock.advance(day - hours(1));
      await runDay(pruning());
    }
    expect(await isThere()).toBe(true);
  });

  test('for two minutes removes nothing', async () => {
    const chore = pruning();
    await runDay(chore);
    clock.advance(day);
    jump(400 * day);
    expect(await chore.startDue()).toBe(0);
    clock.advance(hours(1) / 30);
    expect(await chore.startDue()).toBe(0);
    expect(await isThere()).toBe(true);
  });

  test('does not hold up what is due once it is right again', async () => {
    await store.transact((tx) => tx.saveFact(prunedFact, clock.now() + 400 * day));
    await insert(store, ended('LR-3333', clock.now() - 366 * day));
    await runDay(pruning());
    expect(await store.request(requestId('LR-3333'))).toBeNull();
  });

  test('cannot be told from a right one when nothing was pruned before, so the first pass only notes the time', async () => {
    await store.transact((tx) => tx.saveFact(prunedByFact, null));
    await insert(store, ended('LR-3333', clock.now() - 366 * day));
    const chore = pruning();
    await runDay(chore);
    expect(await store.request(requestId('LR-3333'))).not.toBeNull();
    await runDays(chore, 1);
    expect(await store.request(requestId('LR-3333'))).toBeNull();
  });
});
