import template from '../cards/page-card.json';
import { actionRows, placeActions } from './action-rows';
import type { ActionJson } from './button';
import { fits } from './fits';
import { type Line, saySubtle } from './line';
import type { Post } from './post';
import { fillTemplate } from './template';
import { trialBanner } from './trial';
import { count, type ReaderFormat } from './words';

/** A card to read: a title, lines, and sections set apart from each other. Titles and summary hold our own words only. */
export interface Page {
  readonly title: string;
  readonly lines?: readonly Line[];
  readonly sections?: readonly Section[];
  readonly actions?: readonly ActionJson[];
}

export interface Section {
  readonly title?: string;
  readonly lines: readonly Line[];
  /** Lines stand close together, as output does. */
  readonly dense?: boolean;
  readonly actions?: readonly ActionJson[];
  /** More lines, out of sight until a button is pressed. */
  readonly fold?: Fold;
}

export interface Fold {
  /** Our own words. */
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface CardOptions {
  readonly trial: boolean;
  readonly now: number;
  /** Everyone unless given. */
  readonly reader?: ReaderFormat;
}

/** More rows than people read in a chat. */
export const mostRows = 12;
/** A row of buttons holds five in the reference renderer (teams.md D2). */
export const mostChoices = 5;

export function pagePost(page: Page, options: { readonly trial: boolean; readonly summary?: string }): Post {
  const { title, lines = [], sections = [], actions = [] } = page;
  const { trial, summary = title } = options;
  const card = fillTemplate(template, {
    summary,
    trial,
    trialBanner,
    title,
    lines: lines.map((runs) => ({ runs })),
    sections: sections.map(fillSection),
    ...placeActions(actions),
  });
  return { text: null, mention: null, card, summary };
}

const fillSection = ({ title, lines, dense = false, actions = [], fold }: Section, i: number) => ({
  hasTitle: title !== undefined,
  title: title ?? '',
  lines: fillLines(lines, dense),
  isFolded: fold !== undefined,
  foldId: `fold${i + 1}`,
  foldTitle: fold?.title ?? '',
  folded: fillLines(fold?.lines ?? [], dense),
  actionRows: actionRows(actions),
});

const fillLines = (lines: readonly Line[], dense: boolean) =>
  lines.map((runs) => ({ runs, spacing: dense ? 'None' : 'Small' }));

/** The last section of a list that was shortened; what is left out is counted, never hidden. */
export const moreSection = (left: number, one: string, hint: string): readonly Section[] =>
  left <= 0 ? [] : [{ lines: [[saySubtle(`${count(left, `more ${one}`)} not shown. ${hint}`)]] }];

/** The longest version that every client takes; one row is shown in any case. */
export function firstThatFits(most: number, build: (rows: number) => Post): Post {
  for (let rows = most; rows > 1; rows--) {
    const post = build(rows);
    if (fits(post)) return post;
  }
  return build(1);
}
