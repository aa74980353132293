import { createHash, sign } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { seal } from './dsse';
import { firstPage } from './first-page';
import type { SigningKey } from './keys';
import { canonicalText, type LeftOut, type Manifest, type ManifestPart, names, sumsOf } from './manifest';
import type { BundleRecords } from './records';
import { reportPage } from './report/page';
import { requestParts, type Source } from './request-parts';
import type { Content, ZipPart } from './zip-file';
import { crcOf } from './zip-form';

export interface BundleOptions {
  readonly records: BundleRecords;
  readonly evidenceDir: string;
  readonly incident: string | null;
  /** Null: the bundle says that it is unsigned. */
  readonly key: SigningKey | null;
  readonly madeBy: Manifest['madeBy'];
  readonly madeFrom: Manifest['madeFrom'];
  /** False for a reader who may not see them: each is listed by its hash. */
  readonly withResults: boolean;
  /** False leaves the policy's text out by choice. */
  readonly withPolicy: boolean;
  readonly trial: boolean;
  readonly now: number;
}

export interface Bundle {
  readonly manifest: Manifest;
  /** Lower-case hex SHA-256 of the canonical manifest: what names this bundle. */
  readonly sha256: string;
  /** Sorted as they stand in the archive. */
  readonly parts: readonly ZipPart[];
}

/** Everything about these requests as the parts of one archive. Kept files are hashed and later streamed; none is read into memory. */
export async function makeBundle(options: BundleOptions): Promise<Bundle> {
  const { records, key, now } = options;
  const sources: Source[] = [{ name: names.audit, what: 'audit', title: null, content: Buffer.from(records.slice) }];
  const leftOut: LeftOut[] = [];
  for (const [i, record] of records.requests.entries()) {
    const found = await requestParts(record, { ...options, folder: `r${i + 1}` });
    sources.push(...found.parts);
    leftOut.push(...found.leftOut);
  }
  sources.push(...policyParts(options, leftOut));
  if (key !== null)
    sources.push({ name: names.publicKey, what: 'publicKey', title: null, content: Buffer.from(key.publicPem) });
  const measured: Measured[] = [];
  for (const source of sources) {
    const one = await measure(source, options.evidenceDir);
    if ('part' in one) measured.push(one);
    else leftOut.push(one);
  }
  const said: Omit<Manifest, 'parts'> = {
    schema: 'live-response-evidence/1',
    madeAt: new Date(now).toISOString(),
    madeBy: options.madeBy,
    madeFrom: options.madeFrom,
    signing: key === null ? { algorithm: 'none' } : { algorithm: 'Ed25519', keyId: key.keyId },
    incident: options.incident,
    complete: records.requests.every(({ ended }) => ended) && leftOut.every(({ reason }) => isNoLoss(reason)),
    requests: records.requests.map(({ request, ended, entries }, i) => ({
      id: request.id,
      folder: `r${i + 1}`,
      state: request.state,
      ended,
      digest: request.digest,
      firstEntry: entries[0]?.seq ?? 0,
      lastEntry: entries.at(-1)?.seq ?? 0,
    })),
    audit: { part: names.audit, ...records.audit },
    leftOut: leftOut.sort(byWhere),
  };
  const files = measured.map(({ part }) => part);
  for (const [name, what, text] of [
    [names.report, 'report', reportPage({ ...options, said, files })],
    [names.firstPage, 'firstPage', firstPage(said)],
  ] as const)
    measured.push(await measureBytes({ name, what, title: null, content: Buffer.from(text) }));
  return seal_(measured, said, key);
}

/** Nothing that was ever kept is missing because of it. */
export const isNoLoss = (reason: LeftOut['reason']): boolean => reason === 'neverServed' || reason === 'notKept';

const byWhere = (a: LeftOut, b: LeftOut): number => {
  const [x, y] = [canonicalText(a), canonicalText(b)];
  return x < y ? -1 : Number(x > y);
};

