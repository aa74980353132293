import { type Line, say } from '../kit/line';

/** What to do about the refusals that have a known cure (defender-api.md §1.1). */
export function refusalCure(code: string): readonly Line[] {
  switch (code) {
    case 'DisallowedOperation':
      return [
        [
          say(
            "The device's group has no remediation level, which live response needs. Ask the Defender administrators to set one, then ask again.",
          ),
        ],
      ];
    case 'Forbidden':
      return [
        [
          say(
            "This bot's app lacks a permission in Defender. Its operator must grant it; asking again does not help before that.",
          ),
        ],
      ];
    case 'ResourceNotFound':
      return [[say('The device is no longer known to Defender under that id. Look it up again with the word device.')]];
    case 'ClientVersionNotSupported':
    case 'OsPlatformNotSupported':
      return [[say('Live response does not support this device. Another way to reach it is needed.')]];
    default:
      return [];
  }
}
