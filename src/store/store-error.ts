export type StoreErrorCode =
  | 'store.conflict'
  | 'store.duplicateId'
  | 'store.leaseLost'
  | 'store.locked'
  | 'store.corrupt'
  | 'store.newerSchema'
  /** A backup was restored, or a standby took over, under the running service. */
  | 'store.rolledBack'
  /** No answer to a commit: it may have taken effect. Whoever repeats it must be able to tell. */
  | 'store.commitInDoubt'
  | 'store.unavailable';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The database cannot be used: a full disk, a lock, a lost connection. Nobody can work through it, and most of it ends by itself. */
export const isOutage = (error: unknown): error is StoreError =>
  error instanceof StoreError && ['store.unavailable', 'store.corrupt', 'store.commitInDoubt'].includes(error.code);
