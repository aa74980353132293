import { err, ok, type Result } from '../lib/result';
import type { CommandType } from '../request/ask/command';
import type { Digest, LiveResponseRequest, Person } from '../request/request';
import type { RequestBar, ResultsShown, Seat } from '../request/votes/bar';
import { samePerson, uploadersOf } from './people';

/** Who may ask for what on which device, and who must approve it; made only by `parsePolicy`. */
export interface Policy {
  /** Short hash of what the file says (not of its blanks and labels); part of every digest. */
  readonly version: string;
  readonly people: readonly PersonEntry[];
  /** Labels by Entra object id; the id decides (T-11). */
  readonly names: ReadonlyMap<string, string>;
  readonly groups: ReadonlyMap<string, GroupSource>;
  /** Groups whose members may ask at all. */
  readonly requesters: readonly string[];
  readonly tier0: Tier0;
  /** How many requests of one person may be open at a time, where that is fewer than the service allows; null: as many as it allows. */
  readonly openRequests: number | null;
  /** Finds the incident's id in a reason; null: requests belong to none but by break-glass. */
  readonly incident: string | null;
  /** The first that matches decides; none means refused (T-12). */
  readonly rules: readonly Rule[];
}

/** Several accounts of one person, who then counts once (T-13). `uploads` are the names that Defender's library shows for them. */
export interface PersonEntry {
  readonly name: string;
  readonly accounts: readonly string[];
  readonly uploads: readonly string[];
}

export type GroupSource =
  | { readonly type: 'list'; readonly ids: readonly string[] }
  | { readonly type: 'entra'; readonly groupId: string };

/** Members by group name as they are now; null: could not be read, so nobody counts (T-12). */
export type Groups = ReadonlyMap<string, ReadonlySet<string> | null>;

/** A device is tier 0 when any of these holds; compared without case. */
export interface Tier0 {
  readonly tags: readonly string[];
  readonly groups: readonly string[];
  readonly values: readonly string[];
}

export interface Rule {
  readonly name: string;
  /** One-based, in the file. */
  readonly line: number;
  readonly when: Condition;
  readonly outcome:
    | { readonly type: 'deny'; readonly because: string }
    | { readonly type: 'approve'; readonly bar: BarSpec };
}

/** Null asks for nothing; a list is met by any of its entries. */
export interface Condition {
  readonly device: DeviceCondition | null;
  readonly command: readonly CommandType[] | null;
  /** Globs over the name of the library file that a command uses, exactly as the library writes it. */
  readonly script: readonly string[] | null;
  /** A pattern (`pattern.ts`) over the arguments of RunScript; none are the empty text. */
  readonly args: string | null;
  /** Groups, one of which the requester must be in. */
  readonly who: readonly string[] | null;
}

export interface DeviceCondition {
  readonly group: readonly string[] | null;
  readonly tag: readonly string[] | null;
  readonly value: readonly string[] | null;
  readonly risk: readonly string[] | null;
  /** Globs. */
  readonly os: readonly string[] | null;
  readonly tier0: boolean | null;
}

/** What a rule asks for. */
export interface BarSpec {
  readonly approvals: number;
  readonly from: readonly Seat[];
  readonly decideWithinMs: number;
  readonly startWithinMs: number;
  readonly reasonPattern: string | null;
  /** A group that may approve as well, and is asked when half the decide clock has run. */
  readonly escalateTo: string | null;
  /** Further approvals when the condition holds. */
  readonly extra: { readonly scriptChanged: number; readonly oddArgs: number; readonly tier0: number };
  readonly breakGlass: { readonly by: string; readonly owners: string } | null;
  readonly results: ResultsShown;
  /** Several devices under one decision; absent: one device a request. */
  readonly devices?: DevicesSpec;
}

/** How a rule lets one decision be about many devices. */
export interface DevicesSpec {
  readonly most: number;
  /** How many go first, at least. */
  readonly canary: number;
  /** At so many failures, or at this share of the devices in percent, nothing more is sent. */
  readonly stopAt: { readonly type: 'count' | 'percent'; readonly value: number };
  /** An approver lets the rest go after the canaries. */
  readonly goOn: boolean;
  /** How many batches of one person may be open. */
  readonly open: number;
}

