/** Some locales write blanks and direction marks that a reader cannot tell from others; nothing hidden stands on a card (T-18). */
export const plainBlanks = (text: string): string => text.replace(/\p{Zs}/gu, ' ').replace(/\p{Cf}/gu, '');

/**
 * A whole number as a locale writes it. Null where people of many locales read the same: groups with blanks between them, as ISO 80000-1 has it, since
 * 1,234 is a thousand to some and one and a bit to others.
 */
export const formatNumber = (n: number, locale: string | null = null): string =>
  locale === null ? String(n).replace(/\B(?=(\d{3})+$)/g, ' ') : format(n, locale, 0);

/** The same with one digit behind the point, or the comma; a point for everyone, which one digit behind it cannot make a thousand of. */
export const formatTenths = (n: number, locale: string | null = null): string =>
  locale === null ? n.toFixed(1) : format(n, locale, 1);

const formats = new Map<string, Intl.NumberFormat>();

/** Making a formatter costs a thousand times what using it does. */
function format(n: number, locale: string, digits: number): string {
  const key = `${locale} ${digits}`;
  const known =
    formats.get(key) ??
    new Intl.NumberFormat(locale, {
      numberingSystem: 'latn',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  formats.set(key, known);
  return plainBlanks(known.format(n));
}
