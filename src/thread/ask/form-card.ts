import { maxDeviceLength } from '../../chat/draft-check';
import { describeFormFault, type FormFault, type FormInput, type FormRow, formData } from '../../chat/form';
import { verbs, verbTable } from '../../chat/words';
import { maxArgsLength, maxCommands, maxNameLength, maxPathLength, maxReasonLength } from '../../request/ask/command';
import type { LibraryFile } from '../../request/request';
import { actionRows, placeActions } from '../kit/action-rows';
import { type ActionJson, button, type Choice, choiceInput, type TextInput, textInput } from '../kit/button';
import { fits } from '../kit/fits';
import { joinLines, type Line, relay, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import type { Post } from '../kit/post';
import { sentencePost } from '../kit/sentence';
import { fillTemplate } from '../kit/template';
import { trialBanner } from '../kit/trial';
import { count } from '../kit/words';
import { type Dataset, plainChoices } from '../sentences/choices';
import template from './form-card.json';

/** What a form offers beside what is typed. */
export interface FormOffers {
  /** Devices and library files of the person's last requests; null where the form is typed, since the client could ask for no more. */
  readonly lists: { readonly devices: readonly string[]; readonly files: readonly string[] } | null;
  /** As far as it could be read; what the scripts take is told where it is filled in. */
  readonly library: readonly LibraryFile[];
}

/** Still searched, with nothing in them before something is typed. */
const noLists = { devices: [], files: [] };

export const noOffers: FormOffers = { lists: null, library: [] };

export interface FormOptions {
  readonly trial: boolean;
  readonly offers?: FormOffers;
  /** Everyone unless given. */
}

/** The form with what the person has filled in, and each fault under the input it belongs to. */
export function formCard(input: FormInput, faults: readonly FormFault[], options: FormOptions): Post {
  const { offers = noOffers } = options;
  const shorter: readonly FormOffers[] = [offers, { ...offers, lists: offers.lists && noLists }, noOffers];
  const post = shorter.map((less) => renderForm(input, faults, { ...options, offers: less })).find(fits);
  if (post !== undefined) return post;
  const text =
    'What you filled in is too long for a form. Send the request as a message instead, or shorten it; type help to see how a message is written.';
  return sentencePost(text, { ...options, summary: 'Too long for a form' });
}

function renderForm(input: FormInput, faults: readonly FormFault[], { trial, offers = noOffers }: FormOptions): Post {
  const summary =
    faults.length === 0
      ? 'A form for a new live response request'
      : `${count(faults.length, 'thing')} to fix in your request`;
  const types = formData(input);
  const placed = new Set<string>();
  const withFaults = (field: Field): readonly object[] => {
    placed.add(field.id);
    return [toInput(field), ...faultBlocks(faults.filter((f) => f.inputId === field.id))];
  };
  const toInput = ({ value = '', placeholder = '', list, ...field }: Field): object =>
    list === undefined || offers.lists === null
      ? textInput({ ...field, value, placeholder })
      : choiceInput({ ...field, value, placeholder, ...list });
  const deviceItems = withFaults(deviceField(input, offers));
  const rows = input.rows.map((row, i) => ({
    items: [
      ...rowFields(row, i + 1, { input, offers }).flatMap(withFaults),
      ...hintBlocks(row, offers.library),
      removeButton(types, row, i + 1),
    ],
  }));
  const reasonItems = withFaults(reasonField(input));
  const card = fillTemplate(template, {
    summary,
    trial,
    trialBanner,
    intro:
      'I send nothing to Defender before other people have approved exactly this. Leave a command empty if you do not need it.',
    faults: [
      ...(faults.length === 0
        ? []
        : [{ runs: [sayBold(`${count(faults.length, 'thing')} to fix below. Nothing was requested.`)] }]),
      ...faults.filter((f) => !placed.has(f.inputId)).map((fault) => ({ runs: [relay(describeFormFault(fault))] })),
      ...foundLines(input).map((runs) => ({ runs })),
    ],
    deviceItems,
    rows: [...rows, ...addRow(types, input)],
    reasonItems,
    ...placeActions([
      button({ title: 'Ask for approval', verb: 'form.submit', data: types, style: 'positive', inputs: 'all' }),
      button({ title: 'Preview', verb: 'form.preview', data: types, inputs: 'all' }),
      ...(offers.lists === null
        ? []
        : [button({ title: 'Type the names instead', verb: 'form.typing', data: types, inputs: 'all' })]),
    ]),
  });
  return { text: null, mention: null, card, summary };
}

/** An input that is typed, or chosen from a list where the form has lists. */
interface Field extends TextInput {
  readonly list?: { readonly dataset: Dataset; readonly choices: readonly Choice[] };
}

const deviceField = (input: FormInput, offers: FormOffers): Field => ({
  id: 'device',
  label: 'Device: name, address, id, or tag: and a tag',
  errorMessage: `At most ${maxDeviceLength} characters.`,
  required: false,
  maxLength: maxDeviceLength,
  multiline: false,
  value: input.device,
  placeholder: 'ws-042',
  list: {
    dataset: 'devices',
    choices: plainChoices([...(input.found?.devices ?? []), ...(offers.lists?.devices ?? [])]),
  },
});

const reasonField = (input: FormInput): Field => ({
  id: 'reason',
  label: 'Reason: approvers decide by it',
  errorMessage: `At most ${maxReasonLength} characters.`,
  required: false,
  maxLength: maxReasonLength,
  multiline: true,
  value: input.reason,
  placeholder: 'INC-1042 credential theft triage',
});

function rowFields(
  { verb, name, args }: FormRow,
  n: number,
  { input, offers }: { readonly input: FormInput; readonly offers: FormOffers },
): readonly Field[] {
  const base = { required: false, multiline: false };
  const library = { list: { dataset: 'library', choices: plainChoices(offers.lists?.files ?? []) } } as const;
  const paths = input.found?.paths ?? [];
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
          ...library,
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
          ...library,
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
          ...(paths.length === 0 ? {} : { list: { dataset: 'paths' as const, choices: plainChoices(paths) } }),
        },
      ];
  }
}

