import { isLoopback } from '../../lib/loopback';

/** Gives the password for a new connection, such as a token that does not last; undefined: the address has it, or none is needed. */
export type DatabasePassword = (() => Promise<string>) | undefined;

/** Whether an address names a server; otherwise it names a file. */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//i.test(url);

/**
 * True when what goes to the database could be read or answered by somebody on the way: it is on another machine, and the address does
 * not ask for TLS whose certificate is checked. Read as pg reads it: the last of several values counts, and `host` goes before the host.
 */
export function isUnprotected(url: string): boolean {
  if (!/^postgres(ql)?:/.test(url) || !URL.canParse(url)) return false;
  const { hostname, searchParams } = new URL(url);
  const last = (name: string): string | null => searchParams.getAll(name).at(-1) ?? null;
  const host = last('host') || decodeURIComponent(hostname);
  // A path is a socket of this machine, and so is no host at all.
  if (host === '' || host.startsWith('/') || isLoopback(host)) return false;
  const mode = last('sslmode');
  const isLax = last('uselibpqcompat') === 'true' && mode !== 'verify-full';
  return isLax || !checkedModes.has(mode ?? '');
}

/** For pg `require` means `verify-full` as well, unless the address asks for libpq's meaning. */
const checkedModes: ReadonlySet<string> = new Set(['require', 'verify-ca', 'verify-full']);
