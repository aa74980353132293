/** Where one Defender cloud signs in, what its tokens are for, and where its results lie (defender-api.md §1.7, §1.8). */
export interface Cloud {
  readonly scope: string;
  readonly authorityHost: string;
  /** Host suffixes that a result link may lead to; each starts with a dot. */
  readonly resultHosts: readonly string[];
}

/**
 * The cloud of an API host. An unknown host gets tokens for itself and nobody else, so that a wrong setting cannot collect
 * tokens that Defender would honour; it has no result hosts until they are configured.
 */
export function cloudOf(apiUrl: string): Cloud {
  const host = new URL(apiUrl).hostname.toLowerCase();
  if (isIn(host, commercialHosts))
    return { scope: commercialScope, authorityHost: commercialSignIn, resultHosts: ['.blob.core.windows.net'] };
  // The suffix of government result stores is stated nowhere; both are named by Azure for its blob stores.
  const scope = `https://${host}/.default`;
  if (host === 'api-gcc.securitycenter.microsoft.us') {
    return {
      scope,
      authorityHost: commercialSignIn,
      resultHosts: ['.blob.core.windows.net', '.blob.core.usgovcloudapi.net'],
    };
  }
  if (isIn(host, ['securitycenter.microsoft.us'])) {
    return { scope, authorityHost: governmentSignIn, resultHosts: ['.blob.core.usgovcloudapi.net'] };
  }
  // Graph of US Government L4 and L5 ("National cloud deployments"); L2 (GCC) uses the commercial one.
  if (isIn(host, ['graph.microsoft.us', 'dod-graph.microsoft.us']))
    return { scope, authorityHost: governmentSignIn, resultHosts: [] };
  return { scope, authorityHost: commercialSignIn, resultHosts: [] };
}

/** True for addresses of this machine, where the trial's emulator lives. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

const commercialHosts = [
  'security.microsoft.com',
  'securitycenter.microsoft.com',
  'securitycenter.windows.com',
] as const;
const commercialScope = 'https://api.securitycenter.microsoft.com/.default';
const commercialSignIn = 'https://login.microsoftonline.com';
const governmentSignIn = 'https://login.microsoftonline.us';

const isIn = (host: string, domains: readonly string[]): boolean =>
  domains.some((d) => host === d || host.endsWith(`.${d}`));

/** Which of Microsoft's clouds an API host belongs to, in words that settings use; null: no host of Defender that is documented. */
export function cloudNameOf(apiUrl: string): 'commercial' | 'gcc' | 'government' | null {
  const host = new URL(apiUrl).hostname.toLowerCase();
  if (isIn(host, commercialHosts)) return 'commercial';
  if (host === 'api-gcc.securitycenter.microsoft.us') return 'gcc';
  return host === 'api-gov.securitycenter.microsoft.us' ? 'government' : null;
}
