import template from '../cards/sentence-card.json';
import type { ActionJson } from './button';
import { type Line, relay } from './line';
import type { Post } from './post';
import { fillTemplate } from './template';
import { trialBanner } from './trial';

/** Sentences as a small card, which shows verbatim what a message's own text would mangle (teams.md C5). `summary` holds our own words only. */
export function linesPost(
  lines: readonly Line[],
  options: { readonly summary: string; readonly trial: boolean; readonly actions?: readonly ActionJson[] },
): Post {
  const { summary, trial, actions = [] } = options;
  const card = fillTemplate(template, { summary, trial, trialBanner, lines: lines.map((runs) => ({ runs })), actions });
  return { text: null, mention: null, card, summary };
}

/**
 * A sentence written elsewhere in this program (a fault, a refusal), one paragraph a line. What it quotes from outside must have gone through
 * `visible` there; the paragraph is shown verbatim, so that nothing in it becomes a link, a mention or a date.
 */
export function sentencePost(
  text: string,
  options: { readonly trial: boolean; readonly summary?: string; readonly actions?: readonly ActionJson[] },
): Post {
  const { summary = 'An answer from Live Response', ...rest } = options;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return linesPost(
    lines.map((line) => [relay(line)]),
    { summary, ...rest },
  );
}
