import { hours, seconds } from '../../src/lib/clock';
import { redact } from '../../src/lib/redacted';
import { type BotIdentity, createAdapter } from '../../src/teams/inbound/adapter';
import { ana, appId, bot, tenantId } from '../fakes/fake-connector';
import { LocalAuthority } from '../fakes/local-authority';
import { LocalIssuer, strangersKey, type TokenClaims, type TokenForm } from '../fakes/local-issuer';
import { SteppedClock } from '../fakes/stepped-clock';
import { inPersonal, type Kit, plainPost, startKit } from './kit';

const singleTenant: BotIdentity = { type: 'SingleTenant', appId, tenantId, password: redact('not-a-secret') };

let issuer: LocalIssuer;
let kit: Kit;
const consoleError = console.error;
beforeAll(async () => {
  // botbuilder prints refused tokens' errors past our log.
  console.error = () => {};
  issuer = await new LocalIssuer().start();
  kit = await startKit({
    adapter: { identity: singleTenant, issuer },
    authorize: (activity) => issuer.bearer({ aud: appId, serviceurl: activity.serviceUrl }),
  });
});
afterAll(async () => {
  await kit.stop();
  await issuer.stop();
  console.error = consoleError;
});
beforeEach(() => {
  kit.flow.reached.length = 0;
  kit.log.lines.length = 0;
  kit.connector.forgetCalls();
});

const inSeconds = (delta: number) => Math.floor(Date.now() / 1_000) + delta;
const header = (claims: Partial<TokenClaims> = {}, form: TokenForm = {}) =>
  issuer.bearer({ aud: appId, serviceurl: kit.connector.url, ...claims }, form);
/** What the audit is told: nothing that the sender stated. */
const unauthenticated = { refusal: 'notAuthenticated', personId: null, tenantId: null, isAuthenticated: false };
const refused = {
  status: 401,
  body: { error: { code: 'notAuthenticated', message: 'A token of the Bot Framework for this bot is needed.' } },
};

test('a token of the Bot Framework for this bot is let in', async () => {
  expect((await kit.client.say(ana, inPersonal, 'status')).status).toBe(200);
  expect(kit.flow.reached).toHaveLength(1);
});

test('a token that ran out within the clock skew of five minutes is let in', async () => {
  const activity = kit.client.build.message(ana, inPersonal, 'status');
  expect((await kit.client.deliver(activity, header({ exp: inSeconds(-240) }))).status).toBe(200);
});

const forged: Record<string, () => string | null> = {
  none: () => null,
  'an empty one': () => '',
  'no scheme': () => header().replace('Bearer ', ''),
  'another scheme': () => header().replace('Bearer', 'Basic'),
  garbage: () => 'Bearer abc.def.ghi',
  'one for another bot': () => header({ aud: '99999999-2222-4333-8444-555555555555' }),
  'one without audience': () => header({ more: { aud: undefined } }),
  'one of another issuer': () => header({ iss: 'https://evil.example' }),
  'one that ran out': () => header({ exp: inSeconds(-600) }),
  'one that is not valid yet': () => header({ nbf: inSeconds(600) }),
  'one for another service address (T-3)': () => header({ serviceurl: 'https://smba.trafficmanager.net/evil/' }),
  'one without service address (T-3)': () => header({ more: { serviceurl: undefined } }),
  'one of an unknown key': () => header({}, { kid: 'nobody' }),
  'one signed by a stranger': () => header({}, { key: strangersKey() }),
  'one without signature': () => header({}, { alg: 'none' }),
  'one whose algorithm was swapped': () => header({}, { alg: 'HS256' }),
  'one of the emulator, from Entra': () =>
    header({
      iss: 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/',
      more: { ver: '1.0', appid: appId },
    }),
  'one of a skill': () => header({ more: { ver: '1.0', appid: '99999999-2222-4333-8444-555555555555' } }),
};

test.each(Object.keys(forged))('a token like this is refused, and nothing runs (T-1): %s', async (what) => {
  for (const activity of [
    kit.client.build.message(ana, inPersonal, 'status'),
    { ...kit.client.build.base(ana, 'a:1'), type: 'invoke', name: 'adaptiveCard/action' },
  ]) {
    expect(await kit.client.deliver(activity, forged[what]?.() ?? null)).toEqual(refused);
  }
  expect([kit.flow.reached, kit.connector.calls]).toEqual([[], []]);
  expect(kit.refused.slice(-2)).toEqual([1, 2].map(() => unauthenticated));
  expect(JSON.stringify(kit.log.lines)).not.toMatch(/eyJ|Bearer/);
});

test('a body that is no activity is refused like any other to whoever shows no valid token (T-1)', async () => {
  const whole = kit.client.build.message(ana, inPersonal, 'status');
  for (const body of [{}, [], { type: 'message' }, { ...whole, conversation: null }])
    for (const authorization of [null, 'Bearer abc.def.ghi', header({ aud: 'somebody' }), header({ serviceurl: 'x' })])
      expect(await kit.client.deliver(body, authorization)).toEqual(refused);
  expect(kit.refused.slice(-16)).toEqual(Array.from({ length: 16 }, () => unauthenticated));
  expect(await kit.client.deliver({ ...whole, conversation: null }, header())).toEqual({
    status: 400,
    body: {
      error: {
        code: 'malformedActivity',
        message: 'This is not an activity as Teams sends it: look at conversation.',
      },
    },
  });
  expect(kit.refused.at(-1)).toMatchObject({ refusal: 'malformedActivity' });
});

