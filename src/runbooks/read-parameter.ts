import { type Field, typedValue, type YamlReader } from '../policy/read-yaml';
import { checkValue, compileWhole, mostTextLength } from './check-value';
import { type Parameter, type ParameterType, parameterTypes } from './runbook';

const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,29}$/;
const known = [
  'type',
  'title',
  'required',
  'default',
  'example',
  'options',
  'min',
  'max',
  'pattern',
  'length',
  'base64',
];
/** Which keys only some types have. */
const only: Readonly<Record<string, readonly ParameterType[]>> = {
  options: ['choice'],
  min: ['number'],
  max: ['number'],
  pattern: ['text'],
  length: ['text'],
  base64: ['text'],
};
const largest = 999_999_999_999_999;

/** One parameter; null when something is wrong with it, and then why has been said. */
export function readParameter(yaml: YamlReader, name: string, entry: Field): Parameter | null {
  if (!namePattern.test(name))
    return yaml.fault(entry, 'a parameter has up to 30 letters, digits and _, and begins with a letter');
  const keys = yaml.keys(entry, known);
  if (keys === null) return null;
  const before = yaml.faults.length;
  const type = readType(yaml, entry, keys.get('type'));
  if (type === null) return null;
  for (const [key, field] of keys)
    if (only[key]?.includes(type) === false) yaml.fault(field, `is for ${only[key]?.join(', ')} only`);
  const flag = (key: string): boolean => {
    const field = keys.get(key);
    return field === undefined ? false : (yaml.flag(field) ?? false);
  };
  const number = (key: string, otherwise: number, least = -largest): number => {
    const field = keys.get(key);
    return field === undefined ? otherwise : (yaml.wholeNumber(field, { min: least, max: largest }) ?? otherwise);
  };
  const title = keys.get('title');
  const parameter: Parameter = {
    name,
    type,
    title: (title === undefined ? null : yaml.text(title, 100)) ?? name,
    isRequired: flag('required'),
    default: readTyped(yaml, type, keys.get('default')),
    example: readTyped(yaml, type, keys.get('example')) ?? '',
    options: readOptions(yaml, entry, { type, field: keys.get('options') }),
    min: number('min', -largest),
    max: number('max', largest),
    pattern: readPattern(yaml, keys.get('pattern')),
    maxLength: Math.min(number('length', 100, 1), mostTextLength),
    isBase64: flag('base64'),
  };
  if (parameter.min > parameter.max) yaml.fault(entry, 'min is above max');
  if (parameter.isRequired && parameter.default !== null)
    yaml.fault(entry, 'is required and has a default; one of them has no meaning');
  if (yaml.faults.length > before) return null;
  return withExample(yaml, entry, parameter);
}

function readType(yaml: YamlReader, entry: Field, field: Field | undefined): ParameterType | null {
  const text = field === undefined ? null : yaml.text(field, 20);
  const type = parameterTypes.find((one) => one === text);
  return type ?? yaml.fault(field ?? entry, `type must be one of ${parameterTypes.join(', ')}`);
}

/** A default or an example, of the type that YAML must have read: 010, 1.10 and ~ are no texts, and what they became is not what was meant. */
function readTyped(yaml: YamlReader, type: ParameterType, field: Field | undefined): string | null {
  if (field === undefined) return null;
  const value = typedValue(field);
  if (type === 'number')
    return typeof value === 'number' && Number.isSafeInteger(value)
      ? String(value)
      : yaml.fault(field, 'must be a whole number');
  if (type === 'yesNo')
    return typeof value === 'boolean' ? (value ? 'yes' : 'no') : yaml.fault(field, 'must be true or false');
  if (typeof value !== 'string') return yaml.fault(field, 'must be a text: write it in quotes');
  return yaml.text(field, mostTextLength);
}

function readOptions(
  yaml: YamlReader,
  entry: Field,
  { type, field }: { readonly type: ParameterType; readonly field: Field | undefined },
): readonly string[] {
  if (type !== 'choice') return [];
  if (field === undefined) {
    yaml.fault(entry, 'a choice needs options');
    return [];
  }
  const options = yaml.list(field, 1).flatMap((option) => {
    if (typeof typedValue(option) !== 'string') yaml.fault(option, 'must be a text: write it in quotes');
    return yaml.text(option, 100) ?? [];
  });
  if (new Set(options).size < options.length) yaml.fault(field, 'names an option twice');
  return options;
}

function readPattern(yaml: YamlReader, field: Field | undefined): string | null {
  const pattern = field === undefined ? null : yaml.text(field, 500, 'a pattern');
  if (field === undefined || pattern === null) return null;
  const compiled = compileWhole(pattern);
  if (!compiled.ok) return yaml.fault(field, compiled.error);
  return pattern;
}

/** Values of the file must be ones that people could give. */
function withExample(yaml: YamlReader, entry: Field, parameter: Parameter): Parameter | null {
  for (const option of parameter.options)
    if (!checkValue(parameter, option).ok)
      return yaml.fault(entry, 'an option holds a blank or a character that cannot stand in an argument');
  const example = parameter.example || parameter.default || ownExample(parameter);
  for (const [what, value] of [
    ['default', parameter.default],
    ['example', example],
  ] as const)
    if (value !== null && !checkValue(parameter, value).ok)
      return yaml.fault(entry, `its ${what} ${value === '' ? 'is missing' : 'is no value that it takes'}`);
  return { ...parameter, example };
}

function ownExample({ type, options, min, max }: Parameter): string {
  switch (type) {
    case 'choice':
      return options[0] ?? '';
    case 'number':
      return String(Math.min(Math.max(1, min), max));
    case 'yesNo':
      return 'yes';
    case 'date':
      return '2026-12-01';
    case 'fileName':
      return 'outlook.exe';
    case 'path':
      return 'C:\\Windows\\Temp\\found.bin';
    case 'account':
      return 'CORP\\ana';
    case 'hash':
      return 'a'.repeat(64);
    case 'ip':
      return '10.0.0.7';
    case 'text':
      return '';
  }
}
