import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { Clock } from '../lib/clock';
import { type Redacted, redact, reveal } from '../lib/redacted';
import { cloudOf } from './cloud';
import { DefenderError } from './errors';

/** Hands out a token for Defender, or for Graph. `refused` is one that was just answered with 401: it is not handed out again if that can be helped. */
export type TokenSource = (refused?: Redacted<string>) => Promise<Redacted<string>>;

/** How the service proves to Entra who it is; each kind has exactly what it needs. */
export type CredentialSettings =
  | {
      readonly type: 'clientSecret';
      readonly tenantId: string;
      readonly clientId: string;
      readonly secret: Redacted<string>;
    }
  | {
      readonly type: 'clientCertificate';
      readonly tenantId: string;
      readonly clientId: string;
      readonly certificatePath: string;
    }
  /** `clientId` null: the identity that the platform assigned. */
  | { readonly type: 'managedIdentity'; readonly clientId: string | null }
  /** `tokenFilePath` null: where AZURE_FEDERATED_TOKEN_FILE says, as the workload identity webhook sets it. */
  | {
      readonly type: 'workloadIdentity';
      readonly tenantId: string;
      readonly clientId: string;
      readonly tokenFilePath: string | null;
    };

export interface TokenSourceOptions {
  readonly credential: CredentialSettings;
  /** `DEFENDER_API_URL` or `GRAPH_API_URL`: decides what the token is for and where to sign in. */
  readonly baseUrl: string;
  /** What the token is for, where that is another service than the one of `baseUrl`, whose cloud still says where to sign in. */
  readonly scope?: string;
  readonly clock: Clock;
  /** A sign-in host other than the cloud's own; with it Entra's instance discovery is not asked, since it knows only Microsoft's hosts. */
  readonly authorityHost?: string;
  /** A private certificate authority (PEM) for that host. */
  readonly ca?: string;
  readonly timeoutMs?: number;
}

/**
 * Tokens through @azure/identity: one request at a time however many callers wait, kept until shortly before they expire. A refused token
 * makes a new credential, which forgets what its library had cached. (The managed identity library keeps its cache for the whole process and
 * has no switch for it, so there a refused token can come back; the call then fails as unauthorized.)
 */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const scope = options.scope ?? scopeForHost(options.baseUrl);
  let credential = createCredential(options);
  let kept: { readonly token: Redacted<string>; readonly useUntil: number } | null = null;
  let inFlight: Promise<Redacted<string>> | null = null;

  const ask = async (): Promise<Redacted<string>> => {
    const answer = await getToken(credential, scope, options.timeoutMs ?? defaultTimeoutMs);
    kept = { token: redact(answer.token), useUntil: answer.expiresAt - renewBeforeMs };
    return kept.token;
  };

  return async (refused) => {
    if (inFlight !== null) return inFlight;
    const isRefused = kept !== null && refused !== undefined && reveal(kept.token) === reveal(refused);
    if (kept !== null && !isRefused && options.clock.now() < kept.useUntil) return kept.token;
    if (isRefused) credential = createCredential(options);
    inFlight = ask().finally(() => {
      inFlight = null;
    });
    return inFlight;
  };
}

/** The word that the emulator of the trial accepts instead of a token; no secret, and worthless anywhere else. */
export function localToken(): TokenSource {
  const token = redact('local');
  return async () => token;
}

/** What the token must be for: one audience for every commercial host, the host itself in government clouds (defender-api.md §1.7, §1.8). */
export const scopeForHost = (apiUrl: string): string => cloudOf(apiUrl).scope;

/** A token lives about an hour (`expires_in` 3599); five minutes cover a slow call and a clock that is off. */
const renewBeforeMs = 5 * 60_000;
const defaultTimeoutMs = 30_000;

interface Credential {
  getToken(
    scope: string,
    options: { abortSignal: AbortSignal },
  ): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

async function getToken(
  credential: Credential,
  scope: string,
  timeoutMs: number,
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const timeout = rejectAfter(timeoutMs);
  try {
    // The abort signal does not reach every path inside @azure/identity (managed identity ignores it), so the wait is bounded here as well.
    const answer = await Promise.race([credential.getToken(scope, { abortSignal: timeout.signal }), timeout.expired]);
    if (answer === null) throw new DefenderError('getToken', 'defender.noToken');
    return { token: answer.token, expiresAt: answer.expiresOnTimestamp };
  } catch (cause) {
    if (cause instanceof DefenderError) throw cause;
    throw new DefenderError('getToken', 'defender.noToken', { cause, defenderCode: entraCodeOf(cause) });
  } finally {
    timeout.clear();
  }
}

function createCredential({ credential, baseUrl, authorityHost, ca }: TokenSourceOptions): Credential {
  const common = {
    authorityHost: authorityHost ?? cloudOf(baseUrl).authorityHost,
    ...(authorityHost === undefined ? {} : { disableInstanceDiscovery: true }),
    ...(ca === undefined ? {} : { tlsOptions: { ca } }),
  };
  switch (credential.type) {
    case 'clientSecret':
      return new ClientSecretCredential(credential.tenantId, credential.clientId, reveal(credential.secret), common);
    case 'clientCertificate':
      return new ClientCertificateCredential(
        credential.tenantId,
        credential.clientId,
        credential.certificatePath,
        common,
      );
    case 'managedIdentity':
      return credential.clientId === null
        ? new ManagedIdentityCredential()
        : new ManagedIdentityCredential({ clientId: credential.clientId });
    case 'workloadIdentity':
      return new WorkloadIdentityCredential({
        ...common,
        tenantId: credential.tenantId,
        clientId: credential.clientId,
        ...(credential.tokenFilePath === null ? {} : { tokenFilePath: credential.tokenFilePath }),
      });
  }
}

/**
 * Entra's own number for a refusal, such as AADSTS7000215 for a wrong secret, or its word. @azure/identity 4.13 hands the number on in its
 * text alone; it chooses the sentence that an operator reads, and nothing else.
 */
function entraCodeOf(cause: unknown): string | null {
  const { errorResponse, errorCode, message } = Object(cause) as {
    readonly errorResponse?: { readonly errorCodes?: unknown; readonly error?: unknown };
    readonly errorCode?: unknown;
    readonly message?: unknown;
  };
  const codes = errorResponse?.errorCodes;
  const number = Array.isArray(codes)
    ? codes[0]
    : /\b(?:AADSTS|Error\(s\): )(\d{4,8})\b/.exec(String(message ?? ''))?.[1];
  if (number !== undefined) return `AADSTS${number}`;
  const word = errorResponse?.error ?? errorCode;
  return typeof word === 'string' ? word.slice(0, 100) : null;
}

function rejectAfter(ms: number) {
  const controller = new AbortController();
  let clear = (): void => {};
  const expired = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new DefenderError('getToken', 'defender.noToken', { cause: new Error(`No token after ${ms} ms`) }));
      controller.abort();
    }, ms);
    clear = () => clearTimeout(timer);
  });
  expired.catch(() => {});
  return { signal: controller.signal, expired, clear };
}
