import type { RequestId } from '../../src/request/request';
import { giveOpinion, isObjected, type Opinion, type Review } from '../../src/request/review';

const review: Review = {
  requestId: 'LR-7KQ2' as RequestId,
  tenantId: 'tenant-1',
  rule: 'servers',
  incident: 'INC-1',
  reason: 'Ransomware is spreading',
  openedAt: 1_000,
  partakers: ['ana', 'bob'],
  opinions: [],
  closedAt: null,
};

const opinionOf = (personKey: string, over: Partial<Opinion> = {}): Opinion => ({
  by: { id: `${personKey}-account`, tenantId: 'tenant-1', name: personKey },
  personKey,
  verdict: 'accept',
  because: 'It was needed.',
  at: 2_000,
  ...over,
});

/** The review after these opinions; throws on a refusal. */
const after = (...opinions: readonly Opinion[]): Review =>
  opinions.reduce((before, opinion) => {
    const given = giveOpinion(before, opinion);
    if (!given.ok) throw new Error(given.error.type);
    return given.value;
  }, review);

test('a review stays open until two people have looked', () => {
  expect(after(opinionOf('cy'))).toMatchObject({ closedAt: null, opinions: [{ personKey: 'cy' }] });
  expect(after(opinionOf('cy'), opinionOf('dee', { at: 3_000 }))).toMatchObject({ closedAt: 3_000 });
});

test('an objection closes it as well, and stays visible', () => {
  const closed = after(opinionOf('cy'), opinionOf('dee', { verdict: 'object' }));
  expect([closed.closedAt, isObjected(closed)]).toEqual([2_000, true]);
  expect(isObjected(after(opinionOf('cy')))).toBe(false);
});

test.each([
  ['who had a part in it does not review it', review, opinionOf('ana'), { type: 'tookPart' }],
  ['one person gives one opinion', after(opinionOf('cy')), opinionOf('cy'), { type: 'alreadyReviewed' }],
  ['an opinion has a reason', review, opinionOf('cy', { because: ' ' }), { type: 'reviewNeedsReason' }],
  [
    'a closed review stays closed',
    after(opinionOf('cy'), opinionOf('dee')),
    opinionOf('eve'),
    { type: 'reviewClosed', at: 2_000 },
  ],
] as const)('%s', (_title, before, opinion, error) => {
  expect(giveOpinion(before, opinion)).toEqual({ ok: false, error });
});
