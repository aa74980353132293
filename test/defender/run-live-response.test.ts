import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createDefender } from '../../src/defender/client';
import { DefenderError } from '../../src/defender/errors';
import { silentLog } from '../../src/lib/log';
import { redact } from '../../src/lib/redacted';
import type { Command } from '../../src/request/ask/command';
import { NotingClock, type Play, type Stage, setStage } from './fake-defender';

const machineId = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07';
const commands: readonly Command[] = [
  { type: 'RunScript', scriptName: 'minidump.ps1', args: 'OfficeClickToRun' },
  { type: 'GetFile', path: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip' },
];
const action = {
  id: '5382f7ea-7557-4ab7-9782-d50480024a4e',
  type: 'LiveResponse',
  requestor: 'live-response-bot',
  requestorComment: 'LR-7F3K',
  status: 'Pending',
  machineId,
  creationDateTimeUtc: '2026-03-02T10:00:00.1234567Z',
  commands: [],
};
const refusal = (code: string, message = 'text that may change') => ({ error: { code, message, target: 'corr-1' } });

let stage: Stage;
beforeEach(async () => {
  stage = await setStage();
});
afterEach(() => stage.stop());

/** What `play` needs to come to an end: silence is over when the client has waited for long enough. */
async function settingFor(play: Play): Promise<void> {
  if (play !== 'hang') return;
  await stage.stop();
  stage = await setStage({ timeouts: { callMs: 1_500 } });
}

const submit = () => stage.defender.runLiveResponse(machineId, commands, 'Testing Live Response API');

test('the body is byte for byte what the documentation shows', async () => {
  stage.server.play({ status: 201, json: action });
  await submit();
  const sample = readFileSync(
    path.resolve('test/fixtures/defender/req-runliveresponse-runscript-getfile.json'),
    'utf8',
  );
  expect(stage.server.seen[0]?.body).toBe(JSON.stringify(JSON.parse(sample)));
  expect(stage.server.seen[0]).toMatchObject({
    method: 'POST',
    path: `/api/machines/${machineId}/runliveresponse`,
    headers: { 'content-type': 'application/json', authorization: 'Bearer local' },
  });
});

test('a script without arguments is sent without Args', async () => {
  stage.server.play({ status: 201, json: action });
  await stage.defender.runLiveResponse(machineId, [{ type: 'RunScript', scriptName: 'a.ps1', args: null }], 'c');
  expect(JSON.parse(stage.server.seen[0]?.body ?? '')).toEqual({
    Commands: [{ type: 'RunScript', params: [{ key: 'ScriptName', value: 'a.ps1' }] }],
    Comment: 'c',
  });
});

test('an accepted submission comes back with its action', async () => {
  stage.server.play({ status: 201, json: action });
  expect(await submit()).toMatchObject({
    type: 'accepted',
    action: {
      actionId: action.id,
      status: 'Pending',
      comment: 'LR-7F3K',
      createdAt: Date.parse('2026-03-02T10:00:00.123Z'),
    },
  });
});

const cases: ReadonlyArray<readonly [string, Play, unknown]> = [
  ['a 200 counts as accepted like a 201', { status: 200, json: action }, expect.objectContaining({ type: 'accepted' })],
  ['a busy device', { status: 400, json: refusal('ActiveRequestAlreadyExists') }, { type: 'busy' }],
  [
    'a device group without remediation level is refused for good',
    { status: 403, json: refusal('DisallowedOperation', 'No level.') },
    { type: 'rejected', code: 'DisallowedOperation', message: 'No level.' },
  ],
  [
    'a missing permission is refused for good',
    { status: 403, json: refusal('Forbidden') },
    expect.objectContaining({ type: 'rejected', code: 'Forbidden' }),
  ],
  [
    'an unknown machine is refused for good',
    { status: 404, json: refusal('ResourceNotFound') },
    expect.objectContaining({ type: 'rejected', code: 'ResourceNotFound' }),
  ],
  [
    'a 400 without an error of Defender may be said by somebody on the way: it is in doubt',
    { status: 400, body: '<html>' },
    { type: 'unclear', code: 'http.400' },
  ],
  [
    'a 403 without an error of Defender is in doubt',
    { status: 403, body: 'blocked by policy' },
    { type: 'unclear', code: 'http.403' },
  ],
  [
    'a 429 with Retry-After in seconds',
    { status: 429, json: refusal('TooManyRequests'), headers: { 'retry-after': '17' } },
    { type: 'throttled', retryAfterMs: 17_000, scope: 'rate' },
  ],
  [
    'a 429 with Retry-After as a date',
    { status: 429, json: refusal('429'), headers: { 'retry-after': 'Mon, 02 Mar 2026 10:00:40 GMT' } },
    { type: 'throttled', retryAfterMs: 40_000, scope: 'rate' },
  ],
  [
    'a 429 with the wait only in its text',
    { status: 429, json: refusal('429', 'API calls quota exceeded! You can send requests again in 8 seconds.') },
    { type: 'throttled', retryAfterMs: 8_000, scope: 'rate' },
  ],
  [
    'a 429 without any wait',
    { status: 429, json: refusal('429') },
    { type: 'throttled', retryAfterMs: null, scope: 'rate' },
  ],
  ['a 429 without a body', { status: 429, body: '' }, { type: 'throttled', retryAfterMs: null, scope: 'rate' }],
  [
    'a 429 of another code than the quota, without a wait, is taken for full sessions',
    { status: 429, json: refusal('TooManyRequests', 'The maximum of 50 concurrent sessions is reached.') },
    { type: 'throttled', retryAfterMs: null, scope: 'sessions' },
  ],
  [
    'a wait beyond five minutes counts as five',
    { status: 429, body: '', headers: { 'retry-after': '86400' } },
    { type: 'throttled', retryAfterMs: 300_000, scope: 'rate' },
  ],
  [
    'a refused token was surely not accepted',
    { status: 401, json: refusal('Unauthorized') },
    { type: 'notSent', code: 'defender.unauthorized' },
  ],
  [
    'a 500 may have arrived',
    { status: 500, json: refusal('InternalServerError') },
    { type: 'unclear', code: 'http.500' },
  ],
  ['a 502 page may have arrived', { status: 502, body: '<html>' }, { type: 'unclear', code: 'http.502' }],
  ['a 503 may have arrived', { status: 503, body: '' }, { type: 'unclear', code: 'http.503' }],
  ['a 504 may have arrived', { status: 504, body: '' }, { type: 'unclear', code: 'http.504' }],
  [
    'an internal error in the clothes of a 400 may have arrived',
    { status: 400, json: refusal('InternalServerError') },
    { type: 'unclear', code: 'InternalServerError' },
  ],
  ['a 408 may have arrived', { status: 408, body: '' }, { type: 'unclear', code: 'http.408' }],
  [
    'a 421 may have arrived, and fetch would have sent it twice',
    { status: 421, body: '' },
    { type: 'unclear', code: 'http.421' },
  ],
  [
    'a redirect is not followed',
    { status: 307, headers: { location: '/api/machines' } },
    { type: 'unclear', code: 'http.307' },
  ],
  ['a dropped connection may have arrived', 'reset', { type: 'unclear', code: 'reset' }],
  ['no answer in time may have arrived', 'hang', { type: 'unclear', code: 'timedOut' }],
  ['half an answer may have arrived', 'halfBody', { type: 'unclear', code: 'reset' }],
  [
    'a success that is no JSON may have arrived',
    { status: 201, body: '{"id":' },
    { type: 'unclear', code: 'unreadable' },
  ],
  [
    'a success without an id may have arrived',
    { status: 201, json: { status: 'Pending' } },
    { type: 'unclear', code: 'unreadable' },
  ],
  [
    'a success for another machine is not ours',
    { status: 201, json: { ...action, machineId: 'f'.repeat(40) } },
    { type: 'unclear', code: 'otherAction' },
  ],
  [
    'a success of another type is not ours',
    { status: 201, json: { ...action, type: 'Isolate' } },
    { type: 'unclear', code: 'otherAction' },
  ],
];

test.each(cases)('%s; the POST is sent once', async (_title, play, outcome) => {
  await settingFor(play);
  stage.server.play(play);
  expect(await submit()).toEqual(outcome);
  expect(stage.server.seen.filter((s) => s.method === 'POST')).toHaveLength(1);
  expect(stage.clock.waits).toEqual([]);
});

test('a connection that never stood is not a doubt', async () => {
  const closed = await setStage();
  await closed.stop();
  expect(await closed.defender.runLiveResponse(machineId, commands, 'c')).toEqual({
    type: 'notSent',
    code: 'noConnection',
  });
});

test('without a token nothing is sent', async () => {
  const defender = createDefender({
    baseUrl: stage.server.url,
    token: async () => {
      throw new DefenderError('getToken', 'defender.noToken');
    },
    clock: new NotingClock(),
    log: silentLog,
  });
  expect(await defender.runLiveResponse(machineId, commands, 'c')).toEqual({
    type: 'notSent',
    code: 'defender.noToken',
  });
  expect(stage.server.seen).toEqual([]);
});

test('a refused token is not handed out for the next submission', async () => {
  const refused: unknown[] = [];
  const tokens = [redact('old'), redact('new')];
  let current = 0;
  const defender = createDefender({
    baseUrl: stage.server.url,
    token: async (bad) => {
      if (bad !== undefined) {
        refused.push(bad);
        current = 1;
      }
      return tokens[current] ?? redact('none');
    },
    clock: new NotingClock(),
    log: silentLog,
  });
  stage.server.play({ status: 401, json: refusal('Unauthorized') }, { status: 201, json: action });
  expect(await defender.runLiveResponse(machineId, commands, 'c')).toMatchObject({ type: 'notSent' });
  expect(await defender.runLiveResponse(machineId, commands, 'c')).toMatchObject({ type: 'accepted' });
  expect(stage.server.seen.map((s) => s.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  expect(refused).toHaveLength(1);
});
