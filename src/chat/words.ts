import type { CommandType } from '../request/ask/command';

/** Whom a word is for; policy decides, this only tells. */
export type Role = 'everyone' | 'requester' | 'approver';

export const words = [
  'on',
  'new',
  'help',
  'status',
  'queue',
  'mine',
  'history',
  'waiting',
  'cancel',
  'approve',
  'deny',
  'result',
  'evidence',
  'device',
  'library',
  'policy',
  'runbook',
  'pause',
  'resume',
  'breakglass',
  'review',
  'reviews',
  'whoami',
] as const;
export type Word = (typeof words)[number];

export const verbs = ['putfile', 'run', 'getfile'] as const;
/** A command's verb, as the Defender console names it. */
export type Verb = (typeof verbs)[number];

/** One row of the table that feeds the parser, the help and the documentation. */
export interface WordEntry {
  readonly aliases: readonly string[];
  readonly syntax: string;
  readonly purpose: string;
  readonly example: string;
  readonly roles: readonly Role[];
}

export interface VerbEntry extends WordEntry {
  readonly type: CommandType;
}

export const exampleRequest = [
  'on ws-042',
  'putfile procdump.zip',
  'run minidump.ps1 OfficeClickToRun',
  'getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip',
  'because INC-1042 credential theft triage',
].join('\n');

/** The words a message may start with. */
export const wordTable: Readonly<Record<Word, WordEntry>> = {
  on: {
    aliases: [],
    syntax: 'on <device> <commands> because <reason>',
    purpose: 'Asks for commands on one device; they run only after other people approve them.',
    example: exampleRequest,
    roles: ['requester'],
  },
  new: {
    aliases: ['form'],
    syntax: 'new [device]',
    purpose: 'Opens a form for the same request.',
    example: 'new ws-042',
    roles: ['requester'],
  },
  help: {
    aliases: ['hello', 'hi', '?'],
    syntax: 'help [word]',
    purpose: 'Explains all words, or one.',
    example: 'help run',
    roles: ['everyone'],
  },
  status: {
    aliases: [],
    syntax: 'status [id]',
    purpose: 'Tells where one request stands, or all open ones.',
    example: 'status LR-7F3K',
    roles: ['everyone'],
  },
  queue: {
    aliases: [],
    syntax: 'queue',
    purpose: 'Shows what waits and what runs, in order.',
    example: 'queue',
    roles: ['everyone'],
  },
  mine: {
    aliases: ['my'],
    syntax: 'mine',
    purpose: 'Lists what you asked for: what is open, then how the rest ended.',
    example: 'mine',
    roles: ['requester'],
  },
  history: {
    aliases: [],
    syntax: 'history [device]',
    purpose: 'Lists what was asked before and how it ended, here or on one device.',
    example: 'history ws-042',
    roles: ['everyone'],
  },
  waiting: {
    aliases: ['inbox'],
    syntax: 'waiting',
    purpose: 'Lists the requests that wait for your vote.',
    example: 'waiting',
    roles: ['approver'],
  },
  cancel: {
    aliases: ['withdraw'],
    syntax: 'cancel <id> [because <reason>]',
    purpose: 'Takes a request back, or asks Defender to stop it.',
    example: 'cancel LR-7F3K because wrong device',
    roles: ['requester', 'approver'],
  },
  approve: {
    aliases: [],
    syntax: 'approve <id> [digest]',
    purpose: 'Approves what the card of that request shows; for when the card fails.',
    example: 'approve LR-7F3K 3f9a21c0',
    roles: ['approver'],
  },
  deny: {
    aliases: ['reject'],
    syntax: 'deny <id> because <reason>',
    purpose: 'Denies a request and tells the requester why.',
    example: 'deny LR-7F3K because the ticket names another device',
    roles: ['approver'],
  },
  result: {
    aliases: ['results'],
    syntax: 'result <id> [n]',
    purpose: 'Shows what a request returned, or only its command n.',
    example: 'result LR-7F3K 2',
    roles: ['requester', 'approver'],
  },
  evidence: {
    aliases: [],
    syntax: 'evidence <id>',
    purpose: 'Sends you a file that proves what was asked, decided and run, for somebody outside.',
    example: 'evidence LR-7F3K',
    roles: ['requester', 'approver'],
  },
  device: {
    aliases: ['machine'],
    syntax: 'device <name, address, tag:x or id>',
    purpose: 'Looks a device up in Defender.',
    example: 'device ws-042',
    roles: ['everyone'],
  },
  library: {
    aliases: ['lib'],
    syntax: 'library [part of a name]',
    purpose: 'Lists the scripts and files that commands can use.',
    example: 'library dump',
    roles: ['everyone'],
  },
  policy: {
    aliases: [],
    syntax: 'policy [explain <id or request>]',
    purpose: 'Shows the rules, or which of them applies to a request and why; a request written here is not asked for.',
    example: 'policy explain LR-7F3K',
    roles: ['everyone'],
  },
  runbook: {
    aliases: ['runbooks'],
    syntax: 'runbook [name [on <device> <parameter>=<value> … because <reason>]]',
    purpose: 'Lists recipes with typed parameters, explains one, or asks for it; its name alone begins a request too.',
    example: 'runbook triage-process on ws-042 process=outlook.exe because INC-1042 triage',
    roles: ['requester'],
  },
  pause: {
    aliases: [],
    syntax: 'pause because <reason>',
    purpose: 'Stops everything that is not yet sent to Defender, at once and for everybody.',
    example: 'pause because INC-1042 a library script may be tampered with',
    roles: ['requester', 'approver'],
  },
  resume: {
    aliases: [],
    syntax: 'resume',
    purpose: 'Ends a pause that somebody else began; only approvers can.',
    example: 'resume',
    roles: ['approver'],
  },
  breakglass: {
    aliases: ['break-glass'],
    syntax: 'breakglass <id> because <reason> incident <incident id>',
    purpose:
      'Lets one person whom the policy names for this approve a request alone; the owners are told at once, and a review follows.',
    example: 'breakglass LR-7F3K because ransomware is spreading incident INC-1042',
    roles: ['requester', 'approver'],
  },
  review: {
    aliases: [],
    syntax: 'review <id> accept [because <reason>], or review <id> object because <reason>',
    purpose: 'Says afterwards whether a break-glass was right; two people who had no part in it close the review.',
    example: 'review LR-7F3K accept because the host was encrypting shares',
    roles: ['everyone'],
  },
  reviews: {
    aliases: [],
    syntax: 'reviews',
    purpose: 'Lists the reviews of break-glass that are open.',
    example: 'reviews',
    roles: ['everyone'],
  },
  whoami: {
    aliases: [],
    syntax: 'whoami',
    purpose: 'Shows how this bot knows you and what you may do.',
    example: 'whoami',
    roles: ['everyone'],
  },
};

