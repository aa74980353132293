import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'libsql';
import { systemClock } from '../src/lib/clock';
import { type Emulator, startEmulator } from '../trial/defender/emulator';
import { addTrialWorld } from '../trial/defender/trial-world';
import { buildInto } from './built';
import {
  ana,
  bo,
  bot,
  channelId,
  createTeamsClient,
  type FakeConnector,
  findActions,
  readThread,
  startFakeConnector,
  type TeamsMessage,
  teamId,
  tenantId,
} from './fakes/fake-connector';

jest.setTimeout(180_000);

/** The program as it is built and started (design.md §7), seen from outside: processes, HTTP, signals, files. */
interface Run {
  readonly child: ChildProcess;
  readonly logLines: readonly string[];
  readonly errorLines: readonly string[];
  readonly exited: Promise<number | null>;
  /** The port that it says it listens on. */
  port(): Promise<number>;
}

type Environment = Readonly<Record<string, string>>;

const root = join(__dirname, '..');
/** Starts a program inside of the built image, in place of the one that is built here (scripts/check/image.sh). */
const imageRun = process.env.IMAGE_RUN;
const program = (file: string): readonly [command: string, main: string] =>
  imageRun === undefined ? [process.execPath, join(dir, 'dist', file)] : [imageRun, join('/app/dist', file)];
const secrets = { BOT_PASSWORD: 'bot-secret-5f1c', DEFENDER_CLIENT_SECRET: 'defender-secret-77ab' };
const personsText = 'INC-9 only for human eyes';
const policy = `groups:
  analysts: [{ id: ${ana.aadObjectId}, name: ${ana.name} }]
  approvers: [{ id: ${bo.aadObjectId}, name: ${bo.name} }]
requesters: [analysts]
rules:
  - name: everything
    approvals: 1
    from: [approvers]
    decideBy: 30m
    startBy: 2h
`;

const runs: Run[] = [];
let dir: string;
let emulator: Emulator;
let connector: FakeConnector;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lr-run-'));
  // `npm run test:image` plays all this on the packages of the image.
  const build = imageRun === undefined ? buildInto(dir, process.env.IMAGE_PACKAGES) : null;
  await writeFile(join(dir, 'policy.yaml'), policy);
  await copyFile(join(root, 'env', 'policy.yaml'), join(dir, 'trial-people.yaml'));
  emulator = await startEmulator({ clock: systemClock });
  addTrialWorld(emulator);
  connector = await startFakeConnector();
  connector.addChannel(teamId, channelId);
  connector.addMembers(teamId, [ana, bo]);
  await build;
});

afterAll(async () => {
  for (const { child } of runs) child.kill('SIGKILL');
  await Promise.all(runs.map((run) => run.exited));
  await emulator.stop();
  await connector.stop();
  await rm(dir, { recursive: true, force: true });
});

function start(env: Environment): Run {
  const [command, main] = program('index.js');
  const child = spawn(command, [main], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const logLines = collectLines(child, 'stdout');
  const errorLines = collectLines(child, 'stderr');
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const run: Run = {
    child,
    logLines,
    errorLines,
    exited,
    async port() {
      const line = await Promise.race([
        until('a port in the log', () => logLines.find((l) => l.includes('is listening'))),
        exited.then((code) => {
          throw new Error(`It ended with ${code}: ${errorLines.join('\n')}`);
        }),
      ]);
      return (JSON.parse(line) as { port: number }).port;
    },
  };
  runs.push(run);
  return run;
}

function collectLines(child: ChildProcess, stream: 'stdout' | 'stderr'): readonly string[] {
  const lines: string[] = [];
  let rest = '';
  child[stream]?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return lines;
}

async function until<T>(what: string, find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const found = await find();
    if (found !== undefined) return found;
    await systemClock.sleep(10);
  }
  throw new Error(`Not within 60 s: ${what}`);
}

/** A trial with files of its own, under `name`. */
const trial = (name: string, over: Environment = {}): Environment => ({
  LOCAL_TRIAL: '1',
  PORT: '0',
  DEFENDER_API_URL: emulator.url,
  DATABASE_URL: `sqlite:${join(dir, name, 'live-response.db')}`,
  POLICY_FILE: join(dir, 'policy.yaml'),
  EVIDENCE_DIR: join(dir, name, 'evidence'),
  TEAMS_TENANT_IDS: tenantId,
  ...secrets,
  ...over,
});

