import { maxDeviceLength } from '../chat/draft-check';
import { describeFormFault, type FormFault, type FormInput, type FormRow } from '../chat/form';
import { verbs, verbTable } from '../chat/words';
import { maxArgsLength, maxCommands, maxNameLength, maxPathLength, maxReasonLength } from '../request/command';
import { type ActionJson, button, type TextInput, textInput } from './button';
import { fits } from './fits';
import template from './form-card.json';
import { relay, sayBold } from './line';
import type { Post } from './post';
import { sentencePost } from './sentence';
import { fillTemplate } from './template';
import { trialBanner } from './trial';
import { count } from './words';

/** The form with what the person has filled in, and each fault under the input it belongs to. */
export function formCard(input: FormInput, faults: readonly FormFault[], options: { readonly trial: boolean }): Post {
  const post = renderForm(input, faults, options);
  if (fits(post)) return post;
  const text =
    'What you filled in is too long for a form. Send the request as a message instead, or shorten it; type help to see how a message is written.';
  return sentencePost(text, { ...options, summary: 'Too long for a form' });
}

function renderForm(input: FormInput, faults: readonly FormFault[], { trial }: { readonly trial: boolean }): Post {
  const summary =
    faults.length === 0
      ? 'A form for a new live response request'
      : `${count(faults.length, 'thing')} to mend in your request`;
  const types = Object.fromEntries(input.rows.map((row, i) => [`type${i + 1}`, row.verb]));
  const placed = new Set<string>();
  const withFaults = (field: TextInput): readonly object[] => {
    placed.add(field.id);
    return [textInput(field), ...faultBlocks(faults.filter((f) => f.inputId === field.id))];
  };
  const deviceItems = withFaults({
    id: 'device',
    label: 'Device: name, address, id, or tag: and a tag',
    errorMessage: `At most ${maxDeviceLength} characters.`,
    required: false,
    maxLength: maxDeviceLength,
    multiline: false,
    value: input.device,
    placeholder: 'ws-042',
  });
  const rows = input.rows.map((row, i) => ({
    items: [...rowFields(row, i + 1).flatMap(withFaults), removeButton(types, row, i + 1)],
  }));
  const reasonItems = withFaults({
    id: 'reason',
    label: 'Reason: approvers decide by it',
    errorMessage: `At most ${maxReasonLength} characters.`,
    required: false,
    maxLength: maxReasonLength,
    multiline: true,
    value: input.reason,
    placeholder: 'INC-1042 credential theft triage',
  });
  const card = fillTemplate(template, {
    summary,
    trial,
    trialBanner,
    intro: 'Nothing runs before other people have approved exactly this. Leave a command empty if you do not need it.',
    faults: [
      ...(faults.length === 0
        ? []
        : [{ runs: [sayBold(`${count(faults.length, 'thing')} to mend below; nothing was sent.`)] }]),
      ...faults.filter((f) => !placed.has(f.inputId)).map((fault) => ({ runs: [relay(describeFormFault(fault))] })),
    ],
    deviceItems,
    rows: [...rows, ...addRow(types, input)],
    reasonItems,
    actions: [
      button({ title: 'Ask for approval', verb: 'form.submit', data: types, style: 'positive', inputs: 'all' }),
    ],
  });
  return { text: null, mention: null, card, summary };
}

function rowFields({ verb, name, args }: FormRow, n: number): readonly TextInput[] {
  const base = { required: false, multiline: false };
  switch (verbTable[verb].type) {
    case 'PutFile':
      return [
        {
          ...base,
          id: `name${n}`,
          label: `${n}. putfile: library file to put on the device`,
          errorMessage: `At most ${maxNameLength} characters.`,
          maxLength: maxNameLength,
          value: name,
          placeholder: 'procdump.zip',
        },
      ];
    case 'RunScript':
      return [
        {
          ...base,
          id: `name${n}`,
          label: `${n}. run: library script`,
          errorMessage: `At most ${maxNameLength} characters.`,
          maxLength: maxNameLength,
          value: name,
          placeholder: 'minidump.ps1',
        },
        {
          ...base,
          id: `args${n}`,
          label: `${n}. run: arguments (optional)`,
          errorMessage: `At most ${maxArgsLength} characters.`,
          maxLength: maxArgsLength,
          value: args,
          placeholder: 'OfficeClickToRun',
        },
      ];
    case 'GetFile':
      return [
        {
          ...base,
          id: `name${n}`,
          label: `${n}. getfile: full path of the file to collect`,
          errorMessage: `At most ${maxPathLength} characters.`,
          maxLength: maxPathLength,
          value: name,
          placeholder: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip',
        },
      ];
  }
}

/** In a row of their own: beside the button that sends they would be wider than a phone. */
const addRow = (
  types: Readonly<Record<string, string>>,
  { rows }: FormInput,
): ReadonlyArray<{ readonly items: readonly object[] }> =>
  rows.length >= maxCommands
    ? []
    : [
        {
          items: [
            {
              type: 'ActionSet',
              actions: verbs.map((verb) =>
                button({ title: `Add ${verb}`, verb: 'form.add', data: { ...types, add: verb }, inputs: 'all' }),
              ),
            },
          ],
        },
      ];

const removeButton = (types: Readonly<Record<string, string>>, { verb }: FormRow, n: number): object => ({
  type: 'ActionSet',
  actions: [
    button({ title: `Remove ${n}. ${verb}`, verb: 'form.remove', data: { ...types, remove: n }, inputs: 'all' }),
  ] satisfies readonly ActionJson[],
});

const faultBlocks = (faults: readonly FormFault[]): readonly object[] =>
  faults.map((fault) => ({
    type: 'RichTextBlock',
    spacing: 'Small',
    inlines: [{ ...sayBold('Please mend: ') }, relay(describeFormFault(fault).replaceAll('\n', ' '))],
  }));
