import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DeviceFile } from '../device';
import type { CommandResult } from './action';

export interface ScriptRun {
  readonly actionId: string;
  readonly index: number;
  readonly scriptName: string;
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
  readonly windows: boolean;
}

/**
 * A RunScript result: on Windows the output starts with the transcript banner and ends with NUL characters (result-runscript-doc.json);
 * elsewhere neither was seen (defender-api.md §4).
 */
export function scriptResult(run: ScriptRun): CommandResult {
  const banner = `Transcript started, output file is C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\Temp\\PSScriptOutputs\\PSScript_Transcript_{${randomUUID().toUpperCase()}}.txt\n`;
  const body = {
    script_name: run.scriptName,
    exit_code: run.exitCode,
    script_output: run.windows ? `${banner}${run.output}\0\0\0` : run.output,
    script_errors: run.errors,
  };
  return {
    bytes: Buffer.from(JSON.stringify(body)),
    contentType: 'application/json',
    fileName: `output_${run.actionId}_${run.index}.json`,
  };
}

/** A GetFile result: gzip of the file, with the original name in the header or without, or the bytes as they are. */
export function fileResult(file: DeviceFile, actionId: string, index: number): CommandResult {
  const delivery = file.delivery ?? 'gzip';
  const name = file.path.split(/[\\/]/).at(-1) ?? 'file';
  return {
    bytes: delivery === 'raw' ? file.content : gzip(file.content, delivery === 'gzipWithName' ? name : null),
    contentType: 'application/octet-stream',
    fileName: `output_${actionId}_${index}${delivery === 'raw' ? '' : '.gz'}`,
  };
}

/** Node writes no name into a gzip header, so the FNAME flag and field are set here (RFC 1952 §2.3). */
function gzip(content: Uint8Array, name: string | null): Uint8Array {
  const bytes = gzipSync(content);
  if (name === null) return bytes;
  const header = Buffer.from(bytes.subarray(0, 10));
  header[3] = 0x08;
  return Buffer.concat([header, Buffer.from(`${name}\0`, 'latin1'), bytes.subarray(10)]);
}
