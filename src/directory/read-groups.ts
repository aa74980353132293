import type { Directory } from './directory';

/** Where the members of a group of the policy stand; the same shape as in `policy/`. */
export type GroupSource =
  | { readonly type: 'list'; readonly ids: readonly string[] }
  | { readonly type: 'entra'; readonly groupId: string };

/**
 * Members by group name, as they are now; null: could not be read, so nobody counts (T-12). Without a directory, as in a trial, no group of
 * Entra can be read. The groups are read side by side, so the slowest decides how long it takes.
 */
export async function readGroups(
  groups: ReadonlyMap<string, GroupSource>,
  directory: Pick<Directory, 'members'> | null,
): Promise<ReadonlyMap<string, ReadonlySet<string> | null>> {
  const read = [...groups].map(async ([name, source]) => [name, await membersOf(source, directory)] as const);
  return new Map(await Promise.all(read));
}

async function membersOf(
  source: GroupSource,
  directory: Pick<Directory, 'members'> | null,
): Promise<ReadonlySet<string> | null> {
  if (source.type === 'list') return new Set(source.ids.map((id) => id.toLowerCase()));
  return directory === null ? null : directory.members(source.groupId);
}
