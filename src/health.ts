import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Clock, seconds } from './lib/clock';
import type { Log } from './lib/log';
import type { DueWork } from './lib/loop';
import type { Store } from './store/store';
import { isOutage, type StoreError } from './store/store-error';

/** Whether the service can do its work, as `/readyz` says it and as the log says it once a change. */
export interface Health {
  /** The same store, whose failures and recoveries are noticed. */
  readonly store: Store;
  /** What is not well now, one sentence each, for whoever asks: the log has the names and causes. Reads only. */
  problems(): Promise<readonly string[]>;
  /** Looks for a lock, a lost connection and the end of an outage, which only transactions show; by itself, since whoever asks is not known. */
  readonly probe: DueWork;
  freeBytes(): Promise<Readonly<Record<'database' | 'evidence', number | null>>>;
}

/** The name of what is written to see whether the disk takes anything again. */
const probeFact = 'store.probe';

/** How often the store is looked at. */
const probeEveryMs = seconds(5);

/** With less, not even a small result of a script can be kept. */
const leastFreeBytes = 1024 * 1024;

export function createHealth(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly databaseUrl: string;
  readonly evidenceDir: string;
}): Health {
  const { clock, evidenceDir } = options;
  const databaseDir = databaseDirOf(options.databaseUrl);
  const outage = createOutage(options);
  const noteEvidence = createEvidenceNote(options.log);
  const store = watch(options.store, outage);

  return {
    store,
    async problems() {
      // A read shows an outage as well; `watch` has noted it then.
      await store.auditHead().catch(unlessOutage);
      const evidence = await findEvidenceProblem(evidenceDir);
      noteEvidence(evidence);
      return [...(outage.isOn() ? [answers.store] : []), ...(evidence === null ? [] : [answers.evidence])];
    },
    probe: {
      async startDue() {
        // A transaction shows a lock and a lost connection; only a write shows that a full disk has room again.
        const probing = store.transact(async (tx) => {
          if (outage.isOn()) await tx.saveFact(probeFact, clock.now());
        });
        await probing.catch(unlessOutage);
        return 0;
      },
      nextDueAt: async () => clock.now() + probeEveryMs,
    },
    async freeBytes() {
      return {
        database: databaseDir === null ? null : await freeBytesOf(databaseDir),
        evidence: await freeBytesOf(evidenceDir),
      };
    },
  };
}

/** `watch` has noted an outage already; anything else is a bug. */
const unlessOutage = (error: unknown): void => {
  if (!isOutage(error)) throw error;
};

/** Whether the database is away; the log says it once for each cause, and once when it works again. */
function createOutage({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
  let outage: { readonly message: string; readonly beganAt: number } | null = null;
  return {
    isOn: () => outage !== null,
    onFailure(error: StoreError) {
      if (outage?.message !== error.message)
        log.error(
          { code: error.code },
          `${error.message} Nothing new is taken or sent until it works again; then all goes on by itself.`,
        );
      outage = { message: error.message, beganAt: outage?.beganAt ?? clock.now() };
    },
    onCommit() {
      if (outage === null) return;
      log.info({ forMs: clock.now() - outage.beganAt }, 'The database works again; what waited goes on');
      outage = null;
    },
  };
}

/** The log says a problem of the evidence folder once a change, however often anybody asks. */
function createEvidenceNote(log: Log): (problem: string | null) => void {
  let noted: string | null = null;
  return (problem) => {
    if (problem !== null && problem !== noted) log.error({}, problem);
    if (problem === null && noted !== null)
      log.info({}, 'The evidence folder can be written again; what waits is fetched now');
    noted = problem;
  };
}

const answers = {
  store: 'The database cannot be used at the moment. The log says why and what to do.',
  evidence: 'Results cannot be stored at the moment. The log says why and what to do.',
} as const;

/** Reads and transactions both show an outage; only a commit shows that it is over. */
function watch(
  store: Store,
  { onFailure, onCommit }: { readonly onFailure: (error: StoreError) => void; readonly onCommit: () => void },
): Store {
  const noting = async <T>(result: Promise<T>): Promise<T> => {
    try {
      return await result;
    } catch (error) {
      if (isOutage(error)) onFailure(error);
      throw error;
    }
  };
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const method = target[name] as ((...args: readonly unknown[]) => Promise<unknown>) | null;
      if (method === null || name === 'close') return method;
      return async (...args: readonly unknown[]) => {
        const result = await noting(method.apply(target, [...args]));
        if (name === 'transact') onCommit();
        return result;
      };
    },
  });
}

async function findEvidenceProblem(dir: string): Promise<string | null> {
  if (await isOther(dir))
    return `The evidence folder ${dir} is no folder, or lies below something that is none, so no result can be kept. Move what is there out of the way and put the folder back; what waits is fetched then.`;
  try {
    await access(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return `The evidence folder ${dir} cannot be written (${code}), so no result can be kept. Put it back or give this account the right to write it; what waits is fetched then.`;
  }
  const free = await freeBytesOf(dir);
  if (free === null || free >= leastFreeBytes) return null;
  return `The disk of the evidence folder ${dir} is full, so no result can be kept. Make room there; what waits is fetched then.`;
}

/** Something is there, or in the way to it, that is no folder: no right would help. */
async function isOther(dir: string): Promise<boolean> {
  return stat(dir).then(
    (found) => !found.isDirectory(),
    (error: NodeJS.ErrnoException) => error.code === 'ENOTDIR',
  );
}

/** For this account; null when nobody can say. */
async function freeBytesOf(dir: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Null where the database is not a file of this machine. */
const databaseDirOf = (url: string): string | null => {
  const path = /^sqlite:(.+)$/i.exec(url)?.[1];
  return path === undefined ? null : dirname(resolve(path));
};