test('an emulator token, which botbuilder lets in, is refused by our own check: it binds no service address (T-7)', async () => {
  // The same key signs it and its audience is right; only the issuer tells it apart.
  const emulator = header({
    iss: 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/',
    more: { ver: '1.0', appid: appId, serviceurl: undefined },
  });
  expect(await kit.client.deliver(kit.client.build.message(ana, inPersonal, 'status'), emulator)).toEqual(refused);
  expect(kit.log.lines.find((line) => line.level === 'warn')).toMatchObject({
    why: 'The token is not from the Bot Framework.',
  });
});

/** A bot of its own, with keys of its own, on a clock that the test holds. */
async function withKeys(change: (keys: LocalIssuer) => void = () => {}) {
  const keys = await new LocalIssuer().start();
  change(keys);
  const clock = new SteppedClock();
  const other = await startKit({
    adapter: { identity: singleTenant, issuer: keys, clock },
    authorize: (a) => keys.bearer({ aud: appId, serviceurl: a.serviceUrl }),
  });
  return {
    keys,
    clock,
    flow: other.flow,
    log: other.log,
    ask: async () => (await other.client.say(ana, inPersonal, 'status')).status,
    async stop() {
      await other.stop();
      await keys.stop();
    },
  };
}

test.each([[undefined], [[]], [['webchat']], [['webchat', 'msteams-like']], ['msteams']] as const)(
  'a key that may not sign for Teams (endorsed for %j) is refused, whatever botbuilder makes of it (T-1)',
  async (endorsements) => {
    const { ask, flow, stop } = await withKeys((keys) => Object.assign(keys, { endorsements }));
    expect([await ask(), flow.reached]).toEqual([401, []]);
    await stop();
  },
);

test('a key that may sign for Teams among others is let in, and the keys are not fetched again for an hour', async () => {
  const { ask, keys, clock, stop } = await withKeys((keys) =>
    Object.assign(keys, { endorsements: ['webchat', 'msteams'] }),
  );
  expect([await ask(), await ask()]).toEqual([200, 200]);
  const fetched = keys.keyRequests;
  clock.advance(hours(1) - 1);
  expect([await ask(), keys.keyRequests - fetched]).toEqual([200, 0]);
  clock.advance(1);
  expect([await ask(), keys.keyRequests - fetched]).toEqual([200, 1]);
  await stop();
});

test('a key that was withdrawn, or lost its endorsement, counts for an hour at most, though botbuilder keeps it for a day', async () => {
  for (const change of [{ isListed: false }, { endorsements: [] }]) {
    const { ask, keys, clock, stop } = await withKeys();
    expect(await ask()).toBe(200);
    Object.assign(keys, change);
    clock.advance(hours(1));
    expect(await ask()).toBe(401);
    // A signer who is refused does not make us fetch each time.
    const fetched = keys.keyRequests;
    expect([await ask(), keys.keyRequests - fetched]).toEqual([401, 0]);
    Object.assign(keys, { isListed: true, endorsements: ['msteams'] });
    clock.advance(seconds(10));
    expect(await ask()).toBe(200);
    await stop();
  }
});

test('an outage of the keys is bridged for a day, and then nobody is let in until it ends', async () => {
  const { ask, keys, clock, flow, log, stop } = await withKeys();
  expect(await ask()).toBe(200);
  keys.isUp = false;
  clock.advance(hours(24) - 1);
  expect(await ask()).toBe(200);
  clock.advance(1);
  expect([await ask(), flow.reached.length]).toEqual([503, 2]);
  expect(log.lines.filter((line) => line.level === 'error')).toMatchObject([{ code: 'teams.keysUnreachable' }]);
  keys.isUp = true;
  clock.advance(seconds(10));
  expect(await ask()).toBe(200);
  await stop();
});

test('while the signing keys cannot be fetched nobody is let in, and the sender is told to come again', async () => {
  const down = await new LocalIssuer().start();
  down.isUp = false;
  const other = await startKit({
    adapter: { identity: singleTenant, issuer: down },
    authorize: (a) => down.bearer({ aud: appId, serviceurl: a.serviceUrl }),
  });
  const { status, body } = await other.client.say(ana, inPersonal, 'status');
  expect({ status, body }).toEqual({
    status: 503,
    body: {
      error: { code: 'keysUnreachable', message: 'The sender cannot be verified at the moment. Please send it again.' },
    },
  });
  await down.stop();
  expect((await other.client.say(ana, inPersonal, 'status')).status).toBe(503);
  expect(other.flow.reached).toEqual([]);
  await other.stop();
});

