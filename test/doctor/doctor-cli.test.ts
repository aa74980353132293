import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Finding } from '../../src/doctor/finding';
import { systemClock } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { openStore } from '../../src/store/open';
import { type Emulator, startEmulator } from '../../trial/defender/emulator';
import { addTrialWorld } from '../../trial/defender/trial-world';
import { buildInto } from '../built';
import { LocalMicrosoft } from '../fakes/local-microsoft';

jest.setTimeout(90_000);

/** The program as it is built and run, against Microsoft's hosts under their own names on this machine. */
interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Settings = Readonly<Record<string, string | undefined>>;

const root = join(__dirname, '..', '..');
const run = promisify(execFile);
const analyst = 'a0000000-0000-4000-8000-000000000001';
const approver = 'a0000000-0000-4000-8000-000000000002';
const botId = '11111111-aaaa-4bbb-8ccc-222222222222';
const secrets = { BOT_PASSWORD: 'bot-secret-5f1c', DEFENDER_CLIENT_SECRET: 'defender-secret-77ab' };
const policy = `groups:
  analysts: [{ id: ${analyst}, name: Ana }]
  approvers: [{ id: ${approver}, name: Bo }]
requesters: [analysts]
rules:
  - name: everything
    approvals: 1
    from: [approvers]
    decideBy: 30m
    startBy: 2h
`;

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };

let dir: string;
let emulator: Emulator;
let microsoft: LocalMicrosoft;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lr-doctor-'));
  await symlink(join(root, 'package.json'), join(dir, 'package.json'));
  await buildInto(dir);
  await mkdir(join(dir, 'appPackage'));
  await writeFile(
    join(dir, 'appPackage', 'manifest.json'),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as the toolkit writes it
    JSON.stringify({ version, bots: [{ botId: '${{BOT_ID}}' }] }),
  );
  await mkdir(join(dir, 'env'));
  await writeFile(join(dir, 'env', 'policy.yaml'), policy);
  emulator = await startEmulator({ clock: systemClock, clientSecret: secrets.DEFENDER_CLIENT_SECRET });
  addTrialWorld(emulator);
  microsoft = await new LocalMicrosoft(emulator.url).start();
});

beforeEach(() => microsoft.reset());

afterAll(async () => {
  await microsoft.stop();
  await emulator.stop();
  await rm(dir, { recursive: true, force: true });
});

async function doctor(words: readonly string[] = [], over: Settings = {}): Promise<Ended> {
  const given: Settings = {
    PATH: process.env.PATH,
    ...microsoft.environment,
    BOT_ID: botId,
    BOT_TYPE: 'SingleTenant',
    BOT_TENANT_ID: emulator.tenantId,
    DEFENDER_TENANT_ID: emulator.tenantId,
    DEFENDER_CLIENT_ID: emulator.clientId,
    ...secrets,
    ...over,
  };
  const env = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const ended = await run(process.execPath, [join(dir, 'dist', 'cli', 'doctor.js'), ...words], { cwd: dir, env }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => {
      return { code: error.code, out: error.stdout, err: error.stderr };
    },
  );
  for (const secret of Object.values(secrets)) expect(ended.out + ended.err).not.toContain(secret);
  expect(ended.out + ended.err).not.toMatch(/eyJ/);
  return ended;
}

async function findings(over: Settings = {}) {
  const { code, out } = await doctor(['--json'], over);
  const found = (JSON.parse(out) as { readonly findings: readonly Finding[] }).findings;
  const of = (...checks: readonly string[]) =>
    found
      .filter((f) => checks.includes(f.check))
      .map(
        ({ check, verdict, found: what, cure }) => `${verdict} ${check}: ${what}${cure === null ? '' : ` -> ${cure}`}`,
      )
      .join('\n')

      .replaceAll(dir, '<dir>')
      .replace(/(support: )[0-9a-f-]+/g, '$1<id>');
  return { code, found, of };
}

