import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/lib/clock';
import { type Action, type ActionStatus, createAction, isFinal } from './actions/action';
import { cancelAs } from './actions/action-calls';
import { changeDevice, createDevice, type Device, type DeviceChanges, type DeviceSpec } from './device';
import type { ActionView, Emulator, EmulatorOptions, ForeignActionSpec } from './emulator-port';
import { type FaultRule, Faults } from './faults';
import type { JournalEntry, OpenEntry } from './journal';
import type { LibraryFile, LibraryFileSpec } from './library';
import { maxPageSize } from './odata-page';
import { createEmulatorServer } from './server';
import { type AppSpec, Tokens } from './tokens';
import { type EmulatorLimits, type TenantFeatures, World } from './world';

export type { DeviceSpec } from './device';
export type { ActionView, Emulator, EmulatorOptions } from './emulator-port';
export type { Fault, FaultRule } from './faults';
export type { JournalEntry } from './journal';
export type { LibraryFileSpec } from './library';

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
    const changed = changeDevice(this.#findDevice(key), changes, now);
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
    const device = this.#findDevice(spec.machineId);
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

  #findDevice(key: string): Device {
    const device = this.#world.findDevice(key);
    if (device === null) throw new Error(`The emulator has no device ${key}.`);
    return device;
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
