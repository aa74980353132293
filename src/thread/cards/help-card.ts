import { createHelp, type HelpPage, type HelpSection, type Part } from '../../chat/help';
import type { Verb, Word } from '../../chat/words';
import { openForm } from '../kit/button';
import { type Line, relay, say, sayBold, showCode } from '../kit/line';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';

interface Asked {
  /** Null: the overview. */
  readonly word: Word | Verb | null;
  readonly part: Part;
  readonly trial: boolean;
}

const drawn = new Map<string, Post>();

/** As a person gets it. There are as many as there are words and parts of people, so each is drawn once. */
export function helpFor({ word, part, trial }: Asked): Post {
  const { mayAsk, mayApprove, owns } = part;
  const key = JSON.stringify([word, mayAsk, mayApprove, owns, trial]);
  const post = drawn.get(key) ?? helpCard(createHelp(word, part), { trial });
  drawn.set(key, post);
  return post;
}

/** Help from the word table, with a button to the form. */
export function helpCard(page: HelpPage, options: { readonly trial: boolean }): Post {
  const [intro = '', ...example] = page.intro.split('\n');
  const exampleLines = example.map((line): Line => [showCode(line)]);
  const isOverview = page.sections.length > 1;
  return pagePost(
    {
      title: 'Live Response help',
      lines: isOverview ? [[relay(intro)]] : [[relay(intro)], ...exampleLines],
      sections: !isOverview
        ? page.sections.map((section) => ({ title: section.title, lines: linesOf(section, { whole: true }) }))
        : [
            {
              dense: true,
              lines: exampleLines,
              fold: { title: 'Show all words', lines: page.sections.flatMap(titled) },
            },
          ],
      actions: page.offersForm ? [openForm('New request', null, options)] : [],
    },
    options,
  );
}

/** `whole`: with an example, as the page of one word has it. */
const linesOf = ({ lines, notes }: HelpSection, { whole }: { readonly whole: boolean }): readonly Line[] => [
  ...lines.flatMap(({ syntax, purpose, example }): Line[] => [
    whole
      ? [{ ...showCode(syntax), weight: 'Bolder' }]
      : [{ ...showCode(syntax), weight: 'Bolder' }, say(`  ${purpose}`)],
    ...(whole ? example.split('\n').map((line): Line => [showCode(line)]) : []),
  ]),
  ...notes.map((note): Line => [relay(note)]),
];

/** A section where all of them are folded under each other. */
const titled = (section: HelpSection): readonly Line[] => [
  [sayBold(section.title)],
  ...linesOf(section, { whole: false }),
];
