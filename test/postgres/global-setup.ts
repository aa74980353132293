import { type Cluster, startCluster } from './cluster';

declare global {
  var testCluster: Cluster | undefined;
}

/** One server for the whole run, unless TEST_DATABASE_URL names one; the workers find it there. */
export default async function setUp(): Promise<void> {
  if (process.env.TEST_DATABASE_URL !== undefined) return;
  globalThis.testCluster = await startCluster();
  process.env.TEST_DATABASE_URL = globalThis.testCluster.url;
}
