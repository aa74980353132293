import { visible } from '../lib/visible';
import type { Command } from '../request/ask/command';
import { writeCommand } from './draft';

/** What was understood differently from what was typed, or could be; shown before anything is stored. All text is untrusted. */
export type Notice =
  /** Typographic quotes, dashes, blanks or an automatic link of one line were read as the plain text. */
  | { readonly type: 'respelled'; readonly was: string; readonly now: string }
  /** Bold, italic or struck text: Teams makes it from `*`, `_` and `~`, which are then gone. */
  | { readonly type: 'formatting'; readonly text: string }
  /** A link whose text is not its address; the text was taken. */
  | { readonly type: 'link'; readonly text: string; readonly address: string }
  | { readonly type: 'quoteLeftOut' }
  | { readonly type: 'pictureLeftOut' }
  /** An emoji is part of a command: clients make one of `:D` and `(y)`, and plain text does not show which of the two was typed. */
  | { readonly type: 'emojiInCommand'; readonly command: Command }
  /** `stop-at` or `canary` stand among the arguments of a script. */
  | { readonly type: 'limitInCommand'; readonly command: Command }
  /** The word `because` is part of a command. */
  | { readonly type: 'becauseInCommand'; readonly command: Command }
  /** A part of the reason starts like a command. */
  | { readonly type: 'commandInReason'; readonly text: string };

/** A typographic dash that starts a word: of how many hyphens an app made it cannot be told. */
export const startingDash = /(?<![^\s"'])[\u2013-\u2015](?=\p{L})/gu;

/** Both readings, since either may be meant (T-25). */
function dashWords(was: string): string {
  const dashes: readonly string[] = was.replace(/[\u201c-\u201f]/g, '"').match(startingDash) ?? [];
  const short = dashes.includes('\u2013')
    ? ' I read – as one hyphen (-), as PowerShell does; you may have typed two (--).'
    : '';
  const long = dashes.some((dash) => dash !== '\u2013')
    ? ' I read — as two hyphens (--), of which apps make it; PowerShell would read it as one (-).'
    : '';
  return `${short}${long}`;
}

/** One sentence that says how it was read and what to do if that is wrong. */
export function describeNotice(notice: Notice): string {
  switch (notice.type) {
    case 'respelled':
      return `I read "${visible(notice.was)}" as "${visible(notice.now)}", because apps replace quotes, dashes, blanks and links while people type.${dashWords(notice.was)} If that is wrong, send it as a code block or use the form (new).`;
    case 'formatting':
      return `"${visible(notice.text)}" arrived in bold, italic or struck through. If you typed * or _ or ~ around it, Teams took them away: send it as a code block or use the form (new).`;
    case 'link':
      return `I took the words "${visible(notice.text)}", not the address behind them ("${visible(notice.address)}"). If you meant the address, type it without a link.`;
    case 'limitInCommand':
      return `"${visible(writeCommand(notice.command))}" takes stop-at or canary as arguments of the script. If they are limits of the batch, put them on a line of their own before the command.`;
    case 'quoteLeftOut':
      return 'I left out the message that you quoted and read only what you wrote yourself. To repeat a request, copy its text.';
    case 'pictureLeftOut':
      return 'I left out a picture, because I read text only. Type what it shows if I need it.';
    case 'emojiInCommand':
      return `"${visible(writeCommand(notice.command))}" arrived with an emoji in it. Teams makes emoji of text such as :D and (y). If you typed text there, send it as a code block or use the form (new).`;
    case 'becauseInCommand':
      return `I read "${visible(writeCommand(notice.command))}" as one command, with the word because inside it, since the reason starts at the first line that begins with because. If your reason starts earlier, put that because on a line of its own.`;
    case 'commandInReason':
      return `I read "${visible(notice.text)}" as part of the reason, so it will not run, because everything after because is the reason. If it is a command, put it before because.`;
  }
}
