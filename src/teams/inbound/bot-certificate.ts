import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Redacted, redact } from '../../lib/redacted';
import { err, ok, type Result } from '../../lib/result';

/** What a SingleTenant bot proves itself to Entra with, in place of a password. */
export interface BotCertificate {
  /** SHA-1 of the certificate in hex, as Entra names it. */
  readonly thumbprint: string;
  /** PEM. */
  readonly privateKey: Redacted<string>;
}

/** Reads a PEM file with a certificate and its unencrypted private key, which must belong together. */
export function readBotCertificate(path: string): Result<BotCertificate, string> {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch {
    return err(
      'BOT_CERTIFICATE_PATH: the file cannot be read, so the bot could not sign in to Teams. Put it there and let the account of the service read it, or fix the path.',
    );
  }
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0];
  const key = /-----BEGIN (?:RSA )?PRIVATE KEY-----[\s\S]+?-----END (?:RSA )?PRIVATE KEY-----/.exec(pem)?.[0];
  try {
    const known = new X509Certificate(certificate ?? '');
    if (key !== undefined && known.checkPrivateKey(createPrivateKey(key)))
      return ok({ thumbprint: known.fingerprint.replaceAll(':', ''), privateKey: redact(key) });
  } catch {
    // Told below: no text of the file may reach a log.
  }
  return err(
    'BOT_CERTIFICATE_PATH: the file must hold a certificate and its own unencrypted RSA private key, both as PEM, and does not. Put both into one PEM file; from a PFX file, openssl pkcs12 -nodes makes one.',
  );
}
