import fc from 'fast-check';
import { redact } from '../../src/lib/redacted';
import { routes } from '../../src/teams/inbound/routes';
import { ana, appId, tenantId } from '../fakes/fake-connector';
import { LocalIssuer } from '../fakes/local-issuer';
import { inPersonal, type Kit, startKit } from './kit';

const otherTenantId = '99999999-0000-4000-8000-000000000009';
type Json = Readonly<Record<string, unknown>>;

let kit: Kit;
beforeAll(async () => {
  kit = await startKit();
});
afterAll(() => kit.stop());
/** Also when a test fails: what still listens would keep the run from ending. */
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
beforeEach(() => {
  kit.flow.reached.length = 0;
  kit.replies.length = 0;
  kit.log.lines.length = 0;
  kit.connector.forgetCalls();
});

/** One activity for each route, so that a new route without one fails here. */
const oneOf: Readonly<Record<string, Json>> = {
  cardAction: {
    type: 'invoke',
    name: 'adaptiveCard/action',
    value: { action: { verb: 'vote', data: { token: 't' } } },
  },
  search: { type: 'invoke', name: 'application/search', value: { dataset: 'devices', queryText: 'ws' } },
  openDialog: { type: 'invoke', name: 'task/fetch', value: { data: { verb: 'form.open' } } },
  submitDialog: { type: 'invoke', name: 'task/submit', value: { data: { verb: 'form.submit', dialog: 'd' } } },
  messageAction: {
    type: 'invoke',
    name: 'composeExtension/fetchTask',
    value: { commandId: 'liveResponse', messagePayload: { id: '1', body: { contentType: 'html', content: 'ws-042' } } },
  },
  messageActionSubmit: {
    type: 'invoke',
    name: 'composeExtension/submitAction',
    value: { commandId: 'liveResponse', data: { verb: 'form.submit' } },
  },
  fileConsent: {
    type: 'invoke',
    name: 'fileConsent/invoke',
    value: { type: 'fileUpload', action: 'decline', context: { offerId: 'o' } },
  },
  otherInvoke: { type: 'invoke', name: 'config/fetch', value: {} },
  cardSubmit: { type: 'message', value: { verb: 'vote' } },
  message: { type: 'message', text: 'status' },
  edit: { type: 'messageUpdate', text: 'status', channelData: { tenant: { id: tenantId }, eventType: 'editMessage' } },
  installation: { type: 'installationUpdate', action: 'add' },
  membership: { type: 'conversationUpdate', membersAdded: [{ id: '29:x' }] },
  ignored: { type: 'messageUpdate', text: 'status' },
};
const activityOf = (name: string): Json => ({ ...kit.client.build.base(ana, 'a:1'), ...oneOf[name] });

const read = (object: object, name: string): unknown => Reflect.get(object, name);

