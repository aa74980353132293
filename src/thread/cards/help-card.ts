import { createHelp, type HelpPage, type Part } from '../../chat/help';
import type { Verb, Word } from '../../chat/words';
import { openForm } from '../kit/button';
import { type Line, relay, say, showCode } from '../kit/line';
import { pagePost, type Section } from '../kit/page';
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
  const exampleLines = (text: string): readonly Line[] => text.split('\n').map((line): Line => [showCode(line)]);
  const [intro = '', ...example] = page.intro.split('\n');
  return pagePost(
    {
      title: 'Live Response help',
      lines: [[relay(intro)], ...example.map((line): Line => [showCode(line)])],
      sections: page.sections.map(
        ({ title, lines, notes }): Section => ({
          title,
          lines: [
            ...lines.flatMap(({ syntax, purpose, example: typed }): Line[] => [
              page.sections.length === 1
                ? [{ ...showCode(syntax), weight: 'Bolder' }]
                : [{ ...showCode(syntax), weight: 'Bolder' }, say(`  ${purpose}`)],
              ...(page.sections.length === 1 ? exampleLines(typed) : []),
            ]),
            ...notes.map((note): Line => [relay(note)]),
          ],
        }),
      ),
      actions: page.offersForm ? [openForm('New request', null, options)] : [],
    },
    options,
  );
}
