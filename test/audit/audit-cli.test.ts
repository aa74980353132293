import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import { formatAnchor } from '../../src/audit/anchor';
import { type AuditRow, verifyChain } from '../../src/audit/chain';
import { parseAuditCommand } from '../../src/audit/command-line';
import type { Store } from '../../src/store/store';
import { buildInto } from '../built';
import { requestId, t0, useStores } from '../store/sample';

const stores = useStores();
let built: string;
beforeAll(async () => {
  built = mkdtempSync(join(tmpdir(), 'lr-audit-'));
  await buildInto(built);
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

const id = requestId('LR-7KQ2');
const tricky = 'line one\nline two\u2028\u202e "quoted" \u0000';

let path: string;
let store: Store;

/** A database that a service has open, with its last entries still in the write-ahead log only. */
beforeEach(async () => {
  path = stores.newPath();
  store = await stores.open(path);
  await append(...['requested', 'shown', 'voted', 'admitted', 'accepted'].map((what, i) => ({ what, at: t0 + i })));
});

const append = (...entries: ReadonlyArray<{ readonly what: string; readonly at: number }>) =>
  store.transact(async (tx) => {
    for (const { what, at } of entries) {
      const owner = what === 'admitted' ? null : id;
      await tx.appendAudit({ at, requestId: owner, actor: 'ana', what, detail: { reason: tricky } });
    }
  });

function copy(parts: readonly string[] = ['', '-wal']): string {
  const to = join(dirname(path), `copy ${readdirSync(dirname(path)).length}.db`);
  for (const part of parts) if (existsSync(path + part)) copyFileSync(path + part, to + part);
  return to;
}

/** The copy as an intruder with all rights leaves it. */
function tamper(sql: string): string {
  const to = copy();
  const database = new Database(to);
  database.exec(sql);
  database.close();
  return to;
}

const audit = (...args: readonly string[]) => run(args);

function run(args: readonly string[], heapMb = 256): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${heapMb}`, join(built, 'dist', 'cli', 'audit.js'), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

test('a copy that was made while the service runs is verified, with its log and without a change to it', async () => {
  const to = copy();
  const before = readFileSync(to);
  const head = await store.auditHead();
  const { code, out, err } = await audit('verify', to, '--anchor', formatAnchor(head));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('The audit holds: 5 entries');
  expect(out).toContain('up to entry 5 nothing was cut off or built anew');
  expect(out).toContain(formatAnchor(head));
  expect(readFileSync(to).equals(before)).toBe(true);
});

test("the service's own file is only read, and the service goes on writing", async () => {
  const verified = audit('verify', path);
  await append({ what: 'observed', at: t0 + 9 });
  expect((await verified).code).toBe(0);
  await append({ what: 'observed', at: t0 + 10 });
  expect((await store.auditHead()).seq).toBe(7);
});

test('a copy without the log, in a folder that cannot be written to, leaves no trace there', async () => {
  await store.close();
  const to = copy(['']);
  // The store that was just closed lies beside it; its own log goes when the driver lets it go.
  const traces = () => readdirSync(dirname(to)).filter((name) => !name.startsWith('live-response.db'));
  const before = traces();
  chmodSync(dirname(to), 0o500);
  const { code, out } = await audit('verify', to);
  chmodSync(dirname(to), 0o700);
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('5 entries') });
  expect(traces()).toEqual(before);
});

test.each([
  ['an edit', "update audit set what = 'denied' where seq = 3", 'Entry 3 is not what was written'],
  [
    'an edit of blanks only',
    "update audit set detail = ' ' || detail where seq = 3",
    'Entry 3 is not what was written',
  ],
  ['a hidden second value', `update audit set detail = '{"a":1,' || substr(detail, 2) where seq = 3`, 'Entry 3'],
  ['a detail that is no JSON', "update audit set detail = 'x' where seq = 3", 'Entry 3 is not what was written'],
  ['a deletion', 'delete from audit where seq = 2', 'Entry 2 is missing'],
  [
    'a swap',
    'update audit set seq = 99 where seq = 2; update audit set seq = 2 where seq = 3; update audit set seq = 3 where seq = 99',
    'Entry 2 does not continue the one before it',
  ],
  ['a cut tail', 'delete from audit where seq > 3', 'The end was cut off: the database notes 5 entries'],
  [
    'a row before the first',
    'insert into audit select 0, at, request_id, actor, what, detail, salt, previous_hash, hash from audit where seq = 1',
    'Entry 1 is missing',
  ],
])('%s in the file is found, and the exit code says so', async (_name, sql, sentence) => {
  const { code, out, err } = await audit('verify', tamper(sql));
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(sentence);
  expect(err).toContain('Keep this file and the database as they are');
});

test('a tail that was cut without a trace is found with the anchor, from the command line or from a file, and only with it', async () => {
  const anchor = formatAnchor(await store.auditHead());
  const cut = tamper(
    'delete from audit where seq > 3; update audit_head set seq = 3, hash = (select hash from audit where seq = 3)',
  );
  const posts = join(dirname(path), 'posts.txt');
  writeFileSync(posts, `Audit anchor of 2026-11-23: 5 entries so far.\r\n${anchor}\r\nPlease keep this message.`);
  expect((await audit('verify', cut)).code).toBe(0);
  for (const args of [
    ['--anchor', anchor],
    ['--anchors', posts],
  ]) {
    const { code, err } = await audit('verify', cut, ...args);
    expect(code).toBe(1);
    expect(err).toContain('Entry 5, which an anchor vouches for, is not there: the last one is number 3.');
  }
});

test('looking at a copy changes nothing in its folder, also where its end is in the write-ahead log', async () => {
  const folder = mkdtempSync(join(dirname(path), 'case-'));
  for (const part of ['', '-wal']) copyFileSync(path + part, join(folder, `case.db${part}`));
  const state = () =>
    readdirSync(folder).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]);
  const before = state();
  expect(before).toHaveLength(2);
  for (const word of ['verify', 'export'])
    expect(await audit(word, join(folder, 'case.db'))).toMatchObject({ code: 0 });
  expect(state()).toEqual(before);
});

test('an export is one line of JSON an entry, from which the chain can be verified again', async () => {
  const { code, out, err } = await audit('export', copy());
  expect({ code, err }).toEqual({ code: 0, err: '5 entries exported.\n' });
  const lines = out.split('\n').slice(0, -1);
  expect(lines).toHaveLength(5);
  const rows = lines.map((line) => JSON.parse(line) as AuditRow);
  expect(verifyChain(rows)).toEqual({ ok: true, value: await store.auditHead() });
  expect(rows[0]?.detail).toEqual({ reason: tricky });
});

test('an export can be narrowed to a time and to a request', async () => {
  const to = copy();
  const what = async (...args: readonly string[]) =>
    (await audit('export', to, ...args)).out
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as AuditRow).what);
  const iso = (ms: number) => new Date(ms).toISOString();
  expect(await what('--from', iso(t0 + 1), '--to', iso(t0 + 4))).toEqual(['shown', 'voted', 'admitted']);
  expect(await what('--from', iso(t0 + 1), '--request', 'lr-7kq2')).toEqual(['shown', 'voted', 'accepted']);
  expect(await what('--from', '2026-11-24')).toEqual([]);
});

test('an export to a file is for its owner only and replaces nothing', async () => {
  const out = join(dirname(path), 'audit.jsonl');
  expect((await audit('export', copy(), '--out', out)).code).toBe(0);
  expect(readFileSync(out, 'utf8').split('\n')).toHaveLength(6);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const again = await audit('export', copy(), '--out', out);
  expect(again).toMatchObject({
    code: 2,
    err: expect.stringContaining('exists already, and nothing was written over it'),
  });
});

test('a hundred thousand entries stay out of memory', async () => {
  for (let n = 0; n < 10; n++)
    await append(...Array.from({ length: 10_000 }, (_, i) => ({ what: 'observed', at: t0 + n * 10_000 + i })));
  const to = copy();
  // 38 MB as text, and more than the heap below as objects.
  const out = join(dirname(path), 'audit.jsonl');
  expect(await run(['export', to, '--out', out], 48)).toMatchObject({ code: 0, err: '100005 entries exported.\n' });
  expect(statSync(out).size).toBeGreaterThan(35e6);
  expect(await run(['verify', to], 48)).toMatchObject({ code: 0 });
});

test.each([
  [[], 'Say verify or export.'],
  [['check', 'x.db'], 'I do not know check; say verify or export.'],
  [['verify'], 'Name one file, the copy of the database to verify, or the address of a PostgreSQL database.'],
  [
    ['verify', 'a.db', 'b.db'],
    'Name one file, the copy of the database to verify, or the address of a PostgreSQL database.',
  ],
  [['verify', 'a.db', '--out', 'x'], '--out is not for verify.'],
  [['verify', 'a.db', '--anchor', '5:abc'], '--anchor must be one anchor: 64 hex digits, a colon and a number'],
  [['export', 'a.db', '--from', 'yesterday'], '--from must be a date such as 2026-11-23'],
  [['export', 'a.db', '--to', '2026-11-23T12:00'], '--to must be a date such as 2026-11-23'],
  [
    ['export', 'a.db', '--from', '2026-12-01', '--to', '2026-11-01'],
    '--from must be before --to, which is not included any more; nothing lies between them otherwise. Swap them, or give the day after as --to.',
  ],
  [['export', 'a.db', '--from', '2026-12-01', '--to', '2026-12-01'], '--from must be before --to'],
  [['export', 'a.db', '--request', '7!'], '--request must be the id of a request'],
  [['export', 'a.db', '--since', 'x'], 'I do not know one of these options: --since.'],
])('a wrong call %j says what is wrong and how it goes', (args, sentence) => {
  const parsed = parseAuditCommand(args);
  expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(sentence) });
});

test('what cannot be looked at is said with what to do, and is neither whole nor broken', async () => {
  const junk = join(dirname(path), 'junk.db');
  writeFileSync(junk, 'not a database');
  const other = join(dirname(path), 'other.db');
  const database = new Database(other);
  database.exec('create table audit_of_others (x)');
  database.close();
  for (const [args, sentence] of [
    [['verify', 'missing.db'], 'There is no file missing.db.'],
    [['verify', junk], 'cannot be read as a database of this service'],
    [['export', other], 'cannot be read as a database of this service'],
    [['verify', copy(), '--anchors', junk], 'There is no anchor in'],
    [['verify', copy(), '--anchors', 'missing.txt'], 'missing.txt cannot be used (ENOENT)'],
    [['frobnicate'], 'Usage:'],
  ] as const) {
    const { code, err } = await audit(...args);
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(sentence) });
  }
  expect(existsSync('missing.db')).toBe(false);
  expect(await audit('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Usage:') });
});
