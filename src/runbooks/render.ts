import { type Command, type CommandFault, findCommandFaults } from '../request/ask/command';
import { checkValue, type ValueFault } from './check-value';
import type { CommandTemplate, Parameter, Runbook } from './runbook';
import { fill } from './template';

/** Everything that keeps values from becoming commands, at once. */
export type RenderFault =
  | { readonly type: 'value'; readonly parameter: Parameter; readonly fault: ValueFault }
  | { readonly type: 'unknownParameter'; readonly name: string; readonly known: readonly string[] }
  | { readonly type: 'command'; readonly fault: CommandFault };

/** A value as the script gets it: `shown` in its one form, `sent` as it stands in the command. */
export interface RenderedValue {
  readonly name: string;
  readonly shown: string | null;
  readonly sent: string | null;
  readonly isDefault: boolean;
}

export type Rendered =
  | { readonly ok: true; readonly commands: readonly Command[]; readonly values: readonly RenderedValue[] }
  | { readonly ok: false; readonly faults: readonly RenderFault[] };

/** Values → the commands, byte for byte what is asked for, approved and sent. `given`: as people typed them, by the name of the parameter. */
export function renderRunbook(runbook: Runbook, given: ReadonlyMap<string, string>): Rendered {
  const known = runbook.parameters.map(({ name }) => name);
  const faults: RenderFault[] = [...given.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => ({ type: 'unknownParameter', name, known }));
  const values: RenderedValue[] = [];
  for (const parameter of runbook.parameters) {
    const typed = given.get(parameter.name);
    const checked = checkValue(parameter, typed);
    if (!checked.ok) faults.push({ type: 'value', parameter, fault: checked.error });
    else
      values.push({
        name: parameter.name,
        shown: checked.value,
        sent: checked.value === null || !parameter.isBase64 ? checked.value : toBase64(checked.value),
        isDefault: typed === undefined || typed.trim() === '',
      });
  }
  if (faults.length > 0) return { ok: false, faults };
  const sent = new Map(values.map(({ name, sent }) => [name, sent]));
  const commands = runbook.commands.map((template) => renderCommand(template, sent));
  const wrong = findCommandFaults(commands);
  if (wrong.length > 0) return { ok: false, faults: wrong.map((fault) => ({ type: 'command', fault })) };
  return { ok: true, commands, values };
}

function renderCommand(
  { type, fileName, pieces }: CommandTemplate,
  values: ReadonlyMap<string, string | null>,
): Command {
  const text = (fill(pieces, values) ?? '').trim();
  if (type === 'PutFile') return { type, fileName };
  if (type === 'GetFile') return { type, path: text };
  return { type, scriptName: fileName, args: text === '' ? null : quoteNumbers(text) };
}

/**
 * An argument that begins like a number and is none, such as `1kb` or a hash, in quotes: PowerShell would make 1024 of the first before it looks at the
 * parameter. Whole numbers stay bare, and so does what the author has put in quotes.
 */
const quoteNumbers = (args: string): string =>
  args
    .split(/('[^']*'|"[^"]*"|\s+)/)
    .map((part) => (/^[+-]?\.?\d/.test(part) && !/^-?(?:0|[1-9]\d{0,14})$/.test(part) ? `'${part}'` : part))
    .join('');

const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
