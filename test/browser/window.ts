import type { Browser, Locator, Page } from 'playwright-core';
import { trialBot } from '../../trial/local/people';

/** Long enough for the slowest step of a story on a busy machine; every wait ends as soon as its condition holds. */
const patienceMs = 25_000;
const usual = { width: 1_300, height: 1_000, scale: 1 };

/** One person at their window of the Playground, doing what hands would do. */
export class Window {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens the page; the Playground tells the bot of the person as soon as it is shown. */
  static async open(
    browser: Browser,
    url: string,
    { width, height, scale }: { readonly width: number; readonly height: number; readonly scale: number } = usual,
  ): Promise<Window> {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale });
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    // Fonts that the page asks of the internet; without them it falls back, and without this it waits.
    await page.route(/^https?:\/\/(?!localhost|127\.0\.0\.1)/, (route) => route.abort());
    await page.goto(url);
    const window = new Window(page);
    await window.sees('Live Response help');
    return window;
  }

  async goTo(place: string): Promise<void> {
    await this.page.getByRole('treeitem', { name: place }).click();
  }

  /** A new post in the channel. */
  async post(text: string): Promise<void> {
    await this.mention(this.page.getByRole('textbox').first(), text);
    await this.page.getByRole('button', { name: 'Post', exact: true }).click();
  }

  /** A message in a group chat. */
  async sayToBot(text: string): Promise<void> {
    await this.mention(this.page.getByRole('textbox').last(), text);
    await this.page.keyboard.press('Enter');
  }

  /** The mention is picked, not typed, or the bot would not get it. */
  private async mention(box: Locator, text: string): Promise<void> {
    await box.click();
    await this.page.keyboard.type('@');
    await this.page.getByRole('menuitem', { name: trialBot.name }).click();
    await this.page.keyboard.insertText(` ${text}`);
  }

  /** A message in the person's own chat with the bot. */
  async say(text: string): Promise<void> {
    const box = this.page.getByRole('textbox').last();
    await box.click();
    await this.page.keyboard.insertText(text);
    await this.page.keyboard.press('Enter');
  }

  /** The cards that are shown, oldest first. */
  get cards(): Locator {
    return this.page.locator('.ac-adaptiveCard');
  }

  /** The newest card that holds these words. */
  card(...words: ReadonlyArray<string | RegExp>): Locator {
    return words.reduce((cards, hasText) => cards.filter({ hasText }), this.cards).last();
  }

  /** A post of the channel with everything below it. */
  thread(words: string): Locator {
    return this.page.locator('.fui-Card[role=group]').filter({ hasText: words }).last();
  }

  async press(title: string, card: Locator): Promise<void> {
    await card.getByRole('button', { name: title, exact: true }).click();
  }

  /** What a person with a keyboard is at, by the name that a screen reader tells. */
  focused(): Promise<string> {
    // A string, since it runs in the page.
    return this.page.evaluate(`(() => {
      const at = document.activeElement;
      const named = (at.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id));
      const words = named.map((label) => label?.textContent ?? '').join(' ').trim();
      return words || at.getAttribute('aria-label') || at.textContent;
    })()`);
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).filter({ visible: true }).last().waitFor();
  }
}
