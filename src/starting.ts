import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { removeUnfinished } from './evidence/content-store';

/** Why the service does not start; each line says what, why and what next. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'service.cannotStart';
  readonly lines: readonly string[];
  constructor(lines: readonly string[], options?: { readonly cause?: unknown }) {
    super(lines.join('\n'), options);
    this.lines = lines;
  }
}

/** A folder that cannot be written would only show when a script has run and its result is lost. */
export async function prepareEvidence(dir: string, now: number): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await access(dir, constants.W_OK | constants.X_OK);
    await removeUnfinished(dir, now);
  } catch (cause) {
    throw new StartError(
      [
        `EVIDENCE_DIR: the folder ${dir} cannot be made or written, so results of scripts would be lost. Create it for the account that runs this service, or set EVIDENCE_DIR to another one.`,
      ],
      { cause },
    );
  }
}

/** Why the port could not be listened on, where that is for the operator to mend. */
export function listenError(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE')
    return new StartError([`PORT: ${port} is in use by another program. Stop that one, or set PORT to a free one.`], {
      cause: error,
    });
  if (code === 'EACCES')
    return new StartError([`PORT: ${port} may not be used by this account. Set PORT to one above 1023.`], {
      cause: error,
    });
  return error;
}