const real = (name: string): Environment => ({
  PORT: '0',
  BOT_ID: '11111111-1111-4111-8111-111111111111',
  BOT_TYPE: 'SingleTenant',
  BOT_TENANT_ID: tenantId,
  DEFENDER_TENANT_ID: tenantId,
  DEFENDER_CLIENT_ID: '22222222-2222-4222-8222-222222222222',
  DATABASE_URL: `sqlite:${join(dir, name, 'live-response.db')}`,
  POLICY_FILE: join(dir, 'policy.yaml'),
  EVIDENCE_DIR: join(dir, name, 'evidence'),
  ...secrets,
});

const get = async (port: number, path: string) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

const canReach = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });

describe('a trial that serves', () => {
  let service: Run;
  let port: number;
  beforeAll(async () => {
    // One slot, so that the second approved request waits.
    service = start(trial('main', { DEFENDER_SESSIONS: '1' }));
    port = await service.port();
  });

  test('says that it is well, ready, and what it does', async () => {
    expect(await get(port, '/healthz')).toMatchObject({ status: 200, text: '{"ok":true}' });
    expect(await get(port, '/readyz')).toMatchObject({ status: 200, text: '{"ready":true,"problems":[]}' });
    const metrics = await get(port, '/metrics');
    expect(metrics).toMatchObject({ status: 200, type: expect.stringContaining('text/plain') });
    expect(metrics.text).toContain('live_response_requests');
    expect(await get(port, '/')).toMatchObject({ status: 404 });
  });

  test('shows what somebody looks up', async () => {
    const users = people(port);
    for (const [word, shown] of [
      ['help', 'Live Response help'],
      ['whoami', 'Who you are to this bot'],
      ['queue', 'No request is waiting or under way'],
    ] as const) {
      const { status, conversationId } = await users.say(word);
      expect(status).toBe(200);
      await until(`the answer to ${word}`, () => users.thread(conversationId).includes(shown) || undefined);
    }
  });

  test('keeps readiness and metrics to OPS_PORT when that is set, and tells when it is taken', async () => {
    const [opsPort, taken] = [await freePort(), port];
    const apart = await start(trial('apart', { OPS_PORT: String(opsPort) })).port();
    expect((await get(apart, '/readyz')).status).toBe(404);
    expect((await get(apart, '/metrics')).status).toBe(404);
    expect(await get(opsPort, '/readyz')).toMatchObject({ status: 200, text: '{"ready":true,"problems":[]}' });
    expect((await get(opsPort, '/metrics')).text).toContain('live_response_requests');
    const late = start(trial('taken', { OPS_PORT: String(taken) }));
    expect(await late.exited).toBe(1);
    expect(late.errorLines.join('\n')).toContain(`OPS_PORT: ${taken} is in use by another program`);
  });

  test('can be reached from this machine only (T-4)', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter((address) => !address.internal && address.family === 'IPv4')
      .map(({ address }) => address);
    expect(await canReach('127.0.0.1', port)).toBe(true);
    for (const host of ['127.0.0.2', ...others]) expect([host, await canReach(host, port)]).toEqual([host, false]);
  });

  test('keeps a second service off its database and its port, and goes on', async () => {
    const second = start(trial('main'));
    const onPort = start(trial('on-port', { PORT: String(port) }));
    expect(await Promise.all([second.exited, onPort.exited])).toEqual([1, 1]);
    expect(second.errorLines).toEqual([
      expect.stringMatching(
        /^The database file .*live-response\.db is in use by process \d+ on .*, and two services on one file would get in each other's way\. Stop that one first, or give this one a file of its own\.$/,
      ),
    ]);
    expect(onPort.errorLines).toEqual([
      `PORT: ${port} is in use by another program (this service, started before?). Stop that one, or set PORT to a free one.`,
    ]);
    expect(existsSync(join(dir, 'on-port', 'live-response.db'))).toBe(false);
    expect(await get(port, '/readyz')).toMatchObject({ status: 200 });
  });

  test('finishes its turn when it is stopped, and the next start goes on where it was', async () => {
    const first = people(port);
    await first.install();
    const filling = await first.askAndApprove('on lap-117 run collect-logs.ps1 because it fills the slot');
    await until('the first submission', () => (submissions().length === 1 ? true : undefined));
    const waiting = await first.askAndApprove(`on ws-042 run minidump.ps1 lsass because ${personsText}`);
    await until('the waiting card', () => first.thread(waiting).includes('approved, waiting') || undefined);

    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    emulator.fault({ fault: { type: 'hold', release: held, when: 'before' }, route: 'listMachines' });
    const before = lookUps();
    const turn = first.say('on srv-db-01 run collect-logs.ps1 because I ask while it stops');
    await until('the turn is under way', () => (lookUps() > before ? true : undefined));
    service.child.kill('SIGTERM');
    await until('the stop has begun', () => service.logLines.find((line) => line.includes('Stopping')));
    await until('nobody new is let in', async () => ((await get(port, '/readyz')).status === 503 ? true : undefined));
    expect(service.child.exitCode).toBeNull();
    release();
    const { status, conversationId } = await turn;
    expect(status).toBe(200);
    expect(await service.exited).toBe(0);
    expect(submissions()).toHaveLength(1);

    const again = start(trial('main', { DEFENDER_SESSIONS: '50' }));
    const next = people(await again.port());
    await until('the second submission', () => (submissions().length === 2 ? true : undefined));
    expect(submissions().map((text) => JSON.parse(text).Comment)).toEqual([
      expect.stringMatching(/^\[LR-.*it fills the slot$/),
      expect.stringMatching(new RegExp(`^\\[${requestId(next.thread(waiting))}/.*${personsText}$`)),
    ]);
    await until(
      'the answer to the turn',
      () => next.thread(conversationId).includes('Approve 1 command on srv-db-01?') || undefined,
    );
    expect(next.thread(filling)).toMatch(/Approved by Bo/);
    again.child.kill('SIGTERM');
    expect(await again.exited).toBe(0);
    expect(submissions()).toHaveLength(2);
  });
});

