import type { LibraryFile } from '../request/request';
import type { PersonEntry, Policy } from './policy';

type People = Pick<Policy, 'people'>;
type Named = Pick<Policy, 'people' | 'names'>;

/** The same key for all accounts of one person: the first account of their entry, or the account itself (T-13). */
export function personKeyOf(policy: People, accountId: string): string {
  const first = entryOf(policy, accountId)?.accounts[0];
  if (first !== undefined) return first; // guard: several-accounts-are-one-person
  return accountId.toLowerCase();
}

/** Every account of the person who has this one. */
export const accountsOf = (policy: People, accountId: string): readonly string[] =>
  entryOf(policy, accountId)?.accounts ?? [accountId.toLowerCase()];

export const samePerson = (policy: People, a: string, b: string): boolean =>
  personKeyOf(policy, a) === personKeyOf(policy, b);

/**
 * Who uploaded each of the changed files, as far as the policy knows the name that Defender's library shows (`createdBy`) by `uploads`,
 * an account or a label; an uploader whom it does not name cannot be told from an approver.
 */
export const uploadersOf = (
  policy: Named,
  library: readonly LibraryFile[],
  changedFiles: readonly string[],
): ReadonlyArray<{ readonly fileName: string; readonly createdBy: string | null; readonly ids: ReadonlySet<string> }> =>
  library
    .filter(({ fileName }) => changedFiles.includes(fileName))
    .map(({ fileName, createdBy }) => ({ fileName, createdBy, ids: new Set(idsBehind(policy, createdBy)) }));

function idsBehind(policy: Named, createdBy: string | null): readonly string[] {
  const name = createdBy?.trim().toLowerCase() ?? '';
  if (name === '') return [];
  const known = policy.people.filter(({ accounts, uploads }) => accounts.includes(name) || uploads.includes(name));
  // A label gives nobody a right (T-11), but is enough to take one.
  const labelled = [...policy.names].filter(([, label]) => label.toLowerCase() === name).map(([id]) => id);
  return [...known.flatMap(({ accounts }) => accounts), ...[name, ...labelled].flatMap((id) => accountsOf(policy, id))];
}

/** For a real bot: that the policy still names people of the trial, as the file does that ships. Null when it names none. */
export function findTrialPeople(
  file: string,
  { groups, people, names }: Pick<Policy, 'groups' | 'people' | 'names'>,
): { readonly found: string; readonly cure: string } | null {
  const ids = [
    ...[...groups.values()].flatMap((source) => (source.type === 'list' ? [...source.ids] : [])),
    ...people.flatMap(({ accounts }) => accounts),
  ].filter((id) => /^00000000-0000-0000-0000-0000000000[0-9a-f]{2}$/.test(id));
  if (ids.length === 0) return null;
  const labels = [...new Set(ids)].map((id) => names.get(id) ?? id);
  return {
    found: `${file} names people of the local trial (${labels.join(', ')}), who exist in no real tenant, so as them nobody can ask or approve.`,
    cure: 'Put your own people in their place, by their Entra object ids.',
  };
}

const entryOf = ({ people }: People, accountId: string): PersonEntry | undefined =>
  people.find(({ accounts }) => accounts.includes(accountId.toLowerCase()));
