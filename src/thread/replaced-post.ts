import { say, showCode, showCut } from './line';
import type { Post } from './post';
import { linesPost } from './sentence';
import type { RequestView } from './view';

/** What is left of a card once a newer one has been posted below it: nothing that can grow old. */
export const replacedPost = ({ request, trial }: Pick<RequestView, 'request' | 'trial'>): Post =>
  linesPost(
    [
      [
        say('A newer card below replaces this one: '),
        showCode(request.id),
        say(' on '),
        ...showCut(request.device.name, 100, showCode),
        say('.'),
      ],
    ],
    { summary: `${request.id}: see the newer card`, trial },
  );
