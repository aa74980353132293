import fc from 'fast-check';
import { type Config, parseConfig, parsePolicyPlace } from '../src/config';
import { reveal } from '../src/lib/redacted';

const botId = '11111111-1111-4111-8111-111111111111';
const tenantId = '22222222-2222-4222-8222-222222222222';
const otherTenantId = '33333333-3333-4333-8333-333333333333';
const defenderTenantId = '44444444-4444-4444-8444-444444444444';
const clientId = '55555555-5555-4555-8555-555555555555';

type Environment = Readonly<Record<string, string | undefined>>;

const real: Environment = {
  BOT_ID: botId,
  BOT_TYPE: 'SingleTenant',
  BOT_TENANT_ID: tenantId,
  BOT_PASSWORD: 'bot-word',
};
const trial: Environment = { LOCAL_TRIAL: '1', DEFENDER_API_URL: 'http://127.0.0.1:4000' };

const read = (env: Environment): Config => {
  const config = parseConfig(env);
  if (!config.ok) throw new Error(config.error.join('\n'));
  return config.value;
};
const faultsOf = (env: Environment): readonly string[] => {
  const config = parseConfig(env);
  return config.ok ? [] : config.error;
};

describe('defaults', () => {
  test('a real setup needs the four settings of the bot, and the rest is as the run contract says', () => {
    expect(read(real)).toEqual({
      port: 3978,
      opsPort: null,
      host: '0.0.0.0',
      trial: false,
      bot: { appId: botId, type: 'SingleTenant', tenantId, password: expect.anything(), certificatePath: null },
      teamsTenantIds: [tenantId],
      teamsCloud: 'public',
      teamsAllowSharedChannels: false,
      graphUrl: 'https://graph.microsoft.com',
      defender: {
        url: 'https://api.security.microsoft.com',
        credential: { type: 'managedIdentity', clientId: null },
        runsPerMinute: 10,
        sessions: 50,
        queueHours: 2,
      },
      proxy: { proxy: null, except: '' },
      openRequestsPerPerson: 20,
      databaseSignIn: 'password',
      databaseUrl: 'sqlite:./data/live-response.db',
      policyFile: 'env/policy.yaml',
      runbooksFile: 'env/runbooks.yaml',
      evidenceDir: 'data/evidence',
      evidenceKeyFile: null,
      evidenceChatBytes: 10 * 1024 ** 2,
      historyDays: 365,
      anchorConversationId: null,
    });
  });

  test('a trial needs an address of this machine and no credentials, and listens there only', () => {
    expect(read(trial)).toMatchObject({
      trial: true,
      host: '127.0.0.1',
      bot: null,
      teamsTenantIds: null,
      graphUrl: null,
      defender: { url: 'http://127.0.0.1:4000', credential: { type: 'local' } },
    });
  });

  test.each(['', '  ', undefined])('%j counts as unset', (nothing) => {
    const all = ['PORT', 'TEAMS_TENANT_IDS', 'DEFENDER_API_URL', 'DEFENDER_SESSIONS', 'DATABASE_URL', 'LOCAL_TRIAL'];
    expect(read({ ...real, ...Object.fromEntries(all.map((name) => [name, nothing])) })).toEqual({
      ...read(real),
      bot: expect.anything(),
    });
  });
});

