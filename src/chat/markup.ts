import { isSameAddress } from './link';
import type { Notice } from './notices';

const namedEntities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  ndash: '\u2013',
  mdash: '\u2014',
  lsquo: '\u2018',
  rsquo: '\u2019',
  ldquo: '\u201c',
  rdquo: '\u201d',
  bdquo: '\u201e',
  hellip: '\u2026',
  bsol: '\\',
  shy: '\u00ad',
  zwnj: '\u200c',
  zwj: '\u200d',
};

/** Character references as characters, once; what is not a reference stays as it is. */
export const decodeEntities = (text: string): string =>
  text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi,
    (all, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return namedEntities[name] ?? all;
      const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? '', 16);
      return code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? all : String.fromCodePoint(code);
    },
  );

const blocks = new Set([
  ...['p', 'div', 'pre', 'codeblock', 'li', 'ul', 'ol', 'tr', 'table', 'blockquote', 'hr', 'section', 'article'],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'],
]);
const unseen = new Set(['script', 'style', 'title', 'head']);
const emphasis = new Set(['b', 'strong', 'i', 'em', 's', 'strike', 'del']);
const empty = new Set(['br', 'img', 'hr', 'meta', 'link', 'input', 'wbr']);

interface OpenTag {
  readonly name: string;
  readonly attributes: string;
  /** Where its text starts in the output. */
  readonly start: number;
}

/** The text of a message's markup as a reader would see it, line by line, without mentions of the bot and without quoted messages. */
export function readMarkup(
  markup: string,
  isBot: (name: string) => boolean,
): { text: string; notices: readonly Notice[] } {
  const notices: Notice[] = [];
  const open: OpenTag[] = [];
  let out = '';

  const lineBreak = (): void => {
    if (out !== '' && !out.endsWith('\n')) out += '\n';
  };
  const close = (tag: OpenTag): void => {
    const inner = out.slice(tag.start);
    if (unseen.has(tag.name)) out = out.slice(0, tag.start);
    else if (isMention(tag))
      out = out.slice(0, tag.start) + (isBot(inner) || isBlank(out.slice(0, tag.start)) ? ' ' : inner);
    else if (isQuotedMessage(tag)) {
      out = out.slice(0, tag.start);
      notices.push({ type: 'quoteLeftOut' });
    } else if (emphasis.has(tag.name) && !isBlank(inner)) notices.push({ type: 'formatting', text: inner.trim() });
    else if (tag.name === 'a') {
      const address = attributeOf(tag.attributes, 'href');
      if (address !== null && !isSameAddress(inner, address))
        notices.push({ type: 'link', text: inner.trim(), address });
    }
    if (blocks.has(tag.name)) lineBreak();
  };

  for (const token of markup.matchAll(tokens)) {
    const { slash, name, attributes, text } = token.groups ?? {};
    if (text !== undefined && !isBetweenBlocks(text, out)) out += decodeEntities(text);
    if (name === undefined) continue;
    const tagName = name.toLowerCase();
    if (slash === '/') {
      const depth = open.findLastIndex((tag) => tag.name === tagName);
      if (depth >= 0) for (const tag of open.splice(depth).reverse()) close(tag);
      continue;
    }
    if (tagName === 'br') out += '\n';
    if (blocks.has(tagName)) lineBreak();
    if (tagName === 'img' || tagName === 'emoji') {
      const isEmoji = tagName === 'emoji' || /schema\.skype\.com\/emoji/i.test(attributes ?? '');
      if (isEmoji) out += attributeOf(attributes ?? '', 'alt') ?? '';
      else notices.push({ type: 'pictureLeftOut' });
    }
    if (!empty.has(tagName) && !attributes?.endsWith('/'))
      open.push({ name: tagName, attributes: attributes ?? '', start: out.length });
  }
  for (const tag of open.reverse()) close(tag);
  return { text: out, notices };
}

/** Comments, tags and text; a `<` that starts neither is text. */
const tokens =
  /<!--[\s\S]*?(?:-->|$)|<(?<slash>\/?)(?<name>[a-z][\w:-]*)(?<attributes>(?:\s(?:"[^"]*"|'[^']*'|[^"'<>])*|\/)?)>|(?<text>[^<]+|<)/gi;

/** Line ends that only lay out the markup. */
const isBetweenBlocks = (text: string, before: string): boolean =>
  /^[ \t\r\n]*$/.test(text) && (before === '' || before.endsWith('\n'));

const isBlank = (text: string): boolean => /^[\s\p{Default_Ignorable_Code_Point}]*$/u.test(text);

const isMention = (tag: OpenTag): boolean =>
  tag.name === 'at' || (tag.name === 'span' && /schema\.skype\.com\/mention/i.test(tag.attributes));

const isQuotedMessage = (tag: OpenTag): boolean =>
  tag.name === 'blockquote' && /schema\.skype\.com\/(?:reply|forward)/i.test(tag.attributes);

function attributeOf(attributes: string, name: string): string | null {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes);
  return found === null ? null : decodeEntities(found[1] ?? found[2] ?? found[3] ?? '');
}
