import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { anchoredEntry } from '../../src/audit/entry';
import { type Bundle, type BundleOptions, makeBundle } from '../../src/bundle/bundle';
import { makeKey, readPublicKey, readSigningKey, type SigningKey } from '../../src/bundle/keys';
import { type BundleRecords, readRecords } from '../../src/bundle/records';
import { zipBytes } from '../../src/bundle/zip-file';
import { toDisplayText } from '../../src/evidence/display-text';
import type { KeptResult } from '../../src/evidence/keep-result';
import { silentLog } from '../../src/lib/log';
import type { Event } from '../../src/request/event';
import type { RequestBase, RequestId } from '../../src/request/request';
import { awaiting } from '../../src/request/votes/round';
import { applyEvent, storeNewRequest } from '../../src/store/commit/apply';
import { openStore } from '../../src/store/open';
import { keepPolicyText } from '../../src/store/rows/policy-in-force';
import type { Store } from '../../src/store/store';
import { action, base, bob, vote } from '../request/sample';

export const madeAt = Date.UTC(2026, 11, 1, 12);

/** A store beside an evidence folder, filled by what really happens to requests. */
export interface World {
  readonly dir: string;
  readonly url: string;
  readonly evidenceDir: string;
  readonly store: Store;
  /** An anchor of the head as it is now, handed out. */
  anchor(at: number): Promise<{ readonly seq: number; readonly hash: string }>;
  /** Asked, approved by Bob, sent, run; stops after as many of `events` as are given. */
  play(request: RequestBase, events?: readonly Event[]): Promise<void>;
  keepFile(content: string | Buffer): { readonly sha256: string; readonly size: number; readonly relativePath: string };
  records(ids?: readonly RequestId[]): Promise<BundleRecords>;
  close(): Promise<void>;
}

export const wholeLife: readonly Event[] = [
  { type: 'voted', vote: vote(bob) },
  { type: 'admitted' },
  { type: 'accepted', action: action('Pending') },
  { type: 'observed', action: action('InProgress') },
  { type: 'observed', action: action('Succeeded') },
];

