import { existsSync, readFileSync } from 'node:fs';
import { transformSync } from '@swc/core';
import { findGuards, readGuardTable, withoutGuard } from '../../scripts/guard-table';

const page = readFileSync('docs/security.md', 'utf8');
const rows = readGuardTable(page);
const guards = findGuards('.');
const threats = page.split('\n').filter((line) => /^\| T-\d+ \|/.test(line));
/** `test/file.test.ts` "title", as the threats name tests beside guards; escaped bars are a table's. */
const named = [...page.matchAll(/`(test\/[^`]+\.test\.ts)` "([^"]+)"/g)].map(([, testFile = '', title = '']) => {
  return { testFile, title: title.replaceAll('\\|', '|') };
});

test('every threat of the model has one row, and each cell of it says something', () => {
  const numbers = Array.from({ length: 45 }, (_, i) => `T-${i + 1}`);
  expect(threats.map((line) => line.split(' ')[1])).toEqual(numbers);
  for (const line of threats) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    expect([line.slice(0, 8), cells.length, cells.slice(1, -1).every((cell) => cell.length > 2)]).toEqual([
      line.slice(0, 8),
      7,
      true,
    ]);
  }
});

test('every guard of the source is in the table with its file, and no other', () => {
  const names = guards.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(rows.map(({ name, file }) => `${name} ${file}`).sort()).toEqual(
    guards.map(({ name, file }) => `${name} ${file}`).sort(),
  );
  expect(guards.length).toBeGreaterThan(100);
});

test('every guard stands with a threat, and every threat names what holds it', () => {
  const lastCells = threats.map((line) => line.split(/(?<!\\)\|/).at(-2) ?? '');
  const mentioned = new Set(lastCells.flatMap((cell) => [...cell.matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name)));
  const names = new Set(guards.map(({ name }) => name));
  expect([...names].filter((name) => !mentioned.has(name))).toEqual([]);
  expect([...mentioned].filter((name) => name !== undefined && !names.has(name))).toEqual([]);
  expect(lastCells.filter((cell) => !/`/.test(cell))).toEqual([]);
});

test('every test that the page names is there', () => {
  expect(named.length).toBeGreaterThan(30);
  expect([...rows, ...named].filter(({ testFile, title }) => !holds(testFile, title))).toEqual([]);
});

test('every path that the page names is there', () => {
  const paths = [...page.matchAll(/`((?:src|test|scripts|docs|env)\/[^`\s]*)`/g)].map(([, path = '']) => path);
  expect(paths.length).toBeGreaterThan(100);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

test('every guard can be taken out by itself, and what is left is still a program', () => {
  for (const guard of guards) {
    const source = readFileSync(guard.file, 'utf8');
    const rest = withoutGuard(source, guard);
    expect(rest).not.toContain(`// guard: ${guard.name}\n`);
    expect(rest.split('\n').length).toBeLessThanOrEqual(source.split('\n').length);
    transformSync(rest, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  }
});

test.each([
  ['a statement of one line', 'a();\nif (x) return 1; // guard: g\nb();', 'a();\n;\nb();'],
  ['a branch of several lines', 'if (x) { // guard: g\n  y();\n}\nb();', ';\nb();'],
  ['a line below its mark', 'if (x)\n  // guard: g\n  return 1;\nb();', 'if (x)\n;\nb();'],
  ['an element of a list', '[\n  a(),\n  b(x), // guard: g\n];', '[\n  a(),\n\n];'],
  ['a call in a chain', 'x\n  .filter(y) // guard: g\n  .sort();', 'x\n\n  .sort();'],
])('%s is taken out whole', (_what, source, rest) => {
  const line = source.split('\n').findIndex((text) => text.includes('// guard'));
  expect(withoutGuard(source, { name: 'g', line })).toBe(rest);
});

/** Whether a title is written in the file, as it is or as the row of a table that its pattern makes. */
function holds(testFile: string, title: string): boolean {
  if (!existsSync(testFile)) return false;
  const literals = [...readFileSync(testFile, 'utf8').matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/g)].map(
    ([, single, double]) => (single ?? double ?? '').replace(/\\(['"])/g, '$1'),
  );
  return literals.some((literal) => {
    if (literal === title) return true;
    const fixed = literal.split(/%[sdifjop]|\$[a-z]+/);
    if (fixed.length < 2 || fixed.join('').trim().length < 3) return false;
    const parts = fixed.map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
    return new RegExp(`^${parts.join('.+')}$`).test(title);
  });
}
