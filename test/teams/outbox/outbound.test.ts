import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../src/lib/clock';
import type { Place } from '../../../src/request/place';
import { createTeams } from '../../../src/teams/outbox/outbound';
import { maxActivityBytes, toActivity } from '../../../src/teams/outbox/to-activity';
import { TeamsError } from '../../../src/teams/teams';
import type { CardJson, Post } from '../../../src/thread/kit/post';
import { ana, bo, type ConnectorFault, isPost, readThread, tenantId } from '../../fakes/fake-connector';
import { inChannel, inPersonal, type Kit, plainPost, startKit } from '../kit';

let kit: Kit;
beforeEach(async () => {
  kit = await startKit();
});
afterEach(() => kit.stop());

const card = (text: string): CardJson => ({
  type: 'AdaptiveCard',
  version: '1.5',
  body: [{ type: 'TextBlock', text }],
});
const cardPost = (text: string): Post => ({ text: null, mention: null, card: card(text), summary: text });
const bodies = () => kit.connector.calls.map((call) => call.body);

async function placeOf(where: typeof inChannel | typeof inPersonal, person = ana): Promise<Place> {
  await kit.client.say(person, where, 'hello');
  const place = kit.flow.reached.at(-1)?.turn.place;
  if (place === undefined) throw new Error('nothing arrived');
  kit.connector.forgetCalls();
  return place;
}

const failure = async (attempt: Promise<unknown>): Promise<TeamsError> => {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TeamsError)) throw new Error(`a TeamsError was expected, got ${String(error)}`);
  return error;
};

describe('a post', () => {
  test('goes into the thread, with tenant and summary, and gives its id', async () => {
    const place = await placeOf(inChannel);
    const { activityId } = await kit.teams.post(place, cardPost('One card'));
    expect(kit.connector.message(activityId)?.conversationId).toBe(place.conversationId);
    expect(bodies()).toMatchObject([
      {
        type: 'message',
        summary: 'One card',
        channelData: { tenant: { id: tenantId } },
        attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card('One card') }],
      },
    ]);
  });

  test('mentions a person so that the mark occurs in the text letter by letter', async () => {
    const place = await placeOf(inChannel);
    await kit.teams.post(place, {
      ...plainPost('LR-7F3K succeeded.'),
      mention: { id: ana.aadObjectId, tenantId, name: 'Ana <b>[x](https://evil.example)</b> *O’Neil*' },
    });
    const [body] = bodies() as { text: string; entities: { text: string; mentioned: { id: string } }[] }[];
    expect(body?.text).toBe('<at>Ana bx(httpsevil.example)b O’Neil</at> LR-7F3K succeeded.');
    expect(body?.entities).toEqual([
      {
        type: 'mention',
        text: '<at>Ana bx(httpsevil.example)b O’Neil</at>',
        mentioned: { id: ana.aadObjectId, name: 'Ana bx(httpsevil.example)b O’Neil' },
      },
    ]);
    expect(readThread(kit.connector, place.conversationId).at(-1)).toBe(
      'Live Response: @Ana bx(httpsevil.example)b O’Neil LR-7F3K succeeded.',
    );
  });

  test("asks for a notification when a card comes into a person's own chat, not when it is updated or in a channel", async () => {
    const own = await placeOf(inPersonal);
    const { activityId } = await kit.teams.post(own, cardPost('Please decide'));
    await kit.teams.update(own, activityId, cardPost('Decided'));
    await kit.teams.post(await placeOf(inChannel), cardPost('Status'));
    const alerts = kit.connector.calls.map(
      (call) => (call.body as { channelData: { notification?: unknown } }).channelData.notification ?? null,
    );
    expect(alerts).toEqual([null]);
    kit.connector.forgetCalls();
    await kit.teams.post(own, cardPost('Please decide'));
    expect(bodies()).toMatchObject([
      { channelData: { notification: { alert: true } }, recipient: { aadObjectId: ana.aadObjectId } },
    ]);
  });

  test('over 28 KB is not sent: it says so here, and costs no call', async () => {
    const place = await placeOf(inChannel);
    const fits = maxActivityBytes - 1_500;
    expect((await failure(kit.teams.post(place, cardPost('x'.repeat(maxActivityBytes))))).code).toBe('teams.tooLarge');
    expect((await failure(kit.teams.post(place, cardPost('é'.repeat(fits / 2 + 1_000))))).code).toBe('teams.tooLarge');
    expect(kit.connector.calls).toEqual([]);
    await kit.teams.post(place, { ...cardPost('x'.repeat(fits)), summary: 'Long' });
    expect(kit.connector.calls).toHaveLength(1);
  });
});

