import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minutes, seconds } from '../../src/lib/clock';
import { ana, bo, cy, dee, policyOf, Stage, seedExample, type TeamsPerson, wordsOf } from './stage';

let stage: Stage;
afterEach(() => stage.close());

const both = policyOf({ requesters: [ana], approvers: [bo, cy] });

const removeBo = async (): Promise<void> => {
  await writeFile(join(stage.dir, 'policy.yaml'), policyOf({ requesters: [ana], approvers: [cy] }));
  for (let look = 0; look < 4; look++) await stage.pass(seconds(5), seconds(5));
};

const chatOf = (person: TeamsPerson) => stage.connector.personalConversationId(person.aadObjectId);
const uploads = () => stage.connector.calls.filter(({ method, path }) => method === 'PUT' && path.includes('upload'));
const audited = async (what: string) => (await stage.service.store.auditRows()).filter((row) => row.what === what);

async function run(ask: () => Promise<void>): Promise<void> {
  stage = await Stage.open({ policy: both, installed: [ana, bo, cy, dee] });
  await ask();
  await stage.approve(bo);
  await stage.pass(minutes(2), seconds(2));
}

describe('an approver whom the policy no longer names', () => {
  const wants = (thread: string) => stage.press(bo, stage.cardIn(thread, 'Send me the file'), 'Send me the file');

  test('is offered no file', async () => {
    let thread = '';
    await run(async () => {
      thread = await stage.ask(ana, seedExample);
    });
    await removeBo();
    expect(wordsOf(await wants(thread))).toContain('approvers of that request only');
    expect(await audited('fileOffered')).toEqual([]);
  });

  test('does not get the file that they were offered before', async () => {
    let thread = '';
    await run(async () => {
      thread = await stage.ask(ana, seedExample);
    });
    await wants(thread);
    await stage.settle();
    const offer = stage.connector
      .messages(chatOf(bo))
      .findLast((m) => m.activity.attachments?.some(({ contentType }) => /file\.consent$/.test(contentType)));
    await removeBo();
    await stage.teams.consent(bo, offer?.id ?? '', 'accept');
    await stage.settle();
    expect(stage.chat(bo)).toContain('approvers of that request only');
    expect([uploads(), await audited('fileAccepted')]).toEqual([[], []]);
  });
});

describe('a request that was asked in a private chat', () => {
  const askInPrivate = () => run(() => stage.tell(ana, seedExample));

  test.each(['status', 'result'])(
    'shows a channel its id and state, and the rest in the chat of whoever typed %s',
    async (word) => {
      await askInPrivate();
      const id = stage.requestId(chatOf(ana));
      const before = stage.connector.messages(chatOf(bo)).length;
      const thread = await stage.ask(bo, `${word} ${id}`);
      await stage.settle();
      const told = stage.thread(thread);
      expect(told).toContain('It was asked in another conversation');
      expect(told).not.toMatch(/ws-042|minidump|INC-1042|OfficeClickToRun/);
      expect(stage.connector.messages(chatOf(bo)).length).toBeGreaterThan(before);
    },
  );

  test.each(['queue', 'history ws-042', 'waiting'])('shows a channel nothing of it by %s', async (words) => {
    stage = await Stage.open({ policy: both, installed: [ana, bo, cy, dee] });
    await stage.tell(ana, seedExample);
    const thread = await stage.ask(bo, words);
    const told = stage.thread(thread);
    expect(told).not.toMatch(/minidump|INC-1042|OfficeClickToRun/);
  });

  test('and a read of its results is on record: who, which, and where they were shown', async () => {
    await askInPrivate();
    const id = stage.requestId(chatOf(ana));
    await stage.tell(bo, `result ${id} 2`);
    const [read, ...others] = await audited('resultRead');
    expect(others).toEqual([]);
    expect(read).toMatchObject({ requestId: id, actor: bo.aadObjectId });
    expect(JSON.stringify(read?.detail)).toContain('"indexes":[1]');
  });
});
