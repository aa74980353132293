import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const tls = join(__dirname, '..', 'fixtures', 'tls');
/** To be trusted by the program under test (NODE_EXTRA_CA_CERTS). */
export const hostsCertificate = join(tls, 'hosts-cert.pem');
export const reroute = join(__dirname, 'reroute.cjs');

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * The hosts of Microsoft that the service reaches for, on one port of this machine under their own names: Entra signs in, and Defender's hosts
 * lead to an emulator. A program comes here by `reroute.cjs`.
 */
export class LocalMicrosoft {
  /** Every token request: the host that was asked, and the form. */
  readonly tokenRequests: Array<{ readonly host: string; readonly form: URLSearchParams }> = [];
  /** Every call of another host, such as `GET smba.trafficmanager.net/`. */
  readonly calls: string[] = [];
  /** Entra's refusal by client id, such as 7000222. */
  readonly refusals = new Map<string, number>();
  /** What tokens for Defender say of themselves beside what the emulator writes; a token with more is none that it knows. */
  claims: Readonly<Record<string, unknown>> | null = null;
  /** How far the clocks of all hosts are from this one's. */
  skewMs = 0;
  readonly #emulatorUrl: string;
  readonly #server: Server;

  constructor(emulatorUrl: string) {
    this.#emulatorUrl = emulatorUrl;
    const files = { key: readFileSync(join(tls, 'hosts-key.pem')), cert: readFileSync(hostsCertificate) };
    this.#server = createServer(files, (request, response) => void this.#answer(request, response));
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** For the program under test. */
  get environment(): Readonly<Record<string, string>> {
    return {
      NODE_OPTIONS: `--require ${reroute}`,
      NODE_EXTRA_CA_CERTS: hostsCertificate,
      REROUTE_PORT: String((this.#server.address() as AddressInfo).port),
    };
  }

  reset(): void {
    this.tokenRequests.length = 0;
    this.calls.length = 0;
    this.refusals.clear();
    this.claims = null;
    this.skewMs = 0;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('date', new Date(Date.now() + this.skewMs).toUTCString());
    const host = request.headers.host ?? '';
    const url = new URL(request.url ?? '/', `https://${host}`);
    if (host.startsWith('login.microsoftonline.')) return this.#signIn(host, url, request, response);
    this.calls.push(`${request.method} ${host}${url.pathname}`);
    if (/security/.test(host)) return this.#toEmulator(url, request, response);
    send(response, 200, { value: [] });
  }

  async #signIn(host: string, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const tenant = `https://${host}/${url.pathname.split('/')[1]}`;
    if (url.pathname.endsWith('/openid-configuration'))
      return send(response, 200, {
        issuer: `${tenant}/v2.0`,
        authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
        token_endpoint: `${tenant}/oauth2/v2.0/token`,
        jwks_uri: `${tenant}/discovery/v2.0/keys`,
      });
    if (!url.pathname.endsWith('/token')) return send(response, 404, { error: 'not_found' });
    const body = await read(request);
    const form = new URLSearchParams(body);
    this.tokenRequests.push({ host, form });
    const refusal = this.refusals.get(form.get('client_id') ?? '');
    if (refusal !== undefined)
      return send(response, 401, {
        error: 'invalid_client',
        error_description: `AADSTS${refusal}: Refused. Trace ID: 0`,
        error_codes: [refusal],
      });
    if (this.claims !== null || !/security/.test(form.get('scope') ?? ''))
      return send(response, 200, {
        token_type: 'Bearer',
        expires_in: 3_599,
        access_token: `${part({ alg: 'none' })}.${part(this.claims ?? {})}.s`,
      });
    const forwarded = await fetch(`${this.#emulatorUrl}${url.pathname}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    send(response, forwarded.status, await forwarded.json());
  }

  #toEmulator(url: URL, request: IncomingMessage, response: ServerResponse): void {
    const target = new URL(`${url.pathname}${url.search}`, this.#emulatorUrl);
    const { authorization } = request.headers;
    const onward = httpRequest(target, { headers: authorization === undefined ? {} : { authorization } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' });
      answer.pipe(response);
    });
    onward.end();
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
