import { parseChaosOptions } from '../../chaos/options';

const parse = (words: string) => parseChaosOptions(words.split(' ').filter(Boolean), 4242);

test('what is left out is 200 kills of one process on one file, with a seed that is told', () => {
  expect(parse('')).toEqual({
    ok: true,
    value: {
      stories: [
        {
          kills: 200,
          store: 'sqlite',
          replicas: 1,
          seed: 4242,
          speed: 30,
          databaseUrl: null,
          without: [],
          keep: false,
        },
      ],
    },
  });
  expect(parse('--store postgres')).toMatchObject({ ok: true, value: { stories: [{ replicas: 2 }] } });
  expect(parse('--help')).toEqual({ ok: true, value: 'help' });
});

test('every option is taken', () => {
  const words =
    '--kills 8 --store postgres --replicas 3 --seed 1 --speed 20 --database-url postgres://u@h/d --keep --without regions,clocks';
  expect(parse(words)).toEqual({
    ok: true,
    value: {
      stories: [
        {
          kills: 8,
          store: 'postgres',
          replicas: 3,
          seed: 1,
          speed: 20,
          databaseUrl: 'postgres://u@h/d',
          without: ['regions', 'clocks'],
          keep: true,
        },
      ],
    },
  });
});

test('several seeds share the kills, none of which is lost', () => {
  const { value } = parse('--kills 502 --seeds 1..5') as {
    readonly value: { readonly stories: readonly { readonly seed: number; readonly kills: number }[] };
  };
  expect(value.stories.map(({ seed, kills }) => [seed, kills])).toEqual([
    [1, 101],
    [2, 101],
    [3, 100],
    [4, 100],
    [5, 100],
  ]);
});

test.each([
  ['--kills 0', '--kills must be a whole number from 1 to 5000.'],
  ['--kills many', '--kills must be a whole number from 1 to 5000.'],
  ['--replicas 9 --store postgres', '--replicas must be a whole number from 1 to 4.'],
  ['--seed x1', '--seed must be a whole number from 0 to 4294967295.'],
  ['--seed 1 --seeds 1..5', 'Take --seed for one story or --seeds for several, not both.'],
  ...['5..1', '1-5', '1..', '1..500'].map((seeds) => [
    `--seeds ${seeds}`,
    '--seeds must be two whole numbers such as 1..5, the smaller one first, for at most 100 stories.',
  ]),
  ['--kills 4 --seeds 1..5', '--kills must be at least as many as there are seeds: the stories share them.'],
  [
    '--store postgres --seeds 1..2 --database-url postgres://h/d',
    '--database-url is for one seed: each story needs an empty database.',
  ],
  [
    '--without luck',
    '--without must name some of: clocks, hidden, foreign, forgotten, gateways, outages, regions, blocked, commits.',
  ],
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