/** `address`: of another store than a file of its own. */
export async function openWorld(address: string | null = null): Promise<World> {
  const dir = mkdtempSync(path.join(tmpdir(), 'lr-bundle-'));
  const evidenceDir = path.join(dir, 'evidence');
  const url = address ?? `sqlite:${path.join(dir, 'live-response.db')}`;
  const store = await openStore({ url, log: silentLog });
  await store.transact((tx) => keepPolicyText(tx, base.policyVersion, 'groups: {} # what policy-7 said\n'));
  return {
    dir,
    url,
    evidenceDir,
    store,
    async anchor(at) {
      const head = await store.auditHead();
      await store.transact((tx) => tx.appendAudit(anchoredEntry({ ...head, at }, 'channel')));
      return head;
    },
    async play(request, events = wholeLife) {
      let at = request.createdAt;
      await store.transact((tx) => storeNewRequest(tx, { request: awaiting(request, at), effects: [] }, at));
      for (const event of events.map((one) => eventOf(request.id, one))) {
        at += 60_000;
        const now = at;
        await store.transact(async (tx) => {
          const stored = await tx.request(request.id);
          if (stored === null) throw new Error('There is no such request.');
          const applied = await applyEvent(
            tx,
            stored,
            event,
            event.type === 'voted' ? { personId: bob.id } : 'bot',
            now,
          );
          if (!applied.ok) throw new Error(`${event.type}: ${JSON.stringify(applied.error)}`);
        });
      }
    },
    keepFile(content) {
      const bytes = Buffer.from(content);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const relativePath = `${sha256.slice(0, 2)}/${sha256}`;
      mkdirSync(path.join(evidenceDir, sha256.slice(0, 2)), { recursive: true });
      writeFileSync(path.join(evidenceDir, relativePath), bytes);
      return { sha256, size: bytes.length, relativePath };
    },
    async records(ids = [base.id]) {
      const records = await store.transact((tx) => readRecords(tx, ids));
      if ('unknown' in records) throw new Error(`Unknown: ${records.unknown}`);
      return records;
    },
    async close() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The samples' actions carry the marker of their own request. */
const eventOf = (id: RequestId, event: Event): Event =>
  'action' in event
    ? { ...event, action: { ...event.action, comment: event.action.comment?.replace(base.id, id) ?? null } }
    : event;

const nothing = {
  exitCode: null,
  output: null,
  outputCut: false,
  outputLength: null,
  errors: null,
  errorsCut: false,
  errorsLength: null,
  banner: null,
  problem: null,
} as const;

/** What command 2 wrote and the file of command 3, kept and audited as the service does it. */
export async function keepResults(
  world: World,
  id: RequestId,
  { output = 'done', name = 'dump.zip' } = {},
): Promise<void> {
  const raw = world.keepFile(JSON.stringify({ exit_code: 0, script_output: output }));
  const file = world.keepFile('MDMP of a process');
  const results: KeptResult[] = [
    {
      ...nothing,
      index: 1,
      command: 'RunScript',
      outcome: 'kept',
      rawSha256: raw.sha256,
      rawSize: raw.size,
      rawRelativePath: raw.relativePath,
      exitCode: 0,
      output,
      secrets: { output: toDisplayText(output, 20_000).secrets, errors: [] },
      file: null,
    },
    {
      ...nothing,
      index: 2,
      command: 'GetFile',
      outcome: 'kept',
      rawSha256: 'c'.repeat(64),
      rawSize: 999,
      rawRelativePath: null,
      file: { ...file, name },
    },
  ];
  for (const result of results)
    await world.store.transact(async (tx) => {
      await tx.saveResult(id, result);
      await tx.appendAudit({
        at: base.createdAt + 360_000,
        requestId: id,
        actor: 'defender',
        what: 'result',
        detail: {
          index: result.index,
          outcome: result.outcome,
          rawSha256: result.rawSha256,
          rawSize: result.rawSize,
          fileSha256: result.file?.sha256 ?? null,
          exitCode: result.exitCode,
        },
      });
    });
}

/** One request that ran, with others before, between and after it, anchored on both sides. */
export async function openWholeWorld(): Promise<World> {
  const world = await openWorld();
  await world.play({ ...base, id: 'LR-2222' as RequestId });
  await world.anchor(base.createdAt - 1);
  await world.play({ ...base, id: 'LR-3333' as RequestId }, wholeLife.slice(0, 2));
  await world.play(base);
  await keepResults(world, base.id);
  await world.play({ ...base, id: 'LR-4444' as RequestId }, []);
  await world.anchor(base.createdAt + 86_400_000);
  await world.play({ ...base, id: 'LR-5555' as RequestId }, []);
  return world;
}

export function newKey(): {
  readonly signing: SigningKey;
  readonly publicKey: ReturnType<typeof publicOf>;
  readonly publicPem: string;
} {
  const made = makeKey();
  const signing = readSigningKey(made.privatePem);
  if (!signing.ok) throw new Error(signing.error);
  return { signing: signing.value, publicKey: publicOf(made.publicPem), publicPem: made.publicPem };
}

export function publicOf(pem: string) {
  const key = readPublicKey(pem);
  if (!key.ok) throw new Error(key.error);
  return key.value;
}

export const optionsFor = (world: World, records: BundleRecords, over: Partial<BundleOptions> = {}): BundleOptions => ({
  records,
  evidenceDir: world.evidenceDir,
  incident: null,
  key: null,
  madeBy: { how: 'commandLine', account: 'admin' },
  madeFrom: { store: 'file', place: 'host:/srv/live-response.db' },
  withResults: true,
  withPolicy: true,
  trial: false,
  now: madeAt,
  ...over,
});

export async function bytesOf(bundle: Pick<Bundle, 'parts'>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipBytes(bundle.parts)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const bundleOf = async (world: World, over: Partial<BundleOptions> = {}): Promise<Bundle> =>
  makeBundle(optionsFor(world, await world.records(), over));