/** The failures at which a batch of so many devices stops: rounded down, and never none. */
export const stopAtOf = ({ type, value }: DevicesSpec['stopAt'], size: number): number =>
  Math.max(1, Math.min(size, type === 'count' ? value : Math.floor((size * value) / 100)));

/** What a rule says of many devices under one decision; null where it allows none. */
export function devicesOf(policy: Policy, rule: string): DevicesSpec | null {
  const found = policy.rules.find(({ name }) => name === rule);
  return found?.outcome.type === 'approve' ? (found.outcome.bar.devices ?? null) : null;
}

/** What the policy asks of one request. */
export interface Bar extends RequestBar {
  /** Who may vote, those of `escalateIds` included: members of the seats' groups without the requester's person and the uploaders of changed files (T-13). */
  readonly approverIds: readonly string[];
  readonly decideWithinMs: number;
  readonly startWithinMs: number;
}

export type PolicyRefusal =
  /** `requesters`: the groups whose members may. */
  | { readonly type: 'mayNotAsk'; readonly requesters: readonly string[] }
  | { readonly type: 'noRule' }
  | { readonly type: 'denied'; readonly rule: string; readonly because: string }
  | { readonly type: 'reasonPattern'; readonly rule: string; readonly pattern: string }
  | {
      readonly type: 'tooFewApprovers';
      readonly rule: string;
      readonly needed: number;
      /** Different people who could approve. */
      readonly available: number;
      readonly missingSeats: readonly Seat[];
    }
  | { readonly type: 'groupUnreadable'; readonly group: string };

export type VoteRefusal =
  | { readonly type: 'requesterCannotVote' }
  | { readonly type: 'uploaderCannotVote'; readonly fileName: string }
  | { readonly type: 'notAnApprover' }
  | { readonly type: 'policyChanged' }
  | { readonly type: 'digestDiffers'; readonly shown: Digest }
  | { readonly type: 'groupUnreadable'; readonly group: string };

/** The parts of a request that the right to vote depends on. */
export type Votable = Pick<
  LiveResponseRequest,
  'requester' | 'library' | 'approverIds' | 'policyVersion' | 'digest'
> & { readonly bar: Pick<RequestBar, 'seats' | 'because'> };

/**
 * Whether this person's vote on this request counts under the policy and the groups as they are now, not as they were when the card was
 * posted (T-13, T-14, T-16). Pure: the caller stores the vote with compare-and-swap, so that two people pressing at once cannot both see
 * one vote too few.
 */
export function mayVote(
  policy: Policy,
  groups: Groups,
  request: Votable,
  voter: Person,
  shown: Digest,
): Result<null, VoteRefusal> {
  if (samePerson(policy, voter.id, request.requester.id)) return err({ type: 'requesterCannotVote' }); // guard: requester-person-cannot-vote
  const upload = uploadersOf(policy, request.library, changedFilesOf(request)).find(({ ids }) => ids.has(idOf(voter)));
  if (upload !== undefined) return err({ type: 'uploaderCannotVote', fileName: upload.fileName }); // guard: uploader-cannot-vote
  if (!request.approverIds.includes(idOf(voter))) return err({ type: 'notAnApprover' }); // guard: only-those-who-were-asked-vote
  if (policy.version !== request.policyVersion) return err({ type: 'policyChanged' }); // guard: vote-under-the-policy-in-force
  const unreadable = request.bar.seats.find(({ group }) => (groups.get(group) ?? null) === null);
  if (unreadable !== undefined) return err({ type: 'groupUnreadable', group: unreadable.group }); // guard: unreadable-group-counts-nobody
  if (seatGroupsOf(groups, request.bar.seats, voter.id).length === 0) return err({ type: 'notAnApprover' }); // guard: removed-approver-cannot-vote
  if (shown !== request.digest) return err({ type: 'digestDiffers', shown }); // guard: vote-over-the-digest-shown
  return ok(null);
}

