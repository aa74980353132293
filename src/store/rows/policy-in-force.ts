import type { Reader, Tx } from '../store';

const inForceFact = 'policy.inForce';

/** Of several replicas the one that read its file last says which policy is in force; a start counts as reading. */
export const putPolicyInForce = (tx: Tx, version: string): Promise<void> => tx.saveFact(inForceFact, version);

const textFact = (version: string): string => `policy.text:${version}`;

/** Kept for evidence: what a version said, as somebody wrote it. */
export const keepPolicyText = (tx: Tx, version: string, text: string): Promise<void> =>
  tx.saveFact(textFact(version), text);

/** Null for a version that was never in force here. */
export const policyTextOf = (reader: Reader, version: string): Promise<string | null> =>
  reader.fact<string>(textFact(version));

/**
 * True when another replica has put another policy in force: what this one would allow or ask again by its own may not hold any more,
 * so it decides nothing until its file is the same (T-16).
 */
export async function isPolicySuperseded(reader: Reader, { version }: { readonly version: string }): Promise<boolean> {
  const inForce = await reader.fact<string>(inForceFact);
  return inForce !== null && inForce !== version;
}
