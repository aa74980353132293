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

export type TeamsCloud = 'public' | 'gcc' | 'gccHigh' | 'dod';

/**
 * What cannot work whatever else is right: a host that is none of Defender's, or Defender, Graph and Teams in clouds that do not know each
 * other. `graphUrl` null: none is asked for.
 */
export function findCloudFaults({
  defenderUrl,
  graphUrl,
  teamsCloud,
}: {
  readonly defenderUrl: string;
  readonly graphUrl: string | null;
  readonly teamsCloud: TeamsCloud;
}): ReadonlyArray<{ readonly name: 'DEFENDER_API_URL' | 'TEAMS_CLOUD' | 'GRAPH_API_URL'; readonly message: string }> {
  const cloud = cloudNameOf(defenderUrl);
  if (cloud === null)
    return [
      {
        name: 'DEFENDER_API_URL',
        message:
          'names no documented host of Defender, so no token for Defender is asked for and nothing sent there can work. Unset it for https://api.security.microsoft.com, or set the host of your cloud: a regional one such as https://eu.api.security.microsoft.com, https://api-gcc.securitycenter.microsoft.us for GCC, https://api-gov.securitycenter.microsoft.us for GCC High and DoD.',
      },
    ];
  const faults: ReturnType<typeof findCloudFaults>[number][] = [];
  if (defenderCloudOf[teamsCloud] !== cloud)
    faults.push({
      name: 'TEAMS_CLOUD',
      message: `is ${teamsCloud}, but DEFENDER_API_URL is of the ${cloud} cloud: people and devices would be of different clouds, whose tenants do not know each other. Set TEAMS_CLOUD to ${cloud === 'commercial' ? 'public' : cloud === 'gcc' ? 'gcc' : 'gccHigh or dod'}, or DEFENDER_API_URL to the host of the cloud that Teams is in.`,
    });
  const isGovernmentGraph = graphUrl !== null && /\.us$/.test(new URL(graphUrl).hostname);
  if (graphUrl !== null && isGovernmentGraph !== (cloud === 'government'))
    faults.push({
      name: 'GRAPH_API_URL',
      message: `is of ${isGovernmentGraph ? 'the US Government' : 'the commercial'} cloud and DEFENDER_API_URL is not, so groups of Entra cannot be read and nobody counts as their member. ${
        cloud === 'government'
          ? 'Unset it for the Graph of TEAMS_CLOUD, or set it to https://graph.microsoft.us (GCC High) or https://dod-graph.microsoft.us (DoD).'
          : 'Unset it for https://graph.microsoft.com.'
      }`,
    });
  return faults;
}

const defenderCloudOf = { public: 'commercial', gcc: 'gcc', gccHigh: 'government', dod: 'government' } as const;

/** Graph of each cloud ("National cloud deployments"). */
export const graphOf: Readonly<Record<TeamsCloud, string>> = {
  public: 'https://graph.microsoft.com',
  gcc: 'https://graph.microsoft.com',
  gccHigh: 'https://graph.microsoft.us',
  dod: 'https://dod-graph.microsoft.us',
};
