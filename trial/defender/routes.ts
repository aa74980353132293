export type RouteName =
  | 'token'
  | 'listMachines'
  | 'getMachine'
  | 'findMachinesByIp'
  | 'findMachinesByTag'
  | 'runLiveResponse'
  | 'listActions'
  | 'getAction'
  | 'cancelAction'
  | 'getResultLink'
  | 'listLibrary'
  | 'uploadLibraryFile'
  | 'deleteLibraryFile'
  | 'downloadResult'
  | 'unknown';

export interface Route {
  readonly name: RouteName;
  /** What the path's pattern caught, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Another method would have fitted this path. */
  readonly wrongMethod: boolean;
}

/** Paths match without regard to case (observed: `/API/`, `runLiveResponse`), below `/api` or `/api/v1.0`. */
const table: ReadonlyArray<readonly [RouteName, string, RegExp]> = [
  ['token', 'POST', /^\/(?<tenant>[^/]+)\/oauth2\/(?<version>v2\.0\/)?token$/i],
  ['listMachines', 'GET', /^\/api(?:\/v1\.0)?\/machines\/?$/i],
  [
    'findMachinesByIp',
    'GET',
    /^\/api(?:\/v1\.0)?\/machines\/findbyip\(ip=(?:'|%27)(?<ip>[^'%]*)(?:'|%27),(?:\s|%20)*timestamp=(?<timestamp>[^)]*)\)$/i,
  ],
  ['findMachinesByTag', 'GET', /^\/api(?:\/v1\.0)?\/machines\/findbytag$/i],
  ['runLiveResponse', 'POST', /^\/api(?:\/v1\.0)?\/machines\/(?<machine>[^/]+)\/runliveresponse$/i],
  ['getMachine', 'GET', /^\/api(?:\/v1\.0)?\/machines\/(?<machine>[^/]+)$/i],
  ['listActions', 'GET', /^\/api(?:\/v1\.0)?\/machineactions\/?$/i],
  ['cancelAction', 'POST', /^\/api(?:\/v1\.0)?\/machineactions\/(?<action>[^/]+)\/cancel$/i],
  [
    'getResultLink',
    'GET',
    /^\/api(?:\/v1\.0)?\/machineactions\/(?<action>[^/]+)\/GetLiveResponseResultDownloadLink\(index=(?<index>[^)]*)\)$/i,
  ],
  ['getAction', 'GET', /^\/api(?:\/v1\.0)?\/machineactions\/(?<action>[^/]+)$/i],
  ['listLibrary', 'GET', /^\/api(?:\/v1\.0)?\/libraryfiles\/?$/i],
  ['uploadLibraryFile', 'POST', /^\/api(?:\/v1\.0)?\/libraryfiles\/?$/i],
  ['deleteLibraryFile', 'DELETE', /^\/api(?:\/v1\.0)?\/libraryfiles\/(?<fileName>[^/]+)$/i],
  ['downloadResult', 'GET', /^\/results\/investigation-actions-data\/CustomPlaybookCommandOutput\/(?<blob>[^/]+)$/],
];

export function findRoute(method: string, path: string): Route {
  const matches = table.flatMap(([name, verb, pattern]) => {
    const match = pattern.exec(path);
    return match === null ? [] : [{ name, verb, groups: match.groups ?? {} }];
  });
  const match = matches.find((candidate) => candidate.verb === method);
  if (match === undefined) return { name: 'unknown', params: {}, wrongMethod: matches.length > 0 };
  const params = Object.entries(match.groups).map(([key, value]) => [key, decode(value ?? '')] as const);
  return { name: match.name, params: Object.fromEntries(params), wrongMethod: false };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
