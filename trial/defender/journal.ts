import type { Fault } from './faults';
import type { RouteName } from './routes';

/** One request as it came in, and what became of it. */
export interface JournalEntry {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** Without the signature of result links. */
  readonly query: string;
  readonly route: RouteName;
  /** Without Authorization. */
  readonly headers: Readonly<Record<string, string>>;
  /** The scheme of the Authorization header and whether it was accepted; null when there was none. */
  readonly authorization: { readonly scheme: string; readonly accepted: boolean } | null;
  /** As text; a client secret is blanked. */
  readonly body: string;
  /** Null while the answer is held, and for a connection that was dropped. */
  readonly status: number | null;
  /** The code of an error answer. */
  readonly code: string | null;
  readonly fault: Fault['type'] | null;
}

export type OpenEntry = { -readonly [K in keyof JournalEntry]: JournalEntry[K] };

export const withoutSecrets = (text: string): string => text.replace(/(^|[?&])(client_secret|sig)=[^&]*/g, '$1$2=…');
