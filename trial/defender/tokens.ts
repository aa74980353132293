import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../../src/lib/clock';
import { type Answer, json } from './answer';

/** An app registration of the tenant. Roles are copied into a token when it is issued, so a change shows in the next token only. */
export interface AppSpec {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** On whose behalf a call is made, and what it may do. */
export interface Caller {
  readonly clientId: string;
  readonly name: string;
  readonly roles: readonly string[];
}

/** The token of the trial, accepted as the emulator's own app; a real tenant knows no such thing. */
const trialToken = 'local';

/** `expires_in` as documented (resp-token-doc.json). */
const lifetimeSeconds = 3_599;

/** Resources whose tokens the API accepts (defender-api.md §1.7). */
const resources = [
  /^https:\/\/api\.securitycenter\.microsoft\.com\/?$/,
  /^https:\/\/securitycenter\.onmicrosoft\.com\/windowsatpservice\/?$/,
  /^https:\/\/api\.securitycenter\.windows\.com\/?$/,
  /^https:\/\/api-(?:us|eu|uk|au)\.securitycenter\.microsoft\.com\/?$/,
  /^https:\/\/api-(?:gcc|gov)\.securitycenter\.microsoft\.us\/?$/,
];

export class Tokens {
  readonly #clock: Clock;
  readonly #tenantId: string;
  readonly #own: AppSpec;
  readonly #apps = new Map<string, AppSpec>();
  readonly #issued = new Map<string, { readonly caller: Caller; readonly expiresAt: number }>();

  constructor(clock: Clock, tenantId: string, own: AppSpec) {
    this.#clock = clock;
    this.#tenantId = tenantId;
    this.#own = own;
    this.#apps.set(own.clientId, own);
  }

  addApp(app: AppSpec): void {
    this.#apps.set(app.clientId, app);
  }

  setRoles(clientId: string, change: (roles: readonly string[]) => readonly string[]): void {
    const app = this.#apps.get(clientId);
    if (app === undefined) throw new Error(`No app ${clientId} is registered with the emulator.`);
    this.#apps.set(clientId, { ...app, roles: change(app.roles) });
  }

  /** Whoever the Authorization header stands for, or null when it is missing, unknown or expired. */
  findCaller(authorization: string | undefined): Caller | null {
    const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return null;
    if (token === trialToken) {
      const own = this.#apps.get(this.#own.clientId) ?? this.#own;
      return { clientId: own.clientId, name: own.name, roles: own.roles };
    }
    const issued = this.#issued.get(token);
    return issued === undefined || issued.expiresAt <= this.#clock.now() ? null : issued.caller;
  }

  /** The client credentials flow, v2 (`scope`) and v1 (`resource`). */
  issue(tenant: string, version: 'v1' | 'v2', form: URLSearchParams): Answer {
    if (tenant.toLowerCase() !== this.#tenantId.toLowerCase()) {
      return refuseToken(400, 'invalid_request', `AADSTS90002: Tenant '${tenant}' not found.`);
    }
    const missing = ['grant_type', 'client_id'].find((name) => !form.get(name));
    if (missing !== undefined) {
      return refuseToken(
        400,
        'invalid_request',
        `AADSTS900144: The request body must contain the following parameter: '${missing}'.`,
      );
    }
    if (form.get('grant_type') !== 'client_credentials') {
      return refuseToken(400, 'unsupported_grant_type', 'AADSTS70003: The app requested an unsupported grant type.');
    }
    const app = this.#apps.get(form.get('client_id') ?? '');
    if (app === undefined) {
      return refuseToken(400, 'unauthorized_client', 'AADSTS700016: Application was not found in the directory.');
    }
    if (!form.get('client_secret')) {
      return refuseToken(
        401,
        'invalid_client',
        "AADSTS7000218: The request body must contain 'client_assertion' or 'client_secret'.",
      );
    }
    if (form.get('client_secret') !== app.clientSecret) {
      return refuseToken(401, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.');
    }
    const fault = findResourceFault(version, form);
    return fault ?? this.#grant(app, version);
  }

  #grant(app: AppSpec, version: 'v1' | 'v2'): Answer {
    const issuedAt = Math.floor(this.#clock.now() / 1_000);
    const claims = {
      iat: issuedAt,
      nbf: issuedAt,
      exp: issuedAt + lifetimeSeconds,
      app_displayname: app.name,
      appid: app.clientId,
      roles: app.roles,
      tid: this.#tenantId,
      uti: randomUUID(),
      ver: '1.0',
    };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ typ: 'JWT', alg: 'RS256' })}.${part(claims)}.${randomBytes(32).toString('base64url')}`;
    this.#issued.set(token, {
      caller: { clientId: app.clientId, name: app.name, roles: [...app.roles] },
      expiresAt: claims.exp * 1_000,
    });
    const seconds = (n: number) => (version === 'v1' ? String(n) : n);
    return {
      ...json(200, {
        token_type: 'Bearer',
        expires_in: seconds(lifetimeSeconds),
        ext_expires_in: seconds(0),
        access_token: token,
      }),
      headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store, no-cache' },
    };
  }
}

function findResourceFault(version: 'v1' | 'v2', form: URLSearchParams): Answer | null {
  const name = version === 'v1' ? 'resource' : 'scope';
  const value = form.get(name);
  if (!value) {
    return refuseToken(
      400,
      'invalid_request',
      `AADSTS900144: The request body must contain the following parameter: '${name}'.`,
    );
  }
  if (version === 'v2' && !value.endsWith('/.default')) {
    return refuseToken(400, 'invalid_scope', `AADSTS1002012: The provided value for scope ${value} is not valid.`);
  }
  const resource = version === 'v1' ? value : value.slice(0, -'/.default'.length);
  if (resources.some((known) => known.test(resource))) return null;
  return refuseToken(
    400,
    'invalid_resource',
    `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`,
  );
}

const refuseToken = (status: number, error: string, description: string): Answer => ({
  ...json(status, { error, error_description: description, error_codes: [Number(/\d+/.exec(description)?.[0] ?? 0)] }),
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
});
