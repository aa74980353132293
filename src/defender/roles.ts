import { z } from 'zod/v4';
import type { Log } from '../lib/log';
import { reveal } from '../lib/redacted';
import { cloudOf } from './cloud';
import { DefenderError } from './errors';
import { signInCure } from './sign-in-cures';
import type { TokenSource } from './token';

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
  const { roles, aud } = claims;
  const missing = neededRoles.filter(({ role }) => !roles.includes(role));
  const surplus = roles.filter((role) => !neededRoles.some((needed) => needed.role === role));
  return {
    roles,
    warnings: [
      ...(aud === undefined || isAudience(aud, apiUrl)
        ? []
        : [
            `The token is made out to ${aud} and not to the Defender of DEFENDER_API_URL, which will refuse it. Set DEFENDER_API_URL to the host of your cloud.`,
          ]),
      ...missing.map(
        ({ role, without }) =>
          `${role} is missing: ${without}. Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.`,
      ),
      ...surplus.map(
        (role) =>
          `${role} is not needed: whoever took this service over could use it. Take it from the app, or give what else needs it an app of its own.`,
      ),
    ],
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

const isAudience = (aud: string, apiUrl: string): boolean => {
  const own = cloudOf(apiUrl).scope.replace(/\/\.default$/, '');
  return [own, defenderAppId, 'https://securitycenter.onmicrosoft.com/windowsatpservice'].includes(
    aud.replace(/\/$/, ''),
  );
};

const Claims = z.object({ aud: z.string().optional(), roles: z.array(z.string()).default([]) });

function readClaims(token: string): z.infer<typeof Claims> | null {
  try {
    const [, payload = ''] = token.split('.');
    return Claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
  } catch {
    return null;
  }
}
