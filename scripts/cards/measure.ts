import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { measuredPosts } from '../../test/thread/measured-posts';
import type { Theme } from './host-config';

/** One card as it is read: what is folded is not counted. */
export interface Measured {
  readonly card: string;
  readonly width: number;
  readonly theme: Theme;
  readonly px: number;
  readonly lines: number;
  /** What stands between blanks, button titles included. */
  readonly words: number;
}

/** A phone as most people hold it, and a desktop. */
export const measuredWidths = [358, 720] as const;
export const measuredThemes = ['light', 'dark'] as const satisfies readonly Theme[];

/** A string, since it runs in the page. Lines are what the eye counts: rows of words that lie beside each other are one. */
export const measureCard = `(name) => {
  const section = [...document.querySelectorAll('section')].find(({ dataset }) => dataset.name === name);
  const card = section.querySelector('.card');
  const boxes = [];
  const walker = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest('h2') !== null || node.textContent.trim() === '' || !node.parentElement.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    boxes.push(...[...range.getClientRects()].filter(({ width }) => width > 0));
  }
  boxes.sort((a, b) => a.top - b.top);
  let lines = 0;
  let end = -1;
  for (const { top, bottom } of boxes) {
    if ((top + bottom) / 2 > end) { lines += 1; end = bottom; } else end = Math.min(end, bottom);
  }
  const said = section.querySelector('.said');
  const text = [said === null ? '' : said.innerText, card.innerText].join(' ');
  return { px: card.offsetHeight + (said === null ? 0 : said.offsetHeight), lines, words: text.split(/\\s+/).filter((word) => word !== '').length };
}`;

/** Height, lines and words of each card that has a budget, drawn by the official renderer; several posts of one thing count together. */
export async function measureCards(browser: Browser, page: string): Promise<readonly Measured[]> {
  const found: Measured[] = [];
  for (const width of measuredWidths)
    for (const theme of measuredThemes) {
      const tab = await browser.newPage({ viewport: { width: width + 40, height: 4_000 } });
      const view = new URLSearchParams({ theme, width: String(width), texts: 'harmless' });
      await tab.goto(`${pathToFileURL(page).href}#${view.toString()}`);
      for (const [card, posts] of Object.entries(measuredPosts())) {
        let [px, lines, words] = [0, 0, 0];
        for (const i of posts.keys()) {
          const name = i === 0 ? card : `${card}, post ${i + 1}`;
          const one = (await tab.evaluate(`(${measureCard})(${JSON.stringify(name)})`)) as Pick<
            Measured,
            'px' | 'lines' | 'words'
          >;
          px += one.px;
          lines += one.lines;
          words += one.words;
        }
        found.push({ card, width, theme, px, lines, words });
      }
      await tab.close();
    }
  return found;
}
