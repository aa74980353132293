import { minutes } from '../../../src/lib/clock';
import type { BotIdentity } from '../../../src/teams/inbound/adapter';
import type { RosterOptions } from '../../../src/teams/inbound/roster';
import { routes } from '../../../src/teams/inbound/routes';
import {
  ana,
  appId,
  bo,
  channelId,
  cy,
  isMemberRead,
  isPost,
  type TeamsPerson,
  teamId,
  tenantId,
} from '../../fakes/fake-connector';
import { LocalIssuer } from '../../fakes/local-issuer';
import { SteppedClock } from '../../fakes/stepped-clock';
import { inChannel, inPersonal, type Kit, startKit } from '../kit';

const identity: BotIdentity = { type: 'UserAssignedMsi', appId, tenantId };
const otherTenantId = '99999999-0000-4000-8000-000000000009';
const gus: TeamsPerson = { id: '29:gus', name: 'Gus Guest', aadObjectId: 'a0000000-0000-4000-8000-00000000000a' };
const chatId = '19:group@thread.v2';
const inChat = { scope: 'groupChat', chatId } as const;

const before = { endpoint: process.env.IDENTITY_ENDPOINT, header: process.env.IDENTITY_HEADER };
let issuer: LocalIssuer;
beforeAll(async () => {
  issuer = await new LocalIssuer().start();
  process.env.IDENTITY_ENDPOINT = issuer.managedIdentityUrl;
  process.env.IDENTITY_HEADER = 'header';
});
afterAll(async () => {
  await issuer.stop();
  for (const [name, value] of [
    ['IDENTITY_ENDPOINT', before.endpoint],
    ['IDENTITY_HEADER', before.header],
  ] as const) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});
const kits: Kit[] = [];
afterEach(async () => {
  for (const kit of kits.splice(0)) await kit.stop();
});

/** The real thing: signed activities, a managed identity, and the roster asked. */
async function open(roster: Partial<RosterOptions> = {}): Promise<Kit> {
  const kit = await startKit({
    adapter: { identity, issuer },
    authorize: (a) => issuer.bearer({ aud: appId, serviceurl: a.serviceUrl }),
    roster,
  });
  kits.push(kit);
  return kit;
}
const asked = (kit: Kit) => kit.connector.calls.filter(isMemberRead).map((call) => call.path);
const said = (kit: Kit) => kit.connector.calls.filter(isPost).map((call) => (call.body as { text?: string }).text);
const memberPath = (rosterId: string, person: TeamsPerson) => `/v3/conversations/${rosterId}/members/${person.id}`;
/** A click in the person's own chat. */
const click = (kit: Kit, person: TeamsPerson) =>
  kit.client.deliver({
    ...kit.client.build.base(person, kit.connector.personalConversationId(person.aadObjectId)),
    type: 'invoke',
    name: 'adaptiveCard/action',
    value: { action: { verb: 'vote', data: { token: 't' } } },
  });

const guestSentence =
  'You are a guest or an external participant here, and this bot serves members of its own organisation only. Nothing was done. Please ask a member of the organisation to make the request.';
const unknownSentence =
  'I could not check with Teams whether you are a member of this organisation or a guest, so nothing was done. Please try again in a minute; if it stays so, write to me in my own chat, and tell your administrator.';

describe('who acts is asked of the roster that knows them (T-5)', () => {
  test('a member is let in, and asked for once a place: in a channel in the roster of its team', async () => {
    const kit = await open();
    kit.connector.addMembers(chatId, [ana]);
    const { conversationId } = await kit.client.say(ana, inChannel, 'status');
    await kit.client.say(ana, inChannel, 'status');
    await kit.client.say(ana, inPersonal, 'status');
    await click(kit, ana);
    await kit.client.say(ana, inChat, 'status');
    expect(conversationId).toContain(channelId);
    expect(asked(kit)).toEqual([
      memberPath(teamId, ana),
      memberPath(kit.connector.personalConversationId(ana.aadObjectId), ana),
      memberPath(chatId, ana),
    ]);
    expect(kit.flow.reached.map((r) => r.kind)).toEqual(['message', 'message', 'message', 'action', 'message']);
    expect(kit.refused).toEqual([]);
  });

  test('many clicks at once wait for one answer', async () => {
    const kit = await open();
    await Promise.all([1, 2, 3, 4, 5].map(() => click(kit, bo)));
    expect([asked(kit).length, kit.flow.reached.length]).toEqual([1, 5]);
  });

  const outsiders: Readonly<Record<string, Partial<TeamsPerson>>> = {
    'a guest by role': { userRole: 'guest' },
    'a guest by name alone': { userPrincipalName: 'gus_fabrikam.example#EXT#@contoso.example' },
    'a member of another organisation': { tenantId: otherTenantId },
  };

  test.each(Object.keys(outsiders))('%s can neither ask nor vote, though the activity does not tell', async (who) => {
    const kit = await open();
    const guest = { ...gus, ...outsiders[who] };
    kit.connector.addMembers(teamId, [guest]);
    await kit.client.say(guest, inChannel, 'on ws-042 run a.ps1 because x');
    await kit.client.say(guest, inPersonal, 'pause because x');
    const clicked = await click(kit, guest);
    await kit.client.deliver({ ...kit.client.build.message(guest, inPersonal, ''), value: { verb: 'vote' } });
    expect(kit.flow.reached).toEqual([]);
    expect(said(kit)).toEqual([guestSentence, guestSentence, guestSentence]);
    expect(clicked).toEqual({
      status: 200,
      body: {
        statusCode: 403,
        type: 'application/vnd.microsoft.error',
        value: { code: 'guest', message: guestSentence },
      },
    });
    expect(kit.refused).toEqual(
      [1, 2, 3, 4].map(() => ({ refusal: 'guest', personId: gus.aadObjectId, tenantId, isAuthenticated: true })),
    );
  });

  test('every way to act is behind the roster, and only what is no act is not', async () => {
    expect(routes.filter((route) => !route.acts).map((route) => route.name)).toEqual([
      'otherInvoke',
      'installation',
      'membership',
      'ignored',
    ]);
    const kit = await open();
    kit.connector.fail({ fault: { type: 'status', status: 500 }, matches: isMemberRead });
    await kit.client.install(ana, inPersonal);
    await kit.client.uninstall(ana, inPersonal);
    expect(kit.flow.reached.map((r) => (r.kind === 'presence' ? r.what : r.kind))).toEqual(['installed', 'removed']);
    expect(asked(kit)).toEqual([]);
  });
});

