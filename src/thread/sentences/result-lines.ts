import type { KeptResult } from '../../evidence/keep-result';
import { type Line, relay, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import { formatSize } from '../kit/words';

/** What a kept result says in short: exit code, or the collected file with its size and hash; the hash where the result itself is told. */
export function describeKept(kept: KeptResult, { whole }: { readonly whole: boolean }): readonly Line[] {
  const lines: Line[] = [];
  if (kept.problem !== null) lines.push(showCut(kept.problem, 500, relay));
  if (kept.exitCode !== null) lines.push([sayBold(`Exit code ${kept.exitCode}`), say(describeExit(kept))]);
  if (kept.file !== null) {
    lines.push([sayBold('Collected '), say(formatSize(kept.file.size))]);
    if (whole) lines.push([saySubtle('SHA-256 '), showCode(kept.file.sha256)]);
  }
  return lines;
}

function describeExit(kept: KeptResult): string {
  const wrote = kept.errors !== null && kept.errors.trim() !== '';
  if (kept.exitCode === 0) return wrote ? ', but it wrote to its error stream.' : '. Its error stream is empty.';
  return wrote ? ', and it wrote to its error stream.' : '. Its error stream is empty.';
}
