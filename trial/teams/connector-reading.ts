import { isRecord } from '../../src/lib/record';
import type { Connector, TeamsMessage, WireActivity } from './connector-port';

/** A conversation as people read it: who, then what, one block a message; a card as its lines, buttons in brackets. */
export const readThread = (connector: Connector, conversationId: string): readonly string[] =>
  connector.messages(conversationId).map(readMessage);

export function readMessage(message: TeamsMessage): string {
  const who = message.from === 'bot' ? 'Live Response' : message.from.name;
  const edited = message.versions.length > 0 ? ' (edited)' : '';
  return `${who}${edited}: ${readActivity(message.activity)}`;
}

/** The words of an activity: text with mentions as `@Name`, then its cards. */
export function readActivity(activity: WireActivity): string {
  const text = (activity.text ?? '')
    .replace(/<at>([^<]*)<\/at>/g, '@$1')
    .replace(/&nbsp;/g, ' ')
    .trim();
  const cards = (activity.attachments ?? [])
    .filter((a) => a.contentType === 'application/vnd.microsoft.card.adaptive')
    .map((a) => readCard(a.content));
  return [text, ...cards].filter((part) => part !== '').join('\n');
}

/** The lines of an adaptive card from top to bottom, hidden parts left out. */
export function readCard(card: unknown): string {
  return readElement(card)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}

/** The actions of a card, at any depth, in order: what a person could press. */
export function findActions(card: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (Array.isArray(card)) return card.flatMap(findActions);
  if (!isRecord(card)) return [];
  const own = typeof card.type === 'string' && card.type.startsWith('Action.') ? [card] : [];
  return [
    ...own,
    ...Object.entries(card).flatMap(([key, value]) => (key === 'data' || key === 'fallback' ? [] : findActions(value))),
  ];
}

function readElement(element: unknown): readonly string[] {
  if (Array.isArray(element)) return element.flatMap(readElement);
  if (!isRecord(element) || element.isVisible === false) return [];
  switch (element.type) {
    case 'TextBlock':
      return [words(element.text)];
    case 'RichTextBlock':
      return [
        list(element.inlines)
          .map((run) => (isRecord(run) ? words(run.text) : words(run)))
          .join(''),
      ];
    case 'FactSet':
      return list(element.facts).map((fact) => (isRecord(fact) ? `${words(fact.title)}: ${words(fact.value)}` : ''));
    case 'ColumnSet':
      return [list(element.columns).flatMap(readElement).join('  ')];
    case 'TableRow':
      return [
        list(element.cells)
          .flatMap((cell) => readElement(cell).join(' '))
          .join('  '),
      ];
    case 'ActionSet':
      return readActions(element.actions);
    default:
      return String(element.type).startsWith('Input.')
        ? [readInput(element)]
        : [
            ...readElement(list(element.body)),
            ...readElement(list(element.items)),
            ...readElement(list(element.rows)),
            ...readActions(element.actions),
          ];
  }
}

const readInput = (input: Readonly<Record<string, unknown>>): string =>
  `${words(input.label ?? input.title ?? input.id)}: [${words(input.value)}]`;

function readActions(actions: unknown): readonly string[] {
  const titles = list(actions).flatMap((action) => (isRecord(action) ? [`[${words(action.title)}]`] : []));
  const inside = list(actions).flatMap((action) =>
    isRecord(action) && action.type === 'Action.ShowCard' ? readElement(action.card) : [],
  );
  return titles.length === 0 ? [] : [titles.join(' '), ...inside];
}

const words = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
