/** Node's code of a failed file call; null for everything else. Told by shape: errors of other realms are no instances here. */
export const diskCodeOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
