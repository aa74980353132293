import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where sentences for people may stand; everywhere else they are looked up (a reader of this project finds all of them in these rooms). */
const rooms = ['thread', 'chat', 'policy'];
const searched = [
  ...['flow', 'request', 'oversight'].flatMap((folder) => filesOf(folder)),
  // The rest of teams/ answers programs, by the protocol's own words.
  'teams/inbound/inbound.ts',
  'teams/outbox/outbox.ts',
  'teams/outbox/to-activity.ts',
];

const sentence = /(?:'|`)([A-Z][^'`\n]*? [a-z]+ [a-z]+ [^'`\n]*[.!?])(?:'|`)/g;

/** Source without comments, and without what is said to programs: logs, thrown errors. */
const spoken = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
    .replace(/(?:throw new|new) \w*Error\([\s\S]*?\);/g, '')
    .replace(/log\.\w+\([\s\S]*?\);/g, '');

const found = (path: string): readonly string[] =>
  [...spoken(readFileSync(join('src', path), 'utf8')).matchAll(sentence)].map(([, text = '']) => `${path}: ${text}`);

function filesOf(folder: string): readonly string[] {
  return readdirSync(join('src', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

test('sentences for people stand in the rooms for them and nowhere else', () => {
  expect(searched.flatMap(found)).toEqual([]);
});

test('the search finds sentences where they are', () => {
  for (const room of rooms) expect(filesOf(room).flatMap(found).length).toBeGreaterThan(5);
});
