import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { minutes, seconds } from '../src/lib/clock';
import { ana, bo, channelId, Stage, seedExample, teamId, wordsOf } from './stories/stage';
import { recordingLog } from './teams/kit';

let stage: Stage;
let log: ReturnType<typeof recordingLog>;
const opened: Array<{ close(): unknown }> = [];
beforeEach(() => {
  log = recordingLog();
});
afterEach(async () => {
  for (const closable of opened.splice(0)) closable.close();
  await stage.close();
});

const open = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
  stage = await Stage.open({ log, env });
};
const database = (): string => join(stage.dir, 'live-response.db');
const channel = { scope: 'channel', teamId, channelId, threadId: null } as const;

const databaseAway = 'The database cannot be used at the moment. The log says why and what to do.';
const evidenceAway = 'Results cannot be stored at the moment. The log says why and what to do.';

/** A second after the last look, so that it is a new one. */
async function readiness(): Promise<readonly [number, readonly string[]]> {
  stage.clock.advance(seconds(1));
  const answer = await fetch(`http://127.0.0.1:${stage.service.port}/readyz`);
  const { problems } = (await answer.json()) as { readonly problems: readonly string[] };
  return [answer.status, problems];
}

/** What an outage of the database looks like from outside, and that nothing is half done in it. */
async function expectOutage(sentence: RegExp): Promise<void> {
  const before = (await stage.service.store.auditHead()).seq;
  const said = await stage.teams.say(ana, channel, 'on ws-043 run collect-logs.ps1 because INC-7');
  expect(said.status).toBe(503);
  const clicked = await stage.teams.click(bo, stage.cardFor(bo).id, voteOf());
  expect(clicked.status).toBe(200);
  expect(wordsOf(clicked)).toContain('"statusCode":503');
  expect(wordsOf(clicked)).toContain(
    'My database does not answer at the moment, so I cannot say whether your click counted. Please click again in some minutes',
  );
  expect(stage.thread(said.conversationId)).toContain(
    'I cannot say whether this was stored. If no other answer follows within some minutes, look with status and send it again.',
  );
  expect(await readiness()).toEqual([503, [databaseAway]]);
  expect((await stage.service.store.auditHead()).seq).toBe(before);
  const errors = log.lines.filter(({ level }) => level === 'error');
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message.replaceAll(stage.dir, '<dir>')).toMatch(sentence);
  expect(errors[0]?.message).toMatch(
    / Nothing new is taken or sent until it works again; then all goes on by itself\.$/,
  );
}

/** It is over by itself: told once, and what people then do counts. */
async function expectRecovery(): Promise<void> {
  await stage.settle();
  expect(await readiness()).toEqual([200, []]);
  expect(log.lines.filter(({ message }) => message === 'The database works again; what waited goes on')).toHaveLength(
    1,
  );
  const clicked = await stage.teams.click(bo, stage.cardFor(bo).id, voteOf());
  expect(wordsOf(clicked)).not.toContain('"statusCode":503');
  await stage.settle();
  await stage.pass(minutes(1));
  expect(stage.submissions).toHaveLength(1);
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
}

const voteOf = () => {
  const action = stage.action(stage.cardFor(bo), 'Approve');
  return { verb: String(action?.verb), data: action?.data as Record<string, unknown> };
};

describe('while somebody else holds a lock on the database', () => {
  test('turns are left to Teams, clicks are answered, it is told once, and it ends by itself', async () => {
    await open();
    await stage.ask(ana, seedExample);
    const shell = new Database(database());
    opened.push(shell);
    shell.exec('begin immediate');
    await expectOutage(
      /^The database file <dir>\/live-response\.db could not be used: another program holds a lock on it\./,
    );
    shell.exec('commit');
    await expectRecovery();
  });

  test('an activity that Teams delivers again afterwards is taken, and taken once', async () => {
    await open();
    const activity = stage.teams.build.message(ana, channel, 'on ws-043 run collect-logs.ps1 because INC-7');
    const send = async () =>
      (
        await fetch(`http://127.0.0.1:${stage.service.port}/api/messages`, {
          method: 'POST',
          body: JSON.stringify(activity),
        })
      ).status;
    const shell = new Database(database());
    opened.push(shell);
    shell.exec('begin immediate');
    expect(await send()).toBe(503);
    shell.exec('commit');
    expect([await send(), await send()]).toEqual([200, 200]);
    await stage.settle();
    expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
  });
});

