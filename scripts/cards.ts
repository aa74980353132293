import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromiumPath, launchChromium, noChromium } from '../test/browser/chromium';
import { type Theme, themes } from './cards/host-config';
import { measureCards } from './cards/measure';
import { writePage } from './cards/write-page';

const folder = resolve('dist', 'cards');
const images = resolve('docs', 'images');

/** Higher than any card, so that nothing of the page lies over it. */
const tallest = 4_000;

interface Picture {
  /** The name of a card in the gallery. */
  readonly of: string;
  readonly theme: Theme;
  readonly width: 320 | 358 | 480 | 720;
}

/** The pictures that the documentation shows; each explains something that words do not. */
const pictures: Readonly<Record<string, Picture>> = {
  'card-running.png': { of: 'running, status', theme: 'light', width: 720 },
  'card-phone-dark.png': { of: 'awaitingApproval, approver', theme: 'dark', width: 480 },
  'card-before-asking.png': { of: 'found beforehand, two warnings', theme: 'light', width: 720 },
  'card-device.png': { of: 'one device, as it often is', theme: 'light', width: 720 },
  'card-round-up.png': { of: 'round-up of a war room', theme: 'light', width: 720 },
};

/**
 * `npm run cards`: one page with every card in every state, drawn by the official renderer as Teams would. With `-- --pictures` the pictures of the
 * documentation are taken from it; with `-- --pictures <part of a name>` those of all cards named so, into the folder of the page. `-- --measure` prints
 * height, lines and words of each card that has a budget (docs/cards.md), one JSON line a card.
 */
async function main(): Promise<void> {
  const { page, posts } = await writePage(folder);
  const measure = process.argv.includes('--measure');
  if (!measure) console.log(page);
  const wanted = process.argv.indexOf('--pictures');
  if (wanted === -1 && !measure) return;
  if (chromiumPath === null) {
    console.error(noChromium);
    process.exitCode = 1;
    return;
  }
  if (measure) {
    const browser = await launchChromium();
    try {
      for (const line of await measureCards(browser, page)) console.log(JSON.stringify(line));
    } finally {
      await browser.close();
    }
    return;
  }
  const part = process.argv[wanted + 1];
  const names = Object.keys(posts.harmless).filter((name) => part !== undefined && name.includes(part));
  await take(page, part === undefined ? pictures : picturesOf(names), part === undefined ? images : folder);
}

const picturesOf = (names: readonly string[]): Readonly<Record<string, Picture>> =>
  Object.fromEntries(
    names.flatMap((of) =>
      themes.flatMap((theme) =>
        ([320, 358, 720] as const).map((width) => [
          `${of.replace(/[^a-z0-9]+/gi, '-')}-${theme}-${width}.png`,
          { of, theme, width },
        ]),
      ),
    ),
  );

async function take(page: string, list: Readonly<Record<string, Picture>>, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const browser = await launchChromium();
  try {
    for (const [name, { of, theme, width }] of Object.entries(list)) {
      const tab = await browser.newPage({ viewport: { width: width + 40, height: tallest } });
      const view = new URLSearchParams({ find: of, theme, width: String(width), texts: 'harmless' });
      await tab.goto(`${pathToFileURL(page).href}#${view.toString()}`);
      const path = join(into, name);
      await tab.locator(`section[data-name="${of}"] .card`).screenshot({ path, animations: 'disabled' });
      await tab.close();
      console.log(path);
    }
  } finally {
    await browser.close();
  }
}

void main();
