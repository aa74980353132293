import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/lib/clock';
import {
  type Action,
  type ActionStatus,
  type CommandRequest,
  type CommandStatus,
  type CommandType,
  createAction,
  isFinal,
} from './actions/action';
import { cancelAs } from './actions/action-calls';
import {
  changeDevice,
  createDevice,
  type Device,
  type DeviceChanges,
  type DeviceFile,
  type DeviceSpec,
} from './device';
import { type FaultRule, Faults } from './faults';
import type { JournalEntry, OpenEntry } from './journal';
import type { LibraryFile, LibraryFileSpec, ScriptBehaviour } from './library';
import { maxPageSize } from './odata-page';
import { createEmulatorServer } from './server';
import { type AppSpec, Tokens } from './tokens';
import { type EmulatorLimits, type TenantFeatures, World } from './world';

export type { Fault } from './faults';
export type { DeviceFile, DeviceSpec, EmulatorLimits, FaultRule, JournalEntry, LibraryFileSpec, ScriptBehaviour };

export interface EmulatorOptions {
  readonly clock: Clock;
  /** 0 or none: any free port of 127.0.0.1. */
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
  /** How an action names the app that asked for it; both were observed. */
  readonly requestorAs?: 'name' | 'id';
  /** Result links with `&amp;` for `&`, as one client saw them. */
  readonly htmlEncodedLinks?: boolean;
}

/** A machine action as it truly is at this moment, hidden and vanished ones included. */
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

/** An action of another app or person; with a `status` it stays as it is, without one it lives like ours. */
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
  /** Roles show in the next token; those of `Bearer local` at once. */
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
  /** The next reads show this status instead of the true one. */
  misreport(actionId: string, status: ActionStatus, reads: number): void;
  fault(rule: FaultRule): void;
  clearFaults(): void;
  /** Closes every connection; a second call does nothing. */
  stop(): Promise<void>;
}

/** The permissions that the bot asks for (defender-api.md §1.7). */
const botRoles = ['Machine.LiveResponse', 'Machine.ReadWrite.All', 'Library.Manage'];

const defaultLimits: EmulatorLimits = {
  runsPerMinute: 10,
  sessions: 50,
  readsPerMinute: 100,
  readsPerHour: 1_500,
  queueHours: 2,
};

