/** The settings by which one identity signs in, as cures name them. */
export interface SignInSettings {
  readonly app: string;
  readonly tenant: string;
  readonly secret: string;
  /** What decides the cloud. */
  readonly cloud: string;
}

const defender: SignInSettings = {
  app: 'DEFENDER_CLIENT_ID',
  tenant: 'DEFENDER_TENANT_ID',
  secret: 'DEFENDER_CLIENT_SECRET',
  cloud: 'DEFENDER_API_URL',
};

/** What helps when Entra refuses a sign-in, by Entra's own number ("Microsoft Entra authentication and authorization error codes"). */
const cures: Readonly<Record<string, (settings: SignInSettings) => string>> = {
  AADSTS7000215: ({ app, secret }) =>
    `The client secret is wrong. Put the secret itself, not its id, into ${secret}, and check that it is one of the app ${app}.`,
  AADSTS7000222: ({ secret }) =>
    `The client secret has expired. Make a new one for the app, and put it into ${secret}.`,
  AADSTS700016: ({ app, tenant, cloud }) =>
    `The tenant does not know the app. Check ${app} and ${tenant}, and that ${cloud} is of their cloud.`,
  AADSTS90002: ({ tenant, cloud }) =>
    `There is no such tenant in this cloud. Check ${tenant}, and that ${cloud} is of its cloud: api.security.microsoft.com, api-gcc or api-gov.`,
  AADSTS700027: () =>
    'The app does not have this certificate, or it has expired. Upload the public part of DEFENDER_CLIENT_CERTIFICATE_PATH to the app, or point the setting to one that it has.',
  AADSTS700024: () =>
    'What this machine signed is not valid at this time, so its clock is wrong or the certificate is out of date. Set the clock by NTP, then look at the certificate.',
  AADSTS70021: () =>
    'No federated credential of the app fits this workload. Compare issuer, subject and audience in the app with the token in AZURE_FEDERATED_TOKEN_FILE.',
  AADSTS700213: () =>
    'No federated credential of the app fits this workload. Compare issuer, subject and audience in the app with the token in AZURE_FEDERATED_TOKEN_FILE.',
  AADSTS500011: ({ cloud }) =>
    `The tenant has no Defender for Endpoint of this cloud. Check that it is licensed and set up there, and ${cloud}.`,
  AADSTS7000112: () => 'The app is disabled in the tenant. Enable it under Enterprise applications, if it should be.',
  AADSTS53003: () =>
    'Conditional Access keeps the app out. Let whoever looks after it admit the app from the addresses of this service.',
};

/** One sentence or two: what is wrong and what helps. Without one of Entra's numbers, most often nothing answered at all. */
export function signInCure(entraCode: string | null, settings: SignInSettings = defender): string {
  if (entraCode === null || !/^AADSTS\d+$/.test(entraCode)) return noAnswer;
  return (
    cures[entraCode]?.(settings) ??
    `Entra refused with ${entraCode}. Look that number up at https://login.microsoftonline.com/error, and look at the sign-in log of the app.`
  );
}

const noAnswer =
  'Neither Entra nor the identity endpoint of the platform gave one. Check that this machine reaches the sign-in host of your cloud, that it has the identity or the file that the settings name, and its clock.';
