import type { KeptResult } from '../../evidence/keep-result';
import { isFinal, type LiveResponseRequest } from '../../request/request';
import { batchParts } from '../batch/batch-parts';
import { commandRows } from '../cards/command-rows';
import { placeActions } from '../kit/action-rows';
import { type ActionJson, foldButton } from '../kit/button';
import { fits } from '../kit/fits';
import { type Line, saySubtle, showCode, showCut, showPerson } from '../kit/line';
import { onDevice, plainHost } from '../kit/plain';
import type { Post } from '../kit/post';
import { sendableOf, wholeOutputOf } from '../kit/sendable';
import { fillTemplate } from '../kit/template';
import { trialBanner } from '../kit/trial';
import type { RequestView } from '../kit/view';
import { count, formatSize } from '../kit/words';
import { askAgainButton, findActions } from '../sentences/request-actions';
import { decidedLines } from '../sentences/request-lines';
import { maskedLines } from '../sentences/result-lines';
import { describeState } from '../sentences/state-words';
import template from './end-card.json';
import { cutNotes, linesOf, longestLine, outputLines } from './output-lines';
import { sendButton, showMore } from './result-page';

/** What is seen of each result at once. */
const linesAtOnce = 5;

interface Shape {
  /** The most lines of each result, those that unfold included. */
  readonly limit: number;
  /** The most characters of each line. */
  readonly longest: number;
}

/** From all that people read in a thread to what always fits: the rest is a button away. */
const shapes: readonly Shape[] = [
  { limit: 60, longest: longestLine },
  { limit: 30, longest: longestLine },
  { limit: 15, longest: longestLine },
  { limit: linesAtOnce, longest: longestLine },
  { limit: 2, longest: 100 },
  { limit: 1, longest: 30 },
];
const nothing: Shape = { limit: 0, longest: 0 };

/**
 * The one post of how a request ended: verdict first, then what each command returned, errors first; bounded, and it says so when something is left out
 * (T-34). It is drawn anew when a result comes later.
 */
export function endPost(view: RequestView): Post {
  for (const shape of shapes) {
    const post = renderEnd(view, shape);
    if (fits(post)) return post;
  }
  return renderEnd(view, nothing);
}

function renderEnd(view: RequestView, shape: Shape): Post {
  const { request, trial, now } = view;
  const words = describeState(view);
  const batch = batchParts(view);
  const title = batch === null ? onDevice(words.title, request.device.name) : words.title;
  const summary = `${title} (${request.id})`;
  const hasCommands = 'progress' in request;
  const proof = proofLines(view);
  const card = fillTemplate(template, {
    summary,
    trial,
    trialBanner,
    title,
    tone: words.tone,
    state: rows([
      ...(batch === null && plainHost(request.device.name) === null
        ? [showCut(request.device.name, 200, showCode)]
        : []),
      ...(words.tone === 'good' ? [] : words.lines),
      ...(batch?.board ?? []),
    ]),
    commands: hasCommands ? request.commands.map((_, index) => commandData(view, index, shape)) : [],
    foot: [
      ...maskedLines(view),
      ...(request.state === 'denied' ? [] : decidedLines(request, now)),
      [...showPerson(request.requester), saySubtle(' wrote: '), ...showCut(request.reason.replaceAll('\n', ' '), 300)],
    ].map((runs, i) => ({ runs, spacing: i === 0 ? 'Small' : 'None' })),
    hasProof: proof.length > 0,
    proof: rows(proof),
    again: isSmooth(view) && proof.length > 0 ? [askAgainButton(request, view)] : [],
    ...placeActions(
      batch === null
        ? actionsOf(view, shape, proof.length > 0)
        : findActions(view, { audience: 'thread', token: null }),
    ),
  });
  return {
    text: mentionsRequester(request) ? request.id : null,
    mention: mentionsRequester(request) ? request.requester : null,
    card,
    summary,
  };
}

const rows = (lines: readonly Line[]) => lines.map((runs) => ({ runs }));

