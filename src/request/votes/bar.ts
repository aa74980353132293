/** A group whose members may approve. `count` of them must, by different people; 0 asks for nobody in particular. */
export interface Seat {
  readonly group: string;
  readonly count: number;
}

/** Why the number of approvals is what it is; `added` is 0 where the fact is told but asks for nothing more. */
export type BarReason =
  | { readonly type: 'rule'; readonly rule: string; readonly approvals: number }
  | { readonly type: 'scriptChanged'; readonly fileNames: readonly string[]; readonly added: number }
  /** `indexes` are the zero-based commands whose arguments hold hidden or non-ASCII characters. */
  | { readonly type: 'oddArgs'; readonly indexes: readonly number[]; readonly added: number }
  | { readonly type: 'tier0'; readonly added: number };

/**
 * How what a request brought back is shown, and a reason, name or tag with it: `open` as it is; `masked` without its secrets; `private` in the thread
 * only how it went, and the output in people's own chats.
 */
export type ResultsShown = (typeof waysToShow)[number];
export const waysToShow = ['open', 'masked', 'private'] as const;

/** What the policy asked of a request when its cards were drawn, as the request carries it. */
export interface RequestBar {
  readonly rule: string;
  readonly approvalsNeeded: number;
  readonly seats: readonly Seat[];
  readonly because: readonly BarReason[];
  /** Those of the approvers who are asked only when half the decide clock has run. */
  readonly escalateIds: readonly string[];
  /** Who may approve alone after break-glass; empty where the rule allows none. */
  readonly breakGlassIds: readonly string[];
  /** Who is told of a break-glass at once. */
  readonly ownerIds: readonly string[];
  readonly reasonPattern: string | null;
  /** As it stood at the approval; `masked` where absent. */
  readonly results?: ResultsShown;
}
