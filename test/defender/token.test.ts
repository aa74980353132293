import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cloudOf } from '../../src/defender/cloud';
import { createDatabasePassword } from '../../src/defender/database-password';
import { reportRoles } from '../../src/defender/roles';
import {
  type CredentialSettings,
  createTokenSource,
  localToken,
  scopeForHost,
  type TokenSource,
} from '../../src/defender/token';
import { redact, reveal } from '../../src/lib/redacted';
import { NotingClock } from './fake-defender';

const tenantId = '7d9b3c52-1f0e-4a44-8f0b-2f5d3b1c9a01';
const clientId = '0b7a3f6e-6a0f-4b7c-9d55-3f1c7a8e2d10';
const fixtures = path.resolve('test/fixtures/tls');
const cert = readFileSync(path.join(fixtures, 'cert.pem'), 'utf8');

/** Entra's token endpoint as far as the client credentials flow needs it: every token is new and lives for an hour. */
class Issuer {
  readonly asked: Array<{
    readonly path: string;
    readonly form: Record<string, string>;
    readonly headers: IncomingMessage['headers'];
  }> = [];
  livesForSeconds = 3_599;
  /** In place of the numbered ones. */
  accessToken: string | null = null;
  refuse: { readonly status: number; readonly json: unknown } | null = null;
  readonly #answer: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '', this.httpsUrl);
    if (url.pathname.endsWith('/.well-known/openid-configuration')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(this.#metadata(url)));
      return;
    }
    const form = {
      ...Object.fromEntries(url.searchParams),
      ...Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())),
    };
    this.asked.push({ path: url.pathname, form, headers: request.headers });
    const number = this.asked.length;
    const whole = {
      token_type: 'Bearer',
      expires_in: this.livesForSeconds,
      ext_expires_in: this.livesForSeconds,
      access_token: this.accessToken ?? `token-${number}`,
    };
    const managed = {
      ...whole,
      expires_on: String(Math.floor(Date.now() / 1_000) + 86_400),
      resource: form.resource,
    };
    response.writeHead(this.refuse?.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(this.refuse?.json ?? (url.pathname === '/msi' ? managed : whole)));
  };
  #metadata(url: URL): Record<string, string> {
    const tenant = `${url.origin}/${url.pathname.split('/')[1]}`;
    return {
      issuer: `${tenant}/v2.0`,
      authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
      token_endpoint: `${tenant}/oauth2/v2.0/token`,
      jwks_uri: `${tenant}/discovery/v2.0/keys`,
    };
  }
  readonly #https = createHttpsServer({ key: readFileSync(path.join(fixtures, 'key.pem')), cert }, this.#answer);
  readonly #http = createHttpServer(this.#answer);

  async start(): Promise<this> {
    await Promise.all(
      [this.#https, this.#http].map((s) => new Promise<void>((resolve) => s.listen(0, '127.0.0.1', resolve))),
    );
    return this;
  }
  get httpsUrl(): string {
    return `https://localhost:${(this.#https.address() as AddressInfo).port}`;
  }
  get httpUrl(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }
  async stop(): Promise<void> {
    for (const server of [this.#https, this.#http]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

let issuer: Issuer;
let clock: NotingClock;
const environment = { ...process.env };
beforeEach(async () => {
  issuer = await new Issuer().start();
  clock = new NotingClock();
});
afterEach(async () => {
  process.env = { ...environment };
  await issuer.stop();
});

/** The clock of the test stands where real time stands, since the library dates its tokens by real time. */
class LaterClock extends NotingClock {
  laterMs = 0;
  override now(): number {
    return Date.now() + this.laterMs;
  }
}

const source = (
  credential: CredentialSettings,
  more: Partial<Parameters<typeof createTokenSource>[0]> = {},
): TokenSource =>
  createTokenSource({
    credential,
    baseUrl: 'https://api.security.microsoft.com',
    clock: new LaterClock(),
    authorityHost: issuer.httpsUrl,
    ca: cert,
    ...more,
  });
const secret: CredentialSettings = { type: 'clientSecret', tenantId, clientId, secret: redact('s3cr3t~value') };

test('a client secret gets a token for Defender from the tenant of the settings', async () => {
  expect(reveal(await source(secret)())).toBe('token-1');
  expect(issuer.asked).toHaveLength(1);
  expect(issuer.asked[0]).toMatchObject({
    path: `/${tenantId}/oauth2/v2.0/token`,
    form: {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: 's3cr3t~value',
      scope: 'https://api.securitycenter.microsoft.com/.default',
    },
  });
});

test('a certificate proves itself by a signed assertion, and the key stays here', async () => {
  const certificate: CredentialSettings = {
    type: 'clientCertificate',
    tenantId,
    clientId,
    certificatePath: path.join(fixtures, 'app.pem'),
  };
  expect(reveal(await source(certificate)())).toBe('token-1');
  expect(issuer.asked[0]?.form.client_assertion?.split('.')).toHaveLength(3);
  expect(JSON.stringify(issuer.asked)).not.toContain('PRIVATE KEY');
});

test('a workload identity hands on the token that its platform wrote to a file', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'federated-'));
  const tokenFilePath = path.join(dir, 'token');
  await writeFile(tokenFilePath, 'federated.token.here');
  const workload: CredentialSettings = { type: 'workloadIdentity', tenantId, clientId, tokenFilePath };
  expect(reveal(await source(workload)())).toBe('token-1');
  expect(issuer.asked[0]?.form).toMatchObject({ client_assertion: 'federated.token.here' });
  await rm(dir, { recursive: true });
});

// One test, since the managed identity library keeps endpoint and tokens for the whole process.
test('a managed identity asks the endpoint of its platform, and a refused token can come back', async () => {
  process.env.IDENTITY_ENDPOINT = `${issuer.httpUrl}/msi`;
  process.env.IDENTITY_HEADER = 'platform-header';
  const token = source({ type: 'managedIdentity', clientId });
  const first = await token();
  expect(reveal(first)).toBe('token-1');
  expect(issuer.asked[0]).toMatchObject({
    path: '/msi',
    form: { resource: 'https://api.securitycenter.microsoft.com', client_id: clientId },
    headers: { 'x-identity-header': 'platform-header' },
  });
  expect(reveal(await token(first))).toBe('token-1');
});

test('the database gets a token of its own kind as a password, and a new one shortly before that runs out', async () => {
  const later = new LaterClock();
  const settings = {
    databaseSignIn: 'entra',
    teamsCloud: 'public',
    defender: { url: 'https://api.security.microsoft.com', credential: secret },
  } as const;
  const at = { authorityHost: issuer.httpsUrl, ca: cert };
  const password = createDatabasePassword(settings, later, at);
  expect(await password?.()).toBe('token-1');
  expect(issuer.asked[0]?.form.scope).toBe('https://ossrdbms-aad.database.windows.net/.default');
  later.laterMs = 50 * 60_000;
  expect(await password?.()).toBe('token-1');
  later.laterMs = 56 * 60_000;
  expect(await createDatabasePassword({ ...settings, teamsCloud: 'dod' }, later, at)?.()).toBe('token-2');
  expect(issuer.asked[1]?.form.scope).toBe('https://ossrdbms-aad.database.usgovcloudapi.net/.default');
  expect(createDatabasePassword({ ...settings, databaseSignIn: 'password' }, later, at)).toBeUndefined();
});

test('many callers at once share one token request', async () => {
  const token = source(secret);
  const tokens = await Promise.all(Array.from({ length: 20 }, () => token()));
  expect(new Set(tokens.map(reveal))).toEqual(new Set(['token-1']));
  expect(issuer.asked).toHaveLength(1);
});

test('a token is kept until shortly before it expires', async () => {
  const later = new LaterClock();
  const token = source(secret, { clock: later });
  await token();
  later.laterMs = 54 * 60_000;
  expect(reveal(await token())).toBe('token-1');
  expect(issuer.asked).toHaveLength(1);
});

test('a token that is about to expire is replaced', async () => {
  issuer.livesForSeconds = 200;
  const token = source(secret);
  expect(reveal(await token())).toBe('token-1');
  expect(reveal(await token())).toBe('token-2');
});

test('a refused token is replaced by one request, however many callers were refused', async () => {
  const token = source(secret);
  const first = await token();
  const fresh = await Promise.all(Array.from({ length: 10 }, () => token(first)));
  expect(new Set(fresh.map(reveal))).toEqual(new Set(['token-2']));
  expect(reveal(await token(first))).toBe('token-2');
  expect(issuer.asked).toHaveLength(2);
});

test('a refusal by Entra is told by its number and without the secret', async () => {
  issuer.refuse = {
    status: 401,
    json: {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided.',
      error_codes: [7000215],
    },
  };
  const error = await source(secret)().catch((e: unknown) => e);
  expect(error).toMatchObject({ name: 'DefenderError', code: 'defender.noToken' });
  expect(inspectDeeply(error)).not.toContain('s3cr3t');
});

test('at the start the log tells the roles in the token, those that are missing, and those that are too many', async () => {
  const claims = {
    aud: 'https://api.securitycenter.microsoft.com',
    roles: ['Machine.LiveResponse', 'Machine.Isolate'],
  };
  issuer.accessToken = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
  const { log, lines } = keepLines();
  await reportRoles({ token: source(secret), apiUrl: 'https://api.security.microsoft.com', log });
  expect(lines).toEqual([
    'info Roles of this service in Defender {"roles":["Machine.LiveResponse","Machine.Isolate"]}',
    expect.stringMatching(/^warn Machine\.ReadWrite\.All is missing: /),
    expect.stringMatching(/^warn Library\.Manage is missing: /),
    expect.stringMatching(/^warn Machine\.Isolate is not needed: /),
  ]);
});

test.each([
  [7000215, 'The client secret is wrong.'],
  [7000222, 'The client secret has expired.'],
  [700016, 'The tenant does not know the app.'],
])('at the start a refusal AADSTS%d is told with its cure, and without the secret', async (number, cure) => {
  issuer.refuse = {
    status: 401,
    json: { error: 'invalid_client', error_description: `AADSTS${number}: s3cr3t~value`, error_codes: [number] },
  };
  const { log, lines } = keepLines();
  await reportRoles({ token: source(secret), apiUrl: 'https://api.security.microsoft.com', log });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`warn No token for Defender yet. ${cure}`);
  expect(lines[0]).toContain(`"defenderCode":"AADSTS${number}"`);
  expect(lines[0]).not.toContain('s3cr3t');
});

