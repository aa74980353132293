import { minutes, seconds } from '../../src/lib/clock';
import { readActivity } from '../fakes/fake-connector';
import { ana, bo, cy, dee, policyOf, Stage, wordsOf } from './stage';

let stage: Stage;
const open = async (policy = policyOf({ requesters: [ana, bo], approvers: [bo, cy] })): Promise<void> => {
  stage = await Stage.open({ policy });
};
afterEach(() => stage.close());

const run = (device: string, incident: string): string => `on ${device} run collect-logs.ps1 because ${incident}`;

/** Twelve devices, each with one undecided request of Ana's in one thread. */
async function askTwelve(): Promise<string> {
  for (let i = 0; i < 12; i++)
    stage.emulator.addDevice({ machine: { computerDnsName: `war-${i}.contoso.com` }, connectDelayMs: seconds(5) });
  const thread = await stage.ask(ana, 'whoami');
  for (let i = 0; i < 12; i++) {
    await stage.reply(ana, thread, run(`war-${i}`, `INC-${i}`));
    await stage.pass(seconds(3));
  }
  return thread;
}

test('a long list is read page by page, in place of the page before', async () => {
  await open();
  const thread = await askTwelve();
  await stage.reply(ana, thread, 'status');
  const list = stage.cardIn(thread, 'Next page');
  expect(readActivity(list.activity)).toContain('12 open requests');
  expect(readActivity(list.activity)).toContain('Page 1 of 2.');
  const second = await stage.press(ana, list, 'Next page');
  expect(wordsOf(second)).toContain('Page 2 of 2.');
  expect(wordsOf(second)).toContain('war-0.contoso.com');
  expect(wordsOf(second)).not.toContain('war-11.contoso.com');
  expect(stage.connector.messages(thread).filter((m) => readActivity(m.activity).includes('Page 2 of 2.'))).toEqual([]);
});

test('a page shows no more to the person who turns it than the word would', async () => {
  await open();
  const thread = await stage.ask(ana, 'library');
  await stage.reply(ana, thread, run('ws-042', 'INC-1'));
  const any = stage.connector.messages(thread).findLast((m) => m.from === 'bot');
  for (const list of ['queue', 'library', 'reviews']) {
    const data = { list, about: null, page: 1 };
    const answer = await stage.teams.click(dee, String(any?.id), { verb: 'list.page', data });
    expect(wordsOf(answer)).toContain('only to people whom the policy names');
  }
  const data = { list: 'history', about: 'ws-042', page: 1 };
  const answer = await stage.teams.click(dee, String(any?.id), { verb: 'list.page', data });
  expect(wordsOf(answer)).toContain('only to people whom the policy names');
});

test('a look-up that finds no device does not speak of what is stored', async () => {
  stage = await Stage.open();
  await stage.tell(ana, 'history nothere');
  expect(stage.chat(ana)).toContain('Defender knows no device by "nothere". Try its full name');
});

test('the history of a device tells what was asked on it and how it ended, from anywhere', async () => {
  await open();
  const first = await stage.ask(ana, run('ws-042', 'INC-1'));
  await stage.approve(bo);
  await stage.pass(minutes(1));
  await stage.reply(ana, first, run('ws-042', 'INC-2'));
  await stage.ask(ana, run('ws-043', 'INC-3'));
  await stage.tell(cy, 'history ws-042');
  const told = stage.chat(cy);
  expect(told).toContain('History: 2 requests');
  expect(told).toMatch(/The command ran, in [\s\S]*Ended at/);
  expect(told).not.toMatch(/History[\s\S]*ws-043/);
  await stage.tell(dee, 'history ws-042');
  expect(stage.chat(dee)).toContain('only to people whom the policy names');
});

test('a history of an ambiguous name is a question, and the choice answers it', async () => {
  await open();
  const thread = await stage.ask(ana, 'history kiosk');
  const question = stage.cardIn(thread, 'Device 2');
  expect(wordsOf(await stage.press(ana, question, 'Device 2'))).toContain('No requests so far');
});

test('the history of a conversation holds what was asked in it and nothing else', async () => {
  await open();
  await stage.ask(ana, run('ws-043', 'INC-3'));
  const thread = await stage.ask(ana, run('ws-042', 'INC-1'));
  await stage.reply(dee, thread, 'history');
  const [, told = ''] = stage.thread(thread).split('History: ');
  expect(told).toContain('1 request');
  expect(told).not.toContain('ws-043');
});

