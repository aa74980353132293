import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, refuse } from './answer';
import { formatWindow } from './quota';
import type { Route, RouteName } from './routes';
import type { Caller } from './tokens';
import type { World } from './world';

/** One authorised call, as a handler gets it. */
export interface Call {
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly caller: Caller;
  readonly now: number;
}

export type ApiRoute = Exclude<RouteName, 'token' | 'downloadResult' | 'unknown'>;

const readMachines = ['Machine.ReadWrite.All', 'Machine.Read.All'];

/** Application permissions, any one of which is enough, by the current pages (defender-api.md §0 and §1). */
const permissions: Readonly<Record<ApiRoute, readonly string[]>> = {
  listMachines: readMachines,
  getMachine: readMachines,
  findMachinesByIp: readMachines,
  findMachinesByTag: readMachines,
  runLiveResponse: ['Machine.LiveResponse'],
  listActions: ['Machine.ReadWrite.All'],
  getAction: ['Machine.ReadWrite.All'],
  getResultLink: ['Machine.ReadWrite.All'],
  cancelAction: [
    'Machine.CollectForensics',
    'Machine.Isolate',
    'Machine.RestrictExecution',
    'Machine.Scan',
    'Machine.Offboard',
    'Machine.StopAndQuarantine',
    'Machine.LiveResponse',
  ],
  listLibrary: ['Library.Manage'],
  uploadLibraryFile: ['Library.Manage'],
  deleteLibraryFile: ['Library.Manage'],
};

/** The 401, 403 or 429 that ends a call before its handler sees it, or the caller. */
export function admit(world: World, route: ApiRoute, authorization: string | undefined): Caller | Answer {
  const caller = world.tokens.findCaller(authorization);
  if (caller === null) return unauthorized();
  const needed = permissions[route];
  if (!needed.some((role) => caller.roles.includes(role))) return forbidden(needed);
  return findQuotaRefusal(world, route, caller) ?? caller;
}

export const unauthorized = (): Answer => ({
  ...refuse(401, 'Unauthorized', 'Unauthorized (invalid or expired authorization header).'),
  headers: { 'WWW-Authenticate': 'Bearer' },
});

/** As on the wire (err-403-forbidden-approles.json). */
export const forbidden = (needed: readonly string[]): Answer =>
  refuse(
    403,
    'Forbidden',
    `The application does not have any of the required application permissions (${needed.join(', ')}) to access the resource.`,
  );

export const forbiddenOn = (route: RouteName): Answer =>
  forbidden(route in permissions ? permissions[route as ApiRoute] : ['Machine.ReadWrite.All']);

/** A quota refusal as on the wire: the code is the string "429" and the wait stands in the message too (err-429-real.json). */
export function quotaExceeded(given: {
  readonly tenantId: string;
  readonly allowed: number;
  readonly windowMs: number;
  readonly waitSeconds: number | null;
}): Answer {
  const wait = given.waitSeconds === null ? '' : ` You can send requests again in ${given.waitSeconds} seconds.`;
  const message = `API calls quota exceeded! Maximum allowed ${given.allowed} per ${formatWindow(given.windowMs)} for the key Destination+TenantID+AppID.${wait}`;
  return refuse(429, '429', message, given.tenantId);
}

function findQuotaRefusal(world: World, route: ApiRoute, caller: Caller): Answer | null {
  const { limits } = world;
  const windows =
    route === 'runLiveResponse'
      ? [{ allowed: limits.runsPerMinute, windowMs: 60_000 }]
      : [
          { allowed: limits.readsPerMinute, windowMs: 60_000 },
          { allowed: limits.readsPerHour, windowMs: 3_600_000 },
        ];
  const refusal = world.quota.count(`${route} ${caller.clientId}`, windows);
  if (refusal === null) return null;
  const waitSeconds = Math.max(1, Math.ceil(refusal.retryAfterMs / 1_000));
  return {
    ...quotaExceeded({ tenantId: world.tenantId, allowed: refusal.allowed, windowMs: refusal.windowMs, waitSeconds }),
    headers: { 'Retry-After': String(waitSeconds) },
  };
}
