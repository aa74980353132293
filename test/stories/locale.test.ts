import { minutes, seconds } from '../../src/lib/clock';
import { findActions, readCard } from '../fakes/fake-connector';
import { ana, bo, channelId, Stage, seedExample, type TeamsPerson, teamId } from './stage';

let stage: Stage;
let thread: string;
let id: string;
afterEach(() => stage?.close());

const german = { locale: 'de-DE', localTimezone: 'Europe/Berlin' };
const ownChat = { scope: 'personal' } as const;
/** The collected file of the seed's example is a little more than eight kilobytes. */
const forEveryone = /Collected 8\.\d KB \(8 \d{3} bytes\)/;
const forGermans = /Collected 8,\d KB \(8\.\d{3} bytes\)/;

async function collect(): Promise<void> {
  stage = await Stage.open({ installed: [ana, bo] });
  thread = await stage.ask(ana, seedExample);
  id = stage.requestId(thread);
  await stage.pass(seconds(5));
  await stage.approve(bo);
  await stage.pass(minutes(2), seconds(2));
}

async function writesInGerman(person: TeamsPerson, text: string): Promise<void> {
  await stage.teams.deliver({ ...stage.teams.build.message(person, ownChat, text), ...german });
  await stage.settle();
}

test('sizes and counts stand in the reader’s own way where they read alone, and in one that nobody can misread where others read along', async () => {
  await collect();
  await stage.reply(ana, thread, `result ${stage.requestId(thread)} 3`);
  expect(stage.thread(thread)).toMatch(forEveryone);
  await writesInGerman(ana, `result ${id} 3`);
  expect(stage.chat(ana)).toMatch(forGermans);
  await writesInGerman(ana, `on ws-042 run collect-logs.ps1 ${'a'.repeat(2_001)} because x`);
  expect(stage.chat(ana)).toContain('2.001 characters long and 2.000 is the most I accept');

  await writesInGerman(ana, 'pause because INC-7 a script may be tampered with');
  await writesInGerman(ana, 'resume');
  expect(stage.chat(ana)).toMatch(
    /You paused at 2\. März 2026, \d\d:\d\d MEZ, so somebody else who may approve must resume/,
  );

  const inThread = stage.teams.build.message(
    ana,
    { scope: 'channel', teamId, channelId, threadId: thread.split('messageid=')[1] ?? null },
    `result ${id} 3`,
  );
  await stage.teams.deliver({ ...inThread, ...german });
  await stage.settle();
  expect(stage.thread(thread).match(/result of command 3 of 3/g)).toHaveLength(2);
  expect(stage.thread(thread)).not.toMatch(forGermans);
});

test('a file is offered with its size in the reader’s own way, wherever it was asked for', async () => {
  await collect();
  const card = stage.cardIn(thread, 'Send me the file');
  const action = stage.action(card, 'Send me the file');
  const click = stage.teams.build.execute(ana, card.id, { verb: String(action?.verb), data: action?.data });
  await stage.teams.deliver({ ...click, ...german });
  await stage.settle();
  const own = stage.connector.messages(stage.connector.personalConversationId(ana.aadObjectId));
  expect(JSON.stringify(own.at(-1)?.activity)).toMatch(/8,\d KB \(8\.\d{3} bytes\)/);
});

test('a dialog speaks to the one who opened it, though it was opened in a channel', async () => {
  await collect();
  const message = stage.cardIn(thread, 'Send me the file').id;
  const base = stage.teams.build.base(ana, thread);
  const dialog = async (name: string, data: object) => {
    const { body } = await stage.teams.deliver({
      ...base,
      ...german,
      id: `${name}-1`,
      type: 'invoke',
      name,
      replyToId: message,
      value: { data },
    });
    return (body as { readonly task: { readonly value: { readonly card: { readonly content: object } } } }).task.value
      .card.content;
  };
  const form = await dialog('task/fetch', { verb: 'form.open' });
  const ask = findActions(form).find(({ title }) => title === 'Ask for approval')?.data as object;
  const faulty = await dialog('task/submit', { ...ask, device: 'ws-042', reason: 'x'.repeat(1_001), name2: 'a.ps1' });
  expect(readCard(faulty)).toContain('1.001 characters long and 1.000 is the most I accept');
});
