import type { KeptResult } from '../../evidence/keep-result';
import type { InState } from '../../request/request';
import { type Line, say } from '../kit/line';
import type { RequestView, StateWords } from '../kit/view';
import { formatList, formatSpan } from '../kit/words';

type Ran = InState<'succeeded'>;

/**
 * Defender's `Succeeded` means that the commands ran and no more, so it is called success only where every script exited 0 and every file came.
 * While a result is out, or where none came, nothing is said either way.
 */
export function describeRun({ results }: Pick<RequestView, 'results'>, request: Ran): StateWords {
  const words = (tone: StateWords['tone'], title: string, then: string): StateWords => ({
    title,
    tone,
    lines: [[say(then)] satisfies Line],
  });
  const total = request.commands.length;
  const took = formatSpan(request.endedAt - request.submittedAt);
  const ran = total === 1 ? `The command ran, in ${took}` : `All ${total} commands ran, in ${took}`;
  const { bad, awaited, unknown } = judge(request, results);
  const [first] = bad;
  if (first !== undefined) {
    const title = bad.length === 1 ? `Ran, but ${first}` : `Ran, but ${bad.length} commands had problems`;
    const which = bad.length === 1 ? '' : `${sentence(bad)} `;
    return words('warning', title, `${which}Read errors and output before you rely on it.`);
  }
  if (unknown.length > 0)
    return words(
      'warning',
      'Ran, but not every exit code is known',
      `${sentence(unknown)} Check the device before you rely on it.`,
    );
  if (awaited)
    return words(
      'accent',
      `${ran}; results to come`,
      'Defender says that the commands ran. Exit codes and output follow.',
    );
  return words('good', ran, 'Check exit codes and output.');
}

interface Judged {
  /** What went wrong, a few words each. */
  readonly bad: readonly string[];
  /** Results that came to nothing, so that nobody can tell. */
  readonly unknown: readonly string[];
  /** Some result may still come. */
  readonly awaited: boolean;
}

function judge({ commands }: Ran, results: readonly KeptResult[]): Judged {
  const bad: string[] = [];
  const unknown: string[] = [];
  let awaited = false;
  commands.forEach((command, index) => {
    if (command.type === 'PutFile') return;
    const kept = results.find((result) => result.index === index);
    const name = command.type === 'RunScript' ? nameOf(command.scriptName, index) : `command ${index + 1}`;
    if (kept === undefined) awaited = true;
    else if (command.type === 'GetFile') {
      if (kept.file === null) bad.push(`${name} brought no file`);
    } else if (kept.exitCode === null) unknown.push(`the exit code of ${name} is unknown`);
    else if (kept.exitCode !== 0) bad.push(`${name} exited ${kept.exitCode}`);
  });
  return { bad, unknown, awaited };
}

/** The title stands in plain text too, where Teams would read a stranger's marks as markup: only a plain name is named there. */
const nameOf = (scriptName: string, index: number): string =>
  /^[\w.-]{1,60}$/.test(scriptName) ? scriptName : `command ${index + 1}`;

function sentence(parts: readonly string[]): string {
  const text = formatList(parts);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
