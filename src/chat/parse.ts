import { err, ok, type Result } from '../lib/result';
import { hasHiddenInProse } from '../lib/visible';
import { parseRequestId } from '../request/id';
import type { RequestId } from '../request/request';
import { isIncidentId, readBreakGlass } from './break-glass';
import { type Cleaned, holdsQuote } from './clean';
import { insteadOfConsole } from './console-words';
import type { Draft } from './draft';
import { checkReason, maxDeviceLength } from './draft-check';
import type { ChatFault } from './faults';
import type { Notice } from './notices';
import { bullet, parseDraft } from './parse-draft';
import { findVerb, findWord, nearestWord, type Verb, verbs, type Word, words } from './words';

export type { Draft };

/** What a message asks for. */
export type Intent =
  | { readonly type: 'draft'; readonly draft: Draft; readonly notices: readonly Notice[] }
  | { readonly type: 'newForm'; readonly device: string | null }
  | { readonly type: 'help'; readonly word: Word | Verb | null }
  | { readonly type: 'status'; readonly id: RequestId | null }
  | { readonly type: 'queue' }
  | { readonly type: 'mine' }
  | { readonly type: 'history'; readonly query: string | null }
  | { readonly type: 'cancel'; readonly id: RequestId; readonly reason: string | null }
  /** `shortDigest` is lower-case hex: the first characters of the digest that the card shows. */
  | { readonly type: 'approve'; readonly id: RequestId; readonly shortDigest: string | null }
  | { readonly type: 'deny'; readonly id: RequestId; readonly reason: string }
  /** `index` is one-based, as typed. */
  | { readonly type: 'result'; readonly id: RequestId; readonly index: number | null }
  | { readonly type: 'evidence'; readonly id: RequestId }
  | { readonly type: 'device'; readonly query: string }
  | { readonly type: 'library'; readonly query: string | null }
  | { readonly type: 'whoami' }
  /** What waits for the vote of the person who asks. */
  | { readonly type: 'waiting' }
  /** At most one of the two is there: what the policy says of a request, of a draft that is not asked for, or in all. */
  | { readonly type: 'policy'; readonly id: RequestId | null; readonly draft: Draft | null }
  | { readonly type: 'pause'; readonly reason: string }
  | { readonly type: 'resume' }
  /** `incident` is as typed, but for its dashes. */
  | { readonly type: 'breakGlass'; readonly id: RequestId; readonly reason: string; readonly incident: string }
  /** An objection has a reason; an acceptance may have none. */
  | {
      readonly type: 'review';
      readonly id: RequestId;
      readonly verdict: 'accept' | 'object';
      readonly reason: string | null;
    }
  | { readonly type: 'reviews' }
  /** What it asks of the runbooks is theirs to read. */
  | { readonly type: 'runbook'; readonly text: string; readonly notices: readonly Notice[] };

type Parsed = Result<Intent, readonly ChatFault[]>;

/** Twice what a request may hold, so that a longer message cannot be one. */
export const maxMessageLength = 12_000;

/** The bot's name as the manifest has it, typed or pasted as text instead of a mention, as the examples of the documentation are. */
const typedName = /^\s*@Live Response(?![\p{L}\p{N}])[:,]?\s*/iu;

/** What was typed, without the bot's name and the mark of a list in front of it. */
export const bareText = ({ text }: Cleaned): string => text.replace(typedName, '').replace(bullet, '');

/** What a cleaned message asks for, or every fault that was found in it. */
export function parseMessage(cleaned: Cleaned): Parsed {
  const text = bareText(cleaned);
  if (text.trim() === '') return err([{ type: holdsQuote(cleaned) ? 'onlyQuoted' : 'empty' }]);
  if (text.length > maxMessageLength) {
    return err([{ type: 'tooLong', part: 'message', length: text.length, limit: maxMessageLength }]);
  }
  const typed = /\S+/.exec(text)?.[0] ?? '';
  const rest = text.slice(text.indexOf(typed) + typed.length);
  const word = findWord(typed);
  if (word === 'on') return asIntent(parseDraft(rest), cleaned.notices);
  if (word === 'policy') return parsePolicy(rest);
  if (word === 'runbook') return ok({ type: 'runbook', text, notices: cleaned.notices });
  if (word !== null) return parseWord(word, plainBlanks(rest));
  if (findVerb(typed) !== null) return asIntent(parseDraft(text), cleaned.notices);
  const instead = insteadOfConsole(typed);
  if (instead !== null) return err([{ type: 'consoleCommand', typed, instead, device: null }]);
  return err([{ type: 'unknownWord', typed, suggestion: nearestWord(typed, [...words, ...verbs]) }]);
}

