import { minutes } from '../../src/lib/clock';
import { readActivity } from '../fakes/fake-connector';
import { ana, bo, dee, Stage, seedExample, wordsOf } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const nothingStored = async (): Promise<void> => {
  expect(await stage.service.store.countByState()).toEqual({});
  expect(stage.submissions).toEqual([]);
};

test.each([
  ['an unknown word', 'runn collect-logs.ps1', 'You may have meant run'],
  ['an unknown device', 'on ws-999 run collect-logs.ps1 because x', 'Defender knows no device by "ws-999"'],
  ['a wrong order', 'on ws-042; getfile C:\\a.txt; run collect-logs.ps1; because x', 'run collect-logs.ps1'],
  ['an unknown script', 'on ws-042 run collect-log.ps1 because x', 'Did you mean "collect-logs.ps1"?'],
  ['a forbidden argument character', 'on ws-042 run collect-logs.ps1 a|b because x', '|'],
  ['a path that leads elsewhere', 'on ws-042 getfile C:\\a\\..\\b.txt because x', '..'],
  ['no reason', 'on ws-042 run collect-logs.ps1', 'reason'],
  ['no command', 'on ws-042 because x', 'command'],
  ['a hidden character in an argument', 'on ws-042 run collect-logs.ps1 a\u202eb because x', '\\u{202e}'],
  ['arguments longer than any script takes', `on ws-042 run collect-logs.ps1 ${'a'.repeat(2_001)} because x`, '2 000'],
  ['an id that is none', 'status LR-!!', 'LR-'],
  ['a request that nobody knows', 'status LR-ZZZZ', 'I know no request "LR-ZZZZ"'],
  ['too much text', 'on ws-042 '.repeat(2_000), 'long'],
])('%s gets one clear answer and stores nothing', async (_name, text, words) => {
  const thread = await stage.ask(ana, text);
  const answers = stage.connector.messages(thread).filter((m) => m.from === 'bot');
  expect(answers).toHaveLength(1);
  expect(stage.thread(thread)).toContain(words);
  await nothingStored();
});

test('a mention without words is answered with what to do', async () => {
  const thread = await stage.ask(ana, '');
  expect(stage.thread(thread)).toContain('help');
  await nothingStored();
});

test('who may not ask is told so, before Defender is read', async () => {
  const thread = await stage.ask(dee, seedExample);
  expect(stage.thread(thread)).toContain('the policy does not name you as a requester');
  expect(stage.emulator.journal).toEqual([]);
  await nothingStored();
});

test('an ambiguous name is a question with choices, and the choice makes the request', async () => {
  const thread = await stage.ask(ana, 'on kiosk run collect-logs.ps1 because INC-5');
  expect(stage.thread(thread)).toContain('kiosk.berlin.contoso.com');
  expect(stage.thread(thread)).toContain('kiosk.paris.contoso.com');
  await nothingStored();
  const question = stage.cardIn(thread, 'Device 2');
  await stage.press(ana, question, 'Device 2');
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
  expect(readActivity(stage.cardFor(bo).activity)).toMatch(/kiosk\.(berlin|paris)\.contoso\.com/);
});

test('a message that Teams changed is shown as it was understood, and stored only once confirmed', async () => {
  const thread = await stage.ask(ana, 'on ws-042 run minidump.ps1 “Office Click” because INC-6');
  expect(stage.thread(thread)).toContain('Is this what you mean?');
  await nothingStored();
  await stage.press(ana, stage.cardIn(thread, 'Yes, ask for approval'), 'Yes, ask for approval');
  expect(readActivity(stage.cardFor(bo).activity)).toContain('"Office Click"');
});

test('the form makes the same request as the text, and keeps the input when something is wrong', async () => {
  const thread = await stage.ask(ana, 'new');
  const form = stage.cardIn(thread, 'Ask for approval');
  const wrong = await stage.press(ana, form, 'Ask for approval', {
    device: 'ws-042',
    name1: 'procdump.zip',
    name2: 'minidumb.ps1',
    args2: 'OfficeClickToRun',
    reason: 'INC-1042',
  });
  expect(wordsOf(wrong)).toContain('Did you mean');
  expect(wordsOf(wrong)).toContain('minidumb.ps1');
  expect(wordsOf(wrong)).toContain('INC-1042');
  await nothingStored();
  const sent = await stage.press(ana, form, 'Ask for approval', {
    device: 'ws-042',
    name1: 'procdump.zip',
    name2: 'minidump.ps1',
    args2: 'OfficeClickToRun',
    reason: 'INC-1042',
  });
  expect(wordsOf(sent)).toContain('Your request is stored');
  const card = readActivity(stage.cardFor(bo).activity);
  expect(card).toContain('procdump.zip');
  expect(card).toContain('OfficeClickToRun');
});

