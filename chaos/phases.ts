import type { State } from '../src/request/request';

/** How the title of a request's card begins in each state: what a reader of the thread takes it for. */
const titles: ReadonlyArray<readonly [State, RegExp]> = [
  ['awaitingApproval', /^Waiting for approval/],
  ['queued', /^Approved, /],
  ['submitting', /^Being sent to Defender/],
  ['unknown', /^(?:It may have run:|Alarm: Defender has )/],
  ['unconfirmed', /^(?:Unconfirmed:|Alarm: Defender had )/],
  ['pending', /^Waiting for the device/],
  ['running', /^Running/],
  ['succeeded', /^(?:Finished: Defender says it succeeded|Ran, )/],
  ['failed', /^Finished: Defender says it failed/],
  ['timedOut', /^Stopped:/],
  ['cancelled', /^Cancelled/],
  ['lapsed', /^Withdrawn: the time to start ran out/],
  ['denied', /^Denied/],
  ['expired', /^Expired:/],
  ['withdrawn', /^Withdrawn before a decision/],
  ['voided', /^Void:/],
  ['refused', /^Refused by Defender/],
];

const stateOfTitle = (title: string): State | null => titles.find(([, pattern]) => pattern.test(title))?.[0] ?? null;

/** The request and the state that a message shows as a request's card; null for every other message. Its id stands alone in a line, its title in the next. */
export function readCardPhase(text: string): { readonly requestId: string; readonly state: State } | null {
  const lines = text.split('\n').map((line) => line.trim());
  const at = lines.findIndex((line) => /^LR-[A-Z0-9]{4,}$/.test(line));
  const state = at === -1 ? null : stateOfTitle(lines[at + 1] ?? '');
  return state === null ? null : { requestId: lines[at] ?? '', state };
}

/** What the last reply about a request begins with, after its id. */
const lastWords: Readonly<Partial<Record<State, RegExp>>> = {
  denied: /^ was denied by /,
  expired: /^ expired: /,
  withdrawn: /^ was withdrawn by /,
  voided: /^ is void: /,
};

/** True for the reply that tells the thread of this end. */
export function tellsEnd(text: string, requestId: string, state: State): boolean {
  if (readCardPhase(text) !== null) return false;
  const words = lastWords[state];
  // A reply that mentions somebody names the request in the line of the mention first.
  return text
    .split(requestId)
    .slice(1)
    .some((rest) =>
      words === undefined ? rest.startsWith(' · ') && stateOfTitle(rest.slice(3)) === state : words.test(rest),
    );
}

/** True for the reply that holds the result of that command, counted from 0, or names what to type for it. */
export const tellsResult = (text: string, requestId: string, index: number): boolean =>
  text.includes(`${requestId}: result of command ${index + 1} of `) ||
  new RegExp(`· result ${requestId}(?: ${index + 1})?(?!\\S| \\d)`).test(text);
