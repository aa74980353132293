import { type Command, libraryFileOf } from '../request/ask/command';
import type { Device, LibraryFile, Person } from '../request/request';
import { matchesGlob } from './glob';
import { compilePattern } from './pattern';
import {
  type Condition,
  type DeviceCondition,
  type Groups,
  isMember,
  type Policy,
  type Rule,
  type Tier0,
} from './policy';

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

export type Match =
  | { readonly type: 'matches' }
  | { readonly type: 'misses'; readonly miss: Miss }
  /** Whether it matches hangs on a group that could not be read. */
  | { readonly type: 'unreadable'; readonly group: string };

/** The first condition that does not hold; `is` is what was found instead. */
export type Miss =
  | {
      readonly type: 'device';
      readonly field: 'group' | 'tag' | 'value' | 'risk' | 'os';
      readonly wanted: readonly string[];
      readonly is: readonly string[];
    }
  | { readonly type: 'tier0'; readonly wanted: boolean }
  /** `index` is the zero-based command, null when none of them meets the conditions of a denying rule. */
  | { readonly type: 'command'; readonly part: 'command' | 'script' | 'args'; readonly index: number | null }
  | { readonly type: 'who'; readonly wanted: readonly string[] };

/**
 * Whether a rule applies. Every condition must hold. Those about commands must hold for every command of the request before a rule may
 * allow it, and for one command before a rule denies it, so that a permitted command cannot carry another along.
 */
export function matchRule(policy: Policy, groups: Groups, rule: Rule, facts: Facts): Match {
  const { device, who } = rule.when;
  const deviceMiss = device === null ? null : findDeviceMiss(device, policy.tier0, facts.device);
  if (deviceMiss !== null) return { type: 'misses', miss: deviceMiss };
  const commandMiss = findCommandMiss(rule, facts.commands);
  if (commandMiss !== null) return { type: 'misses', miss: commandMiss };
  // A list, even an empty one, must be met; only a missing key asks for nothing.
  if (who === null || who.some((group) => isMember(groups, group, facts.requester.id))) return { type: 'matches' };
  const unreadable = who.find((group) => (groups.get(group) ?? null) === null);
  if (unreadable !== undefined) return { type: 'unreadable', group: unreadable }; // guard: unreadable-group-skips-no-rule
  return { type: 'misses', miss: { type: 'who', wanted: who } };
}

/** Whether the policy counts the device as tier 0: by any of its tags, its group or its value. */
export function isTier0(tier0: Tier0, device: Device): boolean {
  const has = (names: readonly string[], name: string | null) => name !== null && names.some((n) => isSame(n, name));
  return (
    device.tags.some((tag) => has(tier0.tags, tag)) ||
    has(tier0.groups, device.groupName) ||
    has(tier0.values, device.deviceValue)
  );
}

function findDeviceMiss(wanted: DeviceCondition, tier0: Tier0, device: Device): Miss | null {
  const os = (glob: string, name: string) => matchesGlob(glob.toLowerCase(), name.toLowerCase());
  const checks = [
    { field: 'group', is: listOf(device.groupName), like: isSame },
    { field: 'tag', is: device.tags, like: isSame },
    { field: 'value', is: listOf(device.deviceValue), like: isSame },
    { field: 'risk', is: listOf(device.riskScore), like: isSame },
    { field: 'os', is: listOf(device.osPlatform), like: os },
  ] as const;
  for (const { field, is, like } of checks) {
    const names = wanted[field];
    if (names !== null && !names.some((name) => is.some((found) => like(name, found))))
      return { type: 'device', field, wanted: names, is };
  }
  if (wanted.tier0 !== null && wanted.tier0 !== isTier0(tier0, device)) return { type: 'tier0', wanted: wanted.tier0 };
  return null;
}

function findCommandMiss({ when, outcome }: Rule, commands: readonly Command[]): Miss | null {
  const parts = commands.map((command) => findPartMiss(when, command));
  if (outcome.type === 'deny') {
    if (parts.includes(null)) return null; // guard: one-command-is-enough-to-deny
    return { type: 'command', part: parts[0] ?? 'command', index: commands.length === 1 ? 0 : null };
  }
  const index = parts.findIndex((part) => part !== null);
  const part = parts[index] ?? null;
  if (part !== null) return { type: 'command', part, index }; // guard: every-command-must-be-allowed
  return null;
}

/**
 * `script` is asked of every command that uses a library file and `args` of every RunScript. A command that has neither meets them only
 * where the rule's `command` names its type: `script` alone must not let every GetFile pass.
 */
function findPartMiss(when: Condition, command: Command): 'command' | 'script' | 'args' | null {
  const isNamed = when.command?.includes(command.type) ?? false;
  if (when.command !== null && !isNamed) return 'command';
  const file = libraryFileOf(command);
  if (when.script !== null && !(file === null ? isNamed : when.script.some((glob) => matchesGlob(glob, file)))) {
    return 'script';
  }
  if (when.args === null) return null;
  const holds = command.type === 'RunScript' ? testPattern(when.args, command.args ?? '') : isNamed;
  return holds ? null : 'args';
}

/** A pattern that does not compile holds for nothing; `parsePolicy` refuses such a file. */
export function testPattern(source: string, text: string): boolean {
  const pattern = compilePattern(source);
  return pattern.ok && pattern.value.test(text);
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
const listOf = (name: string | null): readonly string[] => (name === null ? [] : [name]);