describe('what is set is taken', () => {
  test('without the blanks and line ends around it', () => {
    const padded = Object.fromEntries(Object.entries(real).map(([name, value]) => [name, ` ${value}\r\n`]));
    const { bot, ...rest } = read(padded);
    expect(rest).toEqual({ ...read(real), bot: undefined });
    expect(bot).toMatchObject({ appId: botId, type: 'SingleTenant', tenantId });
    expect(bot?.password && reveal(bot.password)).toBe('bot-word');
  });

  test('numbers, paths and addresses', () => {
    expect(
      read({
        ...real,
        PORT: '0',
        DEFENDER_API_URL: 'https://api-eu.securitycenter.microsoft.com/',
        DEFENDER_RUNS_PER_MINUTE: '5',
        DEFENDER_SESSIONS: '25',
        DEFENDER_QUEUE_HOURS: '72',
        OPEN_REQUESTS_PER_PERSON: '5',
        DATABASE_URL: 'sqlite:/var/lib/lr.db',
        POLICY_FILE: '/etc/lr/policy.yaml',
        EVIDENCE_DIR: '/var/lib/evidence',
      }),
    ).toMatchObject({
      port: 0,
      defender: { url: 'https://api-eu.securitycenter.microsoft.com/', runsPerMinute: 5, sessions: 25, queueHours: 72 },
      proxy: { proxy: null, except: '' },
      openRequestsPerPerson: 5,
      databaseUrl: 'sqlite:/var/lib/lr.db',
      policyFile: '/etc/lr/policy.yaml',
      evidenceDir: '/var/lib/evidence',
      evidenceKeyFile: null,
      anchorConversationId: null,
    });
  });

  test('a tool that needs only the policy file finds the one of the service, whatever else is missing or wrong', () => {
    expect(parsePolicyPlace({})).toBe('env/policy.yaml');
    expect(parsePolicyPlace({ POLICY_FILE: ' /etc/lr/policy.yaml\n', PORT: 'x' })).toBe('/etc/lr/policy.yaml');
  });

  test('a list of tenants, whatever its blanks and capitals', () => {
    expect(read({ ...real, TEAMS_TENANT_IDS: ` ${tenantId} , ${otherTenantId.toUpperCase()}` }).teamsTenantIds).toEqual(
      [tenantId, otherTenantId],
    );
    expect(read({ ...trial, TEAMS_TENANT_IDS: tenantId }).teamsTenantIds).toEqual([tenantId]);
  });

  test('the tenant of the bot, in small letters, serves alone when no list is given', () => {
    const id = 'ABCDEF12-2222-4222-8222-222222222222';
    expect(read({ ...real, BOT_TENANT_ID: id }).teamsTenantIds).toEqual([id.toLowerCase()]);
  });

  test('a bot with a managed identity needs no password', () => {
    const { BOT_PASSWORD: _, ...withoutPassword } = real;
    expect(read({ ...withoutPassword, BOT_TYPE: 'UserAssignedMsi' }).bot).toEqual({
      appId: botId,
      type: 'UserAssignedMsi',
      tenantId,
      password: null,
      certificatePath: null,
    });
  });

  const named = { DEFENDER_TENANT_ID: defenderTenantId, DEFENDER_CLIENT_ID: clientId };
  const identity = { tenantId: defenderTenantId, clientId };
  test.each<[string, Environment, unknown]>([
    [
      'a certificate',
      { ...named, DEFENDER_CLIENT_CERTIFICATE_PATH: '/etc/lr/app.pem' },
      { type: 'clientCertificate', ...identity, certificatePath: '/etc/lr/app.pem' },
    ],
    [
      'a workload identity',
      { ...named, AZURE_FEDERATED_TOKEN_FILE: '/var/run/token' },
      { type: 'workloadIdentity', ...identity, tokenFilePath: '/var/run/token' },
    ],
    ['a managed identity of its own', { DEFENDER_CLIENT_ID: clientId }, { type: 'managedIdentity', clientId }],
  ])('the sign-in to Defender by %s', (_way, env, credential) => {
    expect(read({ ...real, ...env }).defender.credential).toEqual(credential);
  });

  test('secrets are kept in boxes that do not print', () => {
    const config = read({ ...real, ...named, DEFENDER_CLIENT_SECRET: 'defender-word' });
    expect(JSON.stringify(config)).not.toMatch(/bot-word|defender-word/);
    expect(config.bot?.password && reveal(config.bot.password)).toBe('bot-word');
    const { credential } = config.defender;
    expect(credential.type === 'clientSecret' && reveal(credential.secret)).toBe('defender-word');
  });

  test('a trial takes no credential for Defender, whatever is set', () => {
    const env = { ...trial, DEFENDER_CLIENT_SECRET: 'x', DEFENDER_CLIENT_CERTIFICATE_PATH: 'y' };
    expect(read(env).defender.credential).toEqual({ type: 'local' });
  });
});

test('Graph is asked where it is told to be, and in a trial on this machine only', () => {
  const government = { ...real, DEFENDER_API_URL: 'https://api-gov.securitycenter.microsoft.us', TEAMS_CLOUD: 'dod' };
  expect(read({ ...government, GRAPH_API_URL: 'https://graph.microsoft.us/' }).graphUrl).toBe(
    'https://graph.microsoft.us/',
  );
  expect(read(government).graphUrl).toBe('https://dod-graph.microsoft.us');
  expect(read({ ...government, TEAMS_CLOUD: 'gccHigh' }).graphUrl).toBe('https://graph.microsoft.us');
  expect(read({ ...trial, GRAPH_API_URL: 'http://127.0.0.1:5000' }).graphUrl).toBe('http://127.0.0.1:5000');
});

