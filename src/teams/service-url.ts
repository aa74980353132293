/** The clouds in which Teams runs bots; `trial` is the Playground or the emulator on this machine. */
export type Cloud = 'public' | 'gcc' | 'gccHigh' | 'dod' | 'trial';

/** The hosts from which Teams sends and to which we send our token ("Send proactive messages", Teams service URLs per cloud). */
const hosts: Readonly<Record<Cloud, readonly string[]>> = {
  public: ['smba.trafficmanager.net'],
  gcc: ['smba.infra.gcc.teams.microsoft.com'],
  gccHigh: ['smba.infra.gov.teams.microsoft.us'],
  dod: ['smba.infra.dod.teams.microsoft.us'],
  trial: ['127.0.0.1', 'localhost', '[::1]'],
};

export const serviceHostOf = (cloud: Cloud): string => hosts[cloud][0] ?? '';

/**
 * True for an address of Teams itself: who makes us send elsewhere gets our token (T-3). Compared by exact host after URL parsing, so that
 * look-alikes, user info, IP literals, other ports and IDN spellings fall out; checked on arrival and again before each send.
 */
export function isTrustedServiceUrl(serviceUrl: string, cloud: Cloud): boolean {
  if (!URL.canParse(serviceUrl)) return false;
  const url = new URL(serviceUrl);
  const named =
    hosts[cloud].includes(url.hostname) && url.username === '' && url.password === '' && !serviceUrl.includes('@');
  if (cloud === 'trial') return named && (url.protocol === 'http:' || url.protocol === 'https:');
  return named && url.protocol === 'https:' && url.port === '' && url.search === '' && url.hash === '';
}
