import { say, showCode, showDevices } from '../kit/line';
import type { Post } from '../kit/post';
import { linesPost } from '../kit/sentence';
import type { RequestView } from '../kit/view';

/** What is left of a card once a newer one has been posted below it: nothing that can grow old. */
export const replacedPost = ({ request, trial }: Pick<RequestView, 'request' | 'trial'>): Post =>
  linesPost(
    [
      [
        say('A newer card below replaces this one: '),
        showCode(request.id),
        say(' on '),
        ...showDevices(request, 100),
        say('.'),
      ],
    ],
    { summary: `${request.id}: see the newer card`, trial },
  );
