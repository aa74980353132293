import { maxReasonLength } from '../../request/ask/command';
import { planBatch } from '../../request/batch/plan-batch';
import type { InState } from '../../request/request';
import { type ActionJson, askFirst, button } from '../kit/button';
import { type AgainGroup, againGroups } from '../kit/read-draft';
import type { RequestView } from '../kit/view';
import type { Audience } from '../sentences/request-actions';
import { groupTargets } from './batch-words';

type View = Pick<RequestView, 'pause' | 'targets'> & {
  readonly request: InState<'batchRunning' | 'batchEnded'>;
};

/** What people can still do about a batch: stop it, help a canary in doubt along, let the rest go, or ask again for a part. */
export function batchActions({ request, pause, targets = [] }: View, audience: Audience): readonly ActionJson[] {
  const groups = groupTargets({ request, targets });
  if (request.state === 'batchEnded') return audience === 'thread' ? askAgain(request, groups) : [];
  if (request.stopped?.type === 'cancelled' && request.stopped.all) return [];
  const waiting = groups.get('waiting')?.length ?? 0;
  // The plan of the card is for its buttons only; what is pressed is planned anew.
  const { phase } = planBatch(request, targets, { now: 0, elseWaits: false });
  const doubted = request.batch.order.find(
    (number) => !request.passedOver.includes(number) && targets.some((target) => target.number === number),
  );
  const data = { requestId: request.id };
  return [
    ...(phase === 'waitsForGoOn' && pause === null
      ? [button({ title: `Go on with ${waiting}`, verb: 'batch.goOn', data, style: 'positive', inputs: 'none' })]
      : []),
    ...(phase === 'canaryInDoubt' && doubted !== undefined
      ? [
          button({
            title: 'Take the next as canary',
            verb: 'batch.next',
            data: { ...data, number: doubted },
            inputs: 'none',
          }),
        ]
      : []),
    ...(request.stopped === null && waiting > 0
      ? [cancelButton(`Cancel the ${waiting} waiting…`, 'Cancel what waits', { ...data, onlyWaiting: true })]
      : []),
    cancelButton('Cancel all…', 'Cancel all of it', data),
  ];
}

const againWords: Readonly<Record<AgainGroup, string>> = {
  failed: 'failed',
  notReached: 'not reached',
  notSent: 'not sent',
  leftOut: 'left out',
};

const askAgain = ({ id }: View['request'], groups: ReturnType<typeof groupTargets>): readonly ActionJson[] =>
  againGroups
    .map((group) => ({ group, size: groups.get(group)?.length ?? 0 }))
    .filter(({ size }) => size > 0)
    .map(({ group, size }) =>
      button({
        title: `Ask again: ${size} ${againWords[group]}`,
        verb: 'batch.again',
        data: { requestId: id, group },
        inputs: 'none',
      }),
    );

const cancelButton = (title: string, confirm: string, data: Readonly<Record<string, unknown>>): ActionJson =>
  askFirst({
    title,
    question: {
      id: data.onlyWaiting === true ? 'waitingReason' : 'cancelReason',
      label: 'Why? (optional)',
      errorMessage: 'That is too long.',
      required: false,
      maxLength: maxReasonLength,
      multiline: false,
    },
    answer: { title: confirm, verb: 'request.cancel', data, style: 'destructive', inputs: 'all' },
  });
