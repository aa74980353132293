import { minutes, seconds } from '../../src/lib/clock';
import { digestOf, markerOf } from '../../src/request/ask/digest';
import { lookForMs } from '../../src/request/doubt/unknown';
import type { Effect, News } from '../../src/request/effect';
import type { Event } from '../../src/request/event';
import {
  type Decision,
  type Digest,
  isFinal,
  type LiveResponseRequest,
  type Person,
  type Vote,
} from '../../src/request/request';
import { openRequest, transition } from '../../src/request/transition';
import type { RequestBar } from '../../src/request/votes/bar';
import { wakeAt } from '../../src/request/wake-at';
import { ana, ana2, base, bob, bob2, cleo, createdAt, eve, keyOf, samples, termsOf, vote } from './sample';
import { createAction, type DefenderAction, type Happening, happen, isOpen, snapshot } from './small-world-defender';
import { deepFreeze, isMet, isOver, sameFields } from './small-world-promises';
import type { Fate, Shown, Step } from './small-world-steps';

/** A POST is given up after this long; Defender may take it at any time before (`late`). Shorter than the lease, by design. */
const leaseMs = minutes(3);
/** The poll looks for a missing action by id only after it can no longer be hidden. */
const hiddenMs = seconds(150);

// The requester is listed by mistake, with both accounts: that must not help them.
const approverIds = [ana.id, ana2.id, bob.id, bob2.id, cleo.id, eve.id];
const neverShown = 'f'.repeat(64) as Digest;

