import type { AwaitingApproval } from '../../request/request';
import type { BarReason, RequestBar, Seat } from '../../request/votes/bar';
import { tally } from '../../request/votes/tally';
import { joinLines, type Line, say, sayBold, show, showCode, showCut, showNames } from '../kit/line';
import { count, formatList, formatShort, formatSpan, formatTime } from '../kit/words';

/** How far the votes have come: the approvals that count are `given` of `needed`, and each seat that nobody fills yet is named (T-14). */
export function describeProgressOfVotes(request: AwaitingApproval): Line {
  const approvals = request.votes.filter(({ decision }) => decision === 'approve');
  const { stillNeeded, missingSeats } = tally(request.bar, approvals);
  const needed = approvals.length + stillNeeded;
  const missing = missingSeats.map(describeSeat);
  return [
    sayBold(`${approvals.length} of ${count(needed, 'approval')}. `),
    ...(approvals.length === 0 || missing.length === 0 ? [] : [say('Missing: '), ...joinLines(missing), say('. ')]),
  ];
}

/** How many must approve, how many have, and until when; by a clock, since a card stays as it is while time goes by. */
export function describeNeed(request: AwaitingApproval, now: number): Line {
  const approvals = request.votes.filter(({ decision }) => decision === 'approve');
  const { stillNeeded, missingSeats } = tally(request.bar, approvals);
  const needed = approvals.length + stillNeeded;
  const missing = missingSeats.map(describeSeat);
  const has = needed === 1 ? '' : `, has ${approvals.length}`;
  return [
    sayBold(`Needs ${count(needed, 'approval')}${has}`),
    ...(approvals.length === 0 || missing.length === 0 ? [] : [say(' (missing '), ...joinLines(missing), say('),')]),
    say(
      ` by ${formatShort(request.decideBy, now)} (${formatSpan(request.decideBy - request.createdAt)}). Then it expires.`,
    ),
  ];
}

/** Which rule of the policy applies, what it asks, why it asks that, and who may still vote. */
export function describeBar(request: AwaitingApproval, names: ReadonlyMap<string, string>): readonly Line[] {
  const { bar, votes, emergency, remindAt } = request;
  const voted = new Set(votes.map(({ by }) => by.id));
  const left = request.approverIds.filter((id) => !voted.has(id));
  const later = remindAt === null ? [] : left.filter((id) => bar.escalateIds.includes(id));
  const now = left.filter((id) => !later.includes(id));
  return [
    [
      say('Rule '),
      { ...show(bar.rule), weight: 'Bolder' },
      say(emergency === null ? ' asks for ' : ' asks after break-glass for '),
      ...describeDemand(bar),
      say('.'),
    ],
    ...(emergency === null ? bar.because.flatMap(describeAdded) : []),
    [say('May still vote: '), ...showNames(now, names), say('.')],
    ...(later.length === 0 || remindAt === null
      ? []
      : [[...showNames(later, names), say(` may vote as well and will be asked at ${formatTime(remindAt)}.`)]]),
  ];
}

/** "2 approvals: one of ir-leads and one of platform", in the order of the rule. */
export function describeDemand({ approvalsNeeded, seats }: Pick<RequestBar, 'approvalsNeeded' | 'seats'>): Line {
  const wanted = seats.filter((seat) => seat.count > 0);
  const inSeats = wanted.reduce((sum, seat) => sum + seat.count, 0);
  const needed = Math.max(1, approvalsNeeded, inSeats);
  const groups = joinLines(
    seats.map(({ group }) => [show(group)]),
    'or',
  );
  if (wanted.length === 0)
    return [say(`${count(needed, 'approval')}${needed === 1 ? '' : ' by different people'} of `), ...groups];
  const rest = needed - inSeats;
  return [
    say(`${count(needed, 'approval')}: `),
    ...joinLines([...wanted.map(describeSeat), ...(rest === 0 ? [] : [[say(`${oneOr(rest)} more of `), ...groups]])]),
    ...(needed === 1 ? [] : [say(', by different people')]),
  ];
}

const describeSeat = ({ group, count: least }: Seat): Line => [say(`${oneOr(least)} of `), show(group)];
const oneOr = (n: number): string => (n === 1 ? 'one' : String(n));

/** Why it asks for more than the rule alone would. */
function describeAdded(reason: BarReason): readonly Line[] {
  if (reason.type === 'rule' || reason.added === 0) return [];
  const why = {
    scriptChanged: 'a library file changed since it was last approved',
    oddArgs: 'arguments hold hidden or non-ASCII characters',
    tier0: 'the device is tier 0',
  }[reason.type];
  return [[say(`${reason.added} of them because ${why}.`)]];
}

/** The library files of a request that changed since they were last approved. */
export const changedFilesOf = ({ because }: RequestBar): readonly string[] =>
  because.flatMap((reason) => (reason.type === 'scriptChanged' ? reason.fileNames : []));

/** What the policy found that an approver should weigh (T-17): of the device in a few words, of commands and files a line each. */
export function barWarnings({ because }: RequestBar): {
  readonly phrases: readonly Line[];
  readonly lines: readonly Line[];
} {
  return {
    phrases: because.some(({ type }) => type === 'tier0') ? [[say('tier 0 by policy')]] : [],
    lines: because.flatMap(warningsOf),
  };
}

function warningsOf(reason: BarReason): readonly Line[] {
  switch (reason.type) {
    case 'rule':
    case 'tier0':
      return [];
    case 'oddArgs':
      return [
        [
          say(
            `The arguments of command ${formatList(reason.indexes.map((index) => String(index + 1)))} hold hidden or non-ASCII characters: read them letter by letter.`,
          ),
        ],
      ];
    case 'scriptChanged':
      return reason.fileNames.map((name) => [
        ...showCut(name, 200, showCode),
        say(' changed since it was last approved.'),
      ]);
  }
}
