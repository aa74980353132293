import { type Device, findDeviceFile, isWindows } from '../device';
import type { Library } from '../library';
import type { ActionCommand, CommandPlan } from './action';
import { paramOf } from './action';
import { fileResult, scriptResult } from './result-bytes';

export interface CommandStart {
  readonly actionId: string;
  readonly index: number;
  readonly command: ActionCommand;
  readonly device: Device;
  readonly library: Library;
  readonly startsAt: number;
}

export interface PlannedCommand {
  readonly plan: CommandPlan;
  readonly sha256: string | null;
}

/** "RunScript command timeouts after 10 minutes" (run-live-response, Limitations). */
export const scriptTimeoutMs = 600_000;

/** What a command will do on the device; the library file is the one that is there when the command starts [I]. */
export function planCommand(start: CommandStart): PlannedCommand {
  switch (start.command.type) {
    case 'PutFile':
      return planPutFile(start);
    case 'RunScript':
      return planRunScript(start);
    case 'GetFile':
      return planGetFile(start);
  }
}

const plain: Omit<CommandPlan, 'endsAt' | 'outcome'> = { errors: [], result: null, creates: [] };

/** A library file that is not there: observed as a Failed action whose command stays Created without any error (defender-api.md §2.1). */
const failSilently = (start: CommandStart): PlannedCommand => ({
  plan: { ...plain, endsAt: start.startsAt, outcome: 'failedSilently' },
  sha256: null,
});

function planPutFile(start: CommandStart): PlannedCommand {
  const file = start.library.find(paramOf(start.command, 'FileName') ?? '');
  if (file === null) return failSilently(start);
  return {
    plan: { ...plain, endsAt: start.startsAt + start.device.putFileMs, outcome: 'completed' },
    sha256: file.sha256,
  };
}

function planRunScript(start: CommandStart): PlannedCommand {
  const { command, device, startsAt, actionId, index } = start;
  const script = start.library.find(paramOf(command, 'ScriptName') ?? '');
  if (script === null) return failSilently(start);
  const args = paramOf(command, 'Args');
  const { output = '', errors = '', exitCode = 0, durationMs = 2_000, fails, creates } = script.behaviour;
  const { sha256, fileName: scriptName } = script;
  if (durationMs > scriptTimeoutMs) {
    const errors = ['The script did not end within 10 minutes.'];
    return { plan: { ...plain, endsAt: startsAt + scriptTimeoutMs, outcome: 'timedOut', errors }, sha256 };
  }
  const run = { actionId, index, scriptName, windows: isWindows(device), exitCode };
  const endsAt = startsAt + durationMs;
  if (fails !== undefined) {
    const result = scriptResult({ ...run, exitCode: exitCode === 0 ? 1 : exitCode, output: '', errors: fails });
    return { plan: { ...plain, endsAt, outcome: 'failed', errors: [fails], result }, sha256 };
  }
  const result = scriptResult({ ...run, output: typeof output === 'string' ? output : output(args), errors });
  return { plan: { ...plain, endsAt, outcome: 'completed', result, creates: creates?.(args) ?? [] }, sha256 };
}

/** Empty, reparse, sparse, virtual and cloud-only files cannot be collected (live-response-command-examples, getfile). */
function planGetFile(start: CommandStart): PlannedCommand {
  const path = paramOf(start.command, 'Path') ?? '';
  const file = findDeviceFile(start.device, path);
  const endsAt = start.startsAt + start.device.getFileMs;
  const why =
    file === null
      ? `The file ${path} was not found.`
      : (file.refused ?? (file.content.length === 0 ? `The file ${path} is empty and cannot be collected.` : null));
  if (file === null || why !== null) {
    return { plan: { ...plain, endsAt, outcome: 'failed', errors: [why ?? ''] }, sha256: null };
  }
  return {
    plan: { ...plain, endsAt, outcome: 'completed', result: fileResult(file, start.actionId, start.index) },
    sha256: null,
  };
}
