import { findCloudFaults } from './defender/cloud';
import { isLoopback } from './lib/loopback';
import { defaultDefenderUrl, defaultGraphUrl, type Settings } from './settings';
import { isPostgres, isUnprotected } from './store/engine/database-address';

/** A setting that is wrong, with what, why and what next. */
export interface SettingFault {
  readonly name: string;
  readonly message: string;
}

interface Fault extends SettingFault {
  readonly name: keyof Settings;
}

/** What each variable says is fine, but not together. */
export function findContradictions(env: Settings, faulty: ReadonlySet<string>): readonly Fault[] {
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

function findDatabaseFaults(env: Settings): readonly Fault[] {
  return [...findTransportFaults(env), ...findDatabaseSignInFaults(env)];
}

function findDatabaseSignInFaults({ DATABASE_SIGN_IN, DATABASE_URL }: Settings): readonly Fault[] {
  if (DATABASE_SIGN_IN === 'password') return [];
  const name = 'DATABASE_SIGN_IN';
  if (!isPostgres(DATABASE_URL))
    return [
      {
        name,
        message:
          'is entra, but DATABASE_URL names a file, which nobody signs in to. Set DATABASE_URL to a PostgreSQL server, or unset DATABASE_SIGN_IN.',
      },
    ];
  if (!URL.canParse(DATABASE_URL) || new URL(DATABASE_URL).password === '') return [];
  return [
    {
      name,
      message:
        'is entra, but DATABASE_URL has a password, and it must be clear which of the two counts. Take the password out of DATABASE_URL, or unset DATABASE_SIGN_IN.',
    },
  ];
}

function findTransportFaults(env: Settings): readonly Fault[] {
  if (env.DATABASE_ALLOW_PLAINTEXT === '1' || !isUnprotected(env.DATABASE_URL)) return []; // guard: no-plaintext-to-a-remote-database
  return [
    {
      name: 'DATABASE_URL',
      message:
        'names a database on another machine without TLS whose certificate is checked, so the password, the approvals and the audit could be read or changed on the way. Add sslmode=verify-full to it, or set DATABASE_ALLOW_PLAINTEXT=1 if the way there is protected by other means.',
    },
  ];
}

const findPortFaults = ({ PORT, OPS_PORT }: Settings): readonly Fault[] =>
  OPS_PORT !== PORT
    ? []
    : [
        {
          name: 'OPS_PORT',
          message:
            'is the same as PORT, so /readyz and /metrics would not be apart from what Teams reaches. Set it to another free port, or unset it.',
        },
      ];

function findTrialFaults(env: Settings): readonly Fault[] {
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
  if (env.DATABASE_SIGN_IN === 'entra')
    faults.push({
      name: 'DATABASE_SIGN_IN',
      message: 'is entra, but the trial has no identity that Entra knows. Unset it, or unset LOCAL_TRIAL.',
    });
  return faults;
}

function findSignInFaults(env: Settings): readonly Fault[] {
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
  if (env.BOT_PASSWORD !== undefined && env.BOT_CERTIFICATE_PATH !== undefined)
    faults.push({
      name: 'BOT_PASSWORD',
      message: 'is set as well as BOT_CERTIFICATE_PATH, and only one of them signs in to Teams. Unset BOT_PASSWORD.',
    });
  if (env.BOT_TYPE === 'SingleTenant' && env.BOT_PASSWORD === undefined && env.BOT_CERTIFICATE_PATH === undefined)
    faults.push({
      name: 'BOT_PASSWORD',
      message:
        'is missing, and a SingleTenant bot signs in to Teams with it. Set BOT_CERTIFICATE_PATH to a certificate of the bot, or use a UserAssignedMsi bot, which needs none; a client secret in BOT_PASSWORD is the last choice.',
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
function findCredentialFaults(env: Settings): readonly Fault[] {
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
