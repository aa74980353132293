import { type Admission, admit, type Envelope, readEnvelope, toRawMessage } from '../../../src/teams/inbound/inbound';
import { type Cloud, isTrustedServiceUrl } from '../../../src/teams/service-url';

const tenantId = '8f1c2d3e-0000-4000-8000-000000000001';
const otherTenantId = '8f1c2d3e-0000-4000-8000-00000000000f';
const serviceUrl = 'https://smba.trafficmanager.net/emea/8f1c2d3e-0000-4000-8000-000000000001/';
const whole = {
  type: 'message',
  id: '1700000000001',
  channelId: 'msteams',
  serviceUrl,
  from: { id: '29:ana', name: ' Ana Analyst ', aadObjectId: 'A0000000-0000-4000-8000-000000000001' },
  recipient: { id: '28:bot', name: 'Live Response' },
  conversation: { id: '19:channel@thread.tacv2;messageid=42', conversationType: 'channel', isGroup: true },
  channelData: {
    tenant: { id: tenantId },
    team: { id: '19:team@thread.tacv2' },
    channel: { id: '19:channel@thread.tacv2' },
  },
  text: '<at>Live Response</at> status',
  textFormat: 'plain',
  locale: 'en-GB',
};

type Change = Readonly<Record<string, unknown>>;
const envelope = (change: Change = {}): Envelope => {
  const read = readEnvelope({ ...whole, ...change });
  if (!read.ok) throw new Error(`not an envelope: ${read.error.field}`);
  return read.value;
};
const strict: Admission = {
  cloud: 'public',
  tenantIds: [tenantId.toUpperCase()],
  allowSharedChannels: false,
  tokenTenantId: null,
};
const admitted = (change: Change = {}, more: Partial<Admission> = {}) =>
  admit(envelope(change), { ...strict, ...more }, 1_000);

test('an admitted activity says who, where and when, in our own words', () => {
  expect(admitted({ entities: [{ type: 'clientInfo', timezone: 'Europe/Amsterdam' }] })).toEqual({
    ok: true,
    value: {
      activityId: '1700000000001',
      tenantId,
      person: { id: 'a0000000-0000-4000-8000-000000000001', tenantId, name: 'Ana Analyst' },
      place: {
        conversationId: '19:channel@thread.tacv2;messageid=42',
        tenantId,
        scope: 'channel',
        reference: JSON.stringify({
          serviceUrl,
          bot: { id: '28:bot', name: 'Live Response' },
          rosterId: '19:team@thread.tacv2',
        }),
        personId: null,
      },
      replyToId: null,
      at: 1_000,
      timezone: 'Europe/Amsterdam',
    },
  });
});

test("a personal chat belongs to the sender's object id, whatever else the activity claims", () => {
  const turn = admitted({ conversation: { id: 'a:1', conversationType: 'personal', tenantId } });
  expect(turn).toMatchObject({
    ok: true,
    value: { place: { scope: 'personal', personId: 'a0000000-0000-4000-8000-000000000001' } },
  });
});

test.each<[string, Change, string, 400 | 403]>([
  ['another tenant (T-2)', { channelData: { tenant: { id: otherTenantId } } }, 'foreignTenant', 403],
  [
    'two tenants that differ (T-2)',
    { conversation: { ...whole.conversation, tenantId: otherTenantId } },
    'tenantsDisagree',
    403,
  ],
  ['no tenant', { channelData: {} }, 'noTenant', 400],
  ['no channel data', { channelData: null }, 'noTenant', 400],
  [
    'a service address that is not Teams (T-3)',
    { serviceUrl: 'https://smba.trafficmanager.net.evil.example/' },
    'untrustedService',
    403,
  ],
  ['no object id (T-11)', { from: { id: '29:ana', name: 'Ana' } }, 'noObjectId', 400],
  [
    'an e-mail address as object id (T-11)',
    { from: { id: '29:ana', aadObjectId: 'ana@contoso.example' } },
    'noObjectId',
    400,
  ],
  ['a bot', { from: { ...whole.from, id: '28:other' } }, 'notAPerson', 403],
  ['a skill', { from: { ...whole.from, role: 'skill' } }, 'notAPerson', 403],
  ['a guest by role (T-5)', { from: { ...whole.from, userRole: 'guest' } }, 'guest', 403],
  [
    'a guest by name (T-5)',
    { from: { ...whole.from, userPrincipalName: 'bo_fabrikam.example#EXT#@contoso.example' } },
    'guest',
    403,
  ],
  [
    'a person of another tenant in a shared channel (T-5)',
    { from: { ...whole.from, tenantId: otherTenantId } },
    'guest',
    403,
  ],
  [
    'a message that an app wrote in a person’s name',
    { channelData: { ...whole.channelData, onBehalfOf: [{ mri: '29:ana' }] } },
    'notAPerson',
    403,
  ],
  ['an agent with a user account', { from: { ...whole.from, role: 'agenticUser' } }, 'notAPerson', 403],
  ['an anonymous participant', { from: { ...whole.from, userRole: 'anonymous' } }, 'guest', 403],
])('%s is turned away', (_what, change, type, status) => {
  expect(admitted(change)).toMatchObject({ ok: false, error: { type, status } });
});

