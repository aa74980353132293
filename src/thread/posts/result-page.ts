import type { KeptResult } from '../../evidence/keep-result';
import { button } from '../kit/button';
import { type Line, say, sayBold, saySubtle, showOutput } from '../kit/line';
import { cutPages } from '../kit/list-page';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import { sendableOf } from '../kit/sendable';
import type { RequestView } from '../kit/view';
import { maskedLines } from '../sentences/result-lines';

/** About three screens; what is left of an activity is for the title and the buttons (teams.md E3). */
const pageSize = { rows: 80, bytes: 20_000 };
/** A longer line goes on in the next: nothing of what is kept as text is left out here. */
const longestLine = 400;

/** All that a command wrote, as far as it is kept as text, page by page: errors first. A page that is not there is the last one. */
export function resultPage(view: RequestView, result: KeptResult, wanted: number): Post {
  const { request, trial } = view;
  const rows = [
    ...streamLines('Errors', result.errors),
    ...streamLines('Output', result.output),
    ...(result.errorsCut || result.outputCut
      ? [[saySubtle(`Here ends what is kept as text. ${howToHaveAll(result)}`)]]
      : []),
  ].map((line) => ({ lines: [line] }));
  const pages = cutPages(rows, pageSize);
  const page = Math.min(Math.max(wanted, 1), pages.length);
  const to = (title: string, at: number) =>
    at < 1 || at > pages.length ? [] : [showMore(title, { requestId: request.id, index: result.index, page: at })];
  return pagePost(
    {
      title: `${request.id}: what command ${result.index + 1} wrote`,
      lines: [[saySubtle(`Page ${page} of ${pages.length}.`)]],
      sections: [
        {
          dense: true,
          lines:
            rows.length === 0
              ? [result.withheld === undefined ? [say('The result holds no output.')] : (maskedLines(view)[0] ?? [])]
              : (pages[page - 1] ?? []).flatMap(({ lines }) => lines),
        },
      ],
      actions: [
        ...to('Previous page', page - 1),
        ...to('Next page', page + 1),
        ...(page === pages.length ? sendButton(request.id, result) : []),
      ],
    },
    { trial },
  );
}

/** Of what a script wrote beyond what is kept as text. */
export const howToHaveAll = (result: KeptResult): string =>
  sendableOf(result) === null
    ? 'All of it is in the evidence, and too large to be sent in Teams: ask whoever runs this bot for it by its SHA-256.'
    : 'All of it is in the evidence: the requester and the approvers can have it sent to their own chat by Send me the file.';

/** Where there is something to send. */
export const sendButton = (requestId: string, result: KeptResult, title = 'Send me the file') =>
  sendableOf(result) === null
    ? []
    : [
        button({
          title,
          verb: 'file.offer',
          data: { requestId, index: result.index },
          inputs: 'none',
        }),
      ];

export const showMore = (
  title: string,
  data: { readonly requestId: string; readonly index: number; readonly page: number },
) => button({ title, verb: 'result.page', data, inputs: 'none' });

function streamLines(title: string, text: string | null): readonly Line[] {
  if (text === null || text.trim() === '') return [];
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n');
  return [[sayBold(title)], ...lines.flatMap(wrap)];
}

function wrap(line: string): readonly Line[] {
  if (line === '') return [[say('\u00a0')]];
  const chars = [...line];
  const parts = Array.from({ length: Math.ceil(chars.length / longestLine) }, (_, i) =>
    chars.slice(i * longestLine, (i + 1) * longestLine).join(''),
  );
  return parts.map((part) => [showOutput(part)]);
}