test('the cloud and shared channels are as set, and by default the public cloud and refused', () => {
  const hosts = { gcc: 'api-gcc', gccHigh: 'api-gov', dod: 'api-gov' };
  const readCloud = ([cloud, host]: readonly [string, string]) =>
    read({ ...real, TEAMS_CLOUD: cloud, DEFENDER_API_URL: `https://${host}.securitycenter.microsoft.us` });
  expect(Object.entries(hosts).map((given) => readCloud(given).teamsCloud)).toEqual(['gcc', 'gccHigh', 'dod']);
  expect(['0', '1'].map((v) => read({ ...real, TEAMS_ALLOW_SHARED_CHANNELS: v }).teamsAllowSharedChannels)).toEqual([
    false,
    true,
  ]);
});

const guid = 'must be a GUID such as 11111111-2222-3333-4444-555555555555, as Entra shows it. Copy it from there.';
const missing = (next: string) =>
  `is missing, and without it nobody could prove to come from Teams. ${next} To try the bot without a tenant: npm run local.`;
const botIdMissing = `BOT_ID: ${missing('Set it to the app id of the bot.')}`;
const botTypeMissing = `BOT_TYPE: ${missing('Set it to SingleTenant or UserAssignedMsi, as the bot was created.')}`;
const botTenantMissing = `BOT_TENANT_ID: ${missing('Set it to the id of the tenant in which the bot was created.')}`;
const botType =
  'BOT_TYPE: must be SingleTenant or UserAssignedMsi; with MultiTenant any tenant could write to this bot. Create the bot as one of the two.';
const url =
  'DEFENDER_API_URL: must be a scheme and a host, such as https://api.security.microsoft.com, without user, path or query. Set it so, or unset it for exactly that.';
const notHere =
  'DEFENDER_API_URL: must be on this machine, such as http://127.0.0.1:4000, while LOCAL_TRIAL=1, because nobody is signed in there. npm run local starts an emulator and sets it.';
const noTrial =
  'LOCAL_TRIAL: must be 1, for the trial on this machine, or unset, for the real thing. Nothing else, so that nobody gets the one by a slip who wanted the other.';
const both =
  'LOCAL_TRIAL: cannot be set together with BOT_ID, because the trial switches the Teams sign-in off, and a real bot must not run without it. Unset one of them.';
const tenants =
  'TEAMS_TENANT_IDS: must be the ids of the Entra tenants whose people are served, as GUIDs with commas between them. Fix the list, or unset it for BOT_TENANT_ID alone.';
const cloud =
  'TEAMS_CLOUD: must be public, gcc, gccHigh or dod: the cloud of the tenants whose people are served. Set it so, or unset it for public.';
const sharedChannels =
  'TEAMS_ALLOW_SHARED_CHANNELS: must be 1, to be used in channels that are shared with other teams or organisations, or unset, to refuse them. Set it so, or unset it.';
const graphUrl =
  'GRAPH_API_URL: must be a scheme and a host, such as https://graph.microsoft.com, without user, path or query. Set it so, or unset it for exactly that.';
const graphNotHere =
  'GRAPH_API_URL: must be on this machine while LOCAL_TRIAL=1, because the trial has no identity that Entra knows. Unset it; groups of Entra then cannot be read, so nobody counts as their member.';
const database =
  'DATABASE_URL: must be sqlite: followed by the path of a file, or postgres:// with user, host and database. Set it so, or unset it for sqlite:./data/live-response.db.';
const number = (name: string, least: number, most: number, usual: number) =>
  `${name}: must be a whole number from ${least} to ${most}. Set it so, or unset it for ${usual}.`;
const alsoSet = (name: string, way: string) =>
  `${name}: is set as well as ${way}, and it must be clear which identity signs in to Defender. Unset one of them.`;
const unnamed = (name: string, way: string, what: string) =>
  `${name}: is missing, and ${way} proves the identity only of a named app in a named tenant. Set it to the ${what}.`;

