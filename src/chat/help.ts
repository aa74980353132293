import { commandOrder, forbiddenArgCharacters, maxCommands } from '../request/ask/command';
import {
  exampleRequest,
  type Verb,
  verbOf,
  verbs,
  verbTable,
  type Word,
  type WordEntry,
  words,
  wordTable,
} from './words';

/** Help as data; the card decides how it looks. All of it is our own text. */
export interface HelpPage {
  readonly intro: string;
  readonly sections: readonly HelpSection[];
  /** Whether a button to the form is of use to the reader. */
  readonly offersForm: boolean;
}

export interface HelpSection {
  readonly title: string;
  readonly lines: readonly HelpLine[];
  /** Plain sentences below the lines. */
  readonly notes: readonly string[];
}

export interface HelpLine {
  readonly syntax: string;
  readonly purpose: string;
  /** May have several lines. */
  readonly example: string;
}

/** What the policy lets a person do; `owns`: they look after a rule that allows break-glass. */
export interface Part {
  readonly mayAsk: boolean;
  readonly mayApprove: boolean;
  readonly owns: boolean;
}

/** The page for one word, or for all of them; with `part` only what that person may do, the nearest to hand first. */
export function createHelp(word: Word | Verb | null, part: Part | null = null): HelpPage {
  if (word !== null) return { ...pageOf(word), offersForm: part?.mayAsk ?? true };
  return part === null ? overview : overviewFor(part);
}

/** The rules of a request in sentences; the help page and the documentation say the same. */
export const grammarRules: readonly string[] = [
  'Put one command on a line, or several on one line with ; between them.',
  `Commands go in the order ${commandOrder.map(verbOf).join(', ')}, as often as you like, ${maxCommands} at most; Defender takes no other order.`,
  'Everything after the script name is its argument string, as typed; -parameters "<arguments>" as in the Defender console means the same.',
  `Arguments cannot hold any of ${forbiddenArgCharacters.join(' ')}, because Defender does not allow them.`,
  'A device, name or path with blanks stands in double quotes: getfile "C:\\Program Files\\x.log".',
  'The reason starts at the first line, or part after ;, that begins with because. If no line does, it starts at the first because outside double quotes. All that follows is the reason.',
  'If Teams changes your text (quotes, dashes, links, bold), send it as a code block or use the form: new.',
];

/** The grammar as Markdown for the documentation, from the same table that the parser reads. */
export function describeGrammar(): string {
  const row = ({ syntax, aliases, purpose, example, roles }: WordEntry): string =>
    `| \`${syntax}\` | ${aliases.map((alias) => `\`${alias}\``).join(', ')} | ${purpose} | ${roles.join(', ')} | \`${example.split('\n').join('; ')}\` |`;
  const table = (first: string, entries: readonly WordEntry[]): string =>
    [`| ${first} | also | what it does | for | example |`, '|---|---|---|---|---|', ...entries.map(row)].join('\n');
  return [
    table(
      'word',
      words.map((word) => wordTable[word]),
    ),
    table(
      'command',
      verbs.map((verb) => verbTable[verb]),
    ),
    grammarRules.map((rule) => `- ${rule.replaceAll('<', '&lt;')}`).join('\n'),
  ].join('\n\n');
}

const lineOf = ({ syntax, purpose, example }: WordEntry): HelpLine => ({ syntax, purpose, example });

const requestWords: readonly Word[] = ['on', 'new'];
const decisionWords: readonly Word[] = ['waiting', 'approve', 'deny', 'cancel'];
const emergencyWords: readonly Word[] = ['pause', 'resume', 'breakglass', 'review', 'reviews'];
const otherWords = words.filter((word) => ![...requestWords, ...decisionWords, ...emergencyWords].includes(word));

/** What the words for an emergency do and do not; the overview and the page of each word say it. */
const emergencyNotes: readonly string[] = [
  'A pause does not stop what already runs: cancel asks Defender for that. Only an approver can resume: not the person who paused, and nobody whose own request waits to be sent.',
  'Break-glass lowers the number of approvals to one and never to none: somebody else than the requester, whom the policy names for this, still reads the card and approves. The owners are told at once, and while the review is open the same rule allows no other break-glass.',
];

