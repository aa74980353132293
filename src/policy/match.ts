import type { Result } from '../lib/result';
import type { Command } from '../request/command';
import type { Device, LibraryFile, Person } from '../request/request';
import type { Bar, Groups, Policy, PolicyRefusal } from './policy';

/** What a rule is matched against; all facts, no reading. */
export interface Facts {
  readonly requester: Person;
  readonly device: Device;
  readonly commands: readonly Command[];
  readonly library: readonly LibraryFile[];
  readonly reason: string;
  /** Names of library files whose hash differs from the one last approved; a file of which no hash was ever approved is not among them. */
  readonly changedFiles: readonly string[];
}

export function evaluate(_policy: Policy, _groups: Groups, _facts: Facts): Result<Bar, PolicyRefusal> {
  throw new Error('written next');
}
