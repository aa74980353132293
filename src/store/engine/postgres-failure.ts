import { DatabaseError } from 'pg';
import { StoreError } from '../store-error';

/** What the server said, by SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html), longest prefix first. */
const reasonsByState: ReadonlyArray<readonly [state: string, reason: string]> = [
  ['28', 'it refused the sign-in. Check the user, the password and the TLS mode in DATABASE_URL'],
  ['3D000', 'there is no database of that name. Create it, or fix the name in DATABASE_URL'],
  ['42501', 'the user may not do this there. It must own the schema of its database'],
  ['53100', 'its disk is full. Make room there'],
  ['53', 'it has no connections or memory left. Look at its limits and at who uses them'],
  ['57P', 'it is starting, stopping or failing over'],
  ['25006', 'it is read-only, as a standby is. The address must lead to the primary'],
  ['57014', 'a statement took too long. Look at its load'],
  ['55P03', 'a lock was not given in time. Look at who holds a transaction open'],
  ['25P03', 'the transaction stood still for too long and was ended by the server'],
  ['58', 'its system reported an error. Look at its disk and its log'],
  ['08', 'the connection broke. Check the network and the server'],
];

/** The failure in this store's words; null for what only a bug can cause. */
export function toStoreError(error: unknown, place: string): StoreError | null {
  if (error instanceof StoreError) return error;
  if (!(error instanceof DatabaseError)) return isBug(error) ? null : unavailable(place, unreachable, error);
  const state = error.code ?? '';
  if (state === '40001' || state === '40P01')
    return new StoreError('store.conflict', 'Another replica changed the same at the same time. Decide anew.', {
      cause: error,
    });
  if (state.startsWith('XX'))
    return new StoreError(
      'store.corrupt',
      `The database ${place} reports damage (${state}), so nothing in it can be trusted. Restore a backup.`,
      { cause: error },
    );
  const reason = reasonsByState.find(([prefix]) => state.startsWith(prefix))?.[1];
  return reason === undefined ? null : unavailable(place, reason, error);
}

/** What is not the server's answer is the network's, unless our own code or pg's stumbled. By name: errors of other realms are no instances here. */
const isBug = (error: unknown): boolean =>
  typeof error !== 'object' ||
  error === null ||
  !('name' in error) ||
  ['TypeError', 'RangeError', 'SyntaxError', 'ReferenceError'].includes(String(error.name));

const unreachable = 'it cannot be reached. Check DATABASE_URL and the network';

const unavailable = (place: string, reason: string, cause: unknown): StoreError =>
  new StoreError('store.unavailable', `The database ${place} could not be used: ${reason}. Nothing was half done.`, {
    cause,
  });

/** Nothing from the server, or its word that it breaks the connection off: a commit may have taken effect before that. */
export const hasNoAnswer = (error: unknown): boolean =>
  error instanceof DatabaseError ? /^(?:57P|08)/.test(error.code ?? '') : !isBug(error);

export const commitInDoubt = (place: string, cause: unknown): StoreError =>
  new StoreError(
    'store.commitInDoubt',
    `The database ${place} gave no answer to a commit, so what was to be stored may be stored or not.`,
    { cause },
  );

export const causeCodeOf = (error: unknown): string | null => codeOf(error instanceof StoreError ? error.cause : error);

export const codeOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : null;
