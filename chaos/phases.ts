import type { State } from '../src/request/request';

/** How the title of a request's card or end begins in each state, behind the device: what a reader of the thread takes it for. */
const titles: ReadonlyArray<readonly [State, RegExp]> = [
  ['awaitingApproval', /^(?:waiting for approval|approve \d+ commands?(?: on .*)?\?$)/i],
  ['queued', /^approved, /i],
  ['submitting', /^being sent to Defender/i],
  ['unknown', /^(?:it may have run:|alarm: Defender has )/i],
  ['unconfirmed', /^(?:unconfirmed:|alarm: Defender had )/i],
  ['pending', /^waiting for the device/i],
  ['running', /^(?:running command|all \d+ commands have ended|the command has ended|command \d+ of \d+ failed, )/i],
  ['succeeded', /^(?:all \d+ commands ran|the command ran|ran, |ran to its end)/i],
  ['failed', /^failed(?: at command|, )/i],
  ['timedOut', /^stopped:/i],
  ['cancelled', /^cancelled/i],
  ['lapsed', /^withdrawn: the time to start ran out/i],
  ['denied', /^denied/i],
  ['expired', /^expired:/i],
  ['withdrawn', /^withdrawn before a decision/i],
  ['voided', /^void:/i],
  ['refused', /^refused by Defender/i],
];

const stateOfTitle = (title: string): State | null => titles.find(([, pattern]) => pattern.test(title))?.[0] ?? null;

const withoutDevice = (line: string): string => line.replace(/^[\w.-]+: /, '');

/** What only a request's card has, and nothing that is posted about a request. */
const cardsOwnButton = /\[Hashes, (?:ids, rule|rule, note)\]/;

/** The request and the state that a message shows as a request's card; null for every other message. Its id stands alone in a line of the fold; while it waits for approval, behind the clock. */
export function readCardPhase(text: string): { readonly requestId: string; readonly state: State } | null {
  if (!cardsOwnButton.test(text)) return null;
  const lines = text.split('\n').map((line) => line.trim());
  // The trial's banner may stand before the title, and a notification before that.
  const head = lines.slice(0, 4);
  const requestId =
    lines.findLast((line) => /^LR-[A-Z0-9]{4,}$/.test(line)) ??
    head.flatMap((line) => / (LR-[A-Z0-9]{4,})$/.exec(line)?.[1] ?? [])[0];
  const state = head.flatMap((line) => stateOfTitle(line) ?? stateOfTitle(withoutDevice(line)) ?? [])[0];
  return requestId === undefined || state === undefined ? null : { requestId, state };
}

/** True for the post that tells the thread of this end: by its notification, `ws-042: denied (LR-7F3K)`, or a line of a round-up. */
export function tellsEnd(text: string, requestId: string, state: State): boolean {
  if (readCardPhase(text) !== null) return false;
  const [summary = ''] = text.split('\n');
  if (summary.endsWith(` (${requestId})`) && titlesOf(summary).includes(state)) return true;
  return text
    .split(requestId)
    .slice(1)
    .some((rest) => rest.startsWith(' · ') && stateOfTitle(rest.slice(3)) === state);
}

const titlesOf = (line: string): readonly (State | null)[] => [stateOfTitle(line), stateOfTitle(withoutDevice(line))];

/** True for a post that shows the result of that command, counted from 0, or names what to type for it. */
export const tellsResult = (text: string, requestId: string, index: number): boolean =>
  text.includes(`${requestId}: result of command ${index + 1} of `) ||
  new RegExp(`· result ${requestId}(?: ${index + 1})?(?!\\S| \\d)`).test(text) ||
  showsResult(text, requestId, index);

/** In the end of a request each command has a line, and below it what came back of it. */
function showsResult(text: string, requestId: string, index: number): boolean {
  const lines = text.split('\n');
  if (!(lines[0] ?? '').endsWith(` (${requestId})`) || readCardPhase(text) !== null) return false;
  const at = lines.findIndex((line) => line.startsWith(`${index + 1} `));
  return at !== -1 && lines[at + 1]?.trim() !== 'Its result is being fetched.';
}
