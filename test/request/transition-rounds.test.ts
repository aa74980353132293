import { hours, minutes } from '../../src/lib/clock';
import type { Event } from '../../src/request/event';
import type { AwaitingApproval } from '../../src/request/request';
import {
  ana,
  ana2,
  bar,
  base,
  bob,
  bob2,
  cleo,
  decideBy,
  eve,
  groupsOf,
  needing,
  now,
  olga,
  remindAt,
  samples,
  startBy,
  termsOf,
  vote,
} from './sample';
import { brokeGlass, go, into, newsOf, putBack, refusalOf, told, usual, voted, workOf } from './steps';

const { awaitingApproval, queued, submitting } = samples;
const halfApproved: AwaitingApproval = { ...awaitingApproval, ...needing(2), votes: [vote(cleo)] };
const withSecondList: AwaitingApproval = {
  ...awaitingApproval,
  bar: { ...bar, escalateIds: [eve.id] },
  approverIds: [bob.id, cleo.id, eve.id],
};
const askedAgain = (...[request, over]: Parameters<typeof termsOf>): Event => ({
  type: 'askedAgain',
  because: [{ type: 'voterLostRight', voter: bob }],
  terms: termsOf(request, over),
});

describe('asking again', () => {
  test.each([halfApproved, queued])(
    'begins a round in which nothing is counted, with the terms and clocks of now ($state)',
    (request) => {
      const { terms, because } = usual.askedAgain;
      const step = go(request, usual.askedAgain);
      expect(step.request).toEqual({
        ...awaitingApproval,
        ...terms,
        round: 2,
        decideBy: now + terms.decideWithinMs,
        remindAt: now + terms.decideWithinMs / 2,
      });
      expect(newsOf(step)).toEqual([{ type: 'askedAgain', because }]);
    },
  );

  test('an approval of the last round is asked for again, and a vote on its card is refused', () => {
    const asked = go({ ...halfApproved, votes: [vote(cleo)] }, usual.askedAgain).request;
    expect(refusalOf(asked, voted(bob))).toBe('digestDiffers');
    const { digest } = usual.askedAgain.terms;
    expect(into(go(asked, voted(cleo, 'approve', { digest })), 'queued').votes).toHaveLength(1);
  });

  test('posts cards to those who are asked for the first time, and to the second list only at its time', () => {
    const terms = { approverIds: [cleo.id, eve.id, olga.id], bar: { ...bar, escalateIds: [olga.id] } };
    const step = go(awaitingApproval, askedAgain(base, terms));
    expect(workOf(step)).toEqual([{ type: 'postCardsTo', personIds: [eve.id] }]);
    expect(workOf(go(awaitingApproval, usual.askedAgain))).toEqual([]);
  });

  test('posts a card to somebody of the second list who is of the first one now', () => {
    const terms = { bar: { ...bar, escalateIds: [] } };
    const step = go(withSecondList, askedAgain(withSecondList, terms));
    expect(workOf(step)).toEqual([{ type: 'postCardsTo', personIds: [eve.id] }]);
    const reminded = go(withSecondList, usual.clock, remindAt).request;
    expect(workOf(go(reminded, askedAgain(withSecondList, terms), remindAt))).toEqual([]);
  });

  test('takes back a break-glass: the whole bar stands again', () => {
    const lowered = go(halfApproved, brokeGlass()).request;
    const step = into(go(lowered, askedAgain(base, needing(2))), 'awaitingApproval');
    expect(step).toMatchObject({ emergency: null, round: 3, bar: { approvalsNeeded: 2 } });
  });

  test.each([
    { request: awaitingApproval, at: decideBy, end: 'expired' },
    { request: queued, at: startBy, end: 'lapsed' },
  ])('does not bring back what a clock has ended ($end)', ({ request, at, end }) => {
    expect(refusalOf(request, usual.askedAgain, at)).toBe('notNow');
    expect(go(request, usual.clock, at).request.state).toBe(end);
    expect(refusalOf(request, usual.askedAgain, at - 1)).toBeNull();
  });

  test('counts on from the attempts of the last round', () => {
    const tried = into(go(submitting, putBack('rateLimited')), 'queued');
    const again = go(go(tried, usual.askedAgain).request, usual.askedAgain).request;
    const { digest } = usual.askedAgain.terms;
    const approved = into(go(again, voted(bob, 'approve', { digest })), 'queued');
    expect(approved).toMatchObject({ attempts: 1, decision: 1 });
    expect(workOf(go(approved, usual.admitted))).toEqual([{ type: 'submit', attempt: 2 }]);
  });

  test('a vote that is refused leaves the new round as it is', () => {
    const asked = go(awaitingApproval, usual.askedAgain).request;
    for (const by of [ana, bob]) expect(refusalOf(asked, voted(by))).not.toBeNull();
    expect(into(go(asked, usual.clock, now), 'awaitingApproval').votes).toEqual([]);
  });
});