describe('a fault says what, why and what next', () => {
  test.each<[string, Environment, readonly string[]]>([
    ['nothing at all', {}, [botIdMissing, botTypeMissing, botTenantMissing]],
    ['no app id', { ...real, BOT_ID: undefined }, [botIdMissing]],
    ['an empty app id, which would switch the sign-in off (T-1)', { ...real, BOT_ID: ' ' }, [botIdMissing]],
    ['no tenant of the bot', { ...real, BOT_TENANT_ID: '' }, [botTenantMissing]],
    ['no type of the bot', { ...real, BOT_TYPE: '' }, [botTypeMissing]],
    [
      'no password',
      { ...real, BOT_PASSWORD: undefined },
      [
        'BOT_PASSWORD: is missing, and a SingleTenant bot signs in to Teams with it. Set BOT_CERTIFICATE_PATH to a certificate of the bot, or use a UserAssignedMsi bot, which needs none; a client secret in BOT_PASSWORD is the last choice.',
      ],
    ],
    ['a multi-tenant bot (T-2)', { ...real, BOT_TYPE: 'MultiTenant' }, [botType]],
    ['a type in other letters', { ...real, BOT_TYPE: 'singletenant' }, [botType]],
    ['an app id that is a name', { ...real, BOT_ID: 'live-response' }, [`BOT_ID: ${guid}`]],
    ['a tenant that is a domain', { ...real, BOT_TENANT_ID: 'contoso.com' }, [`BOT_TENANT_ID: ${guid}`]],
    [
      'ids of Defender that are none',
      { ...real, DEFENDER_TENANT_ID: 'x', DEFENDER_CLIENT_ID: 'y' },
      [`DEFENDER_TENANT_ID: ${guid}`, `DEFENDER_CLIENT_ID: ${guid}`],
    ],
    ['a tenant that is none in the list', { ...real, TEAMS_TENANT_IDS: `${tenantId},*` }, [tenants]],
    ['a list that means everybody (T-2)', { ...real, TEAMS_TENANT_IDS: '*' }, [tenants]],
    ['the word of Entra for everybody (T-2)', { ...real, TEAMS_TENANT_IDS: 'organizations' }, [tenants]],
    ["a bot's tenant that means everybody (T-2)", { ...real, BOT_TENANT_ID: 'common' }, [`BOT_TENANT_ID: ${guid}`]],
    ['a list that ends in a comma', { ...real, TEAMS_TENANT_IDS: `${tenantId},` }, [tenants]],
    ['a list with other separators', { ...real, TEAMS_TENANT_IDS: `${tenantId};${otherTenantId}` }, [tenants]],
    ['an address that is none', { ...real, DEFENDER_API_URL: 'api.security.microsoft.com' }, [url]],
    ['an address of another kind', { ...real, DEFENDER_API_URL: 'file:///etc/passwd' }, [url]],
    ['a path, which would be dropped', { ...real, DEFENDER_API_URL: 'https://api.security.microsoft.com/api' }, [url]],
    ['a query', { ...real, DEFENDER_API_URL: 'https://api.security.microsoft.com/?x=1' }, [url]],
    ['a user', { ...real, DEFENDER_API_URL: 'https://me:word@api.security.microsoft.com' }, [url]],
    [
      'an address without encryption',
      { ...real, DEFENDER_API_URL: 'http://api.security.microsoft.com' },
      [
        'DEFENDER_API_URL: must begin with https://, because a token goes there. Set it so, or unset it for https://api.security.microsoft.com.',
      ],
    ],
    [
      'a host that is none of Defender',
      { ...real, DEFENDER_API_URL: 'https://evil.example', TEAMS_CLOUD: 'gccHigh' },
      [
        'DEFENDER_API_URL: names no documented host of Defender, so no token for Defender is asked for and nothing sent there can work. Unset it for https://api.security.microsoft.com, or set the host of your cloud: a regional one such as https://eu.api.security.microsoft.com, https://api-gcc.securitycenter.microsoft.us for GCC, https://api-gov.securitycenter.microsoft.us for GCC High and DoD.',
      ],
    ],
    [
      'Teams and Defender in different clouds',
      { ...real, TEAMS_CLOUD: 'gccHigh' },
      [
        'TEAMS_CLOUD: is gccHigh, but DEFENDER_API_URL is of the commercial cloud: people and devices would be of different clouds, whose tenants do not know each other. Set TEAMS_CLOUD to public, or DEFENDER_API_URL to the host of the cloud that Teams is in.',
      ],
    ],
    [
      'Graph and Defender in different clouds',
      { ...real, GRAPH_API_URL: 'https://graph.microsoft.us' },
      [
        'GRAPH_API_URL: is of the US Government cloud and DEFENDER_API_URL is not, so groups of Entra cannot be read and nobody counts as their member. Unset it for https://graph.microsoft.com.',
      ],
    ],
    ['a cloud that is none', { ...real, TEAMS_CLOUD: 'china' }, [cloud]],
    ['a word for shared channels', { ...real, TEAMS_ALLOW_SHARED_CHANNELS: 'yes' }, [sharedChannels]],
    ['a path of Graph', { ...real, GRAPH_API_URL: 'https://graph.microsoft.com/v1.0' }, [graphUrl]],
    ['a user of Graph', { ...real, GRAPH_API_URL: 'https://me@graph.microsoft.com' }, [graphUrl]],
    [
      'Graph without encryption',
      { ...real, GRAPH_API_URL: 'http://graph.microsoft.com' },
      [
        'GRAPH_API_URL: must begin with https://, because a token goes there. Set it so, or unset it for https://graph.microsoft.com.',
      ],
    ],
    ['a trial with the real Graph (T-4)', { ...trial, GRAPH_API_URL: 'https://graph.microsoft.com' }, [graphNotHere]],
    ['a database of another kind', { ...real, DATABASE_URL: 'mysql://db' }, [database]],
    ['a database without a path', { ...real, DATABASE_URL: 'sqlite:' }, [database]],
    ['a trial of a real bot (T-4)', { ...trial, BOT_ID: botId }, [both]],
    ['a trial of the real Defender (T-4)', { LOCAL_TRIAL: '1' }, [notHere]],
    ['a trial of another machine (T-4)', { ...trial, DEFENDER_API_URL: 'http://10.0.0.5:4000' }, [notHere]],
    ['a look-alike of this machine', { ...trial, DEFENDER_API_URL: 'http://127.0.0.1.evil.example' }, [notHere]],
    ['a trial that is neither', { ...real, LOCAL_TRIAL: 'true' }, [noTrial]],
    [
      'a secret without its app',
      { ...real, DEFENDER_CLIENT_SECRET: 'x' },
      [
        unnamed('DEFENDER_TENANT_ID', 'DEFENDER_CLIENT_SECRET', "tenant's id"),
        unnamed('DEFENDER_CLIENT_ID', 'DEFENDER_CLIENT_SECRET', "app's client id"),
      ],
    ],
    [
      'three ways to sign in',
      {
        ...real,
        DEFENDER_TENANT_ID: defenderTenantId,
        DEFENDER_CLIENT_ID: clientId,
        DEFENDER_CLIENT_SECRET: 'x',
        DEFENDER_CLIENT_CERTIFICATE_PATH: 'y',
        AZURE_FEDERATED_TOKEN_FILE: 'z',
      },
      [
        alsoSet('DEFENDER_CLIENT_CERTIFICATE_PATH', 'DEFENDER_CLIENT_SECRET'),
        alsoSet('AZURE_FEDERATED_TOKEN_FILE', 'DEFENDER_CLIENT_SECRET'),
      ],
    ],
  ])('%s', (_what, env, faults) => {
    expect(faultsOf(env)).toEqual(faults);
  });

  test.each([
    ['PORT', 0, 65_535, 3978],
    ['DEFENDER_RUNS_PER_MINUTE', 1, 1_000, 10],
    ['DEFENDER_SESSIONS', 1, 1_000, 50],
    ['DEFENDER_QUEUE_HOURS', 1, 72, 2],
    ['OPEN_REQUESTS_PER_PERSON', 1, 1_000, 20],
  ])('%s outside of its range, or not a whole number', (name, least, most, usual) => {
    for (const value of [most + 1, least - 1, 1.5, 'ten', '0x10', '1e3', 'NaN', '9'.repeat(30), '١'])
      expect(faultsOf({ ...real, [name]: String(value) })).toEqual([number(name, least, most, usual)]);
    for (const value of [least, most]) expect(faultsOf({ ...real, [name]: String(value) })).toEqual([]);
  });
});

