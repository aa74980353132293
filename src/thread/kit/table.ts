/**
 * What is said of each member of a union, by the member's name: a missing one does not compile. A value that needs nothing of the member stands as
 * it is; a function gets the member, and what else the table is told.
 */
export type Table<Union, Key extends keyof Union, Said, More extends readonly unknown[] = []> = {
  readonly [Name in Union[Key] & string]: Said | ((member: Named<Union, Key, Name>, ...more: More) => Said);
};

type Named<Union, Key extends keyof Union, Name> = Union extends unknown
  ? Name extends Union[Key]
    ? Union
    : never
  : never;

/** What the table says of this member. */
export function sayOf<Union, Key extends keyof Union, Said, More extends readonly unknown[]>(
  table: Table<Union, Key, Said, More>,
  key: Key,
  member: Union,
  ...more: More
): Said {
  const entry: unknown = table[member[key] as Union[Key] & string];
  return typeof entry === 'function' ? entry(member, ...more) : (entry as Said);
}
