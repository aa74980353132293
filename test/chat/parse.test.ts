import fc from 'fast-check';
import { cleanMessage } from '../../src/chat/clean';
import { type Draft, writeCommand, writeDraft } from '../../src/chat/draft';
import { type Intent, maxMessageLength, parseMessage } from '../../src/chat/parse';
import { exampleRequest, verbs, verbTable, words, wordTable } from '../../src/chat/words';
import { type Command, findCommandFaults, inAllowedOrder } from '../../src/request/ask/command';

const parse = (text: string) => parseMessage({ text, notices: [] });
const intentOf = (text: string): Intent => {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(`${text}: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
};
const read = (text: string) => {
  const intent = intentOf(text);
  if (intent.type !== 'draft') throw new Error(`${text}: ${intent.type}`);
  return intent;
};
const draftOf = (text: string): Draft => read(text).draft;
const faultsOf = (text: string): readonly string[] => {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.error.map((fault) => (fault.type === 'badCommand' ? fault.fault.type : fault.type));
};

const example: Draft = {
  device: 'ws-042',
  commands: [
    { type: 'PutFile', fileName: 'procdump.zip' },
    { type: 'RunScript', scriptName: 'minidump.ps1', args: 'OfficeClickToRun' },
    { type: 'GetFile', path: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip' },
  ],
  reason: 'INC-1042 credential theft triage',
};
const run = (args: string | null, scriptName = 'a.ps1'): Command => ({ type: 'RunScript', scriptName, args });

const tricky = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        'because',
        '-parameters',
        '"',
        "'",
        ';',
        ' ',
        '  ',
        'run',
        'on',
        'C:\\new\\t',
        '`',
        '*',
        '_',
        '<b>',
        '&lt',
        '%',
        '{{',
        '\\u{41}',
        'ä',
      ),
    )
    .map((p) => p.join('')),
);

