import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Bundle, type BundleOptions, makeBundle } from '../../src/bundle/bundle';
import { describeVerdict, exitCodeOf } from '../../src/bundle/describe';
import { payloadType, preAuthEncoding, seal } from '../../src/bundle/dsse';
import { judgeBundle, type Known } from '../../src/bundle/judge';
import { canonicalText, type Manifest, names, sumsOf } from '../../src/bundle/manifest';
import { verifyFile } from '../../src/bundle/verify-file';
import { PartChanged, writeZip, type ZipPart, zipBytes } from '../../src/bundle/zip-file';
import { crcOf, isPartName, zipForm } from '../../src/bundle/zip-form';
import { digestOf } from '../../src/request/ask/digest';
import type { RequestId } from '../../src/request/request';
import { action, base, bob, cleo, dan, vote } from '../request/sample';
import {
  bundleOf,
  bytesOf,
  keepResults,
  newKey,
  openWholeWorld,
  openWorld,
  optionsFor,
  type World,
  wholeLife,
} from './sample';

const key = newKey();
let world: World;
beforeAll(async () => {
  world = await openWholeWorld();
});
afterAll(() => world.close());

async function judge(content: Buffer, known: Partial<Known> = { key: key.publicKey }) {
  const file = path.join(world.dir, 'a.zip');
  writeFileSync(file, content);
  const verdict = await judgeBundle(file, { key: null, anchors: [], ...known });
  return { verdict, code: exitCodeOf(verdict), words: describeVerdict(verdict).join('\n') };
}

const contents = async (bundle: Bundle): Promise<Map<string, Buffer>> => {
  const found = new Map<string, Buffer>();
  for (const { name, content } of bundle.parts) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content()) chunks.push(chunk);
    found.set(name, Buffer.concat(chunks));
  }
  return found;
};

const zip = async (files: ReadonlyMap<string, Buffer>, sorted = true): Promise<Buffer> => {
  const parts: ZipPart[] = [...files].map(([name, bytes]) => ({
    name,
    size: bytes.length,
    crc: crcOf(bytes),
    content: async function* () {
      yield bytes;
    },
  }));
  if (sorted) parts.sort((a, b) => (a.name < b.name ? -1 : 1));
  return bytesOf({ parts });
};

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What whoever holds the key could do: change parts and sign the whole anew. `sign: false` is somebody without it. */
async function forge(
  change: (files: Map<string, Buffer>, manifest: Manifest) => void,
  over: Partial<BundleOptions> = {},
  { signed = true, of = world } = {},
): Promise<Buffer> {
  const bundle = await bundleOf(of, { key: key.signing, ...over });
  const files = await contents(bundle);
  const manifest = structuredClone(bundle.manifest) as Manifest;
  change(files, manifest);
  for (const part of manifest.parts as Array<{ name: string; sha256: string; size: number }>) {
    const bytes = files.get(part.name);
    if (bytes !== undefined) Object.assign(part, { sha256: hash(bytes), size: bytes.length });
  }
  const text = Buffer.from(canonicalText(manifest));
  files.set(names.manifest, text);
  if (signed) files.set(names.envelope, Buffer.from(seal(text, key.signing.key, key.signing.keyId)));
  resum(files, signed);
  return zip(files);
}

