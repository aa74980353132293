import { isRecord } from '../../lib/record';
import { type Html, html } from './html';

const tones = new Set(['good', 'attention', 'warning', 'accent', 'emphasis']);

/** An Adaptive Card as plain boxes of text, with all its folds open and its buttons named: what could be read on it, not how a client draws it. */
export function cardHtml(card: unknown): Html {
  const body = isRecord(card) ? listOf(card.body) : [];
  const actions = isRecord(card) ? listOf(card.actions) : [];
  return html`<div class="card">${body.map(element)}${buttons(actions)}</div>`;
}

function element(value: unknown): Html | null {
  if (!isRecord(value)) return null;
  switch (value.type) {
    case 'TextBlock':
      return html`<p class="${value.weight === 'Bolder' ? 'bold' : ''}">${textOf(value.text)}</p>`;
    case 'RichTextBlock':
      return html`<p>${listOf(value.inlines).map(run)}</p>`;
    case 'ActionSet':
      return buttons(listOf(value.actions));
    case 'FactSet':
      return html`${listOf(value.facts).map((fact) => (isRecord(fact) ? html`<p>${textOf(fact.title)} ${textOf(fact.value)}</p>` : null))}`;
    default: {
      const inner = [...listOf(value.items), ...listOf(value.columns), ...listOf(value.rows), ...listOf(value.cells)];
      const tone = typeof value.style === 'string' && tones.has(value.style) ? value.style : 'plain';
      return html`<div class="box ${tone}">${inner.map(element)}</div>`;
    }
  }
}

function run(value: unknown): Html | null {
  if (typeof value === 'string') return html`${value}`;
  if (!isRecord(value)) return null;
  const text = textOf(value.text);
  const classes = [value.weight === 'Bolder' ? 'bold' : '', value.isSubtle === true ? 'subtle' : ''].join(' ').trim();
  return value.fontType === 'Monospace'
    ? html`<code class="${classes}">${text}</code>`
    : html`<span class="${classes}">${text}</span>`;
}

/** A fold's button is left out: its lines stand there already. */
function buttons(actions: readonly unknown[]): Html | null {
  const titles = actions.flatMap((action) =>
    isRecord(action) && action.type !== 'Action.ToggleVisibility' ? [textOf(action.title)] : [],
  );
  return titles.length === 0
    ? null
    : html`<p class="buttons">${titles.map((title) => html`<span>${title}</span>`)}</p>`;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
