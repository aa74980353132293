import { createHash, type KeyObject, verify } from 'node:crypto';
import type { ChainHead } from '../audit/chain';
import { genesis } from '../audit/chain';
import { err, ok, type Result } from '../lib/result';
import { isSealedBy, openEnvelope } from './dsse';
import { judgeRequest, type RequestFault } from './judge-request';
import { keyIdOf, readPublicKey } from './keys';
import { type Manifest, type ManifestFault, names, parseManifest, sumsOf } from './manifest';
import { readSlice, type Slice, type SliceFault } from './slice';
import { openZip, type ZipFile } from './zip-file';
import { crcOf } from './zip-form';

/** What the reader brings along, from somewhere else than the bundle. */
export interface Known {
  readonly key: KeyObject | null;
  readonly anchors: readonly ChainHead[];
}

export type Fault =
  | { readonly type: 'otherForm'; readonly why: string }
  | { readonly type: 'manifest'; readonly fault: ManifestFault | 'missing' }
  | { readonly type: 'partMissing' | 'partAdded' | 'partDiffers'; readonly name: string }
  | { readonly type: 'sumsDiffer' }
  | { readonly type: 'signature'; readonly fault: 'envelope' | 'otherKey' | 'ownKey' | 'sums' | 'publicKey' }
  | { readonly type: 'slice'; readonly fault: SliceFault }
  | { readonly type: 'sliceEnds' }
  | { readonly type: 'anchorDiffers'; readonly anchor: ChainHead; readonly found: string; readonly isNamed: boolean }
  | ({ readonly type: 'request'; readonly id: string } & RequestFault);

/** Why a bundle that is whole proves less than it could. */
export type Doubt =
  | { readonly type: 'noKeyNamed'; readonly fingerprint: string }
  | { readonly type: 'unsigned' }
  | { readonly type: 'noAnchorBefore'; readonly firstEntry: number }
  | { readonly type: 'noAnchorAfter'; readonly lastEntry: number }
  | { readonly type: 'notEnded'; readonly id: string; readonly state: string };

/** Something that the reader should know and that changes no verdict. */
export type Note =
  | { readonly type: 'otherSignature'; readonly keyId: string }
  | { readonly type: 'badSignature'; readonly keyId: string }
  | { readonly type: 'anchorOutside'; readonly anchor: ChainHead };

export type Verdict =
  | { readonly type: 'unreadable'; readonly why: 'noArchive' | 'tooLarge' }
  | { readonly type: 'wrong'; readonly faults: readonly [Fault, ...Fault[]] }
  | {
      readonly type: 'whole';
      readonly manifest: Manifest;
      /** Null unless the key that the reader named has signed it. */
      readonly signedBy: string | null;
      readonly doubts: readonly Doubt[];
      readonly notes: readonly Note[];
    };

/**
 * Says of a bundle whether it is exactly what was made, by whom, and whether the chain around it is anchored. Nothing is unpacked to a disk; parts
 * of any size go by as a stream. Errors of the disk are Node's own.
 */
export async function judgeBundle(file: string, known: Known): Promise<Verdict> {
  const opened = await openZip(file);
  if (!opened.ok)
    return opened.error.type === 'noArchive'
      ? { type: 'unreadable', why: 'noArchive' }
      : { type: 'wrong', faults: [opened.error] };
  try {
    return await judge(opened.value, known);
  } catch (error) {
    if (error instanceof TooLarge) return { type: 'unreadable', why: 'tooLarge' };
    throw error;
  } finally {
    await opened.value.close();
  }
}

/** Of what is read into memory: a manifest or slice of this size is of no bundle that we make. */
const mostInMemory = 512 * 1024 ** 2;
class TooLarge extends Error {}

