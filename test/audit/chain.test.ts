import * as fc from 'fast-check';
import { type AuditRow, type ChainHead, canonicalJson, genesis, hashEntry, verifyChain } from '../../src/audit/chain';
import type { RequestId } from '../../src/request/request';

const entry = (n: number) => ({
  salt: `${n}`.padStart(32, '0'),
  at: 1_000 + n,
  requestId: 'LR-7KQ2' as RequestId,
  actor: 'ana',
  what: `thing ${n}`,
  detail: { n },
});

function chainOf(length: number): AuditRow[] {
  const rows: AuditRow[] = [];
  let head: ChainHead = genesis;
  for (let seq = 1; seq <= length; seq++) {
    const hash = hashEntry(head.hash, seq, entry(seq));
    rows.push({ ...entry(seq), seq, previousHash: head.hash, hash });
    head = { seq, hash };
  }
  return rows;
}

test('the hash of an entry is fixed, so that another program can verify a chain', () => {
  expect(hashEntry(genesis.hash, 1, entry(1))).toMatchInlineSnapshot(
    `"8243a87b6e57ab50244b4b4db3aa871a6150ce5994292738961f79466e20c157"`,
  );
  expect(
    canonicalJson(['live-response-audit-content/1', '00', 1_001, null, 'ana', 'x', { b: [1], a: 'ü\u0000' }]),
  ).toMatchInlineSnapshot(`"["live-response-audit-content/1","00",1001,null,"ana","x",{"a":"ü\\u0000","b":[1]}]"`);
});

test('a whole chain holds and names its head', () => {
  const rows = chainOf(3);
  expect(verifyChain([])).toEqual({ ok: true, value: genesis });
  expect(verifyChain(rows)).toEqual({ ok: true, value: { seq: 3, hash: rows[2]?.hash } });
});

test('a part of a chain holds from a head that was kept', () => {
  const rows = chainOf(4);
  const kept = { seq: 2, hash: rows[1]?.hash ?? '' };
  expect(verifyChain(rows.slice(2), kept).ok).toBe(true);
  expect(verifyChain(rows.slice(2), { ...kept, hash: 'f'.repeat(64) })).toEqual({
    ok: false,
    error: { seq: 3, problem: 'unlinked' },
  });
});

describe('a chain that was tampered with is found out', () => {
  const edits: ReadonlyArray<readonly [string, Partial<AuditRow>]> = [
    ['instant', { at: 0 }],
    ['request', { requestId: null }],
    ['actor', { actor: 'bob' }],
    ['word', { what: 'approved' }],
    ['detail', { detail: { n: 3 } }],
    ['salt', { salt: 'f'.repeat(32) }],
    ['hash', { hash: 'f'.repeat(64) }],
  ];
  test.each(edits)('an edited %s', (_what, edit) => {
    const rows = chainOf(3).map((row) => (row.seq === 2 ? { ...row, ...edit } : row));
    expect(verifyChain(rows)).toEqual({ ok: false, error: { seq: 2, problem: 'edited' } });
  });

  test('a row that was edited and hashed again no longer carries the next one', () => {
    const rows = chainOf(3).map((row) => {
      if (row.seq !== 2) return row;
      const edited = { ...row, what: 'approved' };
      return { ...edited, hash: hashEntry(row.previousHash, 2, edited) };
    });
    expect(verifyChain(rows)).toEqual({ ok: false, error: { seq: 3, problem: 'unlinked' } });
  });

  test('a row taken out', () => {
    expect(verifyChain(chainOf(3).filter((row) => row.seq !== 2))).toEqual({
      ok: false,
      error: { seq: 2, problem: 'missing' },
    });
    expect(verifyChain(chainOf(3).slice(1))).toEqual({ ok: false, error: { seq: 1, problem: 'missing' } });
  });

  test('rows that changed places', () => {
    const [a, b, c] = chainOf(3) as [AuditRow, AuditRow, AuditRow];
    expect(verifyChain([a, c, b])).toEqual({ ok: false, error: { seq: 2, problem: 'missing' } });
    expect(verifyChain([a, { ...c, seq: 2 }, { ...b, seq: 3 }])).toEqual({
      ok: false,
      error: { seq: 2, problem: 'unlinked' },
    });
    expect(verifyChain([a, a, b, c])).toEqual({ ok: false, error: { seq: 2, problem: 'missing' } });
  });
});

test('a cut tail holds by itself, and is shown by a head that was kept elsewhere', () => {
  const rows = chainOf(3);
  const cut = verifyChain(rows.slice(0, 2));
  expect(cut).toEqual({ ok: true, value: { seq: 2, hash: rows[1]?.hash } });
});

test('canonical JSON is the same for any order of keys, and again after it was parsed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
  );
  expect(canonicalJson({ b: undefined, a: Number.NaN })).toBe('{"a":null}');
  expect(canonicalJson(undefined)).toBe('null');
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
