import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { err, ok, type Result } from '../lib/result';

/** A key that signs bundles, with what others need to check it. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly keyId: string;
  readonly publicPem: string;
}

export type KeyFault = 'notAKey' | 'otherType';

/** Lower-case hex SHA-256 of the public key (SubjectPublicKeyInfo, DER): what `openssl pkey -pubin -outform DER` gives to `sha256sum`. */
export const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** A new Ed25519 key as PEM (PKCS #8 and SubjectPublicKeyInfo). */
export function makeKey(): { readonly privatePem: string; readonly publicPem: string; readonly keyId: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: pemOf(publicKey),
    keyId: keyIdOf(publicKey),
  };
}

export function readSigningKey(pem: string): Result<SigningKey, KeyFault> {
  const key = parse(() => createPrivateKey(pem));
  if (key === null) return err('notAKey');
  if (key.asymmetricKeyType !== 'ed25519') return err('otherType');
  const publicKey = createPublicKey(key);
  return ok({ key, keyId: keyIdOf(publicKey), publicPem: pemOf(publicKey) });
}

/** Only a public key: a private one given for it would be spread by who means well. */
export function readPublicKey(pem: string): Result<KeyObject, KeyFault> {
  const key = /-----BEGIN PUBLIC KEY-----/.test(pem) ? parse(() => createPublicKey(pem)) : null;
  if (key === null) return err('notAKey');
  return key.asymmetricKeyType === 'ed25519' ? ok(key) : err('otherType');
}

const pemOf = (publicKey: KeyObject): string => publicKey.export({ type: 'spki', format: 'pem' }).toString();

function parse(read: () => KeyObject): KeyObject | null {
  try {
    return read();
  } catch {
    return null;
  }
}
