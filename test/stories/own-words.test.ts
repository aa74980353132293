import { cy, findActions } from '../fakes/fake-connector';
import { ana, Stage, type TeamsPerson } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const request = 'on ws-042 run collect-logs.ps1 because INC-1';
const here = { scope: 'personal' } as const;

/** Says it in the person's own chat, as their client may change it. */
async function send(from: TeamsPerson, text: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const { status } = await stage.teams.deliver({ ...stage.teams.build.message(from, here, text), ...change });
  expect(status).toBe(200);
  await stage.settle();
}
const markup = (content: string) => ({ attachments: [{ contentType: 'text/html', content }] });

test('a message that only forwards a request asks for nothing and says why', async () => {
  const quote = `<blockquote itemtype="http://schema.skype.com/Forward"><p>${request}</p></blockquote>`;
  await send(ana, request, markup(quote));
  expect(stage.chat(ana)).toContain("This holds somebody else's message and no words of yours, so nothing was asked.");
  expect(await stage.service.store.countByState()).toEqual({});
});

test('own words behind the placeholder of a quoted message are read', async () => {
  const entities = [{ type: 'quotedReply', quotedReply: { messageId: '1700000000001' } }];
  await send(ana, `<quoted messageId="1700000000001"/> ${request}`, { attachments: [], entities });
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
});

test("a command of the console is answered with the way that goes and, for those with a part in the policy, the device's page", async () => {
  const pages = (person: TeamsPerson) =>
    stage.connector
      .messages(stage.connector.personalConversationId(person.aadObjectId))
      .flatMap(({ activity }) => activity.attachments ?? [])
      .flatMap(({ content }) => findActions(content as Record<string, unknown>))
      .filter(({ type }) => type === 'Action.OpenUrl');
  await stage.tell(ana, 'on ws-042 isolate because INC-1');
  expect(stage.chat(ana)).toContain('"isolate" works only in Defender\'s own console.');
  expect(pages(ana)).toMatchObject([
    { url: expect.stringMatching(/^https:\/\/security\.microsoft\.com\/machines\/v2\/[0-9a-f]{40}$/) },
  ]);
  await stage.tell(
    { ...cy, aadObjectId: 'a0000000-0000-4000-8000-00000000dddd', id: '29:nobody' },
    'on ws-042 isolate because INC-1',
  );
  expect(pages({ ...cy, aadObjectId: 'a0000000-0000-4000-8000-00000000dddd' })).toEqual([]);
});
