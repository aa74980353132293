import { format, inspect } from 'node:util';
import { Redacted, redact, reveal } from '../../src/lib/redacted';

const secret = 's3cr3t-value';

test.each<[string, (box: Redacted<string>) => string]>([
  ['a template', (box) => `${box}`],
  ['string concatenation', (box) => `token ${String(box)}`],
  ['JSON', (box) => JSON.stringify({ box, list: [box] })],
  ['inspect with hidden fields', (box) => inspect(box, { showHidden: true, depth: 9, customInspect: false })],
  ['console formatting', (box) => format('%s %o %O %j', box, box, { box }, { box })],
  ['its own keys', (box) => JSON.stringify([Object.entries(box), Reflect.ownKeys(box)].map(String))],
  ['a copy', (box) => JSON.stringify({ ...box })],
  ['an error cause', (box) => inspect(new Error('failed', { cause: box }))],
])('a secret is not printed by %s', (_name, print) => {
  const printed = print(redact(secret));
  expect(printed).not.toContain(secret);
});

test('a secret is given back by reveal only', () => {
  expect(reveal(redact(secret))).toBe(secret);
  expect(reveal(redact(undefined))).toBeUndefined();
});

test('a box that redact did not make is refused, so that a copied or forged one is noticed', () => {
  expect(() => reveal(new Redacted())).toThrow('This secret was not made by redact().');
  expect(() => reveal(structuredClone({ kind: 'redacted' }) as Redacted<string>)).toThrow('not made by redact()');
});
