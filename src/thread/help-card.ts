import type { HelpPage } from '../chat/help';
import { openForm } from './button';
import { type Line, relay, say, showCode } from './line';
import { pagePost, type Section } from './page';
import type { Post } from './post';

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
