export interface BreakGlassText {
  /** With or without `because` before it; empty when there is none. */
  readonly reason: string;
  readonly hasBecause: boolean;
  /** As typed, but for its dashes; empty when there is none. */
  readonly incident: string;
}

/**
 * The reason and the incident id, in either order, of the text after the request's id. A reason may hold both words: the incident is what
 * follows the last `incident`, or the first one when the text starts with it.
 */
export function readBreakGlass(text: string): BreakGlassText {
  const because = /(?<!\S)because(?=[\s:]|$):?/i.exec(text);
  const incidents = [...text.matchAll(/(?<!\S)incident(?=[\s:]|$):?/gi)];
  const [first] = incidents;
  if (first?.index === 0) {
    return {
      reason: because === null ? '' : text.slice(endOf(because)).trim(),
      hasBecause: because !== null,
      incident: plainDashes(text.slice(endOf(first), because?.index).trim()),
    };
  }
  const hasBecause = because?.index === 0;
  const last = incidents.at(-1);
  return {
    reason: text.slice(hasBecause ? endOf(because) : 0, last?.index).trim(),
    hasBecause,
    incident: last === undefined ? '' : plainDashes(text.slice(endOf(last)).trim()),
  };
}

export const maxIncidentLength = 40;

/** One word of letters, digits and dashes, so that it can be looked up and cannot hold a sentence; a digit, so that it is an id. */
export const isIncidentId = (text: string): boolean =>
  text.length <= maxIncidentLength && /^[a-z0-9-]+$/i.test(text) && /\d/.test(text);

const endOf = (found: RegExpExecArray): number => found.index + found[0].length;
const plainDashes = (text: string): string => text.replace(/[\u2010-\u2015\u2212]/g, '-');
