import type { Event } from '../../request/event';

/** What of an event the audit keeps beside the states: codes, ids and words that people gave. */
export function detailOf(event: Event): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case 'voted':
    case 'votedToResend':
      return { decision: event.vote.decision, shown: event.vote.digest, reason: event.vote.reason };
    case 'questionAsked':
      return { text: event.text };
    case 'questionAnswered':
      return { number: event.number, text: event.text };
    case 'cancelAsked':
      return { reason: event.reason, ...(event.onlyWaiting ? { onlyWaiting: true } : {}) };
    case 'batchStopped':
      return { stop: event.stop };
    case 'canaryPassedOver':
      return { number: event.number };
    case 'batchEnded':
      return { outcomes: event.outcomes };
    case 'calledOff':
      return { because: event.because };
    case 'changed':
      return { changes: event.changes };
    case 'askedAgain':
      return { because: event.because, rule: event.terms.bar.rule, policyVersion: event.terms.policyVersion };
    case 'brokeGlass':
      return { reason: event.reason, incident: event.incident, rule: event.bar.rule };
    case 'accepted':
    case 'observed':
      return {
        actionId: event.action.actionId,
        status: event.action.status,
        cancellationRequestor: event.action.cancellationRequestor,
      };
    case 'lookedUp':
      return { actionIds: event.actions.map(({ actionId }) => actionId), complete: event.complete, date: event.date };
    case 'putBack':
      return { hold: event.hold, notBefore: event.notBefore };
    case 'rejected':
    case 'cancelRefused':
      return { code: event.code };
    case 'clock':
    case 'clockSetBack':
    case 'admitted':
    case 'unclear':
    case 'vanished':
    case 'storeRestored':
    case 'batchGoneOn':
      return {};
  }
}
