import type { Draft } from '../chat/draft';
import { describeNotice, type Notice } from '../chat/notices';
import type { Command } from '../request/command';
import { type ActionJson, button } from './button';
import { fits } from './fits';
import { type Line, relay, say, sayBold, saySubtle, showCode, showParagraphs } from './line';
import { pagePost } from './page';
import type { Post } from './post';
import { commandSubject, commandTitle } from './words';

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
            lines: [
              [saySubtle('on  '), showCode(draft.device)],
              ...draft.commands.flatMap(draftRow),
              ...showParagraphs(draft.reason).map(
                (line, i): Line => (i === 0 ? [saySubtle('because  '), ...line] : line),
              ),
            ],
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

function draftRow(command: Command, index: number): readonly Line[] {
  return [
    [sayBold(`${index + 1}. ${commandTitle(command.type)}  `), showCode(commandSubject(command))],
    ...(command.type === 'RunScript' && command.args !== null
      ? [[saySubtle('arguments  '), showCode(command.args)]]
      : []),
  ];
}