describe('a backup of a running service', () => {
  const backup = async (name: string, ...args: readonly string[]) => {
    const [command, main] = program('cli/backup.js');
    const run = promisify(execFile)(command, [main, ...args], {
      cwd: dir,
      env: { PATH: process.env.PATH, ...trial(name) },
    });
    return run.then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      ({ code, stderr }: { readonly code: number; readonly stderr: string }) => ({ code, out: stderr }),
    );
  };

  test('is made beside it, is whole, writes over nothing, and brings back nothing to approve', async () => {
    const service = start(trial('saved'));
    const users = people(await service.port());
    await users.install();
    await users.say('on ws-043 run collect-logs.ps1 because it is open in the backup');
    const folder = join(dir, 'saved-backup');
    await until(
      'a card',
      () => users.thread(connector.personalConversationId(bo.aadObjectId)).includes('open in the backup') || undefined,
    );
    const made = await backup('saved', folder);
    expect(made).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^The backup is in .*: the database and \d+ files of evidence\. Its audit holds and ends with\n[0-9a-f]{64}:\d+\n$/,
      ),
    });
    expect(await backup('saved', 'check', folder)).toEqual({
      code: 0,
      out: expect.stringMatching(/^The backup of .* is whole/),
    });
    expect(await backup('saved', folder)).toEqual({
      code: 2,
      out: `The folder ${folder} is not empty, and a backup writes over nothing. Name a new one.\n`,
    });
    expect(await backup('saved', 'check', join(dir, 'nope'))).toEqual({
      code: 2,
      out: `${join(dir, 'nope')} is no folder that this account can read (ENOENT). Name the folder of a backup.\n`,
    });
    expect(await backup('saved', 'check', join(folder, 'evidence'))).toMatchObject({
      code: 1,
      out: expect.stringContaining('so it is no backup'),
    });
    expect(await backup('saved')).toMatchObject({
      code: 2,
      out: expect.stringContaining('npm run backup -- <folder>'),
    });
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);

    // On a machine that has never seen this database.
    await mkdir(join(dir, 'elsewhere'));
    await copyFile(join(folder, 'live-response.db'), join(dir, 'elsewhere', 'live-response.db'));
    const restored = start(trial('elsewhere'));
    await restored.port();
    expect(restored.logLines.join('\n')).toContain('A backup was restored');
    const database = new Database(join(dir, 'elsewhere', 'live-response.db'));
    expect(database.prepare('select distinct state from requests').all([])).toEqual([{ state: 'unknown' }]);
    database.close();
    restored.child.kill('SIGTERM');
    expect(await restored.exited).toBe(0);
  });

  test('of a database on a server is left to the tool of that server', async () => {
    const [command, main] = program('cli/backup.js');
    const run = promisify(execFile)(command, [main, '/backups/today'], {
      cwd: dir,
      env: { PATH: process.env.PATH, DATABASE_URL: 'postgres://bot:secret-word@db/live' },
    });
    const { code, stderr } = await run.then(
      () => ({ code: 0, stderr: '' }),
      (error: { readonly code: number; readonly stderr: string }) => error,
    );
    expect(code).toBe(2);
    expect(stderr).toContain('pg_dump --format=custom --file=/backups/today/live-response.dump "$DATABASE_URL"');
    expect(stderr).not.toContain('secret-word');
  });
});

