import { hours } from '../../src/lib/clock';
import type { InboundActivity } from '../../trial/teams/connector-activities';
import { ana, policyOf, Stage } from './stage';

const own = { scope: 'personal' } as const;
const wanted = 'on ws-042 run minidump.ps1 OfficeClickToRun because INC-1042 triage';
let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open({ policy: policyOf() });
});
afterEach(() => stage.close());

async function send(activity: InboundActivity): Promise<void> {
  await stage.teams.deliver(activity);
  await stage.settle();
}

const say = async (text: string): Promise<InboundActivity> => {
  const message = stage.teams.build.message(ana, own, text);
  await send(message);
  return message;
};
const edit = (message: InboundActivity, text: string): Promise<void> =>
  send(stage.teams.build.edit(message, ana, own, text));

const asked = (): number =>
  new Set(
    stage
      .chat(ana)
      .match(/LR-[A-Z0-9]{4,}/g)
      ?.filter((id) => id !== 'LR-7F3K'),
  ).size;

test('an edit that corrects a message that was refused is read as a new message, once', async () => {
  const message = await say('on ws-042 run minidmp.ps1 OfficeClickToRun because INC-1042 triage');
  expect(asked()).toBe(0);
  await edit(message, wanted);
  expect(asked()).toBe(1);
  await edit(message, wanted);
  expect(asked()).toBe(1);
});

test('an edit of a message that made a request changes nothing, and is told once for each wording', async () => {
  const message = await say(wanted);
  const before = stage.requestId(stage.connector.personalConversationId(ana.aadObjectId));
  const edited = 'on ws-043 run minidump.ps1 OfficeClickToRun because INC-1042 triage';
  await edit(message, edited);
  await edit(message, edited);
  expect(asked()).toBe(1);
  expect(stage.chat(ana)).toContain(before);
  expect(stage.chat(ana).split('The edit changed nothing')).toHaveLength(2);
});

test('an edit that leaves the words as they were, as a preview of a link makes one, is not answered', async () => {
  const message = await say(wanted);
  const before = stage.chat(ana);
  await edit(message, wanted);
  expect(stage.chat(ana)).toBe(before);
});

test('a message that comes after its own edit is not read beside it', async () => {
  const message = stage.teams.build.message(ana, own, wanted);
  await edit(message, 'on ws-043 run minidump.ps1 OfficeClickToRun because INC-1042 triage');
  await send(message);
  expect(asked()).toBe(1);
});

test('an edit of a typed decision changes nothing', async () => {
  await say('on ws-042 run minidump.ps1 OfficeClickToRun because INC-1042 triage');
  const id = stage.requestId(stage.connector.personalConversationId(ana.aadObjectId));
  const message = await say(`cancel ${id} because I picked the wrong device`);
  await edit(message, wanted);
  expect(asked()).toBe(1);
  expect(stage.chat(ana)).toContain('The edit changed nothing');
});

test('an edit of a message of days ago is told that it is too old, and is not read', async () => {
  const message = await say('on ws-042 run minidmp.ps1 OfficeClickToRun because INC-1042 triage');
  stage.clock.advance(hours(49));
  await edit(message, wanted);
  expect(asked()).toBe(0);
  expect(stage.chat(ana)).toContain('You edited a message of more than two days ago');
});
