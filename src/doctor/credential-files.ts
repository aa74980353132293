import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DefenderCredential } from '../config';
import { readBotCertificate } from '../teams/inbound/bot-certificate';
import { fail, fine, type Judged, warn } from './finding';

const warnBeforeMs = 30 * 24 * 3_600_000;

/** What lies in a file of this machine, so that its fault can be told before Entra refuses it. Only an end date ever leaves it. */
export async function judgeCredentialFiles(credential: DefenderCredential, now: number): Promise<readonly Judged[]> {
  switch (credential.type) {
    case 'clientCertificate':
      return [await judgeCertificateFile(credential.certificatePath, now, ofApp)];
    case 'workloadIdentity':
      return credential.tokenFilePath === null ? [] : [await judgeTokenFile(credential.tokenFilePath)];
    default:
      return [];
  }
}

/** The same for the certificate that the bot signs in to Teams with; `path` null: it has none. */
export async function judgeBotCertificate(path: string | null, now: number): Promise<readonly Judged[]> {
  if (path === null) return [];
  const read = readBotCertificate(path);
  if (read.ok) return [await judgeCertificateFile(path, now, ofBot)];
  const [found = '', ...cure] = read.error.split(/(?<=\.)\s+(?=[A-Z])/);
  return [fail(found, cure.join(' '))];
}

interface Whose {
  readonly variable: string;
  readonly owner: string;
}
const ofApp: Whose = { variable: 'DEFENDER_CLIENT_CERTIFICATE_PATH', owner: 'app' };
const ofBot: Whose = { variable: 'BOT_CERTIFICATE_PATH', owner: 'bot' };

async function judgeCertificateFile(path: string, now: number, whose: Whose): Promise<Judged> {
  const pem = await readFile(path, 'utf8').catch(() => null);
  if (pem === null)
    return fail(
      `The file of ${whose.variable} cannot be read, so nothing can be signed with it.`,
      'Put it there and let the account of the service read it, or fix the path.',
    );
  return judgeCertificate(pem, now, whose);
}

/** Judges the text of a PEM file with a certificate and its key. */
export function judgeCertificate(pem: string, now: number, { variable, owner }: Whose = ofApp): Judged {
  const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0];
  const certificate = block === undefined ? null : parse(block);
  if (certificate === null || !/-----BEGIN (RSA |EC )?PRIVATE KEY-----/.test(pem))
    return fail(
      `The file of ${variable} must hold a certificate and its unencrypted private key, both as PEM, and does not.`,
      'Put both into one PEM file; from a PFX file, openssl pkcs12 -nodes makes one.',
    );
  const ends = Date.parse(certificate.validTo);
  const day = new Date(ends).toISOString().slice(0, 10);
  const cure =
    'Make a new one, upload its public part to the app registration, put it in the place of the file, and start the service again.';
  if (ends <= now) return fail(`The certificate of the ${owner} has expired on ${day}.`, cure);
  if (Date.parse(certificate.validFrom) > now)
    return fail(
      `The certificate of the ${owner} is not valid yet.`,
      'Set the clock by NTP, or use the certificate of before.',
    );
  if (ends - now < warnBeforeMs) return warn(`The certificate of the ${owner} expires on ${day}.`, cure);
  return fine(`The certificate of the ${owner} is valid until ${day}.`);
}

async function judgeTokenFile(path: string): Promise<Judged> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text !== null && text.trim() !== '') return fine('The platform has written a federated token.');
  return fail(
    'The file of AZURE_FEDERATED_TOKEN_FILE is not there or is empty, so there is nothing to show to Entra.',
    'Let the platform write it (on AKS: the workload identity webhook and the label on the pod), or fix the path.',
  );
}

function parse(block: string): X509Certificate | null {
  try {
    return new X509Certificate(block);
  } catch {
    return null;
  }
}
