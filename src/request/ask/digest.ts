import { createHash } from 'node:crypto';
import { visible } from '../../lib/visible';
import { maskWords } from '../../mask/marks';
import type { Batch } from '../batch/batch';
import type { Digest, Person, RequestBase, RequestId, Submitting } from '../request';
import type { RequestBar } from '../votes/bar';
import { commandToParams } from './command';

/** What an approval binds: change any of it and the approval is for something else (T-18, T-20, T-21). */
export type Bound = Pick<
  RequestBase,
  'tenantId' | 'commands' | 'library' | 'reason' | 'runbook' | 'policyVersion' | 'round' | 'batch'
> & {
  readonly requester: Pick<Person, 'id'>;
  readonly bar: Pick<RequestBar, 'rule' | 'approvalsNeeded' | 'seats'>;
  readonly device: Pick<RequestBase['device'], 'machineId' | 'entraDeviceId' | 'name' | 'groupName' | 'tags'>;
};

/**
 * The canonical bytes that the digest covers: one JSON array of strings, arrays and nulls in a fixed order. JSON strings are
 * unambiguous and keep every code unit (lone surrogates as escapes), so different content never has the same bytes.
 */
export function canonicalText(bound: Bound): string {
  const { device, bar } = bound;
  return JSON.stringify([
    'live-response/2',
    bound.tenantId,
    bound.requester.id,
    deviceText(device),
    bound.commands.map((command) => [command.type, commandToParams(command).map(({ key, value }) => [key, value])]),
    bound.library
      .map((file) => [file.fileName, file.sha256])
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    bound.reason,
    bound.policyVersion,
    [bar.rule, bar.approvalsNeeded, bar.seats.map(({ group, count }) => [group, count])],
    // A card of an earlier round must not decide this one, even where nothing else has changed.
    String(bound.round),
    ...(bound.runbook === undefined ? [] : [['runbook', bound.runbook.name, bound.runbook.version]]),
    ...(bound.batch === undefined ? [] : [batchText(bound.batch)]),
  ]);
}

/** All devices with what names them, which go first and who takes their place, and when it stops. */
const batchText = ({ devices, canaries, order, stopAt, goOn }: Batch) => [
  'batch/1',
  devices.map(deviceText),
  String(canaries),
  order.map(String),
  String(stopAt),
  goOn ? 'goOn' : null,
];

const deviceText = ({ machineId, entraDeviceId, name, groupName, tags }: Bound['device']) => [
  machineId,
  entraDeviceId,
  name,
  groupName,
  [...tags].sort(),
];

export const digestOf = (bound: Bound): Digest =>
  createHash('sha256').update(canonicalText(bound), 'utf8').digest('hex') as Digest;

/** The part of a digest that people compare and type. */
export const shortDigest = (digest: Digest): string => digest.slice(0, 12);

/**
 * The start of the comment that Defender stores with the action: what a submission is found again by. It names the request, which of
 * people's decisions sent it, and the digest that they decided over.
 */
export const markerOf = (request: {
  readonly id: RequestId;
  readonly decision: number;
  readonly digest: Digest;
}): string => `[${request.id}/${request.decision}/${shortDigest(request.digest)}]`;

/** The marker that a comment begins with; null when it begins with none. */
export function readMarker(
  comment: string | null,
): { readonly id: RequestId; readonly decision: number; readonly digest: string } | null {
  const [, id = '', decision = '', digest = ''] =
    /^\[(LR-[0-9A-Z]{4,12}(?:\.[1-9]\d{0,2})?)\/(\d{1,4})\/([0-9a-f]{12})\]/.exec(comment ?? '') ?? [];
  return id === '' ? null : { id: id as RequestId, decision: Number(decision), digest };
}

/** No limit of the Comment is documented (defender-api.md §5), and Defender's own lists show one line. */
const maxCommentLength = 500;

/** The comment of the submission: Defender attributes the action to the app, so the people behind it are named here. */
export function commentOf(request: Submitting): string {
  const masked = (text: string): string => wordsFor(request, text);
  const emergency = request.emergency === null ? '' : `break-glass ${masked(request.emergency.incident)}; `;
  const approvers = request.votes.filter((v) => v.decision === 'approve').map((v) => masked(v.by.name));
  const text = `${markerOf(request)} asked by ${masked(request.requester.name)}; approved by ${approvers.join(', ')}; ${emergency}${masked(request.reason)}`;
  return [...text].slice(0, maxCommentLength).join('');
}

/** Everybody who reads Defender's lists reads it. */
function wordsFor({ bar }: Submitting, text: string): string {
  if (bar.results !== 'open') return visible(maskWords(text, null)); // guard: comments-hold-no-secrets
  return visible(text);
}
