import { ana, bo, channelId, dee, Stage, teamId } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

test.each([
  ['wx-042', 'run collect-logs.ps1', null],
  ['ws-024', 'run collect-logs.ps1', 'ws-042'],
  ['srv-bd-01', 'run collect-logs.ps1', 'srv-db-01'],
])('a misspelt device %s is answered with what it may have meant', async (device, commands, meant) => {
  const thread = await stage.ask(ana, `on ${device} ${commands} because INC-1`);
  expect(stage.thread(thread)).toContain(`Defender knows no device by "${device}"`);
  if (meant === null) expect(stage.thread(thread)).not.toContain('Did you mean');
  else expect(stage.thread(thread)).toMatch(new RegExp(`Did you mean[^?]*"${meant}"`));
  expect(await stage.service.store.countByState()).toEqual({});
});

test('a misspelt device is answered without a suggestion when Defender gives no names', async () => {
  stage.emulator.fault({ route: 'listMachines', fault: { type: 'forbidden' }, nth: 2 });
  const thread = await stage.ask(ana, 'on ws-024 run collect-logs.ps1 because INC-1');
  expect(stage.thread(thread)).toContain('Defender knows no device by "ws-024"');
  expect(stage.thread(thread)).not.toContain('Did you mean');
});

test('an id with one wrong character is answered with the one that was meant, to whoever may see it (T-38)', async () => {
  const thread = await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because INC-1');
  const id = stage.requestId(thread);
  const wrong = `${id.slice(0, -1)}${id.endsWith('2') ? '3' : '2'}`;
  await stage.tell(bo, `status ${wrong}`);
  expect(stage.chat(bo)).toContain(`Did you mean "${id}"?`);
  await stage.tell(bo, `cancel ${wrong}`);
  expect(stage.chat(bo).match(/Did you mean/g)).toHaveLength(2);
  await stage.tell(dee, `status ${wrong}`);
  expect(stage.chat(dee)).toContain(`I know no request "${wrong}"`);
  expect(stage.chat(dee)).not.toContain('Did you mean');
});

test('a team that adds the bot is told who approves, and a person what they may do', async () => {
  await stage.teams.install(ana, { scope: 'channel', teamId, channelId, threadId: null });
  await stage.teams.install(dee, { scope: 'personal' });
  await stage.settle();
  const told = stage.connector.calls
    .map((call) => JSON.stringify(call))
    .find((call) => call.includes('Live Response is here'));
  expect(told).toContain('Bo Approver');
  expect(stage.chat(dee)).toContain('The policy names you neither for asking nor for approving');
  expect(stage.chat(bo)).toContain('To see what waits for your vote, type waiting');
});
