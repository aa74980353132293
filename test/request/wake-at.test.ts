import { finalStates, type LiveResponseRequest, type State } from '../../src/request/request';
import { wakeAt } from '../../src/request/wake-at';

const remindAt = 70;
const decideBy = 100;
const startBy = 200;
const cancel = { by: null, reason: null, at: 1 };
const at = (state: State, over: object = {}) =>
  ({
    state,
    decideBy,
    remindAt,
    startBy,
    notBefore: 50,
    offer: null,
    cancel: null,
    ...over,
  }) as unknown as LiveResponseRequest;

test.each([
  ['undecided', at('awaitingApproval'), remindAt],
  ['undecided after its reminder', at('awaitingApproval', { remindAt: null }), decideBy],
  ['queued', at('queued', { approvedAt: 0 }), startBy],
  ['queued, and told that it is held', at('queued', { approvedAt: 0, heldTold: true }), startBy],
  ['queued and held back for now', at('queued', { approvedAt: 0, notBefore: 150 }), startBy],
  ['being submitted', at('submitting'), null],
  ['unclear', at('unknown'), null],
  ['offered to be sent once more', at('unknown', { offer: { votes: [] } }), startBy],
  ['pending', at('pending'), startBy],
  ['pending and asked to be cancelled', at('pending', { cancel }), null],
  ['running', at('running'), null],
  ...finalStates.map((state) => [`over (${state})`, at(state), null] as const),
] as const)(
  'a request that is %s is woken by its clock at the right instant or not at all',
  (_what, request, instant) => {
    expect(wakeAt(request)).toBe(instant);
  },
);
