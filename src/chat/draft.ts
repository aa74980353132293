import type { Command } from '../request/ask/command';
import { findVerb, verbOf } from './words';

/** A parsed, not yet stored wish; chat and form make the same. */
export interface Draft {
  /** As typed: a name, FQDN, address, `tag:x` or id. */
  readonly device: string;
  readonly commands: readonly Command[];
  readonly reason: string;
  /** The runbook whose commands these are, and what was typed for it; rendered again wherever the draft comes back from a card. */
  readonly runbook?: { readonly name: string; readonly given: ReadonlyArray<readonly [name: string, value: string]> };
}

/** The draft as a message that parses back to it; what is missing shows as `<device>`, `<name>` or `<reason>`. */
export const writeDraft = ({ device, commands, reason }: Draft): string =>
  [
    `on ${device === '' ? '<device>' : quoteIf(/[\s;]/.test(device) || isKeyword(device), device)}`,
    ...(commands.length === 0 ? ['<commands>'] : commands.map(writeCommand)),
    `because ${reason === '' ? '<reason>' : reason}`,
  ].join('\n');

/** The command as a person would type it; arguments that would read as something else use the portal's `-parameters "…"` form. */
export function writeCommand(command: Command): string {
  const verb = verbOf(command.type);
  switch (command.type) {
    case 'PutFile':
      return `${verb} ${quoteName(command.fileName)}`;
    case 'GetFile':
      return `${verb} ${quoteName(command.path)}`;
    case 'RunScript': {
      const start = `${verb} ${quoteName(command.scriptName)}`;
      if (command.args === null) return start;
      return /^--?parameters(?:\s|$)/i.test(command.args)
        ? `${start} -parameters "${command.args}"`
        : `${start} ${command.args}`;
    }
  }
}

const quoteName = (name: string): string => (name === '' ? '<name>' : quoteIf(/[\s;]/.test(name), name));
const isKeyword = (name: string): boolean => /^because:?$/i.test(name) || findVerb(name) !== null;
const quoteIf = (needed: boolean, text: string): string => (needed ? `"${text}"` : text);
