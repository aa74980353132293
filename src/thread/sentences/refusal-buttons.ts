import type { Draft } from '../../chat/draft';
import { formOf } from '../../chat/form';
import { type ActionJson, button } from '../kit/button';
import { plainHost } from '../kit/plain';
import type { Refusal } from './refusals';

/** The refusals that another name, or other words, would cure. */
const curable: readonly Refusal['type'][] = [
  'unknownDevice',
  'ambiguousDevice',
  'unknownLibraryFile',
  'unfit',
  'several',
  'reasonPattern',
  'doesNotFit',
];

/** A row of buttons holds five (teams.md D2). */
const mostNames = 3;

/** What a refused draft needs, at a press: the names that were probably meant, and the form with all that was typed. Nobody is asked by it unseen. */
export function refusalButtons(draft: Draft, why: Refusal): readonly ActionJson[] {
  if (!curable.includes(why.type)) return [];
  const near = why.type === 'unknownDevice' ? (why.near ?? []) : [];
  const names = near.flatMap((name) => (plainHost(name) === null ? [] : [{ name, title: `Use ${plainHost(name)}` }]));
  return [
    ...names.slice(0, mostNames).map(({ name, title }) =>
      button({
        title,
        verb: 'draft.confirm',
        data: { draft: { ...draft, device: name }, warned: false },
        inputs: 'none',
      }),
    ),
    button({ title: 'Change it', verb: 'form.back', data: { ...formData(draft) }, inputs: 'none' }),
  ];
}

/** As the form itself would send it. */
function formData(draft: Draft): Readonly<Record<string, unknown>> {
  const { device, rows, reason } = formOf(draft);
  const fields = rows.flatMap(({ verb, name, args }, i) => [
    [`type${i + 1}`, verb],
    [`name${i + 1}`, name],
    [`args${i + 1}`, args],
  ]);
  return { device, reason, ...Object.fromEntries(fields) };
}
