import { readFile } from 'node:fs/promises';
import { formatNumber } from '../lib/number';
import type { Command, CommandType } from '../request/ask/command';
import { type ContentStore, openContentStore, type Received } from './content-store';
import { decodeScriptResult, type ScriptFault } from './decode-script';
import type { KeptSecret } from './display-text';
import { fileNameOf } from './file-name';
import { unpack } from './unpack';

/** What one command returned, as people see it; the bytes themselves lie in the evidence folder under their SHA-256. */
export interface KeptResult {
  readonly index: number;
  readonly command: CommandType;
  /** `notAvailable`: Defender had none to give. `tooLarge` and `unreadable`: `problem` says why, and whether the download itself is kept. */
  readonly outcome: 'kept' | 'notAvailable' | 'tooLarge' | 'unreadable';
  /** The download exactly as Defender's store served it (T-37). */
  readonly rawSha256: string | null;
  readonly rawSize: number | null;
  /** Where the raw download lies below the evidence folder; null when only what was inside it is kept, or nothing. */
  readonly rawRelativePath: string | null;
  readonly exitCode: number | null;
  /** Made visible and bounded for display; `outputLength` is how many characters there were. */
  readonly output: string | null;
  readonly outputCut: boolean;
  readonly outputLength: number | null;
  readonly errors: string | null;
  readonly errorsCut: boolean;
  readonly errorsLength: number | null;
  /** The agent's "Transcript started" line, taken off the output. */
  readonly banner: string | null;
  /** A collected file as it was on the device. `name` is for people; the device's own name for it is never used as a path. */
  readonly file: KeptFile | null;
  readonly problem: string | null;
  /** Its output is not shown here; whether it wrote to its error stream. */
  readonly withheld?: { readonly errors: boolean };
  /** Where `output` and `errors` hold secrets; absent where nothing was read for them. */
  readonly secrets?: { readonly output: readonly KeptSecret[]; readonly errors: readonly KeptSecret[] };
}

export interface KeptFile {
  readonly sha256: string;
  readonly size: number;
  readonly relativePath: string;
  readonly name: string;
}

export interface EvidenceCaps {
  readonly maxRawBytes: number;
  readonly maxFileBytes: number;
  /** How many times larger than its download an unpacked file may be, once it is larger than `expansionFloorBytes`. */
  readonly maxExpansion: number;
  readonly expansionFloorBytes: number;
  /** A script's result is read into memory, so it has a smaller limit. */
  readonly maxScriptBytes: number;
  readonly maxOutputLength: number;
  readonly maxErrorsLength: number;
}

/** GetFile stops at 3 GB (live-response page). The rest is ours: dumps are full of zeros and shrink a hundredfold; deflate ends at 1,032. */
export const defaultEvidenceCaps: EvidenceCaps = {
  maxRawBytes: 3 * 1024 ** 3,
  maxFileBytes: 3 * 1024 ** 3,
  maxExpansion: 400,
  expansionFloorBytes: 64 * 1024 ** 2,
  maxScriptBytes: 32 * 1024 ** 2,
  maxOutputLength: 20_000,
  maxErrorsLength: 5_000,
};

export interface KeepResultOptions {
  /** The evidence folder; made when missing, readable by the service's user only. */
  readonly dir: string;
  readonly requestId: string;
  readonly index: number;
  readonly command: Command;
  readonly body: AsyncIterable<Uint8Array>;
  readonly caps?: Partial<EvidenceCaps>;
}

/**
 * Streams a result to disk, hashes it on the way and reads what people are shown. The raw download of a script, and of everything that
 * cannot be unpacked or read, is kept as it came; of a collected file the content is kept. A broken download throws and leaves nothing behind.
 */
export async function keepResult(options: KeepResultOptions): Promise<KeptResult> {
  const caps = { ...defaultEvidenceCaps, ...options.caps };
  const about = { index: options.index, command: options.command.type };
  const store = await openContentStore(options.dir, `${options.requestId}-${options.index}`);
  try {
    const raw = await store.receive(options.body, caps.maxRawBytes);
    if (raw === null) return { ...empty(about), outcome: 'tooLarge', problem: rawTooLarge(caps.maxRawBytes) };
    return options.command.type === 'GetFile'
      ? await keepFile(
          store,
          raw,
          { ...empty(about), rawSha256: raw.sha256, rawSize: raw.size },
          { caps, path: options.command.path },
        )
      : await keepScript(store, raw, { ...empty(about), rawSha256: raw.sha256, rawSize: raw.size }, caps);
  } finally {
    await store.close();
  }
}

