import type { KeptResult } from '../../evidence/keep-result';
import { type Line, relay, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import type { RequestView } from '../kit/view';
import { count, formatSize } from '../kit/words';

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

/** Whether a script wrote to its error stream, shown or not. */
export const wroteErrors = ({ errors, withheld }: KeptResult): boolean =>
  withheld?.errors ?? (errors ?? '').trim() !== '';

/** What of the results is not shown where others read along, and where to read it. */
export function maskedLines({ request: { id }, masked, isPrivate }: RequestView): readonly Line[] {
  if (isPrivate)
    return [[saySubtle(`Its output is private. Requester and approvers read it in their own chats: result ${id}.`)]];
  if (masked === undefined) return [];
  const { secrets, different } = masked;
  const how = secrets === different ? '' : ` (${different} different)`;
  return [
    [
      saySubtle(
        `${count(secrets, 'secret')} masked${how}. Requester and approvers read them in their own chats: result ${id}.`,
      ),
    ],
  ];
}

function describeExit(kept: KeptResult): string {
  const wrote = wroteErrors(kept);
  if (kept.exitCode === 0) return wrote ? ', but it wrote to its error stream.' : '. Its error stream is empty.';
  return wrote ? ', and it wrote to its error stream.' : '. Its error stream is empty.';
}
