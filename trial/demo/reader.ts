import { trialBanner } from '../../src/thread/kit/trial';
import type { Connector, TeamsMessage, WireActivity } from '../teams/connector-port';
import { readActivity } from '../teams/connector-reading';
import type { Page } from './page';

/** Prints conversations as people see them grow: each message once, an edited card by what is new on it, a copied card by what differs. */
export interface Reader {
  /** All that is new in the conversation, edits included. */
  follow(conversationId: string): void;
  /** All that is new, of an edited card only how it ends. */
  glance(conversationId: string): void;
  /** Takes what is there as read. */
  skip(conversationId: string): void;
}

const editMark = ' ✎ edited';
/** The title and the lines that tell where it stands. */
const headLines = 3;
const shortestRun = 2;

interface ReaderOptions {
  readonly connector: Connector;
  readonly page: Page;
  /** What people call the conversation. */
  readonly titleOf: (conversationId: string) => string;
}

export const createReader = (options: ReaderOptions): Reader => new PrintingReader(options);

class PrintingReader implements Reader {
  readonly #options: ReaderOptions;
  /** How many versions of a message were read. */
  readonly #read = new Map<string, number>();
  /** Cards as they were printed in full. */
  readonly #printed: ReadonlySet<string>[] = [];
  #lastTitle = '';
  #bannerSeen = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  follow(conversationId: string): void {
    for (const message of this.#options.connector.messages(conversationId)) {
      const versions = versionsOf(message);
      for (let index = this.#read.get(message.id) ?? 0; index < versions.length; index++) {
        const before = versions[index - 1];
        if (before === undefined) this.#printNew(message, linesOf(versions[index]));
        else this.#printEdit(message, linesOf(before), linesOf(versions[index]));
      }
      this.#read.set(message.id, versions.length);
    }
  }

  glance(conversationId: string): void {
    for (const message of this.#options.connector.messages(conversationId)) {
      const versions = versionsOf(message);
      const known = this.#read.get(message.id) ?? 0;
      const last = linesOf(versions.at(-1));
      if (known === 0) this.#printNew(message, last);
      else if (known < versions.length) {
        if (this.#isCopy(last)) this.#printCopy(message, editMark, last);
        else this.#printEdit(message, linesOf(versions[known - 1]), last);
      }
      this.#read.set(message.id, versions.length);
    }
  }

  #isCopy(lines: readonly string[]): boolean {
    const content = lines.filter((line) => !isButtons(line));
    return content.length > headLines && this.#printed.some((card) => content.every((line) => card.has(line)));
  }

  #printNew(message: TeamsMessage, lines: readonly string[]): void {
    if (this.#isCopy(lines)) {
      this.#printCopy(message, '', lines);
      return;
    }
    this.#printHead(message, '');
    if (message.from === 'bot' && !this.#bannerSeen) {
      this.#bannerSeen = true;
      this.#options.page.framed([
        this.#options.page.style('dim', trialBanner),
        this.#options.page.style('dim', '(That stands on every card, and only here in this print.)'),
      ]);
    }
    this.#options.page.framed(this.#withoutKnown(lines));
    this.#printed.push(new Set(lines));
  }

  #printCopy(message: TeamsMessage, marker: string, lines: readonly string[]): void {
    this.#printHead(message, marker);
    const { title, rest } = withTitle(lines);
    this.#options.page.framed([
      this.#options.page.style('bold', title),
      '… line by line as in the channel',
      ...rest.filter(isButtons),
    ]);
  }

  /** Longer runs of lines that stood on an earlier card are left out, but for the head of the card. */
  #withoutKnown(lines: readonly string[]): readonly string[] {
    const known = (line: string) => !isOwn(line) && this.#printed.some((card) => card.has(line));
    const kept: string[] = [];
    let run: string[] = [];
    const endRun = () => {
      kept.push(
        ...(run.length < shortestRun
          ? run
          : [this.#options.page.style('dim', `… ${run.length} lines as on an earlier card`)]),
      );
      run = [];
    };
    for (const [index, line] of lines.entries()) {
      if (index >= headLines && known(line)) run.push(line);
      else {
        endRun();
        kept.push(line);
      }
    }
    endRun();
    return kept;
  }

  #printEdit(message: TeamsMessage, before: readonly string[], after: readonly string[]): void {
    const { title, rest } = withTitle(after);
    const known = new Set(before);
    const lines: string[] = [];
    let command: string | null = null;
    for (const line of rest) {
      if (isCommand(line) && known.has(line)) command = line;
      else if (!known.has(line)) {
        if (command !== null && !isCommand(line)) lines.push(command);
        command = null;
        lines.push(line);
      }
    }
    this.#printHead(message, editMark);
    this.#options.page.framed([this.#options.page.style('bold', title), ...lines]);
    this.#printed.push(new Set(after));
  }

  #printHead(message: TeamsMessage, marker: string): void {
    const title = this.#options.titleOf(message.conversationId);
    if (title !== this.#lastTitle) this.#options.page.line(`\n  ${this.#options.page.style('dim', `[${title}]`)}`);
    this.#lastTitle = title;
    const name =
      message.from === 'bot'
        ? this.#options.page.style('cyan', 'Live Response')
        : this.#options.page.style('bold', message.from.name);
    this.#options.page.line(`  ${name}${this.#options.page.style('yellow', marker)}`);
  }

  skip(conversationId: string): void {
    for (const message of this.#options.connector.messages(conversationId))
      this.#read.set(message.id, versionsOf(message).length);
  }
}

const versionsOf = (message: TeamsMessage): readonly WireActivity[] => [...message.versions, message.activity];

/** Without the banner of the trial, and without what only opens when a button is pressed. */
function linesOf(activity: WireActivity | undefined): readonly string[] {
  const lines = activity === undefined ? [] : readActivity(activity).split('\n');
  const buttons = lines.findIndex(isButtons);
  return lines.slice(0, buttons === -1 ? undefined : buttons + 1).filter((line) => line !== trialBanner);
}

/** An end begins with the mention of who asked. */
function withTitle([first = '', ...others]: readonly string[]): {
  readonly title: string;
  readonly rest: readonly string[];
} {
  const [title = '', ...rest] = first.startsWith('@') ? others : [first, ...others];
  return { title, rest };
}

const isCommand = (line: string): boolean => /^\d+ (?:put|run|get) /.test(line);

/** Says what this card is about, however often the like stood elsewhere. */
const isOwn = (line: string): boolean => isButtons(line) || isCommand(line);

const isButtons = (line: string): boolean => /^(\[[^\]]+\] ?)+$/.test(line);