describe('a request', () => {
  test.each([
    ['as lines', exampleRequest],
    ['on one line', exampleRequest.replaceAll('\n', '; ')],
    [
      'on one line without ; around device and reason',
      exampleRequest.replace('\n', ' ').replaceAll('\n', ';').replace(';because', ' because'),
    ],
    [
      'with aliases and in capitals',
      exampleRequest
        .replace('on', 'ON')
        .replace('putfile', 'Put')
        .replace('run', 'RunScript')
        .replace('getfile', 'GET')
        .replace('because', 'Because'),
    ],
    [
      'with blank lines and outer blanks',
      exampleRequest.replaceAll('\n', ' \t\n\n \u00a0').replace('minidump.ps1 ', 'minidump.ps1 \t '),
    ],
    [
      'with the portal form of arguments',
      exampleRequest.replace('OfficeClickToRun\n', '-parameters "OfficeClickToRun"\n'),
    ],
    [
      'with a typographic portal form',
      exampleRequest.replace('OfficeClickToRun\n', '–Parameters “OfficeClickToRun”\n'),
    ],
    [
      'with quoted names',
      exampleRequest
        .replace('ws-042', '"ws-042"')
        .replace('procdump.zip', '"procdump.zip"')
        .replace('minidump.ps1', '"minidump.ps1"'),
    ],
    ['with a colon after because', exampleRequest.replace('because', 'because:')],
  ])('%s is the same draft', (_name, text) => {
    expect(draftOf(text)).toEqual(example);
  });

  test('as Teams delivers it is the same draft', () => {
    const botMentions = ['<at>Live Response</at>'];
    const html = `<p><at id="0">Live Response</at>&nbsp;${exampleRequest.split('\n').join('</p>\n<p>')}</p>`;
    const text = `<at>Live Response</at>&nbsp;${exampleRequest.replaceAll('\n', '\r\n')}`;
    for (const raw of [
      { text, textFormat: 'plain', html: null, botMentions },
      { text: '', textFormat: null, html, botMentions },
    ]) {
      const parsed = parseMessage(cleanMessage(raw));
      expect(parsed).toEqual({ ok: true, value: { type: 'draft', draft: example, notices: [] } });
    }
  });

  test.each([
    ['ws-042', 'ws-042'],
    ['ws-042.contoso.com', 'ws-042.contoso.com'],
    ['10.1.2.3', '10.1.2.3'],
    ['fe80::1', 'fe80::1'],
    ['tag:vip', 'tag:vip'],
    ['"tag:very important"', 'tag:very important'],
    ['“tag:very important”', 'tag:very important'],
    ['"run"', 'run'],
  ])('takes the device %s', (typed, device) => {
    expect(draftOf(`on ${typed} run a.ps1 because x`).device).toBe(device);
  });

  test.each([
    ['run a.ps1', run(null)],
    ['run a.ps1 -x "a b"  c', run('-x "a b"  c')],
    ['run a.ps1 -parameters "-x "a b" -y"', run('-x "a b" -y')],
    ['run a.ps1 --parameters -x', run('-x')],
    ['run a.ps1 -parameters ""', run(null)],
    ['run a.ps1 -parametersX', run('-parametersX')],
    ['run "my script.ps1" x', run('x', 'my script.ps1')],
    ['run a.ps1 "because x"', run('"because x"')],
    ['run a.ps1 becauseX xbecause', run('becauseX xbecause')],
    ['run a.ps1 C:\\new\\_a_\\*b*', run('C:\\new\\_a_\\*b*')],
    ['getfile "C:\\Program Files\\x.log"', { type: 'GetFile', path: 'C:\\Program Files\\x.log' }],
    ['getfile "C:\\a;b.log"', { type: 'GetFile', path: 'C:\\a;b.log' }],
  ] satisfies [string, Command][])('takes the command %s', (typed, command) => {
    expect(draftOf(`on ws-042 ${typed} because INC-1`).commands).toEqual([command]);
  });

  test('a reason may have ; and lines, and keeps its own quotes and dashes', () => {
    const { draft, notices } = read('on a run b\nbecause INC-1; see “notes”\u00a0— second\tline:\nbecause of x; y');
    expect(draft.reason).toBe('INC-1; see “notes” — second line:\nbecause of x; y');
    expect(notices).toEqual([]);
  });
});

describe('the word because', () => {
  test('at the start of a line wins over one inside a command, and that is told', () => {
    const { draft, notices } = read('on a\nrun b.ps1 -note because of x\nbecause INC-1');
    expect(draft).toEqual({ device: 'a', commands: [run('-note because of x', 'b.ps1')], reason: 'INC-1' });
    expect(notices).toEqual([{ type: 'becauseInCommand', command: draft.commands[0] }]);
  });

  test('after ; wins likewise', () => {
    expect(draftOf('on a run b.ps1 because x; because y')).toMatchObject({
      commands: [run('because x', 'b.ps1')],
      reason: 'y',
    });
  });

  test('inline is the first one outside double quotes', () => {
    expect(draftOf('on a run b.ps1 "x because y" because z because w')).toMatchObject({
      commands: [run('"x because y"', 'b.ps1')],
      reason: 'z because w',
    });
  });

  test('before a command turns the command into reason, and that is told', () => {
    const { draft, notices } = read('on a run b.ps1 because INC-1; getfile C:\\c\nrun it; put');
    expect(draft.reason).toBe('INC-1; getfile C:\\c\nrun it; put');
    expect(notices).toEqual([
      { type: 'commandInReason', text: 'getfile C:\\c' },
      { type: 'commandInReason', text: 'run it' },
    ]);
  });
});

