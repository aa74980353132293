import { createHash, randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../lib/make-folder';

/** Bytes on disk that are not kept yet. */
export interface Received {
  readonly file: string;
  readonly sha256: string;
  readonly size: number;
}

/** The evidence folder for the time of one result: what is received lies aside until it is kept, and what is not kept is removed by `close`. */
export interface ContentStore {
  /** Writes a stream aside, hashing it; null when it holds more than `maxBytes`, and then nothing stays. */
  receive(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Received | null>;
  /** Puts it where its hash says, once: the same content is there or not at all, whatever crashes. Answers the path below the folder. */
  keep(received: Received): Promise<string>;
  pathOf(received: Received): string;
  close(): Promise<void>;
}

export async function openContentStore(dir: string, label: string): Promise<ContentStore> {
  const incoming = path.join(dir, incomingName);
  await makeFolder(incoming);
  const received: string[] = [];
  return {
    async receive(body, maxBytes) {
      const file = path.join(incoming, `${label.replace(/[^A-Za-z0-9-]/g, '_')}-${randomUUID()}`);
      received.push(file);
      const written = await write(file, body, maxBytes);
      return written === null ? null : { file, ...written };
    },
    async keep(what) {
      await place(what, path.join(dir, pathOf(what)));
      return pathOf(what);
    },
    pathOf,
    async close() {
      await Promise.all(received.map((file) => rm(file, { force: true })));
    },
  };
}

/** Longer than a download may take: what was last written before that is nobody's any more. */
const abandonedAfterMs = 2 * 3_600_000;

/** Removes what a crash left half received; not what another replica, which shares the folder, is receiving now. */
export async function removeUnfinished(dir: string, now: number): Promise<void> {
  const incoming = path.join(dir, incomingName);
  for (const name of await readdir(incoming).catch(() => [])) {
    const file = path.join(incoming, name);
    const touchedAt = (await stat(file).catch(() => null))?.mtimeMs ?? now;
    if (touchedAt <= now - abandonedAfterMs) await rm(file, { recursive: true, force: true });
  }
}

/** Beside the content and not in the system's temporary folder: a rename must not cross file systems. */
const incomingName = 'incoming';
/** Evidence may be malware or hold secrets: nobody else reads it and nothing in it can be executed (T-33, T-36). */
const ownerOnly = 0o600;

const pathOf = (what: Received): string => `${what.sha256.slice(0, 2)}/${what.sha256}`;

async function write(
  file: string,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ sha256: string; size: number } | null> {
  const hash = createHash('sha256');
  let size = 0;
  const handle = await open(file, 'wx', ownerOnly);
  try {
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBytes) return null;
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), size };
}

/** Also over the same content: its new time stamp tells a removal that it is kept anew. */
async function place(what: Received, target: string): Promise<void> {
  const folder = path.dirname(target);
  await makeFolder(folder);
  await rename(what.file, target);
  await syncFolder(folder);
}

/** Makes the new name itself durable; Windows cannot open folders and does without. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
