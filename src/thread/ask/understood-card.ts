import type { Draft } from '../../chat/draft';
import { describeNotice, type Notice } from '../../chat/notices';
import { type ActionJson, button } from '../kit/button';
import { fits } from '../kit/fits';
import { type Line, relay, say } from '../kit/line';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import { draftRows } from './draft-rows';

/** What was understood where that may differ from what was meant; nothing is stored before the person confirms it. */
export function understoodCard(draft: Draft, notices: readonly Notice[], options: { readonly trial: boolean }): Post {
  const build = (actions: readonly ActionJson[], hint: string): Post =>
    pagePost(
      {
        title: 'Is this what you mean?',
        lines: [...notices.map((notice): Line => [relay(describeNotice(notice))]), [say(hint)]],
        sections: [
          {
            title: 'I understood',
            lines: draftRows(draft),
          },
        ],
        actions,
      },
      options,
    );
  const confirm = build(
    [
      button({
        title: 'Yes, ask for approval',
        verb: 'draft.confirm',
        data: { draft },
        style: 'positive',
        inputs: 'none',
      }),
    ],
    'Nothing was sent yet. If it is wrong, send it again.',
  );
  return fits(confirm)
    ? confirm
    : build(
        [],
        'Nothing was sent. It is too long to be confirmed on a card: send it again as a code block, so that nothing in it changes.',
      );
}