describe('the port of readiness and metrics', () => {
  const notAPort =
    'OPS_PORT: must be a whole number from 1 to 65535. Set it to a free port, or unset it to have /readyz and /metrics on PORT.';
  const same =
    'OPS_PORT: is the same as PORT, so /readyz and /metrics would not be apart from what Teams reaches. Set it to another free port, or unset it.';

  test.each(['0', '65536', 'http', '39.79', '-1'])('is no %s', (port) => {
    expect(faultsOf({ ...real, OPS_PORT: port })).toEqual([notAPort]);
  });

  test.each([real, trial])('is another than that of Teams, set or usual', (env) => {
    expect(faultsOf({ ...env, OPS_PORT: '3978' })).toEqual([same]);
    expect(faultsOf({ ...env, PORT: '4001', OPS_PORT: '4001' })).toEqual([same]);
    expect(faultsOf({ ...env, PORT: '4001', OPS_PORT: '3978' })).toEqual([]);
  });
});

test('every fault is told at once, those between settings as well', () => {
  expect(
    faultsOf({
      PORT: 'http',
      BOT_TYPE: 'MultiTenant',
      TEAMS_TENANT_IDS: 'contoso.com',
      DEFENDER_CLIENT_SECRET: 'x',
      DEFENDER_CLIENT_ID: 'me',
      DATABASE_URL: 'data.db',
    }),
  ).toEqual([
    number('PORT', 0, 65_535, 3978),
    botType,
    tenants,
    `DEFENDER_CLIENT_ID: ${guid}`,
    database,
    botIdMissing,
    botTenantMissing,
    unnamed('DEFENDER_TENANT_ID', 'DEFENDER_CLIENT_SECRET', "tenant's id"),
  ]);
  expect(faultsOf({ LOCAL_TRIAL: '1', BOT_ID: botId })).toEqual([both, notHere]);
});

