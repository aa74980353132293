import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseConfig } from '../src/config';
import { type Log, silentLog } from '../src/lib/log';
import { systemRandom } from '../src/lib/random';
import { type Service, startService } from '../src/service';
import { openStore } from '../src/store/open';
import type { Store } from '../src/store/store';
import { policyOf, Stage, tenantId } from './stories/stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A start with another policy, in a process of its own as far as anybody can tell. */
async function otherRelease(more: { readonly opsSame?: true; readonly log?: Log }): Promise<Service> {
  const policyFile = join(stage.dir, 'other.yaml');
  await writeFile(policyFile, policyOf({ decideBy: '20m' }));
  const port = await freePort();
  const config = parseConfig({
    LOCAL_TRIAL: '1',
    PORT: String(port),
    DEFENDER_API_URL: stage.emulator.url,
    DATABASE_URL: stage.databaseUrl,
    POLICY_FILE: policyFile,
    EVIDENCE_DIR: join(stage.dir, 'evidence'),
    TEAMS_TENANT_IDS: tenantId,
  });
  if (!config.ok) throw new Error(config.error.join('\n'));
  return startService({
    config: { ...config.value, opsPort: more.opsSame ? port : null },
    clock: stage.clock,
    random: systemRandom,
    log: more.log ?? silentLog,
    byItself: false,
  });
}

const inForce = (store: Store) => store.fact<string>('policy.inForce');

test('a release that does not come to listen puts no policy in force', async () => {
  const before = await inForce(stage.service.store);
  expect(before).not.toBeNull();
  await stage.restart(async () => {
    // The port is free for each of the two; only listening on both shows that they are one.
    await expect(otherRelease({ opsSame: true })).rejects.toThrow();
    const store = await openStore({ url: stage.databaseUrl, log: silentLog });
    expect(await inForce(store)).toBe(before);
    await store.close();
  });
});

test('a release whose readiness check fails puts no policy in force until it passes', async () => {
  const before = await inForce(stage.service.store);
  const evidence = join(stage.dir, 'evidence');
  await stage.restart(async () => {
    // After the look before the start, which would refuse it.
    const breaking = (_: object, message: string) => {
      if (message !== 'The store is open') return;
      rmSync(evidence, { recursive: true });
      writeFileSync(evidence, 'no folder');
    };
    const other = await otherRelease({ log: { ...silentLog, info: breaking } });
    await other.settle();
    expect(await inForce(other.store)).toBe(before);
    rmSync(evidence);
    mkdirSync(evidence);
    await other.settle();
    expect(await inForce(other.store)).not.toBe(before);
    await other.stop();
  });
});