function resum(files: Map<string, Buffer>, signed = true): void {
  const listed = [...files]
    .filter(([name]) => name !== names.sums && name !== names.sumsSignature)
    .map(([name, bytes]) => ({ name, sha256: hash(bytes) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const sums = Buffer.from(sumsOf(listed));
  files.set(names.sums, sums);
  if (signed && files.has(names.sumsSignature)) files.set(names.sumsSignature, sign(null, sums, key.signing.key));
}

const asRequest = (files: Map<string, Buffer>, change: (request: Record<string, unknown>) => void): void => {
  const request = JSON.parse(String(files.get('r1/request.json')));
  change(request);
  files.set('r1/request.json', Buffer.from(canonicalText(request)));
};

const slice = (files: Map<string, Buffer>, change: (lines: string[]) => string[]): void => {
  const lines = String(files.get(names.audit)).trimEnd().split('\n');
  files.set(names.audit, Buffer.from(`${change(lines).join('\n')}\n`));
};

describe('exit code 0', () => {
  test('only for a bundle that the named key has signed, anchored on both sides', async () => {
    const { verdict, code, words } = await judge(await bytesOf(await bundleOf(world, { key: key.signing })));
    expect(verdict).toMatchObject({ type: 'whole', doubts: [], notes: [], signedBy: key.signing.keyId });
    expect(code).toBe(0);
    expect(words).toContain('PROVED.');
  });

  test('the same requests at the same instant are the same bytes', async () => {
    const once = await bytesOf(await bundleOf(world, { key: key.signing }));
    expect((await bytesOf(await bundleOf(world, { key: key.signing }))).equals(once)).toBe(true);
  });

  test('anchors that the reader names count like those under the key', async () => {
    const fresh = await openWorld();
    await fresh.play(base);
    await fresh.store.transact((tx) => tx.appendAudit({ at: 1, requestId: null, actor: 'bot', what: 'x', detail: {} }));
    const head = await fresh.store.auditHead();
    const bytes = await bytesOf(await bundleOf(fresh, { key: key.signing }));
    expect((await judge(bytes)).verdict).toMatchObject({ type: 'whole', doubts: [{ type: 'noAnchorAfter' }] });
    expect((await judge(bytes, { key: key.publicKey, anchors: [head] })).code).toBe(0);
    expect(
      (await judge(bytes, { key: key.publicKey, anchors: [{ ...head, hash: 'f'.repeat(64) }] })).verdict,
    ).toMatchObject({
      type: 'wrong',
      faults: [{ type: 'anchorDiffers', isNamed: true }],
    });
    const far = await judge(bytes, { key: key.publicKey, anchors: [{ seq: 99_999, hash: 'f'.repeat(64) }] });
    expect(far.verdict).toMatchObject({ type: 'whole', notes: [{ type: 'anchorOutside' }] });
    expect(far.code).toBe(3);
    await fresh.close();
  });
});

describe('exit code 3: whole, and not proved', () => {
  test('no key named: unchanged, by whom is not proven, with the fingerprint', async () => {
    const { code, words } = await judge(await bytesOf(await bundleOf(world, { key: key.signing })), {});
    expect(code).toBe(3);
    expect(words).toContain('It is unchanged since it was made; by whom is not proven.');
    expect(words).toContain(key.signing.keyId);
  });

  test('unsigned, whether a key is named or not', async () => {
    const bytes = await bytesOf(await bundleOf(world));
    for (const known of [{}, { key: key.publicKey }]) {
      const { code, verdict, words } = await judge(bytes, known);
      expect(code).toBe(3);
      expect(verdict).toMatchObject({
        doubts: [{ type: 'unsigned' }, { type: 'noAnchorBefore' }, { type: 'noAnchorAfter' }],
      });
      expect(words).toContain('It is unsigned.');
    }
  });

  test('no anchor after its last entry yet: nothing proves that no entry follows (e8)', async () => {
    const fresh = await openWorld();
    await fresh.play(base);
    const { code, words } = await judge(await bytesOf(await bundleOf(fresh, { key: key.signing })));
    expect(code).toBe(3);
    expect(words).toMatch(/whole up to entry \d+\. Nothing proves yet that no entry follows/);
    await fresh.close();
  });

  test('exported before its end (e13)', async () => {
    const fresh = await openWorld();
    await fresh.play(base, wholeLife.slice(0, 4));
    await fresh.anchor(base.createdAt + 1_000_000);
    const bundle = await bundleOf(fresh, { key: key.signing });
    expect(bundle.manifest).toMatchObject({ complete: false, requests: [{ ended: false, state: 'running' }] });
    expect(String((await contents(bundle)).get(names.firstPage))).toContain('NOT COMPLETE');
    const { code, words } = await judge(await bytesOf(bundle));
    expect(code).toBe(3);
    expect(words).toContain('LR-7F3K had not ended when it was exported (running).');
    await fresh.close();
  });
});

describe('keys and signatures', () => {
  test('only the key that the reader names counts, whatever the bundle says of its own (e2)', async () => {
    const other = newKey();
    const bytes = await bytesOf(await bundleOf(world, { key: other.signing }));
    expect((await judge(bytes)).verdict).toEqual({
      type: 'wrong',
      faults: [{ type: 'signature', fault: 'otherKey' }],
    });
    // The same key id over another key is a lie of the bundle.
    const lying = await forge((_files, manifest) => {
      (manifest.signing as { keyId: string }).keyId = other.signing.keyId;
    });
    expect((await judge(lying)).verdict).toMatchObject({ faults: [{ fault: 'publicKey' }] });
  });

  const envelopeWith = (change: (envelope: Record<string, unknown>, text: Buffer) => unknown) =>
    forge(() => {}).then(async () => {
      const files = await contents(await bundleOf(world, { key: key.signing }));
      const text = files.get(names.manifest) ?? Buffer.alloc(0);
      const changed = change(JSON.parse(String(files.get(names.envelope))), text);
      files.set(names.envelope, Buffer.from(typeof changed === 'string' ? changed : canonicalText(changed)));
      resum(files);
      return zip(files);
    });
  const sigOf = (text: Buffer) => sign(null, preAuthEncoding(payloadType, text), key.signing.key).toString('base64');

  test('a bad signature next to a good one is said, and so is one of another key (e2)', async () => {
    const bad = await judge(
      await envelopeWith((envelope, text) => ({
        ...envelope,
        signatures: [
          { keyid: key.signing.keyId, sig: sigOf(text) },
          { keyid: key.signing.keyId, sig: Buffer.alloc(64).toString('base64') },
          { keyid: 'somebody', sig: Buffer.alloc(64, 1).toString('base64') },
        ],
      })),
    );
    expect(bad.verdict).toMatchObject({ type: 'whole', notes: [{ type: 'badSignature' }, { type: 'otherSignature' }] });
    expect(bad.words).toContain('A second signature in it names the same key and does not verify.');
  });

  test.each<[string, (envelope: Record<string, unknown>, text: Buffer) => unknown]>([
    ['no signature', (envelope) => ({ ...envelope, signatures: [] })],
    ['another payload type', (envelope) => ({ ...envelope, payloadType: 'application/json' })],
    [
      'a payload with a letter of base64url',
      (envelope) => ({ ...envelope, payload: String(envelope.payload).replace(/[A-Z]/, '-') }),
    ],
    [
      'a payload with line ends',
      (envelope) => ({
        ...envelope,
        payload: `${String(envelope.payload).slice(0, 76)}\n${String(envelope.payload).slice(76)}`,
      }),
    ],
    ['another payload', (envelope) => ({ ...envelope, payload: Buffer.from('{}').toString('base64') })],
    ['a payload twice', (envelope) => canonicalText(envelope).replace('{', '{"payload":"e30=",')],
    [
      'a signature over the payload alone',
      (envelope, text) => ({
        ...envelope,
        signatures: [{ keyid: key.signing.keyId, sig: sign(null, text, key.signing.key).toString('base64') }],
      }),
    ],
  ])('%s is wrong (e9)', async (_what, change) => {
    const { code, verdict } = await judge(await envelopeWith(change));
    expect(code).toBe(1);
    expect(verdict).toMatchObject({ faults: [{ type: 'signature' }] });
  });

  test('parts that were changed and listed anew without the key are found by it, and without a key named too', async () => {
    const bytes = await forge((files) => files.set(names.report, Buffer.from('another page')), {}, { signed: false });
    for (const known of [{}, { key: key.publicKey }]) expect((await judge(bytes, known)).code).toBe(1);
  });

  test('a list that does not name what is there is found', async () => {
    const files = await contents(await bundleOf(world));
    files.set(names.sums, Buffer.from(String(files.get(names.sums)).split('\n').slice(1).join('\n')));
    expect((await judge(await zip(files))).verdict).toEqual({ type: 'wrong', faults: [{ type: 'sumsDiffer' }] });
  });

  test('SHA256SUMS is signed by itself, for openssl', async () => {
    const files = await contents(await bundleOf(world, { key: key.signing }));
    files.set(names.sumsSignature, Buffer.alloc(64));
    expect((await judge(await zip(files))).verdict).toMatchObject({ faults: [{ type: 'signature', fault: 'sums' }] });
  });

  test('a key of another type, a private key, no key and no file are told, with exit code 2', async () => {
    const write = (name: string, text: string) => {
      const file = path.join(world.dir, name);
      writeFileSync(file, text);
      return file;
    };
    const bundle = write('b.zip', 'x');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
    const privatePem = key.signing.key.export({ type: 'pkcs8', format: 'pem' });
    const said = (file: string, keyFile: string | null) =>
      verifyFile({ type: 'verify', file, key: keyFile, anchors: [] });
    expect(await said(bundle, write('rsa.pem', String(rsa)))).toMatchObject({
      code: 2,
      lines: [expect.stringContaining('another type')],
    });
    expect(await said(bundle, write('private.pem', String(privatePem)))).toMatchObject({
      code: 2,
      lines: [expect.stringContaining('is not a public key')],
    });
    expect(await said(bundle, path.join(world.dir, 'nowhere.pem'))).toMatchObject({ code: 2 });
    expect(await said(path.join(world.dir, 'nowhere.zip'), null)).toMatchObject({
      code: 2,
      lines: [expect.stringContaining('ENOENT')],
    });
    expect(await said(bundle, null)).toMatchObject({
      code: 2,
      lines: [expect.stringContaining('not an evidence bundle')],
    });
  });
});

describe('the archive', () => {
  const whole = () => bundleOf(world, { key: key.signing }).then(contents);

  test.each<[string, (files: Map<string, Buffer>) => void]>([
    ['missing', (files) => files.delete(names.report)],
    ['added', (files) => files.set('r1/extra.bin', Buffer.from('x'))],
    [
      'swapped with another',
      (files) => {
        const [a, b] = [files.get('r1/command-2-raw.bin'), files.get('r1/command-3-file.bin')];
        files.set('r1/command-2-raw.bin', b ?? Buffer.alloc(0));
        files.set('r1/command-3-file.bin', a ?? Buffer.alloc(0));
      },
    ],
    ['emptied', (files) => files.set(names.audit, Buffer.alloc(0))],
    ['without its list', (files) => files.delete(names.sums)],
    ['without its manifest', (files) => files.delete(names.manifest)],
    ['without its envelope', (files) => files.delete(names.envelope)],
  ])('a part that is %s is found', async (_what, change) => {
    const files = await whole();
    change(files);
    expect((await judge(await zip(files))).code).toBe(1);
  });

  test('a part that its list names and the signed manifest does not, or not so, is found', async () => {
    const added = await whole();
    added.set('r1/extra.bin', Buffer.from('x'));
    resum(added);
    expect((await judge(await zip(added))).verdict).toMatchObject({
      faults: [{ type: 'partAdded', name: 'r1/extra.bin' }],
    });
    const changed = await whole();
    changed.set(names.report, Buffer.from('another page'));
    resum(changed);
    expect((await judge(await zip(changed))).verdict).toMatchObject({
      faults: [{ type: 'partDiffers', name: names.report }],
    });
  });

  test('entries in another order, a name twice or twice but for case are found (e6)', async () => {
    const files = await whole();
    const [[first = '', bytes = Buffer.alloc(0)] = [], ...rest] = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
    expect((await judge(await zip(new Map([...rest, [first, bytes]]), false))).verdict).toMatchObject({
      faults: [{ type: 'otherForm' }],
    });
    const twice = [...files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, content]) => {
        const part: ZipPart = {
          name,
          size: content.length,
          crc: crcOf(content),
          content: async function* () {
            yield content;
          },
        };
        return name === names.manifest ? [part, part] : [part];
      });
    expect((await judge(await bytesOf({ parts: twice }))).verdict).toMatchObject({ faults: [{ type: 'otherForm' }] });
    files.set('R1/request.json', Buffer.from('{}'));
    expect((await judge(await zip(files))).verdict).toMatchObject({ faults: [{ type: 'otherForm' }] });
  });

  test.each([
    '../climbs.txt',
    '/etc/passwd',
    'r1/../../x',
    'C:\\x',
    'a//b',
    '.hidden',
    'aux.txt',
    'r1/con',
    'ends.',
    'sp ace',
    'ümlaut',
    `${'x'.repeat(300)}`,
    '',
  ])('a name such as %s is none of ours, and nothing is written anywhere (e10)', async (name) => {
    expect(isPartName(name)).toBe(false);
    const files = await whole();
    files.set(name, Buffer.from('x'));
    const before = readdirSync(world.dir).sort();
    expect((await judge(await zip(files))).code).toBe(1);
    expect(readdirSync(world.dir).sort()).toEqual(before);
    expect(existsSync('/tmp/climbs.txt')).toBe(false);
  });

  test('every name that we make is one that every system can unpack (e10, e11)', async () => {
    for (const name of (await whole()).keys()) expect(isPartName(name)).toBe(true);
  });

  test('bytes before, after and between, and headers that differ from the directory are found (e6)', async () => {
    const bytes = await bytesOf(await bundleOf(world, { key: key.signing }));
    const local = Buffer.from(bytes);
    local.write('X', bytes.lastIndexOf(Buffer.from('PK\x03\x04', 'latin1')) + 30); // the local name alone
    for (const wrong of [Buffer.concat([bytes, Buffer.alloc(4)]), Buffer.concat([Buffer.alloc(17), bytes]), local])
      expect((await judge(wrong)).verdict).toMatchObject({ type: 'wrong', faults: [{ type: 'otherForm' }] });
  });

  test('a symbolic link, a compressed entry, flags or a comment are not of our form', async () => {
    const bytes = await bytesOf(await bundleOf(world, { key: key.signing }));
    const central = bytes.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
    const at = (offset: number, value: number): Buffer => {
      const changed = Buffer.from(bytes);
      changed.writeUInt16LE(value, central + offset);
      return changed;
    };
    for (const changed of [at(40, 0xa1ff), at(10, 8), at(8, 0x0800), at(32, 1)])
      expect((await judge(changed)).verdict).toMatchObject({ faults: [{ type: 'otherForm' }] });
  });

  test('10,000 entries, a directory that claims terabytes and a file of one byte end at once', async () => {
    const many = new Map(Array.from({ length: 10_000 }, (_, i) => [`n/e${i}`, Buffer.alloc(0)] as const));
    expect((await judge(await zip(many))).code).toBe(1);
    const bomb = zipForm([{ name: 'bomb', size: 8 * 1024 ** 4, crc: 0 }]);
    expect((await judge(Buffer.concat([...bomb.locals, bomb.tail]))).verdict).toMatchObject({
      faults: [{ type: 'otherForm' }],
    });
    expect((await judge(Buffer.from('P'))).code).toBe(2);
    expect((await judge(Buffer.alloc(0))).code).toBe(2);
  });

  test('a bundle behind a symbolic link is read like any other; a folder cannot be read', async () => {
    const file = path.join(world.dir, 'real.zip');
    writeFileSync(file, await bytesOf(await bundleOf(world, { key: key.signing })));
    symlinkSync(file, path.join(world.dir, 'link.zip'));
    const known = { key: key.publicKey, anchors: [] };
    expect((await judgeBundle(path.join(world.dir, 'link.zip'), known)).type).toBe('whole');
    expect((await verifyFile({ type: 'verify', file: world.dir, key: null, anchors: [] })).code).toBe(2);
  });

  test('what is larger than 4 GB has numbers of 64 bits, and one form as well', () => {
    const large = zipForm([
      { name: 'a', size: 5 * 1024 ** 3, crc: 1 },
      { name: 'b', size: 3, crc: 2 },
    ]);
    expect(large.size).toBe(5 * 1024 ** 3 + 3 + large.locals.reduce((sum, l) => sum + l.length, 0) + large.tail.length);
    expect(large.locals[0]?.readUInt32LE(18)).toBe(0xffffffff);
    expect(large.locals[1]?.readUInt32LE(18)).toBe(3);
    expect(large.tail.readUInt32LE(large.tail.length - 6)).toBe(0xffffffff);
  });
});

describe('the manifest (e12)', () => {
  const withText = async (change: (text: string) => string | Buffer) => {
    const files = await contents(await bundleOf(world, { key: key.signing }));
    const text = Buffer.from(change(String(files.get(names.manifest))));
    files.set(names.manifest, text);
    files.set(names.envelope, Buffer.from(seal(text, key.signing.key, key.signing.keyId)));
    resum(files);
    return judge(await zip(files));
  };

  test.each<[string, (text: string) => string]>([
    ['a key twice', (text) => text.replace('{"audit"', '{"complete":true,"audit"')],
    ['a SHA-256 twice in one part', (text) => text.replace('"sha256":"', '"sha256":"0","sha256":"')],
    ['a part named __proto__', (text) => text.replace('"parts":[', '"parts":[{"__proto__":1},')],
    ['1.0 for 1', (text) => text.replace(/"firstEntry":(\d+)/, '"firstEntry":$1.0')],
    ['keys in another order', (text) => `{${text.slice(1, -1).split(',"complete"').reverse().join(',"complete"')}}`],
    ['a byte order mark', (text) => `\ufeff${text}`],
    ['a blank', (text) => text.replace(',', ', ')],
    ['no JSON', () => '{'],
    ['another schema', (text) => text.replace('live-response-evidence/1', 'live-response-evidence/2')],
    ['a key more', (text) => text.replace(/}$/, ',"zzz":1}')],
    ['thousands of brackets', () => '['.repeat(100_000)],
  ])('%s is wrong', async (_what, change) => {
    const { code, verdict } = await withText(change);
    expect(code).toBe(1);
    expect(verdict).toMatchObject({ faults: [{ type: 'manifest' }] });
  });

  test('a manifest that names a part twice is wrong', async () => {
    const bytes = await forge((_files, manifest) => {
      const [first] = manifest.parts;
      if (first !== undefined) manifest.parts.push(first);
    });
    expect((await judge(bytes)).verdict).toMatchObject({ faults: [{ type: 'manifest', fault: 'partNamedTwice' }] });
  });
});