test('the help card opens the form', async () => {
  const thread = await stage.ask(ana, 'help');
  await stage.press(ana, stage.cardIn(thread, 'New request'), 'New request');
  expect(() => stage.cardIn(thread, 'Ask for approval')).not.toThrow();
});

test('a message that Teams delivers twice is one request', async () => {
  const message = stage.teams.build.message(ana, { scope: 'personal' }, seedExample);
  const answers = await Promise.all([stage.teams.deliver(message), stage.teams.deliver(message)]);
  await stage.settle();
  expect(answers.map((a) => a.status)).toEqual([200, 200]);
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
});

test('Defender being away is told as that, and nothing is stored', async () => {
  stage.emulator.fault({ route: 'listMachines', fault: { type: 'forbidden' }, times: Number.POSITIVE_INFINITY });
  const thread = await stage.ask(ana, seedExample);
  expect(stage.thread(thread)).toContain('lacks a permission');
  await nothingStored();
});

test('queue, device, library, status and whoami answer whom the policy names', async () => {
  const thread = await stage.ask(ana, 'library mini');
  for (const text of ['queue', 'device ws-042', 'whoami', 'status']) await stage.reply(ana, thread, text);
  const said = stage.thread(thread);
  for (const words of [
    'minidump.ps1',
    'No request is waiting',
    'ws-042.contoso.com',
    ana.aadObjectId,
    'No open requests',
  ])
    expect(said).toContain(words);
  await stage.reply(dee, thread, 'device dc-01');
  expect(stage.thread(thread)).not.toContain('dc-01.contoso.com');
});

