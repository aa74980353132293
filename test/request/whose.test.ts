import fc from 'fast-check';
import type { AskedCommand, ObservedAction } from '../../src/request/event';
import { whose } from '../../src/request/whose';
import { action, base } from './sample';

const ours = action('Pending');
const of = (over: Partial<ObservedAction>) => whose(base, { ...ours, ...over });
const asked = ours.asked ?? [];
const [put, run] = asked as [AskedCommand, AskedCommand];

describe('an action is ours', () => {
  test('with our request id in the marker and our commands, whatever decision and digest it names', () => {
    expect(of({})).toBe('ours');
    expect(of({ comment: `[${base.id}/7/000000000000] asked by Ana` })).toBe('ours');
  });

  test('with parameter keys in another case or order', () => {
    const params = [...run.params].reverse().map(({ key, value }) => ({ key: key.toUpperCase(), value }));
    expect(of({ asked: asked.map((command) => (command === run ? { ...run, params } : command)) })).toBe('ours');
  });
});

describe('an action is not ours', () => {
  test.each([
    '',
    'somebody else',
    ' [LR-7F3K/1/000000000000]',
    '[LR-7F3K2/1/000000000000]',
    '[LR-7F3/1/000000000000]',
    '[lr-7f3k/1/000000000000]',
    '[LR-7F3K/000000000000]',
    '[LR-7F3K/1/00000000000]',
  ])('with the comment %j: an id is compared whole', (comment) => {
    expect(of({ comment })).toBe('notOurs');
  });

  test('whatever its commands say', () => {
    fc.assert(
      fc.property(fc.string(), (comment) => {
        fc.pre(!/^\[LR-7F3K\/\d{1,4}\/[0-9a-f]{12}\]/.test(comment));
        expect(of({ comment })).toBe('notOurs');
      }),
    );
  });
});

describe('our marker over other commands is an alarm', () => {
  const changed: ReadonlyArray<readonly [string, readonly AskedCommand[]]> = [
    ['one fewer', asked.slice(1)],
    ['one more', [...asked, put]],
    ['another order', [...asked].reverse()],
    ['another type', [{ ...put, type: 'GetFile' }, ...asked.slice(1)]],
    ['another value', [{ ...put, params: [{ key: 'FileName', value: 'procdump.zip ' }] }, ...asked.slice(1)]],
    ['a value in another case', [{ ...put, params: [{ key: 'FileName', value: 'PROCDUMP.zip' }] }, ...asked.slice(1)]],
    ['a parameter more', [{ ...put, params: [...put.params, { key: 'Args', value: '' }] }, ...asked.slice(1)]],
    ['a parameter twice', [{ ...put, params: [...put.params, ...put.params] }, ...asked.slice(1)]],
  ];
  test.each(changed)('%s', (_name, commands) => {
    expect(of({ asked: commands })).toBe('otherCommands');
  });

  test('any change of one value is noticed', () => {
    fc.assert(
      fc.property(fc.nat(asked.length - 1), fc.string(), (index, value) => {
        const commands = asked.map((command, i) =>
          i === index ? { ...command, params: command.params.map((p, n) => (n === 0 ? { ...p, value } : p)) } : command,
        );
        fc.pre(JSON.stringify(commands) !== JSON.stringify(asked));
        expect(of({ asked: commands })).toBe('otherCommands');
      }),
    );
  });
});

test('a field that Defender leaves out says neither', () => {
  expect(of({ comment: null })).toBe('unread');
  expect(of({ asked: null })).toBe('unread');
  expect(of({ comment: 'somebody else', asked: null })).toBe('notOurs');
});
