import fc from 'fast-check';
import { whose } from '../../../src/request/doubt/whose';
import type { AskedCommand, ObservedAction } from '../../../src/request/event';
import { transition } from '../../../src/request/transition';
import { action, ana, base, now, samples } from '../sample';

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

describe('whatever the fields of an action say', () => {
  const comment = fc.constantFrom(
    ours.comment,
    null,
    '',
    'somebody else',
    '[LR-7F3K2/1/000000000000]',
    `x ${ours.comment}`,
  );
  const type = fc.constantFrom(...asked.map((command) => command.type), '', 'Isolate');
  const param = fc.record({
    key: fc.constantFrom('FileName', 'filename', 'ScriptName', 'Args', ''),
    value: fc.constantFrom(...asked.flatMap((command) => command.params.map((p) => p.value)), '', 'null'),
  });
  const anyCommand: fc.Arbitrary<AskedCommand> = fc.oneof(
    fc.constantFrom(...asked),
    fc.record({ type, params: fc.array(param, { maxLength: 3 }) }),
  );
  const anyAsked = fc.oneof(fc.constant(ours.asked), fc.constant(null), fc.array(anyCommand, { maxLength: 5 }));
  const anyAction = fc
    .record({ comment, asked: anyAsked, status: fc.constantFrom('Pending', 'InProgress', 'Succeeded', 'Odd') })
    .map((over): ObservedAction => ({ ...ours, ...over }));
  /** By hand: the whole marker, and every command with its own parameters. */
  const isOurs = (seen: ObservedAction): boolean =>
    seen.comment === ours.comment &&
    seen.asked !== null &&
    seen.asked.length === asked.length &&
    seen.asked.every(({ type, params }, i) => {
      const wanted = asked[i] as AskedCommand;
      const has = (p: { readonly key: string; readonly value: string }) =>
        params.filter((q) => q.key.toLowerCase() === p.key.toLowerCase() && q.value === p.value).length === 1;
      return type === wanted.type && params.length === wanted.params.length && wanted.params.every(has);
    });

  test('a 201 is followed only if all of them are ours, and nothing is cancelled or read of another', () => {
    fc.assert(
      fc.property(anyAction, fc.option(fc.constant({ by: ana, reason: null, at: 0 })), (seen, cancel) => {
        const outcome = transition({ ...samples.submitting, cancel }, { type: 'accepted', action: seen }, now);
        if (!outcome.ok) throw new Error(outcome.error.type);
        const { request, effects } = outcome.value;
        expect(request.state !== 'unknown').toBe(isOurs(seen));
        if (!isOurs(seen)) expect(effects.map((e) => e.type)).not.toContain('cancelAction');
        if (!isOurs(seen)) expect(effects.map((e) => e.type)).not.toContain('fetchResult');
      }),
      { numRuns: 500 },
    );
  });

  test('a look adopts only an action of which all of them are ours', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(samples.unknown, samples.unconfirmed),
        fc.array(anyAction, { maxLength: 4 }),
        (from, all) => {
          const actions = all.map((seen, i) => ({ ...seen, actionId: `action-${i}` }));
          const outcome = transition(from, { type: 'lookedUp', complete: true, date: now, actions }, now);
          if (!outcome.ok) throw new Error(outcome.error.type);
          const { request, effects } = outcome.value;
          const first = actions.find(isOurs);
          const isAdopted = request.state !== 'unknown' && request.state !== 'unconfirmed';
          expect(isAdopted && 'actionId' in request ? request.actionId : undefined).toBe(first?.actionId);
          const touched = effects.flatMap((e) =>
            e.type === 'cancelAction' || e.type === 'fetchResult' ? [e.actionId] : [],
          );
          for (const id of touched) expect(actions.filter(isOurs).map((a) => a.actionId)).toContain(id);
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('a field that Defender leaves out says neither', () => {
  expect(of({ comment: null })).toBe('unread');
  expect(of({ asked: null })).toBe('unread');
  expect(of({ comment: 'somebody else', asked: null })).toBe('notOurs');
});
