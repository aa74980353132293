import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bypassEntry, refusedEntry } from '../../src/audit/entry';
import { exportLine } from '../../src/audit/export';

/** The names of fields and kinds, which no language service knows; queries.test.ts has each query read by Kusto's own. */
const folder = join('infra', 'sentinel');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const template = read('main.bicep');
const workbook = JSON.parse(read('workbook.json')) as {
  readonly items: ReadonlyArray<{ readonly name: string; readonly content: { readonly query?: string } }>;
};
const queries: ReadonlyArray<readonly [name: string, query: string]> = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.kql'))
    .map((name) => [name, read(name)] as const),
  ...workbook.items.flatMap(({ name, content }) =>
    content.query === undefined ? [] : [[name, content.query] as const],
  ),
];

const bypass = bypassEntry(
  {
    kind: 'noMarker',
    actionId: 'a',
    machineId: 'm',
    machineName: 'n',
    requestor: 'r',
    commands: [],
    comment: '',
    createdAt: 0,
  },
  0,
);
const exported = Object.keys(
  JSON.parse(exportLine({ ...bypass, salt: 's', seq: 1, previousHash: 'p', hash: 'h' })) as Record<string, unknown>,
);
/** What entries of each kind hold; those of the store are read from where they are written. */
const apply = ['apply', 'audit-detail'].map((name) => readFileSync(`src/store/commit/${name}.ts`, 'utf8')).join('\n');
const details = new Set([
  ...Object.keys(bypass.detail as object),
  ...Object.keys(refusedEntry({ at: 0, requestId: null, actor: '', refusal: '', detail: {} }).detail as object),
  ...[...apply.matchAll(/^ {6}(\w+)(?::|,)/gm)].map(([, name = '']) => name),
  ...[...apply.matchAll(/(?:detail:|return) \{ (.*?) \}/g)].flatMap(([, inner = '']) =>
    [...inner.matchAll(/(\w+):/g)].map(([, name = '']) => name),
  ),
]);
const page = readFileSync('docs/audit.md', 'utf8');
const kinds = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);

test('the table has a column for every field that an export writes, and no other', () => {
  const list = /var columns = \[([\s\S]*?)\n\]/.exec(template)?.[1] ?? '';
  const columns = [...list.matchAll(/name: '(\w+)'/g)].map(([, name = '']) => name);
  expect([...columns, 'time'].sort()).toEqual([...exported].sort());
});

test.each(queries)('%s reads the table by fields that an export writes', (_name, query) => {
  expect(query).toMatch(/^(\/\/.*\n)*LiveResponseAudit_CL\n/);
  // A name in brackets is a column's.
  const code = query.replace(/\/\/.*/g, '').replace(/\['(\w+)'\]/g, '$1');
  const used = [...code.matchAll(/\bdetail\.(\w+)/g)].map(([, name = '']) => name);
  expect(used.filter((name) => !details.has(name))).toEqual([]);
  const texts = [...code.matchAll(/'(\w+)'/g)].map(([, name = '']) => name);
  expect(texts.filter((name) => !kinds.includes(name))).toEqual([]);
  const own = [...code.matchAll(/\b(\w+) = /g)].map(([, name = '']) => name);
  const words =
    /^(LiveResponseAudit_CL|TimeGenerated|where|project|extend|summarize|sort|by|asc|desc|and|or|in|tostring|detail|count|bin|arg_min|prev|isnotempty|ingestion_time|ago|\d+[dhm]?)$/;
  const names = [...code.replace(/'[^']*'|detail\.\w+/g, '').matchAll(/\b\w+\b/g)].map(([name]) => name);
  expect([...new Set(names)].filter((n) => !words.test(n) && !exported.includes(n) && !own.includes(n))).toEqual([]);
});

test('the template loads every query and the workbook, and closes what it opens', () => {
  const loaded = [...template.matchAll(/loadTextContent\('([\w.-]+)'\)/g)].map(([, name = '']) => name);
  expect(loaded.sort()).toEqual(
    readdirSync(folder)
      .filter((name) => name !== 'main.bicep')
      .sort(),
  );
  const code = template.replace(/^\s*\/\/.*$/gm, '').replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
  for (const [open, close] of ['()', '[]', '{}'].map((pair) => pair.split('')) as Array<[string, string]>)
    expect(code.split(open).length).toBe(code.split(close).length);
  for (const [, param = ''] of template.matchAll(/^param (\w+)/gm))
    expect(template.match(new RegExp(`\\b${param}\\b`, 'g'))?.length).toBeGreaterThan(1);
});