describe('a stop or a kill while the POST to Defender is in flight', () => {
  /** Each on a device of its own: Defender takes one live response a device. */
  const started = async (name: string, device: string) => {
    const service = start(trial(name));
    const port = await service.port();
    const users = people(port);
    await users.install();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    emulator.fault({ fault: { type: 'hold', release: held, when: 'after' }, route: 'runLiveResponse' });
    const before = submissions().length;
    const thread = await users.askAndApprove(`on ${device} run collect-logs.ps1 because it is in flight`);
    await until('the submission', () => (submissions().length === before + 1 ? true : undefined));
    return { service, port, users, release, thread, submitted: before + 1 };
  };
  const databaseOf = (name: string) => new Database(join(dir, name, 'live-response.db'));

  test('says so first, takes nothing new, records the answer, gives leases back, and ends with 0', async () => {
    const { service, port, users, release, submitted } = await started('drained', 'srv-db-01');
    service.child.kill('SIGTERM');
    await until('not ready', async () => ((await get(port, '/readyz')).status === 503 ? true : undefined));
    expect((await get(port, '/readyz')).text).toBe('{"ready":false,"problems":["The service is stopping."]}');
    expect((await users.say('status')).status).toBe(503);
    expect(service.child.exitCode).toBeNull();
    release();
    expect(await service.exited).toBe(0);
    expect(submissions()).toHaveLength(submitted);
    const database = databaseOf('drained');
    expect(database.prepare('select state from requests').all([])).toEqual([{ state: 'pending' }]);
    expect(database.prepare('select count(*) as leased from work where lease_token is not null').all([])).toEqual([
      { leased: 0 },
    ]);
    database.close();
    expect(service.logLines.at(-1)).toContain('Stopped: nothing is under way any more');
  });

  test('killed, it says nothing more, and the next start finds the action by looking and sends nothing twice', async () => {
    const { service, users, release, thread, submitted } = await started('killed', 'dc-01');
    service.child.kill('SIGKILL');
    expect(await service.exited).toBeNull();
    release();
    const again = start(trial('killed'));
    await again.port();
    await until(
      'the action is found',
      () => /turned up in Defender|running command/i.test(users.thread(thread)) || undefined,
    );
    expect(submissions()).toHaveLength(submitted);
    again.child.kill('SIGTERM');
    expect(await again.exited).toBe(0);
  });

  test('ends at once when it is asked a second time, and the next start finds the action by looking', async () => {
    const { service, users, release, thread, submitted } = await started('forced', 'ws-043');
    service.child.kill('SIGTERM');
    await until('the stop has begun', () => service.logLines.find((line) => line.includes('Stopping')));
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    expect(service.logLines.at(-1)).toContain('Asked a second time: ended at once; what is on disk is enough to go on');
    release();
    const again = start(trial('forced'));
    await again.port();
    await until(
      'the action is found',
      () => /turned up in Defender|running command/i.test(users.thread(thread)) || undefined,
    );
    expect(submissions()).toHaveLength(submitted);
    again.child.kill('SIGTERM');
    expect(await again.exited).toBe(0);
  });
});