describe('the tenant of the verified token (T-2)', () => {
  test('agrees with what the activity states, in any case of letters', () => {
    expect(admitted({}, { tokenTenantId: tenantId.toUpperCase() })).toMatchObject({ ok: true, value: { tenantId } });
  });

  test.each<[string, Change, string, string]>([
    ['differs from a served one', {}, otherTenantId, 'tenantsDisagree'],
    [
      'is ours, but the activity states another',
      { channelData: { tenant: { id: otherTenantId } } },
      tenantId,
      'tenantsDisagree',
    ],
    ['is foreign and the activity states none', { channelData: null }, otherTenantId, 'foreignTenant'],
  ])('%s: turned away', (_what, change, tokenTenantId, type) => {
    expect(admitted(change, { tokenTenantId })).toMatchObject({ ok: false, error: { type } });
  });
});

describe('a channel that is shared with others (T-5)', () => {
  const inKind = (type: unknown) => ({
    channelData: { ...whole.channelData, channel: { id: '19:c@thread.tacv2', type } },
  });
  const both = { tenantIds: [tenantId, otherTenantId], allowSharedChannels: true };

  test.each(['shared', 'Shared', 'SHARED', 'federated'])('kind %s is refused with a reason unless allowed', (kind) => {
    const refused = admitted(inKind(kind));
    expect(refused).toMatchObject({ ok: false, error: { type: 'sharedChannel', status: 403 } });
    expect(refused.ok ? null : refused.error.answer).toBe(
      'This channel is shared with other teams or organisations, and this bot is not used in such channels unless its administrator allows it. Nothing was done. Please write to it in a standard channel or in its own chat.',
    );
    expect(admitted(inKind(kind), { allowSharedChannels: true })).toMatchObject({ ok: true, value: { tenantId } });
  });

  test.each(['standard', 'regular', 'private', '', null, undefined])('kind %j is not one', (kind) => {
    expect(admitted(inKind(kind))).toMatchObject({ ok: true });
  });

  test('allowing it lets no person of a tenant in that is not served, nor a guest', () => {
    const foreigner = { ...inKind('shared'), from: { ...whole.from, tenantId: otherTenantId } };
    expect(admitted(foreigner, { allowSharedChannels: true })).toMatchObject({ ok: false, error: { type: 'guest' } });
    const guest = { ...inKind('shared'), from: { ...whole.from, userRole: 'guest' } };
    expect(admitted(guest, { allowSharedChannels: true })).toMatchObject({ ok: false, error: { type: 'guest' } });
  });

  test('a person of another served tenant comes in only where it is allowed, and as a person of their own tenant', () => {
    const visitor = { ...inKind('shared'), from: { ...whole.from, tenantId: otherTenantId.toUpperCase() } };
    expect(admitted(visitor, both)).toMatchObject({
      ok: true,
      value: { tenantId, person: { tenantId: otherTenantId }, place: { tenantId } },
    });
    const elsewhere = { from: { ...whole.from, tenantId: otherTenantId } };
    expect(admitted(elsewhere, { ...both, allowSharedChannels: false })).toMatchObject({
      ok: false,
      error: { type: 'guest' },
    });
  });
});

test('only a guest, whose tenant is ours, is told why', () => {
  const guest = admitted({ from: { ...whole.from, userRole: 'guest' } });
  expect(guest.ok ? null : guest.error.answer).toBe(
    'You are a guest or an external participant here, and this bot serves members of its own organisation only. Nothing was done. Please ask a member of the organisation to make the request.',
  );
  const foreign = admitted({
    channelData: { tenant: { id: otherTenantId } },
    from: { ...whole.from, userRole: 'guest' },
  });
  expect(foreign.ok ? null : foreign.error.answer).toBeNull();
});

