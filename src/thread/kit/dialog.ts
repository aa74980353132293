import type { CardJson } from './post';

/**
 * A card as Teams shows it in a dialog: there only Action.Submit comes back, as `task/submit` ("Dialogs in bots"). Each action of ours carries
 * one that does the same; with it goes the dialog's own id, by which one dialog makes one request however often its button is pressed.
 */
export function toDialogCard(card: CardJson, dialogId: string): CardJson {
  const { refresh, ...rest } = card;
  return convert(rest, dialogId) as CardJson;
}

function convert(node: unknown, dialogId: string): unknown {
  if (Array.isArray(node)) return node.map((item) => convert(item, dialogId));
  if (typeof node !== 'object' || node === null) return node;
  const { type, fallback, data, ...rest } = node as Readonly<Record<string, unknown>>;
  if (type === 'Action.Execute' && typeof fallback === 'object' && fallback !== null) {
    const submit = fallback as Readonly<Record<string, unknown>>;
    return { ...submit, data: { ...(submit.data as object), dialog: dialogId } };
  }
  const inner = Object.entries(rest).map(([key, value]) => [key, convert(value, dialogId)]);
  return {
    ...(type === undefined ? {} : { type }),
    ...Object.fromEntries(inner),
    ...(fallback === undefined ? {} : { fallback }),
    ...(data === undefined ? {} : { data }),
  };
}
