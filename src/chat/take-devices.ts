import { ok, type Result } from '../lib/result';
import { type DeviceListFault, readDeviceList } from './device-list';
import type { ManyDevices } from './draft';
import { findVerb } from './words';

/** What stands between `on` and the first command. */
export interface TakenDevices {
  /** One device, or all of them as one text; empty when there is none. */
  readonly device: string;
  readonly many: ManyDevices | null;
  readonly rest: string;
}

const one = /^[ \t\u00a0]*(?:(group:[ \t]*"[^"\n]*")|"([^"\n]*)"|([^\s;,"]+))(?=[\s;,]|$)/i;

/**
 * One device, or several: `a, b, c`, or a list that is pasted under `on`. A word that stands alone is one device, as ever; a bare verb is a command whose
 * device was forgotten.
 */
export function takeDevices(text: string): Result<TakenDevices, DeviceListFault> {
  const pasted = takePasted(text);
  if (pasted !== null) return pasted;
  const devices: string[] = [];
  let rest = text.replace(/^\s+/, '');
  for (;;) {
    const found = one.exec(rest);
    const [all = '', group, quoted, bare = ''] = found ?? [];
    if (found === null || (quoted === undefined && group === undefined && findVerb(bare) !== null)) break;
    const device = (group === undefined ? (quoted ?? bare) : group.replace(/"/g, '')).trim();
    const next = /^[ \t\u00a0]*,\s*/.exec(rest.slice(all.length));
    devices.push(device);
    rest = rest.slice(all.length);
    if (next === null) break;
    rest = rest.slice(next[0].length);
  }
  if (devices.length === 0) return ok({ device: '', many: null, rest: text });
  const [only = ''] = devices;
  const isWhole = devices.length === 1 && /^group:/i.test(only);
  const limits = takeLimits(rest);
  if (devices.length === 1 && !isWhole && !/^tag:/i.test(only)) return ok({ device: only, many: null, rest });
  if (devices.length === 1 && !isWhole && limits.canaries === null && limits.stopAt === null)
    return ok({ device: only, many: null, rest });
  return ok(withMany({ devices, heading: null, column: null }, limits));
}

/** A list that begins on the line after `on`, up to the first line that is a command, a limit or the reason. */
function takePasted(text: string): Result<TakenDevices, DeviceListFault> | null {
  const start = /^[ \t\u00a0]*\r?\n/.exec(text);
  if (start === null) return null;
  const lines = text.slice(start[0].length).split('\n');
  const end = lines.findIndex((line) => endsList(line));
  const listed = end === -1 ? lines : lines.slice(0, end);
  if (listed.filter((line) => line.trim() !== '').length < 2) return null;
  const read = readDeviceList(listed.join('\n'));
  if (!read.ok) return read;
  return ok(withMany(read.value, takeLimits(end === -1 ? '' : `\n${lines.slice(end).join('\n')}`)));
}

const endsList = (line: string): boolean => {
  const [first = ''] = line.trim().split(/[\s:]/);
  return findVerb(first) !== null || /^(?:because|stop-?at|canary|canaries)$/i.test(first);
};

interface Limits {
  readonly canaries: ManyDevices['canaries'];
  readonly stopAt: number | null;
  readonly rest: string;
}

const withMany = (
  { devices, heading, column }: { readonly devices: readonly string[] } & Pick<ManyDevices, 'heading' | 'column'>,
  { rest, ...limits }: Limits,
): TakenDevices => ({
  device: devices.join(', '),
  many: { queries: devices, heading, column, ...limits },
  rest,
});

/** `canary 2`, `canary ws-042` and `stop-at 1`, each a line or a part of its own, or right behind the devices. */
function takeLimits(text: string): Limits {
  let rest = text;
  let canaries: Limits['canaries'] = null;
  let stopAt: number | null = null;
  for (;;) {
    const stop = /^[\s;]*stop-?at[ \t]+(\d{1,4})(?=[\s;]|$)/i.exec(rest);
    if (stop !== null) {
      stopAt = Number(stop[1]);
      rest = rest.slice(stop[0].length);
      continue;
    }
    const canary = /^[\s;]*canar(?:y|ies)[ \t]+((?:[^\s;,]+[ \t]*,[ \t]*)*[^\s;,]+)(?=[\s;]|$)/i.exec(rest);
    if (canary === null) return { canaries, stopAt, rest };
    const named = (canary[1] ?? '').split(',').map((name) => name.trim());
    canaries = named.length === 1 && /^\d{1,4}$/.test(named[0] ?? '') ? Number(named[0]) : named;
    rest = rest.slice(canary[0].length);
  }
}
