import type { RouteName } from './routes';

/** One way in which the network or the service fails. "Before" means that Defender has done nothing; "after" that it has done the work. */
export type Fault =
  | { readonly type: 'errorBefore' }
  | { readonly type: 'errorAfter' }
  | { readonly type: 'dropBefore' }
  | { readonly type: 'dropAfter' }
  /** 429 before accepting; the wait is in a Retry-After header (seconds or date), only in the text, or nowhere. */
  | {
      readonly type: 'tooManyRequests';
      readonly wait: 'seconds' | 'date' | 'text' | 'none';
      readonly waitSeconds: number;
    }
  /** The work is done, and the answer is cut in the middle of its JSON. */
  | { readonly type: 'malformed' }
  | { readonly type: 'unauthorized' }
  | { readonly type: 'forbidden' }
  /** 404 for something that is there, as Defender gives it now and then (defender-api.md §1.2). */
  | { readonly type: 'notFound' }
  /** 200 and a list without an item, whatever there is. */
  | { readonly type: 'emptyList' }
  /** Any other refusal, such as DisabledFeature; nothing is done. */
  | { readonly type: 'refuse'; readonly status: number; readonly code: string; readonly message: string }
  /** The answer waits until `release` settles; the work is done first, or only then. */
  | { readonly type: 'hold'; readonly release: Promise<unknown>; readonly when: 'before' | 'after' }
  /** The answer waits so many real milliseconds, whatever the emulator's clock says. */
  | { readonly type: 'slow'; readonly realMs: number; readonly when: 'before' | 'after' }
  /** A gateway answers in Defender's place; the call got through to Defender or not. */
  | { readonly type: 'gatewayError'; readonly status: 502 | 503 | 504; readonly arrived: boolean }
  | NewActionFault;

/** What can go wrong with an accepted POST alone: a POST that Defender refuses leaves the fault to the next one. */
export type NewActionFault =
  /** The new action is missing from every list and GET for this long; the answer to the POST is lost or not. */
  | { readonly type: 'hiddenAction'; readonly hiddenMs: number; readonly answered: boolean }
  /**
   * The POST is answered with another action, which exists from then on. It differs from what was sent by its comment, its commands or both;
   * the action that was asked for exists beside it or not.
   */
  | {
      readonly type: 'foreignAction';
      readonly differsBy: 'comment' | 'commands' | 'both';
      readonly ownExists: boolean;
    };

export interface FaultRule {
  readonly fault: Fault;
  /** Any call of the API when left out, token and result calls included. */
  readonly route?: RouteName;
  /** The first call that it strikes, counted from one since the rule was set; default 1. */
  readonly nth?: number;
  /** How many calls it strikes from there; default 1, Infinity for all. */
  readonly times?: number;
  /** The rule ends at this instant of the emulator's clock. */
  readonly until?: number;
}

/** The rules that are on; each counts its own calls, and the first that is due strikes. */
export class Faults {
  #rules: Array<{ readonly rule: FaultRule; seen: number }> = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, seen: 0 });
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault that strikes this call, if any; every matching rule counts the call. */
  take(route: RouteName, now: number): Fault | null {
    this.#rules = this.#rules.filter(({ rule }) => (rule.until ?? Number.POSITIVE_INFINITY) > now);
    let struck: Fault | null = null;
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (rule.route !== undefined && rule.route !== route) continue;
      entry.seen += 1;
      const first = rule.nth ?? 1;
      if (struck === null && entry.seen >= first && entry.seen < first + (rule.times ?? 1)) struck = rule.fault;
    }
    return struck;
  }
}
