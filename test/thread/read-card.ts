import type * as AdaptiveCards from 'adaptivecards';
import type { CardJson, Post } from '../../src/thread/kit/post';

/** The bundle, since jest cannot load the ES module that the library's own entry asks for. */
const { AdaptiveCard, SerializationContext, ValidationEvent, Versions } =
  require('adaptivecards/dist/adaptivecards.js') as typeof AdaptiveCards;

type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object of a card, inner cards and fallbacks included. */
export function nodesOf(value: unknown): readonly Json[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  return isJson(value) ? [value, ...Object.values(value).flatMap(nodesOf)] : [];
}

/** The texts of all runs, in reading order. */
export const runsOf = (card: CardJson): readonly string[] =>
  nodesOf(card)
    .filter((n) => n.type === 'TextRun')
    .map((n) => String(n.text));

/** What the lists of a card show to choose from. */
export const choicesOf = (card: CardJson): readonly string[] =>
  nodesOf(card)
    .filter((n) => n.type === 'Input.ChoiceSet')
    .flatMap((n) => (n.choices as readonly Json[]).map(({ title }) => String(title)));

/** The buttons that a person can press, those behind a question included; fallbacks and what a client does by itself left out. */
export const buttonsOf = (card: CardJson): readonly Json[] =>
  nodesOf(card).filter((n) => n.type === 'Action.Execute' && n.verb !== 'card.refresh');

/** The card as people read it: one line a text, buttons in brackets. */
export function readCard(card: CardJson): string {
  const lines = (node: unknown): readonly string[] => {
    if (Array.isArray(node)) return node.flatMap(lines);
    if (!isJson(node)) return [];
    switch (node.type) {
      case 'TextBlock':
        return [String(node.text)];
      case 'RichTextBlock':
        return [(node.inlines as readonly { readonly text: string }[]).map((run) => run.text).join('')];
      case 'Input.Text':
        return [`${String(node.label)}: [${String(node.value ?? '')}]`];
      case 'Action.ShowCard':
        return [`(${String(node.title)})`, ...lines(node.card).map((line) => `    ${line}`)];
      case 'Action.Execute':
      case 'Action.Submit':
        return [`(${String(node.title)})`];
      case 'Input.ChoiceSet':
        return [
          `${String(node.label)}: [${String(node.value ?? '')}] of ${(node.choices as readonly Json[]).map(({ title }) => title).join(', ') || 'nothing yet'}`,
        ];
      case 'Action.ToggleVisibility':
        return [`(${String(node.title)} ▾)`];
      case 'Container': {
        const inner = lines(node.items);
        return node.isVisible === false ? inner.map((line) => `  │ ${line}`) : ['', ...inner];
      }
      default:
        return [...lines(node.body), ...lines(node.items), ...lines(node.actions)];
    }
  };
  return lines(card).join('\n').trim();
}

/** The whole post as people read it. */
export const readPost = (post: Post): string =>
  [
    post.text === null ? '' : `${post.mention === null ? '' : `@${post.mention.name} `}${post.text}`,
    post.card === null ? '' : readCard(post.card),
  ]
    .filter((part) => part !== '')
    .join('\n');

/** A client that knows no Action.Execute must send the same by Action.Submit (teams.md E4). */
function isSameFallback(action: Json): boolean {
  const fallback = isJson(action.fallback) ? action.fallback : {};
  const { verb, ...data } = isJson(fallback.data) ? fallback.data : {};
  return (
    fallback.type === 'Action.Submit' &&
    fallback.title === action.title &&
    verb === action.verb &&
    JSON.stringify(data) === JSON.stringify(action.data)
  );
}

/** What Microsoft's own renderer finds wrong (3.0.2 loads in Node, teams.md D2), and what it does not look for. */
export function lintCard(card: CardJson): readonly string[] {
  const context = new SerializationContext(Versions.v1_5);
  const parsed = new AdaptiveCard();
  parsed.parse(card, context);
  const found: string[] = [];
  for (let i = 0; i < context.eventCount; i++) {
    const event = context.getEventAt(i);
    // Teams takes this one in cards of any version ("Typeahead search in Adaptive Cards"), and 1.6 not at all (teams.md E3).
    if (!event.message.startsWith('Property "choices.data" is supported in version 1.6'))
      found.push(`${ValidationEvent[event.event]}: ${event.message}`);
  }
  for (const event of parsed.validateProperties().validationEvents)
    found.push(`${ValidationEvent[event.event]}: ${event.message}`);
  for (const node of nodesOf(card)) {
    if (node.type === 'AdaptiveCard' && node.version !== '1.5') found.push(`version ${String(node.version)}`);
    if (Array.isArray(node.actions) && node.actions.length > 6) found.push(`${node.actions.length} actions in one row`);
    if (String(node.type).startsWith('Input.') && !node.label) found.push(`input ${String(node.id)} has no label`);
    if (node.type === 'RichTextBlock' && (node.inlines as readonly unknown[]).length === 0)
      found.push('an empty RichTextBlock');
    if (node.type === 'TextBlock' && node.wrap !== true) found.push(`a text that a phone cuts: ${String(node.text)}`);
    if (String(node.type).startsWith('Input.') && !node.errorMessage)
      found.push(`input ${String(node.id)} tells no cure`);
    if (node.type === 'Action.Execute' && node.verb !== 'card.refresh' && !isSameFallback(node))
      found.push(`${String(node.title)} does nothing on a client without Universal Actions`);
  }
  const ids = nodesOf(card)
    .filter(({ id }) => id !== undefined)
    .map(({ id }) => String(id));
  for (const id of new Set(ids.filter((one, i) => ids.indexOf(one) !== i))) found.push(`id ${id} is there twice`);
  if (typeof card.fallbackText !== 'string' || card.fallbackText === '')
    found.push('no words for a client without cards');
  const [heading] = nodesOf(card.body).filter(({ style }) => style === 'heading');
  if (heading !== undefined && String(heading.text).trim() === '') found.push('an empty heading');
  return found;
}

/** Every text of a card that a client may evaluate as markdown, a macro or a link: all but runs, what people typed into inputs, and button data. */
export function evaluatedTexts(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap((item) => evaluatedTexts(item, key));
  if (!isJson(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (value.type === 'TextRun' && name === 'text') return [];
    if (String(value.type).startsWith('Input.') && name === 'value') return [];
    if (String(value.type).startsWith('Action.') && name === 'data') return [];
    // The entries of a list are plain text, and what they stand for is not shown.
    if (value.type === 'Input.ChoiceSet' && name === 'choices') return [];
    return evaluatedTexts(inner, name);
  });
}
