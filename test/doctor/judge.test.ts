import { readFileSync } from 'node:fs';
import { wordTable } from '../../src/chat/words';
import { neededRoles, type TokenClaims } from '../../src/defender/roles';
import { parseDoctorCommand } from '../../src/doctor/command-line';
import { judgeBotCertificate, judgeCertificate, judgeCredentialFiles } from '../../src/doctor/credential-files';
import { exitCodeOf, type Judged } from '../../src/doctor/finding';
import { judgeManifest } from '../../src/doctor/judge-manifest';
import { judgeGroups, judgePolicy } from '../../src/doctor/judge-policy';
import { judgeReach, judgeSkew } from '../../src/doctor/judge-reach';
import { judgeRead, reads } from '../../src/doctor/judge-reads';
import { judgeCloud, judgeLimits, judgeSettings } from '../../src/doctor/judge-settings';
import {
  type FolderLook,
  judgeDatabaseFolder,
  judgeEvidence,
  judgeRights,
  judgeStore,
} from '../../src/doctor/judge-storage';
import { judgeClaims, judgeRefusedToken, judgeTokenRoles } from '../../src/doctor/judge-token';
import type { Probe } from '../../src/doctor/probe';
import { describeFindings, findingsToJson } from '../../src/doctor/report';
import { findMisspelt } from '../../src/misspelt';
import { parsePolicy } from '../../src/policy/parse-policy';
import type { StoreInspection } from '../../src/store/offline/inspect';

const words = (judged: Judged | readonly Judged[]): string =>
  [judged]
    .flat()
    .map(({ verdict, found, cure }) => `${verdict} ${found}${cure === null ? '' : ` -> ${cure}`}`)
    .join('\n');
const verdicts = (judged: readonly Judged[]): string => judged.map(({ verdict }) => verdict).join(' ');
const answered = (over: Partial<Extract<Probe, { type: 'answered' }>> = {}): Probe => ({
  type: 'answered',
  status: 200,
  date: null,
  body: '{"value":[{}]}',
  at: 0,
  ...over,
});

test.each([
  ['AADSTS7000215', 'No token for Teams. The client secret is wrong.', /into BOT_PASSWORD, .* of the app BOT_ID\.$/],
  ['AADSTS7000222', 'No token for Teams. The client secret has expired.', /put it into BOT_PASSWORD\.$/],
  [
    'AADSTS700016',
    'No token for Teams. The tenant does not know the app.',
    /BOT_ID and BOT_TENANT_ID, and that TEAMS_CLOUD/,
  ],
  ['AADSTS424242', 'No token for Teams. Entra refused with AADSTS424242.', /^Look that number up/],
  ['\u202eodd', expect.stringMatching(/^No token for Teams\. Neither Entra/), /reaches the sign-in host/],
  [null, expect.stringMatching(/^No token for Teams\. Neither Entra/), /reaches the sign-in host/],
])('a refusal of Entra by %s has its cause and its cure', (code, found, cure) => {
  const settings = { app: 'BOT_ID', tenant: 'BOT_TENANT_ID', secret: 'BOT_PASSWORD', cloud: 'TEAMS_CLOUD' };
  expect(judgeRefusedToken(code, 'Teams', settings)).toEqual({
    verdict: 'fail',
    found,
    cure: expect.stringMatching(cure),
  });
});

const claims: TokenClaims = {
  audience: 'https://api.securitycenter.microsoft.com',
  tenantId: 'T',
  appId: 'a',
  appName: 'Live\u202e Response',
  roles: neededRoles.map(({ role }) => role),
  isDelegated: false,
};
const expected = { apiUrl: 'https://api.security.microsoft.com', tenantId: 't', clientId: 'A' };

