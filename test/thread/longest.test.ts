import {
  type Command,
  findCommandFaults,
  maxArgsLength,
  maxCommands,
  maxReasonLength,
  maxTotalLength,
} from '../../src/request/ask/command';
import type { RequestBase } from '../../src/request/request';
import { fitsOneCard, requestCard } from '../../src/thread/cards/request-card';
import { activityBytes, fits, maxActivityBytes } from '../../src/thread/kit/fits';
import { resultPost } from '../../src/thread/posts/result-post';
import { buttonsOf, readPost } from './read-card';
import { harmless, makeBar, makeDevice, makeFile, makeRequests, makeView, noon, person, scriptResult } from './samples';

/** As many commands as are legal, each with its own script, and as many characters as are legal, each of three bytes. */
function longest(char: string, over: Partial<RequestBase> = {}) {
  const names = Array.from({ length: maxCommands }, (_, i) => `${char.repeat(20)}${i}.ps1`);
  let left = maxTotalLength - names.join('').length;
  const commands = names.map((scriptName): Command => {
    const length = Math.min(maxArgsLength, left);
    left -= length;
    return { type: 'RunScript', scriptName, args: length === 0 ? null : char.repeat(length) };
  });
  return {
    commands,
    library: names.map((name) =>
      makeFile(name, harmless, { createdBy: 'library.administrator@contoso.onmicrosoft.com' }),
    ),
    reason: char.repeat(maxReasonLength),
    requester: { ...person('Ana'), name: char.repeat(60) },
    device: makeDevice(harmless, {
      name: `${'w'.repeat(63)}.${'c'.repeat(60)}.example.com`,
      tags: Array.from({ length: 20 }, (_, i) => `${char.repeat(50)}${i}`),
      groupName: char.repeat(100),
    }),
    ...over,
  };
}

const awaiting = (over: Partial<RequestBase>) =>
  makeView(makeRequests(harmless, over)['awaitingApproval, one vote'] as never, { trial: true });
const options = { audience: 'thread', token: 'x'.repeat(43) } as const;

test('the longest legal request fits on its approval card', () => {
  const parts = longest('w');
  expect(findCommandFaults(parts.commands)).toEqual([]);
  expect(fitsOneCard(awaiting(parts))).toBe(true);
  expect(buttonsOf(requestCard(awaiting(parts), options).card as never)).toHaveLength(4);
});

test.each([
  ['characters of three bytes', longest('字')],
  [
    'repeated blanks, which are shown escaped',
    {
      ...longest('w'),
      commands: longest('w').commands.map((c) =>
        c.type === 'RunScript' && c.args !== null ? { ...c, args: `-${' '.repeat(c.args.length - 2)}-` } : c,
      ),
    },
  ],
])(
  'a request of legal length that does not fit because of %s cannot be approved, and says so (T-17)',
  (_what, parts) => {
    expect(findCommandFaults(parts.commands)).toEqual([]);
    expect(fitsOneCard(awaiting(parts))).toBe(false);
    const post = requestCard(awaiting(parts), options);
    expect(fits(post)).toBe(true);
    expect(buttonsOf(post.card as never).map((b) => b.verb)).toEqual(['request.cancel']);
    expect(readPost(post)).toContain(
      'It cannot be approved here. It is too long to be shown whole on one card, and nobody should approve what they cannot read.',
    );
  },
);

test('a request that fits still fits when all but the last vote are on its card, however long the names of the voters', () => {
  const base = makeRequests(harmless, { bar: makeBar(harmless, { approvalsNeeded: 5 }) })['awaitingApproval, one vote'];
  if (base?.state !== 'awaitingApproval') throw new Error('Not awaiting approval.');
  const [vote] = base.votes;
  if (vote === undefined) throw new Error('No vote.');
  const withVotes = (n: number) =>
    makeView({
      ...base,
      votes: Array.from({ length: n }, () => ({ ...vote, by: { ...vote.by, name: '\u{1f600}'.repeat(300) } })),
    });
  const bytes = (n: number) => activityBytes(requestCard(withVotes(n), options));
  expect((bytes(4) - bytes(0)) / 4).toBeLessThanOrEqual(700);
});

test('a request that only just fits still fits while it is paused, whatever the name and the words of who paused', () => {
  const withReason = (hidden: number) => awaiting({ ...longest('w'), reason: '\u{10ffff}'.repeat(hidden) });
  let hidden = 0;
  while (fitsOneCard(withReason(hidden + 10))) hidden += 10;
  const pause = {
    by: { ...person('Cy'), name: '\u{1f600}'.repeat(300) },
    reason: '\u{10ffff}'.repeat(maxReasonLength),
    at: noon,
  };
  const post = requestCard({ ...withReason(hidden), pause }, options);
  expect(fits(post)).toBe(true);
  expect(buttonsOf(post.card as never)).toHaveLength(4);
  expect(readPost(post)).toContain('stopped all submissions');
  expect(readPost(post)).not.toContain('wrote about the pause');
});

test('once decided, a request with far too much to show is cut, and each cut says so', () => {
  const requests = makeRequests(harmless, longest('字'));
  for (const request of Object.values(requests).filter(({ state }) => state !== 'awaitingApproval')) {
    const post = requestCard(makeView(request), options);
    expect(activityBytes(post)).toBeLessThanOrEqual(maxActivityBytes);
    expect(readPost(post)).toContain('(cut here; 1 700 more characters)');
  }
});

test('a request is not asked when its card would lose its buttons as votes come in', () => {
  const needing = (approvalsNeeded: number) =>
    awaiting({ ...longest('w'), bar: makeBar(harmless, { approvalsNeeded }) });
  expect(fits(requestCard(needing(20), options))).toBe(true);
  expect([fitsOneCard(needing(1)), fitsOneCard(needing(20))]).toEqual([true, false]);
});

test('a result of the widest lines still fits, shorter than others', () => {
  const output = Array.from({ length: 100 }, () => '字'.repeat(300)).join('\n');
  const post = resultPost(
    makeView(makeRequests().succeeded as never),
    scriptResult(harmless, { output, errors: output }),
  );
  expect(fits(post)).toBe(true);
  expect(readPost(post)).toContain('more lines.');
});
