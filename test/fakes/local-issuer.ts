import { createHash, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenClaims {
  readonly aud: string;
  readonly serviceurl?: string;
  readonly iss?: string;
  /** Seconds. */
  readonly exp?: number;
  readonly nbf?: number;
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface TokenForm {
  readonly alg?: 'RS256' | 'HS256' | 'none';
  readonly kid?: string;
  readonly key?: KeyObject;
}

/** Plays the Bot Framework's OpenID endpoint (metadata and keys with endorsements) and Azure's managed identity endpoint. */
export class LocalIssuer {
  readonly issuer = 'https://api.botframework.com';
  readonly tokenRequests: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];
  /** Channels that the key may sign for; undefined leaves the list out. */
  endorsements: readonly string[] | undefined = ['msteams'];
  /** False: the key is not among those listed, as one that was withdrawn. */
  isListed = true;
  /** How often the keys were fetched. */
  keyRequests = 0;
  /** False: metadata and keys are answered 503. */
  isUp = true;
  url = '';
  private readonly keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  private readonly kid: string;
  private readonly server: Server;

  constructor() {
    const jwk = this.keys.publicKey.export({ format: 'jwk' });
    this.kid = createHash('sha1').update(String(jwk.n)).digest('base64url');
    this.server = createServer({ keepAliveTimeout: 300_000 }, (req, res) => {
      const answer = (body: unknown, status = 200) => {
        res.writeHead(status, { 'content-type': 'application/json' });
        res.end(JSON.stringify(body));
      };
      const path = (req.url ?? '').split('?')[0];
      if (path === '/msi/token') {
        this.tokenRequests.push({ url: req.url ?? '', headers: req.headers });
        return answer({
          access_token: 'managed-identity-token',
          expires_on: Math.floor(Date.now() / 1_000) + 3_600,
          resource: this.issuer,
          token_type: 'Bearer',
        });
      }
      if (!this.isUp) return answer({ error: 'down' }, 503);
      if (path === '/openid')
        return answer({
          issuer: this.issuer,
          jwks_uri: `${this.url}/keys`,
          id_token_signing_alg_values_supported: ['RS256'],
        });
      if (path === '/keys') {
        this.keyRequests += 1;
        const key = { kty: 'RSA', use: 'sig', kid: this.kid, n: jwk.n, e: jwk.e, endorsements: this.endorsements };
        return answer({ keys: this.isListed ? [key] : [] });
      }
      return answer({ error: 'not found' }, 404);
    });
  }

  get openIdMetadataUrl(): string {
    return `${this.url}/openid`;
  }

  get managedIdentityUrl(): string {
    return `${this.url}/msi/token`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  /** An Authorization header as the Connector would send it, or broken on purpose. */
  bearer(claims: TokenClaims, form: TokenForm = {}): string {
    const now = Math.floor(Date.now() / 1_000);
    const payload = { iss: this.issuer, nbf: now - 10, exp: now + 3_600, ...claims, more: undefined, ...claims.more };
    const alg = form.alg ?? 'RS256';
    const head = encode({ alg, kid: form.kid ?? this.kid, typ: 'JWT' });
    const signed = `${head}.${encode(payload)}`;
    const signature =
      alg === 'none'
        ? ''
        : createSign('RSA-SHA256')
            .update(signed)
            .sign(form.key ?? this.keys.privateKey)
            .toString('base64url');
    return `Bearer ${signed}.${signature}`;
  }
}

/** A key that the metadata does not list. */
export const strangersKey = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
