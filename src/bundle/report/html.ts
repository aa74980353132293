/** Text that is safe between tags and in quoted attributes; the one way from a value to a page. */
export interface Html {
  readonly html: string;
}

type Piece = Html | string | number | null | readonly Piece[];

/** A template whose values are escaped; only what was made by `html` itself goes in as it is. */
export const html = (parts: TemplateStringsArray, ...values: readonly Piece[]): Html => ({
  html: parts.map((part, i) => part + (i < values.length ? write(values[i] ?? null) : '')).join(''),
});

function write(value: Piece): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escapeText(value); // guard: report-escapes-text
  if (Array.isArray(value)) return value.map(write).join('');
  return (value as Html).html;
}

const escapeText = (text: string): string => text.replace(/[&<>"'`]/g, (char) => `&#${char.charCodeAt(0)};`);
