import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { themes } from '../../scripts/cards/host-config';
import { writePage } from '../../scripts/cards/write-page';
import { chromiumPath, launchChromium, noChromium } from './chromium';

if (chromiumPath === null) console.warn(noChromium);
const inBrowser = chromiumPath === null ? describe.skip : describe;

/** A string, since it runs in the page: words with less than 4.5 to 1 against what is drawn behind them, as WCAG 2.1 measures it (1.4.3). */
const faintWords = `(() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return { rgb: [r, g, b], a }; };
  const over = (top, below) => top.rgb.map((v, i) => v * top.a + below[i] * (1 - top.a));
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (box) => {
    const own = parse(getComputedStyle(box).backgroundColor);
    return own.a === 1 || box.parentElement === null ? over(own, [255, 255, 255]) : over(own, behind(box.parentElement));
  };
  const boxes = [...document.querySelectorAll('.card *, .said')].filter((box) =>
    box.checkVisibility() && [...box.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ''));
  if (boxes.length < 1000) return ['nothing to look at'];
  return [...new Set(boxes.flatMap((box) => {
    const below = behind(box);
    const [a, b] = [light(over(parse(getComputedStyle(box).color), below)), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    return ratio >= 4.5 ? [] : [ratio.toFixed(1) + ' ' + box.className + ': ' + box.textContent.slice(0, 30)];
  }))];
})()`;

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

  test('a long output is folded, and unfolds and folds again by the keyboard', async () => {
    const tab = await browser.newPage({ viewport: { width: 360, height: 900 } });
    const view = new URLSearchParams({ find: 'script result, long', width: '320', texts: 'harmless' });
    await tab.goto(`${pathToFileURL(page).href}#${view.toString()}`);
    const seen = () => tab.getByText('line', { exact: true }).filter({ visible: true }).count();
    expect(await seen()).toBe(15);
    await tab.getByRole('button', { name: /^Output: \d+ of \d+\+? more lines$/ }).focus();
    await tab.keyboard.press('Enter');
    expect(await seen()).toBeGreaterThan(40);
    await tab.keyboard.press('Enter');
    expect(await seen()).toBe(15);
    await tab.close();
  });

  test.each(themes)('in the %s theme every word stands out from what is behind it', async (theme) => {
    const tab = await browser.newPage({ viewport: { width: 760, height: 900 } });
    await tab.goto(`${pathToFileURL(page).href}#${new URLSearchParams({ theme, texts: 'harmless' }).toString()}`);
    expect(await tab.evaluate(faintWords)).toEqual([]);
    await tab.close();
  });
});
