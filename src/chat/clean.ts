import { isSameAddress } from './link';
import { decodeEntities, readMarkup } from './markup';
import { type Notice, startingDash } from './notices';

export type { Notice };

export interface RawMessage {
  /** As the activity carries it. */
  readonly text: string;
  readonly textFormat: string | null;
  /** The text of the HTML attachment, if there is one. */
  readonly html: string | null;
  /** The exact mention texts of the bot, such as `<at>Live Response</at>`. */
  readonly botMentions: readonly string[];
}

export interface Cleaned {
  readonly text: string;
  readonly notices: readonly Notice[];
}

/** Longer messages are not unwrapped but handed on, since `parseMessage` refuses them by their length. */
const maxRawLength = 40_000;

/**
 * The message as the person typed it, as far as Teams lets that be known.
 *
 * The HTML attachment wins over the text, since it alone keeps lines and code blocks; `textFormat: 'xml'` is read as markup too. Any other
 * text is taken literally: a typed `&amp;` stays `&amp;`, only `<at>` and `&nbsp;` are undone, since Teams puts both into plain text (teams.md
 * B2.10). Characters inside a command are never removed: zero-width ones go at the ends of the message only, and quotes, dashes and
 * non-breaking blanks are respelled by `straighten`, which says so.
 */
export function cleanMessage(raw: RawMessage): Cleaned {
  const botNames = raw.botMentions.map((mention) => nameKey(mention));
  const isBot = (name: string): boolean => botNames.includes(nameKey(name));
  if (raw.html !== null) {
    const fromHtml = cleanMarkup(raw.html, isBot);
    if (fromHtml.text !== '') return fromHtml;
  }
  if (raw.textFormat === 'xml') return cleanMarkup(raw.text, isBot);
  if (raw.text.length > maxRawLength) return { text: raw.text, notices: [] };
  const text = raw.text
    .replace(/&nbsp;/gi, '\u00a0')
    .replace(/<at\b[^<>]*>([^<>]*)<\/at>/gi, (_all, name: string, offset: number) => {
      const leads = raw.text.slice(0, offset).replace(/<at\b[^<>]*>[^<>]*<\/at>|&nbsp;|[\s\u200b\ufeff]/gi, '') === '';
      return leads || isBot(name) ? ' ' : name;
    });
  return unlink(unwrap(text));
}

function cleanMarkup(markup: string, isBot: (name: string) => boolean): Cleaned {
  if (markup.length > maxRawLength) return { text: markup, notices: [] };
  const { text, notices } = readMarkup(markup, isBot);
  return { text: trimEdges(unwrap(text)), notices };
}

/** Line ends made one kind; code fences and backticks around lines taken away. */
function unwrap(text: string): string {
  return trimEdges(text.replace(/\r\n?|[\u2028\u2029]/g, '\n'))
    .replace(/^```[ \t]*(?:[a-z0-9+#-]*[ \t]*\n)?([\s\S]*?)```$/i, '$1')
    .split('\n')
    .filter((line) => !/^\s*(?:```|~~~)[\w+#-]*\s*$/.test(line))
    .map((line) => line.replace(/^\s*(`+)([^`]*)\1\s*$/, '$2'))
    .join('\n');
}

/** `[x](http://x)`, which clients make of x, is x again; a link with other words may be what the person typed and stays. */
function unlink(text: string): Cleaned {
  const notices: Notice[] = [];
  const lines = text.split('\n').map((was) => {
    const now = was.replace(
      /\[([^[\]]{1,2000})\]\(((?:https?:\/\/|mailto:)[^()\s]{1,2000})\)/gi,
      (all, words: string, address: string) => (isSameAddress(words, address) ? words : all),
    );
    if (now !== was) notices.push({ type: 'respelled', was, now });
    return now;
  });
  return { text: trimEdges(lines.join('\n')), notices };
}

const edge = '[\\s\\p{Default_Ignorable_Code_Point}]';
const edges = new RegExp(`^${edge}+|(?<!${edge})${edge}+$`, 'gu');
const trimEdges = (text: string): string => text.replace(edges, '');

const nameKey = (mention: string): string =>
  decodeEntities(mention.replace(/<[^<>]*>/g, ''))
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();

const blankOrQuoted = /(["\u201c-\u201f][^"\u201c-\u201f]*["\u201c-\u201f])|\u00a0/g;

/**
 * Typographic quotes, dashes and non-breaking blanks as the plain ones that were typed, with one notice for each line changed. A long dash (—) that
 * starts a word is `--` (what phones, macOS and Word make of it), any other is `-`, as PowerShell itself reads it. A non-breaking blank outside
 * double quotes looks and counts as a blank, so that nothing is told of it.
 */
export function straighten(text: string): Cleaned {
  const notices: Notice[] = [];
  const lines = text.split('\n').map((was) => {
    const now = was
      .replace(/[\u201c-\u201f]/g, '"')
      .replace(/[\u2018-\u201b]/g, "'")
      .replace(/\u00a0/g, ' ')
      .replace(startingDash, (dash) => (dash === '\u2013' ? '-' : '--'))
      .replace(/[\u2013-\u2015]/g, '-');
    const seen = was.replace(blankOrQuoted, (_all, quoted?: string) => quoted ?? ' ');
    if (now.trim() !== seen.trim()) notices.push({ type: 'respelled', was: was.trim(), now: now.trim() });
    return now;
  });
  return { text: lines.join('\n'), notices };
}
