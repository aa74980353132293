import { type Redacted, reveal } from '../lib/redacted';

/** One GET and what came of it; never more than its status, its date and the beginning of its body. */
export type Probe =
  | {
      readonly type: 'answered';
      readonly status: number;
      readonly date: number | null;
      readonly body: string;
      readonly at: number;
    }
  /** Node's code, such as ENOTFOUND; `timedOut` when nobody answered. */
  | { readonly type: 'failed'; readonly code: string };

const timeoutMs = 8_000;
const longestBody = 256 * 1024;

/** Follows no redirect, tries once. The token goes into the header and nowhere else. */
export async function probe(url: URL, now: () => number, token: Redacted<string> | null = null): Promise<Probe> {
  const signal = AbortSignal.timeout(timeoutMs);
  const askedAt = now();
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal,
      headers: { accept: 'application/json', ...(token === null ? {} : { authorization: `Bearer ${reveal(token)}` }) },
    });
    // The answer was dated somewhere between the two.
    const at = (askedAt + now()) / 2;
    const date = Date.parse(response.headers.get('date') ?? '');
    const body = (await response.text()).slice(0, longestBody);
    return { type: 'answered', status: response.status, date: Number.isNaN(date) ? null : date, body, at };
  } catch (error) {
    return { type: 'failed', code: signal.aborted ? 'timedOut' : codeOf(error) };
  }
}

/** fetch wraps the failure of the network once or twice; its words may hold an address, its code does not. */
function codeOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, errors } = cause as Error & { code?: unknown; errors?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
    if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  }
  return 'unknown';
}
