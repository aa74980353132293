import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';

/** Which folder may import which (design.md §3). Imports run one way; a folder that is not listed here does not exist yet. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  mask: ['lib'],
  request: ['lib', 'mask'],
  chat: ['lib', 'mask', 'request'],
  policy: ['lib', 'request'],
  runbooks: ['lib', 'request', 'chat', 'policy'],
  directory: ['lib'],
  defender: ['lib', 'request'],
  evidence: ['lib', 'mask', 'request'],
  audit: ['lib', 'request'],
  thread: ['lib', 'mask', 'request', 'chat', 'policy', 'runbooks', 'evidence'],
  store: ['lib', 'request', 'evidence', 'audit', 'thread'],
  bundle: ['lib', 'mask', 'request', 'evidence', 'audit', 'thread', 'store'],
  dispatch: ['lib', 'mask', 'request', 'defender', 'evidence', 'store', 'thread', 'policy'],
  flow: [
    'lib',
    'mask',
    'request',
    'chat',
    'policy',
    'runbooks',
    'defender',
    'evidence',
    'audit',
    'thread',
    'store',
    'bundle',
    'dispatch',
  ],
  oversight: ['lib', 'request', 'policy', 'defender', 'evidence', 'audit', 'thread', 'store', 'dispatch', 'flow'],
  teams: ['lib', 'request', 'chat', 'audit', 'thread', 'store', 'flow'],
  /** '' is the assembled service. */
  doctor: [
    '',
    'lib',
    'request',
    'chat',
    'policy',
    'runbooks',
    'directory',
    'defender',
    'evidence',
    'thread',
    'store',
    'teams',
  ],
  cli: ['', 'lib', 'defender', 'chat', 'policy', 'runbooks', 'audit', 'thread', 'store', 'bundle', 'doctor'],
};

/** Between these the import is of types only: the one draws or delivers what the other decides. */
const typesOnly: ReadonlyArray<readonly [from: string, to: string]> = [
  ['thread', 'evidence'],
  ['store', 'thread'],
  ['teams', 'flow'],
];

/** Libraries that stay inside one folder, so that each can be replaced there. */
const keptIn: Readonly<Record<string, readonly string[]>> = {
  teams: ['botbuilder', '@microsoft/teams-ai', 'restify'],
  store: ['kysely', 'libsql', 'pg'],
  defender: ['@azure/identity'],
  thread: ['adaptivecards-templating', 'adaptive-expressions'],
};

/** The files that do something when they are run: only these read the environment and take the time by themselves. */
const entryPoints = [
  'index.ts',
  'cli/audit.ts',
  'cli/policy.ts',
  'cli/runbooks.ts',
  'cli/backup.ts',
  'cli/database.ts',
  'cli/doctor.ts',
  'cli/evidence.ts',
  'cli/verify-evidence.ts',
];

/** Of dispatch. */
const decidingHalf = [
  'admission',
  'limits',
  'rate',
  'reconsider',
  'room',
  'turns',
  'follow/next-poll',
  'submit/answer-to-post',
  'submit/changes',
  'submit/may-post',
];

/** Decides and draws, and so has no async, no clock and no SDK. Of dispatch, the half that decides. */
const isCore = ({ path, folder }: SourceFile): boolean =>
  ['mask', 'request', 'chat', 'policy', 'runbooks', 'thread', 'audit'].includes(folder) ||
  decidingHalf.some((name) => path === `dispatch/${name}.ts`);

interface SourceFile {
  /** From `src`, with slashes. */
  readonly path: string;
  /** Empty for the files at the top. */
  readonly folder: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

interface Import {
  /** A path from `src` without extension, or the name of a package. */
  readonly target: string;
  readonly isOwn: boolean;
  readonly folder: string;
  readonly isType: boolean;
}

const src = join(__dirname, '..', 'src');
const files: readonly SourceFile[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map(readSource);

test('every folder has its place in the table, and every place has its folder', () => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((f) => f.name).sort()).toEqual(Object.keys(mayImport).sort());
});

test('the table itself runs one way', () => {
  const order = Object.keys(mayImport);
  for (const [folder, targets] of Object.entries(mayImport))
    for (const target of targets) expect(order.indexOf(target)).toBeLessThan(order.indexOf(folder));
});

test('imports between folders run one way', () => {
  const wrong = ownImports()
    .filter(({ file, to }) => file.folder !== '' && to.folder !== file.folder)
    .filter(({ file, to }) => !mayImport[file.folder]?.includes(to.folder));
  expect(wrong.map(inWords)).toEqual([]);
});

test('what only draws or delivers takes types and no code from what decides', () => {
  const wrong = ownImports().filter(
    ({ file, to }) => !to.isType && typesOnly.some(([a, b]) => a === file.folder && b === to.folder),
  );
  expect(wrong.map(inWords)).toEqual([]);
});

test('the service and its tools do not reach the trial, which simulates what they talk to', () => {
  const outside = ownImports().filter(({ to }) => to.target.startsWith('../'));
  expect(outside.map(inWords)).toEqual([]);
});