/** One request, the people around it, and Defender, as the service sees them: effects are performed as the runners perform them. */
export function createSmallWorld(bar: RequestBar) {
  const asked = { ...base, bar, approverIds };
  const first: LiveResponseRequest = openRequest({ ...asked, digest: digestOf(asked) }).request;
  const world = {
    /** Ours, which jumps, and Defender's, which does not. */
    now: createdAt,
    defenderNow: createdAt,
    request: first,
    actions: [] as DefenderAction[],
    /** Votes of this round as they were really cast and counted. */
    votes: [] as Vote[],
    /** What earlier rounds showed. */
    shownBefore: [] as Digest[],
    /** Who has a card, or will have when the second list is asked. */
    asked: new Set(approverIds.filter((id) => !bar.escalateIds.includes(id))),
    told: [] as string[],
    news: [] as News[],
    fetched: [] as number[],
    submissions: [] as number[],
    /** By the decision that sent them: POSTs that may have arrived. */
    arrived: new Map<string, number>(),
    /** Votes over the offer that is out to send it once more. */
    resendVotes: [] as Vote[],
    /** Broken promises, in words. */
    broken: [] as string[],
  };
  const submits: number[] = [];
  const cancels: string[] = [];
  let lookUps: { readonly at: number; readonly search: number }[] = [];
  let timers: { at: number; run: () => void }[] = [];
  let readable = true;
  let busyWith: 'nothing' | 'post' = 'nothing';

  const expect = (holds: boolean, promise: string) => {
    if (!holds) world.broken.push(`${promise} (${world.request.state})`);
  };

  function apply(event: Event): boolean {
    const before = deepFreeze(world.request);
    const outcome = transition(before, deepFreeze(event), world.now);
    if (!outcome.ok) return false;
    const { request, effects } = outcome.value;
    if (isFinal(before.state) && !('inDoubt' in before && before.inDoubt !== undefined))
      expect(request === before && effects.length === 0, 'a final state is final');
    world.request = request;
    for (const effect of effects) take(effect, event);
    const followed =
      'actionId' in request && !['unknown', 'unconfirmed'].includes(request.state) ? request.actionId : null;
    expect(
      !world.actions.some((a) => a.id === followed && (a.isForeign || a.isAltered)),
      'neither another action nor other commands are taken for its own',
    );
    expect(
      sameFields(request, samples[request.state]),
      `it carries exactly its own fields, not ${Object.keys(request)}`,
    );
    return true;
  }

  function take(effect: Effect, event: Event): void {
    switch (effect.type) {
      case 'submit': {
        const { request } = world;
        const isAgain = request.state === 'submitting' && request.decision > 1;
        const votes = isAgain ? world.resendVotes : world.votes;
        expect(isMet(request.bar, votes), 'the bar of this decision is met by other people before it is submitted');
        expect(request.digest === digestOf(request), 'the digest is that of what runs');
        expect(
          votes.every((v) => v.digest === request.digest),
          'everybody approved what this round shows',
        );
        expect(
          votes.every((v) => keyOf(v.by) !== keyOf(ana) && approverIds.includes(v.by.id)),
          'neither an account of the requester nor a stranger counts',
        );
        expect(
          new Set(votes.map((v) => keyOf(v.by))).size === votes.length,
          'nobody counts twice, with whatever account',
        );
        expect(!world.submissions.includes(effect.attempt), 'each attempt is asked for once');
        world.submissions.push(effect.attempt);
        submits.push(effect.attempt);
        break;
      }
      case 'lookUp':
        lookUps.push({ at: effect.dueAt, search: effect.search });
        break;
      case 'cancelAction':
        expect(
          world.actions.some((a) => a.id === effect.actionId && !a.isForeign),
          'only our own actions are cancelled',
        );
        expect(
          (event.type === 'cancelAsked' && approverIds.includes(event.by.id)) ||
            !world.actions.some((a) => a.id === effect.actionId && a.isAltered),
          'other commands are cancelled by those who may approve, and by nobody else',
        );
        cancels.push(effect.actionId);
        break;
      case 'fetchResult':
        world.fetched.push(effect.index);
        break;
      case 'reply':
        world.news.push(effect.news);
        break;
      case 'postCardsTo':
        expect(
          effect.personIds.length > 0 && effect.personIds.every((id) => world.request.approverIds.includes(id)),
          'only those who are asked get a card',
        );
        for (const id of effect.personIds) world.asked.add(id);
        break;
      case 'notifyPerson':
        world.told.push(effect.personId);
        break;
    }
  }

  const create = (
    hideMs: number,
    marker = markerNow(),
    over: Partial<Pick<DefenderAction, 'isForeign' | 'isAltered'>> = {},
  ): DefenderAction => {
    const id = `action-${world.actions.length + 1}`;
    const created = createAction({
      id,
      marker,
      isForeign: false,
      isAltered: false,
      ...over,
      visibleAt: world.defenderNow + hideMs,
    });
    world.actions.push(created);
    return created;
  };

  function markerNow(): string {
    if (world.request.state !== 'submitting') throw new Error(`Nothing is sent in ${world.request.state}.`);
    return markerOf(world.request);
  }

  /** A POST that Defender may have got. */
  function arrive(): void {
    const count = (world.arrived.get(markerNow()) ?? 0) + 1;
    world.arrived.set(markerNow(), count);
    expect(count <= 1, 'one decision is at most one POST that may have arrived');
  }

  function submit(fate: Fate, hideMs: number, lateMs: number): void {
    if (busyWith === 'post' || submits.shift() === undefined) return;
    const soon = world.now + seconds(30);
    if (!['busy', 'rate', 'sessions', 'notSent', 'rejected'].includes(fate)) arrive();
    switch (fate) {
      case 'foreign':
      case 'foreignAfter':
        if (fate === 'foreignAfter') create(hideMs);
        return void apply({ type: 'accepted', action: snapshot(create(0, markerNow(), { isForeign: true })) });
      case 'bare':
        return void apply({ type: 'accepted', action: { ...snapshot(create(hideMs)), comment: null } });
      case 'altered':
        return void apply({ type: 'accepted', action: snapshot(create(hideMs, markerNow(), { isAltered: true })) });
      case 'alteredLost':
        create(hideMs, markerNow(), { isAltered: true });
        return void apply({ type: 'unclear' });
      case 'created':
        return void apply({ type: 'accepted', action: snapshot(create(hideMs)) });
      case 'lostAfter':
        create(hideMs);
        return void apply({ type: 'unclear' });
      case 'lostBefore':
        return void apply({ type: 'unclear' });
      case 'late':
        sendLate(hideMs, lateMs, markerNow());
        return void apply({ type: 'unclear' });
      case 'crashAfter':
      case 'crashBefore':
        // Nobody answers; whoever claims the row after the lease must not send it again.
        if (fate === 'crashAfter') create(hideMs);
        busyWith = 'post';
        return void timers.push({
          at: world.defenderNow + leaseMs,
          run: () => {
            busyWith = 'nothing';
            apply({ type: 'unclear' });
          },
        });
      case 'busy':
        return void apply({ type: 'putBack', hold: { type: 'deviceBusy' }, notBefore: soon });
      case 'rate':
        return void apply({ type: 'putBack', hold: { type: 'rateLimited' }, notBefore: soon });
      case 'sessions':
        return void apply({ type: 'putBack', hold: { type: 'sessionsFull' }, notBefore: soon });
      case 'notSent':
        return void apply({ type: 'putBack', hold: { type: 'checkFailed', code: 'x' }, notBefore: soon });
      case 'rejected':
        return void apply({ type: 'rejected', code: 'OsPlatformNotSupported', message: 'no' });
    }
  }

  function sendLate(hideMs: number, lateMs: number, marker: string): void {
    timers.push({ at: world.defenderNow + lateMs, run: () => void create(hideMs, marker) });
  }

  /** What a look shows: every action with our id, and the one that we know by its own. */
  function seen() {
    const { request } = world;
    const known = 'actionId' in request ? request.actionId : null;
    return world.actions
      .filter((a) => !a.vanished && a.visibleAt <= world.defenderNow && (!a.isForeign || a.id === known))
      .map(snapshot);
  }

  function look(search: number): void {
    const { request } = world;
    if (!('inDoubt' in request) || request.inDoubt?.search !== search) return;
    apply(
      readable
        ? { type: 'lookedUp', complete: true, date: world.defenderNow, actions: seen() }
        : { type: 'lookedUp', complete: false, date: null, actions: [] },
    );
  }

  /** As the runner does: what is to be sent once more is looked for once more. */
  function admit(): void {
    const { request } = world;
    if (request.state === 'queued' && request.inDoubt !== undefined) {
      if (!readable) return;
      const actions = seen();
      if (actions.length > 0) return void apply({ type: 'lookedUp', complete: true, date: world.defenderNow, actions });
    }
    apply({ type: 'admitted' });
  }

  function pass(ms: number): void {
    let left = ms;
    for (;;) {
      const timer = timers.toSorted((a, b) => a.at - b.at)[0];
      const next = lookUps.toSorted((a, b) => a.at - b.at)[0];
      const inTimer = timer === undefined ? Number.POSITIVE_INFINITY : Math.max(0, timer.at - world.defenderNow);
      const inLook = next === undefined ? Number.POSITIVE_INFINITY : Math.max(0, next.at - world.now);
      const wait = Math.min(inTimer, inLook);
      if (wait > left) break;
      go(wait);
      left -= wait;
      if (timer !== undefined && inTimer === wait) {
        timers = timers.filter((t) => t !== timer);
        timer.run();
      } else if (next !== undefined) {
        lookUps = lookUps.filter((l) => l !== next);
        look(next.search);
      }
    }
    go(left);
    clock();
  }

  function go(ms: number): void {
    world.now += ms;
    world.defenderNow += ms;
  }

  function clock(): void {
    const due = wakeAt(world.request);
    const before = world.request;
    apply({ type: 'clock' });
    if (due !== null && due <= world.now) expect(world.request !== before, 'a clock that is due changes something');
    const again = wakeAt(world.request);
    expect(again === null || again > world.now, 'a clock that was due is not due again');
  }

  function poll(stale: boolean, bare: boolean): void {
    const { request } = world;
    if (request.state !== 'pending' && request.state !== 'running') return;
    const ours = world.actions.find((a) => a.id === request.actionId);
    if (!ours || ours.visibleAt > world.defenderNow) return;
    if (ours.vanished) {
      if (world.now - request.submittedAt >= hiddenMs) apply({ type: 'vanished' });
      return;
    }
    const fresh = snapshot(ours);
    const read = stale ? (ours.seen.at(-1) ?? fresh) : fresh;
    ours.seen.push(fresh);
    apply({ type: 'observed', action: bare ? { ...read, progress: [] } : read });
    if (!stale && !bare) expect(apply({ type: 'observed', action: read }), 'the same read again is understood');
  }

  function device(what: Happening): void {
    const ours = world.actions.find((a) => isOpen(a) && !a.vanished);
    if (ours) happen(ours, what);
  }

  function sendCancel(accepted: boolean): void {
    const ours = world.actions.find((a) => a.id === cancels[0]);
    if (cancels.shift() === undefined) return;
    if (accepted && ours && !ours.vanished && isOpen(ours)) ours.status = 'Cancelled';
    else apply({ type: 'cancelRefused', code: 'BadRequest' });
  }

  function digestShown(shown: Shown): Digest {
    if (shown === 'now') return world.request.digest;
    return (shown === 'before' ? world.shownBefore.at(-1) : undefined) ?? neverShown;
  }

  function resend(by: Person, decision: Decision): void {
    const { request } = world;
    const cast = vote(by, decision, { digest: request.digest, at: world.now });
    const isFirst = request.state === 'unknown' && request.offer?.votes.length === 0;
    if (!apply({ type: 'votedToResend', vote: cast })) return;
    world.resendVotes = isFirst ? [cast] : [...world.resendVotes, cast];
    expect(request.state === 'unknown' && request.notListed, 'only what Defender does not list is sent once more');
    expect(world.now < (request as { startBy: number }).startBy, 'nothing is decided after the start-by clock');
  }

  function askAgain(bar: RequestBar, policyVersion: string): void {
    const before = world.request;
    const terms = termsOf(before, { bar, policyVersion, approverIds });
    const asked = apply({ type: 'askedAgain', because: [{ type: 'policyChanged' }], terms });
    // What is in doubt is not asked again: it ends with its doubt.
    if (asked && world.request.state !== 'unconfirmed') beginRound(before);
  }

  function breakGlass(by: Person, approvalsNeeded: number): void {
    const before = world.request;
    const bar = { ...before.bar, approvalsNeeded, seats: [{ group: 'leads', count: approvalsNeeded }] };
    const digest = digestOf({ ...before, bar, round: before.round + 1 });
    const event = { by, reason: 'it spreads', incident: 'INC-1042', bar, approverIds: bar.breakGlassIds, digest };
    const told = world.told.length;
    if (!apply({ type: 'brokeGlass', ...event })) return;
    beginRound(before);
    expect(before.bar.breakGlassIds.length > 0 && before.emergency === null, 'the glass is broken once, where allowed');
    expect(world.told.slice(told).join() === bar.ownerIds.join(), 'every owner is told of it');
  }

  function beginRound(before: LiveResponseRequest): void {
    const { request } = world;
    world.votes = [];
    world.shownBefore.push(before.digest);
    expect(request.state === 'awaitingApproval' && request.votes.length === 0, 'a round begins without votes');
    expect(request.round === before.round + 1, 'rounds are counted');
    expect(!world.shownBefore.includes(request.digest), 'each round has a digest of its own');
    expect(
      before.state === 'queued' || (before.state === 'awaitingApproval' && world.now < before.decideBy),
      'no round begins after the end',
    );
  }

  function play(next: Step): void {
    switch (next.do) {
      case 'vote': {
        const cast = vote(next.by, next.decision, { digest: digestShown(next.shown), at: world.now });
        if (apply({ type: 'voted', vote: cast })) world.votes.push(cast);
        break;
      }
      case 'askAgain':
        askAgain(next.bar, next.policyVersion);
        break;
      case 'breakGlass':
        breakGlass(next.by, next.approvalsNeeded);
        break;
      case 'resend':
        resend(next.by, next.decision);
        break;
      case 'jump':
        world.now += next.ms;
        if (next.ms < 0) apply({ type: 'clockSetBack' });
        clock();
        break;
      case 'cancel':
        apply({ type: 'cancelAsked', by: next.by, reason: null });
        break;
      case 'pass':
        pass(next.ms);
        break;
      case 'change':
        apply({ type: 'changed', changes: [{ type: 'policyChanged' }] });
        break;
      case 'checkFails':
        if (world.request.state === 'queued')
          apply({ type: 'putBack', hold: { type: 'checkFailed', code: 'x' }, notBefore: world.now + seconds(15) });
        break;
      case 'admit':
        admit();
        break;
      case 'submit':
        submit(next.fate, next.hideMs, next.lateMs);
        break;
      case 'lists':
        readable = next.readable;
        break;
      case 'device':
        device(next.what);
        break;
      case 'vanish':
        if ('actionId' in world.request && world.request.actionId !== null)
          for (const a of world.actions) a.vanished = true;
        break;
      case 'reappear':
        for (const a of world.actions) a.vanished = false;
        break;
      case 'poll':
        poll(next.stale, next.bare);
        break;
      case 'sendCancel':
        sendCancel(next.accepted);
        break;
    }
    checkWaiting();
  }

  /** Whatever waits has something that will wake it, or Defender, whose actions all end. */
  function checkWaiting(): void {
    const { request } = world;
    if (request.state === 'submitting')
      expect(submits.length === 1 || busyWith === 'post', 'its submission is at work');
    else expect(submits.length === 0, 'no submission is left behind');
    if ('inDoubt' in request && request.inDoubt !== undefined && world.now - request.inDoubt.since < lookForMs) {
      const { search } = request.inDoubt;
      expect(lookUps.filter((l) => l.search === search).length === 1, 'one chain of looks goes on');
    }
    if (request.state === 'awaitingApproval') {
      const later = request.remindAt === null ? [] : request.bar.escalateIds;
      expect(
        request.approverIds.every((id) => world.asked.has(id) || later.includes(id)),
        'everybody who may vote has been asked, or is of the second list',
      );
    }
    if (request.state === 'awaitingApproval' || request.state === 'queued')
      expect(wakeAt(request) !== null, 'it has a clock');
    if (request.state === 'pending')
      expect(wakeAt(request) !== null || request.cancel !== null, 'it has a clock or a wish to cancel');
  }

  /** From here on everything works: lists can be read, the device answers, and Defender obeys. */
  function settle(): void {
    readable = true;
    for (let i = 0; i < 400 && !isOver(world.request); i++) {
      play({ do: 'admit' });
      play({ do: 'submit', fate: 'created', hideMs: 0, lateMs: 0 });
      play({ do: 'sendCancel', accepted: true });
      play({ do: 'pass', ms: minutes(1) });
      play({ do: 'device', what: 'reach' });
      play({ do: 'device', what: 'next' });
      play({ do: 'poll', stale: false, bare: false });
    }
  }

  return { world, play, settle };
}

export type SmallWorld = ReturnType<typeof createSmallWorld>;