describe('notices', () => {
  test.each([
    ['with the name of the bot as text', `@Live Response ${exampleRequest}`],
    ['with the name of the bot and a colon', `@live response: ${exampleRequest}`],
    ['as a pasted list', exampleRequest.replace(/^/gm, '- ')],
    ['as a pasted list with round marks', exampleRequest.replace(/^/gm, '\u2022\u00a0')],
  ])('%s are read as meant, without a question', (_what, text) => {
    expect(read(text)).toMatchObject({ draft: draftOf(exampleRequest), notices: [] });
  });

  test('may give a reason with a list, whose marks stay', () => {
    const reason = 'INC-1042\n- one\n- two';
    expect(draftOf(exampleRequest.replace(/because .*/, `because ${reason}`))).toMatchObject({ reason });
  });

  test.each(['run a.ps1 -Name 😃', 'getfile C:\\x\\👍.log', 'putfile a😃.zip', 'run a©.ps1'])(
    'an emoji that an app may have made of typed text is told: %s',
    (command) => {
      const read = parseMessage({ text: `on ws-042\n${command}\nbecause INC-1 😃`, notices: [] });
      expect(read).toMatchObject({ ok: true, value: { notices: [{ type: 'emojiInCommand' }] } });
      const plain = parseMessage({ text: 'on ws-042\nrun a.ps1 1#\nbecause INC-1 😃', notices: [] });
      expect(plain).toMatchObject({ ok: true, value: { notices: [] } });
    },
  );

  test('may give a reason with emoji, which keyboards make of several characters', () => {
    const reason = 'INC-1042 ❤️ for the 👨\u200d👩\u200d👧';
    expect(draftOf(exampleRequest.replace(/because .*/, `because ${reason}`))).toMatchObject({ reason });
    expect(parse(`deny LR-7F3K because ${reason}`)).toMatchObject({ ok: true, value: { reason } });
  });

  test('tell each line that was respelled', () => {
    expect(read('on ws-042\nrun “my script.ps1” —x\nbecause y').notices).toEqual([
      { type: 'respelled', was: 'run “my script.ps1” —x', now: 'run "my script.ps1" --x' },
    ]);
  });

  test('of the cleaning are kept, but formatting and links only where they concern what runs', () => {
    const parsed = parseMessage({
      text: 'on a run b.ps1 c\nbecause d',
      notices: [
        { type: 'quoteLeftOut' },
        { type: 'formatting', text: 'c' },
        { type: 'formatting', text: 'd' },
        { type: 'link', text: 'd', address: 'e' },
      ],
    });
    expect(parsed.ok && parsed.value.type === 'draft' && parsed.value.notices).toEqual([
      { type: 'quoteLeftOut' },
      { type: 'formatting', text: 'c' },
    ]);
  });
});

test('a draft is written so that a device called like a command, or with blanks, is read back', () => {
  for (const device of ['run', 'because', 'ws 042', 'a;b', 'ws-042']) {
    const draft = { ...example, device };
    expect(draftOf(writeDraft(draft))).toEqual(draft);
  }
});

