import { z } from 'zod/v4';
import { findCloudFaults, graphOf, type TeamsCloud } from './defender/cloud';
import type { CredentialSettings } from './defender/token';
import { isLoopback } from './lib/loopback';
import { type Redacted, redact } from './lib/redacted';
import { err, ok, type Result } from './lib/result';
import { isUnprotected } from './store/engine/database-address';

/** The run contract (design.md §7) as values. Made only by `parseConfig`. */
export interface Config {
  readonly port: number;
  /** Where `/readyz` and `/metrics` are, and nowhere else; null: on `port`. */
  readonly opsPort: number | null;
  readonly host: string;
  readonly trial: boolean;
  /** Null in the trial: then there is no Teams sign-in at all. */
  readonly bot: {
    readonly appId: string;
    readonly type: 'SingleTenant' | 'UserAssignedMsi';
    readonly tenantId: string;
    readonly password: Redacted<string> | null;
  } | null;
  /** Tenants whose people are served; null only in the trial, where every loopback caller is. */
  readonly teamsTenantIds: readonly string[] | null;
  /** Decides which hosts are Teams' own (T-3). */
  readonly teamsCloud: TeamsCloud;
  readonly teamsAllowSharedChannels: boolean;
  /** Asked only for groups of Entra that the policy names; null: none can be read. */
  readonly graphUrl: string | null;
  readonly defender: {
    readonly url: string;
    readonly credential: DefenderCredential;
    readonly runsPerMinute: number;
    readonly sessions: number;
    readonly queueHours: number;
  };
  /** What calls to Defender go through, and which hosts not. */
  readonly proxy: { readonly proxy: string | null; readonly except: string };
  /** How many requests of one person may be open at a time; the policy may allow fewer. */
  readonly openRequestsPerPerson: number;
  readonly databaseUrl: string;
  readonly policyFile: string;
  readonly evidenceDir: string;
  /** How long ended requests, their results and evidence are kept; null: without end. */
  readonly historyDays: number | null;
  /** Where the head of the audit chain is posted daily; null: nowhere. */
  readonly anchorConversationId: string | null;
}

/** How the service signs in to Defender; `local` is the word that the trial's emulator accepts. */
export type DefenderCredential = CredentialSettings | { readonly type: 'local' };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment; every fault at once, by variable name and rule, never with the value. Only the names in here exist,
 * and only entry points pass the real environment in.
 */
export function parseConfig(env: Environment): Result<Config, readonly string[]> {
  const { config, faults } = readConfig(env);
  return faults.length > 0 ? err(faults.map(({ name, message }) => `${name}: ${message}`)) : ok(config);
}

/** A setting that is wrong, with what, why and what next. */
export interface SettingFault {
  readonly name: string;
  readonly message: string;
}

/** The same for those who look at everything else as well: with faults, `config` holds the others and the defaults, and may start nothing. */
export function readConfig(env: Environment): { readonly config: Config; readonly faults: readonly SettingFault[] } {
  // Files and vaults like to add a line end; no setting begins or ends with a blank.
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value = '']) => (value.trim() === '' ? [] : [[name, value.trim()]])),
  );
  const read = Env.safeParse(given);
  const faults = (read.error?.issues ?? []).map(({ path, message }) => ({ name: String(path[0]), message }));
  // What cannot be read counts as absent, so that faults between the others are found as well; its own fault is told already.
  const faulty = new Set(faults.map(({ name }) => name));
  const values = Env.parse(Object.fromEntries(Object.entries(given).filter(([name]) => !faulty.has(name))));
  const contradictions = findContradictions(values, faulty).filter(({ name }) => !faulty.has(name));
  return { config: toConfig(values), faults: [...faults, ...contradictions] };
}