describe('break-glass', () => {
  test('begins a round that one approval of those whom the rule names ends', () => {
    const event = brokeGlass();
    const step = go(halfApproved, event);
    const lowered = into(step, 'awaitingApproval');
    const emergency = { by: cleo, reason: 'it spreads', incident: 'INC-1042', at: now };
    expect(lowered).toEqual({
      ...awaitingApproval,
      bar: event.bar,
      approverIds: [cleo.id, eve.id],
      digest: event.digest,
      emergency,
      round: 2,
      decideBy: now + hours(1),
      remindAt: now + minutes(30),
    });
    expect(newsOf(step)).toEqual([{ type: 'brokeGlass', emergency }]);
    const approved = go(lowered, voted(eve, 'approve', { digest: event.digest }));
    expect(into(approved, 'queued')).toMatchObject({ emergency, votes: [{ by: eve }] });
  });

  test('never by none: the approvals of before do not count, and neither does a bar of none', () => {
    for (const approvalsNeeded of [0, 1]) {
      const none = brokeGlass({ bar: { ...bar, approvalsNeeded, seats: [{ group: 'leads', count: 0 }] } });
      const lowered = into(go(halfApproved, none), 'awaitingApproval');
      expect(lowered.votes).toEqual([]);
      expect(go(lowered, usual.clock, decideBy).request.state).toBe('awaitingApproval');
      const outsider = voted(eve, 'approve', { digest: none.digest, groups: groupsOf(bob) });
      expect(go(lowered, outsider).request.state).toBe('awaitingApproval');
    }
  });

  test('never by the requester, with any account, even where the rule names them', () => {
    const event = brokeGlass({ by: ana, approverIds: [ana.id, ana2.id, eve.id] });
    const lowered = go(awaitingApproval, event).request;
    for (const by of [ana, ana2])
      expect(refusalOf(lowered, voted(by, 'approve', { digest: event.digest }))).toBe('requesterCannotVote');
  });

  test('who was asked before and is not named for it cannot approve any more', () => {
    const event = brokeGlass();
    expect(refusalOf(go(awaitingApproval, event).request, voted(bob, 'approve', { digest: event.digest }))).toBe(
      'notAnApprover',
    );
  });

  test('who was shown the whole bar must look again: their card has another digest', () => {
    expect(refusalOf(go(awaitingApproval, brokeGlass()).request, voted(cleo))).toBe('digestDiffers');
  });

  test('is told to every owner at once, and asks those who have no card yet', () => {
    const step = go({ ...awaitingApproval, bar: { ...bar, ownerIds: [olga.id, bob2.id] } }, brokeGlass());
    const [news] = newsOf(step);
    expect(workOf(step)).toEqual([
      { type: 'postCardsTo', personIds: [eve.id] },
      { type: 'notifyPerson', personId: olga.id, news },
      { type: 'notifyPerson', personId: bob2.id, news },
    ]);
  });

  test('asks the second list at once when it is the one that may approve alone, and reminds it like the first', () => {
    const event = brokeGlass({ bar: { ...bar, escalateIds: [eve.id] }, approverIds: [eve.id] });
    const step = go(withSecondList, event);
    expect(workOf(step)[0]).toEqual({ type: 'postCardsTo', personIds: [eve.id] });
    const reminded = go(step.request, usual.clock, now + minutes(30));
    expect(workOf(reminded)).toMatchObject([{ type: 'notifyPerson', personId: eve.id }]);
  });

  test('is refused where the rule allows none', () => {
    const without = { ...awaitingApproval, bar: { ...bar, breakGlassIds: [] } };
    expect(refusalOf(without, brokeGlass())).toBe('noBreakGlass');
  });

  test('is refused a second time in one round, and after the decide-by clock', () => {
    expect(refusalOf(go(awaitingApproval, brokeGlass()).request, brokeGlass())).toBe('noBreakGlass');
    expect(refusalOf(awaitingApproval, brokeGlass(), decideBy)).toBe('noBreakGlass');
    expect(refusalOf(awaitingApproval, brokeGlass(), decideBy - 1)).toBeNull();
  });

  test('one denial still ends it', () => {
    const event = brokeGlass();
    const step = go(go(awaitingApproval, event).request, voted(eve, 'deny', { digest: event.digest }));
    expect(into(step, 'denied').emergency).toMatchObject({ incident: 'INC-1042' });
  });
});

describe('the reminder', () => {
  test('goes once, at half the decide clock, to those who have not voted', () => {
    expect(go(halfApproved, usual.clock, remindAt - 1).request).toBe(halfApproved);
    const step = go(halfApproved, usual.clock, remindAt);
    const news = { type: 'reminded', missing: 1, escalated: 0 };
    expect(newsOf(step)).toEqual([news]);
    expect(workOf(step)).toEqual([{ type: 'notifyPerson', personId: bob.id, news }]);
    expect(step.request).toEqual({ ...halfApproved, remindAt: null });
    expect(go(step.request, usual.clock, decideBy - 1).effects).toEqual([]);
  });

  test('asks the second list, which is not told that it is late', () => {
    const step = go(withSecondList, usual.clock, remindAt);
    expect(newsOf(step)).toEqual([{ type: 'reminded', missing: 2, escalated: 1 }]);
    expect(workOf(step)).toEqual([
      expect.objectContaining({ type: 'notifyPerson', personId: bob.id }),
      expect.objectContaining({ type: 'notifyPerson', personId: cleo.id }),
      { type: 'postCardsTo', personIds: [eve.id] },
    ]);
  });

  test('somebody of the second list may approve before they are asked', () => {
    expect(
      go({ ...withSecondList, bar: { ...withSecondList.bar, seats: [{ group: 'leads', count: 0 }] } }, voted(eve))
        .request.state,
    ).toBe('queued');
  });

  test('is not sent any more when the whole clock has run: then it expires', () => {
    const step = go(withSecondList, usual.clock, decideBy);
    expect(step.request.state).toBe('expired');
    expect(told(step)).toEqual(['expired']);
  });
});