test('nothing imports an entry point, since importing one would start it', () => {
  const wrong = ownImports().filter(({ to }) => entryPoints.includes(`${to.target}.ts`));
  expect(wrong.map(inWords)).toEqual([]);
});

test('a file has at most 300 lines and a folder about twenty files: past that, it is two things', () => {
  const found = ['src', 'trial'].flatMap((root) =>
    readdirSync(join(src, '..', root), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => join(root, name)),
  );
  const lines = (path: string): number => readFileSync(join(src, '..', path), 'utf8').split('\n').length - 1;
  expect(found.filter((path) => path.endsWith('.ts') && lines(path) > 300)).toEqual([]);
  const inFolder = new Map<string, number>();
  for (const path of found) inFolder.set(dirname(path), (inFolder.get(dirname(path)) ?? 0) + 1);
  expect([...inFolder].filter(([, count]) => count > 21)).toEqual([]);
});

test('no folder hides behind an index file', () => {
  expect(files.map((f) => f.path).filter((path) => /\/index\.ts$/.test(path))).toEqual([]);
});

test('a library that one folder adapts is imported there only', () => {
  const wrong = Object.entries(keptIn).flatMap(([home, packages]) =>
    files
      .filter((file) => file.folder !== home)
      .flatMap((file) =>
        file.imports.filter((i) => packages.includes(packageOf(i))).map((to) => inWords({ file, to })),
      ),
  );
  expect(wrong).toEqual([]);
});

test('the environment is read by the entry points only', () => {
  expect(filesWith(/\bprocess\s*\.\s*env\b|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/, entryPoints)).toEqual([]);
});

test('time is an argument: only the clock and the entry points take it from the machine', () => {
  const time = /\bDate\s*\.\s*now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\s*\.\s*now\b|\bhrtime\b/;
  expect(filesWith(time, ['lib/clock.ts', ...entryPoints])).toEqual([]);
});

test('chance is an argument: guessable chance is used nowhere, and the core takes none by itself', () => {
  expect(filesWith(/\bMath\s*\.\s*random\b/, [])).toEqual([]);
  const core = new Set(files.filter(isCore).map((f) => f.path));
  expect(filesWith(/\brandom(Bytes|UUID|Int|FillSync)\b/, []).filter((path) => core.has(path))).toEqual([]);
});

test('the core has no async', () => {
  const wrong = files.filter(
    (f) => isCore(f) && /\basync\b|\bawait\b|\.then\(|\bnew Promise\b|\bset(Timeout|Interval|Immediate)\b/.test(f.code),
  );
  expect(wrong.map((f) => f.path)).toEqual([]);
});

test('the core imports no SDK and nothing of Node that reaches outside', () => {
  const harmless = [
    'node:crypto',
    'node:util',
    'htmlparser2',
    're2js',
    'yaml',
    'zod',
    'adaptivecards-templating',
    'adaptive-expressions',
  ];
  const wrong = files
    .filter(isCore)
    .flatMap((file) =>
      file.imports.filter((i) => !i.isOwn && !harmless.includes(packageOf(i))).map((to) => inWords({ file, to })),
    );
  expect(wrong).toEqual([]);
});

function readSource(name: string): SourceFile {
  const path = name.split(sep).join('/');
  const code = readFileSync(join(src, name), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1');
  const statements = code.matchAll(
    /\b(?:import|export)\b([^;'"]*?)\bfrom\s*['"]([^'"]+)['"]|\b(?:import|require)\s*\(?\s*['"]([^'"]+)['"]/g,
  );
  const imports = [...statements].map(([, names = '', from, bare]) => {
    const specifier = from ?? bare ?? '';
    const isOwn = specifier.startsWith('.');
    const target = isOwn
      ? relative(src, normalize(join(src, dirname(name), specifier)))
          .split(sep)
          .join('/')
      : specifier;
    const listed = names
      .replace(/[{}]/g, '')
      .split(',')
      .filter((n) => n.trim() !== '');
    const isType = /^\s*type\b/.test(names) || (listed.length > 0 && listed.every((n) => /^\s*type\s/.test(n)));
    return { target, isOwn, folder: isOwn && target.includes('/') ? (target.split('/')[0] ?? '') : '', isType };
  });
  return { path, folder: path.includes('/') ? (path.split('/')[0] ?? '') : '', code, imports };
}

function ownImports(): ReadonlyArray<{ readonly file: SourceFile; readonly to: Import }> {
  return files.flatMap((file) => file.imports.filter((i) => i.isOwn).map((to) => ({ file, to })));
}

function filesWith(pattern: RegExp, allowed: readonly string[]): readonly string[] {
  return files.filter((f) => !allowed.includes(f.path) && pattern.test(f.code)).map((f) => f.path);
}

const packageOf = ({ target }: Import): string => target.split('/', target.startsWith('@') ? 2 : 1).join('/');

const inWords = ({ file, to }: { readonly file: SourceFile; readonly to: Import }): string =>
  `${file.path} -> ${to.target}`;