test.each(['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000', 'http://127.1.2.3'])(
  'the trial takes %s as this machine',
  (address) => {
    expect(faultsOf({ ...trial, DEFENDER_API_URL: address })).toEqual([]);
  },
);

const names = [
  'PORT',
  'OPS_PORT',
  'BOT_ID',
  'BOT_TYPE',
  'BOT_TENANT_ID',
  'BOT_PASSWORD',
  'BOT_CERTIFICATE_PATH',
  'TEAMS_TENANT_IDS',
  'TEAMS_CLOUD',
  'TEAMS_ALLOW_SHARED_CHANNELS',
  'GRAPH_API_URL',
  'DEFENDER_API_URL',
  'DEFENDER_TENANT_ID',
  'DEFENDER_CLIENT_ID',
  'DEFENDER_CLIENT_SECRET',
  'DEFENDER_CLIENT_CERTIFICATE_PATH',
  'DEFENDER_RUNS_PER_MINUTE',
  'DEFENDER_SESSIONS',
  'DEFENDER_QUEUE_HOURS',
  'AZURE_FEDERATED_TOKEN_FILE',
  'DATABASE_URL',
  'DATABASE_ALLOW_PLAINTEXT',
  'DATABASE_SIGN_IN',
  'POLICY_FILE',
  'EVIDENCE_DIR',
  'LOCAL_TRIAL',
];

test('no value is repeated in a fault, whichever variable it was put into, and each fault names one variable', () => {
  /** Marked, so that a value cannot be a word of our own sentences by chance. */
  const marked = fc.tuple(
    fc.constantFrom('', 'sqlite', 'https://u:', 'https://h/?q=', 'postgres://u:', `${botId},`),
    fc.stringMatching(/^[A-Za-z0-9~_.]{0,20}$/),
  );
  const anyEnv = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(marked, fc.constantFrom(botId, '1', 'SingleTenant', 'MultiTenant')),
    { maxKeys: names.length },
  );
  fc.assert(
    fc.property(anyEnv, (given) => {
      const env = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : `${value[0]}~secret~${value[1]}`,
        ]),
      );
      const faults = faultsOf(env);
      for (const fault of faults) {
        expect(fault).not.toContain('~secret~');
        expect(names).toContain(fault.split(':')[0]);
        expect(fault).toMatch(/^[A-Z_]+: [^\n]+\.$/);
      }
      expect(new Set(faults).size).toBe(faults.length);
    }),
    { numRuns: 500 },
  );
});

