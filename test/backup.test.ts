import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyChain } from '../src/audit/chain';
import { checkBackup, makeBackup } from '../src/backup';
import { minutes, seconds } from '../src/lib/clock';
import { ana, bo, cy, Stage, seedExample } from './stories/stage';

let stage: Stage;
let parent: string;
let folder: string;
beforeEach(async () => {
  stage = await Stage.open();
  parent = await mkdtemp(join(tmpdir(), 'lr-backup-'));
  folder = join(parent, 'today');
});
afterEach(async () => {
  await stage.close();
  await rm(parent, { recursive: true, force: true });
});

const make = () =>
  makeBackup({
    databasePath: join(stage.dir, 'live-response.db'),
    evidenceDir: join(stage.dir, 'evidence'),
    folder,
    now: stage.clock.now(),
  });

/** As docs/operations.md says: stop, put the files in place, start. */
async function restore(): Promise<void> {
  await stage.restart(async () => {
    for (const name of ['live-response.db', 'live-response.db-wal', 'live-response.db-shm'])
      await rm(join(stage.dir, name), { force: true });
    await rm(join(stage.dir, 'evidence'), { recursive: true, force: true });
    await cp(join(folder, 'live-response.db'), join(stage.dir, 'live-response.db'));
    await cp(join(folder, 'evidence'), join(stage.dir, 'evidence'), { recursive: true });
  });
}

const finished = async (): Promise<string> => {
  const thread = await stage.ask(ana, seedExample);
  await stage.approve(bo);
  await stage.pass(minutes(1));
  return thread;
};