/** The seats' groups that this account is in now: what a vote carries for the tally. */
export const seatGroupsOf = (groups: Groups, seats: readonly Seat[], accountId: string): readonly string[] => [
  ...new Set(seats.map(({ group }) => group).filter((group) => isMember(groups, group, accountId))),
];

/** Where approvals may come from: the rule's groups, and the list it escalates to, which may approve from the start and is asked later. */
export function seatsOf({ from, escalateTo }: Pick<BarSpec, 'from' | 'escalateTo'>): readonly Seat[] {
  const isThere = escalateTo === null || from.some(({ group }) => group === escalateTo);
  return isThere ? from : [...from, { group: escalateTo, count: 0 }];
}

/** The bar after break-glass: one approval by anybody whom the rule names for it, and never by none. Null where the rule allows no break-glass. */
export function breakGlassBar(
  policy: Policy,
  bar: RequestBar,
): { readonly bar: RequestBar; readonly approverIds: readonly string[] } | null {
  const rule = policy.rules.find(({ name }) => name === bar.rule);
  const by = rule?.outcome.type === 'approve' ? rule.outcome.bar.breakGlass?.by : undefined;
  if (by === undefined || bar.breakGlassIds.length === 0) return null;
  return {
    bar: { ...bar, approvalsNeeded: 1, seats: [{ group: by, count: 1 }] },
    approverIds: bar.breakGlassIds,
  };
}

/** Who may cancel: the requester with any account, and whoever was asked to approve and still may (issue 2, part 9). */
export const mayCancel = (policy: Policy, groups: Groups, request: Votable, person: Person): boolean =>
  samePerson(policy, person.id, request.requester.id) ||
  (request.approverIds.includes(idOf(person)) && roleOf(policy, groups, person.id).mayApprove);

/** Whether a person may have what a request brought back, by today's groups: its requester while they may ask, and those asked who may still approve. */
export function mayReadResults(policy: Policy, groups: Groups, request: Votable, accountId: string): boolean {
  const { mayAsk, mayApprove } = roleOf(policy, groups, accountId);
  if (samePerson(policy, accountId, request.requester.id)) return mayAsk;
  return mayApprove && request.approverIds.includes(accountId.toLowerCase());
}

/** What a person may do at all; a group that cannot be read gives nobody a role. */
export function roleOf(
  policy: Policy,
  groups: Groups,
  accountId: string,
): { readonly mayAsk: boolean; readonly mayApprove: boolean } {
  const bars = policy.rules.flatMap(({ outcome }) => (outcome.type === 'approve' ? [outcome.bar] : []));
  const approving = bars.flatMap((bar) => [
    ...seatsOf(bar).map(({ group }) => group),
    ...(bar.breakGlass ? [bar.breakGlass.by] : []),
  ]);
  return {
    mayAsk: policy.requesters.some((group) => isMember(groups, group, accountId)),
    mayApprove: approving.some((group) => isMember(groups, group, accountId)),
  };
}

/** The groups of the policy with their members: lists from the file, Entra groups from `members` by group id (absent or null: unreadable). */
export const groupsOf = (policy: Policy, members: ReadonlyMap<string, ReadonlySet<string> | null>): Groups =>
  new Map(
    [...policy.groups].map(([name, source]) => [
      name,
      source.type === 'list' ? new Set(source.ids) : lowerCase(members.get(source.groupId) ?? null),
    ]),
  );

export const isMember = (groups: Groups, group: string, accountId: string): boolean =>
  groups.get(group)?.has(accountId.toLowerCase()) ?? false;

const lowerCase = (ids: ReadonlySet<string> | null): ReadonlySet<string> | null =>
  ids === null ? null : new Set([...ids].map((id) => id.toLowerCase()));

const idOf = (person: Person): string => person.id.toLowerCase();

const changedFilesOf = (request: Votable): readonly string[] =>
  request.bar.because.flatMap((reason) => (reason.type === 'scriptChanged' ? reason.fileNames : []));
