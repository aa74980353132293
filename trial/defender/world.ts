import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/lib/clock';
import type { Action } from './actions/action';
import { isFinal } from './actions/action';
import { advanceAction, busyUntil, type LifeRules } from './actions/action-life';
import { planCommand } from './actions/command-plan';
import type { Device, DeviceFile } from './device';
import { Library } from './library';
import { Quota } from './quota';
import type { Tokens } from './tokens';

export interface EmulatorLimits {
  /** runliveresponse calls per minute and app (run-live-response, Limitations). */
  readonly runsPerMinute: number;
  /** Concurrent live response actions; queued ones are assumed to count (defender-api.md §5). */
  readonly sessions: number;
  readonly readsPerMinute: number;
  readonly readsPerHour: number;
  /** How long an action waits for its device. */
  readonly queueHours: number;
}

/** Times that Microsoft does not promise; each has an observed or inferred default. */
export interface EmulatorTimes {
  readonly hiddenMs: number;
  readonly closeMs: number;
  readonly resultReadyMs: number;
  readonly cancelMs: number;
  readonly releaseMs: number;
}

export interface TenantFeatures {
  readonly liveResponse: boolean;
  readonly liveResponseForServers: boolean;
}

/** Everything that the emulated tenant knows. Reads and changes go through `settle` first, so time has passed for every action alike. */
export class World {
  readonly clock: Clock;
  readonly limits: EmulatorLimits;
  readonly times: EmulatorTimes;
  readonly tokens: Tokens;
  readonly tenantId: string;
  readonly pageSize: number;
  readonly requestorAs: 'name' | 'id';
  readonly htmlEncodedLinks: boolean;
  readonly library = new Library();
  readonly devices = new Map<string, Device>();
  readonly actions: Action[] = [];
  readonly quota: Quota;
  /** Signs result links; another emulator's links do not open this one's results. */
  readonly linkKey = randomBytes(32);
  features: TenantFeatures = { liveResponse: true, liveResponseForServers: true };
  /** `http://127.0.0.1:PORT`, known once the server listens. */
  url = '';

  constructor(
    given: Pick<
      World,
      'clock' | 'limits' | 'times' | 'tokens' | 'tenantId' | 'pageSize' | 'requestorAs' | 'htmlEncodedLinks'
    >,
  ) {
    this.clock = given.clock;
    this.limits = given.limits;
    this.times = given.times;
    this.tokens = given.tokens;
    this.tenantId = given.tenantId;
    this.pageSize = given.pageSize;
    this.requestorAs = given.requestorAs;
    this.htmlEncodedLinks = given.htmlEncodedLinks;
    this.quota = new Quota(given.clock);
  }

  /** Brings every action to the present; returns it. Call before anything is read or changed. */
  settle(): number {
    const now = this.clock.now();
    for (const action of this.actions) advanceAction(action, now, this.#rules);
    return now;
  }

  /** An action that answers may show: not vanished, and no longer hidden by eventual consistency. */
  findVisibleAction(id: string, now: number): Action | null {
    const found = this.actions.find((action) => action.id === id.toLowerCase());
    return found === undefined || found.vanished || found.visibleAt > now ? null : found;
  }

  /** By device id, whole computer name, or Entra device id; of several with one name, the one seen last. */
  findDevice(key: string): Device | null {
    const wanted = key.toLowerCase();
    const matches = [...this.devices.values()].filter(({ machine }) =>
      [machine.id, machine.computerDnsName, machine.aadDeviceId].some((own) => own?.toLowerCase() === wanted),
    );
    const byId = matches.find(({ machine }) => machine.id.toLowerCase() === wanted);
    return byId ?? matches.sort((a, b) => b.machine.lastSeen.localeCompare(a.machine.lastSeen))[0] ?? null;
  }

  isBusy(machineId: string, now: number): boolean {
    const device = this.devices.get(machineId);
    if ((device?.portalSessionUntil ?? Number.NEGATIVE_INFINITY) > now) return true;
    return this.#liveResponses().some(
      (action) => action.machineId === machineId && busyUntil(action, this.#rules) > now,
    );
  }

  countSessions(): number {
    return this.#liveResponses().filter((action) => !isFinal(action.status)).length;
  }

  #liveResponses(): readonly Action[] {
    return this.actions.filter((action) => action.type === 'LiveResponse');
  }

  get #rules(): LifeRules {
    return {
      queueMs: this.limits.queueHours * 3_600_000,
      closeMs: this.times.closeMs,
      releaseMs: this.times.releaseMs,
      reachableAt: (action) => {
        const device = this.devices.get(action.machineId ?? '');
        if (device === undefined) return null;
        const at = Math.max(device.offlineUntil ?? 0, device.portalSessionUntil ?? 0);
        return { at, connectDelayMs: device.connectDelayMs, notBefore: device.changedAt };
      },
      planCommand: (action, index, startsAt) => {
        const command = action.commands[index];
        const device = this.devices.get(action.machineId ?? '');
        if (command === undefined || device === undefined)
          throw new Error(`Action ${action.id} runs on a device that is gone.`);
        return planCommand({ actionId: action.id, index, command, device, library: this.library, startsAt });
      },
      commandEnded: (action, plan) => this.#leaveFiles(action.machineId ?? '', plan.creates),
    };
  }

  #leaveFiles(machineId: string, created: readonly DeviceFile[]): void {
    const device = this.devices.get(machineId);
    if (device === undefined || created.length === 0) return;
    const paths = new Set(created.map((file) => file.path.toLowerCase()));
    this.devices.set(machineId, {
      ...device,
      files: [...device.files.filter((f) => !paths.has(f.path.toLowerCase())), ...created],
    });
  }
}