describe('what whoever holds the key cannot make true either', () => {
  const faultsOf = async (...given: Parameters<typeof forge>) => {
    const { verdict } = await judge(await forge(...given));
    return verdict.type === 'wrong' ? verdict.faults : [];
  };
  const last = (lines: readonly string[]) => JSON.parse(lines.at(-1) ?? '{}');

  test('an empty slice, a first or last entry that was cut, and the slice of another request (e8)', async () => {
    expect(await faultsOf((files) => files.set(names.audit, Buffer.alloc(0)))).toMatchObject([{ type: 'sliceEnds' }]);
    const cutEnd = (files: Map<string, Buffer>, manifest: Manifest) =>
      slice(files, (lines) => {
        const own = lines.findLastIndex((line) => line.includes('"requestId"'));
        const kept = lines.slice(0, own);
        const { seq, hash: end } = last(kept);
        Object.assign(manifest.audit, { last: { seq, hash: end }, anchors: [] });
        return kept;
      });
    expect(await faultsOf(cutEnd)).toMatchObject([{ type: 'request', fault: 'lastEntry' }]);
    const cutStart = (files: Map<string, Buffer>, manifest: Manifest) =>
      slice(files, (lines) => {
        const own = lines.findIndex((line) => line.includes('"requestId"'));
        const { seq, hash: end } = JSON.parse(lines[own] ?? '{}');
        Object.assign(manifest.audit, { after: { seq, hash: end }, anchors: manifest.audit.anchors.slice(1) });
        return lines.slice(own + 1);
      });
    expect(await faultsOf(cutStart)).toMatchObject([{ fault: 'firstEntry' }]);
    const other = await bundleOf(world).then(() => world.records(['LR-5555' as RequestId]));
    expect(
      await faultsOf((files, manifest) => {
        files.set(names.audit, Buffer.from(other.slice));
        Object.assign(manifest.audit, other.audit);
      }),
    ).toMatchObject([{ type: 'slice', fault: { type: 'foreign' } }]);
  });

  test('an entry that was edited, left out or put in', async () => {
    const edit = (find: string, to: string) => (files: Map<string, Buffer>) =>
      slice(files, (lines) => lines.map((line) => line.replace(find, to)));
    expect(await faultsOf(edit('"decision":"approve"', '"decision":"deny"'))).toMatchObject([
      { type: 'slice', fault: { type: 'edited' } },
    ]);
    expect(await faultsOf((files) => slice(files, (lines) => lines.filter((_, i) => i !== 3)))).toMatchObject([
      { type: 'slice', fault: { type: 'missing' } },
    ]);
    expect(await faultsOf((files) => slice(files, (lines) => [...lines, 'null']))).toMatchObject([
      { type: 'slice', fault: { type: 'unreadable' } },
    ]);
  });

  test('nothing of another request stands in the slice but the hash of its content', async () => {
    const text = String((await contents(await bundleOf(world))).get(names.audit));
    for (const id of ['LR-2222', 'LR-3333', 'LR-4444', 'LR-5555']) expect(text).not.toContain(id);
    expect(text.split('\n').filter((line) => line.includes('contentHash')).length).toBeGreaterThan(5);
  });

  test.each<[string, (request: Record<string, unknown>) => void, string]>([
    [
      'other commands',
      (request) => {
        request.commands = [{ type: 'RunScript', scriptName: 'other.ps1', args: null }];
      },
      'digest',
    ],
    [
      'another device',
      (request) => {
        (request.device as Record<string, unknown>).name = 'dc-01';
      },
      'digest',
    ],
    [
      'another reason',
      (request) => {
        request.reason = 'another';
      },
      'digest',
    ],
    [
      'another state',
      (request) => {
        request.state = 'failed';
      },
      'otherThanManifest',
    ],
    [
      'no vote',
      (request) => {
        request.votes = [];
      },
      'notEnoughVotes',
    ],
    [
      'a vote by somebody who was not asked',
      (request) => {
        request.votes = [vote(dan)];
      },
      'vote',
    ],
    [
      'a vote by somebody who never voted',
      (request) => {
        request.votes = [vote(cleo)];
      },
      'vote',
    ],
    [
      'a vote over another digest',
      (request) => {
        request.votes = [vote(bob, 'approve', { digest: 'f'.repeat(64) as never })];
      },
      'vote',
    ],
    [
      'no device',
      (request) => {
        delete request.device;
      },
      'unreadable',
    ],
  ])('a request with %s', async (_what, change, fault) => {
    expect(await faultsOf((files) => asRequest(files, change))).toContainEqual(
      expect.objectContaining({ type: 'request', fault }),
    );
  });

  test('a state in request and manifest that the audit does not have', async () => {
    const forged = await faultsOf((files, manifest) => {
      asRequest(files, (request) => {
        request.state = 'failed';
      });
      Object.assign(manifest.requests[0] ?? {}, { state: 'failed' });
    });
    expect(forged).toContainEqual(expect.objectContaining({ fault: 'state' }));
  });

  test('a text that was not shown, a result that did not come back, and an anchor that does not fit', async () => {
    expect(await faultsOf((files) => files.set('r1/shown-1.json', Buffer.from('[]')))).toMatchObject([
      { fault: 'shown', round: 1 },
    ]);
    expect(await faultsOf((files) => files.set('r1/command-3-file.bin', Buffer.from('another')))).toMatchObject([
      { fault: 'result', index: 2 },
    ]);
    expect(
      await faultsOf((_files, manifest) => {
        Object.assign(manifest.audit.anchors[0] ?? {}, { hash: 'f'.repeat(64) });
      }),
    ).toMatchObject([{ type: 'anchorDiffers', isNamed: false }]);
  });
});

