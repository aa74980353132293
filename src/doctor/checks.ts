import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config, DefenderCredential, SettingFault } from '../config';
import { cloudOf } from '../defender/cloud';
import { createDatabasePassword } from '../defender/database-password';
import { DefenderError } from '../defender/errors';
import { readClaims, type TokenClaims } from '../defender/roles';
import { createTokenSource, localToken } from '../defender/token';
import { createDirectory } from '../directory/directory';
import { readGroups } from '../directory/read-groups';
import type { Clock } from '../lib/clock';
import { silentLog } from '../lib/log';
import { once } from '../lib/once';
import { type Redacted, reveal } from '../lib/redacted';
import { parsePolicy } from '../policy/parse-policy';
import { inspectStore } from '../store/offline/inspect';
import { StoreError } from '../store/store-error';
import { askForBotToken, teamsHostsOf } from '../teams/inbound/bot-token';
import { botIdentityOf } from './bot-identity';
import { judgeBotCertificate, judgeCredentialFiles } from './credential-files';
import { type Finding, fail, fine, type Judged } from './finding';
import { lookAtFolder } from './folder';
import { judgeManifest } from './judge-manifest';
import { judgeGroups, judgePolicy } from './judge-policy';
import { judgeReach, judgeSkew } from './judge-reach';
import { judgeRead, type Read, reads } from './judge-reads';
import { judgeCloud, judgeLimits, judgeSettings } from './judge-settings';
import { judgeDatabaseFolder, judgeEvidence, judgeRights, judgeStore } from './judge-storage';
import { judgeClaims, judgeRefusedToken, judgeTokenRoles, noManagedBot, noManagedIdentity } from './judge-token';
import { probe } from './probe';

/** What the doctor looks at, with everything from outside as an argument. */
export interface Patient {
  readonly config: Config;
  readonly faults: readonly SettingFault[];
  /** Names that are almost a setting. */
  readonly misspelt: readonly SettingFault[];
  readonly clock: Clock;
  /** Where package.json and appPackage/ are. */
  readonly root: string;
}

interface Check {
  readonly name: string;
  /** Beginnings of the variables without which looking makes no sense. */
  readonly needs: readonly string[];
  readonly look: () => Promise<readonly Judged[]>;
}

/** A check that hangs must not hold up the others. */
const checkTimeoutMs = 30_000;
/** A sign-in that works takes a second or two. */
const tokenTimeoutMs = 8_000;

/** Every check by itself and all at once: none hides another. Findings come in the order of the table, however long each took. */
export async function examine(patient: Patient): Promise<readonly Finding[]> {
  const found = await Promise.all(createChecks(patient).map((check) => run(check, patient)));
  return found.flat();
}

async function run({ name, needs, look }: Check, { faults, clock }: Patient): Promise<readonly Finding[]> {
  const missing = faults.map((fault) => fault.name).filter((v) => needs.some((need) => v.startsWith(need)));
  if (missing.length > 0)
    return [
      {
        check: name,
        verdict: 'skip',
        found: `Not looked at, since ${[...new Set(missing)].join(', ')} must be fixed first.`,
        cure: null,
      },
    ];
  const judged = await withinTime(look(), clock).catch((error: unknown) => [brokenCheck(error)]);
  return judged.map((finding) => ({ check: name, ...finding }));
}

async function withinTime(look: Promise<readonly Judged[]>, clock: Clock): Promise<readonly Judged[]> {
  const ended = new AbortController();
  const late = clock
    .sleep(checkTimeoutMs, ended.signal)
    .then(() => [
      fail('This took too long and was given up.', 'Try again; if it stays, look at the network and the disk.'),
    ]);
  try {
    return await Promise.race([look, late]);
  } finally {
    ended.abort();
  }
}

/** Its words are not shown: they may hold what must not be printed. */
const brokenCheck = (error: unknown): Judged =>
  fail(
    `The check itself broke (${error instanceof Error ? error.name : typeof error}), so nothing is known here.`,
    'This is a fault of the doctor: report it with what you see here.',
  );

const inTrial: readonly Judged[] = [fine('Nothing to look at in a trial, in which nobody signs in.')];
const defenderNeeds = ['LOCAL_TRIAL', 'DEFENDER_', 'AZURE_'];

/** What several checks ask for; asked once. */
interface Asked {
  readonly config: Patient['config'];
  readonly clock: Patient['clock'];
  readonly now: () => number;
  readonly policy: () => ReturnType<typeof readPolicy>;
  readonly token: () => ReturnType<typeof askForToken>;
}