test.each([
  ['ok', claims],
  ['ok', { ...claims, audience: null, tenantId: null, appId: null }],
  ['fail', { ...claims, audience: 'https://graph.microsoft.com' }],
  ['fail', { ...claims, tenantId: 'other' }],
  ['fail', { ...claims, appId: 'other' }],
  ['warn', null],
])('a token is %s by its claims (%#)', (verdict, given) => {
  expect(verdicts(judgeClaims(given, expected))).toBe(verdict);
});

test('a name in a token is shown with what is hidden in it', () => {
  expect(words(judgeClaims(claims, expected))).toBe('ok A token for Defender was issued to Live\\u{202e} Response.');
});

test('roles are judged one by one, and a token of a person is none of the app', () => {
  expect(verdicts(judgeTokenRoles(claims))).toBe('ok');
  expect(verdicts(judgeTokenRoles({ ...claims, roles: ['Mail.Send'] }))).toBe('ok fail fail fail warn');
  expect(words(judgeTokenRoles({ ...claims, isDelegated: true }))).toMatch(/^fail The token stands for a person/);
  expect(verdicts(judgeTokenRoles(null))).toBe('skip');
});

test.each([
  [answered(), /^ok Defender lists the library\.$/],
  [answered({ body: '{"value":[]}' }), /^warn The live response library is empty/],
  [answered({ body: '<html>' }), /^fail What answers for the library is not Defender/],
  [answered({ status: 401, body: '' }), /^fail .*\(401\): it is for another audience or another cloud/],
  [answered({ status: 403, body: '' }), /^fail .* -> Add the application permission Library\.Manage/],
  [answered({ status: 429, body: '{"error":{"code":"429"}}' }), /^warn Defender asks to slow down \(429 429\)/],
  [
    answered({ status: 403, body: '{"error":{"code":"DisabledFeature","target":"t-1"}}' }),
    /^fail The library: Live response is switched off.* For Microsoft support: t-1\./,
  ],
  [
    answered({ status: 500, body: 'x' }),
    /^fail The library: Defender answered that it had a fault of its own\. \(500\) -> Ask again in a few minutes/,
  ],
  [{ type: 'failed', code: 'timedOut' } as const, /^fail Defender could not be asked for the library \(timedOut\)/],
])('a read of the library is judged by its answer (%#)', (outcome, sentence) => {
  const library = reads[2];
  expect(library && words(judgeRead(library, outcome))).toMatch(sentence);
});

test('no device at all is a warning, however Defender says it', () => {
  const [machines] = reads;
  for (const outcome of [answered({ status: 404, body: '' }), answered({ body: '{"value": [ ]}' })])
    expect(machines && judgeRead(machines, outcome).found).toMatch(/^Defender shows no device/);
});

test.each([
  [{ type: 'failed', code: 'ENOTFOUND' } as const, /name cannot be resolved.* -> Check the DNS/],
  [{ type: 'failed', code: 'ECONNRESET' } as const, /refused or cut/],
  [{ type: 'failed', code: 'timedOut' } as const, /does not answer/],
  [{ type: 'failed', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } as const, /certificate is not trusted/],
  [{ type: 'failed', code: 'unknown' } as const, /cannot be reached/],
  [answered({ status: 503 }), /^ok Defender \(host\) can be reached\.$/],
])('a host is judged by whether anything answers (%#)', (outcome, sentence) => {
  expect(words(judgeReach('host', 'Defender', outcome))).toMatch(sentence);
});

test.each([
  [0, 'ok'],
  [120_000, 'ok'],
  [-121_000, 'warn'],
  [300_000, 'warn'],
  [301_000, 'fail'],
])('a clock that is off by %s ms is %s', (skew, verdict) => {
  expect(judgeSkew([answered({ at: skew, date: 0 })]).verdict).toBe(verdict);
});

test('one host with a wrong clock is not ours being wrong, and none is no clock at all', () => {
  expect(judgeSkew([answered({ at: 0, date: 900_000 }), answered({ at: 0, date: 0 })]).verdict).toBe('ok');
  expect(judgeSkew([answered(), { type: 'failed', code: 'x' }]).verdict).toBe('skip');
});