test('a bot signs in to Teams with a certificate in place of the password, and not with both', () => {
  const { BOT_PASSWORD, ...without } = real;
  const parsed = parseConfig({ ...without, BOT_CERTIFICATE_PATH: '/run/secrets/bot.pem' });
  expect(parsed.ok && parsed.value.bot).toMatchObject({ certificatePath: '/run/secrets/bot.pem', password: null });
  const both = parseConfig({ ...without, BOT_PASSWORD, BOT_CERTIFICATE_PATH: '/run/secrets/bot.pem' });
  expect(both.ok ? [] : both.error).toEqual([
    'BOT_PASSWORD: is set as well as BOT_CERTIFICATE_PATH, and only one of them signs in to Teams. Unset BOT_PASSWORD.',
  ]);
});

describe('a token in place of the password of the database', () => {
  const faultsOf = (more: Record<string, string>): readonly string[] => {
    const parsed = parseConfig({ ...real, DATABASE_SIGN_IN: 'entra', ...more });
    return parsed.ok ? [] : parsed.error;
  };

  test('goes with a user and without a password', () => {
    expect(faultsOf({ DATABASE_URL: 'postgres://lr-bot@db.example/live?sslmode=verify-full' })).toEqual([]);
    expect(faultsOf({ DATABASE_URL: 'postgres://lr-bot:pw@db.example/live?sslmode=verify-full' })).toEqual([
      'DATABASE_SIGN_IN: is entra, but DATABASE_URL has a password, and it must be clear which of the two counts. Take the password out of DATABASE_URL, or unset DATABASE_SIGN_IN.',
    ]);
  });

  test('is for a server, and for an identity that Entra knows', () => {
    expect(faultsOf({})).toEqual([
      'DATABASE_SIGN_IN: is entra, but DATABASE_URL names a file, which nobody signs in to. Set DATABASE_URL to a PostgreSQL server, or unset DATABASE_SIGN_IN.',
    ]);
    const trial = parseConfig({
      LOCAL_TRIAL: '1',
      DEFENDER_API_URL: 'http://127.0.0.1:4000',
      DATABASE_SIGN_IN: 'entra',
    });
    expect(trial.ok ? [] : trial.error).toEqual([
      'DATABASE_SIGN_IN: is entra, but the trial has no identity that Entra knows. Unset it, or unset LOCAL_TRIAL.',
    ]);
  });
});

describe('a database on another machine without checked TLS is a fault unless it is allowed', () => {
  const plaintext =
    'DATABASE_URL: names a database on another machine without TLS whose certificate is checked, so the password, the approvals and the audit could be read or changed on the way. Add sslmode=verify-full to it, or set DATABASE_ALLOW_PLAINTEXT=1 if the way there is protected by other means.';
  const faultsOf = (url: string, more: Record<string, string> = {}): readonly string[] => {
    const parsed = parseConfig({ ...real, DATABASE_URL: url, ...more });
    return parsed.ok ? [] : parsed.error;
  };

  test.each([
    'postgres://bot:pw@db.example/live',
    'postgres://bot:pw@db.example/live?sslmode=disable',
    'postgres://bot:pw@db.example/live?sslmode=prefer',
    'postgres://bot:pw@db.example/live?sslmode=no-verify',
    'postgres://bot:pw@db.example/live?sslmode=require&sslmode=disable',
    'postgres://bot:pw@db.example/live?sslmode=require&uselibpqcompat=true',
    'postgresql://bot:pw@127.0.0.1/live?host=db.example',
  ])('%s', (url) => {
    expect(faultsOf(url)).toEqual([plaintext]);
    expect(faultsOf(url, { DATABASE_ALLOW_PLAINTEXT: '1' })).toEqual([]);
  });

  test.each([
    'postgres://bot:pw@db.example/live?sslmode=verify-full',
    'postgres://bot:pw@db.example/live?sslmode=require',
    'postgres://bot:pw@localhost/live',
    'postgres://bot:pw@[::1]:5432/live',
    'postgres:///live?host=/var/run/postgresql',
    'postgres://bot@%2Fvar%2Frun%2Fpostgresql/live',
    'sqlite:./data/live-response.db',
  ])('%s is none', (url) => expect(faultsOf(url)).toEqual([]));
});
