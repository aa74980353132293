import type { FormInput } from '../../chat/form';
import { commandRows, fileProof, filesLine } from '../cards/command-rows';
import { type ActionJson, button } from '../kit/button';
import { fits } from '../kit/fits';
import { say, sayBold, showParagraphs } from '../kit/line';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import type { RequestView } from '../kit/view';
import { formatDuration } from '../kit/words';
import { describeBar } from '../sentences/bar-lines';
import { describeDevice } from '../sentences/device-lines';
import { findingRows } from '../sentences/finding-words';
import { backToForm, originData } from './choose-device-card';

/**
 * What approvers would read, row for row, for the one who fills in the form. The request on it is not stored and has no id that counts; its
 * button carries the draft, which is read and checked anew.
 */
export function previewCard(view: RequestView, { input }: { readonly input: FormInput }): Post {
  const { request, names, trial } = view;
  const { device, commands, reason, findings = [] } = request;
  const confirm = (form: FormInput | null): ActionJson =>
    button({
      title: 'Ask for approval',
      verb: 'draft.confirm',
      data: { draft: { device: device.machineId, commands, reason }, warned: true, ...originData(form) },
      style: 'positive',
      inputs: 'none',
    });
  const build = (actions: readonly ActionJson[]): Post =>
    pagePost(
      {
        title: 'Preview: nothing was sent yet',
        lines: [
          [say('This is what the approvers would read. Ask for it as it is, or go back and change it.')],
          ...(findings.length === 0 ? [[say('Checks passed.')]] : []),
        ],
        sections: [
          ...(findings.length === 0 ? [] : [{ title: 'Found beforehand', lines: findingRows(findings) }]),
          {
            title: 'What would run, exactly and in this order',
            lines: [
              ...commands.flatMap((command, index) =>
                commandRows(view, { command, index, longest: null }).map(({ runs }) => runs),
              ),
              ...filesLine(request),
              ...fileProof(request),
            ],
          },
          { title: 'Where', lines: describeDevice(device, { at: request.createdAt, full: true }) },
          {
            title: 'Who decides',
            lines: [
              ...(request.state === 'awaitingApproval' ? describeBar(request, names) : []),
              [say(`Once approved it must reach the device within ${formatDuration(request.startWithinMs)}.`)],
            ],
          },
          { lines: [[sayBold('Your reason:')], ...showParagraphs(reason)] },
        ],
        actions,
      },
      { trial },
    );
  const ways = [[confirm(input), backToForm(input)], [confirm(null), backToForm(input)], [confirm(null)]];
  return ways.map(build).find(fits) ?? build([confirm(null)]);
}
