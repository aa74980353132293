import { type Machine, type Row, type Section, toMarkdown, toText, verdictOf } from '../../bench/report';

const row = (over: Partial<Row> = {}): Row => ({
  what: 'help',
  unit: 'ms',
  ours: [1.2, 1.3, 1.25],
  against: { what: 'the echo bot', values: [1, 1.1, 1] },
  target: { type: 'atMost', value: 1.5, of: 'ratio' },
  ...over,
});

const section: Section = {
  title: 'Turns',
  how: 'Side by side.',
  rows: [
    row(),
    row({
      what: 'turns per second',
      unit: 'turns/s',
      ours: [300, 310, 305],
      target: { type: 'atLeast', value: 0.6, of: 'ratio' },
      against: { what: 'the echo bot', values: [1_000, 1_100, 1_050] },
    }),
    row({
      what: 'reads',
      unit: 'reads/h',
      ours: [720],
      against: null,
      target: { type: 'atMost', value: 720, of: 'value' },
      exact: true,
    }),
    row({ what: 'command to card', ours: [8, 9, 10], against: null, target: null }),
  ],
  missing: [{ what: 'PostgreSQL', why: 'It is not on this machine.' }],
};

const machine: Machine = {
  cpu: 'A processor',
  cores: 2,
  memoryGb: 24,
  node: 'v20.20.2',
  os: 'linux 6.1',
  commit: 'abc1234',
  date: '2026-03-02T09:00:00.000Z',
  tookS: 301.4,
  busyBefore: 0.1,
};

test('the terminal shows medians, spread, ratio, target and verdict, and what could not be measured', () => {
  expect(toText([section])).toMatchInlineSnapshot(`
"Turns
  measured          this bot           against                           ratio        target          verdict
  help              1.25 ±0.05 ms      the echo bot: 1.00 ±0.05 ms       1.20 ±0.03x  <= 1.5x         met
  turns per second  305 ±5.00 turns/s  the echo bot: 1050 ±50.0 turns/s  0.29 ±0.01x  >= 0.6x         missed
  reads             720 reads/h                                                       <= 720 reads/h  met
  command to card   9.00 ±1.00 ms
  PostgreSQL: not measured. It is not on this machine."
`);
});

test('the page says how, on what and when, and holds the same numbers', () => {
  expect(toMarkdown([section], machine)).toMatchInlineSnapshot(`
"# What \`npm run bench\` measured

2026-03-02T09:00:00.000Z, commit abc1234, Node v20.20.2, linux 6.1, 2 cores (A processor), 24 GB; took 301 s. Load before the first measurement: 0.10 a core.

Written by the run; do not edit. Numbers are medians of rounds, ± the interquartile range. Both sides of a row are measured in turn in the same rounds, and the ratio is taken round by round. \`unclear\` means that the rounds lie further apart than the median lies from the target, so they decide nothing.

## Turns

Side by side.

| measured | this bot | against | ratio | target | verdict |
|---|---|---|---|---|---|
| help | 1.25 ±0.05 ms | the echo bot: 1.00 ±0.05 ms | 1.20 ±0.03x | <= 1.5x | met |
| turns per second | 305 ±5.00 turns/s | the echo bot: 1050 ±50.0 turns/s | 0.29 ±0.01x | >= 0.6x | missed |
| reads | 720 reads/h |  |  | <= 720 reads/h | met |
| command to card | 9.00 ±1.00 ms |  |  |  |  |
| PostgreSQL | not measured | It is not on this machine. |  |  |  |
"
`);
});

test('a busy machine is told on the page', () => {
  expect(toMarkdown([section], { ...machine, busyBefore: 3 })).toContain('others were running and times are no good');
  expect(toMarkdown([section], machine)).not.toContain('others were running');
});

test('a verdict rests on the ratios of the rounds, not on the medians of the sides', () => {
  const ours = [1, 10, 100];
  expect(verdictOf(row({ ours, against: { what: 'echo', values: [1, 10, 100] } }))).toBe('met');
});

test('a row without a target has no verdict', () => {
  expect(verdictOf(row({ target: null }))).toBeNull();
});

test('rounds that contradict each other have no verdict but unclear', () => {
  expect(verdictOf(row({ ours: [1, 1.4, 2.5], against: { what: 'echo', values: [1, 1, 1] } }))).toBe('unclear');
});

test('an exact number is judged without rounds', () => {
  const target = { type: 'atMost', value: 10, of: 'value' } as const;
  expect(verdictOf(row({ ours: [11], against: null, target, exact: true }))).toBe('missed');
  expect(verdictOf(row({ ours: [11], against: null, target }))).toBe('unclear');
});
