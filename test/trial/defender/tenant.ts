import type { CommandRequest } from '../../../trial/defender/actions/action';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../trial/defender/emulator';
import { SteppedClock } from '../../fakes/stepped-clock';

export interface Tenant {
  readonly clock: SteppedClock;
  readonly emulator: Emulator;
  /** A call with `Bearer local` unless headers say otherwise; parsed when the answer is JSON. */
  call(method: string, path: string, given?: CallOptions): Promise<Reply>;
  get(path: string, given?: CallOptions): Promise<Reply>;
  /** The result link of a command, followed without credentials. */
  result(actionId: string, index: number): Promise<Reply>;
  run(machine: string, commands: readonly unknown[], comment?: string): Promise<Reply>;
}

export interface CallOptions {
  readonly json?: unknown;
  readonly body?: string | Uint8Array | FormData | URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
  /** The Authorization header; null for none. */
  readonly authorization?: string | null;
}

/** What the API may answer, as if all of it were there: a test that reads what is not there fails on the value. */
export interface ApiJson {
  readonly [other: string]: unknown;
  readonly id: string;
  readonly status: string;
  readonly computerDnsName: string;
  readonly fileName: string;
  readonly sha256: string;
  readonly creationDateTimeUtc: string;
  readonly access_token: string;
  readonly commands: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly error: { readonly code: string; readonly message: string; readonly target?: string };
  readonly script_output: string;
  readonly value: readonly ApiJson[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Buffer;
  readonly json: ApiJson;
}

export const putFile = (name: string): CommandRequest => ({
  type: 'PutFile',
  params: [{ key: 'FileName', value: name }],
});
export const getFile = (path: string): CommandRequest => ({ type: 'GetFile', params: [{ key: 'Path', value: path }] });
export const runScript = (name: string, args?: string): CommandRequest => ({
  type: 'RunScript',
  params: [{ key: 'ScriptName', value: name }, ...(args === undefined ? [] : [{ key: 'Args', value: args }])],
});

const started: Emulator[] = [];

/** An emulator of its own with a stepped clock; ended after the test by `stopTenants`. */
export async function startTenant(options: Omit<EmulatorOptions, 'clock'> = {}): Promise<Tenant> {
  const clock = new SteppedClock();
  const emulator = await startEmulator({
    clock,
    hiddenMs: 0,
    closeMs: 0,
    resultReadyMs: 0,
    cancelMs: 0,
    releaseMs: 0,
    ...options,
  });
  started.push(emulator);
  const call = async (method: string, path: string, given: CallOptions = {}): Promise<Reply> => {
    const { authorization = 'Bearer local' } = given;
    const response = await fetch(path.startsWith('http') ? path : `${emulator.url}${path}`, {
      method,
      headers: {
        ...(authorization === null ? {} : { authorization }),
        ...(given.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...given.headers,
      },
      ...(given.json === undefined ? {} : { body: JSON.stringify(given.json) }),
      ...(given.body === undefined ? {} : { body: given.body }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString('utf8');
    return { status: response.status, headers: response.headers, bytes, text, json: parse(text) };
  };
  return {
    clock,
    emulator,
    call,
    get: (path, given) => call('GET', path, given),
    result: async (actionId, index) => {
      const link = await call(
        'GET',
        `/api/machineactions/${actionId}/GetLiveResponseResultDownloadLink(index=${index})`,
      );
      return call('GET', String(link.json.value), { authorization: null });
    },
    run: (machine, commands, comment = 'why') =>
      call('POST', `/api/machines/${machine}/runliveresponse`, { json: { Commands: commands, Comment: comment } }),
  };
}

export async function stopTenants(): Promise<void> {
  for (const emulator of started.splice(0)) await emulator.stop();
}

function parse(text: string): ApiJson {
  try {
    return JSON.parse(text);
  } catch {
    return {} as ApiJson;
  }
}