test('mine lists all of my requests in my own chat, and elsewhere only those asked there (T-38)', async () => {
  await open();
  await stage.ask(ana, run('ws-043', 'INC-3'));
  const thread = await stage.ask(ana, run('ws-042', 'INC-1'));
  await stage.reply(ana, thread, 'mine');
  const [, here = ''] = stage.thread(thread).split('Your requests: ');
  expect(here).toContain('1 open');
  expect(here).toContain('ws-042');
  expect(here).not.toContain('ws-043');
  await stage.tell(ana, 'mine');
  expect(stage.chat(ana)).toContain('Your requests: 2 open, none ended');
  // Their client says that they are in Amsterdam.
  expect(stage.chat(ana)).toMatch(/Decide by .* CET\./);
  expect(here).toMatch(/Decide by .* UTC\./);
});

test('an approver opens what waits from their own chat, and decides on the card that comes', async () => {
  await open();
  await stage.ask(ana, run('ws-042', 'INC-1'));
  const before = stage.cardFor(cy);
  await stage.tell(cy, 'waiting');
  const id = stage.requestId(stage.connector.personalConversationId(cy.aadObjectId));
  const inbox = stage.cardFor(cy, `Open ${id}`);
  expect(readActivity(inbox.activity)).toContain('1 request waits for your vote');
  await stage.press(cy, inbox, `Open ${id}`);
  const opened = stage.cardFor(cy);
  expect(opened.id).not.toBe(before.id);
  expect(wordsOf(await stage.press(cy, before, 'Approve'))).toContain('no longer valid');
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
  await stage.press(cy, opened, 'Approve');
  await stage.tell(cy, 'waiting');
  expect(stage.chat(cy)).toContain('Nothing waits for your vote');
  expect(stage.submissions).toHaveLength(1);
});

test('every card of a request follows it or says that a newer one does, wherever and however it was posted', async () => {
  await open();
  const thread = await stage.ask(ana, run('ws-042', 'INC-1'));
  const id = stage.requestId(thread);
  for (const text of ['waiting', `status ${id}`, `status ${id}`]) await stage.tell(cy, text);
  await stage.press(cy, stage.cardFor(cy, `Open ${id}`), `Open ${id}`);
  await stage.tell(ana, `status ${id}`);
  await stage.reply(ana, thread, `status ${id}`);
  await stage.approve(bo);
  await stage.pass(minutes(3));
  const places = [thread, ...[ana, bo, cy].map((p) => stage.connector.personalConversationId(p.aadObjectId))];
  const messages = places.flatMap((place) => stage.connector.messages(place).map(({ activity }) => activity));
  const ofIt = messages.filter((activity) => readActivity(activity).includes(id));
  expect(ofIt.length).toBeGreaterThanOrEqual(8);
  const live = ofIt.filter((activity) => /vote\.|request\.cancel|Waiting for/.test(JSON.stringify(activity)));
  expect(live.map(readActivity)).toEqual([expect.stringContaining('1 request waits for your vote')]);
  expect(stage.chat(cy).match(/A newer card below replaces this one/g)).toHaveLength(2);
});

test('a reader card takes no vote, by its buttons or by words where only it was shown', async () => {
  await open();
  const thread = await stage.ask(ana, run('ws-042', 'INC-1'));
  const id = stage.requestId(thread);
  const elsewhere = await stage.ask(bo, `status ${id}`);
  expect(stage.thread(elsewhere)).toMatch(/waiting for approval/i);
  expect(() => stage.cardIn(elsewhere, 'Approve')).toThrow();
  await stage.reply(bo, elsewhere, `approve ${id}`);
  expect(stage.submissions).toEqual([]);
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
});

test('a request that is opened by somebody who has no vote in it is shown as status shows it', async () => {
  await open();
  const thread = await stage.ask(ana, run('ws-042', 'INC-1'));
  const id = stage.requestId(thread);
  await stage.tell(ana, 'whoami');
  const [any] = stage.connector.messages(stage.connector.personalConversationId(ana.aadObjectId));
  await stage.teams.click(ana, String(any?.id), { verb: 'request.open', data: { requestId: id } });
  await stage.settle();
  expect(stage.chat(ana)).toContain('waiting for approval');
  expect(() => stage.cardFor(ana)).toThrow('No card with Approve');
  const stranger = await stage.teams.click(dee, String(any?.id), { verb: 'request.open', data: { requestId: id } });
  expect(wordsOf(stranger)).toContain('I know no request');
});