/** A result that Defender could not give; `problem` says why and what next. */
export const resultNotAvailable = (index: number, command: CommandType, problem: string): KeptResult => ({
  ...empty({ index, command }),
  outcome: 'notAvailable',
  problem,
});

async function keepFile(
  store: ContentStore,
  raw: Received,
  result: KeptResult,
  wanted: { readonly caps: EvidenceCaps; readonly path: string },
): Promise<KeptResult> {
  const name = fileNameOf(wanted.path);
  const unpacked = await unpack(store, raw, wanted.caps);
  switch (unpacked.type) {
    case 'plain': {
      const relativePath = await store.keep(raw);
      return {
        ...result,
        rawRelativePath: relativePath,
        file: { sha256: raw.sha256, size: raw.size, relativePath, name },
      };
    }
    case 'unpacked': {
      const { sha256, size } = unpacked.content;
      return { ...result, file: { sha256, size, relativePath: await store.keep(unpacked.content), name } };
    }
    case 'tooLarge':
      return { ...result, outcome: 'tooLarge', rawRelativePath: await store.keep(raw), problem: unpackedTooLarge };
    case 'damaged':
      return { ...result, outcome: 'unreadable', rawRelativePath: await store.keep(raw), problem: damaged };
  }
}

async function keepScript(
  store: ContentStore,
  raw: Received,
  result: KeptResult,
  caps: EvidenceCaps,
): Promise<KeptResult> {
  const limits = { ...caps, maxFileBytes: caps.maxScriptBytes };
  const unpacked = raw.size > caps.maxScriptBytes ? { type: 'tooLarge' as const } : await unpack(store, raw, limits);
  const kept = { ...result, rawRelativePath: store.pathOf(raw) };
  if (unpacked.type === 'tooLarge') {
    await store.keep(raw);
    return { ...kept, outcome: 'tooLarge', problem: scriptTooLarge };
  }
  const bytes =
    unpacked.type === 'damaged' ? null : await readFile(unpacked.type === 'plain' ? raw.file : unpacked.content.file);
  await store.keep(raw);
  if (bytes === null) return { ...kept, outcome: 'unreadable', problem: damaged };
  const decoded = decodeScriptResult(bytes, caps);
  return decoded.ok
    ? { ...kept, ...decoded.value }
    : { ...kept, outcome: 'unreadable', problem: describeScriptFault(decoded.error) };
}

const empty = (about: { readonly index: number; readonly command: CommandType }): KeptResult => ({
  ...about,
  outcome: 'kept',
  rawSha256: null,
  rawSize: null,
  rawRelativePath: null,
  exitCode: null,
  output: null,
  outputCut: false,
  outputLength: null,
  errors: null,
  errorsCut: false,
  errorsLength: null,
  banner: null,
  file: null,
  problem: null,
});

const asItCame = 'The download is kept as it came, under its SHA-256.';

const rawTooLarge = (limit: number): string =>
  `The result is larger than ${formatNumber(limit)} bytes, the most that this bot keeps, so nothing of it was kept. Ask for a smaller file, or fetch it in the Defender portal.`;

const unpackedTooLarge = `The file grows far beyond what this bot keeps when it is unpacked, so it was not unpacked. ${asItCame} Treat it with care: it may be made to fill disks.`;

const scriptTooLarge = `The script wrote more than this bot can show. ${asItCame} Let the script write to a file and collect that with getfile.`;

const damaged = `The download begins like a packed file and cannot be unpacked. ${asItCame} Ask for the result again; if it stays so, the file may be damaged on the device.`;

function describeScriptFault(fault: ScriptFault): string {
  switch (fault.type) {
    case 'notUtf8':
      return `The script's result is not valid UTF-8 text, so it is not shown. ${asItCame} Open it on a machine made for that.`;
    case 'notJson':
      return `The script's result is not the JSON that Defender documents, so it is not shown. ${asItCame} Ask for the result again.`;
    case 'notScriptResult':
      return `The script's result lacks the fields that Defender documents, so it is not shown. ${asItCame} Ask for the result again.`;
  }
}
