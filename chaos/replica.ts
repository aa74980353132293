import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../src/lib/clock';

export interface ReplicaOptions {
  readonly slot: number;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** The fast one. */
  readonly clock: Clock;
}

/** A process that ended although nobody had asked it to. */
export interface Death {
  readonly slot: number;
  readonly at: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** Its last words on standard error. */
  readonly words: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** Somebody has asked for its end. */
  isEnding: boolean;
}

/** The service as it is started in earnest, `node dist/index.js`; only its time is fast. */
const program = join(__dirname, '..', 'src', 'index.js');
const fastProcess = join(__dirname, 'fast-process.js');
/** Nearly all of a start is reading this and what it needs. */
const service = join(__dirname, '..', 'src', 'service.js');

/** A supervisor waits a little before it starts again what has died, and goes on for minutes; of the fast time, in which a busy machine cannot connect. */
const pauseAfterDeathMs = 5_000;
const mostStarts = 40;

/** One replica's place: a process in it is started, killed, stalled, and started again. */
export class Replica {
  readonly slot: number;
  readonly deaths: Death[] = [];
  refusedStarts = 0;
  #lastWords = '';
  readonly #options: ReplicaOptions;
  readonly #log: WriteStream;
  #running: Running | null = null;
  /** Ready to take the place of what is killed next. */
  #spare: ChildProcess | null = null;
  #up: { readonly since: number; readonly port: number } | null = null;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.slot = options.slot;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  /** Since when it listens; null while it does not. */
  get upSince(): number | null {
    return this.#up?.since ?? null;
  }

  /** Where Teams delivers; null while nobody is there. */
  get endpoint(): string | null {
    return this.#up === null ? null : `http://127.0.0.1:${this.#up.port}/api/messages`;
  }

  /** Resolves once it listens. Throws when it ends at once each time: then there is nothing to be had from a story. */
  async start(): Promise<void> {
    for (let tries = 1; this.#running === null && !(await this.#startOnce()); tries++) {
      if (tries === mostStarts) throw new Error(`Replica ${this.slot + 1} does not start: ${this.#lastWords}`);
      await this.#options.clock.sleep(pauseAfterDeathMs);
    }
  }

  /** `kill -9`: it has no say in it. */
  strike(): void {
    if (this.#running === null) return;
    this.#running.isEnding = true;
    this.#running.child.kill('SIGKILL');
  }

  async gone(): Promise<void> {
    await this.#running?.ended;
  }

  stall(): void {
    this.#running?.child.kill('SIGSTOP');
  }

  resume(): void {
    this.#running?.child.kill('SIGCONT');
  }

  /** SIGTERM; true when it ended well within its own time. */
  async drain(): Promise<boolean> {
    const running = this.#running;
    if (running === null) return true;
    running.isEnding = true;
    running.child.kill('SIGTERM');
    await running.ended;
    return running.child.exitCode === 0;
  }

  async #startOnce(): Promise<boolean> {
    const { clock, slot } = this.#options;
    const child = this.#spare ?? this.#spawn();
    this.#spare = null;
    child.stdin?.write('.');
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-2_000);
      this.#log.write(text);
    });
    let head = '';
    const listening = new Promise<number | null>((resolve) => {
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        this.#log.write(text);
        if (this.#up !== null) return;
        head += text;
        const port = /"port":(\d+)[^\n]*is listening/.exec(head)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
      child.once('close', () => resolve(null));
    });
    const ended = new Promise<void>((resolve) => {
      child.once('close', (code, signal) => {
        const wasUp = this.#up !== null;
        this.#up = null;
        this.#running = null;
        this.#lastWords = words;
        this.#log.write(`${JSON.stringify({ chaos: 'ended', at: clock.now(), code, signal })}\n`);
        // A start that is refused, since the database is away for a moment, is told in a sentence and with 1; a supervisor tries again.
        const isRefused = !wasUp && code === 1 && !words.includes('    at ');
        if (!running.isEnding && isRefused) this.refusedStarts++;
        else if (!running.isEnding) {
          this.deaths.push({ slot, at: clock.now(), code, signal, words });
          if (wasUp) void clock.sleep(pauseAfterDeathMs).then(() => this.start().catch(() => {}));
        }
        resolve();
      });
    });
    const running: Running = { child, ended, isEnding: false };
    this.#running = running;
    const port = await listening;
    if (port !== null && this.#running === running) {
      this.#up = { since: clock.now(), port };
      this.#spare ??= this.#spawn();
    }
    return port !== null;
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, ['--require', fastProcess, program], {
      env: {
        PATH: process.env.PATH ?? '',
        ...this.#options.env,
        PORT: '0',
        CHAOS_SPARE: service,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // It may be gone before it is told anything.
    child.stdin?.on('error', () => {});
    return child;
  }

  async close(): Promise<void> {
    this.resume();
    this.strike();
    this.#spare?.kill('SIGKILL');
    await this.gone();
    this.#log.end();
  }
}
