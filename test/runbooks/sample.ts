// biome-ignore-all lint/suspicious/noTemplateCurlyInString: as a runbook writes it
import { parseRunbooks } from '../../src/runbooks/parse-runbooks';
import type { Parameter, Runbook } from '../../src/runbooks/runbook';

export const triage = `runbooks:
  - name: triage-process
    title: Triage of one process
    purpose: What a process has open, and what started it
    os: windows
    commands:
      - run triage-process.ps1 -Name \${process} [-Days \${days}] -Deep \${deep}
      - getfile C:\\ProgramData\\LiveResponse\\\${process}.zip
    parameters:
      process: { type: fileName, required: true, title: Process, example: outlook.exe }
      days: { type: number, min: 1, max: 30 }
      deep: { type: yesNo, default: false }
`;

export function readOne(text: string): Runbook {
  const read = parseRunbooks(text);
  if (!read.ok) throw new Error(read.error.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  const [runbook] = read.value.values();
  if (runbook === undefined) throw new Error('No runbook in it.');
  return runbook;
}

/** A runbook with one parameter, given as YAML, in one argument. */
export const withParameter = (parameter: string, args = '-V ${v}'): string => `runbooks:
  - name: one
    title: One
    commands: [${JSON.stringify(`run one.ps1 ${args}`)}]
    parameters:
      v: ${parameter}
`;

export const parameterOf = (parameter: string): Parameter => {
  const [first] = readOne(withParameter(parameter)).parameters;
  if (first === undefined) throw new Error('No parameter in it.');
  return first;
};
