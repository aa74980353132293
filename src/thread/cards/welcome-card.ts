import { exampleRequest } from '../../chat/words';
import { openForm } from '../kit/button';
import { type Line, say, sayBold, show, showCode, showNames } from '../kit/line';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';

/** Who may do something, as the policy groups them; `ids` is null for a group that cannot be read now. */
export interface PolicyGroup {
  readonly name: string;
  readonly ids: readonly string[] | null;
}

export interface Welcome {
  readonly requesters: readonly PolicyGroup[];
  readonly approvers: readonly PolicyGroup[];
  readonly names: ReadonlyMap<string, string>;
}

/** Told when the bot is added to a team or a group chat: what it does here, who asks, who approves, and that nothing runs without that. */
export const welcomeCard = (welcome: Welcome, options: { readonly trial: boolean }): Post =>
  pagePost(
    {
      title: 'Live Response is here',
      lines: [
        [
          say(
            'I run Defender live response on devices, once other people have approved it. Mention me with a request:',
          ),
        ],
      ],
      sections: [
        {
          dense: true,
          lines: exampleRequest.split('\n').map((line): Line => [showCode(line)]),
          fold: {
            title: 'Show who asks and approves',
            lines: [
              [say('Card, news and results of a request stay in its thread. All who are here can read them.')],
              [sayBold('Who may ask')],
              ...groupLines(welcome.requesters, welcome.names),
              [sayBold('Who approves')],
              ...groupLines(welcome.approvers, welcome.names),
              ...(welcome.approvers.length === 0 ? [] : [approvalLine]),
              [sayBold('In an emergency')],
              [
                say(
                  'Type pause because and a reason: no live response is sent to Defender, for anybody, until another approver types resume.',
                ),
              ],
            ],
          },
        },
      ],
      actions: [openForm('New request', null, options)],
    },
    options,
  );

const approvalLine: Line = [
  say(
    'How many of them, and which, is for the policy to say of each request; never the person who asked. They get each card in their own chat once they have added me there.',
  ),
];

function groupLines(groups: readonly PolicyGroup[], names: ReadonlyMap<string, string>): readonly Line[] {
  if (groups.length === 0)
    return [[say('Nobody: the policy names no group for it. Whoever keeps the policy can add one.')]];
  return groups.map(({ name, ids }) => [
    { ...show(name), weight: 'Bolder' },
    say(': '),
    ...(ids === null ? [say('cannot be read now, so nobody in it counts')] : showNames(ids, names)),
    say('.'),
  ]);
}
