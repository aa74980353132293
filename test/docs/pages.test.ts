import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandsPage } from '../../scripts/commands-page';
import { straighten } from '../../src/chat/clean';
import { parseMessage } from '../../src/chat/parse';
import { findWord, words, wordTable } from '../../src/chat/words';
import { neededRoles } from '../../src/defender/roles';
import { judgeCloud } from '../../src/doctor/judge-settings';
import { parseRequestId } from '../../src/request/id';
import { allPosts } from '../thread/all-posts';
import { harmless } from '../thread/samples';

const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;
const settings = readFileSync('src/settings.ts', 'utf8');
const environments = ['env/.env.dev', 'env/.env.local', 'jest.config.cjs', 'test/browser/chromium.ts']
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');
const read = (page: string): string => readFileSync(join('docs', page), 'utf8');
const admin = read('admin.md');

test('there are the pages that an admin, an operator and a developer look for', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['admin.md', 'architecture.md', 'audit.md', 'operations.md', 'policy.md', 'security.md']),
  );
});

test('the page of what can be typed is the word table’s', () => {
  expect(read('commands.md')).toBe(commandsPage());
});

test('analysts, approvers and those in a war room find their page from the README, and each word that a page shows is one that the bot knows', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const page of ['analyst.md', 'approver.md', 'war-room.md', 'commands.md'])
    expect(readme).toContain(`docs/${page}`);
  for (const page of ['analyst.md', 'approver.md', 'war-room.md']) {
    const typed = [...read(page).matchAll(/@Live Response ([a-z]+)/g)].map(([, word = '']) => word);
    expect(typed.length).toBeGreaterThan(0);
    expect(typed.filter((word) => !(words as readonly string[]).includes(word))).toEqual([]);
  }
});

/** Lines to type, as a page shows them: in a block or in a text, with the mention or without; not the pattern of a word, which has its blanks named. */
function typedLines(page: string): readonly string[] {
  const text = read(page);
  const blocks = [...text.matchAll(/^```\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block.split(/(?=^@Live Response )/m),
  );
  const inText = [...text.replace(/^```.*?^```$/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...inText]
    .map((line) => line.trim())
    .filter(
      (line) => /^@Live Response /.test(line) || (/\s/.test(line) && findWord(line.split(/\s/)[0] ?? '') !== null),
    )
    .filter((line) => !/[<[]/.test(line))
    .map((line) => line.replace(/^@Live Response /, '').replaceAll('…', '1'));
}

test.each(pages)('whoever types a line of %s is understood', (page) => {
  const misread = typedLines(page).filter((line) => !parseMessage(straighten(line)).ok);
  expect(misread).toEqual([]);
});

test('the pages for people have lines to type, with the mention and without', () => {
  expect(typedLines('approver.md')).toEqual(
    expect.arrayContaining(['waiting', 'status LR-7F3K', 'approve LR-7F3K', 'deny LR-7F3K because 1']),
  );
  expect(typedLines('analyst.md').join('\n')).toContain('on ws-042\nputfile procdump.zip');
  expect(typedLines('war-room.md')).toContain('breakglass LR-7F3K because 1 incident INC-1');
});

test('every id of a request that a page, an example or a card shows is one that a request can have', () => {
  const shown = [
    ...pages.map(read),
    readFileSync('README.md', 'utf8'),
    ...Object.values(wordTable).map(({ example }) => example),
    ...Object.values(allPosts(harmless, false)).map((post) => JSON.stringify(post)),
  ].flatMap((text) => text.match(/\bLR-[A-Z0-9]+/gi) ?? []);
  expect(shown.length).toBeGreaterThan(100);
  expect([...new Set(shown)].filter((id) => parseRequestId(id) !== id)).toEqual([]);
});

test.each(pages)('every path, command and setting that %s names is there', (page) => {
  const text = read(page);
  const linked = [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => join('docs', path));
  const named = [...text.matchAll(/`((?:src|test|scripts|docs|env|infra)\/[\w./-]+\.\w+)`/g)].map(
    ([, path = '']) => path,
  );
  // What git ignores is made by the reader.
  expect([...linked, ...named].filter((path) => !existsSync(path) && !path.endsWith('.user'))).toEqual([]);
  const commands = [...text.matchAll(/npm run (?:--silent )?([a-z:-]+)/g)].map(([, name = '']) => name);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
  const variables = [...text.matchAll(/`([A-Z][A-Z]+_[A-Z_]+)`/g)].map(([, name = '']) => name);
  const isKnown = (name: string): boolean =>
    new RegExp(`^\\s+${name}:`, 'm').test(settings) || new RegExp(`\\b${name}\\b`).test(environments);
  expect(variables.filter((name) => !isKnown(name))).toEqual([]);
});

test('every headline that a page of the docs is asked for is there', () => {
  for (const page of pages)
    for (const [, path = '', anchor = ''] of read(page).matchAll(/\]\(([^)#:\s]+)#([^)]+)\)/g)) {
      const heads = [...readFileSync(join('docs', path), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, head = '']) =>
        head
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(heads).toContain(anchor);
    }
});

test('the permissions that an admin is told to give are those that the service needs', () => {
  const given = [...admin.matchAll(/^\| app \| `([\w.]+)` \(WindowsDefenderATP\)/gm)].map(([, role]) => role);
  expect(given).toEqual(neededRoles.map(({ role }) => role));
});

test('every cloud of the table is one that the doctor finds in order', () => {
  const rows = [...admin.matchAll(/^\| [\w ]+ \| `(\w+)` \| ([^|]*) \| ([^|]*) \| login/gm)];
  expect(rows.map(([, cloud]) => cloud)).toEqual(['public', 'gcc', 'gccHigh', 'dod']);
  for (const [, cloud, defender = '', graph = ''] of rows) {
    const address = (cell: string, otherwise: string): string => /https:\/\/[\w.-]+/.exec(cell)?.[0] ?? otherwise;
    const judged = judgeCloud({
      teamsCloud: cloud as 'public',
      defender: { url: address(defender, 'https://api.security.microsoft.com') },
      graphUrl: address(graph, 'https://graph.microsoft.com'),
    });
    expect([cloud, judged.map(({ verdict }) => verdict)]).toEqual([cloud, ['ok']]);
  }
});

test.each(['policy', 'audit', 'backup', 'doctor'])(
  'npm run %s builds what it runs, and a build that fails is told as "could not be done", not as a fault that was found',
  (name) => {
    expect(scripts[name]).toBe(`(npm run --silent build || exit 2) && node dist/cli/${name}.js`);
    const page = name === 'doctor' ? 'admin.md' : name === 'backup' ? 'operations.md' : `${name}.md`;
    expect(read(page)).toContain(`\`node dist/cli/${name}.js\``);
  },
);
