import type { Change, Device, LibraryFile, RequestBase } from '../request/request';

/** What Defender says now of that which the digest binds. `device` is null when Defender no longer knows it. */
export interface Now {
  readonly library: readonly LibraryFile[];
  readonly device: Device | null;
}

/** What is no longer as the approvers saw it: none of it may run (T-20, T-21). An empty list means that the digest still holds. */
export function findChanges(request: RequestBase, now: Now): readonly Change[] {
  const changes: Change[] = [];
  for (const file of request.library) {
    const current = now.library.find((f) => f.fileName === file.fileName);
    if (current === undefined) changes.push({ type: 'libraryFileGone', fileName: file.fileName });
    else if (current.sha256 !== file.sha256) {
      changes.push({ type: 'libraryFileChanged', fileName: file.fileName, was: file.sha256, now: current.sha256 });
    }
  }
  if (now.device === null || now.device.machineId !== request.device.machineId) changes.push({ type: 'deviceGone' });
  else {
    if (now.device.entraDeviceId !== request.device.entraDeviceId)
      changes.push({ type: 'deviceChanged', field: 'entraDeviceId' });
    if (now.device.name !== request.device.name) changes.push({ type: 'deviceChanged', field: 'name' });
    if (now.device.groupName !== request.device.groupName) changes.push({ type: 'deviceChanged', field: 'group' });
    if (!sameTags(now.device.tags, request.device.tags)) changes.push({ type: 'deviceChanged', field: 'tags' });
  }
  return changes;
}

const sameTags = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
