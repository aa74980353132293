import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { silentLog } from '../src/lib/log';
import { chromiumPath, launchChromium, noChromium } from '../test/browser/chromium';
import { Window } from '../test/browser/window';
import { oneLineExample } from '../trial/local/instructions';
import { startTrial } from '../trial/local/trial';

const images = resolve('docs', 'images');
const maxBytes = 300_000;

/** `npm run screenshots`: plays the seed's example in two windows of the Playground and writes the two pictures of the README. */
async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'lr-screenshots-'));
  const policyFile = resolve('env', 'policy.yaml');
  const trial = await startTrial({ botPort: 0, firstWindowPort: 56_370, dir, policyFile, log: silentLog });
  const browser = await launchChromium();
  try {
    // High enough for everything at once; a whole thread at a larger scale would weigh too much.
    const size = { width: 1_300, height: 3_200 };
    const bo = await Window.open(browser, trial.boUrl, { ...size, scale: 1.5 });
    const ana = await Window.open(browser, trial.anaUrl, { ...size, scale: 1 });
    await mkdir(images, { recursive: true });

    await ana.goTo('live-response');
    await ana.post(oneLineExample);
    const asked = bo.card('INC-1042', 'Needs 1 approval');
    await asked.waitFor();
    await write('approval-card.png', asked);

    await bo.press('Approve', asked);
    // Of the end only the last: the Playground shows each edit of a message that has text as a new one, where Teams edits it in place.
    const ended = ana.card('all 3 commands ran', 'Send me the file');
    await ended.waitFor();
    await write('thread.png', ended);
  } finally {
    await browser.close();
    await trial.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function write(name: string, what: Locator): Promise<void> {
  const path = join(images, name);
  await what.screenshot({ path, animations: 'disabled' });
  const { size } = await stat(path);
  if (size > maxBytes)
    throw new Error(`${name} has ${size} bytes; the README should load fast, so keep it below ${maxBytes}.`);
  console.log(`${path}: ${Math.round(size / 1_000)} KB`);
}

if (chromiumPath === null) {
  console.error(noChromium);
  process.exitCode = 1;
} else void main();