describe('an update', () => {
  test('changes the message in place', async () => {
    const place = await placeOf(inChannel);
    const { activityId } = await kit.teams.post(place, cardPost('Waiting'));
    await kit.teams.update(place, activityId, cardPost('Finished'));
    expect(readThread(kit.connector, place.conversationId)).toEqual([
      'Ana Analyst: hello',
      'Live Response (edited): Finished',
    ]);
  });

  test('of a message that is gone says exactly that', async () => {
    const place = await placeOf(inChannel);
    const { activityId } = await kit.teams.post(place, cardPost('Waiting'));
    kit.connector.deleteMessage(activityId);
    expect(await failure(kit.teams.update(place, activityId, cardPost('Finished')))).toMatchObject({
      code: 'teams.goneMessage',
      status: 404,
      detail: 'ActivityNotFoundInConversation',
    });
  });
});

describe("a person's own chat", () => {
  test('is opened by object id through a place that is known, and can be written to', async () => {
    const place = await kit.teams.openPersonal(bo.aadObjectId, await placeOf(inChannel));
    expect(place).toMatchObject({
      scope: 'personal',
      personId: bo.aadObjectId,
      tenantId,
      conversationId: kit.connector.personalConversationId(bo.aadObjectId),
    });
    await kit.teams.post(place, cardPost('Please decide'));
    expect(bodies()[0]).toMatchObject({
      isGroup: false,
      members: [{ id: bo.aadObjectId }],
      tenantId,
      channelData: { tenant: { id: tenantId } },
    });
    expect(readThread(kit.connector, place.conversationId)).toEqual(['Live Response: Please decide']);
  });

  test('of somebody who has no such bot is forbidden', async () => {
    const stranger = 'ffffffff-0000-4000-8000-000000000009';
    expect(await failure(kit.teams.openPersonal(stranger, await placeOf(inChannel)))).toMatchObject({
      code: 'teams.forbidden',
      status: 403,
    });
  });

  test('of somebody who blocked the bot is forbidden', async () => {
    const place = await placeOf(inPersonal, bo);
    kit.connector.block(bo.aadObjectId);
    expect(await failure(kit.teams.post(place, cardPost('x')))).toMatchObject({
      code: 'teams.forbidden',
      detail: 'MessageWritesBlocked',
    });
  });
});

