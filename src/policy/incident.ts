import { compilePattern } from './pattern';
import type { Policy } from './policy';

/** The incident that a reason names, by the policy's pattern; null where there is no pattern, or what it finds is no id that people can type. */
export function incidentIn({ incident }: Pick<Policy, 'incident'>, reason: string): string | null {
  const pattern = incident === null ? null : compilePattern(incident);
  const found = pattern?.ok ? pattern.value.find(reason) : null;
  return found !== null && /^[\x21-\x7e]{1,64}$/.test(found) ? found : null;
}
