import type { Device, RequestId } from './request';

/** Refusals of Defender that will come again for the same device or group until somebody changes something there (defender-api.md §6). */
export const lastingRefusals = ['DisallowedOperation', 'OsPlatformNotSupported', 'ClientVersionNotSupported'] as const;
export type LastingRefusal = (typeof lastingRefusals)[number];

/** What a refused request taught about its device, or about its device group; kept until live response is accepted there again. */
export interface KnownRefusal {
  readonly code: LastingRefusal;
  readonly requestId: RequestId;
  readonly at: number;
  /** Null: it is about the device alone. */
  readonly group: string | null;
}

/** What a refusal with this code teaches, and under which name it is kept; null when it says nothing about the next request. */
export function knownRefusalOf(
  code: string,
  { id, device }: { readonly id: RequestId; readonly device: Device },
  at: number,
): { readonly subject: string; readonly refusal: KnownRefusal } | null {
  const known = lastingRefusals.find((lasting) => lasting === code);
  if (known === undefined) return null;
  // A remediation level is set for a group; all else is a matter of one machine.
  const group = known === 'DisallowedOperation' ? device.groupName : null;
  const subject = group === null ? deviceSubject(device) : groupSubject(group);
  return { subject, refusal: { code: known, requestId: id, at, group } };
}

/** Under which names there may be known refusals of a device. */
export const refusalSubjects = (device: Device): readonly string[] => [
  deviceSubject(device),
  ...(device.groupName === null ? [] : [groupSubject(device.groupName)]),
];

const deviceSubject = ({ machineId }: Device): string => `device:${machineId}`;
const groupSubject = (group: string): string => `group:${group}`;
