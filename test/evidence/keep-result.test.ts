import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { removeUnfinished } from '../../src/evidence/content-store';
import { type EvidenceCaps, keepResult, resultNotAvailable } from '../../src/evidence/keep-result';
import type { Command } from '../../src/request/ask/command';

const getFile: Command = { type: 'GetFile', path: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip' };
const runScript: Command = { type: 'RunScript', scriptName: 'minidump.ps1', args: 'OfficeClickToRun' };
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const placeOf = (hash: string): string => `${hash.slice(0, 2)}/${hash}`;

let dir: string;
beforeEach(async () => {
  dir = path.join(await mkdtemp(path.join(tmpdir(), 'evidence-')), 'evidence');
});
afterEach(() => rm(path.dirname(dir), { recursive: true, force: true }));

async function* inPieces(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const keep = (command: Command, bytes: Uint8Array, caps: Partial<EvidenceCaps> = {}, pieceSize?: number) =>
  keepResult({ dir, requestId: 'LR-7F3K', index: 1, command, body: inPieces(bytes, pieceSize), caps });

const files = async (): Promise<readonly string[]> =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((f) => f.isFile())
    .map((f) => path.relative(dir, path.join(f.parentPath, f.name)).split(path.sep).join('/'))
    .sort();

/** gzip whose header carries a name, as the device would write it. */
function gzipNamed(content: Uint8Array, name: string): Uint8Array {
  const bytes = gzipSync(content);
  const header = Buffer.from(bytes.subarray(0, 10));
  header[3] = 0x08;
  return Buffer.concat([header, Buffer.from(`${name}\0`, 'latin1'), bytes.subarray(10)]);
}

describe('a collected file', () => {
  const content = Buffer.from('the dump of a process, more or less');

  test('is unpacked and kept under the hash of its content', async () => {
    const raw = gzipSync(content);
    expect(await keep(getFile, raw)).toEqual({
      index: 1,
      command: 'GetFile',
      outcome: 'kept',
      rawSha256: sha256(raw),
      rawSize: raw.length,
      rawRelativePath: null,
      exitCode: null,
      output: null,
      outputCut: false,
      outputLength: null,
      errors: null,
      errorsCut: false,
      errorsLength: null,
      banner: null,
      file: {
        sha256: sha256(content),
        size: content.length,
        relativePath: placeOf(sha256(content)),
        name: 'OfficeClickToRun.dmp.zip',
      },
      problem: null,
    });
    expect(await files()).toEqual([placeOf(sha256(content))]);
    expect(await readFile(path.join(dir, placeOf(sha256(content))))).toEqual(content);
  });

  test('never takes its name from the device', async () => {
    const kept = await keep(getFile, gzipNamed(content, '../../etc/passwd'));
    expect(kept.file?.name).toBe('OfficeClickToRun.dmp.zip');
    expect(await files()).toEqual([placeOf(sha256(content))]);
  });

  test('that came unpacked is kept as it came', async () => {
    const kept = await keep(getFile, content);
    expect(kept).toMatchObject({
      outcome: 'kept',
      rawSha256: sha256(content),
      file: { sha256: sha256(content), size: content.length },
    });
    expect(await files()).toEqual([placeOf(sha256(content))]);
  });

  test('that is itself gzip loses only the layer that Defender added', async () => {
    const archive = gzipSync(content);
    expect((await keep(getFile, gzipSync(archive))).file?.sha256).toBe(sha256(archive));
  });

  test('is readable by the service alone and cannot be executed', async () => {
    await keep(getFile, gzipSync(content));
    expect((await stat(path.join(dir, placeOf(sha256(content))))).mode & 0o777).toBe(0o600);
  });

  test('collected twice is kept once', async () => {
    const first = await keep(getFile, gzipSync(content));
    const second = await keep(getFile, content);
    expect(second.file).toEqual(first.file);
    expect(await files()).toEqual([placeOf(sha256(content))]);
  });

  test('replaces a copy that was cut short on disk', async () => {
    const target = path.join(dir, placeOf(sha256(content)));
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, 'the du');
    await keep(getFile, content);
    expect(await readFile(target)).toEqual(content);
  });

  test('that is larger than the limit is not kept, and the download is stopped', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 1_000;
        yield new Uint8Array(1_000);
      }
    }
    const kept = await keepResult({
      dir,
      requestId: 'LR-7F3K',
      index: 0,
      command: getFile,
      body: endless(),
      caps: { maxRawBytes: 10_000 },
    });
    expect(kept).toMatchObject({ outcome: 'tooLarge', rawSha256: null, file: null });
    expect(kept.problem).toMatchInlineSnapshot(
      `"The result is larger than 10 000 bytes, the most that this bot keeps, so nothing of it was kept. Ask for a smaller file, or fetch it in the Defender portal."`,
    );
    expect(given).toBe(11_000);
    expect(await files()).toEqual([]);
  });

  test('made to fill disks is not unpacked; the download is kept', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    const kept = await keep(getFile, bomb, { maxExpansion: 100, expansionFloorBytes: 1024 * 1024 }, 64_000);
    expect(kept).toMatchObject({
      outcome: 'tooLarge',
      rawSha256: sha256(bomb),
      rawRelativePath: placeOf(sha256(bomb)),
      file: null,
    });
    expect(kept.problem).toMatchInlineSnapshot(
      `"The file grows far beyond what this bot keeps when it is unpacked, so it was not unpacked. The download is kept as it came, under its SHA-256. Treat it with care: it may be made to fill disks."`,
    );
    expect(await files()).toEqual([placeOf(sha256(bomb))]);
  });

  test('larger unpacked than the limit is not unpacked, however modest its ratio', async () => {
    const big = Buffer.alloc(5_000, 'abcdefgh');
    expect(await keep(getFile, gzipSync(big), { maxFileBytes: 4_999 })).toMatchObject({ outcome: 'tooLarge' });
    expect(await keep(getFile, gzipSync(big), { maxFileBytes: 5_000 })).toMatchObject({ outcome: 'kept' });
  });

  test.each([
    ['cut short', (gz: Buffer) => gz.subarray(0, gz.length - 10)],
    ['with a wrong checksum', (gz: Buffer) => Buffer.concat([gz.subarray(0, gz.length - 8), Buffer.alloc(8)])],
    ['that only begins like gzip', () => Buffer.from([0x1f, 0x8b, 1, 2, 3])],
  ])('%s is unreadable and kept as it came', async (_title, spoil) => {
    const raw = spoil(gzipSync(content));
    const kept = await keep(getFile, raw);
    expect(kept).toMatchObject({ outcome: 'unreadable', rawRelativePath: placeOf(sha256(raw)), file: null });
    expect(kept.problem).toMatchInlineSnapshot(
      `"The download begins like a packed file and cannot be unpacked. The download is kept as it came, under its SHA-256. Ask for the result again; if it stays so, the file may be damaged on the device."`,
    );
    expect(await files()).toEqual([placeOf(sha256(raw))]);
  });

  test('of one byte is kept', async () => {
    expect(await keep(getFile, Buffer.from([0x1f]))).toMatchObject({ outcome: 'kept', file: { size: 1 } });
  });

  test('much larger than memory should hold passes through in pieces', async () => {
    const size = 96 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024, 'live response');
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let sent = 0; sent < size; sent += piece.length) yield piece;
    }
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    const kept = await keepResult({ dir, requestId: 'LR-7F3K', index: 0, command: getFile, body: pieces() });
    clearInterval(watch);
    expect(kept.file?.size).toBe(size);
    expect(most).toBeLessThan(size / 2);
  });
});

