import { createHash } from 'node:crypto';

/**
 * An instant as Defender writes it: ISO 8601 with 0 to 7 fraction digits, trailing zeros dropped (defender-api.md §2.1). The digits below
 * the millisecond come from `salt`, so that the same instant of the same thing is always written the same way.
 */
export function formatTimestamp(ms: number, salt: string): string {
  const whole = new Date(ms).toISOString();
  const noise = createHash('sha256').update(`${salt}\0${ms}`).digest();
  const keep = (noise[0] ?? 0) % 8;
  const below = String(noise.readUInt16BE(1) % 10_000)
    .padStart(4, '0')
    .slice(0, Math.max(0, keep - 3));
  const fraction = `${whole.slice(20, 23)}${below}`.replace(/0+$/, '');
  return fraction === '' ? `${whole.slice(0, 19)}Z` : `${whole.slice(0, 19)}.${fraction}Z`;
}

/** An ISO 8601 instant in units of 100 ns since 1970, or null when it is none; keeps the digits that `Date` would drop. */
export function parseTicks(text: string): bigint | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)$/i.exec(text);
  if (match === null) return null;
  const [, whole = '', fraction = '', zone = ''] = match;
  const ms = Date.parse(`${whole}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? null : BigInt(ms) * 10_000n + BigInt(fraction.padEnd(7, '0'));
}
