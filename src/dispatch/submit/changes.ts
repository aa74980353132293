import type { Change, Device, LibraryFile, RequestBase } from '../../request/request';

/** What Defender says now of that which the digest binds. `device` is null when Defender no longer knows it. */
export interface Now {
  readonly library: readonly LibraryFile[];
  readonly device: Device | null;
}

/** None of what is no longer as the approvers saw it may run (T-20, T-21): what has changed since. An empty list means that the digest still holds. */
export function findChanges(request: RequestBase, now: Now): readonly Change[] {
  return [...findLibraryChanges(request, now.library), ...findDeviceChanges(request, now.device)];
}

/** The bytes that were approved are the bytes that may run: library files of the request that are gone, or whose SHA-256 is another one. */
export const findLibraryChanges = (request: RequestBase, library: readonly LibraryFile[]): readonly Change[] =>
  request.library.flatMap(({ fileName, sha256 }): Change[] => {
    const current = library.find((f) => f.fileName === fileName);
    if (current === undefined) return [{ type: 'libraryFileGone', fileName }];
    if (current.sha256 === sha256) return [];
    return [{ type: 'libraryFileChanged', fileName, was: sha256, now: current.sha256 }]; // guard: library-hash-compared
  });

function findDeviceChanges({ device }: RequestBase, now: Device | null): readonly Change[] {
  if (now === null || now.machineId !== device.machineId) return [{ type: 'deviceGone' }];
  const changed: ReadonlyArray<readonly [boolean, Extract<Change, { type: 'deviceChanged' }>['field']]> = [
    [now.entraDeviceId !== device.entraDeviceId, 'entraDeviceId'],
    [now.name !== device.name, 'name'],
    [now.groupName !== device.groupName, 'group'],
    [!sameTags(now.tags, device.tags), 'tags'],
  ];
  return changed.filter(([differs]) => differs).map(([, field]) => ({ type: 'deviceChanged', field })); // guard: device-identity-compared
}

const sameTags = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
