import type { Finding, Verdict } from './finding';

const widestCheck = 12;
const lineWidth = 110;

/** The table for people: one row a finding, its cure indented below, and a last line that counts. */
export function describeFindings(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ check, verdict, found, cure }) => [
    ...wrap(`${verdict.padEnd(4)}  ${check.padEnd(widestCheck)}  `, found),
    ...(cure === null ? [] : wrap(`${' '.repeat(4)}  ${' '.repeat(widestCheck)}  -> `, cure)),
  ]);
  return [...rows, '', summarise(findings)].join('\n');
}

/** For machines: one document, whose names are a contract. */
export function findingsToJson(findings: readonly Finding[]): string {
  return JSON.stringify({ schema: 'live-response-doctor/1', counts: countsOf(findings), findings }, null, 2);
}

function summarise(findings: readonly Finding[]): string {
  const { ok, warn, fail, skip } = countsOf(findings);
  const skipped = skip === 0 ? '' : `, ${skip} skipped`;
  const verdict =
    fail > 0
      ? 'This is not ready: fix what fails, then run the doctor again.'
      : warn > 0
        ? 'This can run; read the warnings.'
        : 'This is ready.';
  return `${ok} ok, ${warn} ${warn === 1 ? 'warning' : 'warnings'}, ${fail} failed${skipped}. ${verdict}`;
}

function countsOf(findings: readonly Finding[]): Readonly<Record<Verdict, number>> {
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  return { ok: count('ok'), warn: count('warn'), fail: count('fail'), skip: count('skip') };
}

/** Long sentences go on below their own beginning. */
function wrap(lead: string, text: string): readonly string[] {
  const lines: string[] = [];
  let line = lead;
  for (const word of text.split(/\s+/)) {
    if (line.length > lead.length && line.length + word.length > lineWidth) {
      lines.push(line.trimEnd());
      line = ' '.repeat(lead.length);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