/** Where everything lies that must survive: all that a tool beside the service needs to know. */
export function parsePlaces(env: Environment): Result<Pick<Config, 'databaseUrl' | 'evidenceDir'>, readonly string[]> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value = '']) => value.trim() !== ''));
  const read = Env.pick({ DATABASE_URL: true, EVIDENCE_DIR: true }).safeParse(given);
  if (!read.success) return err(read.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`));
  return ok({ databaseUrl: read.data.DATABASE_URL.trim(), evidenceDir: read.data.EVIDENCE_DIR.trim() });
}

/** The policy file that the service would take, for a tool that needs nothing else. */
export const parsePolicyPlace = (env: Environment): string =>
  readConfig({ POLICY_FILE: env.POLICY_FILE }).config.policyFile;

const Guid = z.guid(
  'must be a GUID such as 11111111-2222-3333-4444-555555555555, as Entra shows it. Copy it from there.',
);

const wholeNumber = ({ least, most, usual }: { least: number; most: number; usual: number }) => {
  const rule = `must be a whole number from ${least} to ${most}. Set it so, or unset it for ${usual}.`;
  return z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most, rule)
    .transform(Number)
    .default(usual);
};

const TenantIds = z
  .string()
  .transform((text) => text.split(',').map((id) => id.trim().toLowerCase()))
  .refine(
    (ids) => ids.every((id) => z.guid().safeParse(id).success),
    'must be the ids of the Entra tenants whose people are served, as GUIDs with commas between them. Fix the list, or unset it for BOT_TENANT_ID alone.',
  );

const defaultDefenderUrl = 'https://api.security.microsoft.com';
const defaultGraphUrl = graphOf.public;

/** Paths are ours to add; anything more in the address would be dropped without a word, or is a secret in the wrong place. */
const isPlainUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && pathname === '/' && username + password + search + hash === '';
};

const Env = z.object({
  PORT: wholeNumber({ least: 0, most: 65_535, usual: 3978 }),
  OPS_PORT: z
    .string()
    .refine(
      (text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535,
      'must be a whole number from 1 to 65535. Set it to a free port, or unset it to have /readyz and /metrics on PORT.',
    )
    .transform(Number)
    .optional(),
  BOT_ID: Guid.optional(),
  BOT_TYPE: z
    .enum(
      ['SingleTenant', 'UserAssignedMsi'],
      'must be SingleTenant or UserAssignedMsi; with MultiTenant any tenant could write to this bot. Create the bot as one of the two.',
    )
    .optional(),
  BOT_TENANT_ID: Guid.optional(),
  BOT_PASSWORD: z.string().optional(),
  TEAMS_TENANT_IDS: TenantIds.optional(),
  TEAMS_CLOUD: z
    .enum(
      ['public', 'gcc', 'gccHigh', 'dod'],
      'must be public, gcc, gccHigh or dod: the cloud of the tenants whose people are served. Set it so, or unset it for public.',
    )
    .default('public'),
  TEAMS_ALLOW_SHARED_CHANNELS: z
    .enum(
      ['0', '1'],
      'must be 1, to be used in channels that are shared with other teams or organisations, or unset, to refuse them. Set it so, or unset it.',
    )
    .default('0'),
  GRAPH_API_URL: z
    .string()
    .refine(
      isPlainUrl,
      `must be a scheme and a host, such as ${defaultGraphUrl}, without user, path or query. Set it so, or unset it for exactly that.`,
    )
    .optional(),
  DEFENDER_API_URL: z
    .string()
    .refine(
      isPlainUrl,
      `must be a scheme and a host, such as ${defaultDefenderUrl}, without user, path or query. Set it so, or unset it for exactly that.`,
    )
    .default(defaultDefenderUrl),
  DEFENDER_TENANT_ID: Guid.optional(),
  DEFENDER_CLIENT_ID: Guid.optional(),
  DEFENDER_CLIENT_SECRET: z.string().optional(),
  DEFENDER_CLIENT_CERTIFICATE_PATH: z.string().optional(),
  DEFENDER_RUNS_PER_MINUTE: wholeNumber({ least: 1, most: 1_000, usual: 10 }),
  DEFENDER_SESSIONS: wholeNumber({ least: 1, most: 1_000, usual: 50 }),
  DEFENDER_QUEUE_HOURS: wholeNumber({ least: 1, most: 72, usual: 2 }),
  OPEN_REQUESTS_PER_PERSON: wholeNumber({ least: 1, most: 1_000, usual: 20 }),
  AZURE_FEDERATED_TOKEN_FILE: z.string().optional(),
  DATABASE_URL: z
    .string()
    .regex(
      /^(sqlite:.+|postgres(ql)?:\/\/.+)/,
      'must be sqlite: followed by the path of a file, or postgres:// with user, host and database. Set it so, or unset it for sqlite:./data/live-response.db.',
    )
    .default('sqlite:./data/live-response.db'),
  DATABASE_ALLOW_PLAINTEXT: z
    .enum(
      ['0', '1'],
      'must be 1, to let everything go to a database on another machine without checked TLS, or unset, to refuse that. Set it so, or unset it.',
    )
    .default('0'),
  POLICY_FILE: z.string().default('env/policy.yaml'),
  HTTPS_PROXY: z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      'must be the address of a proxy, such as http://proxy.example:8080. Set it so, or unset it to go straight.',
    )
    .optional(),
  NO_PROXY: z.string().optional(),
  EVIDENCE_DIR: z.string().default('data/evidence'),
  HISTORY_DAYS: z
    .string()
    .refine(
      (text) => /^\d{1,5}$/.test(text) && (Number(text) === 0 || (Number(text) >= 7 && Number(text) <= 3_650)),
      'must be a whole number of days from 7 to 3650, or 0 to keep everything. Set it so, or unset it for 365.',
    )
    .transform(Number)
    .default(365),
  AUDIT_ANCHOR_CONVERSATION: z.string().optional(),
  LOCAL_TRIAL: z
    .enum(
      ['0', '1'],
      'must be 1, for the trial on this machine, or unset, for the real thing. Nothing else, so that nobody gets the one by a slip who wanted the other.',
    )
    .default('0'),
});

type Env = z.infer<typeof Env>;

export const settingNames: readonly string[] = Object.keys(Env.shape);

interface Fault {
  readonly name: keyof Env;
  readonly message: string;
}

/** What each variable says is fine, but not together. */
function findContradictions(env: Env, faulty: ReadonlySet<string>): readonly Fault[] {
  // Which rules hold depends on it.
  if (faulty.has('LOCAL_TRIAL')) return [];
  if (env.LOCAL_TRIAL === '1') return [...findPortFaults(env), ...findTrialFaults(env)];
  const clouds = {
    defenderUrl: env.DEFENDER_API_URL,
    graphUrl: env.GRAPH_API_URL ?? null,
    teamsCloud: env.TEAMS_CLOUD,
  };
  return [
    ...findPortFaults(env),
    ...findSignInFaults(env),
    ...findCredentialFaults(env),
    ...(faulty.has('DEFENDER_API_URL') ? [] : findCloudFaults(clouds)),
    ...findDatabaseFaults(env),
  ];
}

function findDatabaseFaults(env: Env): readonly Fault[] {
  if (env.DATABASE_ALLOW_PLAINTEXT === '1' || !isUnprotected(env.DATABASE_URL)) return []; // guard: no-plaintext-to-a-remote-database
  return [
    {
      name: 'DATABASE_URL',
      message:
        'names a database on another machine without TLS whose certificate is checked, so the password, the approvals and the audit could be read or changed on the way. Add sslmode=verify-full to it, or set DATABASE_ALLOW_PLAINTEXT=1 if the way there is protected by other means.',
    },
  ];
}

const findPortFaults = ({ PORT, OPS_PORT }: Env): readonly Fault[] =>
  OPS_PORT !== PORT
    ? []
    : [
        {
          name: 'OPS_PORT',
          message:
            'is the same as PORT, so /readyz and /metrics would not be apart from what Teams reaches. Set it to another free port, or unset it.',
        },
      ];

function findTrialFaults(env: Env): readonly Fault[] {
  const faults: Fault[] = [];
  if (env.BOT_ID !== undefined)
    faults.push({
      name: 'LOCAL_TRIAL',
      message:
        'cannot be set together with BOT_ID, because the trial switches the Teams sign-in off, and a real bot must not run without it. Unset one of them.',
    });
  if (!isLoopback(new URL(env.DEFENDER_API_URL).hostname))
    faults.push({
      name: 'DEFENDER_API_URL',
      message:
        'must be on this machine, such as http://127.0.0.1:4000, while LOCAL_TRIAL=1, because nobody is signed in there. npm run local starts an emulator and sets it.',
    });
  if (env.GRAPH_API_URL !== undefined && !isLoopback(new URL(env.GRAPH_API_URL).hostname))
    faults.push({
      name: 'GRAPH_API_URL',
      message:
        'must be on this machine while LOCAL_TRIAL=1, because the trial has no identity that Entra knows. Unset it; groups of Entra then cannot be read, so nobody counts as their member.',
    });
  return faults;
}

function findSignInFaults(env: Env): readonly Fault[] {
  const faults: Fault[] = [];
  const needs: ReadonlyArray<readonly ['BOT_ID' | 'BOT_TYPE' | 'BOT_TENANT_ID', string]> = [
    ['BOT_ID', 'Set it to the app id of the bot.'],
    ['BOT_TYPE', 'Set it to SingleTenant or UserAssignedMsi, as the bot was created.'],
    ['BOT_TENANT_ID', 'Set it to the id of the tenant in which the bot was created.'],
  ];
  for (const [name, next] of needs)
    if (env[name] === undefined)
      faults.push({
        name,
        message: `is missing, and without it nobody could prove to come from Teams. ${next} To try the bot without a tenant: npm run local.`,
      });
  if (env.BOT_TYPE === 'SingleTenant' && env.BOT_PASSWORD === undefined)
    faults.push({
      name: 'BOT_PASSWORD',
      message:
        'is missing, and a SingleTenant bot signs in to Teams with it. Set it to a client secret of the bot, or use a UserAssignedMsi bot, which needs none.',
    });
  if (new URL(env.DEFENDER_API_URL).protocol !== 'https:')
    faults.push({
      name: 'DEFENDER_API_URL',
      message: `must begin with https://, because a token goes there. Set it so, or unset it for ${defaultDefenderUrl}.`,
    });
  if (env.GRAPH_API_URL !== undefined && new URL(env.GRAPH_API_URL).protocol !== 'https:')
    faults.push({
      name: 'GRAPH_API_URL',
      message: `must begin with https://, because a token goes there. Set it so, or unset it for ${defaultGraphUrl}.`,
    });
  return faults;
}

