import { createDefender, type Defender } from './defender/client';
import { createTokenSource, localToken, type TokenSource } from './defender/token';
import { createDirectory, type Directory } from './directory/directory';
import { createReadBudget } from './dispatch/read-budget';
import { findProxy } from './lib/proxy';
import type { Metrics } from './metrics';
import type { ServiceOptions } from './service-base';
import type { Store } from './store/store';

/** Reads that must wait longer than a person does (ms) are tried again from their rows, where a restart finds them. */
const longestReadWaitMs = 1_500;

/** Defender as this service reaches it: signed in as its identity, within the budget of reads that all replicas share. */
export function connectDefender(
  { config, clock, log }: ServiceOptions,
  { store, onCall }: { readonly store: Store; readonly onCall: Metrics['onCall'] },
): { readonly defender: Defender; readonly token: TokenSource } {
  const { url, credential } = config.defender;
  const token = credential.type === 'local' ? localToken() : createTokenSource({ credential, baseUrl: url, clock });
  const budget = createReadBudget({ store, clock, log });
  const timeouts = { longestWaitMs: longestReadWaitMs };
  const proxy = findProxy(new URL(url), config.proxy);
  return { token, defender: createDefender({ baseUrl: url, proxy, token, clock, log, timeouts, budget, onCall }) };
}

/** Groups of Entra. Null in a trial without a local Graph: then no group of Entra can be read, and nobody in one counts. */
export function connectDirectory({ config, clock, log }: ServiceOptions): Directory | null {
  const { graphUrl } = config;
  if (graphUrl === null) return null;
  const { credential } = config.defender;
  const token =
    credential.type === 'local' ? localToken() : createTokenSource({ credential, baseUrl: graphUrl, clock });
  return createDirectory({ baseUrl: graphUrl, token, clock, log });
}
