import { type Clock, seconds } from '../../lib/clock';
import { overlay } from '../../lib/overlay';
import type { Store } from '../store';
import { StoreError } from '../store-error';
import type { Engine } from './engine';
import { newerSteps } from './migrate';

/** How soon after a newer version has changed the schema this one stores nothing any more. */
const lookEveryMs = seconds(5);

/**
 * The same store, which stores nothing once a newer version has taken a step of the schema that this one does not know: what it wrote could
 * damage what it cannot see. The replica turns unready and stays so; reading goes on.
 */
export function withSchemaWatch(store: Store, engine: Engine, clock: Clock): Store {
  let lookedAt = clock.now();
  let newer: readonly string[] = [];
  return overlay(store, {
    async transact(work, survives) {
      if (newer.length === 0 && clock.now() - lookedAt >= lookEveryMs) {
        newer = await newerSteps(engine);
        lookedAt = clock.now();
      }
      if (newer.length > 0) throw outgrown(newer); // guard: an-outgrown-replica-stores-nothing
      return store.transact(work, survives);
    },
  });
}

const outgrown = (steps: readonly string[]): StoreError =>
  new StoreError(
    'store.unavailable',
    `A newer version of this program has changed the schema of the database (it has ${steps.join(', ')}), so this replica stores and sends nothing any more. Stop it, and let the newer version serve.`,
  );
