import { gzipSync } from 'node:zlib';
import { systemClock } from '../../src/lib/clock';
import { routes } from '../../src/teams/inbound/routes';
import { ana, bo, bot, findActions, isPost, readThread, tenantId } from '../fakes/fake-connector';
import { inChannel, inPersonal, type Kit, plainPost, startKit } from './kit';

let kit: Kit;
beforeEach(async () => {
  kit = await startKit();
});
afterEach(() => kit.stop());

const otherTenantId = '99999999-0000-4000-8000-000000000009';
const posted = () => kit.connector.calls.filter(isPost).map((call) => (call.body as { text?: string }).text);
const warned = () => kit.log.lines.filter((line) => line.level !== 'info');

/** A card of ours in Bo's own chat. */
async function postCard(): Promise<string> {
  await kit.client.install(bo, inPersonal);
  const place = kit.flow.reached.at(-1)?.turn.place;
  if (place === undefined) throw new Error('the installation did not arrive');
  const card = {
    type: 'AdaptiveCard',
    version: '1.5',
    body: [],
    actions: [{ type: 'Action.Execute', title: 'Approve', verb: 'vote', data: { token: 't' } }],
  } as const;
  const { activityId } = await kit.teams.post(place, { text: null, mention: null, card, summary: 'A card' });
  kit.flow.reached.length = 0;
  kit.connector.forgetCalls();
  return activityId;
}

describe('messages', () => {
  test('a message in a channel thread reaches the flow and is answered in that thread', async () => {
    kit.flow.echo = async (turn) => void (await kit.teams.post(turn.place, plainPost('Here is the status.')));
    const { status, conversationId } = await kit.client.say(ana, inChannel, 'status');
    expect(status).toBe(200);
    expect(readThread(kit.connector, conversationId)).toEqual([
      'Ana Analyst: status',
      'Live Response: Here is the status.',
    ]);
    expect(kit.flow.reached).toMatchObject([
      {
        kind: 'message',
        turn: {
          tenantId,
          person: { id: ana.aadObjectId, name: 'Ana Analyst' },
          place: { conversationId, scope: 'channel', personId: null },
          timezone: 'Europe/Amsterdam',
        },
        message: { textFormat: 'plain', botMentions: ['<at>Live Response</at>'] },
      },
    ]);
  });

  test('text reaches the flow letter by letter: nothing of teams-ai rewrites it', async () => {
    const activity = {
      ...kit.client.build.message(ana, inPersonal, 'x'),
      text: `<at>${bot.name}</at>&nbsp;on “ws‑042”\r\n run a.ps1 `,
    };
    await kit.client.deliver(activity);
    expect(kit.flow.reached).toMatchObject([
      { message: { text: `<at>${bot.name}</at>&nbsp;on “ws‑042”\r\n run a.ps1 ` } },
    ]);
  });

  test('a turn that takes long sends no typing activities', async () => {
    kit.flow.echo = () => systemClock.sleep(1_200);
    await kit.client.say(ana, inPersonal, 'status');
    expect(kit.connector.calls).toEqual([]);
  });

  test('a bug in a turn is told with a reference and nothing of its inside', async () => {
    kit.flow.echo = async () => {
      throw new TypeError('SELECT secret FROM vault');
    };
    const { status } = await kit.client.say(ana, inPersonal, 'status');
    expect(status).toBe(200);
    const reference = String(warned()[0]?.requestId);
    expect(posted()).toEqual([
      `Something failed inside the bot, and it may not have done what you asked. Please look with \`status\`, then try again; reference for your administrator: ${reference}.`,
    ]);
    expect(warned()).toMatchObject([{ level: 'error', message: 'turn failed', error: 'TypeError' }]);
    expect(JSON.stringify([kit.log.lines, kit.connector.calls])).not.toContain('vault');
  });

  test('a failing answer inside a turn is tried once: botbuilder does not repeat it', async () => {
    kit.connector.fail({ fault: { type: 'status', status: 500 } });
    kit.flow.echo = async () => {
      throw new Error('bug');
    };
    await kit.client.say(ana, inPersonal, 'status');
    expect(posted()).toHaveLength(1);
    expect(warned().map((line) => line.message)).toEqual(['turn failed', 'answer not delivered']);
  });
});

