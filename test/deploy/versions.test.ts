import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { versions } from './tools';

const read = (path: string) => readFileSync(path, 'utf8');
const places = read('scripts/tools/places.sh');
const played = (/^node_versions=\((.*)\)$/m.exec(places)?.[1] ?? '').split(' ');
const majorsOf = (text: string) => [...text.matchAll(/\b(2\d)\b/g)].map(([major]) => major);

test('CI plays the run contract on each version of Node that package.json names, on its own machine or by these', () => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
  expect(engines.node).toBe('^20.19 || ^22 || ^24 || ^26');
  expect(['20', ...played.map((version) => version.split('.')[0])]).toEqual(majorsOf(engines.node.replace('.19', '')));
  const run = read('.ci/run');
  expect(run).toContain('scripts/check/node-versions.sh 22 26');
  expect(run).toContain('scripts/check/image.sh');
});

test('the image is of one of these versions, and the README says that 20 is past its end', () => {
  expect(played).toContain(versions.node);
  expect(read('Dockerfile')).toContain(`ARG NODE=node:${versions.node}-trixie-slim`);
  expect(read('README.md')).toContain('Node 20 is past its end of life');
});

test('Dependabot looks after the images, the packages and the compiler of the templates', () => {
  const { updates } = parse(read('.github/dependabot.yml')) as { updates: ReadonlyArray<Record<string, unknown>> };
  expect(updates.map((part) => part['package-ecosystem'])).toEqual(['docker', 'npm', 'nuget']);
  expect(read('scripts/tools/bicep.csproj')).toContain(`linux-x64" Version="${versions.bicep}"`);
});
