import { graphOf, type TeamsCloud } from './defender/cloud';
import type { CredentialSettings } from './defender/token';
import { type Redacted, redact } from './lib/redacted';
import { err, ok, type Result } from './lib/result';
import { findContradictions, type SettingFault } from './setting-faults';
import { Settings } from './settings';

export type { SettingFault } from './setting-faults';

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
    /** A PEM file with certificate and key, in place of the password. */
    readonly certificatePath: string | null;
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
  /** With the password of the address, or with a token of the identity that signs in to Defender. */
  readonly databaseSignIn: 'password' | 'entra';
  readonly policyFile: string;
  readonly runbooksFile: string;
  readonly evidenceDir: string;
  /** The private key that signs evidence bundles; null: they are unsigned and say so. */
  readonly evidenceKeyFile: string | null;
  /** The largest bundle that is sent in a chat. */
  readonly evidenceChatBytes: number;
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

/** The same for those who look at everything else as well: with faults, `config` holds the others and the defaults, and may start nothing. */
export function readConfig(env: Environment): { readonly config: Config; readonly faults: readonly SettingFault[] } {
  // Files and vaults like to add a line end; no setting begins or ends with a blank.
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value = '']) => (value.trim() === '' ? [] : [[name, value.trim()]])),
  );
  const read = Settings.safeParse(given);
  const faults = (read.error?.issues ?? []).map(({ path, message }) => ({ name: String(path[0]), message }));
  // What cannot be read counts as absent, so that faults between the others are found as well; its own fault is told already.
  const faulty = new Set(faults.map(({ name }) => name));
  const values = Settings.parse(Object.fromEntries(Object.entries(given).filter(([name]) => !faulty.has(name))));
  const contradictions = findContradictions(values, faulty).filter(({ name }) => !faulty.has(name));
  return { config: toConfig(values), faults: [...faults, ...contradictions] };
}

/** Where everything lies that must survive: all that a tool beside the service needs to know. */
export function parsePlaces(env: Environment): Result<Pick<Config, 'databaseUrl' | 'evidenceDir'>, readonly string[]> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value = '']) => value.trim() !== ''));
  const read = Settings.pick({ DATABASE_URL: true, EVIDENCE_DIR: true }).safeParse(given);
  if (!read.success) return err(read.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`));
  return ok({ databaseUrl: read.data.DATABASE_URL.trim(), evidenceDir: read.data.EVIDENCE_DIR.trim() });
}

/** The runbooks file that the service would take, for a tool that needs nothing else. */
export const parseRunbooksPlace = (env: Environment): string =>
  readConfig({ RUNBOOKS_FILE: env.RUNBOOKS_FILE }).config.runbooksFile;

/** The policy file that the service would take, for a tool that needs nothing else. */
export const parsePolicyPlace = (env: Environment): string =>
  readConfig({ POLICY_FILE: env.POLICY_FILE }).config.policyFile;

/** The key that signs bundles, for a tool that needs no more; null where none is set. */
export const parseEvidenceKeyPlace = (env: Environment): string | null =>
  readConfig({ EVIDENCE_KEY_FILE: env.EVIDENCE_KEY_FILE }).config.evidenceKeyFile;

function toConfig(env: Settings): Config {
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
            certificatePath: env.BOT_CERTIFICATE_PATH ?? null,
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
    databaseSignIn: env.DATABASE_SIGN_IN,
    policyFile: env.POLICY_FILE,
    runbooksFile: env.RUNBOOKS_FILE,
    evidenceDir: env.EVIDENCE_DIR,
    evidenceChatBytes: env.EVIDENCE_CHAT_MB * 1024 ** 2,
    evidenceKeyFile: env.EVIDENCE_KEY_FILE ?? null,
    historyDays: env.HISTORY_DAYS === 0 ? null : env.HISTORY_DAYS,
    anchorConversationId: env.AUDIT_ANCHOR_CONVERSATION ?? null,
  };
}

function toCredential(env: Settings, trial: boolean): DefenderCredential {
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
