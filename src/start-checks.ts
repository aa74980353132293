import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Config } from './config';
import { removeUnfinished } from './evidence/content-store';
import type { Clock } from './lib/clock';
import { type Log, silentLog } from './lib/log';
import { makeFolder } from './lib/make-folder';
import type { PolicyFault } from './policy/parse-policy';
import { findTrialPeople } from './policy/people';
import type { Policy } from './policy/policy';
import { openPolicyKeeper, PolicyFileError, type PolicyKeeper } from './policy-file';
import { openRunbooksKeeper, type RunbooksKeeper } from './runbooks-file';
import { answers } from './thread/sentences/answers';

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

/** Everything that can be looked at before the database is touched, so that one start tells all of it and leaves nothing half brought up to date. */
export async function checkBeforeStart({ config, clock }: { readonly config: Config; readonly clock: Clock }) {
  const looks: ReadonlyArray<() => Promise<unknown>> = [
    () => openPolicy({ config, clock, log: silentLog }, nothing, nothing),
    () => openRunbooks({ config, clock, log: silentLog }, nothing),
    () => prepareEvidence(config.evidenceDir, clock.now()),
    () => requireFreePort('PORT', config.port, config.host),
    () => requireFreePort('OPS_PORT', config.opsPort ?? 0, config.host),
  ];
  const found: StartError[] = [];
  for (const look of looks)
    await look().catch((error: unknown) => {
      if (!(error instanceof StartError)) throw error;
      found.push(error);
    });
  const [first] = found;
  if (first !== undefined)
    throw new StartError(
      found.flatMap(({ lines }) => lines),
      { cause: first.cause },
    );
}

const nothing = async (): Promise<void> => {};

type PortName = 'PORT' | 'OPS_PORT';

/** Port 0 is any that is free. */
async function requireFreePort(name: PortName, port: number, host: string): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    throw listenError(error, port, name);
  }
  await new Promise((resolve) => server.close(resolve));
}

/** A folder that cannot be written would only show when a script has run and its result is lost. */
async function prepareEvidence(dir: string, now: number): Promise<void> {
  try {
    await makeFolder(dir);
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

/** Why the port could not be listened on, where that is for the operator to fix. */
export function listenError(error: unknown, port: number, name: PortName = 'PORT'): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE')
    return new StartError(
      [
        `${name}: ${port} is in use by another program (this service, started before?). Stop that one, or set ${name} to a free one.`,
      ],
      {
        cause: error,
      },
    );
  if (code === 'EACCES')
    return new StartError([`${name}: ${port} may not be used by this account. Set ${name} to one above 1023.`], {
      cause: error,
    });
  return error;
}

/** The policy that the file gives, and follows from then on; without a valid one nothing starts (T-12). `putInForce` comes before anybody is told. */
export async function openPolicy(
  { config, clock, log }: { readonly config: Config; readonly clock: Clock; readonly log: Log },
  putInForce: (policy: Policy) => Promise<unknown>,
  tell: (text: string) => Promise<void>,
): Promise<PolicyKeeper> {
  const file = config.policyFile;
  const lines = (faults: readonly PolicyFault[]) => faults.map(({ line, message }) => `${file}:${line}: ${message}`);
  const opened = await openPolicyKeeper({
    file,
    clock,
    log,
    onProblem: (faults) => tell(answers.policyFaulty(lines(faults))),
    onMended: ({ version }) => tell(answers.policyMended(version)),
    onChange: async (now, before) => {
      await putInForce(now);
      await tell(answers.policyReplaced(now.version, before.version));
    },
  }).catch((cause: unknown) => {
    if (!(cause instanceof PolicyFileError)) throw cause;
    throw new StartError(
      [
        `The policy file ${file} cannot be read, so nobody could approve anything. Put it there, or set POLICY_FILE to where it is.`,
      ],
      { cause },
    );
  });
  if (opened.ok) {
    const trialPeople = config.trial ? null : findTrialPeople(file, opened.value.current());
    if (trialPeople !== null) log.warn({}, `${trialPeople.found} ${trialPeople.cure}`);
    return opened.value;
  }
  throw new StartError([
    `The policy file has ${opened.error.length === 1 ? 'a fault' : 'faults'}, so nobody could approve anything. Fix it and start again:`,
    ...lines(opened.error),
  ]);
}

/** The runbooks that the file gives, and follows from then on; without a file there are none, and with faults nothing starts. */
export async function openRunbooks(
  { config, clock, log }: { readonly config: Config; readonly clock: Clock; readonly log: Log },
  tell: (text: string) => Promise<void>,
): Promise<RunbooksKeeper> {
  const file = config.runbooksFile;
  const lines = (faults: readonly PolicyFault[]) => faults.map(({ line, message }) => `${file}:${line}: ${message}`);
  const onProblem = (faults: readonly PolicyFault[]) => tell(answers.runbooksFaulty(lines(faults)));
  const opened = await openRunbooksKeeper({ file, clock, log, onProblem });
  if (opened.ok) return opened.value;
  throw new StartError([
    `The runbooks file has ${opened.error.length === 1 ? 'a fault' : 'faults'}. Fix it, or take it away to run without runbooks, and start again:`,
    ...lines(opened.error),
  ]);
}
