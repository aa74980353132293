import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { verifyChain } from '../../src/audit/chain';
import { requestId, sampleRequest, useStores } from './sample';

const stores = useStores();

/** Runs a process that commits without pause, tries to open its file meanwhile, and kills it after `commits` acknowledged ones; returns what it acknowledged. */
async function commitAndKill(path: string, name: string, commits: number): Promise<readonly string[]> {
  const child = spawn(
    process.execPath,
    [join(__dirname, 'commit-until-killed.cjs'), path, name, JSON.stringify(sampleRequest())],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  const refusals: Array<Promise<unknown>> = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said === '') refusals.push(expect(stores.open(path)).rejects.toThrow(`in use by process ${child.pid} on`));
    said += text;
    if (said.split('\n').length > commits) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
  expect(refusals).toHaveLength(1);
  await Promise.all(refusals);
  return said.split('\n').slice(0, -1);
}

test('what was acknowledged survives kill -9, whole, and the next service takes over at once', async () => {
  const path = stores.newPath();
  const acknowledged = [...(await commitAndKill(path, 'A', 40)), ...(await commitAndKill(path, 'B', 90))];
  const copy = join(dirname(path), 'copy', 'x.db');
  mkdirSync(dirname(copy));
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix);

  for (const file of [path, copy]) {
    const store = await stores.open(file);
    for (const id of acknowledged) expect((await store.request(requestId(id)))?.version).toBe(1);
    const { awaitingApproval: requests = 0 } = await store.countByState();
    expect(requests).toBeGreaterThanOrEqual(acknowledged.length);
    expect(requests).toBeLessThanOrEqual(acknowledged.length + 2);
    expect(await store.waitingWork()).toEqual({ submit: 3 * requests });
    expect(verifyChain(await store.auditRows())).toMatchObject({ ok: true, value: { seq: requests } });
  }
});
