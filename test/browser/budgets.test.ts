import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { budgets } from '../../scripts/cards/budgets';
import { type Measured, measureCards } from '../../scripts/cards/measure';
import { writePage } from '../../scripts/cards/write-page';
import { chromiumPath, launchChromium, noChromium } from './chromium';

if (chromiumPath === null) console.warn(noChromium);
const inBrowser = chromiumPath === null ? describe.skip : describe;

/** What does not fit into its budget, as it was measured. */
const over = (measured: readonly Measured[]) =>
  measured.filter(({ card, width, px, lines, words }) => {
    const budget = budgets[card];
    return width === 358 && (budget === undefined || px > budget.px || lines > budget.lines || words > budget.words);
  });

inBrowser('on a phone of 358 pixels', () => {
  let dir: string;
  let browser: Browser;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lr-budgets-'));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    await rm(dir, { recursive: true, force: true });
  });

  test('every card stays within its budget of height, lines and words, in light and dark (design.md §9)', async () => {
    const { page } = await writePage(dir);
    const measured = await measureCards(browser, page);
    expect(new Set(measured.map(({ card }) => card))).toEqual(new Set(Object.keys(budgets)));
    expect(over(measured)).toEqual([]);
  });
});
