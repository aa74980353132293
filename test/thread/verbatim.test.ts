// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates and what looks like them are what this file tests
import fc from 'fast-check';
import { hasHidden, parseVisible } from '../../src/lib/visible';
import { type Command, commandToParams } from '../../src/request/ask/command';
import { requestCard } from '../../src/thread/cards/request-card';
import { activityBytes, maxActivityBytes } from '../../src/thread/kit/fits';
import { relay, showCut, showOutput, showParagraphs } from '../../src/thread/kit/line';
import { fillTemplate } from '../../src/thread/kit/template';
import { formatDuration, formatList, formatSize, formatTime, parseDefenderTime } from '../../src/thread/kit/words';
import { resultPost } from '../../src/thread/posts/result-post';
import { readPost, runsOf } from './read-card';
import {
  harmless,
  makeBar,
  makeBase,
  makeEmergency,
  makeFile,
  makePause,
  makeRequests,
  makeView,
  noon,
  scriptResult,
} from './samples';

/** Text that a rendering or an escape could change: blanks, escapes, macros, templates, markup, hidden and lone characters. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ' ',
        '  ',
        '\t',
        '\\',
        '\\u{20}',
        '{',
        '{{',
        '${title}',
        '*',
        '_',
        '[a](b)',
        '<at>',
        '\u202e',
        '\u200b',
        '\u00a0',
        '\ud800',
        'a\u0430',
        '\u03bf',
        '\uff21',
        '\u30ce',
        '\u0301',
        '\u2215',
        '"',
        "'",
        '`',
      ),
      fc.string({ unit: 'binary' }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const command: fc.Arbitrary<Command> = fc.oneof(
  nasty.map((fileName) => ({ type: 'PutFile', fileName }) as const),
  fc.tuple(nasty, fc.option(nasty)).map(([scriptName, args]) => ({ type: 'RunScript', scriptName, args }) as const),
  nasty.map((path) => ({ type: 'GetFile', path }) as const),
);

test('whatever the commands are, the card shows each, in order, and the shown text gives back the identical text (promise 1, T-18)', () => {
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 4 }), nasty, (commands, text) => {
      const reason = `r${text}`.replaceAll('\n', ' ');
      const { awaitingApproval } = makeRequests(harmless, {
        commands,
        reason,
        library: [],
      });
      const { card } = requestCard(makeView(awaitingApproval as never), { audience: 'approver', token: 't' });
      const shown = runsOf(card as never);
      expect(shown.filter((text) => (hasHidden(text) && text !== '\u00a0') || text.includes('{{'))).toEqual([]);
      let at = 0;
      for (const { value } of commands.flatMap(commandToParams)) {
        at = shown.findIndex((text, i) => i >= at && parseVisible(text) === value) + 1;
        expect(at).toBeGreaterThan(0);
      }
      expect(shown.slice(at).map(parseVisible)).toContain(reason);
    }),
    { numRuns: 150 },
  );
});

test('every field from outside parses back to the identical text, names and labels too (T-18)', () => {
  const label = nasty.map((text) => `n${[...text].slice(0, 8).join('')}n`);
  const labels = fc.record({
    requester: label,
    voter: label,
    named: label,
    device: label,
    group: label,
    tag: label,
    script: label,
    uploader: label,
    rule: label,
    seat: label,
    incident: label,
    policyVersion: label,
  });
  fc.assert(
    fc.property(labels, (from) => {
      const base = makeBase();
      const { requester, device } = base;
      const request = makeRequests(harmless, {
        requester: { ...requester, name: from.requester },
        device: { ...device, name: from.device, groupName: from.group, tags: [from.tag] },
        commands: [{ type: 'RunScript', scriptName: from.script, args: null }],
        library: [{ ...makeFile(from.script), createdBy: from.uploader }],
        policyVersion: from.policyVersion,
        bar: makeBar(harmless, { rule: from.rule, seats: [{ group: from.seat, count: 1 }], approvalsNeeded: 1 }),
        emergency: { ...makeEmergency(), incident: from.incident, by: { ...requester, name: from.voter } },
      }).awaitingApproval;
      const view = makeView(request as never, {
        names: new Map(base.approverIds.map((id) => [id, from.named])),
        pause: { ...makePause(), reason: from.voter },
      });
      const { card } = requestCard(view, { audience: 'approver', token: 't' });
      expect(runsOf(card as never).map(parseVisible)).toEqual(expect.arrayContaining(Object.values(from)));
    }),
    { numRuns: 150 },
  );
});

test('whatever a script wrote, its result fits, and nothing of it is hidden or evaluated (T-34)', () => {
  fc.assert(
    fc.property(fc.array(nasty, { maxLength: 40 }), fc.nat(3_000), (lines, repeat) => {
      const output = `${lines.join('\n')}${'字'.repeat(repeat)}${'\n'.repeat(repeat % 300)}`;
      const post = resultPost(
        makeView(makeRequests().succeeded as never),
        scriptResult(harmless, { output, errors: output }),
      );
      expect(activityBytes(post)).toBeLessThanOrEqual(maxActivityBytes);
      const wrong = runsOf(post.card as never).filter(
        (text) => text.includes('{{') || hasHidden(text.replaceAll('\u00a0', ' ')),
      );
      expect(wrong).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('output of many long lines is cut where it is said to be', () => {
  const output = Array.from({ length: 500 }, (_, i) => `${i} ${'x'.repeat(400)}`).join('\n');
  const text = readPost(resultPost(makeView(makeRequests().succeeded as never), scriptResult(harmless, { output })));
  expect(text).toMatch(/^ {2}\u2502 Cut here: 4\d\d more lines\.$/m);
  expect(text).toContain('0 '.concat('x'.repeat(298), ' … (cut here; 102 more characters)'));
});

test.each([
  ['Name     PID', 'Name\u00a0\u00a0\u00a0\u00a0\u00a0PID'],
  ['  indented', '\u00a0\u00a0indented'],
  ['a\tb', 'a\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0b'],
  ['one blank', 'one blank'],
  ['end ', 'end\u00a0'],
  ['own\u00a0no-break', 'own\\u{a0}no-break'],
  ['made visible \\u{202e} before', 'made visible \\u{202e} before'],
  ['{{DATE(x)}}', '{\\u{7b}DATE(x)}}'],
])('the output line %j keeps its columns', (line, shown) => {
  expect(showOutput(line).text).toBe(shown);
});

test('a sentence of ours keeps the escapes that it quotes, and lets nothing hidden through', () => {
  expect(relay('no file "a\\u{202e}b", \u202eor {{DATE}}').text).toBe(
    'no file "a\\u{202e}b", \\u{202e}or {\\u{7b}DATE}}',
  );
});

test('a reason of several lines is shown in lines, one of very many in one', () => {
  expect(showParagraphs('a\n\nb').map((line) => line.map((run) => run.text).join(''))).toEqual(['a', '\u00a0', 'b']);
  expect(showParagraphs('a\n'.repeat(500))).toHaveLength(1);
});

test('a text is cut between characters, and what is missing is counted', () => {
  expect(showCut('😀😀😀', 2).map((run) => run.text)).toEqual(['😀😀', ' … (cut here; 1 more character)']);
  expect(showCut('abc', 3).map((run) => run.text)).toEqual(['abc']);
});

describe('a template that does not fit its data is a bug, found before anything is sent (teams.md A7)', () => {
  const card = (body: unknown) => ({ type: 'AdaptiveCard', version: '1.5', body });
  test.each([
    ['a field that is missing', [{ text: '${gone}' }], {}],
    ['a field of a field that is missing', [{ text: '${a.gone}' }], { a: {} }],
    ['a field that is null', [{ text: '${a}' }], { a: null }],
    ['a null inside a longer text', [{ text: 'x ${a}' }], { a: null }],
    ['an object inside a longer text', [{ text: 'x ${a}' }], { a: {} }],
    ['a function', [{ text: '${toUpper(a)}' }], { a: 'x' }],
    ['a field missing in one row of several', [{ $data: '${rows}', text: '${name}' }], { rows: [{ name: 'a' }, {}] }],
    ['a condition that is no boolean', [{ $when: '${a}', text: 'x' }], { a: 'yes' }],
    ['a condition that is a comparison', [{ $when: '${a == 1}', text: 'x' }], { a: 1 }],
    ['a field from the prototype', [{ text: '${constructor}' }], {}],
  ])('%s', (_what, body, data) => {
    expect(() => fillTemplate(card(body), data)).toThrow(
      expect.objectContaining({ name: 'TemplateError', code: 'thread.template' }),
    );
  });

  test('what does not make a card', () => {
    expect(() => fillTemplate({ text: 'x' }, {})).toThrow('The template made no Adaptive Card.');
  });

  test('while data may hold what looks like a field', () => {
    expect(
      fillTemplate(card([{ text: '${a}', list: '${list}' }]), { a: '${b} ${gone}', b: 'secret', list: ['${b}'] }),
    ).toMatchObject({ body: [{ text: '${b} ${gone}', list: ['${b}'] }] });
  });

  test('and a part that is left out needs no data', () => {
    expect(fillTemplate(card([{ $when: '${on}', text: '${gone}' }, { text: 'kept' }]), { on: false })).toMatchObject({
      body: [{ text: 'kept' }],
    });
  });
});

describe('numbers and times in words', () => {
  test.each([
    [-5, 'less than a second'],
    [999, 'less than a second'],
    [1_000, '1 second'],
    [59_999, '59 seconds'],
    [61_000, '1 minute 1 second'],
    [120_000, '2 minutes'],
    [1_500_000, '25 minutes'],
    [7_500_000, '2 hours 5 minutes'],
    [90_000_000, '1 day 1 hour'],
    [864_000_000, '10 days'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1_023, '1 023 bytes'],
    [1_024, '1.0 KB (1 024 bytes)'],
    [1_048_575, '1.0 MB (1 048 575 bytes)'],
    [3 * 1_024 ** 3, '3.0 GB (3 221 225 472 bytes)'],
  ])('%d bytes is %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

  test('an instant carries its day and its zone', () => {
    expect(formatTime(noon)).toBe('3 Mar 2026 12:00 UTC');
    expect(formatTime(noon + 43_200_000)).toBe('4 Mar 2026 00:00 UTC');
    expect(formatTime(noon, { zone: 'Europe/Berlin' })).toBe('3 Mar 2026 13:00 CET');
  });

  test('Defender writes instants with up to seven fraction digits, and other text is none', () => {
    expect(parseDefenderTime('2026-03-03T12:00:00.1234567Z')).toBe(noon + 123);
    expect(parseDefenderTime('2026-03-03T12:00:00Z')).toBe(noon);
    expect([null, '', 'yesterday', '2026-13-45T99:00:00Z', '5'].map(parseDefenderTime)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  test('a list reads as one', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((items) => formatList(items))).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });
});
