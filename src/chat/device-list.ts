import { err, ok, type Result } from '../lib/result';

/** What a pasted list or an export names. */
export interface DeviceList {
  readonly devices: readonly string[];
  /** The first line of a list without columns, when it is a word that lists begin with. */
  readonly heading: string | null;
  /** The column that counts, of a list with several. */
  readonly column: { readonly name: string; readonly rows: number; readonly of: number } | null;
}

export type DeviceListFault =
  /** More lines than any batch may have. */
  | { readonly type: 'tooManyLines'; readonly lines: number; readonly limit: number }
  /** Several columns, and none is headed as devices are. */
  | { readonly type: 'noDeviceColumn'; readonly columns: readonly string[] }
  | { readonly type: 'unreadableText' }
  | { readonly type: 'unclosedCell'; readonly line: number };

/** More than a batch may ever have; what is far beyond it is not even looked up. */
export const mostListed = 500;

/** Whole cells that head a column of devices, the best first. */
const nameHeadings = [
  'computerdnsname',
  'devicename',
  'hostname',
  'computername',
  'machinename',
  'name',
  'device',
  'devices',
  'host',
  'computer',
  'machine',
];
const idHeadings = ['deviceid', 'machineid', 'id'];
const headings = [...nameHeadings, ...idHeadings];

const plain = (cell: string): string => cell.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * Reads a pasted list: one a line, or the columns of an export (`,`, `;` or tabs; quotes; `sep=`; a byte order mark). One column counts, by its heading
 * and never by its place; the other cells are never looked up.
 */
export function readDeviceList(pasted: string): Result<DeviceList, DeviceListFault> {
  if (pasted.includes('\u0000') || pasted.includes('\ufffd')) return err({ type: 'unreadableText' });
  const given = pasted.replace(/^\ufeff/, '').split(/\r\n|[\r\n]/);
  const named = /^sep=(.)\s*$/i.exec(given[0] ?? '')?.[1];
  const lines = (named === undefined ? given : given.slice(1)).filter((line) => line.replace(/[\s,;]/g, '') !== '');
  if (lines.length > mostListed) return err({ type: 'tooManyLines', lines: lines.length, limit: mostListed });
  const delimiter = named ?? [',', ';', '\t'].find((mark) => (lines[0] ?? '').includes(mark)) ?? null;
  const rows: (readonly string[])[] = [];
  for (const [index, line] of lines.entries()) {
    const cells = readCells(line, delimiter);
    if (cells === null) return err({ type: 'unclosedCell', line: index + 1 });
    rows.push(cells);
  }
  const first = rows[0] ?? [];
  const width = Math.max(0, ...rows.map((row) => row.filter((cell) => cell !== '').length));
  if (width <= 1 || (lines.length === 1 && first.length > 1)) return ok(oneColumn(rows));
  const best = headings.find((word) => first.some((cell) => plain(cell) === word));
  if (best === undefined) return err({ type: 'noDeviceColumn', columns: first });
  const column = first.findIndex((cell) => plain(cell) === best);
  const cells = rows.slice(1).map((row) => row[column] ?? '');
  const devices = cells.filter((cell) => cell !== '');
  return ok({
    devices,
    heading: null,
    column: { name: first[column] ?? '', rows: devices.length, of: rows.length - 1 },
  });
}

function oneColumn(rows: readonly (readonly string[])[]): DeviceList {
  const all = rows.flat().filter((cell) => cell !== '');
  const [first = '', ...others] = all;
  const isHeading =
    rows.length > 1 && others.length > 0 && headings.includes(plain(first)) && /^[\p{L} _-]+$/u.test(first);
  return { devices: isHeading ? others : all, heading: isHeading ? first : null, column: null };
}

/** The cells of one line; null where a quote is not closed. */
function readCells(line: string, delimiter: string | null): readonly string[] | null {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (isQuoted && char === '"' && line.charAt(at + 1) === '"') {
      cell += '"';
      at++;
    } else if (char === '"' && (isQuoted || cell.trim() === '')) isQuoted = !isQuoted;
    else if (!isQuoted && char === delimiter) {
      cells.push(cell);
      cell = '';
    } else cell += char;
  }
  if (isQuoted) return null;
  return [...cells, cell].map((one) => one.replace(/^[\s\u00a0\u2022*-]+(?=\S)|[\s\u00a0]+$/g, '').trim());
}