const cloud = (url: string, teamsCloud: 'public' | 'gcc' | 'gccHigh' | 'dod', graphUrl: string | null = null) =>
  verdicts(judgeCloud({ defender: { url }, teamsCloud, graphUrl }));

test.each([
  ['https://api.security.microsoft.com', 'public', 'https://graph.microsoft.com', 'ok'],
  ['https://eu.api.security.microsoft.com', 'public', null, 'ok'],
  ['https://api.securitycenter.microsoft.com', 'public', null, 'warn'],
  ['https://api-gcc.securitycenter.microsoft.us', 'gcc', 'https://graph.microsoft.com', 'ok'],
  ['https://api-gov.securitycenter.microsoft.us', 'gccHigh', 'https://graph.microsoft.us', 'ok'],
  ['https://api-gov.securitycenter.microsoft.us', 'dod', 'https://dod-graph.microsoft.us', 'ok'],
  ['https://api-gov.securitycenter.microsoft.us', 'public', 'https://graph.microsoft.com', 'fail fail'],
  ['https://api.security.microsoft.com', 'public', 'https://graph.microsoft.us', 'fail'],
  ['https://api.security.microsoft.us', 'gccHigh', null, 'fail'],
  ['https://defender.example', 'public', null, 'fail'],
] as const)('%s with Teams in %s and Graph at %s: %s', (url, teams, graph, verdict) => {
  expect(cloud(url, teams, graph)).toBe(verdict);
});

test('what exceeds the documented limits is a warning each', () => {
  expect(verdicts(judgeLimits({ runsPerMinute: 10, sessions: 50, queueHours: 2 }))).toBe('ok');
  expect(verdicts(judgeLimits({ runsPerMinute: 11, sessions: 51, queueHours: 72 }))).toBe('warn warn warn');
});

const store: StoreInspection = {
  engine: 'sqlite',
  path: '/d/x.db',
  exists: true,
  toTake: [],
  unknown: [],
  inUse: false,
};

test.each([
  [{}, /^ok The database can be read, and its schema is current\.$/],
  [{ inUse: true }, /^ok .* a running service has it open\.$/],
  [{ exists: false, toTake: ['0001-first'] }, /^ok There is no database yet/],
  [{ toTake: ['0009-x'] }, /^warn .*\(0009-x\).* -> Make a backup/],
  [{ unknown: ['0099-y'] }, /^fail .*newer version.*\(0099-y\)/],
])('a store is judged by its schema (%#)', (over, sentence) => {
  expect(words(judgeStore({ ...store, ...over }))).toMatch(sentence);
});

test('a database that others may use is a warning', () => {
  expect(judgeRights('/d/x.db', 0o100600)).toEqual([]);
  expect(judgeRights('/d/x.db', null)).toEqual([]);
  expect(words(judgeRights('/d/x.db', 0o100640))).toBe(
    'warn The database file /d/x.db can be used by other accounts of this machine (mode 640), and in it is every request with its arguments and reasons. -> Restart the service as the account that owns the file, which takes that right from them; on a file system without rights, let nobody else reach the folder.',
  );
});

const folder: FolderLook = { path: 'data', exists: true, isFolder: true, writable: true, freeBytes: 2 ** 40 };

test.each([
  [{}, 'ok', 'ok'],
  [{ freeBytes: null }, 'ok', 'ok'],
  [{ exists: false }, 'ok', 'ok'],
  [{ isFolder: false }, 'fail', 'fail'],
  [{ writable: false }, 'fail', 'fail'],
  [{ freeBytes: 5 * 2 ** 30 }, 'ok', 'warn'],
  [{ freeBytes: 2 ** 29 }, 'warn', 'fail'],
  [{ freeBytes: 2 ** 20 }, 'fail', 'fail'],
])('a folder is judged by right and room (%#)', (over, database, evidence) => {
  expect(verdicts(judgeDatabaseFolder({ ...folder, ...over }))).toBe(database);
  expect(verdicts(judgeEvidence({ ...folder, ...over }))).toBe(evidence);
});

