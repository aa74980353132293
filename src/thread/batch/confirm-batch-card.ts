import type { Draft } from '../../chat/draft';
import { deviceOf } from '../../request/batch/batch';
import type { LeftOut } from '../../request/batch/left-out';
import type { RequestBase } from '../../request/request';
import { draftRows } from '../ask/draft-rows';
import { button } from '../kit/button';
import { fits } from '../kit/fits';
import { type Line, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import { count } from '../kit/words';
import { groupLine, namesLines } from './batch-rows';
import { leftOutLine } from './left-out-words';

/**
 * The frozen list for the one who asks, before anybody else is: what is in it, what is not and why, which go first, when it stops. The button names the
 * devices by their id, so that nothing is looked up by a name or a tag again.
 */
export function confirmBatchCard(
  { draft, base, leftOut }: { readonly draft: Draft; readonly base: RequestBase; readonly leftOut: readonly LeftOut[] },
  options: { readonly trial: boolean; readonly now: number },
): Post {
  const { batch } = base;
  if (batch === undefined) throw new TypeError('The request is for one device.');
  const size = batch.devices.length;
  const frozen: Draft = {
    ...draft,
    device: count(size, 'device'),
    many: {
      queries: batch.devices.map(({ machineId }) => machineId),
      heading: null,
      column: null,
      canaries: batch.order.slice(0, batch.canaries).map((number) => deviceOf(batch, number).machineId),
      stopAt: batch.stopAt,
    },
  };
  const build = (most: number): Post =>
    pagePost(
      {
        title: `Ask for ${count(size, 'device')}?`,
        lines: [
          [
            say('Nothing was requested yet. This list is frozen when you go on: '),
            ...groupLine(batch.devices),
            say('.'),
          ],
          ...readLines(draft),
          canaryLine(base),
        ],
        sections: [
          ...(leftOut.length === 0
            ? []
            : [
                {
                  title: `Left out (${leftOut.length})`,
                  lines: [
                    ...leftOut.slice(0, most).map(leftOutLine),
                    ...(leftOut.length > most ? [[saySubtle(`${leftOut.length - most} more are left out.`)]] : []),
                  ],
                },
              ]),
          {
            title: 'What you asked for',
            lines: draftRows(frozen),
            fold: { title: `All ${count(size, 'name')}`, lines: namesLines(batch.devices) },
          },
        ],
        actions: [
          button({
            title: `Ask for these ${size}`,
            verb: 'draft.confirm',
            data: { draft: frozen, warned: true },
            style: 'positive',
            inputs: 'none',
          }),
        ],
      },
      options,
    );
  return [40, 15, 5].map(build).find(fits) ?? build(1);
}

/** Which column of a pasted list was read, and what was taken for its heading. */
function readLines({ many }: Draft): readonly Line[] {
  if (many === undefined) return [];
  const { column, heading, queries } = many;
  const tag = /^tag:(.*)$/is.exec(queries[0] ?? '')?.[1];
  return [
    ...(column === null
      ? []
      : [[say('Column '), ...showCut(column.name, 60, showCode), say(`, ${column.rows} of ${column.of} rows.`)]]),
    ...(heading === null
      ? []
      : [[say('First line taken for a heading: '), ...showCut(heading, 60, showCode), say('.')]]),
    ...(tag === undefined
      ? []
      : [[say('Tag '), ...showCut(tag, 60, showCode), say(', exactly so, capitals included.')]]),
  ];
}

/** Which go first, and when it stops, in numbers. */
function canaryLine({ batch }: RequestBase): Line {
  if (batch === undefined) return [];
  const first = batch.order.slice(0, Math.min(batch.canaries, 5)).map((number) => deviceOf(batch, number).name);
  return [
    sayBold(`${count(batch.canaries, 'canary', 'canaries')} first: `),
    ...first.flatMap((name, i): Line => [...(i === 0 ? [] : [say(', ')]), ...showCut(name, 60, showCode)]),
    say(`. Stops at ${count(batch.stopAt, 'failure')}.`),
  ];
}