test('a malformed activity is refused before anything of ours runs, and the next one is served', async () => {
  for (const body of [
    '{',
    '[]',
    '{}',
    '"x"',
    JSON.stringify({ type: 'message' }),
    JSON.stringify({ ...stage.teams.build.message(ana, { scope: 'personal' }, 'help'), from: { id: 5 } }),
  ]) {
    const { status } = await stage.teams.deliver(body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  }
  await stage.tell(ana, 'whoami');
  expect(stage.chat(ana)).toContain(ana.aadObjectId);
});

test('what cannot be shown whole on one card is not asked', async () => {
  const args = '\u5b57'.repeat(1_450);
  const lines = [1, 2, 3, 4].map(() => `run collect-logs.ps1 ${args}`);
  const thread = await stage.ask(ana, `on ws-042\n${lines.join('\n')}\nbecause INC-1`);
  expect(stage.thread(thread)).toContain('too long to be shown whole on one card');
  await nothingStored();
});

test('a form whose button is pressed twice before the answer is seen makes one request', async () => {
  const thread = await stage.ask(ana, 'new');
  const form = stage.cardIn(thread, 'Ask for approval');
  const filled = { device: 'ws-042', name2: 'collect-logs.ps1', reason: 'INC-7' };
  const action = stage.action(form, 'Ask for approval');
  const click = () =>
    stage.teams.click(ana, form.id, { verb: String(action?.verb), data: { ...(action?.data as object), ...filled } });
  const answers = await Promise.all([click(), click()]);
  await stage.settle();
  expect(answers.map((a) => a.status)).toEqual([200, 200]);
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
});

test('an unknown device and an unknown script are told at once', async () => {
  const thread = await stage.ask(ana, 'on ws-999 run collect-log.ps1 because x');
  for (const words of ['Defender knows no device by "ws-999"', 'Did you mean "collect-logs.ps1"?'])
    expect(stage.thread(thread)).toContain(words);
});

test('a form with an unknown device and an unknown script counts both', async () => {
  await stage.tell(ana, 'new');
  const filled = { device: 'ws-999', name2: 'collect-log.ps1', reason: 'INC-7' };
  const answer = await stage.press(ana, stage.cardFor(ana, 'Ask for approval'), 'Ask for approval', filled);
  expect(wordsOf(answer)).toContain('2 things to fix below');
});

test('the queue shows what waits for approval, and says that nothing waits only where nothing does', async () => {
  await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because x');
  await stage.tell(bo, 'queue');
  expect(stage.chat(bo)).not.toContain('No request is waiting or under way');
  expect(stage.chat(bo)).toContain('0 requests under way, none waiting, 1 waiting for approval');
});

describe('a card that was used', () => {
  const filled = { device: 'ws-042', name2: 'collect-logs.ps1', reason: 'INC-7' };
  const used = async (thread: string) =>
    `This card was already used for ${stage.requestId(thread)}, so nothing new was requested.`;
  const refusals = async () =>
    (await stage.service.store.auditRows())
      .filter(({ what }) => what === 'refused')
      .map(({ detail }) => detail.refusal);

  test('and is pressed again half an hour later, after a restart, says for which request, and that is audited', async () => {
    const thread = await stage.ask(ana, 'new');
    const form = stage.cardIn(thread, 'Ask for approval');
    expect(wordsOf(await stage.press(ana, form, 'Ask for approval', filled))).toContain('Your request is stored');
    stage.clock.advance(minutes(30));
    await stage.restart();
    expect(wordsOf(await stage.press(ana, form, 'Ask for approval', filled))).toContain(await used(thread));
    expect(wordsOf(await stage.press(ana, form, 'Ask for approval', filled))).not.toContain('is stored');
    expect(await refusals()).toEqual(['cardUsed', 'cardUsed']);
    expect((await stage.service.store.recentRequests({}, 5)).length).toBe(1);
  });

  test('asks for what is new on it: other content, or another person', async () => {
    const thread = await stage.ask(ana, 'new');
    const form = stage.cardIn(thread, 'Ask for approval');
    await stage.press(ana, form, 'Ask for approval', filled);
    const other = await stage.press(ana, form, 'Ask for approval', { ...filled, device: 'ws-043' });
    expect(wordsOf(other)).toContain('Your request is stored');
    await stage.press(bo, form, 'Ask for approval', { ...filled, device: 'srv-db-01' });
    const asked = await stage.service.store.recentRequests({}, 5);
    expect(asked.map(({ request }) => request.requester.name)).toEqual([bo.name, ana.name, ana.name]);
  });

  test.each([
    ['a choice between devices', 'on kiosk run collect-logs.ps1 because INC-1', 'Device 1'],
    ['a warning', 'on ws-042 run collect-logs.ps1 -Verbose because INC-1', 'Ask for approval anyway'],
    [
      'a question whether it is meant so',
      'on ws-042 run minidump.ps1 “Office Click” because INC-6',
      'Yes, ask for approval',
    ],
  ])('as %s says for which request', async (_what, text, title) => {
    const thread = await stage.ask(ana, text);
    const card = stage.cardIn(thread, title);
    expect(wordsOf(await stage.press(ana, card, title))).toContain('Your request is stored');
    expect(wordsOf(await stage.press(ana, card, title))).toContain(await used(thread));
    expect((await stage.service.store.recentRequests({}, 5)).length).toBe(1);
  });

  test('asks for nothing that another card of the same words has asked for, as long as that is open', async () => {
    const text = 'on ws-042 run collect-logs.ps1 -Verbose because INC-1';
    const title = 'Ask for approval anyway';
    const thread = await stage.ask(ana, text);
    const first = stage.cardIn(thread, title);
    await stage.reply(ana, thread, text);
    const second = stage.cardIn(thread, title);
    expect(second.id).not.toBe(first.id);
    await stage.press(ana, first, title);
    const id = stage.requestId(thread);
    expect(wordsOf(await stage.press(ana, second, title))).toContain(
      `You have asked for exactly this with another card, and ${id} is still open, so nothing new was requested.`,
    );
    expect(await refusals()).toEqual(['askedAlready']);
    await stage.reply(ana, thread, `cancel ${id}`);
    expect(wordsOf(await stage.press(ana, second, title))).toContain('Your request is stored');
    expect(wordsOf(await stage.press(ana, first, title))).toContain('This card was already used');
  });

  test('by a press that Teams delivers twice, at once or much later, gives the first answer twice', async () => {
    const thread = await stage.ask(ana, 'new');
    const form = stage.cardIn(thread, 'Ask for approval');
    const action = stage.action(form, 'Ask for approval');
    const data = { ...(action?.data as object), ...filled };
    const activity = stage.teams.build.execute(ana, form.id, { verb: String(action?.verb), data });
    const first = await stage.teams.deliver(activity);
    await stage.settle();
    stage.clock.advance(minutes(5));
    const second = await stage.teams.deliver(activity);
    expect(wordsOf(first)).toContain('Your request is stored');
    expect(second.body).toEqual(first.body);
    expect(await refusals()).toEqual([]);
  });
});

test('a choice between devices shows the group of each, which lists leave out', async () => {
  const thread = await stage.ask(ana, 'device kiosk');
  expect(stage.thread(thread).match(/Workstations/g)).toHaveLength(2);
});
