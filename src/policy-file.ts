import { readFile } from 'node:fs/promises';
import { type Clock, seconds } from './lib/clock';
import type { Log } from './lib/log';
import type { Result } from './lib/result';
import { type PolicyFault, parsePolicy } from './policy/parse-policy';
import type { Policy } from './policy/policy';

export interface PolicyKeeperOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The file as it is now is no policy; the one before stays in force. Called once for each content. */
  readonly onProblem: (faults: readonly PolicyFault[]) => void | Promise<void>;
  /** The file whose faults were told says again what is in force. */
  readonly onMended: (policy: Policy) => void | Promise<void>;
  /** Another policy is in force from now on. Not called when only blanks, comments or labels changed. */
  readonly onChange: (now: Policy, before: Policy) => void | Promise<void>;
}

/** The policy in force, which follows its file. */
export interface PolicyKeeper {
  current(): Policy;
  /** The file that it was read from, byte for byte. */
  text(): string;
  /** The file as it is now is no policy, so that the one before it is in force. */
  isRefused(): boolean;
  /** Looks at the file, at most every few seconds however often it is called. */
  refresh(): Promise<void>;
}

/** The file is not there or may not be read; `code` is Node's own. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(`The policy file cannot be read (${code}).`, { cause });
    this.code = code;
  }
}

/** A change is in force within two of these. */
const checkEveryMs = seconds(2);

/** Reads the policy and goes on following it; faults of the first content are the caller's, since without a policy nothing may start (T-12). */
export async function openPolicyKeeper(
  options: PolicyKeeperOptions,
): Promise<Result<PolicyKeeper, readonly PolicyFault[]>> {
  const text = await read(options.file);
  const first = parsePolicy(text);
  return first.ok ? { ok: true, value: createPolicyKeeper(options, text, first.value) } : first;
}

function createPolicyKeeper(options: PolicyKeeperOptions, firstText: string, first: Policy): PolicyKeeper {
  const { clock, log } = options;
  let policy = first;
  let inForceText = firstText;
  /** The policy that people know of. */
  let told = first;
  let isRefused = false;
  /** People were told of faults, and not yet that they are fixed. */
  let areFaultsTold = false;
  /** What was last judged, and what was seen when it differed from that: a file that is being written is not taken half-way. */
  let judged = firstText;
  let seen = firstText;
  let checkedAt = clock.now();
  let checking: Promise<void> | null = null;

  async function check(): Promise<void> {
    const text = await readOrFault();
    const isSettled = text === seen;
    seen = text;
    if (!isSettled || text === judged) return; // guard: policy-not-taken-half-written
    await judge(text);
    // Last, so that what could not be told is told at the next check.
    judged = text;
  }

  /** The content, or a stand-in that no file can hold, so that a file which cannot be read is told once as well. */
  async function readOrFault(): Promise<string> {
    try {
      return await read(options.file);
    } catch (error) {
      if (error instanceof PolicyFileError) return `\0${error.code}`;
      throw error;
    }
  }

  async function judge(text: string): Promise<void> {
    const parsed = text.startsWith('\0') ? unreadable(text.slice(1)) : parsePolicy(text);
    isRefused = !parsed.ok;
    if (!parsed.ok) {
      log.warn(
        { faults: parsed.error.length, firstLine: parsed.error[0]?.line ?? null, policyVersion: policy.version },
        'The policy file is not valid; the policy before it stays in force',
      );
      await options.onProblem(parsed.error);
      areFaultsTold = true;
      return; // guard: invalid-policy-never-in-force
    }
    policy = parsed.value;
    inForceText = text;
    log.info({ policyVersion: policy.version, before: told.version }, 'The policy file was read again');
    if (policy.version !== told.version) await options.onChange(policy, told);
    else if (areFaultsTold) await options.onMended(policy);
    areFaultsTold = false;
    told = policy;
  }

  return {
    current: () => policy,
    text: () => inForceText,
    isRefused: () => isRefused,
    refresh() {
      if (checking !== null) return checking;
      if (Math.abs(clock.now() - checkedAt) < checkEveryMs) return Promise.resolve();
      checkedAt = clock.now();
      checking = check().finally(() => {
        checking = null;
      });
      return checking;
    },
  };
}

const unreadable = (code: string): Result<Policy, readonly PolicyFault[]> => ({
  ok: false,
  error: [{ line: 1, message: `The file cannot be read (${code}). Put it back, or make it readable for the service.` }],
});

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown';
    throw new PolicyFileError(code, cause);
  }
}
