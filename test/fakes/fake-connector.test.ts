import {
  ana,
  bo,
  bot,
  channelId,
  createTeamsClient,
  type FakeConnector,
  readCard,
  readThread,
  startFakeConnector,
  teamId,
  tenantId,
} from './fake-connector';
import { SteppedClock } from './stepped-clock';

let clock: SteppedClock;
let connector: FakeConnector;
beforeEach(async () => {
  clock = new SteppedClock();
  connector = await startFakeConnector({ clock, enforceRates: true, maxBytes: 1_000 });
  connector.addMembers(teamId, [ana, bo]);
});
afterEach(() => connector.stop());

async function call(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${connector.url}/v3/conversations${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: answer.status,
    retryAfter: answer.headers.get('retry-after'),
    body: (await answer.json()) as { id?: string; activityId?: string; error?: { code: string } },
  };
}
const words = (text: string) => ({ type: 'message', text });
const thread = encodeURIComponent(`${channelId};messageid=1`);

test('the eighth message within a second is refused with the time to wait, on request', async () => {
  for (let i = 0; i < 7; i++) expect((await call('POST', `/${thread}/activities`, words('x'))).status).toBe(201);
  expect(await call('POST', `/${thread}/activities`, words('x'))).toMatchObject({ status: 429, retryAfter: '1' });
  clock.advance(1_000);
  expect((await call('POST', `/${thread}/activities`, words('x'))).status).toBe(201);
});

test('a new thread tells its conversation and its first message apart', async () => {
  const { body } = await call('POST', '', {
    isGroup: true,
    channelData: { channel: { id: channelId } },
    activity: words('root'),
  });
  expect(body.id).toBe(`${channelId};messageid=${body.activityId}`);
  expect(readThread(connector, body.id ?? '')).toEqual(['Live Response: root']);
});

test('a message can be updated and deleted, and is then not found', async () => {
  const { body } = await call('POST', `/${thread}/activities`, words('one'));
  await call('PUT', `/${thread}/activities/${body.id}`, words('two'));
  expect(readThread(connector, `${channelId};messageid=1`)).toEqual(['Live Response (edited): two']);
  expect((await call('DELETE', `/${thread}/activities/${body.id}`)).status).toBe(200);
  expect(await call('PUT', `/${thread}/activities/${body.id}`, words('three'))).toMatchObject({
    status: 404,
    body: { error: { code: 'ActivityNotFoundInConversation' } },
  });
});

test('what is too large, malformed or for a stranger is refused as Teams does', async () => {
  expect(await call('POST', `/${thread}/activities`, words('x'.repeat(1_000)))).toMatchObject({
    status: 413,
    body: { error: { code: 'MessageSizeTooBig' } },
  });
  expect(await call('POST', `/${thread}/activities`, [])).toMatchObject({
    status: 400,
    body: { error: { code: 'BadSyntax' } },
  });
  expect(await call('POST', '', { isGroup: false, members: [{ id: '29:nobody' }] })).toMatchObject({
    status: 403,
    body: { error: { code: 'BotNotInConversationRoster' } },
  });
});

test('a roster knows its members by Teams id and by object id, until they leave', async () => {
  const roster = encodeURIComponent(teamId);
  expect(await call('GET', `/${roster}/members/${ana.aadObjectId}`)).toMatchObject({ status: 200, body: ana });
  expect(await call('GET', `/${roster}/members/${encodeURIComponent(bo.id)}`)).toMatchObject({ status: 200, body: bo });
  connector.removeMember(teamId, bo.aadObjectId);
  expect((await call('GET', `/${roster}/members/${bo.aadObjectId}`)).status).toBe(404);
});

