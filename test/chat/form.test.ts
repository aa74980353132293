import fc from 'fast-check';
import { createForm, describeFormFault, editForm, type FormInput, readForm, readFormInput } from '../../src/chat/form';
import { parseMessage } from '../../src/chat/parse';
import { exampleRequest, verbs } from '../../src/chat/words';
import { findCommandFaults } from '../../src/request/ask/command';

const filled = {
  verb: 'form.send',
  device: ' ws-042 ',
  type1: 'putfile',
  name1: 'procdump.zip',
  type2: 'run',
  name2: 'minidump.ps1 ',
  args2: ' OfficeClickToRun',
  type3: 'getfile',
  name3: '"C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip"',
  reason: 'INC-1042 credential theft triage\r\n',
};
const faultsOf = (data: unknown): readonly string[] => {
  const draft = readForm(data);
  return draft.ok ? [] : draft.error.map((fault) => `${fault.inputId}: ${describeFormFault(fault)}`);
};

test('the form makes the same draft as the text', () => {
  const parsed = parseMessage({ text: exampleRequest, notices: [] });
  const fromText = parsed.ok && parsed.value.type === 'draft' ? parsed.value.draft : null;
  expect(readForm(filled)).toEqual({ ok: true, value: fromText });
});

test('rows that stay empty are left out, also when Teams omits their inputs', () => {
  const draft = readForm({
    device: 'ws-042',
    type1: 'putfile',
    type2: 'run',
    name2: 'a.ps1',
    args2: ' ',
    type3: 'getfile',
    name3: '',
    reason: 'x',
  });
  expect(draft).toEqual({
    ok: true,
    value: { device: 'ws-042', commands: [{ type: 'RunScript', scriptName: 'a.ps1', args: null }], reason: 'x' },
  });
});

test('arguments are kept byte for byte apart from outer blanks', () => {
  const args2 = '-parameters "a  b" because \\u{41}';
  const draft = readForm({ ...filled, args2: ` ${args2} ` });
  expect(draft.ok && draft.value.commands[1]).toEqual({ type: 'RunScript', scriptName: 'minidump.ps1', args: args2 });
});

describe('faults stand under their inputs', () => {
  test('when nothing is filled in', () => {
    expect(faultsOf({})).toMatchInlineSnapshot(`
[
  "device: The device is missing, and I never guess one. Give its name, address or id, or tag: and a tag.",
  "name1: There is no command. Give at least one: putfile, run or getfile.",
  "reason: The reason is missing, and approvers decide by it. Say in a few words why.",
]
`);
  });
  test('when each input has one', () => {
    expect(
      faultsOf({
        device: 'ws\u200b',
        type1: 'putfile',
        type2: 'putfile',
        name2: 'a.zip',
        args2: '-x',
        type3: 'run',
        name3: 'C:\\a.ps1',
        args3: 'a;b',
        type4: 'run',
        args4: '“x”',
        type5: 'run',
        name5: 'a.ps1',
        args5: 'x\u00a0y',
        type6: 'getfile',
        name6: '%TEMP%\\a',
        reason: 'x\u0000',
      }),
    ).toMatchInlineSnapshot(`
[
  "device: The device holds characters that nobody can see: ws\\u{200b}. Approvers could not read it as it is, so delete them (type it instead of pasting it) and send it again.",
  "name3: "C:\\a.ps1" cannot be the name of a library file. Give the name only, without a folder, not starting with a dot, and without any of \\ / : * ? " < > |; library lists the names.",
  "args3: The arguments hold ;, and Defender does not allow any of ; & | ! $ in arguments. Leave them out, or pass the value in another form, such as Base64, if the script can read it.",
  "name4: run names nothing. Name the library script to run; library lists them.",
  "args4: The arguments hold “ ”, which PowerShell reads as plain quotes and dashes although they look different. Replace them with ", ' or -.",
  "args5: The argument string holds characters that nobody can see: x\\u{a0}y. Approvers could not read it as it is, so delete them (type it instead of pasting it).",
  "name6: "%TEMP%\\a" cannot be collected: it is not a full path. Start with a drive, such as C:\\, or on macOS and Linux with /.",
  "args2: putfile takes a name only, so there is nothing to pass arguments to. Empty this field.",
  "reason: The reason holds characters that nobody can see: x\\u{0}. Approvers could not read it as it is, so delete them (type it instead of pasting it) and send it again.",
]
`);
  });
  test('when something is too long', () => {
    expect(
      faultsOf({ ...filled, device: 'd'.repeat(254), args2: 'a'.repeat(2_001), reason: 'r'.repeat(1_001) }),
    ).toMatchInlineSnapshot(`
[
  "device: The device is 254 characters long and 253 is the most I accept. Shorten it and send it again.",
  "args2: The argument string is 2 001 characters long and 2 000 is the most I accept. Shorten it.",
  "reason: The reason is 1 001 characters long and 1 000 is the most I accept. Shorten it and send it again.",
]
`);
  });
  test('when forged data has the rows in another order', () => {
    expect(faultsOf({ ...filled, type1: 'getfile', name1: 'C:\\a', type2: 'putfile' })).toMatchInlineSnapshot(`
[
  "name2: The commands are in an order that Defender refuses: it takes all putfile first, then all run, then all getfile.",
  "args2: putfile takes a name only, so there is nothing to pass arguments to. Empty this field.",
]
`);
  });
});

