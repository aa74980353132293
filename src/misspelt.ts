import { countSlips } from './chat/words';
import type { SettingFault } from './setting-faults';
import { settingNames } from './settings';

/**
 * Names in the environment that are almost one of ours: such a setting is not taken, and nothing else would say so. Short names get less
 * room, since other programs have some as well.
 */
export function findMisspelt(env: Readonly<Record<string, string | undefined>>): readonly SettingFault[] {
  return Object.keys(env).flatMap((name) => {
    if (settingNames.includes(name) || (env[name] ?? '').trim() === '') return [];
    const meant = settingNames.find((known) => countSlips(name.toUpperCase(), known) <= allowedSlips(known));
    if (meant === undefined) return [];
    return [
      {
        name,
        message: `is not a setting of this service, so it is ignored. Did you mean ${meant}? Rename it, or unset it.`,
      },
    ];
  });
}

const allowedSlips = ({ length }: string): number => (length <= 4 ? 0 : length <= 8 ? 1 : 2);
