import { findVerb, findWord, nearestWord, verbOf, verbs, verbTable, words } from '../../src/chat/words';

test('words and verbs are found in any case and by their aliases', () => {
  expect([findWord('ON'), findWord('Reject'), findWord('?'), findWord('put'), findWord('constructor')]).toEqual([
    'on',
    'deny',
    'help',
    null,
    null,
  ]);
  expect([findVerb('RUNSCRIPT'), findVerb('get'), findVerb('on'), findVerb('__proto__')]).toEqual([
    'run',
    'getfile',
    null,
    null,
  ]);
  expect(verbs.map((verb) => verbOf(verbTable[verb].type))).toEqual([...verbs]);
});

test.each([
  ['hepl', 'help'],
  ['Stauts', 'status'],
  ['aproove', 'approve'],
  ['in', 'on'],
  ['nwe', 'new'],
  ['libary', 'library'],
  ['/help', 'help'],
  ['puase', 'pause'],
  ['break_glass', 'breakglass'],
  ['reveiws', 'reviews'],
  ['resum', 'resume'],
  ['please', null],
  ['x', null],
  ['', null],
  ['x'.repeat(10_000), null],
])('the nearest word to %j is %j', (typed, word) => {
  expect(nearestWord(typed, words)).toBe(word);
});