describe('card actions', () => {
  test('a click reaches the flow with the card it was made on, and a card comes back to that person only', async () => {
    const card = { type: 'AdaptiveCard', version: '1.5', refresh: { userIds: [] }, body: [] } as const;
    kit.flow.answer = { type: 'card', card };
    const messageId = await postCard();
    expect(await kit.client.click(bo, messageId, { verb: 'vote', data: { token: 't' } })).toEqual({
      status: 200,
      body: { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: card },
    });
    expect(kit.flow.reached).toMatchObject([
      {
        kind: 'action',
        verb: 'vote',
        data: { token: 't' },
        turn: { person: { id: bo.aadObjectId }, replyToId: messageId },
      },
    ]);
    expect(kit.connector.calls).toEqual([]);
  });

  test.each([
    [
      { type: 'message', text: 'Counted.' },
      { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: 'Counted.' },
    ],
    [
      { type: 'error', code: 'alreadyDecided', text: 'Already decided.' },
      {
        statusCode: 400,
        type: 'application/vnd.microsoft.error',
        value: { code: 'alreadyDecided', message: 'Already decided.' },
      },
    ],
  ] as const)('an answer %j is sent as Teams expects it', async (answer, body) => {
    kit.flow.answer = answer;
    expect(await kit.client.click(bo, await postCard(), { verb: 'vote' })).toEqual({ status: 200, body });
  });

  test('a bug while answering a click gives an error card with a reference, not an empty 501', async () => {
    kit.flow.answer = async () => {
      throw new Error('at db.ts line 7');
    };
    const answer = await kit.client.click(bo, await postCard(), { verb: 'vote' });
    const reference = String(warned()[0]?.requestId);
    expect(answer).toEqual({
      status: 200,
      body: {
        statusCode: 500,
        type: 'application/vnd.microsoft.error',
        value: {
          code: 'internal',
          message: `Something failed inside the bot, and it may not have done what you asked. Please look with \`status\`, then try again; reference for your administrator: ${reference}.`,
        },
      },
    });
  });

  test.each([[undefined], [7], [''], [null]])(
    'a click without a verb (%j) says what to do, and does nothing',
    async (verb) => {
      const messageId = await postCard();
      const activity = {
        ...kit.client.build.execute(bo, messageId, { verb: 'x' }),
        value: { action: { type: 'Action.Execute', verb, data: {} } },
      };
      expect(await kit.client.deliver(activity)).toMatchObject({
        body: {
          statusCode: 400,
          value: {
            code: 'malformedAction',
            message:
              'This button did not say what it is for, so nothing was done. Please send `help` for a fresh card.',
          },
        },
      });
      expect(kit.flow.reached).toEqual([]);
    },
  );

  test.each([
    ['list', []],
    ['word', 'vote'],
    ['nothing', undefined],
  ])('a click whose value is a %s does nothing', async (_what, value) => {
    const messageId = await postCard();
    expect(
      await kit.client.deliver({ ...kit.client.build.execute(bo, messageId, { verb: 'x' }), value }),
    ).toMatchObject({ body: { statusCode: 400 } });
    expect(kit.flow.reached).toEqual([]);
  });

  test('an Action.Submit is the same action, and its answer is posted, since it has none of its own', async () => {
    kit.flow.answer = { type: 'error', code: 'notYou', text: 'You asked for it, so someone else must decide it.' };
    const messageId = await postCard();
    expect(await kit.client.submit(bo, messageId, { verb: 'vote', token: 't' })).toEqual({ status: 200, body: null });
    expect(kit.flow.reached).toMatchObject([
      { kind: 'action', verb: 'vote', data: { token: 't' }, turn: { replyToId: messageId } },
    ]);
    expect(kit.replies).toMatchObject([
      {
        place: { scope: 'personal', personId: bo.aadObjectId },
        post: { text: 'You asked for it, so someone else must decide it.', card: null },
      },
    ]);
  });

  test('an Action.Submit without a verb says what to do', async () => {
    await kit.client.submit(bo, await postCard(), { token: 't' });
    expect(kit.flow.reached).toEqual([]);
    expect(kit.replies[0]?.post.text).toBe(
      'This button did not say what it is for, so nothing was done. Please send `help` for a fresh card.',
    );
  });

  test.each([
    'signin/verifyState',
    'signin/tokenExchange',
    'composeExtension/query',
    'composeExtension/queryLink',
    'message/submitAction',
    'config/fetch',
    undefined,
  ])('an invoke that this bot does not do (%s) says so and reaches nothing (T-7)', async (name) => {
    const activity = { ...kit.client.build.base(ana, 'a:1'), type: 'invoke', name, value: {} };
    expect(await kit.client.deliver(activity)).toEqual({
      status: 200,
      body: {
        statusCode: 501,
        type: 'application/vnd.microsoft.error',
        value: { code: 'notSupported', message: 'This bot does not do that. Please send `help` to see what it does.' },
      },
    });
    expect(kit.flow.reached).toEqual([]);
  });
});

