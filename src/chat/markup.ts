import { Parser } from 'htmlparser2';
import { isSameAddress } from './link';
import type { Notice } from './notices';

/** What a reader sees on a line of its own. */
const blocks = new Set(
  (
    'address article aside attachment blockquote caption center codeblock dd details div dl dt fieldset figcaption figure footer form ' +
    'h1 h2 h3 h4 h5 h6 header hr legend li main nav ol optgroup option p pre quote section select summary table tbody tfoot thead tr ul'
  ).split(' '),
);
/** What a reader sees beside others on one line. */
const cells = new Set(['td', 'th']);
const unseen = new Set(['script', 'style', 'title', 'head', 'template', 'noscript']);
const emphasis = new Set(['b', 'strong', 'i', 'em', 's', 'strike', 'del']);

/** Browsers stop nesting at 512 levels, and no client of Teams comes near this; deeper markup is made to be slow to read. */
const maxDepth = 200;

interface Reading {
  /** Whether a mention names the bot. */
  readonly isBot: (name: string) => boolean;
  /** For who looks for names in a message, whoever wrote them; a command is read from own words only. */
  readonly keepQuotes?: boolean;
}

/** An element whose text is looked at as a whole when it ends, with the state before it. */
interface Frame {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly start: number;
  readonly gap: Gap;
  readonly hasWords: boolean;
}
type Gap = '' | ' ' | '\n';

/**
 * The text of a message's markup as a reader would see it, line by line, without mentions of the bot and without quoted and forwarded messages;
 * null where it is nested too deep to be a message. The work grows with the length alone.
 */
export function readMarkup(
  markup: string,
  reading: Reading,
): { readonly text: string; readonly notices: readonly Notice[] } | null {
  const reader = new Reader(reading);
  const parser = new Parser({
    onopentag: (name, attributes) => {
      if (!reader.open(name, attributes)) parser.pause();
    },
    ontext: (text) => reader.read(text),
    onclosetag: (name) => reader.close(name),
  });
  parser.write(markup);
  if (reader.isTooDeep) return null;
  parser.end();
  return { text: reader.text(), notices: reader.notices };
}

class Reader {
  readonly notices: Notice[] = [];
  readonly #reading: Reading;
  readonly #pieces: string[] = [];
  readonly #open: (Frame | null)[] = [];
  /** What stands between the text so far and the next. */
  #gap: Gap = '';
  #hasWords = false;
  /** A cell has begun and holds no text yet: a block in it begins no line. */
  #isNewCell = false;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  get isTooDeep(): boolean {
    return this.#open.length > maxDepth; // guard: deep-markup-unread
  }

  text(): string {
    return this.#pieces.join('');
  }

  open(name: string, attributes: Readonly<Record<string, string>>): boolean {
    if (name === 'br') {
      this.#push('\n');
      this.#isNewCell = false;
    } else if (blocks.has(name)) this.#breakLine();
    else if (cells.has(name)) {
      if (this.#gap === '') this.#gap = ' ';
      this.#isNewCell = true;
    }
    if (name === 'img' || name === 'emoji') this.#readPicture(name, attributes);
    const isWhole =
      unseen.has(name) || emphasis.has(name) || name === 'a' || isMention(name, attributes) || isQuote(name);
    const before = { start: this.#pieces.length, gap: this.#gap, hasWords: this.#hasWords };
    this.#open.push(isWhole ? { name, attributes, ...before } : null);
    return !this.isTooDeep;
  }

  read(text: string): void {
    if (/^[ \t\r\n]*$/.test(text) && (this.#gap !== '' || this.#isNewCell || this.#isLineStart())) return;
    this.#push(text);
    if (isBlank(text)) return;
    this.#hasWords = true;
    this.#isNewCell = false;
  }

  close(name: string): void {
    const frame = this.#open.pop();
    if (frame) this.#closeWhole(frame);
    if (blocks.has(name)) this.#breakLine();
    if (!cells.has(name)) return;
    if (!this.#isNewCell) this.#gap = ' ';
    this.#isNewCell = false;
  }

  #closeWhole(frame: Frame): void {
    const { name, attributes } = frame;
    const inner = this.#pieces.slice(frame.start).join('');
    if (unseen.has(name)) this.#takeBack(frame);
    else if (isQuote(name)) {
      if (this.#reading.keepQuotes) return;
      this.#takeBack(frame);
      this.notices.push({ type: 'quoteLeftOut' });
    } else if (isMention(name, attributes)) {
      if (frame.hasWords && !this.#reading.isBot(inner)) return;
      this.#takeBack(frame);
      this.read(' ');
    } else if (name === 'a') {
      const { href } = attributes;
      if (href !== undefined && !isSameAddress(inner, href))
        this.notices.push({ type: 'link', text: inner.trim(), address: href });
    } else if (!isBlank(inner)) this.notices.push({ type: 'formatting', text: inner.trim() });
  }

  #takeBack({ start, gap, hasWords }: Frame): void {
    this.#pieces.length = start;
    this.#gap = gap;
    this.#hasWords = hasWords;
  }

  #readPicture(name: string, { itemtype = '', alt = '' }: Readonly<Record<string, string>>): void {
    if (name === 'emoji' || /schema\.skype\.com\/emoji/i.test(itemtype)) this.read(alt);
    else this.notices.push({ type: 'pictureLeftOut' });
  }

  #breakLine(): void {
    if (!this.#isNewCell) this.#gap = '\n';
  }

  #push(text: string): void {
    if (text === '') return;
    const isApart = this.#isLineStart() || (this.#gap === ' ' && /\s$/.test(this.#pieces.at(-1) ?? ''));
    if (this.#gap !== '' && !isApart) this.#pieces.push(this.#gap);
    this.#gap = '';
    this.#pieces.push(text);
  }

  #isLineStart(): boolean {
    return this.#pieces.at(-1)?.endsWith('\n') ?? true;
  }
}

const isBlank = (text: string): boolean => /^[\s\p{Default_Ignorable_Code_Point}]*$/u.test(text);

const isMention = (name: string, { itemtype = '' }: Readonly<Record<string, string>>): boolean =>
  name === 'at' || (name === 'span' && /schema\.skype\.com\/mention/i.test(itemtype));

/** `itemtype` says Reply or Forward where Teams made it; what a person marks as a quotation is no less somebody's words. */
const isQuote = (name: string): boolean => name === 'blockquote' || name === 'quote';
