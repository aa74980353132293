import { visible, visibleCode } from '../../lib/visible';
import { formatSize, formatTime } from '../../thread/kit/words';
import { madeBy, standingOf } from '../first-page';
import { type Manifest, type ManifestPart, names } from '../manifest';
import type { BundleRecords } from '../records';
import { type Html, html } from './html';
import { requestSection } from './request-section';
import { styles } from './styles';

export interface ReportOptions {
  readonly records: BundleRecords;
  readonly said: Omit<Manifest, 'parts'>;
  /** The parts that stand beside this page; the page itself is none of them. */
  readonly files: readonly ManifestPart[];
  readonly withResults: boolean;
  readonly trial: boolean;
  readonly now: number;
}

/**
 * All of a bundle for a person to read: one file that loads nothing and runs nothing, so that it says in ten years what it says today. Whatever
 * people and devices wrote stands in it as text, with hidden characters visible.
 */
export function reportPage(options: ReportOptions): string {
  const { records, said } = options;
  const title = titleOf(said);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${{ html: styles }}</style>
</head>
<body>
<h1>${title}</h1>
<p>Made ${formatTime(options.now)} ${madeBy(said)}. All times are UTC.</p>
${standing(said)}
${records.requests.map((record, i) => requestSection(record, { ...options, folder: `r${i + 1}` }))}
${filesSection(options.files)}
${auditSection(options)}
</body>
</html>
`;
  return page.html;
}

const titleOf = ({ requests, incident }: Omit<Manifest, 'parts'>): string => {
  const [only] = requests;
  const what = requests.length === 1 && only !== undefined ? only.id : `${requests.length} requests`;
  return incident === null ? `Evidence of ${what}` : `Evidence of incident ${visible(incident)}: ${what}`;
};

function standing(said: Omit<Manifest, 'parts'>): Html {
  const { signed, whole, missing } = standingOf(said);
  const isFine = said.complete && said.signing.algorithm !== 'none';
  return html`<div class="notice ${isFine ? 'fine' : ''}">
<p class="bold">${signed}</p>
<p class="bold">${whole}</p>
${missing.map((sentence) => html`<p>${sentence}</p>`)}
<p>This page cannot prove itself. ${names.firstPage} says how to check the bundle with openssl and sha256sum.</p>
</div>`;
}

const filesSection = (files: readonly ManifestPart[]): Html => html`<h2>Files in this bundle</h2>
<p>Open collected files only on a machine made for that: they may be malware.</p>
<table><thead><tr><th>File</th><th>What it is</th><th>Size</th><th>SHA-256</th></tr></thead><tbody>
${files.map(
  ({ name, what, title, size, sha256 }) =>
    html`<tr><td><code>${name}</code></td><td>${partWords[what] ?? what}${title === null ? '' : html` <code>${visibleCode(title)}</code>`}</td><td>${formatSize(size)}</td><td><code>${sha256}</code></td></tr>
`,
)}</tbody></table>`;

const partWords: Readonly<Record<string, string>> = {
  audit: 'The part of the audit around the requests',
  request: 'The request as it is stored',
  shown: 'What approvers were shown; its SHA-256 is the digest',
  review: 'The review of the break-glass',
  result: 'A result as it was read',
  download: 'A download exactly as Defender served it',
  file: 'A file from the device',
  libraryFile: 'A library file',
  policy: 'The approval policy',
  publicKey: 'The public key of the signature',
};

function auditSection({ records, said }: ReportOptions): Html {
  const { after, last, anchors } = said.audit;
  const rows = records.requests.flatMap(({ entries }) => entries).sort((a, b) => a.seq - b.seq);
  const others = last.seq - after.seq - rows.filter(({ seq }) => seq <= last.seq).length;
  return html`<h2>Audit</h2>
<p>Entries ${after.seq + 1} to ${last.seq} of the audit are in <code>${names.audit}</code>. ${rows.length} of them are about this; the other ${others} stand there by their hash only.</p>
${anchors.map(({ seq, hash, at }) => html`<p>Anchor handed out ${formatTime(Date.parse(at))}: <code>${hash}:${seq}</code></p>`)}
<table class="audit"><thead><tr><th>Entry</th><th>When</th><th>Who</th><th>What</th><th>Detail</th></tr></thead><tbody>
${rows.map(
  (row) =>
    html`<tr><td>${row.seq}</td><td>${isoOf(row.at)}</td><td><code>${visibleCode(row.actor)}</code></td><td>${row.what}${records.requests.length > 1 ? ` ${row.requestId}` : ''}</td><td><code>${visibleCode(JSON.stringify(row.detail))}</code></td></tr>
`,
)}</tbody></table>`;
}

/** An instant that no calendar knows is shown as what is stored. */
const isoOf = (at: number): string =>
  Math.abs(at) <= 8.64e15 ? new Date(at).toISOString().replace('T', ' ').replace('Z', '') : String(at);
