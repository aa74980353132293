import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** A command with everything that it starts in turn, so that all of it can be ended: npx hands on no signal to what it runs. */
export interface ProcessGroup {
  /** Of the command itself; undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Standard output and errors so far; the last part of them when there was much. */
  readonly output: string;
  /** Resolves with the exit code once the command has ended, with null when a signal or a failed start ended it. */
  readonly ended: Promise<number | null>;
  readonly hasEnded: boolean;
  /** Resolves when nothing of the group is left. */
  stop(): Promise<void>;
}

const isWindows = process.platform === 'win32';
const graceMs = 3_000;
const keptOutput = 20_000;

const running = new Set<RunningGroup>();
/** The last moment of our own process, whatever ends it short of SIGKILL: nothing can be waited for any more. */
const killAll = (): void => {
  for (const group of running) group.killNow();
};

export function startGroup(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): ProcessGroup {
  // Windows has no groups of signals, and starts npx.cmd through a shell only; `taskkill /T` ends the tree there.
  const child = spawn(command, [...args], {
    ...options,
    detached: !isWindows,
    shell: isWindows,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const group = new RunningGroup(child);
  if (running.size === 0) process.on('exit', killAll);
  running.add(group);
  return group;
}

class RunningGroup implements ProcessGroup {
  output = '';
  hasEnded = false;
  readonly ended: Promise<number | null>;
  readonly pid: number | undefined;

  constructor(child: ChildProcess) {
    this.pid = child.pid;
    const keep = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString('utf8')).slice(-keptOutput);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        this.hasEnded = true;
        resolve(code);
      };
      child.once('exit', end);
      child.once('error', (error) => {
        this.output += `${error.message}\n`;
        end(null);
      });
    });
  }

  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    await this.#untilGone();
    running.delete(this);
    if (running.size === 0) process.removeListener('exit', killAll);
  }

  async #untilGone(): Promise<void> {
    for (let waitedMs = 0; this.#isAlive(); waitedMs += 50) {
      if (waitedMs === graceMs) this.#signal('SIGKILL');
      // What even SIGKILL does not end within the grace is beyond us.
      if (waitedMs > 2 * graceMs) return;
      await sleep(50);
    }
  }

  killNow(): void {
    this.#signal('SIGKILL');
  }

  /** The leader may be gone while what it started lives on. */
  #isAlive(): boolean {
    return isWindows ? !this.hasEnded : this.#signal(0);
  }

  #signal(signal: NodeJS.Signals | 0): boolean {
    const { pid } = this;
    if (pid === undefined) return false;
    if (isWindows) {
      if (!this.hasEnded) spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
      return !this.hasEnded;
    }
    try {
      process.kill(-pid, signal);
      return true;
    } catch {
      return false;
    }
  }
}
