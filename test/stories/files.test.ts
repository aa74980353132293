import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hours, minutes, seconds } from '../../src/lib/clock';
import type { Log } from '../../src/lib/log';
import type { TeamsMessage } from '../fakes/fake-connector';
import { ana, bo, cy, dee, policyOf, Stage, type StageOptions, seedExample, type TeamsPerson, wordsOf } from './stage';

let stage: Stage;
let thread: string;
afterEach(() => stage?.close());

/** The seed's own example, run to its end; everybody has a chat with the bot. */
async function collect(options: StageOptions = {}): Promise<void> {
  stage = await Stage.open({
    policy: policyOf({ requesters: [ana], approvers: [bo] }),
    installed: [ana, bo, cy, dee],
    ...options,
  });
  thread = await stage.ask(ana, seedExample);
  await stage.pass(seconds(5));
  await stage.approve(bo);
  await stage.pass(minutes(2), seconds(2));
}

const wants = (person: TeamsPerson) =>
  stage.press(person, stage.cardIn(thread, 'Send me the file'), 'Send me the file');

function offerTo(person: TeamsPerson): TeamsMessage {
  const chat = stage.connector.messages(stage.connector.personalConversationId(person.aadObjectId));
  const found = chat.findLast((m) =>
    m.activity.attachments?.some(({ contentType }) => /file\.consent$/.test(contentType)),
  );
  if (found === undefined) throw new Error(`${person.name} was offered nothing`);
  return found;
}

const attachmentOf = (message: TeamsMessage): Readonly<Record<string, unknown>> => ({
  ...message.activity.attachments?.[0],
});

async function offered(person: TeamsPerson): Promise<{ readonly offer: TeamsMessage; readonly name: string }> {
  await wants(person);
  await stage.settle();
  const offer = offerTo(person);
  return { offer, name: String(attachmentOf(offer).name) };
}

const audited = async (what: string) => (await stage.service.store.auditRows()).filter((row) => row.what === what);
const uploads = () => stage.connector.calls.filter(({ method, path }) => method === 'PUT' && path.includes('upload'));

/** The one file of a stored archive, byte for byte. */
function unpacked(archive: Buffer): Buffer {
  const nameLength = archive.readUInt16LE(26);
  return archive.subarray(30 + nameLength, 30 + nameLength + archive.readUInt32LE(22));
}

test('the requester agrees in their own chat, and gets what was collected in an archive that opens nothing by itself', async () => {
  const lines: string[] = [];
  const note = (fields: Record<string, unknown>, message: string) => void lines.push(JSON.stringify([fields, message]));
  await collect({ log: { info: note, warn: note, error: note } satisfies Log });
  const { offer, name } = await offered(ana);
  expect(name).toMatch(/^LR-\w+-command-3\.zip$/);
  const content = attachmentOf(offer).content as {
    readonly sizeInBytes: number;
    readonly acceptContext: { readonly offerId: string };
  };
  expect((await stage.teams.consent(ana, offer.id, 'accept')).status).toBe(200);
  await stage.settle();

  const file = stage.connector.uploaded(name);
  expect([file?.isWhole, file?.bytes.length]).toEqual([true, content.sizeInBytes]);
  const [result] = (await stage.service.store.results(stage.requestId(thread) as never)).filter((r) => r.index === 2);
  expect(
    createHash('sha256')
      .update(unpacked(file?.bytes ?? Buffer.alloc(0)))
      .digest('hex'),
  ).toBe(result?.file?.sha256);
  const chat = stage.connector.messages(stage.connector.personalConversationId(ana.aadObjectId));
  expect(chat.at(-1)?.activity.attachments?.[0]).toMatchObject({
    contentType: 'application/vnd.microsoft.teams.card.file.info',
    name,
  });
  for (const what of ['fileOffered', 'fileAccepted', 'fileSent'])
    expect((await audited(what)).map(({ detail }) => JSON.stringify(detail))).toEqual([
      expect.stringContaining(result?.file?.sha256 ?? 'none'),
    ]);
  // The place is a secret while it lives: no log, no audit, and forgotten afterwards.
  const rows = JSON.stringify(await stage.service.store.auditRows());
  expect([lines.join('\n'), rows].filter((text) => text.includes('tempauth'))).toEqual([]);
  const { offerId } = content.acceptContext;
  expect(await stage.service.store.fact(`fileOffer:${offerId}`)).toMatchObject({ state: 'sent', upload: null });
});