/** Every end but the one that the requester brought about. */
const mentionsRequester = (request: LiveResponseRequest): boolean =>
  isFinal(request.state) && !(request.state === 'withdrawn' && request.by.id === request.requester.id);

function commandData(view: RequestView, index: number, { limit, longest }: Shape) {
  const { request, results } = view;
  const command = request.commands[index];
  const result = results.find((one) => one.index === index);
  const { lines, rest } =
    result === undefined ? { lines: [], rest: 0 } : outputLines(result, { limit: Math.max(limit, 1), longest });
  const isBare = limit === 0;
  const shown = isBare ? [] : lines.slice(0, linesAtOnce);
  const folded = isBare ? [] : lines.slice(linesAtOnce);
  return {
    rows:
      command === undefined
        ? []
        : rows([
            ...commandRows(view, { command, index, longest: isBare ? 60 : 300 }).map(({ runs }) => runs),
            ...(result === undefined ? [] : cutNotes(result)),
          ]),
    hasOutput: shown.length > 0,
    output: rows(shown),
    isFolded: folded.length > 0,
    foldId: `fold${index + 1}`,
    foldTitle: `Show ${count(folded.length, 'more line')}`,
    folded: rows([
      ...folded,
      ...(rest > 0 && folded.length > 0 ? [[saySubtle(`${count(rest, 'more line')} not shown.`)]] : []),
    ]),
  };
}

const sendable = ({ results }: RequestView): readonly KeptResult[] =>
  results.filter((result) => sendableOf(result) !== null);

function actionsOf(view: RequestView, { limit, longest }: Shape, hasProof: boolean): readonly ActionJson[] {
  const { request, results } = view;
  const files = sendable(view);
  const cut = results.filter(
    (result) =>
      outputLines(result, { limit: Math.max(limit, 1), longest }).rest > 0 ||
      [...linesOf(result.errors), ...linesOf(result.output)].some((line) => [...line].length > longest) ||
      wholeOutputOf(result) !== null,
  );
  return [
    ...cut.map((result) =>
      showMore(showTitle(result, cut.length), {
        requestId: request.id,
        index: result.index,
        page: 1,
      }),
    ),
    ...files.flatMap((result) =>
      sendButton(request.id, result, files.length === 1 ? 'Send me the file' : `Send me file ${result.index + 1}`),
    ),
    ...(isFinal(request.state) && !isSmooth(view) ? [askAgainButton(request, view)] : []),
    ...(hasProof ? [foldButton('Hashes', 'proof')] : []),
  ];
}

/** All of it went well: whoever asks again unfolds the rest first, so that the post stays short. */
const isSmooth = (view: RequestView): boolean =>
  view.request.state === 'succeeded' && describeState(view).tone === 'good' && proofLines(view).length > 0;

/** What people compare with the evidence: each hash whole and unbroken. */
function proofLines({ request, results }: RequestView): readonly Line[] {
  const lines = results.flatMap((result): Line[] => [
    ...(result.file === null
      ? []
      : [
          [saySubtle(`Collected file of command ${result.index + 1}, ${formatSize(result.file.size)}`)],
          [showCode(result.file.sha256)],
        ]),
    ...(result.rawSha256 === null || result.rawSize === null || result.rawSha256 === result.file?.sha256
      ? []
      : [
          [saySubtle(`Result of command ${result.index + 1} as Defender served it, ${formatSize(result.rawSize)}`)],
          [showCode(result.rawSha256)],
        ]),
    ...(result.banner === null ? [] : [[saySubtle('PowerShell header hidden.')]]),
  ]);
  const isFile = results.some(({ file }) => file !== null);
  const warning = isFile ? [[saySubtle('Saved as evidence. It may be malware.')]] : [];
  return lines.length === 0 ? [] : [...lines, ...warning, [saySubtle('Approved digest')], [showCode(request.digest)]];
}

/** "all" only where all of it is kept as text. */
function showTitle({ index, outputCut, errorsCut }: KeptResult, of: number): string {
  const much = outputCut || errorsCut ? 'more' : 'all';
  return of === 1 ? `Show ${much} of it` : `Show ${much} of ${index + 1}`;
}