/** Defender for Endpoint as far as this bot needs it, over real HTTP on loopback, answering once this resolves. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const own: AppSpec = {
    clientId: options.clientId ?? '0b7a3f6e-6a0f-4b7c-9d55-3f1c7a8e2d10',
    clientSecret: options.clientSecret ?? 'emulator-client-secret',
    name: options.appName ?? 'Live Response for Teams',
    roles: options.roles ?? botRoles,
  };
  const tenantId = options.tenantId ?? '7d9b3c52-1f0e-4a44-8f0b-2f5d3b1c9a01';
  const tokens = new Tokens(options.clock, tenantId, own);
  const world = new World({
    clock: options.clock,
    limits: { ...defaultLimits, ...options.limits },
    times: {
      hiddenMs: options.hiddenMs ?? 2_000,
      closeMs: options.closeMs ?? 1_000,
      resultReadyMs: options.resultReadyMs ?? 3_000,
      cancelMs: options.cancelMs ?? 1_000,
      releaseMs: options.releaseMs ?? 10_000,
    },
    tokens,
    tenantId,
    pageSize: Math.min(options.pageSize ?? maxPageSize, maxPageSize),
    requestorAs: options.requestorAs ?? 'name',
    htmlEncodedLinks: options.htmlEncodedLinks ?? false,
  });
  const faults = new Faults();
  const journal: OpenEntry[] = [];
  const server = createEmulatorServer(world, faults, journal);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  world.url = `http://${address}:${port}`;
  return new RunningEmulator({ world, own, faults, journal, server });
}

class RunningEmulator implements Emulator {
  readonly url: string;
  readonly clock: Clock;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly journal: readonly JournalEntry[];
  readonly #world: World;
  readonly #faults: Faults;
  readonly #server: Server;

  constructor(given: {
    readonly world: World;
    readonly own: AppSpec;
    readonly faults: Faults;
    readonly journal: readonly JournalEntry[];
    readonly server: Server;
  }) {
    this.url = given.world.url;
    this.clock = given.world.clock;
    this.tenantId = given.world.tenantId;
    this.clientId = given.own.clientId;
    this.clientSecret = given.own.clientSecret;
    this.journal = given.journal;
    this.#world = given.world;
    this.#faults = given.faults;
    this.#server = given.server;
  }

  get devices(): readonly Device[] {
    this.#world.settle();
    return [...this.#world.devices.values()];
  }

  get actions(): readonly ActionView[] {
    const now = this.#world.settle();
    return this.#world.actions.map((action) => viewAction(action, now));
  }

  get library(): readonly LibraryFile[] {
    return this.#world.library.files;
  }

  addDevice(spec: DeviceSpec): Device {
    const device = createDevice(spec, this.#world.settle());
    this.#world.devices.set(device.machine.id, device);
    return device;
  }

  setDevice(key: string, changes: DeviceChanges): Device {
    const now = this.#world.settle();
    const device = this.#world.findDevice(key);
    if (device === null) throw new Error(`The emulator has no device ${key}.`);
    const changed = changeDevice(device, changes, now);
    this.#world.devices.set(changed.machine.id, changed);
    return changed;
  }

  addScript(spec: LibraryFileSpec): LibraryFile {
    return this.addFile(spec);
  }

  addFile(spec: LibraryFileSpec): LibraryFile {
    return this.#world.library.put(spec, this.#world.settle());
  }

  removeFile(fileName: string): void {
    this.#world.settle();
    if (!this.#world.library.remove(fileName)) throw new Error(`The emulator's library has no file ${fileName}.`);
  }

  addApp(app: AppSpec): void {
    this.#world.tokens.addApp(app);
  }

  addRole(role: string, clientId = this.clientId): void {
    this.#world.tokens.setRoles(clientId, (roles) => [...new Set([...roles, role])]);
  }

  removeRole(role: string, clientId = this.clientId): void {
    this.#world.tokens.setRoles(clientId, (roles) => roles.filter((own) => own !== role));
  }

  setFeatures(features: Partial<TenantFeatures>): void {
    this.#world.features = { ...this.#world.features, ...features };
  }

  addForeignAction(spec: ForeignActionSpec): ActionView {
    const now = this.#world.settle();
    const device = this.#world.findDevice(spec.machineId);
    if (device === null) throw new Error(`The emulator has no device ${spec.machineId}.`);
    const createdAt = spec.createdAt ?? now;
    const action = createAction({
      requestor: spec.requestor,
      requestorComment: spec.comment ?? null,
      machineId: device.machine.id,
      computerDnsName: device.machine.computerDnsName,
      createdAt,
      visibleAt: createdAt,
      commands: spec.commands ?? [],
      alive: spec.status === undefined,
      status: spec.status ?? 'Pending',
      type: spec.type ?? 'LiveResponse',
    });
    this.#world.actions.push(action);
    return viewAction(action, this.#world.settle());
  }

  cancelByOther(actionId: string, requestor: string, comment?: string): void {
    const at = this.#world.settle();
    const action = this.#findAction(actionId);
    if (isFinal(action.status)) throw new Error(`Action ${actionId} is in a final state.`);
    cancelAs(action, { requestor, comment: comment ?? null, at, cancelMs: 0 });
    this.#world.settle();
  }

  setActionStatus(actionId: string, status: ActionStatus): void {
    const now = this.#world.settle();
    const action = this.#findAction(actionId);
    action.alive = false;
    action.status = status;
    action.updatedAt = now;
    action.finalAt = isFinal(status) ? now : null;
  }

  vanish(actionId: string): void {
    this.#findAction(actionId).vanished = true;
  }

  misreport(actionId: string, status: ActionStatus, reads: number): void {
    this.#findAction(actionId).misreport = { status, reads };
  }

  fault(rule: FaultRule): void {
    this.#faults.add(rule);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #findAction(id: string): Action {
    const action = this.#world.actions.find((candidate) => candidate.id === id);
    if (action === undefined) throw new Error(`The emulator has no action ${id}.`);
    return action;
  }
}

const viewAction = (action: Action, now: number): ActionView => ({
  id: action.id,
  type: action.type,
  requestor: action.requestor,
  comment: action.requestorComment,
  machineId: action.machineId,
  status: action.status,
  createdAt: action.createdAt,
  visible: !action.vanished && action.visibleAt <= now,
  commands: action.commands.map(({ type, params, status, ran, ranSha256 }) => ({
    type,
    params,
    status,
    ran,
    ranSha256,
  })),
});
