import { z } from 'zod/v4';
import { graphOf } from './defender/cloud';

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

export const defaultDefenderUrl = 'https://api.security.microsoft.com';
export const defaultGraphUrl = graphOf.public;

/** Paths are ours to add; anything more in the address would be dropped without a word, or is a secret in the wrong place. */
const isPlainUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && pathname === '/' && username + password + search + hash === '';
};

/** Every setting by the name of its variable, with its rule and its default; no other name is read. */
export const Settings = z.object({
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
  BOT_CERTIFICATE_PATH: z.string().optional(),
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
  DATABASE_SIGN_IN: z
    .enum(
      ['password', 'entra'],
      'must be entra, to sign in to PostgreSQL with a token of the identity that signs in to Defender, or password, for what DATABASE_URL says. Set it so, or unset it for password.',
    )
    .default('password'),
  POLICY_FILE: z.string().default('env/policy.yaml'),
  RUNBOOKS_FILE: z.string().default('env/runbooks.yaml'),
  HTTPS_PROXY: z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      'must be the address of a proxy, such as http://proxy.example:8080. Set it so, or unset it to go straight.',
    )
    .optional(),
  NO_PROXY: z.string().optional(),
  EVIDENCE_DIR: z.string().default('data/evidence'),
  EVIDENCE_KEY_FILE: z.string().optional(),
  EVIDENCE_CHAT_MB: wholeNumber({ least: 1, most: 100, usual: 10 }),
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

export type Settings = z.infer<typeof Settings>;

/** For those who look for names that are almost one of ours. */
export const settingNames: readonly string[] = Object.keys(Settings.shape);
