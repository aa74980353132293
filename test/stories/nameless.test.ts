import { ana, bo, channelId, cy, policyOf, Stage, seedExample, teamId } from './stage';

let stage: Stage;
afterEach(() => stage.close());

/** Teams leaves the name out of some activities. */
const nameless = <P extends { readonly name: string }>(person: P): P => ({ ...person, name: '' });
/** Without names, so that only what was seen before can tell. */
const ids = (policy: string): string => policy.replaceAll(/\{ id: (\S+), name: [^}]*\}/g, '$1');

test('a vote without a name is told, audited and sent to Defender under the name that the person’s chat had', async () => {
  stage = await Stage.open({ policy: ids(policyOf()) });
  const thread = await stage.ask(ana, seedExample);
  await stage.approve(nameless(bo));
  await stage.pass(5_000);
  expect(stage.thread(thread)).toContain(bo.name);
  expect(stage.thread(thread)).not.toContain('Unnamed');
  expect(stage.submissions.join()).toContain(`approved by ${bo.name}`);
  await stage.restart();
  const again = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-7');
  await stage.approve(nameless(bo));
  expect(stage.thread(again)).not.toContain('Unnamed');
});

test('a request without a name carries the name of the policy', async () => {
  stage = await Stage.open();
  const { conversationId } = await stage.teams.say(
    nameless(ana),
    { scope: 'channel', teamId, channelId, threadId: null },
    seedExample,
  );
  await stage.settle();
  expect(stage.thread(conversationId)).not.toContain('Unnamed');
  expect(stage.chat(cy)).toContain(ana.name);
});
