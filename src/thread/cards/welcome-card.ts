import { exampleRequest } from '../../chat/words';
import { openForm } from '../kit/button';
import { type Line, say, show, showCode, showNames } from '../kit/line';
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
            'I run Microsoft Defender live response on devices: put a file there, run a script of the library, collect a file. I send nothing to Defender before other people have approved exactly what was asked.',
          ),
        ],
      ],
      sections: [
        {
          title: 'What this conversation can do',
          lines: [
            [
              say(
                'Mention me with a request. Its card, its news and its results stay in that thread, and all who are here can read them.',
              ),
            ],
            ...exampleRequest.split('\n').map((line): Line => [showCode(line)]),
          ],
        },
        { title: 'Who may ask', lines: groupLines(welcome.requesters, welcome.names) },
        {
          title: 'Who approves',
          lines: [
            ...groupLines(welcome.approvers, welcome.names),
            ...(welcome.approvers.length === 0 ? [] : [approvalLine]),
          ],
        },
        {
          title: 'In an emergency',
          lines: [
            [
              say(
                'Type pause because and a reason: no live response is sent to Defender, for anybody, until another approver types resume.',
              ),
            ],
          ],
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