describe('presence', () => {
  test('installing and removing are told with the place', async () => {
    await kit.client.install(ana, inPersonal);
    await kit.client.uninstall(ana, inPersonal);
    const place = { scope: 'personal', personId: ana.aadObjectId };
    expect(kit.flow.reached).toMatchObject([
      { what: 'installed', turn: { place } },
      { what: 'removed', turn: { place } },
    ]);
  });

  test.each([
    [{ membersAdded: [{ id: ana.id }] }, ['membersAdded']],
    [{ membersRemoved: [{ id: bot.id }] }, ['removed']],
    [{ membersRemoved: [{ id: ana.id }] }, []],
    [{ channelData: { tenant: { id: tenantId }, eventType: 'channelRenamed' } }, []],
  ])('a conversation update %j is told as %j', async (change, told) => {
    await kit.client.deliver({
      ...kit.client.build.base(ana, '19:channel@thread.tacv2'),
      type: 'conversationUpdate',
      ...change,
    });
    expect(kit.flow.reached.map((r) => (r.kind === 'presence' ? r.what : r.kind))).toEqual(told);
  });

  test.each([
    'messageUpdate',
    'messageDelete',
    'messageReaction',
    'typing',
    'event',
    'endOfConversation',
    'handoff',
    'command',
  ])('%s is ignored on purpose: what was asked stays what was asked', async (type) => {
    const activity = { ...kit.client.build.message(ana, inPersonal, 'on ws-042 run a.ps1 because x'), type };
    expect(await kit.client.deliver(activity)).toEqual({ status: 200, body: null });
    expect(kit.flow.reached).toEqual([]);
  });
});

