import { type Answer, json, refuse, refuseBare } from '../answer';
import type { Call } from '../call';
import { type Device, isServer } from '../device';
import { machineNotFound } from '../machine-calls';
import type { EntityType } from '../odata-filter';
import { answerPage } from '../odata-page';
import type { World } from '../world';
import { type Action, actionToJson, createAction, isFinal } from './action';
import { parseCancelBody, parseRunBody, readJsonBody } from './run-body';

/** What get-machineactions-collection lets `$filter` name; `$orderby` on the same is not documented but was seen to work. */
const actionType: EntityType = {
  name: 'Microsoft.WindowsDefenderATP.Api.MachineAction',
  fields: {
    id: 'guid',
    status: 'string',
    machineId: 'string',
    type: 'string',
    requestor: 'string',
    creationDateTimeUtc: 'dateTime',
  },
};

/** 201 with a Pending action, or the first documented reason against it; nothing is created then. */
export function runLiveResponse(world: World, call: Call): Answer {
  const body = readJsonBody(call.headers['content-type'], call.body);
  if (!body.ok) return body.error;
  const run = parseRunBody(body.value);
  if (!run.ok) return run.error;
  const key = call.route.params.machine ?? '';
  const device = world.findDevice(key);
  if (device === null) return machineNotFound(key);
  const refusal = findRunRefusal(world, device, call.now);
  if (refusal !== null) return refusal;
  const action = createAction({
    requestor: requestorOf(world, call),
    requestorComment: run.value.comment,
    machineId: device.machine.id,
    computerDnsName: device.machine.computerDnsName,
    createdAt: call.now,
    visibleAt: call.now + world.times.hiddenMs,
    commands: run.value.commands,
  });
  world.actions.push(action);
  return json(201, entity(world, action));
}

export function listActions(world: World, call: Call): Answer {
  const shown = world.actions.filter((action) => !action.vanished && action.visibleAt <= call.now);
  const newestFirst = [...shown].reverse().sort((a, b) => b.createdAt - a.createdAt);
  return answerPage({
    query: call.query,
    entityType: actionType,
    entities: newestFirst.map((action) => actionToJson(action, readStatus(action))),
    context: `${world.url}/api/$metadata#MachineActions`,
    address: `${world.url}/api/machineactions`,
    pageSize: world.pageSize,
  });
}

export function getAction(world: World, call: Call): Answer {
  const id = call.route.params.action ?? '';
  const action = world.findVisibleAction(id, call.now);
  return action === null ? actionNotFound(id) : json(200, entity(world, action, readStatus(action)));
}

/** A wish: the answer shows the action as it is, and it ends as Cancelled unless it ends otherwise first. */
export function cancelAction(world: World, call: Call): Answer {
  const body = readJsonBody(call.headers['content-type'], call.body);
  if (!body.ok) return body.error;
  const cancel = parseCancelBody(body.value);
  if (!cancel.ok) return cancel.error;
  const id = call.route.params.action ?? '';
  const action = world.findVisibleAction(id, call.now);
  if (action === null) return actionNotFound(id);
  if (isFinal(action.status))
    return refuse(400, 'BadRequest', 'The machine action could not be canceled, it is already in a final state.');
  cancelAs(action, {
    requestor: requestorOf(world, call),
    comment: cancel.value.comment,
    at: call.now,
    cancelMs: world.times.cancelMs,
  });
  world.settle();
  return json(200, entity(world, action));
}

/** Asks for the end of an open action; a second wish changes nothing. */
export function cancelAs(
  action: Action,
  wish: { readonly requestor: string; readonly comment: string | null; readonly at: number; readonly cancelMs: number },
): void {
  if (action.cancellation !== null) return;
  const { requestor, comment, at, cancelMs } = wish;
  action.cancellation = { requestor, comment, at, effectiveAt: at + cancelMs };
  action.updatedAt = Math.max(action.updatedAt, at);
}

export const actionNotFound = (id: string): Answer =>
  refuse(404, 'ResourceNotFound', `Machine action ${id} was not found`);

/** The order in which the checks are made is inferred; each of them is documented (defender-api.md §1.1 and §3). */
function findRunRefusal(world: World, device: Device, now: number): Answer | null {
  const { features } = world;
  if (!features.liveResponse || (isServer(device) && !features.liveResponseForServers)) {
    return refuse(403, 'DisabledFeature', "Tenant feature isn't enabled.");
  }
  if (device.liveResponse === 'osPlatformNotSupported') {
    return refuse(
      400,
      'OsPlatformNotSupported',
      `OS Platform ${device.machine.osPlatform} isn't supported for this action.`,
    );
  }
  if (device.liveResponse === 'clientVersionNotSupported') {
    return refuse(
      400,
      'ClientVersionNotSupported',
      'LiveResponse is supported on client version 10.8040.19041.1 and above.',
    );
  }
  if (!device.remediationLevel) {
    return refuseBare(
      403,
      'DisallowedOperation',
      "This device has no automation level assigned to it. You'll need to at least enable the minimum Remediation Level for a given Device Group.",
    );
  }
  if (world.isBusy(device.machine.id, now))
    return refuseBare(400, 'ActiveRequestAlreadyExists', 'Action is already in progress');
  if (world.countSessions() >= world.limits.sessions) {
    return refuse(
      429,
      'TooManyRequests',
      `The maximum of ${world.limits.sessions} concurrently running live response sessions is reached.`,
    );
  }
  return null;
}

/** An app shows as its display name or as its id; both were observed (defender-api.md §2.1). */
const requestorOf = (world: World, call: Call): string =>
  world.requestorAs === 'name' ? call.caller.name : call.caller.clientId;

export const entity = (world: World, action: Action, status = action.status) => ({
  '@odata.context': `${world.url}/api/$metadata#MachineActions/$entity`,
  ...actionToJson(action, status),
});

function readStatus(action: Action): Action['status'] {
  const { misreport } = action;
  if (misreport === null || misreport.reads <= 0) return action.status;
  misreport.reads -= 1;
  return misreport.status;
}
