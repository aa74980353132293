import { randomUUID } from 'node:crypto';
import type { DeviceFile } from '../device';
import { formatTimestamp } from '../timestamp';

export type ActionStatus = 'Pending' | 'InProgress' | 'Succeeded' | 'Failed' | 'TimeOut' | 'Cancelled';
export type CommandStatus = 'Created' | 'Completed' | 'Failed';
export type CommandType = 'PutFile' | 'RunScript' | 'GetFile';

export interface CommandRequest {
  readonly type: CommandType;
  readonly params: ReadonlyArray<{ readonly key: string; readonly value: string }>;
}

/** What a command left behind for GetLiveResponseResultDownloadLink. */
export interface CommandResult {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly fileName: string;
}

export interface ActionCommand extends CommandRequest {
  status: CommandStatus;
  startedAt: number | null;
  endedAt: number | null;
  errors: readonly string[];
  result: CommandResult | null;
  /** What really happened on the device, whatever the API says: a cancelled action does not un-run a command. */
  ran: 'no' | 'started' | 'finished';
  /** SHA-256 of the library file as it was when the command started. */
  ranSha256: string | null;
  /** When and how the running command will end, decided as it starts. */
  plan: CommandPlan | null;
}

export interface CommandPlan {
  readonly endsAt: number;
  readonly outcome: 'completed' | 'failed' | 'failedSilently' | 'timedOut';
  readonly errors: readonly string[];
  readonly result: CommandResult | null;
  readonly creates: readonly DeviceFile[];
}

export interface Cancellation {
  readonly requestor: string;
  readonly comment: string | null;
  readonly at: number;
  readonly effectiveAt: number;
}

/** A machine action of this tenant, by whomever; changed only by `advanceAction` and by the calls of the API. */
export interface Action {
  readonly id: string;
  readonly type: string;
  readonly requestor: string;
  readonly requestorComment: string | null;
  readonly machineId: string | null;
  readonly computerDnsName: string | null;
  readonly createdAt: number;
  visibleAt: number;
  readonly scope: string | null;
  readonly errorHResult: number;
  readonly relatedFileInfo: unknown;
  readonly commands: readonly ActionCommand[];
  /** False for an action whose status is set by hand and has no life of its own. */
  alive: boolean;
  status: ActionStatus;
  updatedAt: number;
  connectedAt: number | null;
  finalAt: number | null;
  cancellation: Cancellation | null;
  /** No longer in any answer of the API, from the test's side. */
  vanished: boolean;
  /** A status that the next reads show instead of the true one (a Failed read was seen to recover, defender-api.md §2.2). */
  misreport: { readonly status: ActionStatus; reads: number } | null;
}

/** A new action; what is not given is as in a Pending live response that nothing has happened to. */
export const createAction = (
  given: Pick<Action, 'requestor' | 'requestorComment' | 'machineId' | 'computerDnsName' | 'createdAt' | 'visibleAt'> &
    Partial<Pick<Action, 'type' | 'status' | 'alive'>> & { readonly commands: readonly CommandRequest[] },
): Action => ({
  id: randomUUID(),
  type: 'LiveResponse',
  scope: null,
  errorHResult: 0,
  relatedFileInfo: null,
  alive: true,
  status: 'Pending',
  updatedAt: given.createdAt,
  connectedAt: null,
  finalAt: isFinal(given.status ?? 'Pending') ? given.createdAt : null,
  cancellation: null,
  vanished: false,
  misreport: null,
  ...given,
  commands: given.commands.map(createCommand),
});

export const isFinal = (status: ActionStatus): boolean => status !== 'Pending' && status !== 'InProgress';

const createCommand = (request: CommandRequest): ActionCommand => ({
  ...request,
  status: 'Created',
  startedAt: null,
  endedAt: null,
  errors: [],
  result: null,
  ran: 'no',
  ranSha256: null,
  plan: null,
});

export const paramOf = (command: CommandRequest, key: string): string | null =>
  command.params.find((param) => param.key === key)?.value ?? null;

/** The entity in the field order of a real payload (resp-action-list-runscript-succeeded-real.json). */
export function actionToJson(action: Action, status: ActionStatus = action.status): Readonly<Record<string, unknown>> {
  const { cancellation } = action;
  return {
    id: action.id,
    type: action.type,
    title: null,
    requestor: action.requestor,
    requestorComment: action.requestorComment,
    status,
    machineId: action.machineId,
    computerDnsName: action.computerDnsName,
    creationDateTimeUtc: formatTimestamp(action.createdAt, action.id),
    lastUpdateDateTimeUtc: formatTimestamp(action.updatedAt, action.id),
    cancellationRequestor: cancellation?.requestor ?? null,
    cancellationComment: cancellation?.comment ?? null,
    cancellationDateTimeUtc: cancellation === null ? null : formatTimestamp(cancellation.at, action.id),
    errorHResult: action.errorHResult,
    scope: action.scope,
    externalId: null,
    requestSource: 'PublicApi',
    relatedFileInfo: action.relatedFileInfo,
    commands: action.commands.map((command, index) => commandToJson(command, index, action.id)),
    troubleshootInfo: null,
  };
}

/** GetFile never shows a start time: a Completed one was observed with `startTime` null beside an `endTime` (defender-api.md §2.1). */
function commandToJson(command: ActionCommand, index: number, actionId: string): Readonly<Record<string, unknown>> {
  const time = (at: number | null) => (at === null ? null : formatTimestamp(at, `${actionId} ${index}`));
  return {
    index,
    startTime: command.type === 'GetFile' ? null : time(command.startedAt),
    endTime: time(command.endedAt),
    commandStatus: command.status,
    errors: command.errors,
    command: { type: command.type, params: command.params },
  };
}