function createChecks({ config, faults, misspelt, clock, root }: Patient): readonly Check[] {
  const { trial, bot, defender } = config;
  const now = () => clock.now();
  const policy = once(() => readPolicy(config.policyFile, trial));
  const token = once(() => askForToken(defender.credential, defender.url, clock));
  const hosts = hostsOf(config);
  const probes = once(() => Promise.all(hosts.map(({ url }) => probe(url, now))));
  const asked: Asked = { config, clock, now, policy, token };

  return [
    { name: 'settings', needs: [], look: async () => judgeSettings(faults, misspelt, trial) },
    {
      name: 'limits',
      needs: ['DEFENDER_RUNS', 'DEFENDER_SESSIONS', 'DEFENDER_QUEUE'],
      look: async () => judgeLimits(defender),
    },
    {
      name: 'cloud',
      needs: ['LOCAL_TRIAL', 'DEFENDER_API_URL', 'TEAMS_CLOUD', 'GRAPH_API_URL'],
      look: async () => (trial ? inTrial : judgeCloud(config)),
    },
    { name: 'policy', needs: ['POLICY_FILE'], look: async () => (await policy()).judged },
    { name: 'groups', needs: [...defenderNeeds, 'GRAPH_API_URL'], look: () => lookAtGroups(asked) },
    { name: 'store', needs: ['DATABASE_URL'], look: () => examineStore(config, clock) },
    {
      name: 'evidence',
      needs: ['EVIDENCE_DIR'],
      look: async () => judgeEvidence(await lookAtFolder(config.evidenceDir)),
    },
    {
      name: 'network',
      needs: ['LOCAL_TRIAL', 'DEFENDER_API_URL', 'TEAMS_CLOUD'],
      look: async () =>
        (await probes()).map((outcome, i) => judgeReach(hosts[i]?.url.host ?? '', hosts[i]?.what ?? '', outcome)),
    },
    { name: 'clock', needs: ['LOCAL_TRIAL', 'DEFENDER_API_URL'], look: async () => [judgeSkew(await probes())] },
    { name: 'token', needs: defenderNeeds, look: async () => (trial ? inTrial : lookAtToken(asked)) },
    {
      name: 'roles',
      needs: defenderNeeds,
      look: async () => {
        if (trial) return inTrial;
        const outcome = await token();
        return outcome.type === 'issued' ? judgeTokenRoles(outcome.claims) : [noToken];
      },
    },
    ...reads.map((read): Check => ({ name: read.check, needs: defenderNeeds, look: () => lookAtRead(asked, read) })),
    { name: 'teams', needs: ['LOCAL_TRIAL', 'BOT_', 'TEAMS_CLOUD'], look: () => lookAtTeams(asked) },
    { name: 'manifest', needs: ['BOT_ID'], look: () => examineManifest(root, bot?.appId ?? null) },
  ];
}

async function lookAtToken({ config, clock, token }: Asked): Promise<readonly Judged[]> {
  const files = await judgeCredentialFiles(config.defender.credential, clock.now());
  const outcome = await token();
  if (outcome.type === 'issued') {
    const { tenantId, clientId } = expectedOf(config.defender.credential);
    return [...files, ...judgeClaims(outcome.claims, { apiUrl: config.defender.url, tenantId, clientId })];
  }
  if (config.defender.credential.type === 'managedIdentity') return [...files, noManagedIdentity];
  // Whoever reads that the file is wrong needs no second reason.
  if (files.some(({ verdict }) => verdict === 'fail')) return files;
  return [...files, judgeRefusedToken(outcome.code, 'Defender')];
}

async function lookAtRead({ config, token, now }: Asked, read: Read): Promise<readonly Judged[]> {
  const outcome = await token();
  if (outcome.type !== 'issued') return [noToken];
  return [judgeRead(read, await probe(new URL(read.path, config.defender.url), now, outcome.token))];
}

async function lookAtTeams({ config, clock }: Asked): Promise<readonly Judged[]> {
  const files = await judgeBotCertificate(config.bot?.certificatePath ?? null, clock.now());
  const identity = botIdentityOf(config);
  if (identity === null || identity.type === 'trial') return files.length > 0 ? files : inTrial;
  const outcome = await askForBotToken(identity, tokenTimeoutMs);
  if (outcome.type === 'issued') return [...files, fine('The bot can sign in to Teams.')];
  return [
    ...files,
    identity.type === 'UserAssignedMsi' ? noManagedBot : judgeRefusedToken(outcome.code, 'Teams', botSettings),
  ];
}

