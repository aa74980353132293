import { readMarkup } from './markup';

/** What a card writes where a reader sees it: text, titles and values, alternative texts; not its ids, addresses, colours or data. */
const seen = new Set([
  'text',
  'title',
  'subtitle',
  'summary',
  'name',
  'value',
  'altText',
  'label',
  'activityTitle',
  'activitySubtitle',
]);
/** More than any card holds that fits into an activity. */
const mostNodes = 10_000;
const mostDepth = 100;

/** The words of a card or another attachment, each on a line of its own; Teams hands over an object, or its JSON as text. */
export function readAttachment(content: unknown): readonly string[] {
  const words: string[] = [];
  const open: { readonly key: string; readonly value: unknown; readonly depth: number }[] = [
    { key: '', value: typeof content === 'string' ? parseJson(content) : content, depth: 0 },
  ];
  for (let nodes = 0; nodes < mostNodes; nodes++) {
    const node = open.pop();
    if (node === undefined) break;
    const { key, value, depth } = node;
    if (typeof value === 'string') {
      if (seen.has(key)) words.push(readMarkup(value, { isBot: () => false, keepQuotes: true })?.text ?? '');
    } else if (typeof value === 'object' && value !== null && depth < mostDepth)
      for (const [name, inner] of Object.entries(value).reverse())
        open.push({ key: Array.isArray(value) ? key : name, value: inner, depth: depth + 1 });
  }
  return words;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}