test('who declines gets nothing, is told how to ask again, and cannot take it by the old card', async () => {
  await collect();
  const { offer } = await offered(ana);
  await stage.teams.consent(ana, offer.id, 'decline');
  await stage.settle();
  expect(stage.chat(ana)).toContain('You declined the file');
  await stage.teams.consent(ana, offer.id, 'accept');
  await stage.settle();
  expect(stage.chat(ana)).toContain('You have answered this offer already');
  expect(uploads()).toEqual([]);
});

test('an offer runs out', async () => {
  await collect();
  const { offer } = await offered(ana);
  stage.clock.advance(hours(1));
  await stage.teams.consent(ana, offer.id, 'accept');
  await stage.settle();
  expect(stage.chat(ana)).toContain('This offer has run out');
  expect(uploads()).toEqual([]);
});

test('an offer holds for whom it was made and nobody else, and once', async () => {
  await collect();
  const { offer, name } = await offered(ana);
  await stage.teams.consent(dee, offer.id, 'accept');
  await stage.settle();
  expect(stage.chat(dee)).toContain('was not offered to you');
  expect(uploads()).toEqual([]);
  for (let i = 0; i < 3; i++) await stage.teams.consent(ana, offer.id, 'accept');
  await stage.settle();
  expect(uploads()).toHaveLength(1);
  expect(stage.connector.uploaded(name)?.isWhole).toBe(true);
});

test('approvers of the request can have it, others not', async () => {
  await collect();
  expect(JSON.stringify((await wants(dee)).body)).toContain('and to the approvers of that request only');
  expect(JSON.stringify((await wants(cy)).body)).toContain('and to the approvers of that request only');
  expect((await offered(bo)).name).toMatch(/zip$/);
  expect(await audited('fileOffered')).toHaveLength(1);
});

test('who has no chat with the bot is told to make one', async () => {
  await collect({ installed: [bo] });
  expect(JSON.stringify((await wants(ana)).body)).toContain('you have none with me yet');
});

test.each([
  ['another host', { uploadUrl: 'https://evil.example/upload' }],
  ['a look-alike', { uploadUrl: 'https://127.0.0.1.evil.example/x' }],
  ['no address', { uploadUrl: '' }],
  ['an address that is no text', { uploadUrl: [] }],
  ['a card that leads elsewhere', { contentUrl: 'https://evil.example/x' }],
])('nothing goes to %s (T-3)', async (_what, change) => {
  await collect();
  const { offer, name } = await offered(ana);
  await stage.teams.consent(ana, offer.id, 'accept', {
    uploadInfo: { ...stage.connector.offerUpload(name), ...change },
  });
  await stage.settle();
  expect(stage.chat(ana)).toContain('Teams named a place for the file that is not its own');
  expect(uploads()).toEqual([]);
});

test('what fails is tried again, a restart between, and given up in words after four times', async () => {
  await collect();
  const { offer, name } = await offered(ana);
  const isUpload = ({ path }: { readonly path: string }) => path.includes('upload');
  stage.connector.fail({ fault: { type: 'status', status: 503 }, times: 1, matches: isUpload });
  await stage.teams.consent(ana, offer.id, 'accept');
  await stage.settle();
  expect(stage.connector.uploaded(name)).toBeNull();
  await stage.restart();
  await stage.pass(seconds(6));
  expect(stage.connector.uploaded(name)?.isWhole).toBe(true);

  const again = await offered(ana);
  stage.connector.fail({ fault: { type: 'drop', accepted: false }, matches: isUpload });
  await stage.teams.consent(ana, again.offer.id, 'accept');
  await stage.pass(minutes(4), seconds(5));
  expect(stage.chat(ana)).toContain('have stopped trying');
  expect(uploads()).toHaveLength(2 + 4);
  expect(await audited('fileNotSent')).toHaveLength(1);
});