test('a backup holds the database, the evidence that it refers to, and a manifest of their hashes, for the owner only', async () => {
  await finished();
  const made = await make();
  expect(
    made.ok &&
      made.value.files.map(({ path }) => path.replace(/[0-9a-f]{64}/, '<hash>').replace(/\/[0-9a-f]{2}\//, '/xx/')),
  ).toEqual(['live-response.db', 'evidence/xx/<hash>', 'evidence/xx/<hash>']);
  expect((await readdir(folder)).sort()).toEqual(['evidence', 'live-response.db', 'manifest.json']);
  for (const name of ['live-response.db', 'manifest.json'])
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  expect(await checkBackup(folder)).toEqual(made);
});

test('a restored backup has everything that had ended, and nothing that could still be approved or sent', async () => {
  const ended = await finished();
  const open = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-7');
  const card = stage.cardFor(bo);
  const approve = stage.action(card, 'Approve');
  await stage.reply(bo, open, 'pause because the slot is kept');
  const queued = await stage.ask(ana, 'on lap-117 run collect-logs.ps1 because INC-8');
  await stage.approve(bo);
  expect((await make()).ok).toBe(true);
  // What happens after the backup is what the backup does not know.
  await stage.pass(seconds(30));
  await restore();

  expect(stage.thread(ended)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
  for (const thread of [open, queued]) {
    expect(stage.thread(thread)).toContain('may have run: my database was restored from a backup');
    expect(stage.thread(thread)).not.toMatch(/Nothing ran|Did not run|nothing runs/);
  }
  const answer = await stage.teams.click(bo, card.id, {
    verb: String(approve?.verb),
    data: approve?.data as Record<string, unknown>,
  });
  expect(JSON.stringify(answer.body)).toContain('cannot be decided any more');
  await stage.tell(cy, 'resume');
  await stage.pass(minutes(5), seconds(10));
  expect(stage.submissions).toHaveLength(1);
  expect(await stage.service.store.countByState()).toEqual({ succeeded: 1, unconfirmed: 2 });
  for (const thread of [open, queued]) {
    expect(stage.thread(thread)).toContain('unconfirmed: the database was restored');
    expect(stage.thread(thread)).not.toMatch(/Nothing ran|Did not run/);
  }
  expect(verifyChain(await stage.service.store.auditRows()).ok).toBe(true);
  await stage.reply(ana, ended, `result ${stage.requestId(ended)} 3`);
  expect(stage.thread(ended).split('\n\n').at(-1)).toContain('Collected 8.1 KB');
});

test.each([
  ['noticed by what was written after it', true],
  ['noticed by its own mark alone', false],
])('a restore, %s, is one: what is asked after it outlives the next start', async (_, isWrittenAfter) => {
  expect((await make()).ok).toBe(true);
  if (isWrittenAfter) await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-7');
  await restore();
  const thread = await stage.ask(ana, seedExample);
  await stage.restart();
  expect(stage.thread(thread)).not.toContain('does not know what became');
  await stage.approve(bo);
  await stage.pass(minutes(1));
  expect(stage.thread(thread)).toContain('Live Response stopped all submissions');
  expect(stage.thread(thread)).toContain(
    'My database was restored from a backup. Look in Defender what has run since, then type resume.',
  );
  expect(stage.submissions).toHaveLength(0);
  await stage.tell(bo, 'resume');
  await stage.pass(minutes(1));
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
});

/** Every text that anybody was shown after the backup was restored. */
const shownSince = (at: number): string =>
  JSON.stringify(stage.connector.calls.filter((call) => call.at >= at).map((call) => call.body));

test('what ran to its end after the backup is found by its id, told with its state, and is not called anything that never ran', async () => {
  const thread = await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because INC-7');
  expect((await make()).ok).toBe(true);
  await stage.approve(bo);
  await stage.pass(minutes(2), seconds(5));
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
  const restoredAt = stage.clock.now();
  await restore();
  await stage.pass(minutes(5), seconds(5));
  expect(await stage.service.store.countByState()).toEqual({ succeeded: 1 });
  expect(shownSince(restoredAt)).toContain('turned up in Defender');
  expect(shownSince(restoredAt)).not.toMatch(/Nothing ran|nothing ran|Did not run|Void/);
  expect(stage.submissions).toHaveLength(1);
});

test('what Defender still has waiting from after the backup is followed, and may be cancelled', async () => {
  const thread = await stage.ask(ana, 'on lap-117 run collect-logs.ps1 because INC-7');
  expect((await make()).ok).toBe(true);
  await stage.approve(bo);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
  await restore();
  await stage.pass(minutes(1), seconds(5));
  expect(stage.thread(thread)).toContain('waiting for the device');
  await stage.reply(ana, thread, `cancel ${stage.requestId(thread)}`);
  await stage.pass(minutes(1), seconds(5));
  expect(stage.thread(thread)).toContain('cancelled: it may have begun');
  expect(stage.submissions).toHaveLength(1);
});

test('what Defender was given after the backup is found again by looking, and is not given twice', async () => {
  const thread = await stage.ask(ana, 'on srv-db-01 run collect-logs.ps1 because INC-7');
  await stage.approve(bo);
  await stage.pass(seconds(2));
  expect(stage.submissions).toHaveLength(1);
  expect((await make()).ok).toBe(true);
  await restore();
  await stage.pass(minutes(5), seconds(5));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
});

test('a backup writes over nothing, and one that was not finished or was changed since is none', async () => {
  await finished();
  await make();
  await expect(make()).rejects.toMatchObject({
    code: 'backup.notPossible',
    message: `The folder ${folder} is not empty, and a backup writes over nothing. Name a new one.`,
  });
  const [file] = (await readdir(join(folder, 'evidence'), { recursive: true })).filter((name) => name.length > 60);
  const evidence = join(folder, 'evidence', file ?? '');
  await writeFile(evidence, 'other');
  expect(await checkBackup(folder)).toEqual({
    ok: false,
    error: [
      expect.stringMatching(/^evidence\/.* is not what was copied: its SHA-256 differs\.$/),
      'Do not restore this backup; take another one.',
    ],
  });
  await rm(evidence);
  expect(await checkBackup(folder)).toMatchObject({
    error: [expect.stringContaining('is missing'), expect.anything()],
  });
  await rm(join(folder, 'manifest.json'));
  expect(await checkBackup(folder)).toMatchObject({ error: [expect.stringContaining('it is no backup')] });
});

test('evidence that is missing, or is not what was collected, is told, and there is no manifest', async () => {
  await finished();
  const dir = join(stage.dir, 'evidence');
  const [first, second] = (await readdir(dir, { recursive: true })).filter((name) => name.length > 60).sort();
  await rm(join(dir, first ?? ''));
  await writeFile(join(dir, second ?? ''), 'edited');
  const made = await make();
  expect(made.ok ? [] : made.error.map((text) => text.replaceAll(dir, '<evidence>')).sort()).toEqual(
    [
      expect.stringMatching(/^The evidence file <evidence>\/.* cannot be copied \(ENOENT\)\. Check EVIDENCE_DIR/),
      expect.stringMatching(
        /^The evidence file <evidence>\/.* is not what was collected: its SHA-256 is not its name\./,
      ),
    ].sort(),
  );
  expect(await readdir(folder)).not.toContain('manifest.json');
});

test('a database whose audit was edited is no backup', async () => {
  await finished();
  const { default: Database } = await import('libsql');
  const database = new Database(join(stage.dir, 'live-response.db'));
  database.exec("update audit set actor = 'nobody' where seq = 3");
  database.close();
  await expect(make()).rejects.toMatchObject({ code: 'store.corrupt', message: expect.stringContaining('Entry 3') });
  expect(await readdir(folder)).not.toContain('manifest.json');
});

test('there is no backup of nothing', async () => {
  const nothing = makeBackup({ databasePath: join(parent, 'x.db'), evidenceDir: parent, folder, now: 0 });
  await expect(nothing).rejects.toMatchObject({
    message: `There is no database at ${join(parent, 'x.db')}, so there is nothing to back up. Run this with the DATABASE_URL of the service, in its folder.`,
  });
  expect(await readFile(join(parent, 'x.db')).catch(() => null)).toBeNull();
});
