import type { Clock } from '../../src/lib/clock';
import type { ActionStatus, CommandRequest, CommandStatus, CommandType } from './actions/action';
import type { Device, DeviceChanges, DeviceSpec } from './device';
import type { FaultRule } from './faults';
import type { JournalEntry } from './journal';
import type { LibraryFile, LibraryFileSpec } from './library';
import type { AppSpec } from './tokens';
import type { EmulatorLimits, TenantFeatures } from './world';

export interface EmulatorOptions {
  readonly clock: Clock;
  /** Any free port of 127.0.0.1 unless given. */
  readonly port?: number;
  readonly limits?: Partial<EmulatorLimits>;
  /** How long a new action is missing from lists and answers 404; up to two minutes were observed. */
  readonly hiddenMs?: number;
  /** From the end of the last command to the final status. */
  readonly closeMs?: number;
  /** From the final status until results can be linked; clients wait 3 to 5 s. */
  readonly resultReadyMs?: number;
  /** From a cancel call to the status Cancelled; clients were seen to repeat the call until the status changes. */
  readonly cancelMs?: number;
  /** How long a device stays busy after a cancelled action. */
  readonly releaseMs?: number;
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly appName?: string;
  readonly roles?: readonly string[];
  /** Entities per page before `@odata.nextLink`; the real one is 10,000. */
  readonly pageSize?: number;
  /** How an action names the app that requested it; both were observed. */
  readonly requestorAs?: 'name' | 'id';
  /** Result links contain `&amp;` for `&`, as one client saw them. */
  readonly htmlEncodedLinks?: boolean;
}

/** A machine action as it truly is now, even when the API hides it. */
export interface ActionView {
  readonly id: string;
  readonly type: string;
  readonly requestor: string;
  readonly comment: string | null;
  readonly machineId: string | null;
  readonly status: ActionStatus;
  readonly createdAt: number;
  readonly visible: boolean;
  readonly commands: ReadonlyArray<{
    readonly type: CommandType;
    readonly params: CommandRequest['params'];
    readonly status: CommandStatus;
    /** What really happened on the device, whatever the API says. */
    readonly ran: 'no' | 'started' | 'finished';
    readonly ranSha256: string | null;
  }>;
}

/** An action of another app or person; with a `status` it stays as it is, without one it runs as the bot's do. */
export interface ForeignActionSpec {
  readonly requestor: string;
  readonly machineId: string;
  readonly comment?: string;
  readonly type?: string;
  readonly commands?: readonly CommandRequest[];
  readonly status?: ActionStatus;
  readonly createdAt?: number;
}

export interface Emulator {
  /** `http://127.0.0.1:PORT`; below it `/api/…`, `/{tenant}/oauth2/v2.0/token` and `/results/…`. */
  readonly url: string;
  readonly clock: Clock;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly journal: readonly JournalEntry[];
  readonly devices: readonly Device[];
  readonly actions: readonly ActionView[];
  readonly library: readonly LibraryFile[];
  addDevice(spec: DeviceSpec): Device;
  /** Changes a device, by id or whole name, from now on. */
  setDevice(key: string, changes: DeviceChanges): Device;
  /** Adds a library file, or changes the one of that name for everybody. */
  addScript(spec: LibraryFileSpec): LibraryFile;
  addFile(spec: LibraryFileSpec): LibraryFile;
  removeFile(fileName: string): void;
  addApp(app: AppSpec): void;
  /** The next token carries the role; `Bearer local` has it at once. */
  addRole(role: string, clientId?: string): void;
  removeRole(role: string, clientId?: string): void;
  setFeatures(features: Partial<TenantFeatures>): void;
  addForeignAction(spec: ForeignActionSpec): ActionView;
  /** Somebody else cancels the action, in the portal or by another app. */
  cancelByOther(actionId: string, requestor: string, comment?: string): void;
  /** Sets the status by hand; from then on the action has no life of its own. */
  setActionStatus(actionId: string, status: ActionStatus): void;
  /** The action is gone from every answer; what runs on the device goes on. */
  vanish(actionId: string): void;
  /** The next reads show this status in place of the true one. */
  misreport(actionId: string, status: ActionStatus, reads: number): void;
  fault(rule: FaultRule): void;
  clearFaults(): void;
  /** Closes every connection; a second call does nothing. */
  stop(): Promise<void>;
}
