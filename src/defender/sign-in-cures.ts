/** What helps when Entra refuses to sign the service in, by Entra's own number ("Microsoft Entra authentication and authorization error codes"). */
const cures: Readonly<Record<string, string>> = {
  AADSTS7000215:
    'The client secret is wrong. Put the secret itself, not its id, into DEFENDER_CLIENT_SECRET, and check that it is one of the app DEFENDER_CLIENT_ID.',
  AADSTS7000222: 'The client secret has expired. Make a new one for the app, and put it into DEFENDER_CLIENT_SECRET.',
  AADSTS700016:
    'The tenant does not know the app. Check DEFENDER_CLIENT_ID and DEFENDER_TENANT_ID, and that DEFENDER_API_URL is of their cloud.',
  AADSTS90002:
    'There is no such tenant in this cloud. Check DEFENDER_TENANT_ID, and that DEFENDER_API_URL is of its cloud: api.security.microsoft.com, api-gcc or api-gov.',
  AADSTS700027:
    'The app does not have this certificate, or it has expired. Upload the public part of DEFENDER_CLIENT_CERTIFICATE_PATH to the app, or point the setting to one that it has.',
  AADSTS700024:
    'What this machine signed is not valid at this time, so its clock is wrong or the certificate is out of date. Set the clock by NTP, then look at the certificate.',
  AADSTS70021:
    'No federated credential of the app fits this workload. Compare issuer, subject and audience in the app with the token in AZURE_FEDERATED_TOKEN_FILE.',
  AADSTS700213:
    'No federated credential of the app fits this workload. Compare issuer, subject and audience in the app with the token in AZURE_FEDERATED_TOKEN_FILE.',
  AADSTS500011:
    'The tenant has no Defender for Endpoint of this cloud. Check that it is licensed and set up there, and DEFENDER_API_URL.',
  AADSTS7000112: 'The app is disabled in the tenant. Enable it under Enterprise applications, if it should be.',
  AADSTS53003:
    'Conditional Access keeps the app out. Let whoever looks after it admit the app from the addresses of this service.',
};

/** One sentence or two: what is wrong and what helps. Without one of Entra's numbers, most often nothing answered at all. */
export function signInCure(entraCode: string | null): string {
  if (entraCode === null || !/^AADSTS\d+$/.test(entraCode)) return noAnswer;
  return (
    cures[entraCode] ??
    `Entra refused with ${entraCode}. Look that number up at https://login.microsoftonline.com/error, and look at the sign-in log of the app.`
  );
}

const noAnswer =
  'Neither Entra nor the identity endpoint of the platform gave one. Check that this machine reaches the sign-in host of your cloud, that it has the identity or the file that the settings name, and its clock.';
