import { randomUUID } from 'node:crypto';
import { type Answer, failed } from './connector-http';
import type { Connector, ConnectorCall, UploadedFile } from './connector-port';

/** The upload sessions that Teams opens when a person accepts a file. */
export class ConnectorUploads {
  readonly #places = new Map<string, string>();
  readonly #files = new Map<string, UploadedFile>();

  offer(connectorUrl: string, name: string): ReturnType<Connector['offerUpload']> {
    const uniqueId = randomUUID();
    this.#places.set(`/upload/${uniqueId}`, name);
    return {
      uploadUrl: `${connectorUrl}/upload/${uniqueId}?tempauth=secret`,
      contentUrl: `${new URL(connectorUrl).origin}/drive/${encodeURIComponent(name)}`,
      name,
      uniqueId,
      fileType: 'zip',
    };
  }

  file(name: string): UploadedFile | null {
    return this.#files.get(name) ?? null;
  }

  /** Takes chunks in order, each of them once or again, until all bytes are there. */
  take(call: ConnectorCall, range: string, bytes: Buffer): Answer {
    const name = this.#places.get(call.path);
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range) ?? [];
    if (name === undefined || call.method !== 'PUT') return failed(404, 'itemNotFound', 'No such upload session.');
    const [from, to, size] = [Number(first), Number(last), Number(total)];
    const known = this.file(name)?.bytes ?? Buffer.alloc(0);
    const isWhole = to + 1 === size;
    const isLegal = from <= known.length && to - from + 1 === bytes.length && (isWhole || bytes.length % 327_680 === 0);
    if (call.authorization !== null || !isLegal)
      return failed(416, 'invalidRange', 'The range is not what is expected.');
    this.#files.set(name, { name, bytes: Buffer.concat([known.subarray(0, from), bytes]), isWhole });
    return { status: isWhole ? 201 : 202, body: {} };
  }
}