test('a roster states role, name and home in full, which activities leave out', async () => {
  connector.addMembers(teamId, [{ ...ana, userRole: 'guest' }]);
  expect((await call('GET', `/${encodeURIComponent(teamId)}/members/${ana.aadObjectId}`)).body).toEqual({
    ...ana,
    objectId: ana.aadObjectId,
    userRole: 'guest',
    userPrincipalName: `${ana.aadObjectId}@contoso.example`,
    tenantId,
  });
  const client = createTeamsClient({ connector, endpoint: 'http://127.0.0.1:1/', tenantId, bot });
  expect(client.build.base({ ...ana, userRole: 'guest' }, 'a:1').from).toEqual(ana);
});

test('members are known in their team, group chat or own chat, and not under the id of a channel or thread', async () => {
  connector.addChannel(teamId, channelId);
  const status = async (rosterId: string) =>
    (await call('GET', `/${encodeURIComponent(rosterId)}/members/${ana.aadObjectId}`)).status;
  const own = connector.personalConversationId;
  expect([await status(own(ana.aadObjectId)), await status(own(bo.aadObjectId))]).toEqual([200, 404]);
  expect([await status(channelId), await status(`${teamId};messageid=7`), await status('19:nowhere')]).toEqual([
    404, 404, 404,
  ]);
});

test('the fifteenth reading of a roster within a second is refused, apart from what is sent', async () => {
  const read = async () => (await call('GET', `/${encodeURIComponent(teamId)}/members/${ana.aadObjectId}`)).status;
  const statuses: number[] = [];
  for (let n = 0; n < 15; n += 1) statuses.push(await read());
  expect(statuses).toEqual([...Array(14).fill(200), 429]);
  expect((await call('POST', `/${thread}/activities`, words('one'))).status).toBe(201);
});

test('a person writes into a channel as Teams marks it up', () => {
  connector.addChannel(teamId, channelId);
  const client = createTeamsClient({ connector, endpoint: 'http://127.0.0.1:1/', tenantId, bot });
  const activity = client.build.message(
    ana,
    { scope: 'channel', teamId, channelId, threadId: '7' },
    'run a.ps1 <x> & y\nbecause z',
  );
  expect(activity).toMatchObject({
    text: '<at>Live Response</at> run a.ps1 <x> & y\nbecause z\n',
    conversation: { id: `${channelId};messageid=7`, conversationType: 'channel' },
    channelData: { tenant: { id: tenantId }, team: { id: teamId }, channel: { id: channelId } },
    entities: [{ type: 'mention', mentioned: bot, text: '<at>Live Response</at>' }, { type: 'clientInfo' }],
    attachments: [
      {
        contentType: 'text/html',
        content:
          '<p><span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">Live Response</span>&nbsp;run a.ps1 &lt;x&gt; &amp; y<br>because z</p>',
      },
    ],
  });
  expect(activity.conversation).not.toHaveProperty('tenantId');
});

test('a card reads from top to bottom, without what is hidden', () => {
  const card = {
    type: 'AdaptiveCard',
    body: [
      { type: 'TextBlock', text: 'Request' },
      { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: 'run ' }, 'a.ps1'] },
      { type: 'FactSet', facts: [{ title: 'Device', value: 'ws-042' }] },
      {
        type: 'Container',
        items: [
          {
            type: 'ColumnSet',
            columns: [
              { items: [{ type: 'TextBlock', text: 'left' }] },
              { items: [{ type: 'TextBlock', text: 'right' }] },
            ],
          },
        ],
      },
      { type: 'TextBlock', text: 'secret', isVisible: false },
      { type: 'Input.Text', id: 'reason', label: 'Reason', value: 'why' },
    ],
    actions: [
      { type: 'Action.Execute', title: 'Approve' },
      {
        type: 'Action.ShowCard',
        title: 'Deny',
        card: { type: 'AdaptiveCard', body: [{ type: 'TextBlock', text: 'Say why' }] },
      },
    ],
  };
  expect(readCard(card).split('\n')).toEqual([
    'Request',
    'run a.ps1',
    'Device: ws-042',
    'left  right',
    'Reason: [why]',
    '[Approve] [Deny]',
    'Say why',
  ]);
});