/** What the library says of the script that is filled in. */
function hintBlocks({ verb, name }: FormRow, library: readonly LibraryFile[]): readonly object[] {
  const file = verb === 'run' ? library.find(({ fileName }) => fileName === name.trim()) : undefined;
  if (file === undefined) return [];
  const { description, hasParameters, parametersDescription } = file;
  const takes: Line = hasParameters
    ? parametersDescription
      ? [saySubtle('It takes: '), ...showCut(parametersDescription, 300)]
      : [saySubtle('It takes arguments; the library does not say which.')]
    : [saySubtle('The library says that it takes no arguments.')];
  return [...(description ? [showCut(description, 200)] : []), takes].map((inlines) => ({
    type: 'RichTextBlock',
    spacing: 'Small',
    inlines,
  }));
}

/** Told as well as offered: where the form is typed there is no list to offer them in. */
const foundLines = ({ found }: FormInput): readonly Line[] =>
  [
    ['Devices that the message names: ', found?.devices ?? []] as const,
    ['Paths that the message names: ', found?.paths ?? []] as const,
  ].flatMap(([words, names]) =>
    names.length === 0 ? [] : [[say(words), ...joinLines(names.map((name) => showCut(name, 100, showCode)))]],
  );

/** In a row of their own: beside the button that sends they would be wider than a phone. */
const addRow = (
  types: Readonly<Record<string, unknown>>,
  { rows }: FormInput,
): ReadonlyArray<{ readonly items: readonly object[] }> =>
  rows.length >= maxCommands
    ? []
    : [
        {
          items: actionRows(
            verbs.map((verb) =>
              button({ title: `Add ${verb}`, verb: 'form.add', data: { ...types, add: verb }, inputs: 'all' }),
            ),
          ).map((row) => ({ type: 'ActionSet', spacing: 'Small', ...row })),
        },
      ];

const removeButton = (types: Readonly<Record<string, unknown>>, { verb }: FormRow, n: number): object => ({
  type: 'ActionSet',
  actions: [
    button({ title: `Remove ${n}. ${verb}`, verb: 'form.remove', data: { ...types, remove: n }, inputs: 'all' }),
  ] satisfies readonly ActionJson[],
});

const faultBlocks = (faults: readonly FormFault[]): readonly object[] =>
  faults.map((fault) => ({
    type: 'RichTextBlock',
    spacing: 'Small',
    inlines: [{ ...sayBold('Please fix: ') }, relay(describeFormFault(fault).replaceAll('\n', ' '))],
  }));
