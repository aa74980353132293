import { hasHidden } from '../lib/visible';

/** The name under which a collected file is offered: the last part of the path that was asked for, made harmless on every system (T-34). */
export function fileNameOf(requestedPath: string): string {
  const last = requestedPath.split(/[\\/]/).at(-1) ?? '';
  const clean = [...last].map((char) => (hasHidden(char) || forbidden.includes(char) ? '_' : char)).join('');
  const trimmed = clean.replace(/^[. ]+|[. ]+$/g, '');
  if (trimmed === '') return 'file';
  return shorten(reserved.test(trimmed) ? `_${trimmed}` : trimmed);
}

const forbidden = '<>:"|?*';
/** Device names on Windows, with any extension. */
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;
const maxLength = 120;

function shorten(name: string): string {
  if (name.length <= maxLength) return name;
  const extension = /\.[^.]{1,20}$/.exec(name)?.[0] ?? '';
  return `${[...name].slice(0, maxLength - extension.length - 1).join('')}_${extension}`;
}