test('an authority that does not answer is told as that', async () => {
  const token = source(secret);
  await issuer.stop();
  const { log, lines } = keepLines();
  await reportRoles({ token, apiUrl: 'https://api.security.microsoft.com', log });
  await issuer.start();
  expect(lines).toEqual([expect.stringContaining('warn No token for Defender yet. Neither Entra nor')]);
});

test('after a failure the next caller asks again', async () => {
  const token = source(secret);
  issuer.refuse = { status: 400, json: { error: 'invalid_request' } };
  await expect(token()).rejects.toMatchObject({ code: 'defender.noToken' });
  issuer.refuse = null;
  expect(reveal(await token())).toMatch(/^token-/);
});

test('an issuer whose certificate nobody vouches for gets no secret', async () => {
  const token = createTokenSource({
    credential: secret,
    baseUrl: 'https://api.security.microsoft.com',
    clock,
    authorityHost: issuer.httpsUrl,
    timeoutMs: 2_000,
  });
  await expect(token()).rejects.toMatchObject({ code: 'defender.noToken' });
  expect(issuer.asked).toEqual([]);
});

test.each([
  ['https://api.security.microsoft.com', 'https://login.microsoftonline.com'],
  ['https://ina.api.security.microsoft.com', 'https://login.microsoftonline.com'],
  ['https://api-gcc.securitycenter.microsoft.us', 'https://login.microsoftonline.com'],
  ['https://api-gov.securitycenter.microsoft.us', 'https://login.microsoftonline.us'],
])('the identity for %s signs in at %s', (host, authority) => {
  expect(cloudOf(host).authorityHost).toBe(authority);
});

