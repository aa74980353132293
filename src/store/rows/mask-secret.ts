import type { RandomBytes } from '../../lib/random';
import type { Store } from '../store';

/** What the keys of all marks are made from: hex, made once and kept with the requests. */
export const maskSecretFact = 'maskSecret';

/** Made by whichever replica comes first, so that all of them mark the same secret alike. */
export const ensureMaskSecret = (store: Store, random: RandomBytes): Promise<void> =>
  store.transact(async (tx) => {
    const known = await tx.lockFact<string>(maskSecretFact);
    if (known === null) await tx.saveFact(maskSecretFact, Buffer.from(random(32)).toString('hex'));
  });