const commandsSection: HelpSection = {
  title: 'Commands of a request',
  lines: verbs.map((verb) => lineOf(verbTable[verb])),
  notes: grammarRules,
};

const introduction = 'I run Defender live response on devices, once other people have approved it.';

const decisionNotes: readonly string[] = [
  'You decide on the card; approve and deny are for when it fails. Nobody approves their own request.',
];

const overview: HelpPage = {
  offersForm: true,
  intro: `${introduction} For example:\n${exampleRequest}`,
  sections: [
    { title: 'Ask', lines: requestWords.map((word) => lineOf(wordTable[word])), notes: [] },
    commandsSection,
    { title: 'Follow and look up', lines: otherWords.map((word) => lineOf(wordTable[word])), notes: [] },
    {
      title: 'Decide',
      lines: decisionWords.map((word) => lineOf(wordTable[word])),
      notes: decisionNotes,
    },
    { title: 'Emergency', lines: emergencyWords.map((word) => lineOf(wordTable[word])), notes: emergencyNotes },
  ],
};

function overviewFor(part: Part): HelpPage {
  const mayUse = ({ roles }: WordEntry): boolean =>
    roles.includes('everyone') ||
    (part.mayAsk && roles.includes('requester')) ||
    (part.mayApprove && roles.includes('approver'));
  const section = (title: string, names: readonly Word[], notes: readonly string[] = []): HelpSection => ({
    title,
    lines: names.filter((name) => mayUse(wordTable[name])).map((name) => lineOf(wordTable[name])),
    notes,
  });
  const ask: readonly HelpSection[] = part.mayAsk
    ? [
        section('Ask', requestWords),
        {
          title: 'Commands of a request',
          lines: verbs.map((verb) => lineOf(verbTable[verb])),
          notes: ['Type help on for the rules, and help with any other word for an example of it.'],
        },
      ]
    : [];
  const decide: readonly HelpSection[] =
    part.mayApprove || part.mayAsk
      ? [section('Decide and take back', decisionWords, part.mayApprove ? decisionNotes : [])]
      : [];
  const emergency = section('Emergency', emergencyWords, part.mayAsk || part.mayApprove ? emergencyNotes : []);
  const follow = section('Follow and look up', otherWords);
  const first = part.mayApprove && !part.mayAsk ? [...decide, ...ask] : [...ask, ...decide];
  const sections = part.owns && !part.mayAsk ? [emergency, ...first, follow] : [...first, follow, emergency];
  return { intro: introFor(part), sections: sections.filter(({ lines }) => lines.length > 0), offersForm: part.mayAsk };
}

function introFor({ mayAsk, mayApprove, owns }: Part): string {
  const owner = owns ? ' To review break-glass, type reviews.' : '';
  if (mayAsk) {
    const decides = mayApprove ? ' To see what waits for your vote, type waiting.' : '';
    return `${introduction}${decides}${owner} For example:\n${exampleRequest}`;
  }
  if (mayApprove)
    return `You decide about live response that others ask for; nothing is sent to Defender before it is approved. Its card comes to your own chat with me.${owner} For example:\n${wordTable.waiting.example}\n${wordTable.device.example}`;
  if (owns)
    return `I run Microsoft Defender live response after other people have approved it.${owner} For example:\n${wordTable.reviews.example}`;
  return `I run Microsoft Defender live response after other people have approved it. The policy names you neither for asking nor for approving, so you can read along where you are; ask whoever keeps the policy to add you. For example:\nstatus`;
}

function pageOf(word: Word | Verb): Omit<HelpPage, 'offersForm'> {
  const entry = word in verbTable ? verbTable[word as Verb] : wordTable[word as Word];
  const aliases = entry.aliases.length === 0 ? '' : ` You can also type ${entry.aliases.join(' or ')}.`;
  const lines = [lineOf(entry)];
  const intro = `${entry.purpose}${aliases}`;
  if (word === 'on') return { intro, sections: [{ title: word, lines, notes: [] }, commandsSection] };
  return { intro, sections: [{ title: word, lines, notes: notesOf(word) }] };
}

function notesOf(word: Word | Verb): readonly string[] {
  if (word in verbTable) return grammarRules;
  return emergencyWords.some((emergency) => emergency === word) ? emergencyNotes : [];
}
