import { readFile } from 'node:fs/promises';
import { type Clock, seconds } from './lib/clock';
import type { Log } from './lib/log';
import { ok, type Result } from './lib/result';
import type { PolicyFault } from './policy/read-yaml';
import { parseRunbooks } from './runbooks/parse-runbooks';
import type { Runbooks } from './runbooks/runbook';

export interface RunbooksKeeper {
  current(): Runbooks;
  /** Looks at the file, at most every few seconds however often it is called. */
  refresh(): Promise<void>;
}

/** A change is in force within two of these. */
const checkEveryMs = seconds(2);
/** What no file can hold: there is none, or it cannot be read. */
const missing = '\0';

/** Reads the runbooks and follows their file as the policy's is followed: all or nothing, by two equal reads. Without a file there are none. */
export async function openRunbooksKeeper({
  file,
  clock,
  log,
  onProblem,
}: {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The file as it is now holds no runbooks; those of before stay. Called once for each content. */
  readonly onProblem: (faults: readonly PolicyFault[]) => void | Promise<void>;
}): Promise<Result<RunbooksKeeper, readonly PolicyFault[]>> {
  const firstText = await read(file);
  const first = firstText === missing ? ok(new Map()) : parseRunbooks(firstText);
  if (!first.ok) return first;
  let runbooks: Runbooks = first.value;
  let judged = firstText;
  let seen = firstText;
  let checkedAt = clock.now();

  async function check(): Promise<void> {
    const text = await read(file);
    const isSettled = text === seen;
    seen = text;
    if (!isSettled || text === judged) return; // guard: runbooks-not-taken-half-written
    judged = text;
    const parsed = parseRunbooks(text === missing ? 'runbooks: []' : text);
    if (!parsed.ok) {
      log.warn({ faults: parsed.error.length }, 'The runbooks file is not valid; the runbooks before it stay in force');
      return onProblem(parsed.error);
    }
    runbooks = parsed.value;
    log.info({ runbooks: runbooks.size }, 'The runbooks file was read again');
  }

  return ok({
    current: () => runbooks,
    async refresh() {
      if (Math.abs(clock.now() - checkedAt) < checkEveryMs) return;
      checkedAt = clock.now();
      await check();
    },
  });
}

async function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return missing;
    throw error;
  });
}