describe('who is let in', () => {
  const invoke = (change: object) => ({
    ...kit.client.build.base(ana, 'a:1'),
    type: 'invoke',
    name: 'adaptiveCard/action',
    value: { action: { type: 'Action.Execute', verb: 'vote' } },
    ...change,
  });

  /** One activity for each route, so that a new route without one fails here. */
  const oneOf: Record<string, object> = {
    cardAction: { type: 'invoke', name: 'adaptiveCard/action', value: { action: { verb: 'vote' } } },
    search: { type: 'invoke', name: 'application/search', value: {} },
    openDialog: { type: 'invoke', name: 'task/fetch', value: {} },
    submitDialog: { type: 'invoke', name: 'task/submit', value: {} },
    messageAction: { type: 'invoke', name: 'composeExtension/fetchTask', value: {} },
    messageActionSubmit: { type: 'invoke', name: 'composeExtension/submitAction', value: {} },
    fileConsent: { type: 'invoke', name: 'fileConsent/invoke', value: {} },
    otherInvoke: { type: 'invoke', name: 'signin/verifyState', value: {} },
    cardSubmit: { type: 'message', value: { verb: 'vote' } },
    message: { type: 'message', text: 'status' },
    edit: {
      type: 'messageUpdate',
      text: 'status',
      channelData: { tenant: { id: tenantId }, eventType: 'editMessage' },
    },
    installation: { type: 'installationUpdate', action: 'add' },
    membership: { type: 'conversationUpdate', membersAdded: [{ id: '29:x' }] },
    ignored: { type: 'messageUpdate', text: 'status' },
  };

  test('every handler that teams-ai knows is one of our routes (T-7)', () => {
    expect(Object.keys(oneOf)).toEqual(routes.map((route) => route.name));
    const app: unknown = kit.app;
    expect(Reflect.get(app as object, '_routes')).toHaveLength(routes.length);
    expect(Reflect.get(app as object, '_invokeRoutes')).toHaveLength(0);
  });

  test.each(routes.map((route) => route.name))(
    'the route %s lets nobody of another tenant in, and does not answer (T-2, T-7)',
    async (name) => {
      const change = {
        conversation: { id: 'a:1', conversationType: 'personal', tenantId: otherTenantId },
        channelData: { tenant: { id: otherTenantId } },
      };
      const answer = await kit.client.deliver({ ...kit.client.build.base(ana, 'a:1'), ...oneOf[name], ...change });
      expect(answer).toEqual({
        status: 403,
        body: { error: { code: 'foreignTenant', message: 'This sender is not served here.' } },
      });
      expect([kit.flow.reached, kit.replies, kit.connector.calls]).toEqual([[], [], []]);
      expect(warned()).toMatchObject([
        {
          message: 'activity refused',
          refusal: 'foreignTenant',
          person: ana.aadObjectId,
          tenants: [otherTenantId, otherTenantId, null],
        },
      ]);
      expect(kit.refused).toEqual([
        { refusal: 'foreignTenant', personId: ana.aadObjectId, tenantId: otherTenantId, isAuthenticated: true },
      ]);
    },
  );

  test('a guest is told why, in the chat and under the card (T-5)', async () => {
    const sentence =
      'You are a guest or an external participant here, and this bot serves members of its own organisation only. Nothing was done. Please ask a member of the organisation to make the request.';
    const from = { ...ana, userRole: 'guest' };
    await kit.client.deliver({ ...kit.client.build.message(ana, inPersonal, 'status'), from });
    expect(posted()).toEqual([sentence]);
    expect(await kit.client.deliver(invoke({ from }))).toEqual({
      status: 200,
      body: { statusCode: 403, type: 'application/vnd.microsoft.error', value: { code: 'guest', message: sentence } },
    });
    expect(kit.flow.reached).toEqual([]);
  });

  test('nothing is sent to a service address that is not on this machine, in a trial (T-3)', async () => {
    const answer = await kit.client.deliver(invoke({ serviceUrl: 'https://smba.trafficmanager.net/emea/' }));
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'untrustedService' } } });
    expect(warned()).toMatchObject([{ refusal: 'untrustedService', serviceHost: 'smba.trafficmanager.net' }]);
  });
});

