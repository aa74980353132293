import { isSameAddress } from './link';
import { readMarkup } from './markup';
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
  /** The ids of the messages for which the text holds a placeholder, such as `<quoted messageId="1"/>`. */
  readonly quotedIds?: readonly string[];
  /** It carries somebody's message, apart from the markup. */
  readonly isForward?: boolean;
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
  const { text, notices } = readOwnWords(raw);
  const { quotedIds = [] } = raw;
  if (quotedIds.length === 0 || text.length > maxRawLength) return { text, notices };
  const own = trimEdges(withoutPlaceholders(text, quotedIds));
  const isQuoteOnly = own === '' && text !== '';
  return { text: own, notices: isQuoteOnly ? [...notices, { type: 'quoteLeftOut' }] : notices };
}

function readOwnWords(raw: RawMessage): Cleaned {
  const botNames = raw.botMentions.map((mention) => nameKey(mention));
  const isBot = (name: string): boolean => botNames.includes(nameKey(name));
  if (raw.html !== null) {
    const fromHtml = cleanMarkup(raw.html, isBot);
    // Beside a quotation alone the text repeats what was quoted.
    if (fromHtml.text !== '' || holdsQuote(fromHtml)) return fromHtml; // guard: quoted-words-are-not-own
  }
  if (raw.isForward === true) return { text: '', notices: [{ type: 'quoteLeftOut' }] }; // guard: forwarded-words-are-not-own
  if (raw.textFormat === 'xml') return cleanMarkup(raw.text, isBot);
  if (raw.text.length > maxRawLength) return { text: raw.text, notices: [] };
  return unlink(unwrap(withoutMentions(raw.text.replace(/&nbsp;/gi, '\u00a0'), isBot)));
}

export const holdsQuote = ({ notices }: Cleaned): boolean => notices.some(({ type }) => type === 'quoteLeftOut');

/** Mentions of the bot and those in front are blanks, others are names. */
function withoutMentions(text: string, isBot: (name: string) => boolean): string {
  let end = 0;
  let isLead = true;
  return text.replace(/<at\b[^<>]*>([^<>]*)<\/at>/gi, (all, name: string, offset: number) => {
    isLead &&= !/[^\s\u200b\ufeff]/.test(text.slice(end, offset));
    end = offset + all.length;
    return isLead || isBot(name) ? ' ' : name;
  });
}

/** The placeholders of these messages gone, as Teams writes them or escaped; any other is what the person typed. */
const withoutPlaceholders = (text: string, ids: readonly string[]): string =>
  text.replace(/(?:<|&lt;)quoted\s[^<>]{0,300}?(?:>|&gt;)(?:(?:<|&lt;)\/quoted(?:>|&gt;))?/gi, (all) => {
    const [, id] = /\smessageid\s?=\s?(?:"|'|&quot;|&#3[49];|&apos;)?([\w.:@-]+)/i.exec(all) ?? [];
    return id !== undefined && ids.includes(id) ? ' ' : all; // guard: announced-placeholders-only
  });

/** Markup that is no message is handed on as it is, to be refused. */
function cleanMarkup(markup: string, isBot: (name: string) => boolean): Cleaned {
  const read = markup.length > maxRawLength ? null : readMarkup(markup, { isBot });
  return read === null ? { text: markup, notices: [] } : { text: trimEdges(unwrap(read.text)), notices: read.notices };
}

/** Line ends made one kind; code fences and backticks around lines taken away. */
function unwrap(text: string): string {
  return unfence(trimEdges(text.replace(/\r\n?|[\u2028\u2029]/g, '\n')))
    .split('\n')
    .filter((line) => !/^\s*(?:```|~~~)[\w+#-]*\s*$/.test(line))
    .map((line) => line.replace(/^\s*(`{1,3})([^`]*)\1\s*$/, '$2'))
    .join('\n');
}

/** What one code fence holds, without the name of its language. */
function unfence(text: string): string {
  if (text.length < 6 || !text.startsWith('```') || !text.endsWith('```')) return text;
  return text.slice(3, -3).replace(/^[ \t]*(?:[a-z0-9+#-]{1,40}[ \t]*)?\n/i, '');
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
  (readMarkup(mention.replace(/<[^<>]*>/g, ''), { isBot: () => false })?.text ?? '')
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