describe('a real setup', () => {
  let service: Run;
  let port: number;
  beforeAll(async () => {
    service = start({ ...real('real'), EVIDENCE_DIRS: '/var/evidence', POLICY_FILE: join(dir, 'trial-people.yaml') });
    port = await service.port();
  });

  test.each<[string, Record<string, string>]>([
    ['without a token', {}],
    ['with the word of the trial', { authorization: 'Bearer local' }],
    ['with another scheme', { authorization: 'Basic YTpi' }],
  ])('does not let in an activity %s (T-1)', async (_what, headers) => {
    const activity = people(port).activity('status');
    const answer = await fetch(`http://127.0.0.1:${port}/api/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...activity, serviceUrl: 'https://smba.trafficmanager.net/emea/' }),
    });
    expect(answer.status).toBe(401);
  });

  test('says at its start which name is almost a setting, and whose people its policy names', () => {
    const warnings = service.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn');
    expect(warnings.map(({ msg }) => msg).slice(0, 2)).toEqual([
      'EVIDENCE_DIRS: is not a setting of this service, so it is ignored. Did you mean EVIDENCE_DIR? Rename it, or unset it.',
      `${join(dir, 'trial-people.yaml')} names people of the local trial (Ana Analyst, Bo Approver, Cy Approver), who exist in no real tenant, so as them nobody can ask or approve. Put your own people in their place, by their Entra object ids.`,
    ]);
  });

  test('serves health without a sign-in, and ends with Ctrl-C', async () => {
    expect(await get(port, '/healthz')).toMatchObject({ status: 200 });
    service.child.kill('SIGINT');
    expect(await service.exited).toBe(0);
  });
});

describe('a start that is refused', () => {
  const settings = 'The settings have faults, so the service does not start. Fix these environment variables:';
  const at = (...parts: readonly string[]) => join(dir, ...parts);
  const cases: Readonly<Record<string, { env(): Environment | Promise<Environment>; lines(): readonly unknown[] }>> = {
    'no settings at all': {
      env: () => ({}),
      lines: () => [
        settings,
        expect.stringMatching(/^BOT_ID: is missing/),
        expect.stringMatching(/^BOT_TYPE: is missing/),
        expect.stringMatching(/^BOT_TENANT_ID: is missing/),
      ],
    },
    'a trial of a real bot against a real Defender': {
      env: () => ({ ...real('never'), LOCAL_TRIAL: '1', DEFENDER_API_URL: 'https://api.security.microsoft.com' }),
      lines: () => [
        settings,
        expect.stringMatching(/^LOCAL_TRIAL: cannot be set together with BOT_ID/),
        expect.stringMatching(/^DEFENDER_API_URL: must be on this machine/),
      ],
    },
    'a multi-tenant bot': {
      env: () => ({ ...real('never'), BOT_TYPE: 'MultiTenant', POLCY_FILE: 'x' }),
      lines: () => [
        settings,
        expect.stringMatching(/^BOT_TYPE: must be SingleTenant or UserAssignedMsi/),
        expect.stringMatching(/^POLCY_FILE: .* Did you mean POLICY_FILE\?/),
      ],
    },
    'a policy with a fault': {
      async env() {
        await writeFile(at('broken.yaml'), policy.replace('approvals: 1', 'approvals: 0'));
        return trial('never-1', { POLICY_FILE: at('broken.yaml') });
      },
      lines: () => [
        'The policy file has a fault, so nobody could approve anything. Fix it and start again:',
        `${at('broken.yaml')}:7: rule everything: approvals: must be a whole number from 1 to 10`,
      ],
    },
    'a policy that is not there and evidence below a file, before there is a database': {
      env: () => trial('never-4', { POLICY_FILE: at('nowhere.yaml'), EVIDENCE_DIR: '/etc/hostname/evidence' }),
      lines: () => [
        expect.stringMatching(/^The policy file .*nowhere\.yaml cannot be read/),
        expect.stringMatching(/^EVIDENCE_DIR: the folder .* cannot be made or written/),
      ],
    },
    'evidence below a file': {
      env: () => trial('never-2', { EVIDENCE_DIR: '/etc/hostname/evidence' }),
      lines: () => [expect.stringMatching(/^EVIDENCE_DIR: the folder .* cannot be made or written/)],
    },
    'no policy file': {
      env: () => trial('never-3', { POLICY_FILE: at('nowhere.yaml') }),
      lines: () => [
        `The policy file ${at('nowhere.yaml')} cannot be read, so nobody could approve anything. Put it there, or set POLICY_FILE to where it is.`,
      ],
    },
    'a damaged database': {
      async env() {
        await mkdir(at('damaged'));
        await writeFile(at('damaged', 'live-response.db'), 'this is no database '.repeat(500));
        return trial('damaged');
      },
      lines: () => [
        `The database file ${at('damaged', 'live-response.db')} is damaged or is not a database, so nothing in it can be trusted. It was left as it is: move it away and restore a backup.`,
      ],
    },
    'a database that does not answer': {
      env: () => trial('unreached', { DATABASE_URL: 'postgres://bot:s3cr3t@127.0.0.1:1/live' }),
      lines: () => [
        'The database live on 127.0.0.1:1 could not be used: it cannot be reached. Check DATABASE_URL and the network. Nothing was half done. Start the service again when that is fixed.',
      ],
    },
    'a database of a newer version': {
      async env() {
        await mkdir(at('newer'));
        const database = new Database(at('newer', 'live-response.db'));
        database.exec('create table kysely_migration (name text primary key, timestamp text)');
        database.exec("insert into kysely_migration values ('0999-later', '2030-01-01')");
        database.close();
        return trial('newer');
      },
      lines: () => [
        'The database was last used by a newer version of this program (it has 0999-later), and this version could damage it. Start the newer version again, or restore a backup from before the update.',
      ],
    },
  };
  const started = new Map<string, Run>();

  beforeAll(async () => {
    for (const [name, { env }] of Object.entries(cases)) started.set(name, start(await env()));
    await Promise.all([...started.values()].map((run) => run.exited));
  });

  test.each(Object.keys(cases))('%s: exit code 1, and one line a fault', async (name) => {
    const run = started.get(name);
    expect(await run?.exited).toBe(1);
    expect(run?.errorLines).toEqual(cases[name]?.lines());
  });

  test.each(['never-1', 'never-2', 'never-3', 'never-4'])('nothing of a database is made first (%s)', (name) => {
    expect(existsSync(at(name, 'live-response.db'))).toBe(false);
  });

  test('a damaged database is left as it was', async () => {
    expect(await readFile(at('damaged', 'live-response.db'), 'utf8')).toBe('this is no database '.repeat(500));
  });
});

describe('over all these runs', () => {
  test('the log is one JSON object a line, with level, time and words', () => {
    const lines = runs.flatMap((run) => run.logLines);
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({
        level: expect.stringMatching(/^(info|warn|error)$/),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        msg: expect.any(String),
      });
  });

  test('no secret, no token and no text of a person is printed', () => {
    const printed = runs.flatMap((run) => [...run.logLines, ...run.errorLines]).join('\n');
    for (const secret of [...Object.values(secrets), personsText, 'lsass', 'Bearer'])
      expect(printed).not.toContain(secret);
  });
});

const submissions = (): readonly string[] =>
  emulator.journal.filter((entry) => entry.route === 'runLiveResponse').map((entry) => entry.body);
const lookUps = (): number => emulator.journal.filter((entry) => entry.route === 'listMachines').length;
const requestId = (text: string): string => /LR-[A-Z0-9]{4,}/.exec(text)?.[0] ?? 'no id';

function people(port: number) {
  const teams = createTeamsClient({ connector, endpoint: `http://127.0.0.1:${port}/api/messages`, tenantId, bot });
  const boChat = connector.personalConversationId(bo.aadObjectId);
  const channel = { scope: 'channel', teamId, channelId, threadId: null } as const;
  const thread = (conversationId: string) => readThread(connector, conversationId).join('\n\n');
  const approveOf = (message: TeamsMessage) =>
    findActions(message.activity).find((action) => action.title === 'Approve');
  return {
    thread,
    install: () => teams.install(bo, { scope: 'personal' }),
    activity: (text: string) => teams.build.message(ana, channel, text),
    say: (text: string) => teams.say(ana, channel, text),
    /** Gives the thread, once it says that the request is approved. */
    async askAndApprove(text: string): Promise<string> {
      const { conversationId } = await teams.say(ana, channel, text);
      const id = await until('a card in the thread', () => /LR-[A-Z0-9]{4,}/.exec(thread(conversationId))?.[0]);
      const card = await until("a card in Bo's chat", () =>
        connector.messages(boChat).find((m) => approveOf(m) !== undefined && JSON.stringify(m.activity).includes(id)),
      );
      const { verb, data } = approveOf(card) ?? {};
      await teams.click(bo, card.id, { verb: String(verb), data });
      await until('the approval on the card', () => thread(conversationId).includes('Approved by Bo') || undefined);
      return conversationId;
    },
  };
}