describe('there is one way in (T-7)', () => {
  test('the service opens four doors, and only one of them takes anything', () => {
    expect([...kit.server.doors].sort()).toEqual(['GET /healthz', 'GET /metrics', 'GET /readyz', 'POST /api/messages']);
  });

  test('every handler that teams-ai knows is one of our routes, each behind the same authorisation', () => {
    expect(Object.keys(oneOf)).toEqual(routes.map((route) => route.name));
    expect(read(kit.app, '_routes')).toHaveLength(routes.length);
    const handlers = (read(kit.app, '_routes') as readonly { readonly handler: () => unknown }[]).map((r) => r.handler);
    expect(new Set(handlers.map(String)).size).toBe(1);
    expect(String(handlers[0])).toMatch(/^\(context\)\s*=>\s*enter\(route, context, options\)$/);
  });

  test('nothing of teams-ai or botbuilder runs before, after or beside them', () => {
    expect(['_invokeRoutes', '_beforeTurn', '_afterTurn'].map((list) => read(kit.app, list))).toEqual([[], [], []]);
    expect(['_authentication', '_ai', '_startSignIn'].map((part) => read(kit.app, part))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const { middleware } = read(kit.adapter, 'middleware') as { readonly middleware: readonly unknown[] };
    expect(middleware).toEqual([]);
  });

  const strangers: Readonly<Record<string, { readonly change: Json; readonly refusal: string }>> = {
    'another tenant (T-2)': {
      change: {
        channelData: { tenant: { id: otherTenantId } },
        conversation: { id: 'a:1', conversationType: 'personal' },
      },
      refusal: 'foreignTenant',
    },
    'two tenants (T-2)': { change: { channelData: { tenant: { id: otherTenantId } } }, refusal: 'tenantsDisagree' },
    'no tenant': {
      change: { channelData: {}, conversation: { id: 'a:1', conversationType: 'personal' } },
      refusal: 'noTenant',
    },
    'another service (T-3)': {
      change: { serviceUrl: 'https://smba.trafficmanager.net.evil.example/' },
      refusal: 'untrustedService',
    },
    'a bot': { change: { from: { ...ana, id: '28:other' } }, refusal: 'notAPerson' },
    'an app in a person’s name': {
      change: { channelData: { tenant: { id: tenantId }, onBehalfOf: [{}] } },
      refusal: 'notAPerson',
    },
    'a guest (T-5)': { change: { from: { ...ana, userRole: 'guest' } }, refusal: 'guest' },
    'a visitor in a shared channel (T-5)': { change: { from: { ...ana, tenantId: otherTenantId } }, refusal: 'guest' },
    'a shared channel (T-5)': {
      change: { channelData: { tenant: { id: tenantId }, channel: { id: '19:c', type: 'shared' } } },
      refusal: 'sharedChannel',
    },
    'no object id (T-11)': { change: { from: { id: ana.id, name: ana.name } }, refusal: 'noObjectId' },
  };

  test.each(Object.keys(strangers))('no route lets %s in, and each refusal is logged', async (who) => {
    const { change = {}, refusal } = strangers[who] ?? {};
    for (const name of Object.keys(oneOf)) {
      const { status } = await kit.client.deliver({ ...activityOf(name), ...change });
      expect(status).toBeLessThan(500);
    }
    expect([kit.flow.reached, kit.replies]).toEqual([[], []]);
    const refusals = kit.log.lines.filter((line) => line.message === 'activity refused').map((line) => line.refusal);
    expect(refusals).toEqual(Object.keys(oneOf).map(() => refusal));
  });

  test('the same activities of a known person do reach the flow, so that the refusals above say something', async () => {
    for (const name of Object.keys(oneOf)) await kit.client.deliver(activityOf(name));
    expect(kit.flow.reached.map((r) => r.kind)).toEqual([
      'action',
      'search',
      'dialog',
      'dialog',
      'messageAction',
      'dialog',
      'fileConsent',
      'action',
      'message',
      'message',
      'presence',
      'presence',
    ]);
  });
});

test('a shared channel is served where the settings allow it, its foreign members not', async () => {
  const open = await startKit({ allowSharedChannels: true });
  stops.push(open.stop);
  const inShared = { channelData: { tenant: { id: tenantId }, channel: { id: '19:c', type: 'shared' } } };
  await open.client.deliver({ ...open.client.build.message(ana, inPersonal, 'status'), ...inShared });
  const visitor = { ...inShared, from: { ...ana, tenantId: otherTenantId } };
  await open.client.deliver({ ...open.client.build.message(ana, inPersonal, 'status'), ...visitor });
  expect(open.flow.reached).toMatchObject([{ turn: { person: { id: ana.aadObjectId, tenantId } } }]);
});

test('a token that names a tenant must name the one that the activity states (T-2)', async () => {
  const issuer = await new LocalIssuer().start();
  const signed = await startKit({
    adapter: { identity: { type: 'SingleTenant', appId, tenantId, password: redact('word') }, issuer },
  });
  stops.push(signed.stop, () => issuer.stop());
  const say = async (more: Json) => {
    const activity = signed.client.build.message(ana, inPersonal, 'status');
    const token = issuer.bearer({ aud: appId, serviceurl: activity.serviceUrl, more });
    return (await signed.client.deliver(activity, token)).status;
  };
  expect([await say({ tid: otherTenantId }), signed.flow.reached]).toEqual([403, []]);
  expect([await say({ tid: tenantId }), await say({}), signed.flow.reached.length]).toEqual([200, 200, 2]);
});

describe('whatever is sent', () => {
  const deliver = async (body: unknown) => {
    kit.flow.reached.length = 0;
    return (await kit.client.deliver(typeof body === 'string' ? JSON.stringify(body) : body)).status;
  };

  test('any JSON is refused as no activity, and reaches nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (body) => {
        const status = await deliver(body);
        expect([status, kit.flow.reached]).toEqual([400, []]);
      }),
      { numRuns: 150 },
    );
  });

  test('any bytes are refused, and reach nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const answer = await fetch(`${kit.url}/api/messages`, { method: 'POST', body: bytes });
        await answer.arrayBuffer();
        expect([answer.status, kit.flow.reached]).toEqual([400, []]);
      }),
      { numRuns: 100 },
    );
  });

  /** Objects that throw when they are asked for their text. */
  const unspeakable = fc.constantFrom<unknown>({ toString: 1 }, { toString: null, valueOf: 1 }, [{ toString: 1 }]);
  const anything = fc.oneof({ weight: 3, arbitrary: fc.jsonValue({ noUnicodeString: false }) }, unspeakable);

  test.each(['serviceUrl', 'channelId', 'conversation', 'from', 'id', 'text'])(
    'an activity whose %s is an object without a text is refused as what it is, whoever sends it',
    async (field) => {
      const issuer = await new LocalIssuer().start();
      const signed = await startKit({
        adapter: { identity: { type: 'SingleTenant', appId, tenantId, password: redact('word') }, issuer },
      });
      stops.push(signed.stop, () => issuer.stop());
      const spoiltOne = {
        ...activityOf('message'),
        channelData: { tenant: { id: { toString: 1 } } },
        [field]: { toString: 1 },
      };
      const answer = await kit.client.deliver(spoiltOne);
      expect([answer.status, answer.body]).toEqual([
        400,
        { error: expect.objectContaining({ code: 'malformedActivity' }) },
      ]);
      expect((await signed.client.deliver(spoiltOne)).status).toBe(401);
      const token = issuer.bearer({ aud: appId, serviceurl: String(activityOf('message').serviceUrl) });
      expect([400, 401]).toContain((await signed.client.deliver(spoiltOne, token)).status);
    },
  );

  /** A whole activity in which one thing, at any depth, is another. */
  const spoiled = fc
    .tuple(fc.constantFrom(...Object.keys(oneOf)), fc.nat(), anything)
    .map(([name, where, value]) => spoil(activityOf(name), where, value));

  test('an activity of which any part is something else is refused, or comes from the person whom it states', async () => {
    await fc.assert(
      fc.asyncProperty(spoiled, async (body) => {
        const status = await deliver(body);
        expect(status).toBeLessThan(500);
        for (const { turn } of kit.flow.reached) {
          expect(turn.person.id).toBe(ana.aadObjectId);
          expect([turn.tenantId, turn.person.tenantId, turn.place.tenantId]).toEqual([tenantId, tenantId, tenantId]);
        }
        if (status !== 200) expect(kit.flow.reached).toEqual([]);
      }),
      { numRuns: 400 },
    );
    expect(kit.log.lines.filter((line) => line.level === 'error')).toEqual([]);
  });

  test('and after all that the bot still answers', async () => {
    await kit.client.say(ana, inPersonal, 'status');
    expect(kit.flow.reached).toHaveLength(1);
  });
});

/** Replaces the n-th place of the object, counted through all its depths. */
function spoil(object: Json, n: number, value: unknown): unknown {
  const copy = structuredClone(object) as Record<string, unknown>;
  const places: Array<readonly [Record<string, unknown>, string]> = [];
  const walk = (part: unknown) => {
    if (typeof part !== 'object' || part === null) return;
    for (const [key, inner] of Object.entries(part)) {
      places.push([part as Record<string, unknown>, key]);
      walk(inner);
    }
  };
  walk(copy);
  const place = places[n % places.length];
  if (place !== undefined) place[0][place[1]] = value;
  return copy;
}
