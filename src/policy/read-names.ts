import type { Field, YamlReader } from './read-yaml';

/** Names of groups as the file declares them; case does not matter. */
export function readGroupNames(
  yaml: YamlReader,
  field: Field | undefined,
  groupNames: readonly string[],
): readonly string[] {
  return field === undefined
    ? []
    : yaml.list(field, 1).flatMap((entry) => listOf(readGroupName(yaml, entry, groupNames)));
}

export function readGroupName(yaml: YamlReader, field: Field, groupNames: readonly string[]): string | null {
  const typed = yaml.text(field);
  if (typed === null) return null;
  const name = groupNames.find((known) => isSame(known, typed));
  return name ?? yaml.fault(field, `there is no group ${typed}; the groups are ${groupNames.join(', ') || 'none'}`);
}

/** Entra object ids as Entra prints them; names and e-mail addresses are refused, since anybody may carry them (T-11). */
export function readObjectId(yaml: YamlReader, field: Field): string | null {
  const text = yaml.text(field, 100, objectId);
  if (text === null) return null;
  if (!isObjectId(text)) return yaml.fault(field, `must be ${objectId}`); // guard: people-by-object-id-only
  return text.toLowerCase();
}

export const isObjectId = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

export const namePattern = /^[A-Za-z0-9][A-Za-z0-9 _.-]{0,49}$/;
export const nameRule = 'a name has at most 50 letters, digits, blanks, -, _ and . and starts with a letter or digit';
export const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
export const listOf = <T>(value: T | null): readonly T[] => (value === null ? [] : [value]);

const objectId = 'an Entra object id such as 11111111-2222-3333-4444-555555555555, not a name or an e-mail address';