async function lookAtGroups({ config, clock, policy }: Asked): Promise<readonly Judged[]> {
  const read = (await policy()).policy;
  if (read === null) return [{ verdict: 'skip', found: 'No groups are known without a valid policy.', cure: null }];
  const { graphUrl } = config;
  const { credential } = config.defender;
  const source =
    graphUrl === null || credential.type === 'local'
      ? null
      : createDirectory({
          baseUrl: graphUrl,
          token: createTokenSource({ credential, baseUrl: graphUrl, clock, timeoutMs: tokenTimeoutMs }),
          clock,
          log: silentLog,
        });
  return judgeGroups(read, await readGroups(read.groups, source));
}

const noToken: Judged = { verdict: 'skip', found: 'Not looked at, since there is no token for Defender.', cure: null };

async function readPolicy(file: string, trial: boolean) {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null)
    return {
      policy: null,
      judged: [
        fail(
          `The policy file ${file} cannot be read, so nobody could approve anything.`,
          'Put it there, or set POLICY_FILE to where it is.',
        ),
      ],
    };
  const parsed = parsePolicy(text);
  return { policy: parsed.ok ? parsed.value : null, judged: judgePolicy(file, parsed, trial) };
}

async function examineStore(config: Config, clock: Clock): Promise<readonly Judged[]> {
  try {
    const look = await inspectStore(config.databaseUrl, createDatabasePassword(config, clock));
    const folder = look.path === null ? [] : judgeDatabaseFolder(await lookAtFolder(dirname(look.path)));
    const rights = look.path === null ? [] : judgeRights(look.path, await modeOf(look.path));
    return [...judgeStore(look), ...rights, ...folder];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const [found = '', ...cure] = error.message.split(/(?<=\.)\s+(?=[A-Z])/);
    return [fail(found, cure.join(' '))];
  }
}

/** Null as well on Windows, where Node makes one up. */
async function modeOf(file: string): Promise<number | null> {
  if (process.platform === 'win32') return null;
  return stat(file).then(
    ({ mode }) => mode,
    () => null,
  );
}

async function examineManifest(root: string, botId: string | null): Promise<readonly Judged[]> {
  const manifest = await readFile(join(root, 'appPackage', 'manifest.json'), 'utf8').catch(() => null);
  if (manifest === null)
    return [
      { verdict: 'skip', found: 'There is no app package here; run the doctor in a clone to compare it.', cure: null },
    ];
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  return judgeManifest(manifest, { version, botId });
}

type TokenOutcome =
  | { readonly type: 'issued'; readonly token: Redacted<string>; readonly claims: TokenClaims | null }
  | { readonly type: 'refused'; readonly code: string | null };

async function askForToken(credential: DefenderCredential, baseUrl: string, clock: Clock): Promise<TokenOutcome> {
  try {
    const source =
      credential.type === 'local'
        ? localToken()
        : createTokenSource({ credential, baseUrl, clock, timeoutMs: tokenTimeoutMs });
    const token = await source();
    return { type: 'issued', token, claims: readClaims(reveal(token)) };
  } catch (error) {
    if (error instanceof DefenderError) return { type: 'refused', code: error.defenderCode };
    // A certificate that cannot be read makes the library throw at once.
    return { type: 'refused', code: null };
  }
}

function expectedOf(credential: DefenderCredential) {
  return credential.type === 'managedIdentity' || credential.type === 'local'
    ? { tenantId: null, clientId: credential.type === 'local' ? null : credential.clientId }
    : credential;
}

const botSettings = { app: 'BOT_ID', tenant: 'BOT_TENANT_ID', secret: 'BOT_PASSWORD', cloud: 'TEAMS_CLOUD' };

/** What the service will need to reach, by name. */
function hostsOf({ trial, defender, teamsCloud }: Config): ReadonlyArray<{ readonly what: string; readonly url: URL }> {
  const api = { what: 'Defender', url: new URL('/api/', defender.url) };
  if (trial) return [api];
  const teams = teamsHostsOf(teamsCloud);
  return [
    api,
    {
      what: 'Sign-in',
      url: new URL('/common/v2.0/.well-known/openid-configuration', cloudOf(defender.url).authorityHost),
    },
    { what: 'Teams', url: new URL(teams.service) },
    { what: 'Keys of the Bot Framework', url: new URL(teams.keys) },
  ];
}
