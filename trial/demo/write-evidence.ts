import { readFile } from 'node:fs/promises';
import { formatAnchor } from '../../src/audit/anchor';
import { exportBundle } from '../../src/bundle/export';
import { makeKeyFiles } from '../../src/bundle/keygen';
import { readSigningKey } from '../../src/bundle/keys';
import { readSnapshot } from '../../src/store/offline/snapshot';
import { type Page, wrap } from './page';
import type { Stage } from './stage';

/** Exports the first request of the play as an admin would, with a key made for it, and says how to verify it; what cannot be written is told. */
export async function writeEvidence(
  folder: string,
  { stage, page, width }: { readonly stage: Stage; readonly page: Page; readonly width: number },
): Promise<void> {
  const tell = (text: string): void => {
    page.line();
    for (const line of wrap(text, width)) page.line(line);
  };
  const { id, head } = await readSnapshot(stage.databaseUrl, async (reader) => {
    const [first] = (await reader.auditRows({ limit: 1_000 })).filter(({ what }) => what === 'requested');
    return { id: first?.requestId ?? null, head: await reader.auditHead() };
  });
  if (id === null) return tell('There is no request, and so no evidence.');
  const made = await makeKeyFiles(folder, false);
  if (!made.ok) return tell(made.error);
  const key = readSigningKey(await readFile(made.value.privateFile, 'latin1'));
  const exported = await exportBundle({
    what: { id },
    to: folder,
    from: { url: stage.databaseUrl, evidenceDir: stage.evidenceDir, store: 'file' },
    key: key.ok ? key.value : null,
    withPolicy: true,
    now: stage.clock.now(),
  });
  if (!exported.ok) return tell(exported.error);
  tell(
    `The evidence of ${id} is ${exported.value.file}. To verify it, with the head of the audit as it is now as an anchor:`,
  );
  page.line(
    `npm run --silent evidence -- verify ${exported.value.file} --key ${made.value.publicFile} --anchor ${formatAnchor(head)}`,
  );
}
