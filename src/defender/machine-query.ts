import { isIP } from 'node:net';
import type { Device } from '../request/request';
import type { Api } from './budget';

/** What a person may name a device by, and how Defender is asked for it. */
export type MachineQuery =
  | { readonly type: 'machineId'; readonly id: string }
  | { readonly type: 'entraDeviceId'; readonly id: string }
  | { readonly type: 'ip'; readonly ip: string }
  | { readonly type: 'tag'; readonly tag: string }
  | { readonly type: 'group'; readonly group: string }
  | { readonly type: 'name'; readonly name: string }
  | { readonly type: 'nothing' };

/** Reads what a person typed; Defender's machine ids are 40 hex characters, Entra's are GUIDs (defender-api.md §1.6). */
export function parseMachineQuery(query: string): MachineQuery {
  const text = query.trim();
  if (/^[0-9a-f]{40}$/i.test(text)) return { type: 'machineId', id: text.toLowerCase() };
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text))
    return { type: 'entraDeviceId', id: text.toLowerCase() };
  if (isIP(text) !== 0 && !text.includes('%')) return { type: 'ip', ip: text };
  const tag = /^tag:(.*)$/is.exec(text)?.[1]?.trim();
  if (tag !== undefined) return tag === '' ? { type: 'nothing' } : { type: 'tag', tag };
  const group = /^group:(.*)$/is
    .exec(text)?.[1]
    ?.trim()
    .replace(/^"(.*)"$/s, '$1');
  if (group !== undefined) return group === '' ? { type: 'nothing' } : { type: 'group', group };
  return text === '' ? { type: 'nothing' } : { type: 'name', name: text.toLowerCase() };
}

/** Path and query below `/api/` for a list of candidates; null for what is not asked by a list. */
export function queryToPath(query: MachineQuery, now: number): string | null {
  switch (query.type) {
    case 'entraDeviceId':
      // A GUID is written without quotes: that is what clients in production send; the page shows no example.
      return `machines?$filter=${encodeURIComponent(`aadDeviceId eq ${query.id}`)}`;
    case 'ip':
      return `machines/findbyip(ip='${query.ip}',timestamp=${isoSeconds(now - clockSlackMs)})`;
    case 'tag':
      return `machines/findbytag?tag=${encodeURIComponent(query.tag)}&useStartsWithFilter=false`;
    case 'name':
      return `machines?$filter=${encodeURIComponent(`startswith(computerDnsName,${quote(query.name)})`)}`;
    case 'machineId':
    case 'group':
    case 'nothing':
      return null;
  }
}

/** Which API answers each kind of query. */
export const apiByQuery: Readonly<Record<MachineQuery['type'], Api>> = {
  machineId: 'getMachine',
  entraDeviceId: 'listMachines',
  ip: 'findMachinesByIp',
  tag: 'findMachinesByTag',
  group: 'listMachines',
  name: 'listMachines',
  nothing: 'listMachines',
};

/** As many as a half-typed name leaves to choose from. */
export const mostNames = 100;

/** One page of the machines whose names begin with `start`. */
export const namesPath = (start: string): string =>
  `machines?$filter=${encodeURIComponent(`startswith(computerDnsName,${quote(start.toLowerCase())})`)}&$top=${mostNames}`;

/** Whether a candidate is what was asked for: `startswith` also finds ws-042 for ws-04, and only an exact name may be taken without asking. */
export function isMeant(query: MachineQuery, device: Device): boolean {
  if (query.type !== 'name') return true;
  const name = device.name.toLowerCase();
  return name === query.name || (!query.name.includes('.') && name.split('.')[0] === query.name);
}

/** An OData string literal: a single quote inside is doubled, so that no name can end the literal and go on as a filter. */
export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** An OData instant, in whole seconds and without quotes as in Microsoft's examples. */
export const isoSeconds = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/** findbyip looks 15 minutes both ways and refuses what it takes for the future, so a clock that runs ahead must not matter. */
const clockSlackMs = 60_000;
