import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { writePage } from '../../scripts/cards/write-page';
import { chromiumPath, launchChromium, noChromium } from './chromium';

if (chromiumPath === null) console.warn(noChromium);
const inBrowser = chromiumPath === null ? describe.skip : describe;

inBrowser('in the gallery of all cards', () => {
  let dir: string;
  let page: string;
  let browser: Browser;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lr-gallery-'));
    ({ page } = await writePage(dir));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await rm(dir, { recursive: true, force: true });
  });

  test.each([
    ['narrow phone', 320, 'harmless'],
    ['narrow phone', 320, 'hostile'],
    ['phone', 480, 'harmless'],
    ['phone', 480, 'hostile'],
    ['desktop', 720, 'hostile'],
  ])('on a %s of %i pixels nothing of a card with %s texts is cut off', async (_name, width, texts) => {
    const tab = await browser.newPage({ viewport: { width: width + 40, height: 900 } });
    const faults: string[] = [];
    tab.on('pageerror', (error) => faults.push(error.message));
    await tab.goto(`${pathToFileURL(page).href}#${new URLSearchParams({ width: String(width), texts }).toString()}`);
    // A string, since it runs in the page: what is wider than the box that hides the rest; inputs scroll by themselves.
    const cut = await tab.evaluate(`
      [...document.querySelectorAll('.card')]
        .filter((card) => [card, ...card.querySelectorAll(':not(input, textarea)')].some((box) =>
          box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 2 && getComputedStyle(box).overflowX !== 'visible'))
        .map((card) => card.parentElement.dataset.name)`);
    expect({ cut, faults }).toEqual({ cut: [], faults: [] });
    await tab.close();
  });
});
