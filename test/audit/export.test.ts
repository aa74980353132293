import * as fc from 'fast-check';
import { type AuditRow, genesis, hashEntry, verifyChain } from '../../src/audit/chain';
import { exportLine } from '../../src/audit/export';
import type { RequestId } from '../../src/request/request';

const rowOf = (over: Partial<AuditRow> = {}): AuditRow => {
  const entry = {
    salt: '0123456789abcdef0123456789abcdef',
    at: Date.UTC(2026, 10, 23, 12),
    requestId: 'LR-7KQ2' as RequestId,
    actor: 'ana',
    what: 'voted',
    detail: {},
    ...over,
  };
  return { ...entry, seq: 1, previousHash: genesis.hash, hash: hashEntry(genesis.hash, 1, entry) };
};

test('a line has these names in this order, and plain text stays readable', () => {
  expect(exportLine(rowOf({ detail: { reason: 'Zürich "INC-1" | a=b\\' } }))).toBe(
    `{"schema":"live-response-audit/1","seq":1,"time":"2026-11-23T12:00:00.000Z","at":1795435200000,"requestId":"LR-7KQ2","actor":"ana","what":"voted","detail":{"reason":"Zürich \\"INC-1\\" | a=b\\\\"},"salt":"0123456789abcdef0123456789abcdef","previousHash":"${genesis.hash}","hash":"${rowOf({ detail: { reason: 'Zürich "INC-1" | a=b\\' } }).hash}"}`,
  );
});

test.each([
  ['a line end', 'a\r\nb', 'a\\r\\nb'],
  ['a NUL and an escape sequence', '\u0000\u001b[31m', '\\u0000\\u001b[31m'],
  ['DEL and C1 controls', '\u007f\u0085\u009b', '\\u007f\\u0085\\u009b'],
  ['line and paragraph separators', '\u2028\u2029', '\\u2028\\u2029'],
  ['text that runs the other way', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
  ['invisible characters', '\u200b\ufeff\u00ad', '\\u200b\\ufeff\\u00ad'],
  ['a tag character, which is two code units', '\u{e0041}', '\\udb40\\udc41'],
  ['half a character', '\ud800', '\\ud800'],
])('%s is escaped, in values and in names', (_name, text, escaped) => {
  const line = exportLine(rowOf({ actor: text, detail: { [text]: text } }));
  expect(line.split(escaped)).toHaveLength(4);
  expect(line).not.toContain(text);
});

test('whatever an entry holds, it is one line that reads back to the same entry, and the chain can be verified from it', () => {
  const anyText = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
      anyText,
      anyText,
      fc.dictionary(anyText, fc.jsonValue({ stringUnit: 'binary' })),
      (at, actor, what, detail) => {
        const row = rowOf({ at, actor, what, detail });
        const line = exportLine(row);
        expect(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(line)).toBe(false);
        const { schema, time, ...read } = JSON.parse(line) as AuditRow & { schema: string; time: string };
        expect(schema).toBe('live-response-audit/1');
        expect(Date.parse(time)).toBe(at);
        expect(read).toEqual(JSON.parse(JSON.stringify(row)));
        expect(verifyChain([read]).ok).toBe(true);
      },
    ),
  );
});

test('an instant that was edited into nonsense is exported as it is, without a time', () => {
  expect(exportLine({ ...rowOf(), at: 1e300 })).toContain('"time":null,"at":1e+300');
});
