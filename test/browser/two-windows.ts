import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import type { Clock } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { startTrial, type Trial } from '../../trial/local/trial';
import { launchChromium } from './chromium';
import { Window } from './window';

/** The trial with both of its windows in a browser: Ana, who asks, and Bo, who approves. */
export class TwoWindows {
  readonly trial: Trial;
  readonly ana: Window;
  readonly bo: Window;
  private readonly browser: Browser;
  private readonly dir: string;

  private constructor(opened: Pick<TwoWindows, 'trial' | 'ana' | 'bo'> & { browser: Browser; dir: string }) {
    this.trial = opened.trial;
    this.ana = opened.ana;
    this.bo = opened.bo;
    this.browser = opened.browser;
    this.dir = opened.dir;
  }

  static async open({ clock }: { readonly clock?: Clock } = {}): Promise<TwoWindows> {
    const dir = await mkdtemp(join(tmpdir(), 'lr-browser-'));
    const trial = await startTrial({
      botPort: 0,
      firstWindowPort: await findTwoPorts(),
      dir,
      policyFile: resolve('env/policy.yaml'),
      log: silentLog,
      ...(clock === undefined ? {} : { clock }),
    });
    const browser = await launchChromium();
    const [bo, ana] = await Promise.all([Window.open(browser, trial.boUrl), Window.open(browser, trial.anaUrl)]);
    await ana.goTo('live-response');
    await ana.sees('Live Response is here');
    return new TwoWindows({ trial, ana, bo, browser, dir });
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.trial.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Live responses that Defender was sent. */
  get submissions(): number {
    return this.trial.emulator.journal.filter((entry) => entry.route === 'runLiveResponse').length;
  }

  /** What both saw when a story did not go on, in a temporary folder; the error says which. */
  async play(story: () => Promise<void>): Promise<void> {
    try {
      await story();
    } catch (error) {
      const folder = await mkdtemp(join(tmpdir(), 'lr-browser-failed-'));
      for (const [name, { page }] of [['ana', this.ana] as const, ['bo', this.bo] as const])
        await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true }).catch(() => {});
      throw new Error(`What the windows showed is in ${folder}.`, { cause: error });
    }
  }
}

/** Two that follow each other: Bo's window is on the port after Ana's. */
async function findTwoPorts(): Promise<number> {
  for (let port = 56_270; port < 56_370; port += 2) if ((await isFree(port)) && (await isFree(port + 1))) return port;
  throw new Error('No two ports are free between 56270 and 56370 for the windows.');
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((settle) => {
    const server = createServer();
    server.once('error', () => settle(false));
    server.listen(port, '::', () => server.close(() => settle(true)));
  });
