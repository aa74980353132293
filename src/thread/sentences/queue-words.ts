import type { Hold, InState } from '../../request/request';
import { type Line, say, showCode, showCut } from '../kit/line';
import type { QueuePlace, StateWords } from '../kit/view';
import { formatTime } from '../kit/words';

/** An approved request that waits: for what, in which place, and until when. */
export function describeQueued(
  request: InState<'queued'>,
  queue: QueuePlace | null,
  { paused }: { readonly paused: boolean },
): StateWords {
  const until = `If it has not reached the device by ${formatTime(request.startBy)}, I withdraw it.`;
  if (paused)
    return {
      title: 'Approved, held by the pause',
      tone: 'warning',
      lines: [
        [say('Approved. It is sent when the pause has ended, and not before; its place in the queue is told then.')],
        [say(until)],
      ],
    };
  const place = queue === null ? '' : `It is number ${queue.position} of ${queue.of} that wait. `;
  const estimate =
    queue?.expectedAt == null
      ? 'I cannot tell when it goes.'
      : `I expect it to go at about ${formatTime(queue.expectedAt)}.`;
  return {
    title: queueTitle(request, queue),
    tone: 'accent',
    lines: [
      [say(`Approved. ${place}${estimate}`)],
      ...(request.hold === null ? [] : [describeHold(request.hold)]),
      ...(queue?.waitsFor === 'slot' || queue?.waitsFor === 'rate' ? [[say(turns)]] : []),
      [say(until)],
    ],
  };
}

/** How `takeTurns` in dispatch/admission.ts orders those that wait for room. */
const turns =
  'The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.';

function queueTitle(request: InState<'queued'>, queue: QueuePlace | null): string {
  if (wasLate(request.hold)) return 'Approved, waiting to be checked again';
  if (request.hold?.type === 'checkFailed') return 'Approved, waiting: the check before sending failed';
  switch (queue?.waitsFor) {
    case 'rate':
      return 'Approved, waiting for the rate limit';
    case 'device':
      return 'Approved, waiting for an earlier request to this device';
    case 'deviceBusy':
      return 'Approved, waiting for the busy device';
    case 'slot':
      return 'Approved, waiting for a slot';
    case 'defender':
      return 'Approved, waiting: the check before sending failed';
    case 'nothing':
      return 'Approved, about to be sent';
    case undefined:
      return request.hold?.type === 'deviceBusy'
        ? 'Approved, waiting for the busy device'
        : 'Approved, waiting for its turn';
  }
}

/** Why an approved request does not go yet, as Defender told us. */
export function describeHold(hold: Hold): Line {
  switch (hold.type) {
    case 'deviceBusy':
      return [
        say('Defender says that the device is busy with another live response. I try again when it may be free.'),
      ];
    case 'rateLimited':
      return [say('Defender asks me to slow down. I try again when it allows.')];
    case 'sessionsFull':
      return [say('Defender has no free live response session in this tenant. I try again when one may be free.')];
    case 'checkFailed':
      if (wasLate(hold))
        return [
          say(
            'Between the check and sending too much time went by, so I sent nothing. I check it again and then send it.',
          ),
        ];
      if (hold.code === 'review.open')
        return [
          say(
            'Another break-glass of this rule has not been reviewed yet. I send this after that review: type reviews.',
          ),
        ];
      return [
        say(
          'I could not check that device and library are unchanged, so I do not send it. I try again. The check said: ',
        ),
        ...showCut(hold.code, 100, showCode),
      ];
  }
}

/** As dispatch/submit/ writes it, or defender/run-live-response.ts: withheld at the last moment. */
const wasLate = (hold: Hold | null): boolean =>
  hold?.type === 'checkFailed' && (hold.code === 'service.late' || hold.code === 'withheld');
