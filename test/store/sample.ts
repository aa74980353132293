import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/lib/log';
import type { AwaitingApproval, Digest, LiveResponseRequest, Queued, RequestId } from '../../src/request/request';
import { openStore } from '../../src/store/open';
import type { Store, Tx } from '../../src/store/store';
import type { NewWork } from '../../src/store/work/work';
import { createTestDatabase, type TestStore, testStore } from '../postgres/test-store';
import { newInProcess, openInProcess } from './in-process-postgres';

/** 2026-11-23T12:00:00Z. */
export const t0 = Date.UTC(2026, 10, 23, 12);

export const requestId = (text: string): RequestId => text as RequestId;

export function sampleRequest(over: Partial<AwaitingApproval> = {}): AwaitingApproval {
  return {
    state: 'awaitingApproval',
    id: requestId('LR-7KQ2'),
    tenantId: 'tenant-1',
    requester: { id: 'ana', tenantId: 'tenant-1', name: 'Ana' },
    device: {
      machineId: 'machine-1',
      name: 'fin-lt-042.contoso.com',
      entraDeviceId: null,
      osPlatform: 'Windows11',
      healthStatus: 'Active',
      riskScore: null,
      deviceValue: null,
      groupName: null,
      tags: [],
      lastSeen: null,
      lastIpAddress: null,
    },
    commands: [{ type: 'RunScript', scriptName: 'collect.ps1', args: '-Days "7"\u0000\ud800' }],
    library: [],
    reason: 'Beaconing',
    policyVersion: 'p1',
    bar: {
      rule: 'workstations',
      approvalsNeeded: 1,
      seats: [{ group: 'approvers', count: 0 }],
      because: [{ type: 'rule', rule: 'workstations', approvals: 1 }],
      escalateIds: [],
      breakGlassIds: [],
      ownerIds: [],
      reasonPattern: null,
    },
    requesterKey: 'ana',
    approverIds: ['bob'],
    decideWithinMs: 60_000,
    startWithinMs: 3_600_000,
    round: 1,
    emergency: null,
    digest: 'd1'.repeat(32) as Digest,
    conversationId: '19:channel;messageid=1',
    createdAt: t0,
    askedAtDefender: t0,
    votes: [],
    decideBy: t0 + 60_000,
    remindAt: null,
    ...over,
  };
}

export function asQueued(request: AwaitingApproval): Queued {
  const { decideBy: _, remindAt: __, attempts = 0, ...rest } = request;
  return {
    ...rest,
    state: 'queued',
    approvedAt: t0,
    startBy: t0 + 3_600_000,
    notBefore: t0,
    hold: null,
    attempts,
    decision: 1,
  };
}

/** With every time that a state may need. */
export const inState = (request: LiveResponseRequest, state: LiveResponseRequest['state']): LiveResponseRequest =>
  ({ intentAt: t0, submittedAt: t0, runningSince: t0, endedAt: t0, ...request, state }) as LiveResponseRequest;

export const sampleWork = (over: Partial<NewWork> = {}): NewWork => ({
  requestId: null,
  work: { type: 'submit', attempt: 1 },
  orderingKey: null,
  dueAt: t0,
  ...over,
});

/** A fresh database file per test; everything that was opened is closed and removed at the end. */
export function useStores() {
  const folders: string[] = [];
  const stores: Store[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const newPath = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'live-response-store-'));
    folders.push(folder);
    return join(folder, 'data', 'live-response.db');
  };
  const keep = async (opening: Promise<Store>): Promise<Store> => {
    const store = await opening;
    stores.push(store);
    return store;
  };
  const open = (path: string): Promise<Store> => keep(openStore({ url: `sqlite:${path}`, log: silentLog }));
  return { newPath, open, openNew: () => open(newPath()), keep };
}

/**
 * The same promises on every engine: a database per test of the engine that this run is about. What is said of one engine only says so.
 */
export function useAnyStores() {
  const { newPath, keep } = useStores();
  const openAt: Readonly<Record<TestStore, (address: string) => Promise<Store>>> = {
    sqlite: (address) => openStore({ url: `sqlite:${address}`, log: silentLog }),
    postgres: (address) => openStore({ url: address, log: silentLog }),
    pglite: openInProcess,
  };
  const newAddress = async (): Promise<string> => {
    if (testStore === 'postgres') return createTestDatabase();
    return testStore === 'pglite' ? newInProcess() : newPath();
  };
  /** Opened without being closed at the end. */
  const openOnly = (address: string): Promise<Store> => openAt[testStore](address);
  const open = (address: string): Promise<Store> => keep(openOnly(address));
  return { newAddress, open, openOnly, openNew: async () => open(await newAddress()) };
}

export const insert = (store: Store, ...requests: LiveResponseRequest[]): Promise<void> =>
  store.transact(async (tx: Tx) => {
    for (const request of requests) await tx.insertRequest(request);
  });
