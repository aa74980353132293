/** A refusal is a value, not an exception: what people may do wrong is answered, what machines do wrong is thrown. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

/** Ends a switch over a union; prints the discriminant only, since the value may hold what must not be logged. */
export function exhaustive(value: never): never {
  throw new Error(
    `Unhandled case: ${String((value as { type?: unknown; state?: unknown }).type ?? (value as { state?: unknown }).state ?? typeof value)}`,
  );
}