test.each([
  ['https://api.security.microsoft.com', 'https://api.securitycenter.microsoft.com/.default'],
  ['https://api.securitycenter.microsoft.com', 'https://api.securitycenter.microsoft.com/.default'],
  ['https://eu.api.security.microsoft.com', 'https://api.securitycenter.microsoft.com/.default'],
  ['https://api-us.securitycenter.microsoft.com', 'https://api.securitycenter.microsoft.com/.default'],
  ['https://api-gcc.securitycenter.microsoft.us', 'https://api-gcc.securitycenter.microsoft.us/.default'],
  ['https://api-gov.securitycenter.microsoft.us', 'https://api-gov.securitycenter.microsoft.us/.default'],
  ['https://api.security.microsoft.com.evil.example', 'https://api.security.microsoft.com.evil.example/.default'],
])('a token for %s is good for %s', (host, scope) => {
  expect(scopeForHost(host)).toBe(scope);
});

test('the trial sends a word that is no secret', async () => {
  expect(reveal(await localToken()())).toBe('local');
});

function keepLines() {
  const lines: string[] = [];
  const keep = (level: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  return { lines, log: { info: keep('info'), warn: keep('warn'), error: keep('error') } };
}

function inspectDeeply(value: unknown): string {
  const error = value as Error & { cause?: unknown };
  return [
    String(error),
    JSON.stringify(error),
    error.stack ?? '',
    error.cause === undefined ? '' : inspectDeeply(error.cause),
  ].join('\n');
}
