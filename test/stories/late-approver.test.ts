import { ana, bo, cy, Stage, seedExample } from './stage';

let stage: Stage;
afterEach(() => stage.close());

test('an approver who adds the bot after a request was made gets its card, and it counts', async () => {
  stage = await Stage.open({ installed: [cy] });
  await stage.ask(ana, seedExample);
  await stage.teams.install(bo, { scope: 'personal' });
  await stage.settle();
  expect(stage.submissions).toHaveLength(0);
  await stage.approve(bo);
  expect(stage.submissions).toHaveLength(1);
});

test('an approver who adds the bot anew gets the card anew, and only the newest counts', async () => {
  stage = await Stage.open();
  await stage.ask(ana, seedExample);
  const first = stage.cardFor(bo);
  await stage.teams.install(bo, { scope: 'personal' });
  await stage.settle();
  expect(stage.cardFor(bo).id).not.toBe(first.id);
  await stage.press(bo, first, 'Approve');
  expect(stage.submissions).toHaveLength(0);
  await stage.approve(bo);
  expect(stage.submissions).toHaveLength(1);
});

test('a decided request is not shown to who adds the bot afterwards', async () => {
  stage = await Stage.open();
  await stage.ask(ana, seedExample);
  await stage.approve(bo);
  const before = stage.connector.messages(stage.connector.personalConversationId(cy.aadObjectId)).length;
  await stage.teams.install(cy, { scope: 'personal' });
  await stage.settle();
  const after = stage.connector.messages(stage.connector.personalConversationId(cy.aadObjectId));
  expect(after).toHaveLength(before + 1);
  expect(() => stage.cardFor(cy)).toThrow('No card with Approve');
});