describe('what was filled in', () => {
  test('comes back as it was typed', () => {
    expect(readFormInput(filled)).toEqual({
      device: ' ws-042 ',
      rows: [
        { verb: 'putfile', name: 'procdump.zip', args: '' },
        { verb: 'run', name: 'minidump.ps1 ', args: ' OfficeClickToRun' },
        { verb: 'getfile', name: '"C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip"', args: '' },
      ],
      reason: 'INC-1042 credential theft triage\r\n',
    });
  });

  test.each([
    null,
    undefined,
    7,
    'x',
    [],
    { device: 7, type1: {}, reason: ['x'] },
    { type1: 'shutdown', name1: 'x' },
    Object.create(filled),
  ])('is a new form when the data is %j', (data) => {
    expect(readFormInput(data)).toEqual(createForm(null));
  });

  test('has at most ten rows', () => {
    const data = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`type${i + 1}`, 'run']));
    expect(readFormInput(data).rows).toHaveLength(10);
  });

  test('nothing in the data makes reading throw', () => {
    const ids = [
      'device',
      'reason',
      ...Array.from({ length: 11 }, (_, i) => [`type${i + 1}`, `name${i + 1}`, `args${i + 1}`]).flat(),
    ];
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...verbs), fc.anything());
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(fc.constantFrom(...ids), value)), (data) => {
        for (const line of faultsOf(data)) expect(line).toMatch(/^(?:device|reason|(?:name|args)\d+): .+/);
        const draft = readForm(data);
        if (draft.ok) expect(findCommandFaults(draft.value.commands)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('rows', () => {
  const verbsOf = (input: FormInput) => input.rows.map((row) => row.verb);

  test('are added behind those of their kind, and what was filled in stays', () => {
    const added = editForm(editForm(readFormInput(filled), { type: 'add', verb: 'putfile' }), {
      type: 'add',
      verb: 'getfile',
    });
    expect(verbsOf(added)).toEqual(['putfile', 'putfile', 'run', 'getfile', 'getfile']);
    expect(added.rows[0]?.name).toBe('procdump.zip');
    expect(added.rows[1]).toEqual({ verb: 'putfile', name: '', args: '' });
    expect(added.rows[2]?.args).toBe(' OfficeClickToRun');
  });

  test('are removed by number, but never the last one', () => {
    const two = editForm(readFormInput(filled), { type: 'remove', row: 2 });
    expect(verbsOf(two)).toEqual(['putfile', 'getfile']);
    expect(editForm(two, { type: 'remove', row: 9 })).toEqual(two);
    const one = editForm(two, { type: 'remove', row: 1 });
    expect(editForm(one, { type: 'remove', row: 1 })).toEqual(one);
  });

  test('are not added beyond ten', () => {
    let input = createForm(null);
    for (let i = 0; i < 20; i++) input = editForm(input, { type: 'add', verb: 'run' });
    expect(verbsOf(input)).toEqual(['putfile', ...Array.from({ length: 8 }, () => 'run'), 'getfile']);
  });

  test('stay in the allowed order and at ten at most, whatever is pressed', () => {
    const edit = fc.oneof(
      fc.constantFrom(...verbs).map((verb) => ({ type: 'add', verb }) as const),
      fc.integer({ min: -1, max: 12 }).map((row) => ({ type: 'remove', row }) as const),
    );
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 40 }), (edits) => {
        const { rows } = edits.reduce(editForm, createForm('ws-042'));
        const ranks = rows.map((row) => verbs.indexOf(row.verb));
        expect(ranks).toEqual([...ranks].sort());
        expect(rows.length).toBeGreaterThanOrEqual(1);
        expect(rows.length).toBeLessThanOrEqual(10);
      }),
    );
  });
});
