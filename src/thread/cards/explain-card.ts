import { relay } from '../kit/line';
import { type CardOptions, firstThatFits, moreSection, pagePost } from '../kit/page';
import type { Post } from '../kit/post';

/** What `explain` of the policy says, line by line; what it quotes is visible already. */
export const explainCard = (lines: readonly string[], options: CardOptions): Post =>
  firstThatFits(Math.max(1, lines.length), (rows) =>
    pagePost(
      {
        title: 'What the policy says',
        sections: [
          { lines: lines.slice(0, rows).map((line) => [relay(line)]) },
          ...moreSection(lines.length - rows, 'line', 'The policy command of whoever runs this bot shows all of them.'),
        ],
      },
      options,
    ),
  );