describe('over HTTP', () => {
  const send = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    fetch(`${kit.url}/api/messages`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });

  const malformed: Record<string, { readonly body: string; readonly status: number; readonly code: string }> = {
    'half a body': { body: '{"type":', status: 400, code: 'malformedJson' },
    'no body': { body: '', status: 400, code: 'malformedJson' },
    'an empty object': { body: '{}', status: 400, code: 'malformedActivity' },
    'a list': { body: '[]', status: 400, code: 'malformedActivity' },
    null: { body: 'null', status: 400, code: 'malformedActivity' },
    'a type alone': { body: '{"type":"message"}', status: 400, code: 'malformedActivity' },
    'a prototype in disguise': { body: '{"__proto__":{"type":"message"}}', status: 400, code: 'malformedActivity' },
    'deep nesting': { body: '['.repeat(100_000) + ']'.repeat(100_000), status: 400, code: 'malformedActivity' },
    'a body over the limit': { body: JSON.stringify({ text: 'x'.repeat(300_000) }), status: 413, code: 'tooLarge' },
  };

  test.each(Object.keys(malformed))('%s is answered by our own check, with a status and a code', async (what) => {
    const { body = '', ...expected } = malformed[what] ?? {};
    const answer = await send(body);
    expect({ status: answer.status, code: ((await answer.json()) as { error: { code: string } }).error.code }).toEqual(
      expected,
    );
    expect(kit.flow.reached).toEqual([]);
    const audited = { refusal: 'malformedActivity', personId: null, tenantId: null, isAuthenticated: false };
    expect(kit.refused).toEqual(malformed[what]?.code === 'malformedActivity' ? [audited] : []);
  });

  test('a compressed body is not unpacked: a small one could fill the memory', async () => {
    const answer = await send(gzipSync(Buffer.alloc(1_000_000)), { 'content-encoding': 'gzip' });
    expect(answer.status).toBe(415);
  });

  test('health, readiness and metrics answer, other paths do not', async () => {
    const statuses = await Promise.all(
      ['/healthz', '/readyz', '/metrics', '/', '/api/messages'].map(async (path) => [
        path,
        (await fetch(kit.url + path)).status,
      ]),
    );
    expect(statuses).toEqual([
      ['/healthz', 200],
      ['/readyz', 200],
      ['/metrics', 200],
      ['/', 404],
      ['/api/messages', 405],
    ]);
  });

  test('a probe that finds all well is no log line: whoever watches asks every few seconds', async () => {
    for (const path of ['healthz', 'readyz', 'metrics']) expect((await fetch(`${kit.url}/${path}`)).status).toBe(200);
    await systemClock.sleep(5);
    expect(kit.log.lines.filter((line) => line.message === 'request')).toEqual([]);
  });

  test('every request gets an id and, unless it is such a probe, one log line without query, body or header', async () => {
    const answer = await fetch(`${kit.url}/nowhere?token=secret`, { headers: { authorization: 'Bearer secret' } });
    const requestId = answer.headers.get('x-request-id');
    await systemClock.sleep(5);
    expect(kit.log.lines.filter((line) => line.message === 'request')).toMatchObject([
      { requestId, method: 'GET', path: '/nowhere', status: 404 },
    ]);
    expect(JSON.stringify(kit.log.lines)).not.toContain('secret');
  });

  test('an unready service says what is wrong', async () => {
    const other = await startKit({ server: { ready: async () => ['The database cannot be reached.'] } });
    const answer = await fetch(`${other.url}/readyz`);
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 503,
      body: { ready: false, problems: ['The database cannot be reached.'] },
    });
    await other.stop();
  });
});

describe('a stop', () => {
  test('is told first: not ready, and who sends something is asked to send it again, while the turn under way finishes', async () => {
    let finish = () => {};
    const isUnderWay = new Promise<void>((arrived) => {
      kit.flow.echo = () => {
        arrived();
        return new Promise((resolve) => {
          finish = resolve;
        });
      };
    });
    const turn = fetch(`${kit.url}/api/messages`, {
      method: 'POST',
      body: JSON.stringify(kit.client.build.message(ana, inPersonal, 'status')),
    });
    await isUnderWay;
    kit.server.drain();
    const stopped = kit.server.stop();
    const ready = await fetch(`${kit.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, problems: ['The service is stopping.'] }]);
    const late = await fetch(`${kit.url}/api/messages`, { method: 'POST', body: '{}' });
    expect([late.status, await late.json()]).toEqual([
      503,
      { error: { code: 'stopping', message: 'The service is stopping. Please send it again.' } },
    ]);
    expect(kit.flow.reached).toHaveLength(1);
    finish();
    const answer = await turn;
    // Kept alive, the connection would hold up the stop.
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    await stopped;
    await expect(fetch(`${kit.url}/healthz`)).rejects.toThrow();
  });

  test('cuts a turn that does not end in time', async () => {
    const other = await startKit({ server: { stopWithinMs: 5 } });
    const isUnderWay = new Promise<void>((arrived) => {
      other.flow.echo = () => {
        arrived();
        return new Promise(() => {});
      };
    });
    const turn = other.client.say(ana, inPersonal, 'status').catch(() => 'cut');
    await isUnderWay;
    await other.server.stop();
    expect(await turn).toBe('cut');
    await other.connector.stop();
  });
});

test('the buttons of a posted card can be found as people see them', async () => {
  const messageId = await postCard();
  expect(findActions(kit.connector.message(messageId)?.activity.attachments?.[0]?.content)).toMatchObject([
    { title: 'Approve', verb: 'vote' },
  ]);
});
