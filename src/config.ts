import { z } from 'zod/v4';
import type { CredentialSettings } from './defender/token';
import { type Redacted, redact } from './lib/redacted';
import { err, ok, type Result } from './lib/result';

/** The run contract (design.md §7) as values. Made only by `parseConfig`. */
export interface Config {
  readonly port: number;
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
  readonly defender: {
    readonly url: string;
    readonly credential: DefenderCredential;
    readonly runsPerMinute: number;
    readonly sessions: number;
    readonly queueHours: number;
  };
  readonly databaseUrl: string;
  readonly policyFile: string;
  readonly evidenceDir: string;
}

/** How the service signs in to Defender; `local` is the word that the trial's emulator accepts. */
export type DefenderCredential = CredentialSettings | { readonly type: 'local' };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment; every fault at once, by variable name and rule, never with the value. Only the names in here exist,
 * and only `index.ts` passes the real environment in.
 */
export function parseConfig(env: Environment): Result<Config, readonly string[]> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = Env.safeParse(given);
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  const contradictions = parsed.success ? findContradictions(parsed.data) : [];
  if (!parsed.success || contradictions.length > 0) return err([...faults, ...contradictions]);
  return ok(toConfig(parsed.data));
}

const Guid = z.guid('must be a GUID such as 11111111-2222-3333-4444-555555555555');
const wholeNumber = (least: number, most: number, fallback: number) =>
  z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`)
    .default(fallback);

const Env = z.object({
  PORT: wholeNumber(0, 65_535, 3978),
  BOT_ID: Guid.optional(),
  BOT_TYPE: z
    .enum(
      ['SingleTenant', 'UserAssignedMsi'],
      'must be SingleTenant or UserAssignedMsi; multi-tenant bots are refused, since any tenant could then write to this one',
    )
    .optional(),
  BOT_TENANT_ID: Guid.optional(),
  BOT_PASSWORD: z.string().optional(),
  TEAMS_TENANT_IDS: z
    .string()
    .transform((text) => text.split(',').map((id) => id.trim().toLowerCase()))
    .pipe(z.array(Guid).min(1))
    .optional(),
  DEFENDER_API_URL: z
    .url('must be a URL such as https://api.security.microsoft.com')
    .default('https://api.security.microsoft.com'),
  DEFENDER_TENANT_ID: Guid.optional(),
  DEFENDER_CLIENT_ID: Guid.optional(),
  DEFENDER_CLIENT_SECRET: z.string().optional(),
  DEFENDER_CLIENT_CERTIFICATE_PATH: z.string().optional(),
  DEFENDER_RUNS_PER_MINUTE: wholeNumber(1, 1_000, 10),
  DEFENDER_SESSIONS: wholeNumber(1, 1_000, 50),
  DEFENDER_QUEUE_HOURS: wholeNumber(1, 72, 2),
  AZURE_FEDERATED_TOKEN_FILE: z.string().optional(),
  DATABASE_URL: z.string().default('sqlite:./data/live-response.db'),
  POLICY_FILE: z.string().default('env/policy.yaml'),
  EVIDENCE_DIR: z.string().default('data/evidence'),
  LOCAL_TRIAL: z.enum(['0', '1'], 'must be 1 or unset').default('0'),
});

type Env = z.infer<typeof Env>;

function findContradictions(env: Env): readonly string[] {
  const faults: string[] = [];
  const url = new URL(env.DEFENDER_API_URL);
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url.username !== '' || url.password !== '' || url.search !== '')
    faults.push('DEFENDER_API_URL: must hold no user, password or query');
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)/.test(env.DATABASE_URL))
    faults.push('DATABASE_URL: must be sqlite:<path> or postgres://…');
  if (env.LOCAL_TRIAL === '1') {
    if (env.BOT_ID !== undefined)
      faults.push(
        'LOCAL_TRIAL: cannot be set together with BOT_ID, since the trial switches the Teams sign-in off; unset one of them',
      );
    if (!loopback)
      faults.push(
        'DEFENDER_API_URL: must be on this machine (http://127.0.0.1:…) while LOCAL_TRIAL=1; start the emulator with npm run local',
      );
    return faults;
  }
  if (url.protocol !== 'https:') faults.push('DEFENDER_API_URL: must begin with https://');
  for (const name of ['BOT_ID', 'BOT_TYPE', 'BOT_TENANT_ID'] as const) {
    if (env[name] === undefined)
      faults.push(`${name}: is missing; without it the Teams sign-in would be off, so the service does not start`);
  }
  if (env.BOT_TYPE === 'SingleTenant' && env.BOT_PASSWORD === undefined)
    faults.push('BOT_PASSWORD: is missing; BOT_TYPE SingleTenant needs it');
  return [...faults, ...findCredentialFaults(env)];
}

function findCredentialFaults(env: Env): readonly string[] {
  const ways = [
    env.DEFENDER_CLIENT_SECRET,
    env.DEFENDER_CLIENT_CERTIFICATE_PATH,
    env.AZURE_FEDERATED_TOKEN_FILE,
  ].filter((v) => v !== undefined);
  if (ways.length > 1) {
    return [
      'DEFENDER_CLIENT_SECRET, DEFENDER_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE: set only one of them, so that it is clear which identity is used',
    ];
  }
  if (ways.length === 0) return [];
  return (['DEFENDER_TENANT_ID', 'DEFENDER_CLIENT_ID'] as const)
    .filter((name) => env[name] === undefined)
    .map((name) => `${name}: is missing; it names whose sign-in to Defender is used`);
}

function toConfig(env: Env): Config {
  const trial = env.LOCAL_TRIAL === '1';
  return {
    port: env.PORT,
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
    defender: {
      url: env.DEFENDER_API_URL,
      credential: toCredential(env, trial),
      runsPerMinute: env.DEFENDER_RUNS_PER_MINUTE,
      sessions: env.DEFENDER_SESSIONS,
      queueHours: env.DEFENDER_QUEUE_HOURS,
    },
    databaseUrl: env.DATABASE_URL,
    policyFile: env.POLICY_FILE,
    evidenceDir: env.EVIDENCE_DIR,
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
