import { minutes, seconds } from '../../src/lib/clock';
import { ana, bo, channelId, cy, Stage, seedExample, teamId, wordsOf } from './stage';

let stage: Stage;
afterEach(() => stage?.close());

const run = 'on ws-042 run collect-logs.ps1 because INC-1';

/** Asked in a thread of its own, and every card is where it belongs. */
async function asked(text: string): Promise<string> {
  const thread = await stage.ask(ana, text);
  await stage.pass(seconds(5));
  return thread;
}

test('a thread whose first message is deleted is still told everything, and its card still follows', async () => {
  stage = await Stage.open();
  const thread = await asked(run);
  stage.connector.deleteMessage(thread.split('messageid=')[1] ?? '');
  await stage.approve(bo);
  await stage.pass(minutes(1));
  const told = stage.thread(thread);
  expect(told).toContain('[Hashes, ids, rule]');
  // The card, which follows, and the end.
  expect(told.match(/the command ran, in/g)).toHaveLength(2);
  expect(told).toContain('exit 0)');
});

describe('a bot that was removed from the channel', () => {
  test('tells whoever asked in their own chat, says so once, and loses neither result nor file', async () => {
    stage = await Stage.open({ installed: [ana, bo] });
    const thread = await asked(seedExample);
    const id = stage.requestId(thread);
    stage.connector.block(channelId);
    await stage.approve(bo);
    await stage.pass(minutes(2), seconds(2));
    const chat = stage.chat(ana);
    expect(chat.match(/I cannot write where/g)).toHaveLength(1);
    expect(chat).toContain(
      `I cannot write where ${id} was asked: Teams answered 403 MessageWritesBlocked. The request goes on; what I would say there comes here, and status ${id} shows how it stands.`,
    );
    expect(chat).toMatch(/@Ana Analyst LR-\w+[\s\S]*all 3 commands ran, in /);
    // The end comes once, and later results are edited into it.
    expect(chat.match(/@Ana Analyst LR-/g)).toHaveLength(1);
    expect(chat).toContain('51 MB');
    await stage.press(ana, stage.cardFor(ana, 'Send me the file'), 'Send me the file');
    expect(wordsOf(await stage.press(ana, stage.cardFor(ana, 'Send me the file'), 'Send me the file'))).toContain(
      'I offer it in your own chat',
    );
  });

  test('tells the thread again once it is back', async () => {
    stage = await Stage.open({ installed: [ana, bo] });
    const thread = await asked(run);
    stage.connector.block(channelId);
    await stage.approve(bo);
    stage.connector.unblock(channelId);
    await stage.teams.install(ana, { scope: 'channel', teamId, channelId, threadId: null });
    await stage.pass(minutes(1));
    expect(stage.thread(thread)).toContain('@Ana Analyst LR-');
    expect(stage.chat(ana)).not.toContain('@Ana Analyst LR-');
  });

  test('says nothing to somebody else, and nothing twice to whoever cannot be reached either', async () => {
    stage = await Stage.open({ installed: [ana, bo, cy] });
    await asked(run);
    stage.connector.block(channelId);
    stage.connector.block(ana.aadObjectId);
    await stage.approve(bo);
    await stage.pass(minutes(2), seconds(2));
    expect(stage.submissions).toHaveLength(1);
    expect(stage.chat(cy)).not.toContain('I cannot write where');
    const tried = stage.connector.calls.filter(({ body }) => JSON.stringify(body).includes('I cannot write where'));
    expect(tried).toHaveLength(1);
  });
});

test('an approver who has left is not waited for: the thread says who was not reached, and another decides', async () => {
  stage = await Stage.open();
  stage.connector.block(bo.aadObjectId);
  const thread = await asked(run);
  expect(stage.thread(thread)).toMatch(
    /I could not send LR-\w+ to Bo Approver in their own chat: Teams answered 403 MessageWritesBlocked\. They can decide/,
  );
  await stage.approve(cy);
  expect(stage.submissions).toHaveLength(1);
});

test('an approver whose chat answers 500 is told of in the thread after minutes', async () => {
  stage = await Stage.open({ installed: [ana, bo] });
  const ids: string[] = [];
  stage.connector.fail({
    fault: { type: 'status', status: 500, code: 'ServiceError' },
    matches: ({ path, body }) =>
      path.includes(stage.connector.personalConversationId(bo.aadObjectId)) &&
      JSON.stringify(body).includes('first-case'),
  });
  const first = await asked('on ws-042 run collect-logs.ps1 because first-case');
  ids.push(stage.requestId(first));
  await stage.pass(minutes(10), seconds(10));
  expect(stage.thread(first)).toContain(
    `I have not reached Bo Approver with ${ids[0]} in their own chat so far: Teams answered 500 ServiceError. I go on trying. They can decide on the card in this conversation.`,
  );
});

test('a result message that Teams refuses is replaced by a plain sentence that says how to get it', async () => {
  stage = await Stage.open();
  stage.connector.fail({
    fault: { type: 'status', status: 413, code: 'MessageSizeTooBig' },
    matches: ({ body }) => JSON.stringify(body).includes('<at>') && !JSON.stringify(body).includes('could not show'),
  });
  const thread = await asked(run);
  const id = stage.requestId(thread);
  await stage.approve(bo);
  await stage.pass(minutes(1));
  expect(stage.thread(thread)).toContain(
    `I could not show a message about ${id} here: Teams answered 413 MessageSizeTooBig. Type status ${id} to see how it stands.`,
  );
});

test('a tenant that moves to another region is told the rest of its requests at the address that new activities state', async () => {
  stage = await Stage.open();
  const thread = await asked(run);
  stage.connector.moveRegion();
  await stage.approve(bo);
  await stage.pass(minutes(1));
  expect(stage.thread(thread)).toContain('exit 0)');
});

test('a requester who has left is still approved for and told of, in the thread where others read', async () => {
  stage = await Stage.open();
  const thread = await asked(run);
  stage.connector.removeMember(teamId, ana.aadObjectId);
  stage.connector.block(ana.aadObjectId);
  await stage.approve(bo);
  await stage.pass(minutes(1));
  expect(stage.thread(thread)).toContain('exit 0)');
});

test('a button of a release that there is no more says so, does nothing, and the request can still be decided', async () => {
  stage = await Stage.open();
  await asked(run);
  const card = stage.cardFor(bo);
  const old = await stage.teams.click(bo, card.id, { verb: 'request.approve', data: { id: 'LR-7F3K' } });
  expect(wordsOf(old)).toContain(
    'I do not know this button, so nothing was done. The card may be from an older version',
  );
  expect(stage.submissions).toEqual([]);
  await stage.approve(bo);
  expect(stage.submissions).toHaveLength(1);
});
