import { createHash } from 'node:crypto';
import { findVerb, findWord } from '../chat/words';
import { err, ok, type Result } from '../lib/result';
import { type Field, type PolicyFault, readYaml, type YamlReader } from '../policy/read-yaml';
import { readCommand } from './read-command';
import { readParameter } from './read-parameter';
import { renderRunbook } from './render';
import type { CommandTemplate, Parameter, Runbook, Runbooks } from './runbook';
import { namesIn } from './template';

const namePattern = /^[a-z][a-z0-9-]{1,39}$/;
const systems = ['windows', 'linux', 'macos', 'any'] as const;

/** Reads `runbooks.yaml`; every fault at once, with its line. A file that cannot be read whole gives no runbooks at all. */
export function parseRunbooks(text: string): Result<Runbooks, readonly PolicyFault[]> {
  const yaml = readYaml(text, 'runbooks', { isPlain: true });
  if (yaml.faults.length > 0) return err(yaml.faults);
  const list = yaml.keys(yaml.root, ['runbooks'])?.get('runbooks');
  const runbooks = new Map<string, Runbook>();
  if (list === undefined) yaml.fault(yaml.root, 'the key runbooks is missing');
  else
    for (const entry of yaml.list(list)) {
      const runbook = readRunbook(yaml, entry);
      if (runbook === null) continue;
      if (runbooks.has(runbook.name)) yaml.fault(entry, `another runbook is called ${runbook.name}`);
      runbooks.set(runbook.name, runbook);
    }
  if (yaml.faults.length > 0) return err([...yaml.faults].sort((a, b) => a.line - b.line));
  return ok(runbooks);
}

const keysOfRunbook = ['name', 'title', 'purpose', 'os', 'parameters', 'commands'];

function readRunbook(yaml: YamlReader, entry: Field): Runbook | null {
  const keys = yaml.keys(entry, keysOfRunbook);
  if (keys === null) return null;
  const before = yaml.faults.length;
  for (const key of ['name', 'title', 'commands']) if (!keys.has(key)) yaml.fault(entry, `the key ${key} is missing`);
  const name = readName(yaml, keys.get('name'));
  const textOf = (key: string, longest: number): string | null => {
    const field = keys.get(key);
    return field === undefined ? null : yaml.text(field, longest);
  };
  const said = {
    name: name ?? '',
    title: textOf('title', 100) ?? '',
    purpose: textOf('purpose', 400) ?? '',
    os: readSystem(yaml, keys.get('os')),
    parameters: readParameters(yaml, keys.get('parameters')),
    commands: readCommands(yaml, keys.get('commands')),
  };
  if (yaml.faults.length > before) return null;
  const runbook = { ...said, version: versionOf(said) };
  checkUse(yaml, entry, runbook);
  if (yaml.faults.length === before) checkSample(yaml, entry, runbook);
  return runbook;
}

function readName(yaml: YamlReader, field: Field | undefined): string | null {
  const name = field === undefined ? null : yaml.text(field, 40, 'a name');
  if (field === undefined || name === null) return null;
  if (!namePattern.test(name))
    return yaml.fault(field, 'must be 2 to 40 small letters, digits and dashes, and begin with a letter');
  if (findWord(name) !== null || findVerb(name) !== null || name === 'because')
    return yaml.fault(field, `${name} is a word of the chat; choose another name`);
  return name;
}

function readSystem(yaml: YamlReader, field: Field | undefined): Runbook['os'] {
  if (field === undefined) return 'any';
  const text = yaml.text(field, 20);
  const found = systems.find((system) => system === text);
  if (text !== null && found === undefined) yaml.fault(field, `must be one of ${systems.join(', ')}`);
  return found ?? 'any';
}

function readParameters(yaml: YamlReader, field: Field | undefined): readonly Parameter[] {
  const parameters: Parameter[] = [];
  for (const [name, entry] of (field === undefined ? null : yaml.entries(field)) ?? []) {
    const parameter = readParameter(yaml, name, entry);
    if (parameter === null) continue;
    if (parameters.some((other) => other.name.toLowerCase() === name.toLowerCase()))
      yaml.fault(entry, 'another parameter has this name');
    parameters.push(parameter);
  }
  if (field !== undefined && parameters.length > 10) yaml.fault(field, 'must have at most 10 parameters');
  return parameters;
}

const readCommands = (yaml: YamlReader, field: Field | undefined): readonly CommandTemplate[] =>
  field === undefined
    ? []
    : yaml.list(field, 1).flatMap((entry) => {
        const command = readCommand(yaml, entry);
        return command === null ? [] : [command];
      });

/** Each parameter is used and each place names one; what may be missing stands in an optional part. */
function checkUse(yaml: YamlReader, entry: Field, { parameters, commands }: Runbook): void {
  const known = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const used = new Set<string>();
  for (const { pieces, line, type } of commands) {
    const at = { ...entry, line };
    for (const name of namesIn(pieces)) {
      used.add(name);
      const parameter = known.get(name);
      if (parameter === undefined) yaml.fault(at, `\${${name}} names no parameter of this runbook`);
      else if (type === 'GetFile' && parameter.isBase64)
        yaml.fault(at, `\${${name}} is base64, which is for arguments only`);
    }
    for (const name of namesIn(pieces, 'always')) {
      const parameter = known.get(name);
      if (parameter !== undefined && !parameter.isRequired && parameter.default === null)
        yaml.fault(at, `\${${name}} may be missing: put it and its argument in [ ], or give it a default`);
    }
  }
  for (const { name } of parameters) if (!used.has(name)) yaml.fault(entry, `the parameter ${name} is used nowhere`);
}

/** With its own examples it must be something that Defender takes. */
function checkSample(yaml: YamlReader, entry: Field, runbook: Runbook): void {
  const rendered = renderRunbook(runbook, new Map(runbook.parameters.map(({ name, example }) => [name, example])));
  if (rendered.ok) return;
  const kinds = rendered.faults.map((fault) => (fault.type === 'command' ? fault.fault.type : fault.type));
  yaml.fault(
    entry,
    `with its own examples it makes commands that cannot be asked for (${[...new Set(kinds)].join(', ')})`,
  );
}

const versionOf = (said: Omit<Runbook, 'version'>): string => {
  const commands = said.commands.map(({ line: _line, ...command }) => command);
  return createHash('sha256')
    .update(JSON.stringify([1, { ...said, commands }]))
    .digest('hex')
    .slice(0, 12);
};
