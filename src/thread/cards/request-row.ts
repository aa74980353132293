import type { LiveResponseRequest } from '../../request/request';
import { type Line, say, sayBold, showCode, showDevices, showPerson } from '../kit/line';
import type { RequestView } from '../kit/view';
import { count, formatTime, type ReaderFormat } from '../kit/words';
import { describeProgressOfVotes } from '../sentences/bar-lines';
import { describeState } from '../sentences/state-words';

/** One request in a list: id and state, then what on which device by whom, then its clock or its place in the queue. */
export function requestRow(view: RequestView, reader?: ReaderFormat): readonly Line[] {
  const { request, queue } = view;
  const head: Line = [{ ...showCode(request.id), weight: 'Bolder' }, sayBold(` · ${describeState(view).title}`)];
  if (view.isElsewhere) return [head, [say('Asked in another conversation. Your own chat with me shows the rest.')]]; // guard: lists-show-no-more-than-was-asked-here
  return [
    head,
    [
      ...showDevices(request, 100),
      say(` · ${count(request.commands.length, 'command')}, asked by `),
      ...showPerson(request.requester),
      say(` at ${formatTime(request.createdAt, reader)}.`),
    ],
    ...(queue === null || view.pause !== null
      ? clockLine(request, reader)
      : [
          [
            say(
              `Number ${queue.position} of ${queue.of} that wait; ${queue.expectedAt === null ? 'I cannot tell when it goes.' : `expected to go at about ${formatTime(queue.expectedAt, reader)}.`}`,
            ),
          ],
        ]),
  ];
}

function clockLine(request: LiveResponseRequest, reader: ReaderFormat | undefined): readonly Line[] {
  if (request.state === 'awaitingApproval')
    return [[...describeProgressOfVotes(request), say(`Decide by ${formatTime(request.decideBy, reader)}.`)]];
  return 'endedAt' in request ? [[say(`Ended at ${formatTime(request.endedAt, reader)}.`)]] : [];
}
