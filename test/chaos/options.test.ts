import { parseChaosOptions } from '../../chaos/options';

const parse = (words: string) => parseChaosOptions(words.split(' ').filter(Boolean), 4242);

test('what is left out is 200 kills of one process on one file, with a seed that is told', () => {
  expect(parse('')).toEqual({
    ok: true,
    value: { kills: 200, store: 'sqlite', replicas: 1, seed: 4242, speed: 12, databaseUrl: null, keep: false },
  });
  expect(parse('--store postgres')).toMatchObject({ ok: true, value: { replicas: 2 } });
  expect(parse('--help')).toEqual({ ok: true, value: 'help' });
});

test('every option is taken', () => {
  const words = '--kills 8 --store postgres --replicas 3 --seed 1 --speed 20 --database-url postgres://u@h/d --keep';
  expect(parse(words)).toEqual({
    ok: true,
    value: {
      kills: 8,
      store: 'postgres',
      replicas: 3,
      seed: 1,
      speed: 20,
      databaseUrl: 'postgres://u@h/d',
      keep: true,
    },
  });
});

test.each([
  ['--kills 0', '--kills must be a whole number from 1 to 5000.'],
  ['--kills many', '--kills must be a whole number from 1 to 5000.'],
  ['--replicas 9 --store postgres', '--replicas must be a whole number from 1 to 4.'],
  ['--seed x1', '--seed must be a whole number from 0 to 4294967295.'],
  ['--speed 0', '--speed must be a whole number from 1 to 200.'],
  ['--store mysql', '--store must be sqlite or postgres.'],
  ['--luck 3', 'I do not know one of these words: --luck 3.'],
  ['--database-url postgres://h/d', '--database-url is for --store postgres.'],
  [
    '--store postgres --database-url mysql://h/d',
    '--database-url must begin with postgres:// and lead to an empty database.',
  ],
  [
    '--store sqlite --replicas 2',
    'With --store sqlite there is one replica: one process may use the file. Take --store postgres for several.',
  ],
])('%s is refused with what is right', (words, sentence) => {
  expect(parse(words)).toEqual({ ok: false, error: sentence });
});