function asIntent(read: ReturnType<typeof parseDraft>, before: readonly Notice[]): Parsed {
  if (!read.ok) return read;
  const { draft, head, notices } = read.value;
  return ok({ type: 'draft', draft, notices: [...before.filter((notice) => concerns(notice, head)), ...notices] });
}

/** Formatting and links in a reason are prose; only before it can they have changed what runs. */
const concerns = (notice: Notice, head: string): boolean =>
  (notice.type !== 'formatting' && notice.type !== 'link') || head.includes(notice.text);

function parseWord(word: Exclude<Word, 'on' | 'policy' | 'runbook'>, rest: string): Parsed {
  if (hasHiddenInProse(rest.replaceAll('\n', ''))) return hiddenIn(rest);
  switch (word) {
    case 'new':
      return parseQuery(word, rest, (query) => ok({ type: 'newForm', device: query }));
    case 'help':
      return parseHelp(rest);
    case 'status':
      if (rest === '') return ok({ type: 'status', id: null });
      return withId(word, rest, (id, more) => nothingMore(word, more, { type: 'status', id }));
    case 'queue':
    case 'mine':
    case 'waiting':
    case 'resume':
    case 'reviews':
    case 'whoami':
      return nothingMore(word, rest, { type: word });
    case 'cancel':
      return withId(word, rest, parseCancel);
    case 'approve':
      return withId(word, rest, parseApprove);
    case 'deny':
      return withId(word, rest, parseDeny);
    case 'result':
      return withId(word, rest, parseResult);
    case 'evidence':
      return withId(word, rest, (id, more) => nothingMore(word, more, { type: 'evidence', id }));
    case 'device':
      return parseQuery(word, rest, (query) =>
        query === null ? err([{ type: 'missingText', word }]) : ok({ type: 'device', query }),
      );
    case 'history':
      return parseQuery(word, rest, (query) => ok({ type: 'history', query }));
    case 'library':
      return parseQuery(word, rest, (query) => ok({ type: 'library', query }));
    case 'pause':
      return parsePause(rest);
    case 'breakglass':
      return withId(word, rest, parseBreakGlass);
    case 'review':
      return withId(word, rest, parseReview);
  }
}

/** A request to explain is read as it would be if it were asked for; the blanks of its arguments count, so it is taken as typed. */
function parsePolicy(text: string): Parsed {
  const rest = plainBlanks(text);
  if (rest === '') return ok({ type: 'policy', id: null, draft: null });
  const [, request] = /^\s*explain(?=\s|$)([\s\S]*)$/i.exec(text) ?? [];
  if (request === undefined) return err([{ type: 'unexpectedText', word: 'policy', typed: rest }]);
  const typed = /\S+/.exec(request)?.[0] ?? '';
  if (findWord(typed) === 'on' || findVerb(typed) !== null) {
    const read = parseDraft(findVerb(typed) === null ? request.slice(request.indexOf(typed) + typed.length) : request);
    if (!read.ok) return err([{ type: 'notExplainable', faults: read.error }]);
    return ok({ type: 'policy', id: null, draft: read.value.draft });
  }
  const asked = plainBlanks(request);
  if (hasHiddenInProse(asked.replaceAll('\n', ''))) return hiddenIn(asked);
  return withId('policy', asked, (id, more) => nothingMore('policy', more, { type: 'policy', id, draft: null }));
}

function parseHelp(rest: string): Parsed {
  if (rest === '') return ok({ type: 'help', word: null });
  const word = findWord(rest) ?? findVerb(rest);
  if (word !== null) return ok({ type: 'help', word });
  return err([{ type: 'unknownWord', typed: rest, suggestion: nearestWord(rest, [...words, ...verbs]) }]);
}

function parseQuery(word: Word, rest: string, then: (query: string | null) => Parsed): Parsed {
  if (rest.includes('\n')) {
    return err([{ type: 'unexpectedText', word, typed: rest.slice(rest.indexOf('\n')).trim() }]);
  }
  const query = rest.replace(/^["\u201c-\u201f](.*)["\u201c-\u201f]$/, '$1').trim();
  if (query.length > maxDeviceLength) {
    return err([{ type: 'tooLong', part: 'query', length: query.length, limit: maxDeviceLength }]);
  }
  return then(query === '' ? null : query);
}

