import * as fc from 'fast-check';
import { type AuditRow, type ChainHead, genesis, hashEntry } from '../../src/audit/chain';
import { describeVerification } from '../../src/audit/describe';
import { type FoundAudit, verifyAudit } from '../../src/audit/verify';
import type { RequestId } from '../../src/request/request';

type Entry = Omit<AuditRow, 'seq' | 'previousHash' | 'hash'>;

const anEntry: fc.Arbitrary<Entry> = fc.record({
  salt: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 }),
  at: fc.nat(),
  requestId: fc.constantFrom(null, 'LR-7KQ2' as RequestId, 'LR-8888' as RequestId),
  actor: fc.string({ unit: 'binary' }),
  what: fc.constantFrom('voted', 'refused', 'shown'),
  detail: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
});

const someEntries = (minLength = 1) => fc.array(anEntry, { minLength, maxLength: 8 });

function chainOf(entries: readonly Entry[]): AuditRow[] {
  let head: ChainHead = genesis;
  return entries.map((entry) => {
    const { seq, hash: previousHash } = { seq: head.seq + 1, hash: head.hash };
    const hash = hashEntry(previousHash, seq, entry);
    head = { seq, hash };
    return { ...entry, seq, previousHash, hash };
  });
}

const headOf = (rows: readonly AuditRow[]): ChainHead => {
  const last = rows.at(-1);
  return last === undefined ? genesis : { seq: last.seq, hash: last.hash };
};

/** As somebody leaves it who can write everything: the database's own note of the last entry fits what is left. */
const found = (rows: readonly AuditRow[], recordedHead = headOf(rows)): FoundAudit => ({
  rows,
  count: rows.length,
  recordedHead,
});

const at = (rows: readonly AuditRow[], n: number): AuditRow => rows[n % rows.length] as AuditRow;

test('a whole chain holds, and an anchor from any place in it fits', () => {
  fc.assert(
    fc.property(someEntries(), fc.nat(), (entries, n) => {
      const rows = chainOf(entries);
      const anchor = at(rows, n);
      expect(verifyAudit(found(rows), [])).toEqual({ ok: true, value: { head: headOf(rows), confirmed: null } });
      expect(verifyAudit(found(rows), [genesis, { seq: anchor.seq, hash: anchor.hash }])).toMatchObject({
        ok: true,
        value: { confirmed: { seq: anchor.seq } },
      });
    }),
  );
});