const id = 'a0000000-0000-4000-8000-000000000001';
const policyText = (analysts: string) => `groups:
  analysts: ${analysts}
  approvers: { entra: 33333333-0000-4000-8000-000000000000 }
requesters: [analysts]
rules:
  - { name: everything, from: [approvers] }
`;

test('a policy is judged by its faults, and by whether anybody can use it', () => {
  const judge = (text: string) => words(judgePolicy('p.yaml', parsePolicy(text)));
  expect(judge(policyText(`[{ id: ${id}, name: Ana }]`))).toMatch(/^ok The policy \(\w+, 1 rule\) is valid/);
  expect(judge('rules: 1')).toMatch(/^fail p\.yaml:1: /);
  expect(judge(policyText('[]'))).toMatch(/nobody can ask|fail p\.yaml/);
});

test('a name that is almost a setting is a warning, beside what is a fault', () => {
  const misspelt = findMisspelt({ POLCY_FILE: 'x' });
  expect(words(judgeSettings([], misspelt, false))).toBe(
    'warn POLCY_FILE: is not a setting of this service, so it is ignored. -> Did you mean POLICY_FILE? Rename it, or unset it.',
  );
  expect(verdicts(judgeSettings([{ name: 'BOT_ID', message: 'is missing. Set it.' }], misspelt, false))).toBe(
    'fail warn',
  );
});

test('people of the trial in the policy of a real bot are a warning, and in a trial none', () => {
  const parsed = parsePolicy(readFileSync('env/policy.yaml', 'utf8'));
  const told =
    'warn env/policy.yaml names people of the local trial (Ana Analyst, Bo Approver, Cy Approver), who exist in no real tenant, so as them nobody can ask or approve. -> Put your own people in their place, by their Entra object ids.';
  expect(words(judgePolicy('env/policy.yaml', parsed))).toContain(told);
  expect(words(judgePolicy('env/policy.yaml', parsed, true))).not.toContain('trial');
});

test('groups of Entra are judged by whether they can be read', () => {
  const parsed = parsePolicy(policyText(`[{ id: ${id}, name: Ana }]`));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const judge = (members: ReadonlySet<string> | null) =>
    words(judgeGroups(parsed.value, new Map([['approvers', members]])));
  expect(judge(new Set([id]))).toBe('ok The Entra group approvers can be read: 1 person.');
  expect(judge(new Set())).toMatch(/^warn .*nobody in it can approve/);
  expect(judge(null)).toMatch(/^fail .* -> Check its id, and grant the identity GroupMember\.Read\.All/);
});

const manifest = (over: object = {}, bot: object = {}) =>
  JSON.stringify({
    version: '1.0.0',
    bots: [
      {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as the toolkit writes it
        botId: '${{BOT_ID}}',
        commandLists: [{ commands: [{ title: 'help', description: wordTable.help.purpose }] }],
        ...bot,
      },
    ],
    ...over,
  });
const commands = (title: string, description: string) => ({ commandLists: [{ commands: [{ title, description }] }] });

test.each([
  [manifest(), 'ok'],
  [manifest({}, { botId: id.toUpperCase() }), 'ok'],
  [manifest({}, { botId: id.replace('1', '2') }), 'fail'],
  [manifest({ version: '0.9.0' }), 'warn'],
  [manifest({}, commands('fix', 'Fixes.')), 'warn'],
  [manifest({}, commands('help', 'Something else.')), 'warn'],
  ['{}', 'fail'],
  ['no json', 'fail'],
])('a manifest is judged by version, bot and words (%#)', (text, verdict) => {
  expect(verdicts(judgeManifest(text, { version: '1.0.0', botId: id }))).toBe(verdict);
});