describe('a broken download', () => {
  test('throws what broke it and leaves nothing behind', async () => {
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('connection lost');
    }
    const keeping = keepResult({ dir, requestId: 'LR-7F3K', index: 0, command: getFile, body: breaking() });
    await expect(keeping).rejects.toThrow('connection lost');
    expect(await files()).toEqual([]);
  });

  test('left over by a crash is removed before the service begins, and what another replica is receiving is not', async () => {
    await mkdir(path.join(dir, 'incoming'), { recursive: true });
    for (const name of ['LR-7F3K-0-old', 'LR-7F3K-0-new']) await writeFile(path.join(dir, 'incoming', name), 'half');
    const now = Date.parse('2026-11-24T12:00:00Z');
    await utimes(path.join(dir, 'incoming', 'LR-7F3K-0-old'), now / 1_000, (now - 2 * 3_600_000) / 1_000);
    await utimes(path.join(dir, 'incoming', 'LR-7F3K-0-new'), now / 1_000, (now - 3_600_000) / 1_000);
    await removeUnfinished(dir, now);
    expect(await files()).toEqual(['incoming/LR-7F3K-0-new']);
  });
});

describe("a script's result", () => {
  const sample = readFileSync(path.resolve('test/fixtures/defender/result-runscript-doc.json'));
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

  test('as documented shows its output without banner and NULs, and is kept as it came', async () => {
    const kept = await keep(runScript, sample);
    expect(kept).toMatchObject({
      outcome: 'kept',
      rawSha256: sha256(sample),
      rawRelativePath: placeOf(sha256(sample)),
      exitCode: 0,
      output: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip\n51 MB',
      outputCut: false,
      outputLength: 46,
      errors: '',
      banner:
        'Transcript started, output file is C:\\ProgramData\\Microsoft\\Windows Defender Advanced Threat Protection\\Temp\\PSScriptOutputs\\PSScript_Transcript_{TRANSCRIPT_ID}.txt',
      file: null,
      problem: null,
    });
    expect(await files()).toEqual([placeOf(sha256(sample))]);
  });

  test('without a banner, as on Linux, is shown whole', async () => {
    const kept = await keep(
      runScript,
      json({ script_name: 'a.sh', exit_code: 3, script_output: 'x\n', script_errors: 'no such file\n' }),
    );
    expect(kept).toMatchObject({ outcome: 'kept', exitCode: 3, output: 'x', errors: 'no such file', banner: null });
  });

  test('that came packed is unpacked', async () => {
    expect(await keep(runScript, gzipSync(sample))).toMatchObject({ outcome: 'kept', exitCode: 0 });
  });

  test('longer than can be shown is cut, says so, and is kept whole', async () => {
    const raw = json({ exit_code: 0, script_output: 'y'.repeat(50), script_errors: 'z'.repeat(9) });
    expect(await keep(runScript, raw, { maxOutputLength: 10, maxErrorsLength: 5 })).toMatchObject({
      output: 'y'.repeat(10),
      outputCut: true,
      outputLength: 50,
      errors: 'zzzzz',
      errorsCut: true,
      errorsLength: 9,
    });
    expect(await readFile(path.join(dir, placeOf(sha256(raw))))).toEqual(raw);
  });

  test.each([
    [
      'no UTF-8',
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      "The script's result is not valid UTF-8 text, so it is not shown. The download is kept as it came, under its SHA-256. Open it on a machine made for that.",
    ],
    [
      'no JSON',
      Buffer.from('<html>'),
      "The script's result is not the JSON that Defender documents, so it is not shown. The download is kept as it came, under its SHA-256. Ask for the result again.",
    ],
    [
      'other JSON',
      json(['exit_code']),
      "The script's result lacks the fields that Defender documents, so it is not shown. The download is kept as it came, under its SHA-256. Ask for the result again.",
    ],
    [
      'JSON without any known field',
      json({ stdout: 'x' }),
      "The script's result lacks the fields that Defender documents, so it is not shown. The download is kept as it came, under its SHA-256. Ask for the result again.",
    ],
    [
      'nothing at all',
      Buffer.alloc(0),
      "The script's result is not the JSON that Defender documents, so it is not shown. The download is kept as it came, under its SHA-256. Ask for the result again.",
    ],
  ])('that is %s is unreadable and kept as it came', async (_title, raw, problem) => {
    expect(await keep(runScript, raw)).toMatchObject({
      outcome: 'unreadable',
      rawRelativePath: placeOf(sha256(raw)),
      output: null,
      problem,
    });
    expect(await files()).toEqual([placeOf(sha256(raw))]);
  });

  test('too large to be read into memory is kept and not shown', async () => {
    const raw = json({ exit_code: 0, script_output: 'y'.repeat(5_000) });
    const kept = await keep(runScript, raw, { maxScriptBytes: 4_000 });
    expect(kept).toMatchObject({ outcome: 'tooLarge', rawRelativePath: placeOf(sha256(raw)), output: null });
    expect(kept.problem).toMatchInlineSnapshot(
      `"The script wrote more than this bot can show. The download is kept as it came, under its SHA-256. Let the script write to a file and collect that with getfile."`,
    );
    expect(await keep(runScript, gzipSync(raw), { maxScriptBytes: 4_000 })).toMatchObject({ outcome: 'tooLarge' });
  });
});

test('a result that Defender could not give says so and has no hash', () => {
  expect(resultNotAvailable(2, 'GetFile', 'Defender has no result for this command.')).toMatchObject({
    index: 2,
    command: 'GetFile',
    outcome: 'notAvailable',
    rawSha256: null,
    file: null,
    problem: 'Defender has no result for this command.',
  });
});
