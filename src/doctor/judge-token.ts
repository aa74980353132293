import { isAudience, judgeRoles, type TokenClaims } from '../defender/roles';
import { type SignInSettings, signInCure } from '../defender/sign-in-cures';
import { visible, visibleCode } from '../lib/visible';
import { fail, fine, type Judged, warn } from './finding';

/** What Entra's refusal means, in the words that the service logs at its start; `what` is whom the token was for. */
export function judgeRefusedToken(code: string | null, what: string, settings?: SignInSettings): Judged {
  const [found = '', ...cure] = signInCure(code, settings).split(/(?<=\.)\s+(?=[A-Z])/);
  return fail(`No token for ${what}. ${found}`, cure.join(' '));
}

/** A managed identity has no Entra in between: the platform answers, or there is none. */
export const noManagedIdentity: Judged = fail(
  'No token for Defender: this machine gave none for a managed identity. Either it is not one of Azure, or the identity is not assigned to it.',
  'Assign the identity to the app, and set DEFENDER_CLIENT_ID to its client id when there are several; elsewhere set a certificate, a federated token or a client secret.',
);

export const noManagedBot: Judged = fail(
  'No token for Teams: this machine gave none for the managed identity BOT_ID. Either it is not one of Azure, or the identity is not assigned to it.',
  'Assign the identity to the app that runs the service, and set BOT_ID to its client id.',
);

/** Whether the token is for this API, this tenant and this app. */
export function judgeClaims(
  claims: TokenClaims | null,
  expected: { readonly apiUrl: string; readonly tenantId: string | null; readonly clientId: string | null },
): readonly Judged[] {
  if (claims === null)
    return [
      warn(
        'There is a token for Defender, but it cannot be read here, so its audience and roles are not known.',
        'Look at the three reads below: they tell whether it is accepted.',
      ),
    ];
  const findings: Judged[] = [];
  if (claims.audience !== null && !isAudience(claims.audience, expected.apiUrl))
    findings.push(
      fail(
        'The token is for another audience than the host of DEFENDER_API_URL expects, so every call is refused.',
        'Set DEFENDER_API_URL to the host of the cloud that the app and its tenant are in.',
      ),
    );
  if (differ(claims.tenantId, expected.tenantId))
    findings.push(
      fail(
        'The token is of another tenant than DEFENDER_TENANT_ID.',
        'Fix DEFENDER_TENANT_ID, or the identity that is used.',
      ),
    );
  if (differ(claims.appId, expected.clientId))
    findings.push(
      fail(
        'The token was issued to another app than DEFENDER_CLIENT_ID.',
        'Set DEFENDER_CLIENT_ID to the client id (not the object id) of the identity that the service runs with.',
      ),
    );
  return findings.length > 0 ? findings : [fine(`A token for Defender was issued${nameOf(claims)}.`)];
}

/** Effective roles in one line, then one finding for each that is missing or too much. */
export function judgeTokenRoles(claims: TokenClaims | null): readonly Judged[] {
  if (claims === null)
    return [{ verdict: 'skip', found: 'The roles are not known without a readable token.', cure: null }];
  if (claims.isDelegated)
    return [
      fail(
        'The token stands for a person and not for the app, so it carries no application permission.',
        'Sign in as the app: with a managed identity, a federated token, a certificate or a client secret.',
      ),
    ];
  const { missing, surplus } = judgeRoles(claims.roles);
  const list = claims.roles.length === 0 ? 'none' : claims.roles.map(visibleCode).join(', ');
  return [
    fine(`Roles in the token: ${list}.`),
    ...missing.map(({ found, cure }) => fail(found, cure)),
    ...surplus.map(({ found, cure }) => warn(visible(found), cure)),
  ];
}

const differ = (stated: string | null, expected: string | null): boolean =>
  stated !== null && expected !== null && stated.toLowerCase() !== expected.toLowerCase();

const nameOf = ({ appName, appId }: TokenClaims): string => {
  const name = appName ?? appId;
  return name === null ? '' : ` to ${visible(name)}`;
};