async function judge(zip: ZipFile, known: Known): Promise<Verdict> {
  const has = (name: string): boolean => zip.entries.some((entry) => entry.name === name);
  if (!has(names.manifest)) return wrong([{ type: 'manifest', fault: 'missing' }]);
  const text = await readWhole(zip, names.manifest);
  const manifest = parseManifest(text);
  if (!manifest.ok) return wrong([{ type: 'manifest', fault: manifest.error }]);
  const faults: Fault[] = [...(await judgeParts(zip, manifest.value, has))];
  // What is not there, or is not what it is said to be, is not read any further.
  if (faults.length > 0) return wrong(faults);
  const signed = await judgeSignature(zip, { manifest: manifest.value, text, key: known.key });
  if (!signed.ok) return wrong([signed.error]);
  const slice = await judgeSlice(zip, manifest.value);
  if (!slice.ok) return wrong([slice.error]);
  for (const one of manifest.value.requests) {
    const read = (name: string) => readWhole(zip, name);
    const found = await judgeRequest(one, { manifest: manifest.value, entries: slice.value.entries, read });
    faults.push(...found.map((fault): Fault => ({ type: 'request', id: one.id, ...fault })));
  }
  const anchored = judgeAnchors(slice.value, manifest.value, {
    named: known.anchors,
    isSigned: signed.value.by !== null,
  });
  faults.push(...anchored.faults);
  if (faults.length > 0) return wrong(faults);
  return {
    type: 'whole',
    manifest: manifest.value,
    signedBy: signed.value.by,
    doubts: [...signed.value.doubts, ...anchored.doubts, ...endDoubts(manifest.value)],
    notes: [...signed.value.notes, ...anchored.notes],
  };
}

function wrong(faults: readonly Fault[]): Verdict {
  const [first, ...others] = faults;
  if (first === undefined) throw new Error('A verdict of wrong names what is wrong.');
  return { type: 'wrong', faults: [first, ...others] };
}

const endDoubts = ({ requests }: Manifest): readonly Doubt[] =>
  requests.filter(({ ended }) => !ended).map(({ id, state }) => ({ type: 'notEnded', id, state }));

/** Every entry is one that the manifest names or that is made of it, and every byte of each is what was hashed. */
async function judgeParts(zip: ZipFile, manifest: Manifest, has: (name: string) => boolean): Promise<readonly Fault[]> {
  const { signing } = manifest;
  const madeOfIt = [
    names.manifest,
    names.sums,
    ...(signing.algorithm === 'none' ? [] : [names.envelope, names.sumsSignature]),
  ];
  const expected = new Map(manifest.parts.map((part) => [part.name, part]));
  const wanted = new Set([...expected.keys(), ...madeOfIt]);
  const faults: Fault[] = [
    ...[...wanted].filter((name) => !has(name)).map((name): Fault => ({ type: 'partMissing', name })),
    ...zip.entries.filter(({ name }) => !wanted.has(name)).map(({ name }): Fault => ({ type: 'partAdded', name })), // guard: bundle-has-no-added-part
  ];
  if (faults.length > 0) return faults;
  const listed: { name: string; sha256: string }[] = [];
  for (const { name, crc, size } of zip.entries) {
    const found = await hashOf(zip, name);
    const part = expected.get(name);
    if (found.crc !== crc || (part !== undefined && (part.sha256 !== found.sha256 || part.size !== size)))
      faults.push({ type: 'partDiffers', name }); // guard: bundle-parts-are-hashed
    if (name !== names.sums && name !== names.sumsSignature) listed.push({ name, sha256: found.sha256 });
  }
  const sums = await readWhole(zip, names.sums);
  if (sums.toString('latin1') !== sumsOf(listed)) faults.push({ type: 'sumsDiffer' }); // guard: bundle-sums-are-true
  return faults;
}

async function hashOf(zip: ZipFile, name: string): Promise<{ readonly sha256: string; readonly crc: number }> {
  const hash = createHash('sha256');
  let crc = 0;
  for await (const chunk of zip.content(name)) {
    hash.update(chunk);
    crc = crcOf(chunk, crc);
  }
  return { sha256: hash.digest('hex'), crc };
}