describe('what Teams answers', () => {
  const cases: readonly { readonly fault: ConnectorFault; readonly says: object }[] = [
    {
      fault: { type: 'status', status: 429, retryAfterS: 7 },
      says: { code: 'teams.throttled', retryAfterMs: 7_000, status: 429 },
    },
    ...[
      [9_999_999, 600_000],
      [-5, null],
      [0, null],
    ].map(([retryAfterS, retryAfterMs]) => ({
      fault: { type: 'status', status: 429, retryAfterS: Number(retryAfterS) } as const,
      says: { code: 'teams.throttled', retryAfterMs },
    })),
    { fault: { type: 'status', status: 403, code: 'ServiceError' }, says: { code: 'teams.doubtful' } },
    { fault: { type: 'status', status: 404, code: 'NotFound' }, says: { code: 'teams.doubtful' } },
    { fault: { type: 'status', status: 429 }, says: { code: 'teams.throttled', retryAfterMs: null } },
    { fault: { type: 'status', status: 412 }, says: { code: 'teams.throttled' } },
    { fault: { type: 'status', status: 500 }, says: { code: 'teams.unreachable', status: 500 } },
    { fault: { type: 'status', status: 502 }, says: { code: 'teams.unreachable' } },
    {
      fault: { type: 'status', status: 503, retryAfterS: 3 },
      says: { code: 'teams.unreachable', retryAfterMs: 3_000 },
    },
    { fault: { type: 'status', status: 504 }, says: { code: 'teams.unreachable' } },
    { fault: { type: 'status', status: 408 }, says: { code: 'teams.unreachable' } },
    { fault: { type: 'status', status: 401 }, says: { code: 'teams.unreachable', status: 401 } },
    {
      fault: { type: 'status', status: 403, code: 'BotDisabledByAdmin' },
      says: { code: 'teams.forbidden', detail: 'BotDisabledByAdmin' },
    },
    { fault: { type: 'status', status: 404, code: 'ConversationNotFound' }, says: { code: 'teams.goneConversation' } },
    { fault: { type: 'status', status: 413 }, says: { code: 'teams.tooLarge' } },
    { fault: { type: 'status', status: 400, code: 'BadSyntax' }, says: { code: 'teams.refused', detail: 'BadSyntax' } },
    { fault: { type: 'drop', accepted: false }, says: { code: 'teams.unreachable', status: null } },
    { fault: { type: 'drop', accepted: true }, says: { code: 'teams.unreachable', status: null } },
  ];

  test.each(cases)('$fault is told apart, after exactly one attempt', async ({ fault, says }) => {
    const place = await placeOf(inChannel);
    kit.connector.fail({ fault });
    expect(await failure(kit.teams.post(place, plainPost('x')))).toMatchObject(says);
    expect(kit.connector.calls.filter(isPost)).toHaveLength(1);
  });

  test('silence is cut off and may have been heard', async () => {
    const place = await placeOf(inChannel);
    kit.connector.fail({ fault: { type: 'hang' } });
    const hasty = createTeams({ adapter: kit.adapter, clock: systemClock, timeoutMs: 50 });
    expect(await failure(hasty.post(place, plainPost('x')))).toMatchObject({ code: 'teams.unreachable', status: null });
  });

  test.each(['another host', 'the same host'])(
    'a redirect to %s is not followed: our token would travel with it (T-3)',
    async (where) => {
      const visits: (string | undefined)[] = [];
      const listen = async (server: Server) => {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      };
      const elsewhere = createServer((req, res) => {
        visits.push(req.url);
        res.end('{}');
      });
      const elsewhereUrl = await listen(elsewhere);
      const redirecting = createServer((req, res) => {
        if (req.url === '/elsewhere') visits.push(req.url);
        res.statusCode = 307;
        res.setHeader('location', where === 'the same host' ? '/elsewhere' : `${elsewhereUrl}/elsewhere`);
        res.end();
      });
      const place = await placeOf(inChannel);
      const reference = JSON.stringify({
        ...(JSON.parse(place.reference) as object),
        serviceUrl: await listen(redirecting),
      });
      expect(await failure(kit.teams.post({ ...place, reference }, plainPost('x')))).toMatchObject({
        code: 'teams.refused',
        status: 307,
      });
      expect(visits).toEqual([]);
      for (const server of [elsewhere, redirecting]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  );
});

describe('where it is sent', () => {
  test.each(['https://evil.example/', 'https://smba.trafficmanager.net/emea/', 'http://localhost@evil.example/'])(
    'a stored reference to %s is not used in a trial (T-3)',
    async (serviceUrl) => {
      const place = await placeOf(inChannel);
      const reference = JSON.stringify({ ...(JSON.parse(place.reference) as object), serviceUrl });
      expect(await failure(kit.teams.post({ ...place, reference }, plainPost('x')))).toMatchObject({
        code: 'teams.refused',
        detail: 'untrustedServiceUrl',
      });
    },
  );

  test.each(['', '{}', 'null', '{"serviceUrl":7}'])(
    'a stored reference that cannot be read (%j) is refused, not guessed',
    async (reference) => {
      const place = await placeOf(inChannel);
      expect(await failure(kit.teams.post({ ...place, reference }, plainPost('x')))).toMatchObject({
        code: 'teams.refused',
        detail: 'unreadableReference',
      });
    },
  );
});

test('a post without words or card of ours has no text of its own', () => {
  const place: Place = {
    conversationId: 'a:1',
    tenantId,
    scope: 'personal',
    reference: '{}',
    personId: bo.aadObjectId,
  };
  const activity = toActivity(cardPost('A card'), { place, bot: { id: '28:x', name: 'Live Response' }, alert: false });
  expect(activity).not.toHaveProperty('text');
  expect(activity).not.toHaveProperty('entities');
});