test('a setup that is right is all ok, and nothing was written to Defender', async () => {
  const { code, out } = await doctor();
  expect(out.replace(/[\d.]+ [MGT]B\s+\([\d\s]+ bytes\)/g, '<size>').replaceAll(dir, '<dir>')).toMatchInlineSnapshot(`
"ok    settings      Every setting can be read, and none contradicts another.
ok    limits        10 submissions a minute, 50 sessions, 2 h in Defender's queue: within what is documented.
ok    cloud         Defender, Graph and Teams are all of the commercial cloud (api.security.microsoft.com).
ok    policy        The policy (78d5adc4af56, 1 rule) is valid, and people can ask and approve by it.
ok    groups        The policy names no group of Entra, so none must be read.
ok    store         There is no database yet; the first start makes it.
ok    store         The folder of the database <dir>/data can be made and has <size> left.
ok    evidence      The evidence folder data/evidence can be made and has <size> left.
ok    network       Defender (api.security.microsoft.com) can be reached.
ok    network       Sign-in (login.microsoftonline.com) can be reached.
ok    network       Teams (smba.trafficmanager.net) can be reached.
ok    network       Keys of the Bot Framework (login.botframework.com) can be reached.
ok    clock         The clock agrees with those of Microsoft.
ok    token         A token for Defender was issued to Live Response for Teams.
ok    roles         Roles in the token: Machine.LiveResponse, Machine.ReadWrite.All, Library.Manage.
ok    machines      Defender lists devices.
ok    actions       Defender lists actions; there is none yet.
ok    library       Defender lists the library.
ok    teams         The bot can sign in to Teams.
ok    manifest      The manifest (0.1.0) fits this program and this bot.

20 ok, 0 warnings, 0 failed. This is ready.
"
`);
  expect(code).toBe(0);
  const written = emulator.journal.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/token'));
  expect(written).toEqual([]);
});

test('every fault is told at once, each with its cure and never with its value', async () => {
  microsoft.skewMs = -10 * 60_000;
  await writeFile(join(dir, 'env', 'broken.yaml'), policy.replace('approvals: 1', 'approvals: 7'));
  const { code, of } = await findings({
    BOT_TYPE: 'MultiTenant',
    BOT_TENANT_ID: 'contoso.example',
    DEFENDER_CLIENT_CERTIFICATE_PATH: 'cert-of-somebody.pem',
    DEFENDER_SESSIONS: '500',
    POLICY_FILE: 'env/broken.yaml',
    EVIDENCE_DIR: join(dir, 'package.json'),
    DATABASE_URL: `sqlite:${join(dir, 'dist', 'index.js')}`,
  });
  expect(code).toBe(1);
  expect(
    of('settings', 'limits', 'policy', 'store', 'evidence', 'clock', 'token', 'machines', 'teams').replace(
      /is \d+ s/,
      'is <n> s',
    ),
  ).toMatchInlineSnapshot(`
"fail settings: BOT_TYPE: must be SingleTenant or UserAssignedMsi; with MultiTenant any tenant could write to this bot. -> Create the bot as one of the two.
fail settings: BOT_TENANT_ID: must be a GUID such as 11111111-2222-3333-4444-555555555555, as Entra shows it. -> Copy it from there.
fail settings: DEFENDER_CLIENT_CERTIFICATE_PATH: is set as well as DEFENDER_CLIENT_SECRET, and it must be clear which identity signs in to Defender. -> Unset one of them.
warn limits: DEFENDER_SESSIONS is 500, but Defender documents 50 sessions at a time, so what exceeds it is refused or given up there. -> Set DEFENDER_SESSIONS to 50 or less, or unset it, unless Microsoft has told you another limit for your tenant.
fail policy: env/broken.yaml:6: rule everything: 7 different people must approve, but its groups have only 1. With a fault in it nobody could approve anything. -> Fix that line; docs/policy.md has every word of the file.
fail store: The database file <dir>/dist/index.js cannot be read as a database of this service. -> Check that this account may read it and the files beside it; if it may, restore a backup.
fail evidence: The evidence folder <dir>/package.json is no folder, so results of scripts could not be kept. -> Set EVIDENCE_DIR to another place.
fail clock: The clock of this machine is <n> s ahead: tokens and signatures are refused when it is off by more than five minutes. -> Set the clock by NTP (on Linux: timedatectl set-ntp true), and see that it stays on.
skip token: Not looked at, since DEFENDER_CLIENT_CERTIFICATE_PATH must be fixed first.
skip machines: Not looked at, since DEFENDER_CLIENT_CERTIFICATE_PATH must be fixed first.
skip teams: Not looked at, since BOT_TYPE, BOT_TENANT_ID must be fixed first."
`);
});

