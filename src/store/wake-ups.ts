import type { Store, Tx } from './store';

/** The same store, which also tells `onWork` after each commit that may have made something due. */
export function withWakeUps(store: Store, onWork: () => void): Store {
  return {
    ...store,
    async transact(work) {
      let mayBeDue = false;
      const noting =
        <A extends readonly unknown[]>(method: (...args: A) => Promise<void>) =>
        (...args: A): Promise<void> => {
          mayBeDue = true;
          return method(...args);
        };
      const result = await store.transact((tx: Tx) =>
        work({
          ...tx,
          insertRequest: noting(tx.insertRequest),
          saveRequest: noting(tx.saveRequest),
          addWork: noting(tx.addWork),
          refreshCopies: noting(tx.refreshCopies),
          retryWork: noting(tx.retryWork),
        }),
      );
      if (mayBeDue) onWork();
      return result;
    },
  };
}
