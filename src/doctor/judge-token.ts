import { isAudience, judgeRoles, type TokenClaims } from '../defender/roles';
import { visible, visibleCode } from '../lib/visible';
import { fail, fine, type Judged, warn } from './finding';

/** How the service proves itself, as far as a cure needs it. */
export type CredentialKind = 'clientSecret' | 'clientCertificate' | 'managedIdentity' | 'workloadIdentity';

/**
 * Entra's refusals and what each of them means here ("Microsoft Entra authentication & authorization error codes"). `app` and `tenant` are
 * the variables that name them, since the same numbers are given to Defender's identity and to the bot's.
 */
export function judgeRefusedToken(
  code: string | null,
  names: { readonly app: string; readonly tenant: string; readonly secret: string; readonly what: string },
): Judged {
  const { app, tenant, secret, what } = names;
  const known: Readonly<Record<string, readonly [found: string, cure: string]>> = {
    AADSTS7000215: [
      'the client secret is wrong; often it is the id of the secret in place of its value',
      `Make a new client secret in the app registration and set ${secret} to its value.`,
    ],
    AADSTS7000222: [
      'the client secret has expired',
      `Make a new client secret in the app registration, set ${secret} to its value, and note when that one ends.`,
    ],
    AADSTS700016: [
      `there is no app with the id in ${app} in the tenant in ${tenant}`,
      `Compare both with the overview of the app registration; consent is needed in that tenant when the app is from another one.`,
    ],
    AADSTS90002: [
      `there is no tenant with the id in ${tenant} in this cloud`,
      `Set ${tenant} to the tenant id that Entra shows; a tenant of a US Government cloud needs the hosts of that cloud.`,
    ],
    AADSTS500011: [
      'the tenant does not know the API that the token is for',
      'Check that this tenant has Defender for Endpoint, and that the address is that of its cloud.',
    ],
    AADSTS700027: [
      'the certificate is not the one that the app registration knows, or it has expired',
      'Upload the public part of the certificate to the app registration, or set DEFENDER_CLIENT_CERTIFICATE_PATH to the one that is there.',
    ],
    AADSTS7000112: ['the app is disabled in the tenant', 'Enable it under Enterprise applications, Properties.'],
    AADSTS700213: [
      'no federated credential of the app fits the issuer and subject of the token in AZURE_FEDERATED_TOKEN_FILE',
      'Compare issuer, subject and audience of the federated credential with those of the platform.',
    ],
    AADSTS70021: [
      'no federated credential of the app fits the token in AZURE_FEDERATED_TOKEN_FILE',
      'Compare issuer, subject and audience of the federated credential with those of the platform.',
    ],
    AADSTS700024: [
      'the signed assertion is not valid at this time',
      'Set the clock of this machine by NTP; with a federated token, see that the platform renews the file.',
    ],
    AADSTS53003: [
      'a Conditional Access policy for workload identities blocks the app here',
      'Have the policy allow this app from where the service runs.',
    ],
    AADSTS7000229: [
      'the app has no service principal in the tenant',
      'Open the app under Enterprise applications of the tenant, or grant admin consent, which makes one.',
    ],
  };
  const [found, cure] = known[code ?? ''] ?? [
    code === null ? 'no reason was given' : `Entra answered ${visible(code)}`,
    code?.startsWith('AADSTS')
      ? `Look the number up at https://login.microsoftonline.com/error, then mend ${app}, ${tenant} or ${secret}.`
      : `Check that the sign-in host can be reached from here, and ${app}, ${tenant} and ${secret}.`,
  ];
  return fail(`No token for ${what}: ${found}.`, cure);
}

/** A managed identity has no Entra in between: the platform answers, or there is none. */
export const noManagedIdentity: Judged = fail(
  'No token for Defender: this machine gave none for a managed identity. Either it is not one of Azure, or the identity is not assigned to it.',
  'Assign the identity to the app, and set DEFENDER_CLIENT_ID to its client id when there are several; elsewhere set a certificate, a federated token or a client secret.',
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
        'Mend DEFENDER_TENANT_ID, or the identity that is used.',
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
