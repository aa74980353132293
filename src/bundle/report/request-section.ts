import { visible, visibleCode } from '../../lib/visible';
import { shortDigest } from '../../request/ask/digest';
import type { LiveResponseRequest } from '../../request/request';
import { awaiting } from '../../request/votes/round';
import { requestCard } from '../../thread/cards/request-card';
import { commandSubject, commandVerb, formatDuration, formatTime } from '../../thread/kit/words';
import type { RequestRecord } from '../records';
import { cardHtml } from './card-html';
import { type Html, html } from './html';
import { spansOf, widthsOf } from './timeline';

export interface SectionOptions {
  readonly folder: string;
  readonly withResults: boolean;
  readonly trial: boolean;
  readonly now: number;
}

/** One request from asking to its end: who waited for what, what approvers saw, how they voted, what ran and what came back. */
export function requestSection(record: RequestRecord, options: SectionOptions): Html {
  const { request } = record;
  return html`<h2>${request.id} on ${whereOf(request)}</h2>
<p class="bold">${stateSentence(record)}</p>
<p>${visible(request.requester.name)} (<code>${request.requester.id}</code>) asked at ${formatTime(request.createdAt)} and wrote:</p>
<pre>${visible(request.reason)}</pre>
${timeline(record, options.now)}
${request.target === undefined ? [shownCard(record, options), votes(request)] : html`<p>It was decided with its batch ${request.target.of}: card and votes stand there.</p>`}
${review(record)}
${commands(record, options)}`;
}

const whereOf = ({ batch, device }: LiveResponseRequest): string =>
  batch === undefined ? visibleCode(device.name) : `${batch.devices.length} devices`;

function stateSentence({ request, ended }: RequestRecord): string {
  if (!ended) return `It had not ended when this bundle was made. Its state was ${request.state}.`;
  return 'endedAt' in request
    ? `It ended as ${request.state} at ${formatTime(request.endedAt)}.`
    : `It ended as ${request.state}.`;
}

function timeline({ entries }: RequestRecord, madeAt: number): Html {
  const spans = spansOf(entries, madeAt);
  const widths = widthsOf(spans);
  return html`<h3>Who waited for what</h3>
<div class="bar" role="img" aria-label="The same as the list below, drawn to scale">${spans.map((span, i) => html`<span class="${span.state}" style="width:${widths[i] ?? 0}%"></span>`)}</div>
<table><thead><tr><th>Waited for</th><th>From</th><th>Time</th></tr></thead><tbody>
${spans.map(
  ({ state, label, from, to }) =>
    html`<tr><td><span class="key ${state}"></span>${label}</td><td>${formatTime(from)}</td><td>${formatDuration(to - from)}</td></tr>
`,
)}</tbody></table>`;
}

/** Drawn again from what is stored, by the program that drew it then; what was hashed stands in the parts named beside it. */
function shownCard(record: RequestRecord, { folder, trial }: SectionOptions): Html {
  const { request, entries } = record;
  const shown = entries.filter(({ what }) => what === 'shown');
  const at = shown.at(-1)?.at ?? request.createdAt;
  const view = {
    request: awaiting(request, at),
    results: [],
    queue: null,
    now: at,
    names: new Map([request.requester, ...votesOf(request).map(({ by }) => by)].map(({ id, name }) => [id, name])),
    pause: null,
    trial,
  };
  const card = requestCard(view, { audience: 'approver', token: 'not a token' }).card;
  return html`<h3>The card as approvers saw it</h3>
<p>Drawn again from the stored request, with its folds open. What approvers were shown, byte for byte: ${shown.map(
    ({ detail }, i) =>
      html`<code>${folder}/shown-${i + 1}.json</code>, digest <code>${String(detail.digest)}</code>${i + 1 < shown.length ? '; ' : '.'}`,
  )}</p>
${cardHtml(card)}`;
}

const votesOf = (request: LiveResponseRequest) => request.votes;

function votes(request: LiveResponseRequest): Html {
  const given = votesOf(request);
  return html`<h3>Votes</h3>
${given.length === 0 ? html`<p>Nobody had voted in this round.</p>` : null}
${given.map(
  ({ by, decision, at, digest, reason }) =>
    html`<p><span class="bold">${decision === 'approve' ? 'Approved' : 'Denied'}</span> by ${visible(by.name)} (<code>${by.id}</code>) at ${formatTime(at)}, digest <code>${shortDigest(digest)}</code>${reason === null ? '.' : html`, and wrote:</p><pre>${visible(reason)}</pre><p>`}</p>
`,
)}
<p>Votes of earlier rounds stand in the audit below.</p>`;
}

function review({ review: found }: RequestRecord): Html | null {
  if (found === null) return null;
  return html`<h3>Review of the break-glass</h3>
<p>Incident ${visible(found.incident)}. ${found.closedAt === null ? 'It is still open.' : `It was closed at ${formatTime(found.closedAt)}.`}</p>
${found.opinions.map(
  ({ by, verdict, because, at }) =>
    html`<p><span class="bold">${verdict === 'accept' ? 'Accepted' : 'Objected to'}</span> by ${visible(by.name)} (<code>${by.id}</code>) at ${formatTime(at)}:</p><pre>${visible(because)}</pre>`,
)}`;
}

function commands({ request, shown }: RequestRecord, { folder, withResults }: SectionOptions): Html {
  return html`<h3>Commands and what came back</h3>
<p>As the thread showed it. Secrets may be masked here; the parts named beside it hold everything.</p>
${request.commands.map((command, index) => {
  const result = shown.find((kept) => kept.index === index);
  const args = command.type === 'RunScript' && command.args !== null ? ` ${visibleCode(command.args)}` : '';
  return html`<p>${index + 1}. ${commandVerb(command.type)} <code>${visibleCode(commandSubject(command))}${args}</code></p>
${result === undefined ? html`<p class="subtle">Nothing was brought back.</p>` : withResults ? output(result, `${folder}/command-${index + 1}`) : html`<p class="subtle">Its result is left out: whoever asked for this bundle may not read it.</p>`}`;
})}`;
}

/** The text was made visible when it was kept. */
function output(
  { exitCode, output: text, outputCut, errors, errorsCut, file, problem }: RequestRecord['results'][number],
  prefix: string,
): Html {
  return html`${exitCode === null ? null : html`<p>Exit code ${exitCode}.</p>`}
${problem === null ? null : html`<p>${problem}</p>`}
${text === null || text === '' ? null : html`<pre>${text}</pre>`}
${outputCut ? html`<p class="subtle">The output was longer. All of it is in <code>${prefix}-raw.bin</code>.</p>` : null}
${errors === null || errors === '' ? null : html`<p>Errors:</p><pre>${errors}</pre>`}
${errorsCut ? html`<p class="subtle">There were more errors. All of them are in <code>${prefix}-raw.bin</code>.</p>` : null}
${file === null ? null : html`<p>File <code>${visibleCode(file.name)}</code>, ${file.size} bytes, SHA-256 <code>${file.sha256}</code>, in this bundle as <code>${prefix}-file.bin</code> unless it is listed as left out.</p>`}`;
}
