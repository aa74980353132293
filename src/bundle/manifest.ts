import canonicalize from 'canonicalize';
import { z } from 'zod/v4';
import { err, ok, type Result } from '../lib/result';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.int().min(0);
const Head = z.strictObject({ seq: Count, hash: Sha256 });

/** Why something that belongs to a request is not in its bundle. */
export const leftOutReasons = ['neverServed', 'pruned', 'differs', 'byChoice', 'notEntitled', 'notKept'] as const;

/** What a bundle says of itself; signed, and the one thing that is read before the rest. Names of devices and files stand here and name no part. */
const ManifestSchema = z.strictObject({
  schema: z.literal('live-response-evidence/1'),
  /** ISO 8601 in UTC. */
  madeAt: z.iso.datetime(),
  /** The account of the system that ran the command, or the Entra object id of who asked in the chat. */
  madeBy: z.strictObject({ how: z.enum(['commandLine', 'chat']), account: z.string() }),
  madeFrom: z.strictObject({ store: z.enum(['file', 'backup', 'postgres', 'service']), place: z.string() }),
  signing: z.union([
    z.strictObject({ algorithm: z.literal('none') }),
    z.strictObject({ algorithm: z.literal('Ed25519'), keyId: Sha256 }),
  ]),
  incident: z.string().nullable(),
  /** False: something is left out that was once kept, or a request has not ended. */
  complete: z.boolean(),
  requests: z
    .array(
      z.strictObject({
        id: z.string(),
        folder: z.string(),
        state: z.string(),
        ended: z.boolean(),
        digest: Sha256,
        /** Of its entries in the audit. */
        firstEntry: Count,
        lastEntry: Count,
      }),
    )
    .min(1),
  audit: z.strictObject({
    part: z.string(),
    /** The entry before the slice, and the last one of it. */
    after: Head,
    last: Head,
    /** Heads of the chain that were handed out to be kept outside, at or beside the two ends. */
    anchors: z.array(z.strictObject({ seq: Count, hash: Sha256, at: z.iso.datetime() })),
  }),
  parts: z.array(
    z.strictObject({ name: z.string(), sha256: Sha256, size: Count, what: z.string(), title: z.string().nullable() }),
  ),
  leftOut: z.array(
    z.strictObject({
      request: z.string().nullable(),
      what: z.string(),
      title: z.string().nullable(),
      sha256: Sha256.nullable(),
      size: Count.nullable(),
      reason: z.enum(leftOutReasons),
    }),
  ),
});

export type Manifest = z.infer<typeof ManifestSchema>;
export type LeftOut = Manifest['leftOut'][number];
export type ManifestPart = Manifest['parts'][number];

/** RFC 8785: one value has one text. */
export const canonicalText = (value: unknown): string => canonicalize(value) ?? 'null';

/** The value that a text is the canonical form of; null for a text that is not one, such as one with a key twice, `1.0` or a byte order mark. */
export function readCanonical(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    if (canonicalText(value) !== text) return undefined; // guard: manifest-is-canonical
    return value;
  } catch {
    return undefined;
  }
}

export type ManifestFault = 'notCanonical' | 'notAManifest' | 'partNamedTwice';

export function parseManifest(bytes: Uint8Array): Result<Manifest, ManifestFault> {
  const value = readCanonical(bytes);
  if (value === undefined) return err('notCanonical');
  const read = ManifestSchema.safeParse(value);
  if (!read.success) return err('notAManifest');
  const names = read.data.parts.map(({ name }) => name);
  if (new Set(names).size !== names.length) return err('partNamedTwice');
  return ok(read.data);
}

/** What is never listed in a manifest: itself, and what is made of it. */
export const names = {
  manifest: 'manifest.json',
  envelope: 'manifest.dsse.json',
  sums: 'SHA256SUMS',
  sumsSignature: 'SHA256SUMS.sig',
  publicKey: 'public-key.pem',
  firstPage: 'README.txt',
  report: 'report.html',
  audit: 'audit.jsonl',
} as const;

/** As `sha256sum -c` reads it: of all entries but the list and its signature, by name. */
export const sumsOf = (entries: readonly { readonly name: string; readonly sha256: string }[]): string =>
  entries.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
