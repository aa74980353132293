import { type Word, wordTable } from '../../src/chat/words';

/** Where a person can meet the bot, as the manifest names it. */
export const scopes = ['personal', 'team', 'groupChat'] as const;
export type Scope = (typeof scopes)[number];

export interface Command {
  readonly title: string;
  readonly description: string;
}

export interface CommandList {
  readonly scopes: readonly Scope[];
  readonly commands: readonly Command[];
}

/** Teams shows no more of a list (manifest schema 1.30, bots.commandLists.commands). */
export const mostCommands = 12;

/** A pause concerns everybody, so it stands where everybody reads it. */
const shared: readonly Word[] = [
  'help',
  'on',
  'new',
  'status',
  'queue',
  'result',
  'cancel',
  'device',
  'library',
  'policy',
  'pause',
  'whoami',
];

/** The words that Teams offers in each scope, the likeliest first; every other word is a `help` away. */
const offered: Readonly<Record<Scope, readonly Word[]>> = {
  personal: [
    'help',
    'on',
    'new',
    'waiting',
    'status',
    'queue',
    'result',
    'cancel',
    'device',
    'library',
    'policy',
    'whoami',
  ],
  team: shared,
  groupChat: shared,
};

/** The manifest's command lists: one a scope, as the schema asks, with the purposes of the word table. */
export const commandLists = (): readonly CommandList[] =>
  scopes.map((scope) => ({
    scopes: [scope],
    commands: offered[scope].map((word) => ({ title: word, description: wordTable[word].purpose })),
  }));