describe('whatever is done to a chain is found', () => {
  const edits: Readonly<Record<string, (row: AuditRow) => AuditRow>> = {
    'its instant': (row) => ({ ...row, at: row.at + 1 }),
    'its request': (row) => ({ ...row, requestId: 'LR-9999' as RequestId }),
    'its actor': (row) => ({ ...row, actor: `${row.actor}x` }),
    'its word': (row) => ({ ...row, what: 'approved' }),
    'its salt': (row) => ({ ...row, salt: `${row.salt}0` }),
    'its detail': (row) => ({ ...row, detail: { ...row.detail, extra: 1 } }),
    'its previous hash': (row) => ({ ...row, previousHash: 'f'.repeat(64) }),
    'its hash': (row) => ({ ...row, hash: 'f'.repeat(64) }),
    'its place': (row) => ({ ...row, seq: row.seq + 100 }),
  };

  test.each(Object.entries(edits))('an entry that was edited: %s', (_name, edit) => {
    fc.assert(
      fc.property(someEntries(), fc.nat(), (entries, n) => {
        const rows = chainOf(entries);
        const target = at(rows, n);
        const edited = rows.map((row) => (row === target ? edit(row) : row));
        expect(verifyAudit(found(edited, headOf(rows)), [])).toMatchObject({
          ok: false,
          error: [{ type: 'chain', seq: target.seq }],
        });
      }),
    );
  });

  test('an entry that was edited and hashed again, though nothing before it changed', () => {
    fc.assert(
      fc.property(someEntries(2), fc.nat(), (entries, n) => {
        const rows = chainOf(entries);
        const target = at(rows.slice(0, -1), n);
        const forged = { ...target, what: 'approved' };
        const hash = hashEntry(target.previousHash, target.seq, forged);
        const edited = rows.map((row) => (row === target ? { ...forged, hash } : row));
        expect(verifyAudit(found(edited), [])).toMatchObject({
          ok: false,
          error: [{ type: 'chain', seq: target.seq + 1, problem: 'unlinked' }],
        });
      }),
    );
  });

  test('an entry that was deleted before the last one', () => {
    fc.assert(
      fc.property(someEntries(2), fc.nat(), (entries, n) => {
        const rows = chainOf(entries);
        const target = at(rows.slice(0, -1), n);
        const left = rows.filter((row) => row !== target);
        expect(verifyAudit(found(left), [])).toMatchObject({
          ok: false,
          error: [{ seq: target.seq, problem: 'missing' }],
        });
        const renumbered = left.map((row, i) => ({ ...row, seq: i + 1 }));
        expect(verifyAudit(found(renumbered), []).ok).toBe(false);
      }),
    );
  });

  test('two entries that changed places', () => {
    fc.assert(
      fc.property(someEntries(2), fc.nat(), fc.nat(), (entries, m, n) => {
        const rows = chainOf(entries);
        const [a, b] = [at(rows, m), at(rows, n)];
        fc.pre(a !== b);
        const swapped = rows.map((row) => (row === a ? b : row === b ? a : row));
        expect(verifyAudit(found(swapped, headOf(rows)), []).ok).toBe(false);
        const renumbered = swapped.map((row, i) => ({ ...row, seq: i + 1 }));
        expect(verifyAudit(found(renumbered, headOf(rows)), []).ok).toBe(false);
      }),
    );
  });

  test('an entry that was put in between', () => {
    fc.assert(
      fc.property(someEntries(), anEntry, fc.nat(), (entries, entry, n) => {
        const rows = chainOf(entries);
        const { seq, previousHash } = at(rows, n);
        const forged = { ...entry, seq, previousHash, hash: hashEntry(previousHash, seq, entry) };
        fc.pre(forged.hash !== at(rows, n).hash);
        const before = rows.slice(0, seq - 1);
        const after = rows.slice(seq - 1);
        for (const rest of [after, after.map((row) => ({ ...row, seq: row.seq + 1 }))])
          expect(verifyAudit(found([...before, forged, ...rest], headOf(rows)), []).ok).toBe(false);
      }),
    );
  });

  test('an entry that hangs on at the end, where the database did not note it', () => {
    const rows = chainOf([entry(1), entry(2), entry(3)]);
    expect(verifyAudit(found(rows, headOf(rows.slice(0, 2))), [])).toMatchObject({
      ok: false,
      error: [{ type: 'headDiffers' }],
    });
  });

  test('a row beside the chain', () => {
    const rows = chainOf([entry(1)]);
    expect(verifyAudit({ ...found(rows), count: 2 }, [])).toEqual({
      ok: false,
      error: [{ type: 'rowsBeside', count: 1 }],
    });
  });
});

describe('a tail that was cut', () => {
  const cutting = fc.tuple(someEntries(), fc.nat(), fc.nat());

  test('is found by the note that the database keeps of its last entry', () => {
    fc.assert(
      fc.property(cutting, ([entries, n]) => {
        const rows = chainOf(entries);
        const left = rows.slice(0, n % rows.length);
        expect(verifyAudit(found(left, headOf(rows)), [])).toMatchObject({
          ok: false,
          error: [{ type: 'headDiffers', recorded: headOf(rows), last: headOf(left) }],
        });
      }),
    );
  });

  test('together with that note is found by an anchor from the tail, and by nothing else', () => {
    fc.assert(
      fc.property(cutting, ([entries, n, m]) => {
        const rows = chainOf(entries);
        const left = rows.slice(0, n % rows.length);
        const { seq, hash } = at(rows.slice(left.length), m);
        expect(verifyAudit(found(left), [{ seq, hash }])).toEqual({
          ok: false,
          error: [{ type: 'anchorMissing', anchor: { seq, hash }, last: headOf(left) }],
        });
        expect(verifyAudit(found(left), []).ok).toBe(true);
        expect(verifyAudit(found(left), [headOf(left)]).ok).toBe(true);
      }),
    );
  });
});

