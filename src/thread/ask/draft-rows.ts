import type { Draft } from '../../chat/draft';
import type { Command } from '../../request/ask/command';
import { type Line, sayBold, saySubtle, showCode, showParagraphs } from '../kit/line';
import { commandSubject, commandTitle } from '../kit/words';

/** A draft as it was understood, whole: nothing of it is stored yet. */
export const draftRows = (draft: Draft): readonly Line[] => [
  [saySubtle('on  '), showCode(draft.device)],
  ...draft.commands.flatMap(commandRow),
  ...showParagraphs(draft.reason).map((line, i): Line => (i === 0 ? [saySubtle('because  '), ...line] : line)),
];

const commandRow = (command: Command, index: number): readonly Line[] => [
  [sayBold(`${index + 1}. ${commandTitle(command.type)}  `), showCode(commandSubject(command))],
  ...(command.type === 'RunScript' && command.args !== null
    ? [[saySubtle('arguments  '), showCode(command.args)]]
    : []),
];
