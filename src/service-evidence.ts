import { readFile } from 'node:fs/promises';
import { makeBundle } from './bundle/bundle';
import { readSigningKey, type SigningKey } from './bundle/keys';
import { type BundleRecords, readRecords } from './bundle/records';
import { zipBytes } from './bundle/zip-file';
import { openContentStore } from './evidence/content-store';
import { EvidenceKeyUnreadable, type EvidenceMaker } from './flow/answer';
import type { ServiceBase } from './service-base';

/** Makes bundles for people in the chat, with the key of the settings as it is now, so that it can be rotated while the service runs. */
export function createEvidenceMaker({ config, store }: ServiceBase): EvidenceMaker {
  const { evidenceDir, evidenceKeyFile, evidenceChatBytes: maxBytes, teamsCloud, trial } = config;
  return {
    canSend: teamsCloud === 'public' || teamsCloud === 'gcc',
    maxBytes,
    async make({ id, personId, withResults, now }) {
      const key = evidenceKeyFile === null ? null : await readKey(evidenceKeyFile);
      // In one transaction, so that request and audit are of one instant; nothing is written.
      const records = await store.transact((tx) => readRecords(tx, [id]));
      if ('unknown' in records) return null;
      // What cannot fit is not read at all.
      if (withResults && keptBytes(records) > maxBytes) return null;
      const bundle = await makeBundle({
        records,
        evidenceDir,
        incident: null,
        key,
        madeBy: { how: 'chat', account: personId },
        madeFrom: { store: 'service', place: '' },
        withResults,
        withPolicy: true,
        trial,
        now,
      });
      const content = await openContentStore(evidenceDir, `${id}-evidence`);
      try {
        const received = await content.receive(zipBytes(bundle.parts), maxBytes);
        if (received === null) return null;
        const path = await content.keep(received);
        return {
          sha256: received.sha256,
          size: received.size,
          path,
          manifestSha256: bundle.sha256,
          isSigned: key !== null,
        };
      } finally {
        await content.close();
      }
    },
  };
}

const keptBytes = ({ requests }: BundleRecords): number =>
  requests
    .flatMap(({ results }) => results)
    .reduce(
      (sum, { rawRelativePath, rawSize, file }) =>
        sum + (rawRelativePath === null ? 0 : (rawSize ?? 0)) + (file?.size ?? 0),
      0,
    );

async function readKey(file: string): Promise<SigningKey> {
  const pem = await readFile(file, 'latin1').catch(() => null);
  const key = pem === null ? null : readSigningKey(pem);
  if (!key?.ok) throw new EvidenceKeyUnreadable();
  return key.value;
}
