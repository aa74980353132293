import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod/v4';
import { canonicalText, readCanonical } from './manifest';

/** Of our manifests; anything else in an envelope is not a bundle's. */
export const payloadType = 'application/vnd.live-response.evidence+json';

/** What a signature covers (DSSE v1, "PAE"): type and length too, so that it can be taken for nothing else. */
export const preAuthEncoding = (type: string, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);

const EnvelopeSchema = z.strictObject({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.string() })),
});

/** A canonical envelope around a payload, signed with one Ed25519 key. */
export function seal(payload: Uint8Array, key: KeyObject, keyId: string): string {
  const sig = sign(null, preAuthEncoding(payloadType, payload), key);
  return envelopeOf(payload, [{ keyid: keyId, sig: sig.toString('base64') }]);
}

const envelopeOf = (payload: Uint8Array, signatures: ReadonlyArray<{ keyid: string; sig: string }>): string =>
  canonicalText({ payload: Buffer.from(payload).toString('base64'), payloadType, signatures });

export interface Signature {
  /** A hint: only the key that the reader names decides. */
  readonly keyId: string;
  readonly bytes: Buffer;
}

/** The signatures of an envelope that is exactly as we write one around this payload; null otherwise. */
export function openEnvelope(bytes: Uint8Array, payload: Uint8Array): readonly Signature[] | null {
  const read = EnvelopeSchema.safeParse(readCanonical(bytes));
  if (!read.success) return null;
  const { signatures } = read.data;
  const isOurs = Buffer.from(bytes).equals(Buffer.from(envelopeOf(payload, signatures)));
  if (!isOurs) return null; // guard: envelope-holds-this-manifest
  return signatures.map(({ keyid, sig }) => ({ keyId: keyid, bytes: Buffer.from(sig, 'base64') }));
}

/** False for a signature of another key, over something else, or of another length. */
export const isSealedBy = (key: KeyObject, payload: Uint8Array, signature: Uint8Array): boolean =>
  verify(null, preAuthEncoding(payloadType, payload), key, signature);
