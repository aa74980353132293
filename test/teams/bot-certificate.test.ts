import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationServiceClientCredentialFactory } from 'botbuilder';
import { reveal } from '../../src/lib/redacted';
import { toAuthOptions } from '../../src/teams/inbound/adapter';
import { readBotCertificate } from '../../src/teams/inbound/bot-certificate';

const fixture = 'test/fixtures/tls/app.pem';
const tenantId = '7d9b3c52-1f0e-4a44-8f0b-2f5d3b1c9a01';
const appId = '0b7a3f6e-6a0f-4b7c-9d55-3f1c7a8e2d10';
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'lr-bot-certificate-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const fileOf = (text: string): string => {
  const path = join(dir, 'bot.pem');
  writeFileSync(path, text);
  return path;
};

test('a certificate and its key make the credentials that botbuilder signs in with, and no password does', async () => {
  const read = readBotCertificate(fixture);
  if (!read.ok) throw new Error(read.error);
  expect(read.value.thumbprint).toBe(new X509Certificate(readFileSync(fixture)).fingerprint.replaceAll(':', ''));
  const options = toAuthOptions({ identity: { type: 'SingleTenant', appId, tenantId, certificate: read.value } });
  expect(options).not.toHaveProperty('MicrosoftAppPassword');
  const credentials = await new ConfigurationServiceClientCredentialFactory(options).createCredentials(
    appId,
    'https://api.botframework.com',
    `https://login.microsoftonline.com/${tenantId}`,
    true,
  );
  expect(credentials.constructor.name).toBe('CertificateAppCredentials');
  expect(credentials).toMatchObject({
    certificateThumbprint: read.value.thumbprint,
    certificatePrivateKey: reveal(read.value.privateKey),
    oAuthScope: 'https://api.botframework.com',
  });
});

test('a file without both, and a key of another certificate, are refused without a word of what is in them', () => {
  const pem = readFileSync(fixture, 'utf8');
  const certificate = readFileSync('test/fixtures/tls/cert.pem', 'utf8');
  const key = /-----BEGIN (?:RSA )?PRIVATE KEY[\s\S]+?PRIVATE KEY-----/.exec(pem)?.[0] ?? '';
  for (const text of [
    '',
    certificate,
    key,
    `${certificate}\n${key}`,
    pem.replace(/PRIVATE KEY/g, 'ENCRYPTED PRIVATE KEY'),
  ])
    expect(readBotCertificate(fileOf(text))).toEqual({
      ok: false,
      error:
        'BOT_CERTIFICATE_PATH: the file must hold a certificate and its own unencrypted RSA private key, both as PEM, and does not. Put both into one PEM file; from a PFX file, openssl pkcs12 -nodes makes one.',
    });
  expect(readBotCertificate(join(dir, 'nowhere.pem'))).toEqual({
    ok: false,
    error:
      'BOT_CERTIFICATE_PATH: the file cannot be read, so the bot could not sign in to Teams. Put it there and let the account of the service read it, or fix the path.',
  });
});