const waysToSignIn = [
  'DEFENDER_CLIENT_SECRET',
  'DEFENDER_CLIENT_CERTIFICATE_PATH',
  'AZURE_FEDERATED_TOKEN_FILE',
] as const;

/** With none of the ways it is the managed identity, which needs no setting at all. */
function findCredentialFaults(env: Env): readonly Fault[] {
  const [way, ...others] = waysToSignIn.filter((name) => env[name] !== undefined);
  if (way === undefined) return [];
  const faults: Fault[] = others.map((name) => ({
    name,
    message: `is set as well as ${way}, and it must be clear which identity signs in to Defender. Unset one of them.`,
  }));
  for (const name of ['DEFENDER_TENANT_ID', 'DEFENDER_CLIENT_ID'] as const)
    if (env[name] === undefined)
      faults.push({
        name,
        message: `is missing, and ${way} proves the identity only of a named app in a named tenant. Set it to the ${name === 'DEFENDER_TENANT_ID' ? "tenant's id" : "app's client id"}.`,
      });
  return faults;
}

function toConfig(env: Env): Config {
  const trial = env.LOCAL_TRIAL === '1';
  return {
    port: env.PORT,
    opsPort: env.OPS_PORT ?? null,
    host: trial ? '127.0.0.1' : '0.0.0.0',
    trial,
    bot:
      env.BOT_ID === undefined || env.BOT_TYPE === undefined || env.BOT_TENANT_ID === undefined
        ? null
        : {
            appId: env.BOT_ID,
            type: env.BOT_TYPE,
            tenantId: env.BOT_TENANT_ID,
            password: env.BOT_PASSWORD === undefined ? null : redact(env.BOT_PASSWORD),
          },
    teamsTenantIds:
      env.TEAMS_TENANT_IDS ?? (env.BOT_TENANT_ID === undefined ? null : [env.BOT_TENANT_ID.toLowerCase()]),
    teamsCloud: env.TEAMS_CLOUD,
    teamsAllowSharedChannels: env.TEAMS_ALLOW_SHARED_CHANNELS === '1',
    graphUrl: env.GRAPH_API_URL ?? (trial ? null : graphOf[env.TEAMS_CLOUD]),
    defender: {
      url: env.DEFENDER_API_URL,
      credential: toCredential(env, trial),
      runsPerMinute: env.DEFENDER_RUNS_PER_MINUTE,
      sessions: env.DEFENDER_SESSIONS,
      queueHours: env.DEFENDER_QUEUE_HOURS,
    },
    proxy: { proxy: env.HTTPS_PROXY ?? null, except: env.NO_PROXY ?? '' },
    openRequestsPerPerson: env.OPEN_REQUESTS_PER_PERSON,
    databaseUrl: env.DATABASE_URL,
    policyFile: env.POLICY_FILE,
    evidenceDir: env.EVIDENCE_DIR,
    historyDays: env.HISTORY_DAYS === 0 ? null : env.HISTORY_DAYS,
    anchorConversationId: env.AUDIT_ANCHOR_CONVERSATION ?? null,
  };
}

function toCredential(env: Env, trial: boolean): DefenderCredential {
  if (trial) return { type: 'local' };
  const tenantId = env.DEFENDER_TENANT_ID ?? '';
  const clientId = env.DEFENDER_CLIENT_ID ?? '';
  if (env.DEFENDER_CLIENT_SECRET !== undefined)
    return { type: 'clientSecret', tenantId, clientId, secret: redact(env.DEFENDER_CLIENT_SECRET) };
  if (env.DEFENDER_CLIENT_CERTIFICATE_PATH !== undefined)
    return { type: 'clientCertificate', tenantId, clientId, certificatePath: env.DEFENDER_CLIENT_CERTIFICATE_PATH };
  if (env.AZURE_FEDERATED_TOKEN_FILE !== undefined)
    return { type: 'workloadIdentity', tenantId, clientId, tokenFilePath: env.AZURE_FEDERATED_TOKEN_FILE };
  return { type: 'managedIdentity', clientId: env.DEFENDER_CLIENT_ID ?? null };
}