describe('what is left out', () => {
  test('is listed with its hash and reason: pruned, changed, by choice, never served (e13)', async () => {
    const fresh = await openWorld();
    await fresh.play(base);
    await keepResults(fresh, base.id);
    await fresh.anchor(base.createdAt + 1_000_000);
    const [script, file] = await fresh.store.results(base.id);
    const gone = file?.file?.relativePath ?? '';
    writeFileSync(path.join(fresh.evidenceDir, script?.rawRelativePath ?? ''), 'changed');
    unlinkSync(path.join(fresh.evidenceDir, gone));
    const bundle = await bundleOf(fresh, { key: key.signing, withPolicy: false });
    expect(bundle.manifest.complete).toBe(false);
    expect(bundle.manifest.leftOut.map(({ what, reason }) => `${what} ${reason}`).sort()).toEqual([
      'download differs',
      'download notKept',
      'file pruned',
      'libraryFile neverServed',
      'libraryFile neverServed',
      'policy byChoice',
    ]);
    const { code, words } = await judge(await bytesOf(bundle));
    expect(code).toBe(0);
    expect(words).toContain('Not in it, and so not checked beyond the hash:');
    expect(words).toContain(`${file?.file?.sha256}`);
    await fresh.close();
  });

  test('results that whoever asks may not read are left out whole, each by its hash', async () => {
    const bundle = await bundleOf(world, { key: key.signing, withResults: false });
    const files = await contents(bundle);
    expect([...files.keys()].filter((name) => name.includes('command-'))).toEqual([]);
    expect(String(files.get(names.report))).not.toContain('<pre>done</pre>');
    expect(bundle.manifest.leftOut.filter(({ reason }) => reason === 'notEntitled')).toHaveLength(2);
    expect((await judge(await bytesOf(bundle))).code).toBe(0);
  });

  test('a library file whose bytes are kept is in it', async () => {
    const fresh = await openWorld();
    const kept = fresh.keepFile('Get-Process');
    const library = [{ ...base.library[0], fileName: 'minidump.ps1', sha256: kept.sha256 }] as typeof base.library;
    const request = { ...base, library, digest: digestOf({ ...base, library }) };
    await fresh.play(request, [
      { type: 'voted', vote: vote(bob, 'approve', { digest: request.digest }) },
      { type: 'admitted' },
      { type: 'rejected', code: 'x', message: 'y' },
    ]);
    const bundle = await bundleOf(fresh);
    expect(bundle.manifest.parts).toContainEqual(
      expect.objectContaining({ what: 'libraryFile', title: 'minidump.ps1' }),
    );
    expect((await judge(await bytesOf(bundle))).verdict.type).toBe('whole');
    await fresh.close();
  });
});