test('a certificate is judged by its end, and never shown', async () => {
  const pem = readFileSync('test/fixtures/tls/app.pem', 'utf8');
  const day = 24 * 3_600_000;
  const at = (text: string) => Date.parse(text);
  const judge = (now: number) => judgeCertificate(pem, now).verdict;
  const [start, end] = ['2027-01-01', '2126-10-01'].map(at) as [number, number];
  expect([judge(start), judge(end + 5 * day), judge(end + 400 * day), judge(at('2020-01-01'))]).toEqual([
    'ok',
    'warn',
    'fail',
    'fail',
  ]);
  expect(judgeCertificate('-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----', start).verdict).toBe('fail');
  const nowhere = { type: 'clientCertificate', tenantId: 't', clientId: 'c', certificatePath: 'nowhere.pem' } as const;
  expect(words(await judgeCredentialFiles(nowhere, start))).toMatch(
    /^fail The file of DEFENDER_CLIENT_CERTIFICATE_PATH/,
  );
  const unwritten = { type: 'workloadIdentity', tenantId: 't', clientId: 'c', tokenFilePath: 'nowhere' } as const;
  expect(words(await judgeCredentialFiles(unwritten, start))).toMatch(/^fail The file of AZURE_FEDERATED_TOKEN_FILE/);
});

test.each([
  [[], { ok: true, value: { type: 'look', json: false, post: null } }],
  [['--json', '--post', '19:x'], { ok: true, value: { type: 'look', json: true, post: '19:x' } }],
  [['-h'], { ok: true, value: { type: 'help' } }],
  [['--post'], { ok: false }],
  [['--post', '--json'], { ok: false }],
  [['19:x'], { ok: false }],
])('the words %j are understood or refused', (given, result) => {
  expect(parseDoctorCommand(given)).toMatchObject(result);
});

test('the table wraps what is long, counts, and its exit code is 1 only when something fails', () => {
  const findings = [
    { check: 'one', verdict: 'ok', found: 'Fine.', cure: null },
    { check: 'two', verdict: 'warn', found: 'word '.repeat(40).trim(), cure: 'Do it.' },
  ] as const;
  expect(describeFindings(findings)).toMatchInlineSnapshot(`
"ok    one           Fine.
warn  two           word word word word word word word word word word word word word word word word word word
                    word word word word word word word word word word word word word word word word word word
                    word word word word
                    -> Do it.

1 ok, 1 warning, 0 failed. This can run; read the warnings."
`);
  expect(exitCodeOf(findings)).toBe(0);
  expect(exitCodeOf([...findings, { check: 'x', verdict: 'fail', found: 'a', cure: 'b' }])).toBe(1);
  expect(JSON.parse(findingsToJson(findings))).toMatchObject({
    schema: 'live-response-doctor/1',
    counts: { ok: 1, warn: 1, fail: 0, skip: 0 },
  });
});

test('the app package of this very clone fits its code', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
  expect(verdicts(judgeManifest(readFileSync('appPackage/manifest.json', 'utf8'), { version, botId: id }))).toBe('ok');
});

test('the certificate of the bot is judged by its own name, and none is no fault', async () => {
  expect(await judgeBotCertificate(null, 0)).toEqual([]);
  expect(await judgeBotCertificate('/nowhere/bot.pem', 0)).toEqual([
    {
      verdict: 'fail',
      found: 'BOT_CERTIFICATE_PATH: the file cannot be read, so the bot could not sign in to Teams.',
      cure: 'Put it there and let the account of the service read it, or fix the path.',
    },
  ]);
  expect(await judgeBotCertificate('test/fixtures/tls/cert.pem', 0)).toMatchObject([{ verdict: 'fail' }]);
  const [expired] = await judgeBotCertificate('test/fixtures/tls/app.pem', Date.parse('2200-01-01'));
  expect(expired).toMatchObject({
    verdict: 'fail',
    found: expect.stringMatching(/^The certificate of the bot has expired on /),
  });
});
