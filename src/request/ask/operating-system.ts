import type { Command } from './command';

/** What a device runs its scripts with, as far as Defender's word for its platform tells; of macOS and Linux several words are in use. */
export type SystemKind = 'windows' | 'unix';

export function systemOf(osPlatform: string | null): SystemKind | null {
  if (osPlatform === null) return null;
  if (/windows/i.test(osPlatform)) return 'windows';
  return /mac|linux|ubuntu|debian|centos|fedora|red ?hat|rhel|suse|sles|rocky|alma|mariner/i.test(osPlatform)
    ? 'unix'
    : null;
}

export type Misfit = 'scriptOfOtherSystem' | 'notAScript' | 'pathOfOtherSystem';

/**
 * Why a command does not look like one of the device's system. Which scripts Defender starts where is written nowhere in full
 * (defender-api.md §5), so this is a sign and no proof.
 */
export function misfitOf(command: Command, system: SystemKind | null): Misfit | null {
  switch (command.type) {
    case 'PutFile':
      return null;
    case 'RunScript': {
      const [, ending] = /\.([a-z0-9]+)$/i.exec(command.scriptName) ?? [];
      const kind = kindByEnding[ending?.toLowerCase() ?? 'sh'];
      if (kind === undefined) return 'notAScript';
      return system === null || kind === 'any' || kind === system ? null : 'scriptOfOtherSystem';
    }
    case 'GetFile':
      if (system === null) return null;
      return command.path.startsWith('/') === (system === 'unix') ? null : 'pathOfOtherSystem';
  }
}

/** The endings that scripts go by; a name without one is that of a shell script. */
const kindByEnding: Readonly<Record<string, SystemKind | 'any' | undefined>> = {
  ...{ ps1: 'windows', psm1: 'windows', bat: 'windows', cmd: 'windows', vbs: 'windows' },
  ...{ sh: 'unix', bash: 'unix', zsh: 'unix', ksh: 'unix', command: 'unix' },
  ...{ py: 'any', pl: 'any', rb: 'any', js: 'any' },
};
