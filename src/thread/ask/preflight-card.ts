import type { Draft } from '../../chat/draft';
import type { FormInput } from '../../chat/form';
import { type Finding, weightOf } from '../../request/ask/preflight';
import type { Device } from '../../request/request';
import { button } from '../kit/button';
import { fits } from '../kit/fits';
import { say, showCode, showCut } from '../kit/line';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import { count, type ReaderFormat } from '../kit/words';
import { findingRows } from '../sentences/finding-words';
import { backToForm, originData } from './choose-device-card';
import { draftRows } from './draft-rows';

/**
 * What the requester should know before other people are asked to read and decide; nothing is stored before they go on. Null when a card cannot carry
 * the request with a button: then nobody is stopped, and the findings stand on the approval card.
 */
export function preflightCard(
  {
    draft,
    device,
    findings,
    form = null,
  }: {
    readonly draft: Draft;
    readonly device: Device;
    readonly findings: readonly Finding[];
    /** The form that it is from; absent where it was typed. */
    readonly form?: FormInput | null;
  },
  options: { readonly trial: boolean; readonly reader?: ReaderFormat },
): Post | null {
  const warnings = findings.filter(({ type }) => weightOf(type) === 'warning');
  const others = findings.filter((finding) => !warnings.includes(finding));
  const build = (withRows: boolean, kept: FormInput | null): Post =>
    pagePost(
      {
        title: 'Before I ask the approvers',
        lines: [
          [
            say(`I found ${count(warnings.length, 'thing')} that may keep this from working on `),
            ...showCut(device.name, 100, showCode),
            say('. Nothing was requested yet. Fix it and send it again, or go on.'),
          ],
          ...findingRows(warnings, options.reader),
        ],
        sections: [
          ...(others.length === 0
            ? []
            : [{ title: 'Good to know, and no obstacle', lines: findingRows(others, options.reader) }]),
          ...(withRows ? [{ title: 'What you asked for', lines: draftRows(draft) }] : []),
        ],
        actions: [
          button({
            title: 'Ask for approval anyway',
            verb: 'draft.confirm',
            data: { draft: { ...draft, device: device.machineId }, warned: true, ...originData(kept) },
            inputs: 'none',
          }),
          ...(kept === null ? [] : [backToForm(kept)]),
        ],
      },
      options,
    );
  return [build(true, form), build(false, form), build(false, null)].find(fits) ?? null;
}
