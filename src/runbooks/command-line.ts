import { writeCommand } from '../chat/draft';
import { err, ok, type Result } from '../lib/result';
import { readYaml } from '../policy/read-yaml';
import { parseRunbooks } from './parse-runbooks';
import { readRunbookMessage } from './read-message';
import { type Rendered, renderRunbook } from './render';
import type { Runbooks } from './runbook';

export type RunbooksCommand =
  | { readonly type: 'help' }
  | { readonly type: 'lint'; readonly file: string }
  | { readonly type: 'test'; readonly file: string; readonly casesFile: string }
  | { readonly type: 'render'; readonly file: string; readonly line: string };

/** What a command came to: the exit code and what is printed. */
export interface Outcome {
  readonly code: 0 | 1 | 2;
  readonly lines: readonly string[];
}

export const usage = `Usage:
  npm run --silent runbooks -- lint [runbooks file]
  npm run --silent runbooks -- test [runbooks file] [--cases <file>]
  npm run --silent runbooks -- render [runbooks file] -- triage-process process=outlook.exe

lint    Says every fault of the file with its line.
test    Plays the cases beside the file (runbooks.test.yaml beside runbooks.yaml): what each line must render to, or that it is refused.
render  Shows the commands that a line renders to, byte for byte. Nothing is asked of Defender.

The runbooks file is the one that RUNBOOKS_FILE names, or env/runbooks.yaml, where none is named here.
Exit code 0: done, and all is well. 1: faults, a case that fails, or a refused value. 2: it could not be looked at.`;

/** What the words after `npm run runbooks --` ask for, or one sentence on what is wrong with them; `defaultFile` is the service's. */
export function parseRunbooksCommand(args: readonly string[], defaultFile: string): Result<RunbooksCommand, string> {
  const [word = 'help', ...more] = args;
  const at = more.indexOf('--');
  const line = at === -1 ? '' : more.slice(at + 1).join(' ');
  const words = at === -1 ? more : more.slice(0, at);
  const cases = words.indexOf('--cases');
  const casesFile = cases === -1 ? null : (words[cases + 1] ?? '');
  const files = cases === -1 ? words : words.toSpliced(cases, 2);
  if (word === 'help' || word === '--help') return ok({ type: 'help' });
  if (!['lint', 'test', 'render'].includes(word)) return err(`${word} is none of lint, test and render.`);
  if (files.length > 1) return err(`Name one file, not ${files.length}.`);
  const file = files[0] ?? defaultFile;
  if (casesFile === '' || (casesFile !== null && word !== 'test'))
    return err('--cases goes with test and names a file.');
  if (word === 'render')
    return line === '' ? err('Say what to render, behind two dashes.') : ok({ type: 'render', file, line });
  if (line !== '') return err(`${word} takes no line behind two dashes.`);
  return ok(word === 'lint' ? { type: 'lint', file } : { type: 'test', file, casesFile: casesFile ?? besides(file) });
}

const besides = (file: string): string => file.replace(/(?:\.ya?ml)?$/, '.test.yaml');

/** Runs it over files that `read` gives; `describe` says in words what is wrong with a line. */
export function runRunbooksCommand(
  command: RunbooksCommand,
  {
    read,
    describe,
  }: {
    readonly read: (file: string) => string;
    readonly describe: (rendered: Extract<Rendered, { ok: false }>) => readonly string[];
  },
): Outcome {
  if (command.type === 'help') return { code: 0, lines: [usage] };
  const parsed = parseRunbooks(read(command.file));
  if (!parsed.ok)
    return { code: 1, lines: parsed.error.map(({ line, message }) => `${command.file}:${line}: ${message}`) };
  if (command.type === 'lint') {
    const lines = [...parsed.value.values()].map(({ name, version }) => `${name} ${version}`);
    return {
      code: 0,
      lines: [
        ...lines,
        `${command.file} holds ${lines.length} ${lines.length === 1 ? 'runbook' : 'runbooks'} without a fault.`,
      ],
    };
  }
  const play = (line: string): Outcome => renderLine(parsed.value, line, describe);
  return command.type === 'render' ? play(command.line) : playCases(read(command.casesFile), command.casesFile, play);
}

function renderLine(
  runbooks: Runbooks,
  line: string,
  describe: (rendered: Extract<Rendered, { ok: false }>) => readonly string[],
): Outcome {
  const message = readRunbookMessage(line, runbooks);
  if (message === null || message.type === 'list' || message.type === 'unknown')
    return {
      code: 1,
      lines: [`There is no runbook of that name. There is ${[...runbooks.keys()].join(', ') || 'none'}.`],
    };
  const given = message.type === 'ask' ? message.asked.given : new Map<string, string>();
  const strays = message.type === 'ask' ? message.asked.strays : [];
  if (strays.length > 0) return { code: 1, lines: strays.map((stray) => `${stray} is no name=value.`) };
  const rendered = renderRunbook(message.runbook, given);
  return rendered.ok ? { code: 0, lines: rendered.commands.map(writeCommand) } : { code: 1, lines: describe(rendered) };
}

/** Each case: `ask`, and either the `commands` that it must render to or `refused: true`. */
function playCases(text: string, file: string, play: (line: string) => Outcome): Outcome {
  const yaml = readYaml(text, 'cases', { isPlain: true });
  const list = yaml.faults.length > 0 ? undefined : yaml.keys(yaml.root, ['cases'])?.get('cases');
  if (list === undefined && yaml.faults.length === 0) yaml.fault(yaml.root, 'the key cases is missing');
  const failed: string[] = [];
  const entries = list === undefined ? [] : yaml.list(list, 1);
  for (const entry of entries) {
    const keys = yaml.keys(entry, ['ask', 'commands', 'refused']);
    const [ask, commands, refused] = ['ask', 'commands', 'refused'].map((key) => keys?.get(key));
    const line = ask === undefined ? null : yaml.text(ask, 2_000);
    if (line === null || (commands === undefined) === (refused === undefined)) {
      yaml.fault(entry, 'a case needs ask, and either commands or refused: true');
      continue;
    }
    const expected = commands === undefined ? null : yaml.list(commands).map((one) => yaml.text(one, 2_500) ?? '');
    const { code, lines } = play(line);
    const isGood = expected === null ? code === 1 : code === 0 && lines.join('\n') === expected.join('\n');
    if (!isGood) failed.push(`${file}:${entry.line}: ${line}`, ...lines.map((got) => `  got ${got}`));
  }
  if (yaml.faults.length > 0)
    return { code: 1, lines: yaml.faults.map(({ line, message }) => `${file}:${line}: ${message}`) };
  return failed.length > 0 ? { code: 1, lines: failed } : { code: 0, lines: [`${entries.length} cases hold.`] };
}