/** The verbs that a command may start with, in the order that Defender runs them. */
export const verbTable: Readonly<Record<Verb, VerbEntry>> = {
  putfile: {
    type: 'PutFile',
    aliases: ['put'],
    syntax: 'putfile <library file>',
    purpose: 'Puts a file of the library on the device.',
    example: 'putfile procdump.zip',
    roles: ['requester'],
  },
  run: {
    type: 'RunScript',
    aliases: ['runscript'],
    syntax: 'run <library script> [arguments]',
    purpose: 'Runs a script of the library on the device.',
    example: 'run minidump.ps1 OfficeClickToRun',
    roles: ['requester'],
  },
  getfile: {
    type: 'GetFile',
    aliases: ['get'],
    syntax: 'getfile <full path>',
    purpose: 'Collects a file from the device.',
    example: 'getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip',
    roles: ['requester'],
  },
};

export const findWord = (typed: string): Word | null => find(words, wordTable, typed);
export const findVerb = (typed: string): Verb | null => find(verbs, verbTable, typed);

export function verbOf(type: CommandType): Verb {
  switch (type) {
    case 'PutFile':
      return 'putfile';
    case 'RunScript':
      return 'run';
    case 'GetFile':
      return 'getfile';
  }
}

function find<W extends string>(names: readonly W[], table: Readonly<Record<W, WordEntry>>, typed: string): W | null {
  const word = typed.toLowerCase();
  return names.find((name) => name === word || table[name].aliases.includes(word)) ?? null;
}

/** The nearest of `candidates` when it is near enough to be what was meant; a swap of neighbours counts as one slip. */
export function nearestWord<W extends string>(typed: string, candidates: readonly W[], most = 2): W | null {
  const word = typed.toLowerCase();
  if (word.length > 20) return null;
  let best: { readonly candidate: W; readonly slips: number } | null = null;
  for (const candidate of candidates) {
    const slips = countSlips(word, candidate);
    const allowed = Math.min(word.length, candidate.length) <= 3 ? Math.min(1, most) : most;
    if (slips <= allowed && (best === null || slips < best.slips)) best = { candidate, slips };
  }
  return best?.candidate ?? null;
}

export function countSlips(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let slips = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) slips = Math.min(slips, (beforePrevious[j - 2] ?? 0) + 1);
      row.push(slips);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
