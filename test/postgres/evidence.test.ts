import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exportBundle } from '../../src/bundle/export';
import { verifyFile } from '../../src/bundle/verify-file';
import { keepResults, madeAt, newKey, openWorld } from '../bundle/sample';
import { base } from '../request/sample';
import { createTestDatabase } from './test-store';

test('an export from a server is an entry of its audit before a byte is written, and verifies like any other', async () => {
  const world = await openWorld(await createTestDatabase());
  try {
    await world.anchor(base.createdAt - 1);
    await world.play(base);
    await keepResults(world, base.id);
    await world.anchor(base.createdAt + 86_400_000);
    const key = newKey();
    const exported = await exportBundle({
      what: { id: base.id },
      to: path.join(world.dir, 'out'),
      from: { url: world.url, evidenceDir: world.evidenceDir, store: 'file' },
      key: key.signing,
      withPolicy: true,
      now: madeAt,
    });
    if (!exported.ok) throw new Error(exported.error);
    const { file, bundle } = exported.value;
    expect(bundle.manifest.madeFrom).toEqual({ store: 'postgres', place: '' });
    // The address of a server may hold a password.
    expect(readFileSync(file).includes('postgres://')).toBe(false);
    expect(await verifyFile({ type: 'verify', file, key: null, anchors: [] })).toMatchObject({ code: 3 });
    expect((await world.store.auditRows()).at(-1)).toMatchObject({
      what: 'evidenceExported',
      requestId: null,
      detail: { ids: [base.id], how: 'commandLine', sha256: bundle.sha256, isSigned: true },
    });
  } finally {
    await world.close();
  }
});