describe('without a list of tenants', () => {
  const tried = (cloud: Cloud, change: Change = {}) =>
    admit(envelope({ serviceUrl: 'http://127.0.0.1:4000/', ...change }), { ...strict, cloud, tenantIds: null }, 1_000);

  test('a trial serves any tenant of this machine, and nobody whose own tenant is another', () => {
    expect(tried('trial')).toMatchObject({ ok: true, value: { tenantId } });
    expect(tried('trial', { channelData: { tenant: { id: otherTenantId } } })).toMatchObject({
      ok: true,
      value: { tenantId: otherTenantId },
    });
    expect(tried('trial', { from: { ...whole.from, tenantId: otherTenantId } })).toMatchObject({
      ok: false,
      error: { type: 'guest' },
    });
    expect(tried('trial', { serviceUrl })).toMatchObject({ ok: false, error: { type: 'untrustedService' } });
  });

  test('nobody is served anywhere else (T-2)', () => {
    expect(tried('public', { serviceUrl })).toMatchObject({ ok: false, error: { type: 'foreignTenant' } });
  });
});

test.each<[string, unknown, string]>([
  ['nothing', undefined, 'the body'],
  ['a list', [], 'the body'],
  ['a word', 'hello', 'the body'],
  ['an empty object', {}, 'type'],
  ['a type alone', { type: 'message' }, 'channelId'],
  ['a type that is a number', { ...whole, type: 5 }, 'type'],
  ['another channel', { ...whole, channelId: 'directline' }, 'channelId'],
  ['no sender', { ...whole, from: undefined }, 'from'],
  ['a sender that is a word', { ...whole, from: 'ana' }, 'from'],
  ['an object id that is a list', { ...whole, from: { id: '29:ana', aadObjectId: ['x'] } }, 'from.aadObjectId'],
  ['no recipient', { ...whole, recipient: undefined }, 'recipient'],
  ['no conversation', { ...whole, conversation: undefined }, 'conversation'],
  [
    'an unknown kind of conversation',
    { ...whole, conversation: { id: 'x', conversationType: 'meeting' } },
    'conversation.conversationType',
  ],
  [
    'a conversation id of 3,000 characters',
    { ...whole, conversation: { ...whole.conversation, id: 'x'.repeat(3_000) } },
    'conversation.id',
  ],
  ['no service address', { ...whole, serviceUrl: undefined }, 'serviceUrl'],
  ['no id', { ...whole, id: undefined }, 'id'],
  ['text that is an object', { ...whole, text: {} }, 'text'],
  ['a tenant that is a number', { ...whole, channelData: { tenant: { id: 7 } } }, 'channelData.tenant.id'],
  [
    'a list in whose name it is said that is none',
    { ...whole, channelData: { onBehalfOf: 'ana' } },
    'channelData.onBehalfOf',
  ],
])('%s is not an activity', (_what, body, field) => {
  expect(readEnvelope(body)).toEqual({ ok: false, error: { field } });
});

/** The store cuts text at NUL, and what cannot be seen makes two ids look like one (T-18). */
describe('hidden characters', () => {
  const fields: Readonly<Record<string, (hidden: string) => Change>> = {
    type: (h) => ({ type: `message${h}` }),
    id: (h) => ({ id: `1700${h}` }),
    name: (h) => ({ name: `adaptiveCard/action${h}` }),
    serviceUrl: (h) => ({ serviceUrl: serviceUrl + h }),
    'from.id': (h) => ({ from: { ...whole.from, id: `29:ana${h}` } }),
    'from.aadObjectId': (h) => ({ from: { ...whole.from, aadObjectId: whole.from.aadObjectId + h } }),
    'from.tenantId': (h) => ({ from: { ...whole.from, tenantId: tenantId + h } }),
    'recipient.id': (h) => ({ recipient: { id: `28:bot${h}` } }),
    'conversation.id': (h) => ({ conversation: { ...whole.conversation, id: `19:x${h}y` } }),
    'conversation.tenantId': (h) => ({ conversation: { ...whole.conversation, tenantId: tenantId + h } }),
    'channelData.tenant.id': (h) => ({ channelData: { tenant: { id: tenantId + h } } }),
    'channelData.team.id': (h) => ({ channelData: { ...whole.channelData, team: { id: `19:t${h}` } } }),
    'channelData.channel.type': (h) => ({ channelData: { ...whole.channelData, channel: { type: `shared${h}` } } }),
    replyToId: (h) => ({ replyToId: `17${h}` }),
  };
  const hidden = ['\0', '\n', '\u001b', '\u007f', '\u0085', '\u200b', '\u202e', '\u2028', '\ufeff', '\ud800', '\ue000'];

  test.each(Object.keys(fields))('in %s make it no activity', (field) => {
    for (const h of hidden)
      expect(readEnvelope({ ...whole, ...fields[field]?.(h) })).toEqual({ ok: false, error: { field } });
  });

  test('in a name are the business of whoever shows it', () => {
    expect(admitted({ from: { ...whole.from, name: 'Ana\u202e' } })).toMatchObject({
      ok: true,
      value: { person: { name: 'Ana\u202e' } },
    });
  });
});