test('a valid token does not make up for another tenant (T-2)', async () => {
  const foreign = {
    conversation: { id: 'a:1', conversationType: 'personal', tenantId: '99999999-0000-4000-8000-000000000009' },
    channelData: {},
  };
  expect(
    (await kit.client.deliver({ ...kit.client.build.message(ana, inPersonal, 'status'), ...foreign })).status,
  ).toBe(403);
  expect(kit.flow.reached).toEqual([]);
});

test('a bot without app id does not come to be: botbuilder would let everybody in', () => {
  expect(() => createAdapter({ identity: { ...singleTenant, appId: ' ' } })).toThrow(
    'The bot has no app id; without one botbuilder would let everybody in.',
  );
  expect(() => createAdapter({ identity: { type: 'UserAssignedMsi', appId: '', tenantId } })).toThrow(
    'The bot has no app id',
  );
});

test('outside a trial and outside tests only the host of Teams is written to', () => {
  expect(createAdapter({ identity: singleTenant }).cloud).toBe('public');
  expect(createAdapter({ identity: { ...singleTenant, cloud: 'gccHigh' } }).cloud).toBe('gccHigh');
});

test('a managed identity gets its token from the platform, and Teams sees it', async () => {
  const before = { endpoint: process.env.IDENTITY_ENDPOINT, header: process.env.IDENTITY_HEADER };
  process.env.IDENTITY_ENDPOINT = issuer.managedIdentityUrl;
  process.env.IDENTITY_HEADER = 'header';
  const identity: BotIdentity = { type: 'UserAssignedMsi', appId: '22222222-2222-4333-8444-555555555555', tenantId };
  const other = await startKit({
    adapter: { identity, issuer },
    authorize: (a) => issuer.bearer({ aud: identity.appId, serviceurl: a.serviceUrl }),
  });
  other.flow.echo = async (turn) => void (await other.teams.post(turn.place, plainPost('Hello.')));
  expect((await other.client.say(ana, inPersonal, 'hello')).status).toBe(200);
  expect(other.connector.calls.map((call) => call.authorization)).toEqual(['Bearer managed-identity-token']);
  expect(issuer.tokenRequests[0]?.url).toContain(`resource=${encodeURIComponent('https://api.botframework.com')}`);
  await other.stop();
  for (const [name, value] of [
    ['IDENTITY_ENDPOINT', before.endpoint],
    ['IDENTITY_HEADER', before.header],
  ] as const) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

test('a single-tenant bot gets its token from its own tenant with its secret, and Teams sees it', async () => {
  const authority = await new LocalAuthority().start();
  const identity: BotIdentity = {
    type: 'SingleTenant',
    appId: '33333333-2222-4333-8444-555555555555',
    tenantId,
    password: redact('s3cr3t~of the bot'),
  };
  const other = await startKit({
    adapter: { identity, issuer },
    authorize: (a) => issuer.bearer({ aud: identity.appId, serviceurl: a.serviceUrl }),
  });
  other.flow.echo = async (turn) => void (await other.teams.post(turn.place, plainPost('Hello.')));
  expect((await other.client.say(ana, inPersonal, 'hello')).status).toBe(200);
  expect(other.connector.calls.map((call) => call.authorization)).toEqual(['Bearer secret-token-1']);
  expect(authority.forms).toEqual([
    expect.objectContaining({
      host: 'login.microsoftonline.com',
      path: `/${tenantId}/oauth2/v2.0/token`,
      grant_type: 'client_credentials',
      client_id: identity.appId,
      client_secret: 's3cr3t~of the bot',
      scope: 'https://api.botframework.com/.default',
    }),
  ]);
  await other.stop();
  await authority.stop();
});

test('a bot whose secret Entra refuses reaches nobody, and the log names the failure without the secret', async () => {
  const authority = await new LocalAuthority().start();
  authority.refusal = {
    status: 401,
    body: { error: 'invalid_client', error_description: 'AADSTS7000222: expired', error_codes: [7000222] },
  };
  const identity: BotIdentity = { ...singleTenant, appId: '44444444-2222-4333-8444-555555555555' };
  const other = await startKit({
    adapter: { identity, issuer },
    authorize: (a) => issuer.bearer({ aud: identity.appId, serviceurl: a.serviceUrl }),
  });
  let failure: unknown;
  other.flow.echo = async (turn) => {
    failure = await other.teams.post(turn.place, plainPost('Hello.')).catch((error: unknown) => error);
  };
  expect((await other.client.say(ana, inPersonal, 'hello')).status).toBe(200);
  expect(failure).toMatchObject({ name: 'TeamsError' });
  expect(authority.forms.length).toBeGreaterThan(0);
  expect(other.connector.calls).toEqual([]);
  expect(`${failure} ${JSON.stringify(other.log.lines)}`).not.toContain('not-a-secret');
  await other.stop();
  await authority.stop();
});

test('the recipient in the activity does not decide whom the token is for', async () => {
  const activity = {
    ...kit.client.build.message(ana, inPersonal, 'status'),
    recipient: { id: '28:someone-else', name: bot.name },
  };
  expect((await kit.client.deliver(activity, header({ aud: 'someone-else' }))).status).toBe(401);
});
