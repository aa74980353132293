import { describeCommandFault } from '../../chat/faults';
import { visible } from '../../lib/visible';
import type { ValueFault } from '../../runbooks/check-value';
import type { RenderFault } from '../../runbooks/render';
import type { Parameter } from '../../runbooks/runbook';
import { count, formatList } from '../kit/words';

const quote = (text: string): string => `"${visible(text)}"`;

/** What a parameter takes, in a few words. */
export function describeType({ type, options, min, max, maxLength, isBase64 }: Parameter): string {
  switch (type) {
    case 'choice':
      return `one of ${formatList(options.map(visible), 'or')}`;
    case 'number':
      return `a whole number from ${min} to ${max}`;
    case 'yesNo':
      return 'yes or no';
    case 'date':
      return 'a date such as 2026-12-01';
    case 'fileName':
      return 'a file name without blanks';
    case 'path':
      return 'a full path without blanks';
    case 'account':
      return 'an account such as CORP\\ana';
    case 'hash':
      return 'an MD5, SHA-1 or SHA-256';
    case 'ip':
      return 'an IP address';
    case 'text':
      return `a text of at most ${count(maxLength, 'character')}${isBase64 ? '' : ', without blanks'}`;
  }
}

function describeValueFault(parameter: Parameter, fault: ValueFault): string {
  const { name } = parameter;
  switch (fault.type) {
    case 'missing':
      return `${name} is missing: ${describeType(parameter)}`;
    case 'notOfType':
      return `${name} must be ${describeType(parameter)}`;
    case 'notAnOption':
      return `${name} must be ${describeType(parameter)}, exactly as written`;
    case 'outOfBounds':
      return `${name} must be ${describeType(parameter)}`;
    case 'noMatch':
      return `${name} does not have the form that this runbook asks for, such as ${visible(parameter.example)}`;
    case 'tooLong':
      return `${name} has ${count(fault.length, 'character')}, and ${parameter.maxLength} is the most`;
    case 'hiddenCharacters':
      return `${name} holds characters that a reader cannot see`;
    case 'readAsParameter':
      return `${name} begins like a parameter of the script, which would read it as one`;
    case 'characters':
      return `${name} holds ${formatList(fault.characters.map((c) => (c === ' ' ? 'a blank' : visible(c))))}, which could become another argument on the device`;
  }
}

/** Each fault of what was typed for a runbook, without a stop at its end. */
export function describeRenderFault(fault: RenderFault): string {
  switch (fault.type) {
    case 'value':
      return describeValueFault(fault.parameter, fault.fault);
    case 'unknownParameter':
      return `${quote(fault.name)} is no parameter of this runbook; it has ${formatList(fault.known) || 'none'}`;
    case 'command':
      return describeCommandFault(fault.fault).replace(/\.$/, '');
  }
}

export const runbookAnswers = {
  without:
    'There are no runbooks here. Whoever runs the bot can add some; until then ask in commands, such as on ws-042 run collect-logs.ps1 because INC-1042.',
  unknown: (name: string, known: readonly string[]): string =>
    `I do not know the runbook ${quote(name)}. ${known.length === 0 ? runbookAnswers.without : `There is ${formatList(known.slice(0, 10))}; type runbooks to see what they do.`}`,
  faulty: (faults: readonly string[], corrected: string): string =>
    [
      `Nothing was requested. ${faults.length === 1 ? 'This is' : 'These are'} wrong:`,
      ...faults.map((fault) => `- ${fault}.`),
      `Send this: ${visible(corrected)}`,
    ].join('\n'),
  noDevice: 'the device is missing: on and its name',
  noReason: 'the reason is missing: because and why',
  stray: (text: string): string => `${quote(text)} is neither a parameter (name=value) nor a part of the sentence`,
  twice: (name: string): string => `${quote(name)} is given twice`,
} as const;