test('what a script wrote beyond the text that is kept is told as such, and sent whole like a collected file', async () => {
  stage = await Stage.open({
    policy: policyOf({ requesters: [ana], approvers: [bo] }),
    installed: [ana, bo, cy, dee],
  });
  const output = `${'x'.repeat(39)}\n`.repeat(1_000).concat('THE-END');
  stage.emulator.addScript({ fileName: 'long.ps1', content: '# Writes much.\n', behaviour: { output } });
  thread = await stage.ask(ana, 'on ws-042 run long.ps1 because INC-1');
  await stage.approve(bo);
  await stage.pass(minutes(1), seconds(2));
  expect(stage.thread(thread)).toContain(
    'Only the beginning of the output is kept as text: 20 000 of 40 007 characters.',
  );
  expect(stage.thread(thread)).toMatch(/\[Show \d+ more lines\]/);
  const page = await stage.press(ana, stage.cardIn(thread, 'Show more of it'), 'Show more of it');
  expect(wordsOf(page)).toContain('Page 1 of ');

  const { offer, name } = await offered(ana);
  await stage.teams.consent(ana, offer.id, 'accept');
  await stage.settle();
  const sent = unpacked(stage.connector.uploaded(name)?.bytes ?? Buffer.alloc(0)).toString('utf8');
  expect(sent).toContain('THE-END');
});

test('a file that is not what was collected any more is not sent (T-37)', async () => {
  await collect();
  const { offer } = await offered(ana);
  const [result] = (await stage.service.store.results(stage.requestId(thread) as never)).filter((r) => r.index === 2);
  await writeFile(join(stage.dir, 'evidence', result?.file?.relativePath ?? ''), 'something else');
  await stage.teams.consent(ana, offer.id, 'accept');
  await stage.settle();
  expect(stage.chat(ana)).toContain('no longer what was collected');
  expect(uploads()).toEqual([]);
});

test.each([
  ['no answer', { action: 'perhaps' }],
  ['no offer', { context: null }],
  ['an offer that is no text', { context: { offerId: { a: 1 } } }],
  ['an offer that nobody made', { context: { offerId: 'x' } }],
  ['an offer without an end', { context: { offerId: 'x'.repeat(10_000) } }],
])('%s changes nothing', async (_what, change) => {
  await collect();
  const { offer } = await offered(ana);
  expect((await stage.teams.consent(ana, offer.id, 'accept', change)).status).toBe(200);
  await stage.settle();
  expect(uploads()).toEqual([]);
  expect(await audited('fileAccepted')).toEqual([]);
});

describe('a long result', () => {
  test('is leafed through for whoever may see it, and nothing of it is left out', async () => {
    await collect();
    const id = stage.requestId(thread);
    const card = stage.connector.messages(thread).at(-1)?.id ?? '';
    const page = (person: TeamsPerson, data: unknown) => stage.teams.click(person, card, { verb: 'result.page', data });
    expect(JSON.stringify((await page(ana, { requestId: id, index: 1, page: 1 })).body)).toContain(
      'what command 2 wrote',
    );
    expect(JSON.stringify((await page(ana, { requestId: id, index: 1, page: 99 })).body)).toContain('Page 1 of 1');
    for (const data of [
      {},
      { requestId: id, index: -1, page: 1 },
      { requestId: 7, index: 0, page: 1 },
      { requestId: id, index: 0, page: 'x' },
    ])
      expect((await page(ana, data)).status).toBe(200);
  });
});
