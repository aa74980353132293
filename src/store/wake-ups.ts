import { type NewWork, type Store, type Tx, teamsWork } from './store';

/** Who must look after a commit: a message that waits for Teams is nothing to those who decide, and most commits are just that. */
export interface WakeUps {
  /** Something may be due for Teams. */
  readonly onTeamsWork: () => void;
  /** A request is new or another one, or there is something to do at Defender. */
  readonly onRequestWork: () => void;
  /** A file waits to be put where its person let it be put. */
  readonly onFileWork: () => void;
}

/** The same store, which also tells after each commit who may have something to do. */
export function withWakeUps(store: Store, { onTeamsWork, onRequestWork, onFileWork }: WakeUps): Store {
  return {
    ...store,
    async transact(work, survives) {
      let forTeams = false;
      let forRequests = false;
      let forFiles = false;
      const note = ({ work: { type } }: Pick<NewWork, 'work'>): void => {
        if (type === 'sendFile') forFiles = true;
        else if (isForTeams(type)) forTeams = true;
        else forRequests = true;
      };
      const result = await store.transact(
        (tx: Tx) =>
          work({
            ...tx,
            insertRequest: (...args) => {
              forRequests = true;
              return tx.insertRequest(...args);
            },
            saveRequest: (...args) => {
              forRequests = true;
              return tx.saveRequest(...args);
            },
            addWork: (rows) => {
              rows.forEach(note);
              return tx.addWork(rows);
            },
            refreshCopies: (...args) => {
              forTeams = true;
              return tx.refreshCopies(...args);
            },
            retryWork: (row, ...args) => {
              note(row);
              return tx.retryWork(row, ...args);
            },
          }),
        survives,
      );
      // What was approved goes before the cards that say so.
      if (forRequests) onRequestWork();
      if (forTeams) onTeamsWork();
      if (forFiles) onFileWork();
      return result;
    },
  };
}

const isForTeams = (type: string): boolean => (teamsWork as readonly string[]).includes(type);
