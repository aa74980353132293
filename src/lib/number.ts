/** A whole number in groups with blanks between them, as ISO 80000-1 has it: 1,234 is a thousand to some and one and a bit to others. */
export const formatNumber = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