test('a chain that was hashed anew as a whole is found by an anchor, and by nothing else', () => {
  fc.assert(
    fc.property(someEntries(), fc.nat(), (entries, n) => {
      const rows = chainOf(entries);
      const { seq, hash } = at(rows, n);
      const forged = chainOf(entries.map((e, i) => (i === seq - 1 ? { ...e, what: 'approved' } : e)));
      expect(verifyAudit(found(forged), [])).toMatchObject({ ok: true });
      expect(verifyAudit(found(forged), [{ seq, hash }])).toEqual({
        ok: false,
        error: [{ type: 'anchorDiffers', anchor: { seq, hash }, found: forged[seq - 1]?.hash }],
      });
    }),
  );
});

const entry = (n: number): Entry => ({
  salt: '0',
  at: n,
  requestId: null,
  actor: 'bot',
  what: `thing ${n}`,
  detail: {},
});

describe('what the operator reads', () => {
  const rows = chainOf([entry(1), entry(2), entry(3)]);
  const say = (found: FoundAudit, anchors: readonly ChainHead[] = []) =>
    describeVerification(verifyAudit(found, anchors), { path: 'copy.db', anchors: anchors.length });

  test('a whole audit, without an anchor and with one', () => {
    expect(say(found(rows))).toBe(
      `The audit holds: 3 entries, each one unedited, in its place, and none missing between them.
No anchor was given, so this does not show that the end was not cut off, nor that the chain was not built anew. Give the newest line that the bot posted with --anchor.
Its head now, to keep elsewhere: ${rows[2]?.hash}:3`,
    );
    expect(say(found(rows), [headOf(rows.slice(0, 2))])).toContain(
      'The anchor fits: up to entry 2 nothing was cut off or built anew; the 1 entry after it has no anchor yet.',
    );
    expect(say(found(rows), [headOf(rows.slice(0, 1)), headOf(rows)])).toContain(
      'All 2 anchors fit: up to entry 3 nothing was cut off or built anew.',
    );
  });

  test.each<readonly [string, FoundAudit, readonly ChainHead[], string]>([
    [
      'an edit',
      found(rows.map((row) => (row.seq === 2 ? { ...row, what: 'approved' } : row))),
      [],
      `The audit in copy.db does not hold:
- Entry 2 is not what was written: its content or its hash was changed.
Entries 1 to 1 still hold together. Keep this file and the database as they are, compare with a backup and with the copies in your SIEM, and find out who could write to the database.`,
    ],
    [
      'a deletion',
      found(rows.filter((row) => row.seq !== 2)),
      [],
      '- Entry 2 is missing: it was deleted, or entries were moved, doubled or put in between.',
    ],
    [
      'an exchange',
      found(rows.map((row) => (row.seq === 2 ? { ...row, previousHash: genesis.hash } : row))),
      [],
      '- Entry 2 does not continue the one before it: one of the two was exchanged.',
    ],
    [
      'a cut tail',
      found(rows.slice(0, 2), headOf(rows)),
      [],
      '- The end was cut off: the database notes 3 entries, and the last one there is number 2.',
    ],
    [
      'a changed note of the last entry',
      found(rows, headOf(rows.slice(0, 2))),
      [],
      '- The database notes another last entry (number 2) than there is (number 3): one of the two was changed by hand.',
    ],
    [
      'rows beside the chain',
      { ...found(rows), count: 5 },
      [],
      '- 2 entries stand in the table and not in the chain: written by something else than this program.',
    ],
    [
      'an anchored entry that is gone',
      found(rows.slice(0, 2)),
      [headOf(rows)],
      `- Entry 3, which an anchor vouches for, is not there: the last one is number 2. The end was cut off, or this copy is older than the anchor.
First rule out an old copy: make a new one, together with the -wal file beside it, and verify that. Keep this file`,
    ],
    [
      'a chain that was built anew',
      found(rows),
      [{ seq: 2, hash: 'f'.repeat(64) }],
      `- Entry 2 is not the one that the anchor vouches for (${'f'.repeat(64)}) but ${rows[1]?.hash}: the chain was built anew from there or from before.`,
    ],
  ])('%s', (_name, what, anchors, text) => {
    expect(say(what, anchors)).toContain(text);
  });
});
