import type { KeptResult } from '../../evidence/keep-result';
import { formatNumber } from '../../lib/number';
import { fits } from '../kit/fits';
import { type Line, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import { pagePost, type Section } from '../kit/page';
import type { Post } from '../kit/post';
import { sendableOf, wholeOutputOf } from '../kit/sendable';
import type { RequestView } from '../kit/view';
import { commandSubject, commandTitle, count, formatSize } from '../kit/words';
import { describeKept, maskedLines } from '../sentences/result-lines';
import { cutLine, cutNotes, linesOf, longestLine } from './output-lines';
import { howToHaveAll, sendButton, showMore } from './result-page';

/** What people still read in a thread; the whole of it is kept as evidence. */
const mostLines = 60;
/** What a thread shows of it at once; the others unfold. */
const linesAtOnce = 15;

/** What one command returned: facts first, then errors, then output; readable, bounded, and it says so when something is left out (T-34). */
export function resultPost(view: RequestView, result: KeptResult): Post {
  for (let lines = mostLines; lines > 1; lines = Math.floor((lines * 3) / 4)) {
    const post = renderResult(view, result, { limit: lines });
    if (fits(post)) return post;
  }
  return renderResult(view, result, { limit: 1 });
}

interface Shape {
  /** The most lines of each stream. */
  readonly limit: number;
}

function renderResult(view: RequestView, result: KeptResult, { limit }: Shape): Post {
  const { request, trial } = view;
  const command = request.commands[result.index];
  const number = result.index + 1;
  const head: Line[] = [
    ...(command === undefined
      ? []
      : [[sayBold(`${commandTitle(command.type)}  `), ...showCut(commandSubject(command), 200, showCode)]]),
    [say('on '), ...showCut(request.device.name, 100, showCode)],
    ...describeKept(result, { whole: true }),
  ];
  const sections: Section[] = [
    ...streamSection('Errors', { text: result.errors, isCut: result.errorsCut }, { limit }),
    ...streamSection('Output', { text: result.output, isCut: result.outputCut }, { limit }),
    { lines: footLines(view, result) },
  ];
  return pagePost(
    {
      title: `${request.id}: result of command ${number} of ${request.commands.length}`,
      lines: head,
      sections: sections.filter((s) => s.lines.length > 0),
      actions: [
        ...(isWhole(result, limit)
          ? []
          : [
              showMore(isCut(result) ? 'Show more of it' : 'Show all of it', {
                requestId: request.id,
                index: result.index,
                page: 1,
              }),
            ]),
        ...sendButton(request.id, result),
      ],
    },
    { trial },
  );
}

/** Whether everything that is kept as text stands on the card. */
const isWhole = ({ output, errors }: KeptResult, limit: number): boolean =>
  [output ?? '', errors ?? ''].every((text) => {
    const lines = linesOf(text);
    return lines.length <= limit && lines.every((line) => [...line].length <= longestLine);
  });

const isCut = ({ outputCut, errorsCut }: KeptResult): boolean => outputCut || errorsCut;

/** `isCut`: more was written than is kept as text, so that what is left out is only counted as far as it is kept. */
function streamSection(
  title: string,
  { text, isCut }: { readonly text: string | null; readonly isCut: boolean },
  { limit }: Shape,
): readonly Section[] {
  const all = linesOf(text);
  if (all.length === 0) return [];
  const more = all.length - limit;
  const atLeast = isCut ? 'at least ' : '';
  const shown = [
    ...all.slice(0, limit).map((line, i): Line => cutLine(line, { goesOn: isCut && i === all.length - 1 })),
    ...(more > 0 ? [[saySubtle(`Cut here: ${atLeast}${count(more, 'more line')}.`)]] : []),
  ];
  // A few lines would be folded behind a button as high as they are.
  const atOnce = shown.length > linesAtOnce + 3 ? linesAtOnce : shown.length;
  const left = Math.min(all.length, limit) - atOnce;
  const fold = {
    title: `${title}: ${left} ${more > 0 ? `of ${formatNumber(all.length - atOnce)}${isCut ? '+' : ''} ` : ''}more lines`,
    lines: shown.slice(atOnce),
  };
  return [{ title, dense: true, lines: shown.slice(0, atOnce), ...(fold.lines.length === 0 ? {} : { fold }) }];
}

function footLines(view: RequestView, result: KeptResult): readonly Line[] {
  const lines: Line[] = [];
  if (result.withheld !== undefined) lines.push(...maskedLines(view));
  else if (
    result.command === 'RunScript' &&
    result.problem === null &&
    isBlank(result.output) &&
    isBlank(result.errors)
  )
    lines.push([say('The result holds no output.')]);
  lines.push(...cutNotes(result));
  if (wholeOutputOf(result) !== null) lines.push([saySubtle(howToHaveAll(result))]);
  if (result.banner !== null) lines.push([saySubtle('PowerShell header hidden.')]);
  if (result.file !== null)
    lines.push([
      saySubtle(
        sendableOf(result) !== null
          ? 'Saved as evidence. It may be malware.'
          : 'Saved as evidence, and too large to be sent in Teams: ask whoever runs this bot for it by its SHA-256. It may be malware.',
      ),
    ]);
  if (
    result.rawRelativePath !== null &&
    result.rawSha256 !== null &&
    result.rawSize !== null &&
    result.rawSha256 !== result.file?.sha256
  ) {
    lines.push([
      saySubtle(`As Defender served it: ${formatSize(result.rawSize)}, SHA-256 `),
      { ...showCode(result.rawSha256), isSubtle: true },
    ]);
  }
  return lines;
}

const isBlank = (text: string | null): boolean => text === null || text.trim() === '';