async function readWhole(zip: ZipFile, name: string): Promise<Buffer> {
  const size = zip.entries.find((entry) => entry.name === name)?.size ?? 0;
  if (size > mostInMemory) throw new TooLarge();
  const chunks: Uint8Array[] = [];
  for await (const chunk of zip.content(name)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

interface Signed {
  readonly by: string | null;
  readonly doubts: readonly Doubt[];
  readonly notes: readonly Note[];
}

/** Only the key that the reader names proves who signed; the one inside shows no more than that nothing changed since. */
async function judgeSignature(
  zip: ZipFile,
  { manifest, text, key }: { readonly manifest: Manifest; readonly text: Buffer; readonly key: KeyObject | null },
): Promise<Result<Signed, Fault>> {
  const fault = (what: Extract<Fault, { type: 'signature' }>['fault']) =>
    err({ type: 'signature', fault: what } as const);
  if (manifest.signing.algorithm === 'none') return ok({ by: null, doubts: [{ type: 'unsigned' }], notes: [] });
  const { keyId } = manifest.signing;
  const inside = readPublicKey((await readWhole(zip, names.publicKey)).toString('latin1'));
  if (!inside.ok || keyIdOf(inside.value) !== keyId) return fault('publicKey'); // guard: key-inside-is-the-one-named
  const signatures = openEnvelope(await readWhole(zip, names.envelope), text);
  if (signatures === null) return fault('envelope');
  const sums = await readWhole(zip, names.sums);
  const sumsSignature = await readWhole(zip, names.sumsSignature);
  const judging = key ?? inside.value;
  const sealed = signatures.map(({ bytes }) => isSealedBy(judging, text, bytes));
  if (!sealed.includes(true)) return fault(key === null ? 'ownKey' : 'otherKey'); // guard: only-the-named-key-counts
  if (!verify(null, sums, judging, sumsSignature)) return fault('sums'); // guard: sums-are-signed
  const judgingId = keyIdOf(judging);
  const notes = signatures
    .filter((_, i) => sealed[i] !== true)
    .map(({ keyId: id }): Note => ({ type: id === judgingId ? 'badSignature' : 'otherSignature', keyId: id }));
  return key === null
    ? ok({ by: null, doubts: [{ type: 'noKeyNamed', fingerprint: keyId }], notes })
    : ok({ by: judgingId, doubts: [], notes });
}

async function judgeSlice(zip: ZipFile, { audit, requests }: Manifest): Promise<Result<Slice, Fault>> {
  const ids = new Set(requests.map(({ id }) => id));
  const slice = readSlice(await readWhole(zip, audit.part), audit.after, ids);
  if (!slice.ok) return err({ type: 'slice', fault: slice.error });
  const { last } = slice.value;
  if (last.seq !== audit.last.seq || last.hash !== audit.last.hash) return err({ type: 'sliceEnds' }); // guard: slice-ends-where-it-says
  return slice;
}

function judgeAnchors(
  slice: Slice,
  { audit, requests }: Manifest,
  { named, isSigned }: { readonly named: readonly ChainHead[]; readonly isSigned: boolean },
): { readonly faults: readonly Fault[]; readonly doubts: readonly Doubt[]; readonly notes: readonly Note[] } {
  const faults: Fault[] = [];
  const notes: Note[] = [];
  /** Positions that something outside the bundle, or the named key, vouches for. */
  const proven: number[] = audit.after.seq === genesis.seq && audit.after.hash === genesis.hash ? [genesis.seq] : [];
  for (const { anchor, isNamed } of [
    ...named.map((anchor) => ({ anchor, isNamed: true })),
    ...audit.anchors.map((anchor) => ({ anchor, isNamed: false })),
  ]) {
    const found = slice.hashes.get(anchor.seq);
    if (found === undefined) {
      if (isNamed) notes.push({ type: 'anchorOutside', anchor });
    } else if (found !== anchor.hash) {
      faults.push({ type: 'anchorDiffers', anchor: { seq: anchor.seq, hash: anchor.hash }, found, isNamed }); // guard: slice-fits-the-anchors
    } else if (isNamed || isSigned) proven.push(anchor.seq);
  }
  const firstEntry = Math.min(...requests.map((one) => one.firstEntry));
  const lastEntry = Math.max(...requests.map((one) => one.lastEntry));
  const doubts: Doubt[] = [
    ...(proven.some((seq) => seq < firstEntry) ? [] : [{ type: 'noAnchorBefore', firstEntry } as const]), // guard: anchored-before
    ...(proven.some((seq) => seq >= lastEntry) ? [] : [{ type: 'noAnchorAfter', lastEntry } as const]), // guard: anchored-after
  ];
  return { faults, doubts, notes };
}
