import { judgeAction } from '../../src/oversight/bypass';
import { readMarker } from '../../src/request/ask/digest';
import { makeRequests } from '../thread/samples';

const requests = makeRequests();
const request = (name: string) => requests[name] ?? null;
const marker = '[LR-7F3K/1/3f9a21c0ab12]';
const now = 10 * 60_000;
const action = { actionId: 'x-1', requestor: 'Our App', comment: `${marker} asked by Ana`, createdAt: 0 };
const known = { ownNames: new Set(['our app']), request: null, now };

test.each([
  ['by somebody else', { ...action, requestor: 'SOAR' }, known, { type: 'foreign' }],
  ['by nobody named', { ...action, requestor: null }, known, { type: 'foreign' }],
  [
    'with the id that we stored',
    { ...action, actionId: 'a-1' },
    { ...known, request: request('running') },
    { type: 'ours' },
  ],
  [
    'with the id that we stored, ended',
    { ...action, actionId: 'a-1' },
    { ...known, request: request('failed') },
    { type: 'ours' },
  ],
  ['that is young', { ...action, comment: '', createdAt: now - 299_999 }, known, { type: 'unsure' }],
  ['while its request is being submitted', action, { ...known, request: request('submitting') }, { type: 'unsure' }],
  ['while its request is unknown', action, { ...known, request: request('unknown') }, { type: 'unsure' }],
  ['without a marker', { ...action, comment: 'maintenance' }, known, { type: 'bypass', kind: 'noMarker' }],
  [
    'with a marker behind other words',
    { ...action, comment: `x ${marker}` },
    known,
    { type: 'bypass', kind: 'noMarker' },
  ],
  ['of a request that is not here', action, known, { type: 'bypass', kind: 'unknownRequest' }],
  [
    'beside the one we stored',
    action,
    { ...known, request: request('running') },
    { type: 'bypass', kind: 'otherAction' },
  ],
  ['of one that was denied', action, { ...known, request: request('denied') }, { type: 'bypass', kind: 'otherAction' }],
  [
    'beside one that vanished, which may be another of its own',
    action,
    { ...known, request: request('unknown, vanished') },
    { type: 'unsure' },
  ],
  [
    'with the id of a second one that turned up',
    { ...action, actionId: 'a-2' },
    { ...known, request: request('running, twice') },
    { type: 'ours' },
  ],
] as const)('an action %s is told for what it is', (_what, given, with_, standing) => {
  expect(judgeAction(given, with_)).toEqual(standing);
});

test.each([
  [marker, { id: 'LR-7F3K', decision: 1, digest: '3f9a21c0ab12' }],
  ['[LR-7F3K/1/3f9a]', null],
  ['[LR-7F3K/3f9a21c0ab12]', null],
  ['', null],
])('the marker of %j is read whole or not at all', (comment, read) => {
  expect(readMarker(comment)).toEqual(read);
});
