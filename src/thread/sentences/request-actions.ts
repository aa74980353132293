import { maxReasonLength } from '../../request/ask/command';
import type { LiveResponseRequest } from '../../request/request';
import { batchActions } from '../batch/batch-actions';
import { type ActionJson, askFirst, button, openDialog } from '../kit/button';
import type { RequestView } from '../kit/view';

/** `thread`: one card for all who are there; `approver`: a card in one person's own chat. */
export type Audience = 'thread' | 'approver';

/** Buttons while they can still do something; all of them vanish with the decision (T-9). */
export function findActions(
  {
    request,
    pause,
    policyVersion,
    trial,
    targets = [],
  }: Pick<RequestView, 'request' | 'pause' | 'policyVersion' | 'trial' | 'targets'>,
  { audience, token }: { readonly audience: Audience; readonly token: string | null },
): readonly ActionJson[] {
  switch (request.state) {
    case 'unconfirmed':
      return audience === 'thread' ? [askAgainButton(request, { trial })] : [];
    case 'unknown': {
      const mayGoAgain = policyVersion === undefined || policyVersion === request.policyVersion;
      return [
        ...(token === null || request.offer === null
          ? []
          : [...(pause === null && mayGoAgain ? [sendOnceMoreButton(token)] : []), leaveItButton(token)]),
        ...(request.offer !== null && !mayGoAgain && audience === 'thread' ? [askAgainButton(request, { trial })] : []),
        ...(request.cancel !== null && !request.cancel.refused
          ? []
          : [
              request.doubt === 'otherCommands'
                ? cancelButton(request, 'Cancel it in Defender…', 'Cancel that action in Defender')
                : cancelButton(request, 'Cancel…', 'Cancel this request'),
            ]),
      ];
    }
    case 'awaitingApproval':
      return [
        ...(token === null ? [] : voteButtons(token, { trial })),
        ...(audience === 'thread'
          ? [cancelButton(request, 'Withdraw…', 'Withdraw this request', 'Why? (needed unless you asked for it)')]
          : []),
      ];
    case 'batchRunning':
    case 'batchEnded':
      return batchActions({ request, pause, targets }, audience);
    case 'queued':
    case 'submitting':
    case 'pending':
    case 'running':
      return 'cancel' in request && request.cancel !== null && !request.cancel.refused
        ? []
        : [cancelButton(request, 'Cancel…', 'Cancel this request')];
    default:
      return [];
  }
}

/** What is typed goes into a card of its own: a vote by somebody else edits this one, and typed words would be lost. */
const voteButtons = (token: string, where: { readonly trial: boolean }): readonly ActionJson[] => [
  button({ title: 'Approve', verb: 'vote.approve', data: { token }, style: 'positive', inputs: 'all' }),
  openDialog({ title: 'Deny…', verb: 'denial.open', data: { token }, style: 'destructive' }, where),
  openDialog({ title: 'Ask…', verb: 'question.open', data: { token } }, where),
];

const sendOnceMoreButton = (token: string): ActionJson =>
  button({ title: 'Send it once more', verb: 'vote.sendOnceMore', data: { token }, inputs: 'none' });

const leaveItButton = (token: string): ActionJson =>
  askFirst({
    title: 'Leave it…',
    question: {
      id: 'reason',
      label: 'Why? (optional)',
      errorMessage: 'That is too long.',
      required: false,
      maxLength: maxReasonLength,
      multiline: false,
    },
    answer: { title: 'Leave it', verb: 'vote.leaveIt', data: { token }, inputs: 'all' },
  });

/** The same request in the form, for whoever presses to ask under their own name. */
export const askAgainButton = ({ id }: LiveResponseRequest, where: { readonly trial: boolean }): ActionJson =>
  openDialog({ title: 'Ask again…', verb: 'request.askAgain', data: { requestId: id } }, where);

const cancelButton = (
  request: LiveResponseRequest,
  title: string,
  confirm: string,
  label = 'Why? (optional)',
): ActionJson =>
  askFirst({
    title,
    question: {
      id: 'cancelReason',
      label,
      errorMessage: 'That is too long.',
      required: false,
      maxLength: maxReasonLength,
      multiline: false,
    },
    answer: {
      title: confirm,
      verb: 'request.cancel',
      data: { requestId: request.id },
      style: 'destructive',
      inputs: 'all',
    },
  });

/** As many as Teams refreshes for (teams.md E4). */
const mostViewers = 60;

/**
 * Asks the clients of these people (Teams user ids) to fetch their own view of the card; nothing where nobody is named or too many are. It decides
 * only what is drawn: who may vote is decided when a vote comes in, from the verified activity (T-8). What answers it must carry no `refresh`
 * itself, or the library would post one person's view to all (teams.md B2.1).
 */
export const refreshFor = (userIds: readonly string[], token: string): Refresh | null =>
  userIds.length === 0 || userIds.length > mostViewers
    ? null
    : { action: { type: 'Action.Execute', title: 'Show my view', verb: 'card.refresh', data: { token } }, userIds };

export interface Refresh {
  readonly action: ActionJson;
  readonly userIds: readonly string[];
}