describe('other words', () => {
  test.each([
    ['new', { type: 'newForm', device: null }],
    ['form "ws 042"', { type: 'newForm', device: 'ws 042' }],
    ['help', { type: 'help', word: null }],
    ['Hi', { type: 'help', word: null }],
    ['help Put', { type: 'help', word: 'putfile' }],
    ['help reject', { type: 'help', word: 'deny' }],
    ['status', { type: 'status', id: null }],
    ['status\u00a0lr 7f3k', { type: 'status', id: 'LR-7F3K' }],
    ['queue', { type: 'queue' }],
    ['cancel LR-7F3K', { type: 'cancel', id: 'LR-7F3K', reason: null }],
    ['cancel lr – 7f3k because wrong\ndevice', { type: 'cancel', id: 'LR-7F3K', reason: 'wrong\ndevice' }],
    ['cancel LR-7F3K because', { type: 'cancel', id: 'LR-7F3K', reason: null }],
    ['approve 7f3k', { type: 'approve', id: 'LR-7F3K', shortDigest: null }],
    ['approve LR 7F3K 3F9A21C0', { type: 'approve', id: 'LR-7F3K', shortDigest: '3f9a21c0' }],
    ['deny LR-7F3K because: no; really', { type: 'deny', id: 'LR-7F3K', reason: 'no; really' }],
    ['result LR-7F3K', { type: 'result', id: 'LR-7F3K', index: null }],
    ['result LR-7F3K 10', { type: 'result', id: 'LR-7F3K', index: 10 }],
    ['device ws-042', { type: 'device', query: 'ws-042' }],
    ['device “ws 042”', { type: 'device', query: 'ws 042' }],
    ['library', { type: 'library', query: null }],
    ['lib dump', { type: 'library', query: 'dump' }],
    ['whoami', { type: 'whoami' }],
    ['waiting', { type: 'waiting' }],
    ['policy', { type: 'policy', id: null, draft: null }],
    ['Policy Explain lr 7f3k', { type: 'policy', id: 'LR-7F3K', draft: null }],
    [`policy explain ${exampleRequest}`, { type: 'policy', id: null, draft: example }],
    [`policy explain\n${exampleRequest}`, { type: 'policy', id: null, draft: example }],
    ['pause because INC-1; stop\nit', { type: 'pause', reason: 'INC-1; stop\nit' }],
    ['PAUSE because: INC-1', { type: 'pause', reason: 'INC-1' }],
    ['resume', { type: 'resume' }],
    ['review 7f3k accept', { type: 'review', id: 'LR-7F3K', verdict: 'accept', reason: null }],
    ['review 7f3k accept because', { type: 'review', id: 'LR-7F3K', verdict: 'accept', reason: null }],
    ['review LR-7F3K Accept because ok', { type: 'review', id: 'LR-7F3K', verdict: 'accept', reason: 'ok' }],
    ['review LR-7F3K object because no', { type: 'review', id: 'LR-7F3K', verdict: 'object', reason: 'no' }],
    ['reviews', { type: 'reviews' }],
  ])('%j', (text, intent) => {
    expect(intentOf(text)).toEqual(intent);
  });

  test('every example of the word table is understood as its own word', () => {
    const types = { on: 'draft', new: 'newForm', breakglass: 'breakGlass' } as Record<string, string>;
    for (const word of words) expect(intentOf(wordTable[word].example).type).toBe(types[word] ?? word);
    for (const verb of verbs) {
      const [command] = draftOf(`on ws-042 ${verbTable[verb].example} because x`).commands;
      expect(command?.type).toBe(verbTable[verb].type);
    }
  });

  test('every alias is a word of its own', () => {
    const all = [
      ...words,
      ...verbs,
      ...[...Object.values(wordTable), ...Object.values(verbTable)].flatMap((e) => e.aliases),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('break-glass', () => {
  test.each([
    ['because ransomware incident INC-1042', 'ransomware', 'INC-1042'],
    ['incident INC-1042 because ransomware', 'ransomware', 'INC-1042'],
    ['because: ransomware\nincident: INC-1042', 'ransomware', 'INC-1042'],
    ['Incident:INC-1042 Because:ransomware', 'ransomware', 'INC-1042'],
    ['because x incident INC\u20131042', 'x', 'INC-1042'],
    ['because of an incident, see incident INC-1 incident 1042', 'of an incident, see incident INC-1', '1042'],
    ['incident INC-1 because it repeats incident INC-2', 'it repeats incident INC-2', 'INC-1'],
    ['because it runs because of it incident INC-1', 'it runs because of it', 'INC-1'],
    [`because x incident ${'1'.repeat(40)}`, 'x', '1'.repeat(40)],
  ])('reads reason and incident of %j', (text, reason, incident) => {
    const intent = { type: 'breakGlass', id: 'LR-7F3K', reason, incident };
    expect(intentOf(`breakglass 7f3k ${text}`)).toEqual(intent);
    expect(intentOf(`Break-Glass LR-7F3K\n${text}`)).toEqual(intent);
  });

  test.each([
    ['', ['incompleteBreakGlass']],
    ['because ransomware', ['incompleteBreakGlass']],
    ['because ransomware incident', ['incompleteBreakGlass']],
    ['because ransomware INC-1042', ['incompleteBreakGlass']],
    ['because incident INC-1042', ['incompleteBreakGlass']],
    ['incident INC-1042', ['incompleteBreakGlass']],
    ['incident INC-1042 because', ['incompleteBreakGlass']],
    ['incident because ransomware', ['incompleteBreakGlass']],
    ['ransomware incident INC-1042', ['incompleteBreakGlass']],
    ['because x incident response', ['badIncident']],
    ['because x incident INC 1042', ['badIncident']],
    ['because x incident INC-1042 on a server', ['badIncident']],
    ['because x incident INC_1042', ['badIncident']],
    ['because x incident \u0661\u0662', ['badIncident']],
    [`because x incident ${'1'.repeat(41)}`, ['badIncident']],
    ['incident x', ['incompleteBreakGlass', 'badIncident']],
    [`because ${'x'.repeat(1_001)} incident INC-1042`, ['tooLong']],
    ['because x\u200b incident INC-1042', ['hiddenCharacters']],
  ])('never guesses in %j', (text, types) => {
    expect(faultsOf(`breakglass LR-7F3K ${text}`)).toEqual(types);
  });

  test('any reason and incident are read back in both orders', () => {
    const incident = fc.stringMatching(/^[A-Za-z0-9-]{0,39}[0-9]$/);
    fc.assert(
      fc.property(tricky, incident, (text, id) => {
        const reason = parse(`deny 7F3K because ${text}`);
        fc.pre(reason.ok && reason.value.type === 'deny');
        const said = reason.ok && reason.value.type === 'deny' ? reason.value.reason : '';
        const intent = { type: 'breakGlass', id: 'LR-7F3K', reason: said, incident: id };
        expect(intentOf(`breakglass 7F3K because ${said} incident ${id}`)).toEqual(intent);
        expect(intentOf(`breakglass 7F3K incident ${id} because ${said}`)).toEqual(intent);
      }),
    );
  });
});

describe('a request to explain', () => {
  test('is read byte for byte as the same request without it', () => {
    const text = 'on ws-042\nrun a.ps1 “x  y”  —z\nbecause INC-1';
    expect(intentOf(`policy explain ${text}`)).toEqual({ type: 'policy', id: null, draft: draftOf(text) });
    expect(faultsOf('policy explain on ws-042 run a.ps1 x\ty\nbecause z')).toEqual(['notExplainable']);
  });

  test('is never taken for a request that is asked for, nor is what is wrong with it', () => {
    expect(intentOf(`policy explain ${exampleRequest}`).type).toBe('policy');
    for (const text of ['on', 'on ws-042', 'run a.ps1 because x', 'on ws-042 getfile C:\\a; run b because x'])
      expect(faultsOf(`policy explain ${text}`)).toEqual(['notExplainable']);
  });
});

describe('faults', () => {
  test.each([
    ['', ['empty']],
    [' \n\u00a0', ['empty']],
    ['x'.repeat(maxMessageLength + 1), ['tooLong']],
    ['hepl', ['unknownWord']],
    ['help foo', ['unknownWord']],
    ['run a.ps1 because x', ['missingDevice']],
    ['on', ['missingDevice', 'missingCommands', 'missingReason']],
    ['on run a.ps1 because x', ['missingDevice']],
    ['on because x', ['missingDevice', 'missingCommands']],
    ['on "" run a.ps1 because x', ['missingDevice']],
    ['on ws-042 because x', ['missingCommands']],
    ['on ws-042 run a.ps1', ['missingReason']],
    ['on ws-042 run a.ps1 because', ['missingReason']],
    ['on ws-042 rum a.ps1 because x', ['unknownCommand']],
    ['on ws-042 run a.ps1; b because x', ['unknownCommand']],
    ['on ws-042 getfile C:\\Program Files\\x because x', ['extraWords']],
    ['on ws-042 putfile "a b" c because x', ['extraWords']],
    ['on ws-042 getfile "C:\\Program Files\\x\nbecause x', ['unclosedQuote']],
    ['on ws-042 getfile "C:\\a"b\nbecause x', ['unclosedQuote']],
    ['on ws-042 run a.ps1 -parameters "x\nbecause x', ['unclosedQuote']],
    ['on ws-042 run\nbecause x', ['emptyName']],
    ['on ws-042 getfile C:\\a; run b because x', ['wrongOrder']],
    ['on ws-042 run a.ps1 "x;y" because x', ['forbiddenArgs']],
    ['on ws-042 run a.ps1 x\u200b\nbecause x', ['hiddenCharacters']],
    ['on ws-042 run a.ps1 x\ty\nbecause x', ['hiddenCharacters']],
    ['on ws-\u202e042 run a.ps1 because x', ['hiddenCharacters']],
    ['on ws-042 run a.ps1 because x\u0007', ['hiddenCharacters']],
    [`on ${'x'.repeat(254)} run a.ps1 because x`, ['tooLong']],
    [`on ws-042 run a.ps1 because ${'x'.repeat(1_001)}`, ['tooLong']],
    ['device', ['missingText']],
    ['device a\nb', ['unexpectedText']],
    ['device a\u200b', ['hiddenCharacters']],
    [`device ${'x'.repeat(254)}`, ['tooLong']],
    ['queue now', ['unexpectedText']],
    ['status LR-7F3K now', ['unexpectedText']],
    ['status LR-7F3O', ['badRequestId']],
    ['cancel', ['missingText']],
    ['cancel LR-7F3K wrong', ['missingBecause']],
    ['deny LR-7F3K', ['missingDenyReason']],
    ['deny LR-7F3K because', ['missingDenyReason']],
    ['deny LR-7F3K wrong', ['missingDenyReason']],
    [`deny LR-7F3K because ${'x'.repeat(1_001)}`, ['tooLong']],
    ['approve LR-7F3K yes', ['badDigest']],
    ['waiting for what', ['unexpectedText']],
    ['policy LR-7F3K', ['unexpectedText']],
    ['policy explainLR-7F3K', ['unexpectedText']],
    ['policy explain', ['missingText']],
    ['policy explain LR-7F3O', ['badRequestId']],
    ['policy explain LR-7F3K now', ['unexpectedText']],
    ['policy explain LR-7F3K\u200b', ['hiddenCharacters']],
    ['pause', ['missingPauseReason']],
    ['pause because', ['missingPauseReason']],
    ['pause all', ['missingPauseReason']],
    [`pause because ${'x'.repeat(1_001)}`, ['tooLong']],
    ['pause because x\u200b', ['hiddenCharacters']],
    ['resume because x', ['unexpectedText']],
    ['breakglass', ['missingText']],
    ['breakglass because x incident INC-1', ['badRequestId']],
    ['review', ['missingText']],
    ['review LR-7F3K', ['missingVerdict']],
    ['review LR-7F3K fine', ['missingVerdict']],
    ['review LR-7F3K acceptable', ['missingVerdict']],
    ['review LR-7F3K accept it', ['missingBecause']],
    ['review LR-7F3K object', ['missingObjection']],
    ['review LR-7F3K object because', ['missingObjection']],
    ['review LR-7F3K object to it', ['missingObjection']],
    [`review LR-7F3K accept because ${'x'.repeat(1_001)}`, ['tooLong']],
    [`review LR-7F3K object because ${'x'.repeat(1_001)}`, ['tooLong']],
    ['reviews LR-7F3K', ['unexpectedText']],
    ['result LR-7F3K 0', ['badResultNumber']],
    ['result LR-7F3K last', ['badResultNumber']],
  ])('%j', (text, types) => {
    expect(faultsOf(text)).toEqual(types);
  });
});

const legal = (command: Command): boolean => findCommandFaults([command]).length === 0;
const trimmed = (text: string): boolean => text === text.replace(/^[ \t]+|[ \t]+$/g, '');
describe('properties', () => {
  test('any legal arguments survive byte for byte', () => {
    fc.assert(
      fc.property(tricky, (args) => {
        const command = run(args);
        fc.pre(args !== '' && trimmed(args) && legal(command));
        const draft = { device: 'ws-042', commands: [command], reason: 'x' };
        expect(draftOf(writeDraft(draft))).toEqual(draft);
        if (!/^--?parameters(?:\s|$)/i.test(args)) {
          expect(draftOf(`on ws-042\nrun a.ps1 ${args}\nbecause x`)).toEqual(draft);
        }
        expect(draftOf(`on ws-042\nrun a.ps1 -parameters "${args}"\nbecause x`)).toEqual(draft);
      }),
      { numRuns: 2_000 },
    );
  });

  test('any legal draft is written so that it is read back as itself', () => {
    const typographic = /[\u2013-\u2015\u2018-\u201f]/;
    const command: fc.Arbitrary<Command> = fc.oneof(
      tricky.map((fileName): Command => ({ type: 'PutFile', fileName })),
      fc.tuple(tricky, fc.option(tricky)).map(([scriptName, args]) => run(args, scriptName)),
      tricky.map((tail): Command => ({ type: 'GetFile', path: `C:\\${tail}` })),
    );
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 5 }), tricky, (some, text) => {
        const commands = inAllowedOrder(
          some.filter(
            (c) =>
              legal(c) &&
              !typographic.test(writeCommand(c)) &&
              (c.type !== 'RunScript' || c.args === null || (c.args !== '' && trimmed(c.args))),
          ),
        );
        fc.pre(commands.length > 0);
        const reason = parse(`deny 7F3K because ${text}`);
        fc.pre(reason.ok && reason.value.type === 'deny');
        const draft = {
          device: 'ws 042',
          commands,
          reason: reason.ok && reason.value.type === 'deny' ? reason.value.reason : '',
        };
        expect(draftOf(writeDraft(draft))).toEqual(draft);
      }),
      { numRuns: 1_000 },
    );
  });

  test('no text makes the parser throw', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      tricky,
      fc.constantFrom('\n', ';', 'on ', 'deny LR-7F3K ', 'getfile ', 'because ', 'incident ', '“', '–'),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(
          '',
          'on ',
          'on a run b ',
          'policy explain on ',
          'breakglass LR-7F3K ',
          'review LR-7F3K ',
          ...words.map((word) => `${word} `),
        ),
        fc.array(piece),
        (start, pieces) => {
          parse(start + pieces.join(''));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('no text makes the parser take long', () => {
    for (const piece of [
      'because',
      ' because',
      '"',
      '" "',
      ';',
      '; ',
      ' \t',
      '\n',
      'run x;',
      '“”',
      '-parameters ',
      'incident ',
    ]) {
      const start = performance.now();
      parse(`on a run b ${piece.repeat(Math.floor(11_900 / piece.length))} x`);
      parse(`breakglass LR-7F3K because ${piece.repeat(Math.floor(11_900 / piece.length))} x`);
      expect(performance.now() - start).toBeLessThan(2_000);
    }
  });
});

test.each([
  ['@Live Response waiting', { type: 'waiting' }],
  ['- status LR-7F3K', { type: 'status', id: 'LR-7F3K' }],
  ['status lr-7f3k.', { type: 'status', id: 'LR-7F3K' }],
  ['approve LR-7F3K, 3f9a21c0', { type: 'approve', id: 'LR-7F3K', shortDigest: '3f9a21c0' }],
  ['deny LR-7F3K: because no', { type: 'deny', id: 'LR-7F3K', reason: 'no' }],
])('%j is read as meant', (text, intent) => {
  expect(intentOf(text)).toEqual(intent);
});

test('a name that only begins like that of the bot is not taken for it', () => {
  expect(parse('@Live Responses waiting')).toMatchObject({ ok: false });
});