test('Entra refuses: the sentence leads to the cure, and the reads are not tried', async () => {
  microsoft.refusals.set(emulator.clientId, 7000215);
  const { code, of } = await findings();
  expect(code).toBe(1);
  expect(of('token')).toBe(
    'fail token: No token for Defender. The client secret is wrong. -> Put the secret itself, not its id, into DEFENDER_CLIENT_SECRET, and check that it is one of the app DEFENDER_CLIENT_ID.',
  );
  expect(of('roles', 'machines', 'actions', 'library').match(/^skip /gm)).toHaveLength(4);
  expect(of('teams')).toBe('ok teams: The bot can sign in to Teams.');
});

test('an expired secret of the bot fails for Teams only', async () => {
  microsoft.refusals.set(botId, 7000222);
  const { code, of } = await findings();
  expect(code).toBe(1);
  expect(of('teams', 'machines')).toMatchInlineSnapshot(`
"ok machines: Defender lists devices.
fail teams: No token for Teams. The client secret has expired. -> Make a new one for the app, and put it into BOT_PASSWORD."
`);
});

test('a token for another audience is told as that, and the reads that it breaks as well', async () => {
  microsoft.claims = { aud: 'https://graph.microsoft.com', tid: 'other', appid: 'other', roles: ['Mail.Send'] };
  const { code, of } = await findings();
  expect(code).toBe(1);
  expect(of('token', 'roles', 'actions')).toMatchInlineSnapshot(`
"fail token: The token is for another audience than the host of DEFENDER_API_URL expects, so every call is refused. -> Set DEFENDER_API_URL to the host of the cloud that the app and its tenant are in.
fail token: The token is of another tenant than DEFENDER_TENANT_ID. -> Fix DEFENDER_TENANT_ID, or the identity that is used.
fail token: The token was issued to another app than DEFENDER_CLIENT_ID. -> Set DEFENDER_CLIENT_ID to the client id (not the object id) of the identity that the service runs with.
ok roles: Roles in the token: Mail.Send.
fail roles: Machine.LiveResponse is missing: nothing can be submitted to Defender or cancelled there. -> Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.
fail roles: Machine.ReadWrite.All is missing: the course of a live response and its results cannot be read, nor devices unless Machine.Read.All is there. -> Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.
fail roles: Library.Manage is missing: the library cannot be read, so no request that names a script or file of it is taken. -> Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.
warn roles: Mail.Send is not needed: whoever took this service over could use it. -> Take it from the app, or give what else needs it an app of its own.
fail actions: Defender does not accept the token for actions (401 Unauthorized): it is for another audience or another cloud, or the clock is off. -> Compare DEFENDER_API_URL with the cloud of the tenant, and look at the checks of token and clock. For Microsoft support: <id>."
`);
});

test('a revoked role is missing in the token and named by the read that it breaks; a surplus one is a warning', async () => {
  emulator.removeRole('Library.Manage');
  emulator.addRole('Machine.Offboard');
  try {
    const { code, of } = await findings();
    expect(code).toBe(1);
    expect(of('roles', 'library', 'actions')).toMatchInlineSnapshot(`
"ok roles: Roles in the token: Machine.LiveResponse, Machine.ReadWrite.All, Machine.Offboard.
fail roles: Library.Manage is missing: the library cannot be read, so no request that names a script or file of it is taken. -> Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.
warn roles: Machine.Offboard is not needed: whoever took this service over could use it. -> Take it from the app, or give what else needs it an app of its own.
ok actions: Defender lists actions; there is none yet.
fail library: Defender does not let this app read the library (403 Forbidden). -> Add the application permission Library.Manage of WindowsDefenderATP to the app and grant admin consent; it is in the next token, after up to an hour. For Microsoft support: <id>."
`);
  } finally {
    emulator.addRole('Library.Manage');
    emulator.removeRole('Machine.Offboard');
  }
});