test('a typed message keeps its HTML copy and the exact mentions of this bot, and no one else’s', () => {
  const message = toRawMessage(
    envelope({
      entities: [
        { type: 'mention', mentioned: { id: '28:bot' }, text: '<at>Live Response</at>' },
        { type: 'mention', mentioned: { id: '29:bo' }, text: '<at>Bo</at>' },
        { type: 'mention', mentioned: null, text: 7 },
      ],
      attachments: [
        { contentType: 'image/png', content: null },
        { contentType: 'text/html', content: '<p>status</p>' },
      ],
    }),
  );
  expect(message).toEqual({
    text: '<at>Live Response</at> status',
    textFormat: 'plain',
    html: '<p>status</p>',
    botMentions: ['<at>Live Response</at>'],
    quotedIds: [],
    isForward: false,
  });
});

test('the messages that a message quotes or forwards are known by their ids', () => {
  const message = toRawMessage(
    envelope({
      entities: [
        { type: 'quotedReply', quotedReply: { messageId: '1700000000001', senderName: 'Bo' } },
        { type: 'quotedReply', quotedReply: { messageId: 7 } },
        { type: 'quotedReply' },
      ],
      attachments: [{ contentType: 'forwardedMessageReference', content: '{}' }],
    }),
  );
  expect(message).toMatchObject({ quotedIds: ['1700000000001'], isForward: true });
});

describe('a service address (T-3)', () => {
  test.each([
    'https://smba.trafficmanager.net/emea/',
    'https://SMBA.trafficmanager.net/amer/8f1c2d3e/',
    'https://smba.trafficmanager.net:443/teams/',
  ])('%s is Teams', (url) => {
    expect(isTrustedServiceUrl(url, 'public')).toBe(true);
  });

  test.each([
    '',
    'smba.trafficmanager.net',
    'http://smba.trafficmanager.net/emea/',
    'https://smba.trafficmanager.net.evil.example/',
    'https://evil.example/smba.trafficmanager.net',
    'https://smba.trafficmanager.net@evil.example/',
    'https://user:word@smba.trafficmanager.net/',
    'https://smba.trafficmanager.net:8443/',
    'https://xsmba.trafficmanager.net/',
    'https://smba.trafficmanager.net./',
    'https://smbа.trafficmanager.net/',
    'https://smba.trafficmanager.net/?next=https://evil.example',
    'https://13.107.6.1/',
    'https://[::1]/',
    'https://2130706433/',
    'http://127.0.0.1:3978/',
    'http://localhost:56150/_connector',
    'file:///etc/passwd',
    'https://storage.blob.core.windows.net/',
    'https://smba.infra.gov.teams.microsoft.us/teams/',
  ])('%s is not', (url) => {
    expect(isTrustedServiceUrl(url, 'public')).toBe(false);
  });

  test('a trial takes this machine and nothing else', () => {
    expect(isTrustedServiceUrl('http://localhost:56150/_connector', 'trial')).toBe(true);
    expect(isTrustedServiceUrl('http://127.0.0.1:56150/_connector', 'trial')).toBe(true);
    for (const url of [
      'https://smba.trafficmanager.net/emea/',
      'http://127.0.0.1.evil.example/',
      'http://localhost@evil.example/',
      'http://10.0.0.1/',
      'http://0.0.0.0/',
    ]) {
      expect(isTrustedServiceUrl(url, 'trial')).toBe(false);
    }
  });

  test('each government cloud has its own host', () => {
    expect(isTrustedServiceUrl('https://smba.infra.gov.teams.microsoft.us/teams/', 'gccHigh')).toBe(true);
    expect(isTrustedServiceUrl('https://smba.infra.dod.teams.microsoft.us/teams/', 'dod')).toBe(true);
    expect(isTrustedServiceUrl('https://smba.infra.gcc.teams.microsoft.com/teams/', 'gcc')).toBe(true);
    expect(isTrustedServiceUrl('https://smba.trafficmanager.net/emea/', 'gccHigh')).toBe(false);
  });
});
