import type { Command } from '../../request/ask/command';
import type { Person } from '../../request/request';
import { commandSubject, commandVerb, count } from './words';

/**
 * Names that may stand in headings and notifications, where Teams would read a stranger's marks as markup (teams.md C5): null where a name is not so
 * plain that nothing can be read into it. What decides stands in runs as well, whole.
 */
export const plainHost = (name: string): string | null =>
  /^[A-Za-z0-9-]{1,30}(\.[A-Za-z0-9-]+)*$/.test(name) ? (name.split('.')[0] ?? null) : null;

export const plainPerson = ({ name }: Person): string | null =>
  /^\p{L}[\p{L}' -]{0,59}$/u.test(name) && !name.includes('  ') ? name : null;

/** "run minidump.ps1 and 2 more": the one that does most of harm, so a script before files. */
export function plainCommands(commands: readonly Command[]): string {
  const main = commands.find(({ type }) => type === 'RunScript') ?? commands[0];
  const subject = main === undefined || main.type === 'GetFile' ? '' : commandSubject(main);
  if (main === undefined || !/^[A-Za-z0-9.-]{1,60}$/.test(subject)) return count(commands.length, 'command');
  const rest = commands.length - 1;
  return `${commandVerb(main.type)} ${subject}${rest === 0 ? '' : ` and ${rest} more`}`;
}

/** "ws-042: running command 2 of 3"; what is said alone where the device has no plain name. */
export function onDevice(said: string, deviceName: string): string {
  const host = plainHost(deviceName);
  if (host === null) return said;
  const isName = /^(Defender|I) /.test(said);
  return `${host}: ${isName ? said : `${said.charAt(0).toLowerCase()}${said.slice(1)}`}`;
}
