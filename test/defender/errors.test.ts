import {
  classifyRefusal,
  DefenderError,
  defenderErrorCodes,
  defenderSentences,
  readEnvelope,
} from '../../src/defender/errors';

test.each([
  [400, 'ActiveRequestAlreadyExists', 'defender.machineBusy'],
  [400, 'OsPlatformNotSupported', 'defender.deviceUnsupported'],
  [400, 'ClientVersionNotSupported', 'defender.deviceUnsupported'],
  [400, 'InvalidRequestBody', 'defender.badRequest'],
  [400, 'SomethingNew', 'defender.badRequest'],
  [401, null, 'defender.unauthorized'],
  [403, 'Forbidden', 'defender.forbidden'],
  [403, 'DisabledFeature', 'defender.featureDisabled'],
  [403, 'DisallowedOperation', 'defender.operationDisallowed'],
  [403, null, 'defender.forbidden'],
  [404, 'ResourceNotFound', 'defender.notFound'],
  [429, '429', 'defender.throttled'],
  [429, 'TooManyRequests', 'defender.throttled'],
  [429, null, 'defender.throttled'],
  [500, 'InternalServerError', 'defender.serverFault'],
  [503, null, 'defender.serverFault'],
  [302, null, 'defender.badAnswer'],
])('a %i with code %s is %s', (status, code, word) => {
  expect(classifyRefusal(status, code)).toBe(word);
});

test('a known code wins over the status', () => {
  expect(classifyRefusal(400, 'TooManyRequests')).toBe('defender.throttled');
});

test.each(['', '<html>', '{', '[]', 'null', '{"error":"text"}', '{"error":{"code":{}}}'])(
  'an error body of %j is survived',
  (body) => {
    expect(readEnvelope(body)).toEqual({ code: null, message: null, target: null });
  },
);

test('a code that comes as a number is read, too', () => {
  expect(readEnvelope('{"error":{"code":429,"message":"m","target":"t"}}')).toEqual({
    code: '429',
    message: 'm',
    target: 't',
  });
});

test('a link in an error text is not kept, and the text is bounded', () => {
  const { message } = readEnvelope(
    JSON.stringify({ error: { message: `see https://x.blob.core.windows.net/a?sig=abc and ${'y'.repeat(9_000)}` } }),
  );
  expect(message).not.toContain('sig');
  expect(message).toContain('see <link> and');
  expect(message?.length).toBeLessThanOrEqual(500);
});

test('an error names the call, its code, and nothing of what was asked', () => {
  const error = new DefenderError('getMachine', 'defender.notFound', {
    status: 404,
    defenderCode: 'ResourceNotFound',
    target: 'corr',
  });
  expect(`${error}`).toBe('DefenderError: getMachine: defender.notFound (404 ResourceNotFound)');
  expect(error).toMatchObject({ name: 'DefenderError', target: 'corr', retryAfterMs: null });
});

test('every code has a sentence that says what, why and what next', () => {
  expect(Object.keys(defenderSentences).sort()).toEqual([...defenderErrorCodes].sort());
  expect(defenderErrorCodes.map((code) => `${code}: ${defenderSentences[code]}`)).toMatchInlineSnapshot(`
[
  "defender.noToken: No sign-in token could be got for Defender, so nothing was sent. Check the DEFENDER_ credentials of the service, then ask again.",
  "defender.unauthorized: Defender refused the sign-in of this bot, even with a fresh token. An administrator must check the app registration and its tenant.",
  "defender.forbidden: The app registration of this bot lacks a permission for this in Defender. An administrator must grant it and give admin consent.",
  "defender.featureDisabled: Live response is switched off in this Defender tenant. An administrator can switch it on under Settings, Endpoints, Advanced features.",
  "defender.operationDisallowed: Defender does not allow live response on this device, because its device group has no remediation level. An administrator can set one for the group.",
  "defender.machineBusy: Defender says that another live response session is open on this device. Wait until it has ended, then ask again.",
  "defender.deviceUnsupported: Live response does not work on this device: its operating system or its Defender client is not supported. Update the device or use another way.",
  "defender.badRequest: Defender did not accept what it was asked. Check the device, the file names and the arguments, then ask again.",
  "defender.notFound: Defender does not know this device, action or file. Check the name; a new action may take two minutes to appear.",
  "defender.throttled: Defender asked this bot to slow down. What is approved goes on by itself after the wait that Defender named; what you just asked for, ask again in a minute.",
  "defender.budgetSpent: Defender lets this bot ask only so often, and what is left for now is kept for requests that are under way. Ask again in a few minutes.",
  "defender.shareSpent: You have used your own share of what this bot may ask Defender, so that the others keep theirs. Ask again in a minute.",
  "defender.serverFault: Defender answered that it had a fault of its own. Ask again in a few minutes.",
  "defender.unreachable: The network brought no answer from Defender. Check the connection of the service to Defender, then ask again.",
  "defender.timedOut: Defender did not answer in time. Ask again in a few minutes.",
  "defender.badAnswer: Defender answered with something this bot cannot read, so it is not relied on. Ask again; if it stays, tell an administrator.",
  "defender.contradiction: Defender lists this device but does not return it by its id, so it is not relied on. Ask again in a few minutes.",
  "defender.answerTooLarge: Defender answered with more than this bot is willing to read. Ask for less, or tell an administrator.",
  "defender.linkRefused: Defender gave a result link to a place that this bot does not trust, so nothing was fetched. An administrator can compare it with the allowed result hosts.",
  "defender.resultRefused: The store that keeps Defender results refused to hand this one out. Ask for the result again; a fresh link is fetched each time.",
]
`);
});