test('a machine that has no managed identity is told as that, for Defender and for Teams', async () => {
  const { code, of } = await findings({
    BOT_TYPE: 'UserAssignedMsi',
    BOT_PASSWORD: undefined,
    DEFENDER_CLIENT_SECRET: undefined,
    IDENTITY_ENDPOINT: 'http://127.0.0.1:1/msi',
    IDENTITY_HEADER: 'x',
  });
  expect(code).toBe(1);
  expect(of('token', 'teams', 'roles')).toMatchInlineSnapshot(`
"fail token: No token for Defender: this machine gave none for a managed identity. Either it is not one of Azure, or the identity is not assigned to it. -> Assign the identity to the app, and set DEFENDER_CLIENT_ID to its client id when there are several; elsewhere set a certificate, a federated token or a client secret.
skip roles: Not looked at, since there is no token for Defender.
fail teams: No token for Teams: this machine gave none for the managed identity BOT_ID. Either it is not one of Azure, or the identity is not assigned to it. -> Assign the identity to the app that runs the service, and set BOT_ID to its client id."
`);
});

test('hosts of different clouds are told as a contradiction', async () => {
  const { code, of } = await findings({ DEFENDER_API_URL: 'https://api-gov.securitycenter.microsoft.us' });
  expect(code).toBe(1);
  expect(of('settings', 'cloud')).toMatchInlineSnapshot(`
"fail settings: TEAMS_CLOUD: is public, but DEFENDER_API_URL is of the government cloud: people and devices would be of different clouds, whose tenants do not know each other. -> Set TEAMS_CLOUD to gccHigh or dod, or DEFENDER_API_URL to the host of the cloud that Teams is in.
skip cloud: Not looked at, since TEAMS_CLOUD must be fixed first."
`);
});

test('hosts that cannot be reached are named, each by itself', async () => {
  const { code, of } = await findings({ REROUTE_CLOSED: 'api.security.microsoft.com,smba.trafficmanager.net' });
  expect(code).toBe(1);
  expect(of('network', 'machines', 'token')).toMatchInlineSnapshot(`
"fail network: Defender (api.security.microsoft.com) cannot be used: the connection is refused or cut (ECONNREFUSED). -> Check firewalls and proxies between this machine and it; outgoing HTTPS must be allowed to it.
ok network: Sign-in (login.microsoftonline.com) can be reached.
fail network: Teams (smba.trafficmanager.net) cannot be used: the connection is refused or cut (ECONNREFUSED). -> Check firewalls and proxies between this machine and it; outgoing HTTPS must be allowed to it.
ok network: Keys of the Bot Framework (login.botframework.com) can be reached.
ok token: A token for Defender was issued to Live Response for Teams.
fail machines: Defender could not be asked for devices (ECONNREFUSED). -> See what the check of its host says above; if that is ok, try again in a minute."
`);
});

test('a clock that is off by minutes is a warning', async () => {
  microsoft.skewMs = 3 * 60_000;
  const { code, of } = await findings();
  expect(code).toBe(0);
  expect(of('clock')).toMatch(/^warn clock: The clock of this machine is 1[78]\d s behind: from five minutes on/);
});

test('the store of a running service is looked at and left alone', async () => {
  const url = `sqlite:${join(dir, 'running.db')}`;
  const store = await openStore({ url, log: silentLog });
  try {
    const { code, of } = await findings({ DATABASE_URL: url });
    expect(code).toBe(0);
    expect(of('store').split('\n')[0]).toBe(
      'ok store: The database can be read, its schema is current, and a running service has it open.',
    );
    await store.transact((tx) => tx.saveFact('after', 1));
  } finally {
    await store.close();
  }
});

test('a word that is not known ends with the usage and 2', async () => {
  const { code, err } = await doctor(['--fix']);
  expect([code, err.split('\n')[0]]).toEqual([2, '"--fix" is not known here.']);
});

test('samples go to no conversation that the bot does not know', async () => {
  const { code, out } = await doctor(['--post', '19:nobody@thread.tacv2']);
  expect(code).toBe(1);
  expect(out).toMatch(/fail {2}cards {9}No card was posted: the bot does not know this conversation/);
  expect(microsoft.calls.filter((call) => call.startsWith('POST'))).toEqual([]);
});
