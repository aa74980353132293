import fc from 'fast-check';
import {
  type Command,
  commandOrder,
  commandToParams,
  findCommandFaults,
  forbiddenArgCharacters,
  inAllowedOrder,
  libraryFileOf,
} from '../../../src/request/ask/command';

const put = (fileName: string): Command => ({ type: 'PutFile', fileName });
const run = (scriptName: string, args: string | null = null): Command => ({ type: 'RunScript', scriptName, args });
const get = (path: string): Command => ({ type: 'GetFile', path });
const faultTypes = (...commands: Command[]) => findCommandFaults(commands).map((fault) => fault.type);

describe('what Defender is sent', () => {
  test('has its exact key names, and no Args for a script without arguments', () => {
    expect([put('a.zip'), run('b.ps1'), run('b.ps1', 'x y'), get('C:\\c')].map(commandToParams)).toEqual([
      [{ key: 'FileName', value: 'a.zip' }],
      [{ key: 'ScriptName', value: 'b.ps1' }],
      [
        { key: 'ScriptName', value: 'b.ps1' },
        { key: 'Args', value: 'x y' },
      ],
      [{ key: 'Path', value: 'C:\\c' }],
    ]);
  });

  test('names the library file of a command', () => {
    expect([put('a.zip'), run('b.ps1'), get('C:\\c')].map(libraryFileOf)).toEqual(['a.zip', 'b.ps1', null]);
  });
});

describe('faults of commands', () => {
  test('there are none in the documented example', () => {
    expect(
      faultTypes(put('procdump.zip'), run('minidump.ps1', 'OfficeClickToRun'), get('C:\\windows\\TEMP\\a.zip')),
    ).toEqual([]);
  });

  test('an empty list, and more than ten', () => {
    expect(faultTypes()).toEqual(['noCommands']);
    expect(faultTypes(...Array.from({ length: 10 }, () => run('a.ps1')))).toEqual([]);
    expect(faultTypes(...Array.from({ length: 11 }, () => run('a.ps1')))).toEqual(['tooManyCommands']);
  });

  test('an order that Defender refuses comes with the allowed one, equal types kept as they were', () => {
    expect(findCommandFaults([get('/a'), run('b.ps1'), put('c'), run('d.ps1')])).toEqual([
      { type: 'wrongOrder', index: 1, corrected: [put('c'), run('b.ps1'), run('d.ps1'), get('/a')] },
    ]);
  });

  test('any commands in the allowed order have no order fault', () => {
    const command = fc.constantFrom(put('a'), run('b'), get('/c'));
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 10 }), (commands) => {
        const sorted = inAllowedOrder(commands);
        const ranks = sorted.map((c) => commandOrder.indexOf(c.type));
        return (
          findCommandFaults(sorted).length === 0 && ranks.every((rank, i) => i === 0 || rank >= (ranks[i - 1] ?? 0))
        );
      }),
    );
  });

  test.each(forbiddenArgCharacters)('arguments with %s', (character) => {
    expect(findCommandFaults([run('a.ps1', `x${character}y`)])).toEqual([
      { type: 'forbiddenArgs', index: 0, characters: [character] },
    ]);
  });

  test.each(['\u2018', '\u2019', '\u201a', '\u201c', '\u201d', '\u201e', '\u201f', '\u2013', '\u2014', '\u2015'])(
    'arguments with %j, which PowerShell reads as something else than it looks',
    (character) => {
      expect(findCommandFaults([run('a.ps1', `x${character}${character}y`)])).toEqual([
        { type: 'typographicArgs', index: 0, characters: [character] },
      ]);
    },
  );

  test.each([
    '\0',
    '\n',
    '\t',
    '\u00a0',
    '\u200b',
    '\u202e',
    '\ufeff',
    '\u{e0041}',
    '\ufe0f',
    '\ud800',
    '\ue000',
    '\u3000',
  ])('the hidden character %j in arguments, names and paths', (character) => {
    expect(findCommandFaults([put(`a${character}b`), run('a', `x${character}`), get(`/a${character}b`)])).toEqual([
      { type: 'hiddenCharacters', index: 0, part: 'name', text: `a${character}b` },
      { type: 'hiddenCharacters', index: 1, part: 'args', text: `x${character}` },
      { type: 'hiddenCharacters', index: 2, part: 'path', text: `/a${character}b` },
    ]);
  });

  test('what is empty or too long', () => {
    expect(faultTypes(put(' '), run(''), get(''))).toEqual(['emptyName', 'emptyName', 'emptyName']);
    expect(
      findCommandFaults([put('a'.repeat(201)), run('a', 'b'.repeat(2_001)), get(`/${'c'.repeat(1_000)}`)]),
    ).toEqual([
      { type: 'tooLong', index: 0, part: 'name', length: 201, limit: 200 },
      { type: 'tooLong', index: 1, part: 'args', length: 2_001, limit: 2_000 },
      { type: 'tooLong', index: 2, part: 'path', length: 1_001, limit: 1_000 },
    ]);
    expect(findCommandFaults(Array.from({ length: 4 }, () => run('a', 'b'.repeat(1_999))))).toEqual([
      { type: 'tooLongTogether', length: 8_000 },
    ]);
  });

  test.each(['..\\a.ps1', 'a/b.ps1', 'C:a', 'a*', 'a?', 'a"b', '<a', 'a|b', '.a'])('the library name %j', (name) => {
    expect(faultTypes(run(name))).toEqual(['badName']);
  });

  test.each([
    ['a.txt', 'notAbsolute'],
    ['C:a.txt', 'notAbsolute'],
    ['%TEMP%\\a', 'notAbsolute'],
    ['~/a', 'notAbsolute'],
    ['\\\\server\\share\\a', 'uncOrDevice'],
    ['\\\\?\\C:\\a', 'uncOrDevice'],
    ['\\\\.\\PhysicalDrive0', 'uncOrDevice'],
    ['//server/a', 'uncOrDevice'],
    ['C:\\a\\..\\b', 'parentSegment'],
    ['/a/../b', 'parentSegment'],
    ['C:\\a:stream', 'alternateStream'],
    ['C:\\*.log', 'wildcard'],
    ['C:\\%TEMP%\\a', 'variable'],
    ['C:\\a.', 'trailing'],
    ['C:\\a \\b', 'trailing'],
    ['C:\\a|b', 'forbiddenCharacter'],
    ['/tmp/a"b', 'forbiddenCharacter'],
    ['C:\\a\\', 'directory'],
    ['/', 'directory'],
  ])('the path %j is %s', (path, why) => {
    expect(findCommandFaults([get(path)])).toEqual([{ type: 'badPath', index: 0, path, why }]);
  });

  test.each([
    'C:\\Program Files\\_a_*'.slice(0, -1),
    'c:/a/b.txt',
    '/var/log/a b.log',
    'C:\\100%\\a',
    'D:\\ä\\日本.txt',
    '/a:b',
  ])('the path %j is allowed', (path) => {
    expect(faultTypes(get(path))).toEqual([]);
  });
});
