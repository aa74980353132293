import { readContent, readKept } from '../../evidence/read-kept';
import { storedZip } from '../../lib/stored-zip';
import type { FileOffer } from '../../request/file-offer';
import type { Reader } from '../../store/store';
import { sendableOf } from '../../thread/kit/sendable';

/** What is sent to people: the file as it was collected, in an archive that opens nothing by itself (T-36); null when that is no longer to be had. */
export async function readArchive(reader: Reader, evidenceDir: string, offer: FileOffer): Promise<Uint8Array | null> {
  if (offer.bundle !== undefined) return readContent(evidenceDir, offer.sha256);
  const result = (await reader.results(offer.requestId)).find(({ index }) => index === offer.index);
  const file = result === undefined ? null : sendableOf(result);
  if (file === null || file.sha256 !== offer.sha256) return null;
  const bytes = await readKept(evidenceDir, file);
  return bytes === null ? null : storedZip(file.name, bytes);
}