function withId(word: Word, rest: string, then: (id: RequestId, more: string) => Parsed): Parsed {
  if (rest === '') return err([{ type: 'missingText', word }]);
  const typed = /^(?:lr(?: *[-\u2010-\u2015\u2212]+ *| +))?\S*/i.exec(rest)?.[0] ?? '';
  // An id at the end of a sentence or in brackets is still that id.
  const id = parseRequestId(typed.replace(/(?<=\w)[.,;:!?)\]]+$/, ''));
  return id === null ? err([{ type: 'badRequestId', word, typed }]) : then(id, rest.slice(typed.length).trim());
}

const parseCancel = (id: RequestId, more: string): Parsed => {
  const reason = reasonOf(more);
  if (reason === null && more !== '') return err([{ type: 'missingBecause', before: `cancel ${id}`, typed: more }]);
  return findReasonFaults(reason ?? '') ?? ok({ type: 'cancel', id, reason: reason === '' ? null : reason });
};

const parseDeny = (id: RequestId, more: string): Parsed => {
  const reason = reasonOf(more);
  if (reason === null || reason === '')
    return err([{ type: 'missingDenyReason', id, typed: reason === null ? more : '' }]);
  return findReasonFaults(reason) ?? ok({ type: 'deny', id, reason });
};

const parsePause = (text: string): Parsed => {
  const reason = reasonOf(text);
  if (reason === null || reason === '')
    return err([{ type: 'missingPauseReason', typed: reason === null ? text : '' }]);
  return findReasonFaults(reason) ?? ok({ type: 'pause', reason });
};

const parseBreakGlass = (id: RequestId, more: string): Parsed => {
  const { reason, hasBecause, incident } = readBreakGlass(more);
  const lacksReason = reason === '' || !hasBecause;
  const faults: ChatFault[] = [];
  if (lacksReason || incident === '') faults.push({ type: 'incompleteBreakGlass', id, lacksReason, reason, incident });
  if (incident !== '' && !isIncidentId(incident)) faults.push({ type: 'badIncident', id, typed: incident });
  faults.push(...checkReason(reason));
  return faults.length > 0 ? err(faults) : ok({ type: 'breakGlass', id, reason, incident });
};

const parseReview = (id: RequestId, more: string): Parsed => {
  const typed = /^\S*/.exec(more)?.[0] ?? '';
  const verdict = (['accept', 'object'] as const).find((known) => known === typed.toLowerCase());
  if (verdict === undefined) return err([{ type: 'missingVerdict', id, typed: more }]);
  const rest = more.slice(typed.length).trim();
  const reason = reasonOf(rest);
  if (verdict === 'object' && (reason === null || reason === ''))
    return err([{ type: 'missingObjection', id, typed: reason === null ? rest : '' }]);
  if (reason === null && rest !== '')
    return err([{ type: 'missingBecause', before: `review ${id} accept`, typed: rest }]);
  return findReasonFaults(reason ?? '') ?? ok({ type: 'review', id, verdict, reason: reason === '' ? null : reason });
};

const parseApprove = (id: RequestId, more: string): Parsed => {
  if (more === '') return ok({ type: 'approve', id, shortDigest: null });
  if (!/^[0-9a-f]{6,64}$/i.test(more)) return err([{ type: 'badDigest', id, typed: more }]);
  return ok({ type: 'approve', id, shortDigest: more.toLowerCase() });
};

const parseResult = (id: RequestId, more: string): Parsed => {
  if (more === '') return ok({ type: 'result', id, index: null });
  if (!/^[1-9]\d?$/.test(more)) return err([{ type: 'badResultNumber', id, typed: more }]);
  return ok({ type: 'result', id, index: Number(more) });
};

/** The text after `because`; null when the word is not there. */
const reasonOf = (text: string): string | null => /^because(?=[\s:]|$):?([\s\S]*)$/i.exec(text)?.[1]?.trim() ?? null;

const findReasonFaults = (reason: string): Parsed | null => {
  const faults = checkReason(reason);
  return faults.length > 0 ? err(faults) : null;
};

const nothingMore = (word: Word, more: string, intent: Intent): Parsed =>
  more === '' ? ok(intent) : err([{ type: 'unexpectedText', word, typed: more }]);

const hiddenIn = (text: string): Parsed => err([{ type: 'hiddenCharacters', part: 'message', text }]);

const plainBlanks = (text: string): string => text.replace(/[\t\u00a0]/g, ' ').trim();
