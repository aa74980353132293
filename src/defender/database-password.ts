import type { Clock } from '../lib/clock';
import { reveal } from '../lib/redacted';
import type { TeamsCloud } from './cloud';
import { type CredentialSettings, createTokenSource, type TokenSourceOptions } from './token';

interface Settings {
  readonly databaseSignIn: 'password' | 'entra';
  readonly teamsCloud: TeamsCloud;
  readonly defender: { readonly url: string; readonly credential: CredentialSettings | { readonly type: 'local' } };
}

/**
 * With DATABASE_SIGN_IN=entra: gives a token of the identity that signs in to Defender, for each new connection; it is renewed before it runs
 * out. A connection that is open stays open. Undefined: the address has the password.
 */
export function createDatabasePassword(
  { databaseSignIn, defender, teamsCloud }: Settings,
  clock: Clock,
  issuer: Pick<TokenSourceOptions, 'authorityHost' | 'ca'> = {},
): (() => Promise<string>) | undefined {
  const { credential, url } = defender;
  if (databaseSignIn === 'password' || credential.type === 'local') return undefined;
  const isGovernment = teamsCloud === 'gccHigh' || teamsCloud === 'dod';
  const scope = databaseScopes[isGovernment ? 'government' : 'commercial'];
  const token = createTokenSource({ credential, baseUrl: url, scope, clock, ...issuer });
  return async () => reveal(await token());
}

/** Azure Database for PostgreSQL, "Use Microsoft Entra ID for authentication". */
const databaseScopes = {
  commercial: 'https://ossrdbms-aad.database.windows.net/.default',
  government: 'https://ossrdbms-aad.database.usgovcloudapi.net/.default',
} as const;