describe('a roster that cannot be read lets nobody in', () => {
  const faults = {
    'is throttled': { type: 'status', status: 429, code: 'Throttled', retryAfterS: 5 },
    'forbids it': { type: 'status', status: 403, code: 'BotNotInConversationRoster' },
    'does not know them': { type: 'status', status: 404, code: 'MemberNotFoundInConversation' },
    'calls it a bad request': { type: 'status', status: 400, code: 'MemberNotFoundInConversation' },
    fails: { type: 'status', status: 502 },
    'cuts the line': { type: 'drop', accepted: false },
    'says nothing': { type: 'hang' },
  } as const;

  test.each(Object.keys(faults) as (keyof typeof faults)[])('when Teams %s, and says what to do', async (what) => {
    const kit = await open({ timeoutMs: what === 'says nothing' ? 60 : 2_000 });
    kit.connector.fail({ fault: faults[what], matches: isMemberRead, times: 2 });
    await kit.client.say(ana, inPersonal, 'status');
    expect(await click(kit, ana)).toEqual({
      status: 200,
      body: {
        statusCode: 500,
        type: 'application/vnd.microsoft.error',
        value: { code: 'unknownMember', message: unknownSentence },
      },
    });
    expect([said(kit), kit.flow.reached]).toEqual([[unknownSentence], []]);
    expect(kit.refused).toEqual(
      [1, 2].map(() => ({ refusal: 'unknownMember', personId: ana.aadObjectId, tenantId, isAuthenticated: true })),
    );
    // One attempt each, and no failure is kept.
    expect(asked(kit)).toHaveLength(2);
    await click(kit, ana);
    expect([asked(kit).length, kit.flow.reached.length]).toEqual([3, 1]);
    expect(JSON.stringify(kit.log.lines)).not.toMatch(/eyJ|Bearer|managed-identity-token/);
  });

  test('when it says neither role nor name', async () => {
    const kit = await open();
    kit.connector.addMembers(teamId, [{ ...gus, userRole: '' as 'user', userPrincipalName: '' }]);
    await click(kit, gus);
    expect([kit.flow.reached, kit.refused[0]?.refusal]).toEqual([[], 'unknownMember']);
  });

  test('when it answers for somebody else', async () => {
    const kit = await open();
    const inTeam = kit.client.build.message(ana, { ...inChannel, threadId: '1' }, 'status');
    await kit.client.deliver({ ...inTeam, from: { ...ana, aadObjectId: gus.aadObjectId } });
    expect([kit.flow.reached, kit.refused[0]?.refusal]).toEqual([[], 'unknownMember']);
  });

  test('when a person is not in the team', async () => {
    const kit = await open();
    await kit.client.say(gus, inChannel, 'status');
    expect([kit.flow.reached, said(kit)]).toEqual([[], [unknownSentence]]);
  });
});

describe('what the roster said', () => {
  test('is asked again after ten minutes, and at once when the clock was set back', async () => {
    const clock = new SteppedClock();
    const kit = await open({ clock });
    await click(kit, ana);
    clock.advance(minutes(10) - 1);
    await click(kit, ana);
    expect(asked(kit)).toHaveLength(1);
    kit.connector.addMembers(teamId, [{ ...ana, userRole: 'guest' }]);
    clock.advance(1);
    expect((await click(kit, ana)).body).toMatchObject({ value: { code: 'guest' } });
    await click(kit, ana);
    expect([asked(kit).length, kit.flow.reached.length]).toEqual([2, 2]);
    clock.advance(-1);
    await click(kit, ana);
    expect(asked(kit)).toHaveLength(3);
  });

  test('is kept for so many people only: the oldest answer makes room', async () => {
    const kit = await open({ maxKept: 2 });
    for (const person of [ana, bo, cy, cy, bo, ana]) await click(kit, person);
    expect(asked(kit)).toHaveLength(4);
    expect(kit.flow.reached).toHaveLength(6);
  });
});