describe('a database file that is not where it was', () => {
  const sentence =
    /^The database file <dir>\/live-response\.db(-wal)? was moved, removed or replaced while the service has it open\. What it wrote now would be lost, so it writes nothing\. Put the same file back and it goes on; to restore a backup, stop the service first\./;

  test.each(['', '-wal'])('is written to no more (live-response.db%s), and goes on when it is back', async (suffix) => {
    await open();
    await stage.ask(ana, seedExample);
    renameSync(database() + suffix, join(stage.dir, 'aside'));
    await expectOutage(sentence);
    renameSync(join(stage.dir, 'aside'), database() + suffix);
    await expectRecovery();
  });

  test('and that was replaced by a copy is written to no more, though the copy looks the same', async () => {
    await open();
    await stage.ask(ana, seedExample);
    const aside = join(stage.dir, 'aside');
    renameSync(database(), aside);
    copyFileSync(aside, database());
    await expectOutage(sentence);
    rmSync(database());
    renameSync(aside, database());
    await expectRecovery();
  });
});

/** A disk of its own, which can be filled: only root may make one. */
const disk = mkdtempSync(join(tmpdir(), 'lr-disk-'));
const hasDisk = ((): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(
      'SKIPPED: what a full disk does, since this account may not mount one (test/store/engine/sqlite.test.ts fills a database instead).',
    );
    return false;
  }
})();
afterAll(() => {
  // Lazily: libsql really closes a file only when its statements were garbage-collected.
  if (hasDisk) execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

(hasDisk ? describe : describe.skip)('a full disk', () => {
  const filler = join(disk, 'filler');
  const fill = (): void => {
    for (const size of [1024 * 1024, 64 * 1024, 4096])
      for (let n = 0; ; n++) {
        try {
          writeFileSync(`${filler}-${size}-${n}`, Buffer.alloc(size));
        } catch {
          rmSync(`${filler}-${size}-${n}`, { force: true });
          break;
        }
      }
  };
  const free = (): void => {
    execFileSync('sh', ['-c', `rm -f ${filler}-*`]);
  };

  test('of the database: nothing is half done, it is told once, and it goes on when there is room', async () => {
    await open({ DATABASE_URL: `sqlite:${join(disk, 'live-response.db')}` });
    await stage.ask(ana, seedExample);
    fill();
    await expectOutage(/could not be used: (the disk is full|the disk reported an error)\./);
    free();
    await expectRecovery();
    expect(await stage.service.store.countByState()).toEqual({ succeeded: 1 });
  });

  test('of the evidence: not ready, no result is lost, and it is fetched when there is room', async () => {
    const evidence = join(disk, 'evidence');
    await open({ EVIDENCE_DIR: evidence });
    const thread = await stage.ask(ana, seedExample);
    fill();
    await stage.approve(bo);
    await stage.pass(minutes(1));
    expect(await readiness()).toEqual([503, [evidenceAway]]);
    expect(log.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).toContain(
      `The disk of the evidence folder ${evidence} is full, so no result can be kept. Make room there; what waits is fetched then.`,
    );
    expect(stage.thread(thread)).not.toContain('done, 8.1 KB');
    free();
    expect(await readiness()).toEqual([200, []]);
    await stage.pass(minutes(3), seconds(5));
    expect(stage.thread(thread)).toContain('done, 8.1 KB');
  });
});

test('a file where the evidence folder was is told as that, once in the log, and so is its end', async () => {
  await open();
  const evidence = join(stage.dir, 'evidence');
  renameSync(evidence, `${evidence}-aside`);
  writeFileSync(evidence, '');
  const sentence =
    'The evidence folder <dir>/evidence is no folder, or lies below something that is none, so no result can be kept. Move what is there out of the way and put the folder back; what waits is fetched then.';
  for (let times = 0; times < 3; times++) expect(await readiness()).toEqual([503, [evidenceAway]]);
  rmSync(evidence);
  renameSync(`${evidence}-aside`, evidence);
  for (let times = 0; times < 3; times++) expect(await readiness()).toEqual([200, []]);
  const lines = log.lines.filter(({ message }) => message.includes('evidence folder'));
  expect(lines.map(({ level, message }) => [level, message.replaceAll(stage.dir, '<dir>')])).toEqual([
    ['error', sentence],
    ['info', 'The evidence folder can be written again; what waits is fetched now'],
  ]);
});

test('an evidence folder that is gone makes the service not ready, until it is there again', async () => {
  await open();
  const evidence = join(stage.dir, 'evidence');
  renameSync(evidence, `${evidence}-aside`);
  expect(await readiness()).toEqual([503, [evidenceAway]]);
  expect(log.lines.map(({ message }) => message.replaceAll(stage.dir, '<dir>'))).toContain(
    'The evidence folder <dir>/evidence cannot be written (ENOENT), so no result can be kept. Put it back or give this account the right to write it; what waits is fetched then.',
  );
  mkdirSync(evidence);
  expect(await readiness()).toEqual([200, []]);
});

describe('on a slow disk', () => {
  /** Teams waits up to 15 s for an answer (teams.md E2): so many commits fit into it even at 7 s each. */
  const mostCommits = 2;

  test.each([
    ['a request', () => stage.teams.say(ana, channel, seedExample)],
    ['a command', () => stage.teams.say(ana, channel, 'status')],
    ['a click', () => stage.teams.click(bo, stage.cardFor(bo).id, voteOf())],
  ])('%s waits for no more commits than fit into what Teams waits', async (_what, act) => {
    await open();
    await stage.ask(ana, seedExample);
    const exec = jest.spyOn(Database.prototype, 'exec');
    await act();
    const commits = exec.mock.calls.filter(([sql]) => sql === 'commit').length;
    exec.mockRestore();
    expect(commits).toBeGreaterThan(0);
    expect(commits).toBeLessThanOrEqual(mostCommits);
  });
});

test('/metrics goes on without the database, and says that it is not ready', async () => {
  await open();
  const shell = new Database(database());
  opened.push(shell);
  shell.exec('begin immediate');
  await stage.service.settle().catch(() => {});
  const answer = await fetch(`http://127.0.0.1:${stage.service.port}/metrics`);
  expect([answer.status, (await answer.text()).includes('live_response_ready 0')]).toEqual([200, true]);
});

describe('whoever asks without signing in', () => {
  const get = (path: string) => fetch(`http://127.0.0.1:${stage.service.port}${path}`).then((answer) => answer.text());

  test('begins no write transaction', async () => {
    await open();
    const exec = jest.spyOn(Database.prototype, 'exec');
    stage.clock.advance(seconds(2));
    await get('/readyz');
    await get('/metrics');
    const begun = exec.mock.calls.filter(([sql]) => /begin|commit/.test(sql));
    exec.mockRestore();
    expect(begun).toEqual([]);
  });

  test('gets the answer of this second, however often they ask', async () => {
    await open();
    const evidence = join(stage.dir, 'evidence');
    expect(await get('/readyz')).toContain('"ready":true');
    const first = await get('/metrics');
    renameSync(evidence, `${evidence}-aside`);
    expect([await get('/readyz'), await get('/metrics')]).toEqual(['{"ready":true,"problems":[]}', first]);
    stage.clock.advance(seconds(1));
    expect(await get('/readyz')).toBe(JSON.stringify({ ready: false, problems: [evidenceAway] }));
    expect(await get('/metrics')).toContain('live_response_ready 0');
  });
});

test('an outage is noticed and told though nobody uses the bot', async () => {
  await open();
  const shell = new Database(database());
  opened.push(shell);
  shell.exec('begin immediate');
  await stage.service.settle().catch(() => {});
  expect(await readiness()).toEqual([503, [databaseAway]]);
  shell.exec('commit');
  await stage.settle();
  expect(await readiness()).toEqual([200, []]);
});
