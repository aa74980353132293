import { type Clock, systemClock } from '../../src/lib/clock';
import type { Emulator } from '../defender/emulator';
import { createFastClock } from './fast-clock';
import { createPage, wrap } from './page';
import { createScene, StoryStopped } from './scene';
import { openStage } from './stage';
import { createSteps } from './steps';
import { stories } from './stories';
import { writeEvidence } from './write-evidence';

export interface DemoOptions {
  readonly write: (text: string) => void;
  readonly width?: number;
  readonly colour?: boolean;
  /** Aborted: the play stops where it is, and what it started ends. */
  readonly signal?: AbortSignal;
  /** A folder that gets the evidence bundle of the first request, signed, with its public key. */
  readonly evidenceTo?: string | null;
  /** The wall's. */
  readonly clock?: Clock;
  /** How long one step may take on the wall clock. */
  readonly patienceMs?: number;
  /** Changes the world before the play, so that one can see what the demo makes of a broken one. */
  readonly arrange?: (emulator: Emulator) => void | Promise<void>;
}

/** How much faster than the wall's the clock of bot, Defender and devices runs. */
const timesFaster = 12;
const defaultPatienceMs = 30_000;

/** Plays the stories with the real bot and prints them; true when every step held. Ends everything it started, however it ends. */
export async function playDemo(options: DemoOptions): Promise<boolean> {
  const { write, width = 100, colour = false, signal = null, clock = systemClock } = options;
  const page = createPage({ write, width, colour });
  page.line(page.style('bold', 'Live Response for Teams, played in the terminal'));
  const about = `The bot is the one that npm start serves, and every word goes over HTTP on this machine. Defender and its devices are emulated, and a local Connector stands for Teams. Their clock and the bot's runs ${timesFaster} times as fast as yours.`;
  for (const line of wrap(about, width)) page.line(line);
  const startedAt = clock.now();
  const steps = createSteps(page, width);
  const stage = await openStage({ clock: createFastClock(clock, timesFaster), arrange: options.arrange });
  try {
    const patienceMs = options.patienceMs ?? defaultPatienceMs;
    const scene = createScene({ stage, page, check: steps.check, clock, patienceMs, signal });
    await scene.install();
    for (const { title, play } of stories) {
      steps.begin(title);
      try {
        await play(scene);
      } catch (error) {
        if (!(error instanceof StoryStopped)) throw error;
        steps.check(error.promise, false, `${error.why}; the rest of this story is not played`);
      }
    }
    if (options.evidenceTo) await writeEvidence(options.evidenceTo, { stage, page, width });
  } finally {
    await stage.close();
  }
  steps.printTable();
  page.line(`Played in ${((clock.now() - startedAt) / 1_000).toFixed(1)} s. Everything that was started has ended.`);
  return steps.allHeld;
}
