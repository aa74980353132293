import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Database from 'libsql';
import { verifyChain } from '../../../src/audit/chain';
import { type Pause, pauseFact } from '../../../src/request/pause';
import type { State } from '../../../src/request/request';
import { applyEvent } from '../../../src/store/commit/apply';
import { openStore } from '../../../src/store/open';
import type { Store } from '../../../src/store/store';
import { SteppedClock } from '../../fakes/stepped-clock';
import { recordingLog } from '../../teams/kit';
import { asQueued, inState, insert, requestId, sampleRequest, t0, useStores } from '../sample';

const stores = useStores();
const waiting = sampleRequest({ id: requestId('LR-2222'), decideBy: t0 + 9_000_000 });
const approved = asQueued(sampleRequest({ id: requestId('LR-3333') }));
const submitted = inState(asQueued(sampleRequest({ id: requestId('LR-4444') })), 'submitting');

let path: string;
let log: ReturnType<typeof recordingLog>;
beforeEach(() => {
  path = stores.newPath();
  log = recordingLog();
});

async function open(): Promise<Store> {
  return openStore({ url: `sqlite:${path}`, log, clock: new SteppedClock(t0 + 60_000) });
}

/** A store with requests in it and a backup of it, after which the waiting one was withdrawn. */
async function withBackup(): Promise<string> {
  const store = await open();
  await insert(store, waiting, approved, submitted);
  await note(store, 'before the backup');
  await store.close();
  const backup = `${path}.backup`;
  copyFileSync(path, backup);
  const again = await open();
  await again.transact(async (tx) => {
    const stored = await tx.request(waiting.id);
    if (stored === null) throw new Error('gone');
    const event = { type: 'cancelAsked', by: waiting.requester, reason: null } as const;
    expect((await applyEvent(tx, stored, event, { personId: 'ana' }, t0 + 1)).ok).toBe(true);
  });
  await again.close();
  return backup;
}

function restore(backup: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  copyFileSync(backup, path);
}

const note = (store: Store, what: string) =>
  store.transact((tx) => tx.appendAudit({ at: t0, requestId: null, actor: 'bot', what, detail: {} }));

const statesOf = async (store: Store): Promise<readonly (State | undefined)[]> =>
  Promise.all(['LR-2222', 'LR-3333', 'LR-4444'].map(async (id) => (await store.request(requestId(id)))?.request.state));

const warnings = () => log.lines.filter((line) => line.level === 'warn');

test('after a backup was restored, what is undecided or not surely submitted in it is in doubt, and all of it is said', async () => {
  const backup = await withBackup();
  restore(backup);
  const store = await open();
  expect(await statesOf(store)).toEqual(['unknown', 'unknown', 'unknown']);
  expect((await store.request(waiting.id))?.request).toMatchObject({ doubt: 'restored' });
  const rows = await store.auditRows();
  expect(rows.at(-1)).toMatchObject({
    actor: 'bot',
    what: 'restored',
    detail: { noted: { seq: 2 }, found: { seq: 1 }, doubted: [waiting.id, approved.id, requestId('LR-4444')] },
  });
  expect(verifyChain(rows).ok).toBe(true);
  expect(warnings()).toMatchObject([{ path, doubted: [waiting.id, approved.id, requestId('LR-4444')] }]);
  expect(warnings()[0]?.message).toContain('A backup was restored');
  await store.close();
});

test('it is found once: the next start goes on from there', async () => {
  restore(await withBackup());
  await (await open()).close();
  const store = await open();
  await insert(store, { ...waiting, id: requestId('LR-5555') });
  await store.close();
  const again = await open();
  expect((await again.request(requestId('LR-5555')))?.request.state).toBe('awaitingApproval');
  expect(warnings()).toHaveLength(1);
  await again.close();
});

test('a restart puts nothing into doubt, nor does a note that is older, as after a power cut, or that cannot be read', async () => {
  const before = await open();
  await insert(before, waiting, approved, submitted);
  await note(before, 'one');
  await before.close();
  const older = readFileSync(`${path}.head`, 'utf8');
  const store = await open();
  await note(store, 'two');
  await store.close();
  for (const text of [null, older, '', 'f'.repeat(64), '\u0000'.repeat(100)]) {
    if (text !== null) writeFileSync(`${path}.head`, text);
    const again = await open();
    expect(await statesOf(again)).toEqual(['awaitingApproval', 'queued', 'submitting']);
    await again.close();
  }
  expect(warnings()).toEqual([]);
});

test('a database with another history of the same length is found as well', async () => {
  const backup = await withBackup();
  restore(backup);
  const database = new Database(path);
  database.exec("insert into audit select 2, at, null, actor, what, detail, salt, hash, 'f' from audit where seq = 1");
  database.exec("update audit_head set seq = 2, hash = 'f'");
  database.close();
  const store = await open();
  expect((await statesOf(store)).slice(0, 2)).toEqual(['unknown', 'unknown']);
  await store.close();
});

test('the note is for the owner only, and what is rolled back is not noted', async () => {
  const store = await open();
  await store.transact(async (tx) => tx.saveFact('x', 1));
  expect(existsSync(`${path}.head`)).toBe(false);
  await note(store, 'one');
  const failing = store.transact(async (tx) => {
    await tx.appendAudit({ at: t0, requestId: null, actor: 'bot', what: 'two', detail: {} });
    throw new Error('stop');
  });
  await expect(failing).rejects.toThrow('stop');
  const { hash } = await store.auditHead();
  await store.close();
  expect(readFileSync(`${path}.head`, 'utf8')).toBe(`${hash}:1\n`);
});

test('a restored store starts paused and says why, since a pause may be newer than the backup', async () => {
  const backup = await withBackup();
  restore(backup);
  const store = await open();
  const pause = await store.fact<Pause>(pauseFact);
  expect(pause).toMatchObject({ by: { name: 'Live Response' }, at: t0 + 60_000 });
  expect(pause?.reason).toBe(
    'My database was restored from a backup. Look in Defender what has run since, then type resume.',
  );
  expect((await store.auditRows()).at(-1)).toMatchObject({ what: 'restored', detail: { pause: 'begun' } });
  await store.close();
});

test('a pause that the backup holds stays as it was, with who paused and why; the audit says which of the two it is', async () => {
  const store = await open();
  const pause: Pause = {
    by: { id: 'bo', tenantId: 't', name: 'Bo' },
    personKey: 'bo',
    reason: 'an account was taken over',
    at: t0,
  };
  await insert(store, waiting);
  await store.transact(async (tx) => tx.saveFact(pauseFact, pause));
  await note(store, 'known to the backup');
  await store.close();
  const backup = `${path}.backup`;
  copyFileSync(path, backup);
  const later = await open();
  await note(later, 'lost');
  await later.close();
  restore(backup);
  const restored = await open();
  expect(await restored.fact<Pause>(pauseFact)).toEqual(pause);
  expect((await restored.auditRows()).at(-1)).toMatchObject({ what: 'restored', detail: { pause: 'kept' } });
  await restored.close();
});
