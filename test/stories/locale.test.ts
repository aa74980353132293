import { minutes, seconds } from '../../src/lib/clock';
import { findActions, readCard } from '../fakes/fake-connector';
import { ana, bo, Stage, seedExample, type TeamsPerson } from './stage';

let stage: Stage;
let thread: string;
let id: string;
afterEach(() => stage?.close());

const german = { locale: 'de-DE', localTimezone: 'Europe/Berlin' };
const ownChat = { scope: 'personal' } as const;
/** The collected file of the seed's example is a little more than eight kilobytes. */
const size = /Collected 8\.\d KB \(8 \d{3} bytes\)/;

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

test('sizes, counts and dates have one form in every conversation, and in one’s own chat the time is one’s own, whatever the client says', async () => {
  await collect();
  await stage.reply(ana, thread, `result ${stage.requestId(thread)} 3`);
  expect(stage.thread(thread)).toMatch(size);
  await writesInGerman(ana, `result ${id} 3`);
  expect(stage.chat(ana)).toMatch(size);
  await writesInGerman(ana, `on ws-042 run collect-logs.ps1 ${'a'.repeat(2_001)} because x`);
  expect(stage.chat(ana)).toContain('2 001 characters long and 2 000 is the most I accept');

  await writesInGerman(ana, 'pause because INC-7 a script may be tampered with');
  await writesInGerman(ana, 'resume');
  expect(stage.chat(ana)).toMatch(
    /You paused at 2 Mar 2026 \d\d:\d\d CET, so somebody else who may approve must resume/,
  );
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
  expect(readCard(faulty)).toContain('1 001 characters long and 1 000 is the most I accept');
});
