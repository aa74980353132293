import type { ActionJson } from './button';

type ActionRow = { readonly actions: readonly ActionJson[] };

/** What a card of 320 pixels has inside, and what a button takes there: the reference renderer does not wrap a row of buttons. */
const room = 286;
const gap = 8;
const widthOf = ({ title }: ActionJson): number => 30 + 9 * title.length;

/** Buttons in their order, as many to a row as the narrowest phone holds. */
export function actionRows(actions: readonly ActionJson[]): readonly ActionRow[] {
  const rows: ActionJson[][] = [];
  let used = room;
  for (const action of actions) {
    const width = widthOf(action);
    const last = rows.at(-1);
    if (last === undefined || used + gap + width > room) {
      rows.push([action]);
      used = width;
    } else {
      last.push(action);
      used += gap + width;
    }
  }
  return rows.map((row) => ({ actions: row }));
}

/** The card's own row of buttons where one is enough; otherwise rows at the end of its body. */
export function placeActions(actions: readonly ActionJson[]): {
  readonly actions: readonly ActionJson[];
  readonly actionRows: readonly ActionRow[];
} {
  const rows = actionRows(actions);
  return rows.length > 1 ? { actions: [], actionRows: rows } : { actions, actionRows: [] };
}
