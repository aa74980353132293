import { z } from 'zod/v4';
import type { Log } from '../lib/log';
import { reveal } from '../lib/redacted';
import { cloudOf } from './cloud';
import { DefenderError } from './errors';
import { signInCure } from './sign-in-cures';
import type { CredentialSettings, TokenSource } from './token';

/** What Entra wrote into our own token, and what of it an operator should know; each warning says what, why and what next. */
export interface TokenReport {
  readonly roles: readonly string[];
  readonly warnings: readonly string[];
}

/** Asks for a token and tells the log what it may do. A failure is told as well and stops nothing: every call asks again. */
export async function reportRoles(options: {
  readonly token: TokenSource;
  readonly apiUrl: string;
  readonly log: Log;
}): Promise<void> {
  const { token, apiUrl, log } = options;
  try {
    const report = assessToken(reveal(await token()), apiUrl);
    log.info({ roles: report.roles }, 'Roles of this service in Defender');
    for (const warning of report.warnings) log.warn({}, warning);
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    const { code, defenderCode } = error;
    log.warn({ code, defenderCode }, `No token for Defender yet. ${signInCure(defenderCode)}`);
  }
}

/** The token's signature is not checked: it is ours, fresh from Entra, and nothing is allowed by what is read here. */
export function assessToken(token: string, apiUrl: string): TokenReport {
  const claims = readClaims(token);
  if (claims === null)
    return {
      roles: [],
      warnings: [
        'The token for Defender cannot be read, so its roles are not known. What is missing will show when it is used.',
      ],
    };
  const { roles, audience } = claims;
  const { missing, surplus } = judgeRoles(roles);
  return {
    roles,
    warnings: [
      ...(audience === null || isAudience(audience, apiUrl)
        ? []
        : [
            `The token is made out to ${audience} and not to the Defender of DEFENDER_API_URL, which will refuse it. Set DEFENDER_API_URL to the host of your cloud.`,
          ]),
      ...[...missing, ...surplus].map(({ found, cure }) => `${found} ${cure}`),
    ],
  };
}

/** What is wrong with the roles of a token, and what helps. */
export interface RoleFault {
  readonly found: string;
  readonly cure: string;
}

/** Compares the roles of a token with those that this bot needs, no fewer and no more (T-30). */
export function judgeRoles(roles: readonly string[]): {
  readonly missing: readonly RoleFault[];
  readonly surplus: readonly RoleFault[];
} {
  return {
    missing: neededRoles
      .filter(({ role }) => !roles.includes(role))
      .map(({ role, without }) => ({
        found: `${role} is missing: ${without}.`,
        cure: 'Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.',
      })),
    surplus: roles
      .filter((role) => !neededRoles.some((needed) => needed.role === role))
      .map((role) => ({
        found: `${role} is not needed: whoever took this service over could use it.`,
        cure: 'Take it from the app, or give what else needs it an app of its own.',
      })),
  };
}

/** Every application permission of WindowsDefenderATP that the service uses (defender-api.md §1), and what does not work without it. */
export const neededRoles: readonly { readonly role: string; readonly without: string }[] = [
  { role: 'Machine.LiveResponse', without: 'nothing can be submitted to Defender or cancelled there' },
  {
    role: 'Machine.ReadWrite.All',
    without:
      'the course of a live response and its results cannot be read, nor devices unless Machine.Read.All is there',
  },
  {
    role: 'Library.Manage',
    without: 'the library cannot be read, so no request that names a script or file of it is taken',
  },
];

/** WindowsDefenderATP in every tenant; a v2 token names its API so. */
const defenderAppId = 'fc780465-2017-40d4-a0c5-307022471b92';

export const isAudience = (aud: string, apiUrl: string): boolean => {
  const own = cloudOf(apiUrl).scope.replace(/\/\.default$/, '');
  return [own, defenderAppId, 'https://securitycenter.onmicrosoft.com/windowsatpservice'].includes(
    aud.replace(/\/$/, ''),
  );
};

/** What a token of Entra says about itself; read for people, never to decide who may do what: that is Defender's business. */
export interface TokenClaims {
  readonly audience: string | null;
  readonly tenantId: string | null;
  /** The client id of the app that it was issued to. */
  readonly appId: string | null;
  /** The app's name, by which Defender may call the requestor of an action (defender-api.md §2.1). */
  readonly appName: string | null;
  readonly roles: readonly string[];
  /** True: it stands for a person and carries delegated permissions, which this bot cannot use. */
  readonly isDelegated: boolean;
}

/** Null when it is no token that can be read, as the word of the trial. */
export function readClaims(token: string): TokenClaims | null {
  const [, payload = ''] = token.split('.');
  const parsed = Claims.safeParse(parseJson(Buffer.from(payload, 'base64url').toString('utf8')));
  if (!parsed.success) return null;
  const { aud, tid, appid, azp, app_displayname, roles, scp } = parsed.data;
  return {
    audience: aud ?? null,
    tenantId: tid ?? null,
    appId: appid ?? azp ?? null,
    appName: app_displayname ?? null,
    roles,
    isDelegated: scp !== undefined,
  };
}

/** What settings and token say that this app is called; a token that cannot be had now says nothing. */
export async function readOwnNames(
  credential: CredentialSettings | { readonly type: 'local' },
  token: TokenSource,
): Promise<readonly string[]> {
  const claims = await token().then(
    (issued) => readClaims(reveal(issued)),
    (error: unknown) => {
      if (error instanceof DefenderError) return null;
      throw error;
    },
  );
  return ['clientId' in credential ? credential.clientId : null, claims?.appId, claims?.appName].filter(
    (name) => name != null,
  );
}

const Claims = z.object({
  aud: z.string().optional(),
  tid: z.string().optional(),
  appid: z.string().optional(),
  azp: z.string().optional(),
  app_displayname: z.string().optional(),
  roles: z.array(z.string()).default([]),
  scp: z.string().optional(),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
