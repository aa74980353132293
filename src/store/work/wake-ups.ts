import { overlay } from '../../lib/overlay';
import { pauseFact } from '../../request/pause';
import type { Store, Tx } from '../store';
import { teamsWork, type WorkType } from './work';

/** Who must look after a commit: a message that waits for Teams is nothing to those who decide, and most commits are just that. */
export interface WakeUps {
  /**
   * What is added for Teams alone, as answers are, is leased by the transaction that adds it, as its last act: `takeTeamsWork` gives what is
   * to be done after the commit. Null: by nobody.
   */
  readonly takeTeamsWork: ((tx: Tx) => Promise<() => void>) | null;
  /** Something may be due for Teams that nobody has taken. */
  readonly onTeamsWork: () => void;
  /** A request is new or another one, everything is paused or goes on, or there is something to do at Defender; told before all else. */
  readonly onRequestWork: () => void;
  /** A file waits to be put where its person let it be put. */
  readonly onFileWork: () => void;
}

/** The same store, which also tells after each commit who may have something to do. */
export function withWakeUps(store: Store, wakeUps: WakeUps): Store {
  const { takeTeamsWork, onTeamsWork, onRequestWork, onFileWork } = wakeUps;
  return overlay(store, {
    async transact(work, survives) {
      let found = foundNothing;
      let start: (() => void) | null = null;
      const result = await store.transact(async (tx) => {
        // Decided anew when somebody else was first: what the lost try found never was.
        found = { ...foundNothing };
        const result = await work(noting(tx, found));
        start = found.teams && !found.requests ? ((await takeTeamsWork?.(tx)) ?? null) : null;
        return result;
      }, survives);
      if (found.requests) onRequestWork();
      run(start);
      if (found.later || (found.teams && start === null)) onTeamsWork();
      if (found.files) onFileWork();
      return result;
    },
  });
}

const run = (start: (() => void) | null): void => start?.();

interface Found {
  teams: boolean;
  requests: boolean;
  files: boolean;
  /** For Teams, and not before some instant. */
  later: boolean;
}

const foundNothing: Found = { teams: false, requests: false, files: false, later: false };

const noting = (tx: Tx, found: Found): Tx =>
  overlay(tx, {
    insertRequest(...args) {
      found.requests = true;
      return tx.insertRequest(...args);
    },
    saveRequest(...args) {
      found.requests = true;
      return tx.saveRequest(...args);
    },
    saveFact(fact, ...args) {
      if (fact === pauseFact) found.requests = true;
      return tx.saveFact(fact, ...args);
    },
    addWork(rows) {
      for (const { work } of rows) found[whoseIs(work.type)] = true;
      return tx.addWork(rows);
    },
    refreshCards(...args) {
      found.teams = true;
      return tx.refreshCards(...args);
    },
    retryWork(row, ...args) {
      const whose = whoseIs(row.work.type);
      found[whose === 'teams' ? 'later' : whose] = true;
      return tx.retryWork(row, ...args);
    },
  });

function whoseIs(type: WorkType): 'teams' | 'requests' | 'files' {
  if (type === 'sendFile') return 'files';
  return (teamsWork as readonly WorkType[]).includes(type) ? 'teams' : 'requests';
}
