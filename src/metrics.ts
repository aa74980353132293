import { Gauge, Registry } from 'prom-client';
import type { Store } from './store/store';

/** What `/metrics` shows: read from the store when asked, so that a restart loses no count. */
export function createMetrics(store: Store): Registry {
  const registry = new Registry();
  new Gauge({
    name: 'live_response_requests',
    help: 'Requests by state',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [state, count] of Object.entries(await store.countByState())) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'live_response_work_waiting',
    help: 'Effects that are stored and not done yet, by type',
    labelNames: ['type'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const [type, count] of Object.entries(await store.waitingWork())) this.set({ type }, count);
    },
  });
  return registry;
}
