import { type Reconsidered, reconsider } from '../../src/dispatch/reconsider';
import { findChanges } from '../../src/dispatch/submit/changes';
import { hours } from '../../src/lib/clock';
import { evaluate } from '../../src/policy/evaluate';
import type { Groups, Policy } from '../../src/policy/policy';
import { digestOf } from '../../src/request/ask/digest';
import type { Queued } from '../../src/request/request';
import { groupsWith, ids, person, policyOf } from '../policy/sample';
import { base, samples } from '../request/sample';

const rule = (more = '') => `  - { name: all, approvals: 1, from: [approvers], decideBy: 30m, startBy: 2h${more} }\n`;
const policy = policyOf(rule());
const groups = groupsWith(policy, []);
const known = { approved: new Map<string, string>(), queueMs: hours(2) };

/** Ana's request as it was approved by Bo under `under`. */
function approved(under: Policy = policy, over: Partial<Queued> = {}): Queued {
  const requester = person(ids.ana, 'Ana');
  const wish = { ...base, requester };
  const verdict = evaluate(under, groupsWith(under, []), { ...wish, changedFiles: [] });
  if (!verdict.ok) throw new Error(verdict.error.type);
  const { approverIds, decideWithinMs, startWithinMs, ...bar } = verdict.value;
  const request = {
    ...samples.queued,
    ...wish,
    bar,
    approverIds,
    decideWithinMs,
    startWithinMs,
    policyVersion: under.version,
  };
  const digest = digestOf(request);
  const vote = {
    by: person(ids.bo, 'Bo'),
    personKey: ids.bo,
    groups: ['approvers'],
    decision: 'approve',
    digest,
    reason: null,
    at: 1,
  } as const;
  return { ...request, digest, votes: [vote], ...over };
}

const after = (effectiveLimit: Policy, now: Groups, request = approved()): Reconsidered =>
  reconsider(effectiveLimit, now, request, known);

test('an approval stands under the policy and the groups that it was given under', () => {
  expect(after(policy, groups)).toEqual({ type: 'stands' });
});

test('a changed policy asks again, under its own terms and a digest of its own', () => {
  const stricter = policyOf(rule().replace('approvals: 1', 'approvals: 2'));
  const again = after(stricter, groupsWith(stricter, []));
  expect(again).toMatchObject({
    type: 'askAgain',
    because: [{ type: 'policyChanged' }],
    terms: { policyVersion: stricter.version, bar: { approvalsNeeded: 2 } },
  });
  expect(again.type === 'askAgain' && again.terms.digest).not.toBe(approved().digest);
});

test('a voter who lost the right has it asked again, although the policy is the same', () => {
  const without = new Map([...groups, ['approvers', new Set([ids.cy, ids.di])]]);
  expect(after(policy, without)).toMatchObject({
    type: 'askAgain',
    because: [{ type: 'voterLostRight', voter: { id: ids.bo } }],
  });
});

test('a new round never has the digest of the one before, even when nothing that it shows differs', () => {
  const without = new Map([...groups, ['approvers', new Set([ids.cy, ids.di])]]);
  const again = after(policy, without);
  expect(again.type === 'askAgain' && again.terms.digest).not.toBe(approved().digest);
});

test('a voter who changed groups leaves a seat empty: it is asked again, counted with the groups of today', () => {
  const seats = [
    { group: 'approvers', count: 1 },
    { group: 'leads', count: 1 },
  ];
  const request = approved();
  const bar = { ...request.bar, seats };
  const cast = request.votes[0];
  if (cast === undefined) throw new Error('No vote');
  const second = { ...cast, by: person(ids.cy, 'Cy'), personKey: ids.cy, groups: ['leads'] };
  const seated = { ...request, bar, votes: [cast, second] };
  const now = (approvers: readonly string[], leads: readonly string[]) =>
    new Map([...groups, ['approvers', new Set(approvers)], ['leads', new Set(leads)]]);
  expect(after(policy, now([ids.bo], [ids.cy]), seated)).toEqual({ type: 'stands' });
  expect(after(policy, now([ids.di], [ids.bo, ids.cy]), seated)).toMatchObject({
    type: 'askAgain',
    because: [{ type: 'voterMoved', voter: { id: ids.bo } }],
  });
});

test('a requester who may not ask any more has it void before it goes', () => {
  const now = new Map([...groups, ['soc', new Set([ids.cy])]]);
  expect(after(policy, now)).toEqual({ type: 'void', changes: [{ type: 'mayNotAskAnyMore' }] });
});

test('a group that cannot be read decides nothing', () => {
  expect(after(policy, new Map([...groups, ['approvers', null]]))).toEqual({ type: 'unreadable', group: 'approvers' });
});

test('what could not even be asked any more is void', () => {
  const closed = policyOf(rule().replace('name: all', 'name: all, when: { device: { tag: [other] } }'));
  expect(after(closed, groupsWith(closed, []))).toEqual({
    type: 'void',
    changes: [{ type: 'policyChanged' }, { type: 'mayNotAskAnyMore' }],
  });
});

test('asked again it promises no longer than Defender keeps it', () => {
  const longer = policyOf(rule().replace('startBy: 2h', 'startBy: 9h'));
  expect(after(longer, groupsWith(longer, []))).toMatchObject({ terms: { startWithinMs: hours(2) } });
});

const unchanged = { library: base.library, device: base.device };

test('what the digest binds is compared whole', () => {
  const [first, ...others] = base.library;
  if (first === undefined) throw new Error('the sample has library files');
  expect(findChanges(base, unchanged)).toEqual([]);
  expect(findChanges(base, { ...unchanged, library: others })).toEqual([
    { type: 'libraryFileGone', fileName: first.fileName },
  ]);
  const other = { ...first, sha256: 'f'.repeat(64) };
  expect(findChanges(base, { ...unchanged, library: [other, ...others] })).toEqual([
    { type: 'libraryFileChanged', fileName: first.fileName, was: first.sha256, now: other.sha256 },
  ]);
});

test.each([
  ['another Entra device', { entraDeviceId: 'x' }, 'entraDeviceId'],
  ['another name', { name: 'x' }, 'name'],
  ['another group', { groupName: 'x' }, 'group'],
  ['another tag', { tags: ['Finance', 'x'] }, 'tags'],
])('a device with %s is not the one that was shown (T-21)', (_name, over, field) => {
  expect(findChanges(base, { ...unchanged, device: { ...base.device, ...over } })).toEqual([
    { type: 'deviceChanged', field },
  ]);
});

test('a device that is gone, or answers with another id, is gone', () => {
  expect(findChanges(base, { ...unchanged, device: null })).toEqual([{ type: 'deviceGone' }]);
  expect(findChanges(base, { ...unchanged, device: { ...base.device, machineId: 'x' } })).toEqual([
    { type: 'deviceGone' },
  ]);
});

test('tags in another order are the same tags', () => {
  const device = { ...base.device, tags: ['b', 'a'] };
  expect(findChanges({ ...base, device: { ...base.device, tags: ['a', 'b'] } }, { ...unchanged, device })).toEqual([]);
});