/** The manifest, its envelope, the list for `sha256sum` and its signature: each is made of what comes before it. */
function seal_(measured: readonly Measured[], said: Omit<Manifest, 'parts'>, key: SigningKey | null): Bundle {
  const parts = measured.map(({ part }) => part).sort(byName);
  const manifest: Manifest = { ...said, parts };
  const text = Buffer.from(canonicalText(manifest));
  const made: ZipPart[] = [...measured.map(({ zip }) => zip), bytesPart(names.manifest, text)];
  const sealed = key === null ? null : Buffer.from(seal(text, key.key, key.keyId));
  if (sealed !== null) made.push(bytesPart(names.envelope, sealed));
  const hashes = new Map<string, string>(parts.map(({ name, sha256 }) => [name, sha256]));
  hashes.set(names.manifest, hashBytes(text));
  if (sealed !== null) hashes.set(names.envelope, hashBytes(sealed));
  const listed = [...hashes].map(([name, sha256]) => ({ name, sha256 })).sort(byName);
  const sums = Buffer.from(sumsOf(listed));
  made.push(bytesPart(names.sums, sums));
  if (key !== null) made.push(bytesPart(names.sumsSignature, sign(null, sums, key.key)));
  return { manifest, sha256: hashBytes(text), parts: made.sort(byName) };
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : Number(a.name > b.name);

const hashBytes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const bytesPart = (name: string, bytes: Uint8Array): ZipPart => ({
  name,
  size: bytes.length,
  crc: crcOf(bytes),
  content: contentOf(bytes),
});

const contentOf = (bytes: Uint8Array): Content =>
  async function* () {
    yield bytes;
  };

function policyParts({ records, withPolicy }: BundleOptions, leftOut: LeftOut[]): readonly Source[] {
  const texts = new Map(records.requests.map(({ request, policyText }) => [request.policyVersion, policyText]));
  const sources: Source[] = [];
  for (const [version, text] of texts) {
    const reason = withPolicy ? ('notKept' as const) : ('byChoice' as const);
    if (text === null || !withPolicy) {
      const bytes = text === null ? null : Buffer.from(text);
      leftOut.push({
        request: null,
        what: 'policy',
        title: `version ${version}`,
        sha256: bytes === null ? null : hashBytes(bytes),
        size: bytes?.length ?? null,
        reason,
      });
    } else {
      const name = `policy-${sources.length + 1}.yaml`;
      sources.push({ name, what: 'policy', title: `version ${version}`, content: Buffer.from(text) });
    }
  }
  return sources;
}

interface Measured {
  readonly part: ManifestPart;
  readonly zip: ZipPart;
}

/** A part with its hashes; what should be kept and is not, or is not what was kept, is left out and listed. */
async function measure(source: Source, evidenceDir: string): Promise<Measured | LeftOut> {
  if (Buffer.isBuffer(source.content)) return measureBytes({ ...source, content: source.content });
  const { sha256, size, request } = source.content;
  // Made of the hash alone: what the store says of the path is not followed elsewhere.
  const file = path.join(evidenceDir, sha256.slice(0, 2), sha256);
  const content: Content = () => createReadStream(file, { highWaterMark: 1 << 20 });
  const found = await hashFile(content);
  const { name, what, title } = source;
  if (found === null || found.sha256 !== sha256) {
    const reason = found === null ? source.content.absent : ('differs' as const);
    return { request, what, title, sha256, size, reason };
  }
  return {
    part: { name, sha256, size: found.size, what, title },
    zip: { name, size: found.size, crc: found.crc, content },
  };
}

async function measureBytes({ name, what, title, content }: Source & { readonly content: Buffer }): Promise<Measured> {
  return {
    part: { name, sha256: hashBytes(content), size: content.length, what, title },
    zip: bytesPart(name, content),
  };
}

/** Null when there is no such file. */
async function hashFile(content: Content): Promise<{ sha256: string; size: number; crc: number } | null> {
  const hash = createHash('sha256');
  let size = 0;
  let crc = 0;
  try {
    for await (const chunk of content()) {
      hash.update(chunk);
      size += chunk.length;
      crc = crcOf(chunk, crc);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return { sha256: hash.digest('hex'), size, crc };
}