test('every kind of end and every open state makes a bundle that is whole', async () => {
  const fresh = await openWorld();
  const lives = [
    wholeLife.slice(0, 0),
    wholeLife.slice(0, 1),
    wholeLife.slice(0, 2),
    wholeLife.slice(0, 3),
    [{ type: 'voted', vote: vote(bob, 'deny') }],
    [...wholeLife.slice(0, 4), { type: 'observed', action: action('Failed') }],
    [...wholeLife.slice(0, 2), { type: 'unclear' }],
  ] as const;
  for (const [i, life] of lives.entries()) {
    const id = `LR-222${i + 2}` as RequestId;
    await fresh.play(
      { ...base, id },
      life.map((event) => event),
    );
    const records = await fresh.records([id]);
    const { verdict } = await judge(await bytesOf(await makeBundle(optionsFor(fresh, records))));
    expect(verdict).toMatchObject({ type: 'whole' });
  }
  await fresh.close();
});

test('several requests are one bundle, each in a folder of its own', async () => {
  const records = await world.records([base.id, 'LR-2222' as RequestId]);
  const bundle = await makeBundle(optionsFor(world, records, { key: key.signing, incident: 'INC-1042' }));
  expect(bundle.manifest.requests.map(({ id, folder }) => `${folder} ${id}`)).toEqual(['r1 LR-7F3K', 'r2 LR-2222']);
  expect((await judge(await bytesOf(bundle))).verdict).toMatchObject({ type: 'whole' });
});

test('a kept file that changes while the bundle is written makes none', async () => {
  const part: ZipPart = {
    name: 'aa',
    size: 3,
    crc: crcOf(Buffer.from('abc')),
    content: async function* () {
      yield Buffer.from('abd');
    },
  };
  const file = path.join(world.dir, 'never.zip');
  await expect(writeZip(file, [part])).rejects.toThrow(PartChanged);
  expect(existsSync(file)).toBe(false);
  await expect(
    (async () => {
      for await (const _ of zipBytes([part]));
    })(),
  ).rejects.toThrow('changed while the bundle was written');
});
