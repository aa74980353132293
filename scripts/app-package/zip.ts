import { ZipFile } from 'yazl';

/** The earliest day that a zip can state, since when it was packed says nothing about what it is. A zip's own clock is local time, so this is too. */
const noTime = new Date(1980, 0, 1);

/**
 * A zip whose bytes depend on names and contents alone: sorted, one time stamp, one mode, and stored, since what deflate makes of the same
 * bytes differs between versions of Node.
 */
export async function zipOf(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const name of Object.keys(files).sort())
    zip.addBuffer(files[name] ?? Buffer.alloc(0), name, {
      mtime: noTime,
      mode: 0o100644,
      compress: false,
      forceDosTimestamp: true,
    });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
