import { visible, visibleCode } from '../../lib/visible';
import { describeRefusal as describePolicyRefusal } from '../../policy/explain';
import type { PolicyRefusal } from '../../policy/policy';
import type { Finding } from '../../request/ask/preflight';
import type { BatchRefusal } from '../../request/batch/left-out';
import type { ResumeRefusal } from '../../request/pause';
import type { LiveResponseRequest, Person } from '../../request/request';
import type { ReviewRefusal } from '../../request/review';
import { maxAnswerLength, maxQuestionLength, mostQuestions } from '../../request/votes/questions';
import { describeBatchRefusal } from '../batch/left-out-words';
import { cutAt } from '../kit/line';
import { sayOf, type Table } from '../kit/table';
import { count, everyone, formatList, formatTime, type ReaderFormat } from '../kit/words';
import { describeFinding, lineText } from './finding-words';
import { nearestNames } from './nearest-names';
import { beforeAskingAgain } from './request-lines';

/** Why a person may not do something now; a value, since people are answered, not failed. Names and typed words are untrusted. */
export type Refusal =
  | { readonly type: 'requesterCannotVote' }
  | { readonly type: 'notAnApprover' }
  | { readonly type: 'uploaderCannotVote'; readonly fileName: string }
  | { readonly type: 'alreadyVoted' }
  | { readonly type: 'denyNeedsReason' }
  | { readonly type: 'tooManyQuestions' }
  | { readonly type: 'questionUnreadable' }
  | { readonly type: 'answerUnreadable' }
  | { readonly type: 'answerNotYours' }
  | { readonly type: 'noOpenQuestion' }
  /** By an approver, while it waits for approval. */
  | { readonly type: 'withdrawalNeedsReason' }
  /** The request is past the point: decided, ended, or being cancelled; the sentence says by whom and when. */
  | { readonly type: 'alreadyDecided'; readonly request: LiveResponseRequest }
  | { readonly type: 'expired'; readonly at: number }
  | { readonly type: 'cardOutdated' }
  | { readonly type: 'notYourCard' }
  | { readonly type: 'wrongConversation' }
  /** Neither digest is told: one that can be copied from an answer proves nothing about what was read. */
  | { readonly type: 'requestChanged' }
  | { readonly type: 'policyChanged' }
  /** Another replica has put another policy in force than the one that this one has. */
  | { readonly type: 'policyOutrun' }
  | { readonly type: 'notYours' }
  /** Its requester may not ask any more. */
  | { readonly type: 'askerLostRight' }
  /** To send it once more, while nothing is sent. */
  | { readonly type: 'notWhilePaused' }
  /** The policy is another one than the one it was approved under. */
  | { readonly type: 'cannotResend' }
  /** What the policy refuses, told in its own words. */
  | PolicyRefusal
  | { readonly type: 'noRole' }
  | { readonly type: 'batch'; readonly refusal: BatchRefusal }
  | { readonly type: 'doesNotFit' }
  /** `near`: ids that may be meant, of those only that this person may see here. */
  | { readonly type: 'unknownRequest'; readonly id: string; readonly near?: readonly string[] }
  /** The retention has removed it; its audit is kept. */
  | { readonly type: 'prunedRequest'; readonly id: string; readonly endedAt: number }
  | {
      readonly type: 'unknownDevice';
      readonly query: string;
      readonly isLookUp?: true;
      readonly near?: readonly string[];
    }
  | { readonly type: 'ambiguousDevice'; readonly query: string; readonly count: number }
  /** Found beforehand: it could not run, so nobody is asked. */
  | { readonly type: 'unfit'; readonly finding: Finding }
  /** More than one thing to fix, each with its cure. */
  | { readonly type: 'several'; readonly refusals: readonly Refusal[] }
  | { readonly type: 'unknownLibraryFile'; readonly fileName: string; readonly known: readonly string[] }
  /** `number` counts commands from 1, as people do. */
  /** This person has asked for the same with this card before; `activityId`: by which press. */
  | { readonly type: 'cardUsed'; readonly id: string; readonly activityId: string }
  /** It says something else than when this was asked, or is gone. */
  | { readonly type: 'runbookChanged'; readonly name: string }
  /** By another card of the same content, and it is still open. */
  | { readonly type: 'askedAlready'; readonly id: string }
  /** `ids`: what is open, newest first. */
  | { readonly type: 'tooManyOpen'; readonly most: number; readonly ids: readonly string[] }
  | { readonly type: 'noResult'; readonly id: string; readonly number: number | null }
  /** Asked in another conversation, and others read along here. */
  | { readonly type: 'shownElsewhere'; readonly id: string }
  | { readonly type: 'noBreakGlass' }
  | { readonly type: 'breakGlassNotYours' }
  /** Reviews of earlier break-glass under this rule that nobody has closed. */
  | { readonly type: 'reviewOpen'; readonly rule: string; readonly ids: readonly string[] }
  | { readonly type: 'unknownReview'; readonly id: string }
  | { readonly type: 'reviewNotYours' }
  | ReviewRefusal
  | { readonly type: 'mayNotPause' }
  | { readonly type: 'alreadyPaused'; readonly by: Person; readonly at: number }
  | ResumeRefusal
  | { readonly type: 'unknownAction' };

/** What, why, and what next. Plain text whose quoted parts are visible already: for a notice as it is, for a card by `sentencePost`. */
export const describeRefusal = (refusal: Refusal, reader: ReaderFormat = everyone): string =>
  sayOf(sentences, 'type', refusal, reader);

const sentences: Table<Refusal, 'type', string, [reader: ReaderFormat]> = {
  requesterCannotVote: 'You opened this request, so someone else must decide it.',
  notAnApprover:
    'You may not decide this request, because the policy does not name you as one of its approvers. Ask one of them.',
  alreadyVoted:
    'You have voted on this request already, and a vote counts once. If it should not run after all, type cancel and its id; the other approvers decide the rest.',
  denyNeedsReason:
    'A denial needs a reason, so that the requester knows what to change. Nothing was counted; write one and deny again.',
  tooManyQuestions: `${mostQuestions} questions is the most for one request. Decide on what you know: if that is too little, deny it and say what is missing.`,
  questionUnreadable: `A question needs 1 to ${maxQuestionLength} characters. Write it again.`,
  answerUnreadable: `An answer needs 1 to ${maxAnswerLength} characters. Write it again.`,
  answerNotYours: 'This question is for the requester. Only they can answer it.',
  noOpenQuestion: 'This question has its answer already: see the thread.',
  withdrawalNeedsReason:
    'You did not ask for this, so withdrawing it needs a reason, which the requester and the thread will read. Nothing was changed; write one and withdraw it again, or deny it on your card.',
  alreadyDecided: (refusal, reader) => describeDecided(refusal.request, reader),
  expired: (refusal, reader) =>
    `The time to decide ran out at ${formatTime(refusal.at, reader)}, so your vote does not count. Nothing ran; this is not a denial. If it is still needed, it must be asked again.`,
  cardOutdated:
    'This card is no longer valid, so nothing was done. Use the newest card of the request; the word status shows where it stands.',
  notYourCard: 'This card was sent to someone else, so nothing was done. Use the card in your own chat with me.',
  wrongConversation:
    'This request belongs to another conversation, so nothing was done. Decide it on the card that I posted there or in your own chat with me.',
  requestChanged:
    'This is not what you were shown: the digest that you decided on is not the one of the request as it is now. Your vote was not counted. Read its newest card and decide on that.',
  policyChanged:
    'The approval policy has changed since this card was posted, so your vote was not counted. If the new policy still allows the request, it is asked again; decide on its newest card.',
  policyOutrun:
    'The part of me that you reached has another approval policy than the one in force, so it decides and stores nothing. Try again in a minute; if it stays so, whoever runs me must give all replicas the same policy file.',
  askerLostRight:
    'The requester may no longer ask for live response, so nothing was counted and nothing is sent. Somebody who may ask can make a new request.',
  notWhilePaused: 'Sending is paused, so this was not counted. Decide again when somebody has resumed; or leave it.',
  cannotResend:
    'The approval policy has changed, so this approval cannot be used again. Leave it, look for it in the Defender portal, then make a new request.',
  notYours: 'You may not cancel this request, because only its requester and its approvers may. Ask one of them.',
  mayNotAsk: (refusal) =>
    `You may not ask for live response, because the policy does not name you as a requester: it names the members of ${formatList(refusal.requesters.map(visible))}. Nothing was requested. Ask one of them, or whoever keeps the policy.`,
  noRule: (refusal) => describePolicyRefusal(refusal),
  denied: (refusal) => describePolicyRefusal(refusal),
  reasonPattern: (refusal) => describePolicyRefusal(refusal),
  tooFewApprovers: (refusal) => describePolicyRefusal(refusal),
  groupUnreadable: (refusal) => describePolicyRefusal(refusal),
  uploaderCannotVote: (refusal) =>
    `You uploaded ${quote(refusal.fileName)}, which changed since it was last approved, so someone else must decide about running it. Your vote was not counted.`,
  noRole:
    'I show devices, the library, the queue and the history only to people whom the policy names. Ask whoever keeps the policy to add you.',
  doesNotFit:
    'This is too long to be shown whole on one card, and nobody should approve what they cannot read. Nothing was requested. Split it into several requests, or shorten the arguments or the reason.',
  unknownRequest: (refusal) =>
    `I know no request ${quote(refusal.id)}. ${didYouMean(refusal.near)}Check the id on its card, or type status for the open ones.`,
  prunedRequest: (refusal, reader) =>
    `${visibleCode(refusal.id)} ended at ${formatTime(refusal.endedAt, reader)}, longer ago than I keep requests, so its cards and results are gone and nothing was done. The audit still says who asked, who decided and what ran; ask whoever runs this bot.`,
  unknownDevice: (refusal) =>
    `Defender knows no device by ${quote(refusal.query)}${refusal.isLookUp ? '' : ', so nothing was requested'}. ${didYouMean(refusal.near)}Try its full name, an address, its id, or tag: and a tag; the word device looks one up.`,
  ambiguousDevice: (refusal) =>
    `${quote(refusal.query)} matches ${count(refusal.count, 'device')}, and I never guess. Nothing was requested. Use the full name or the Defender id; the word device shows them.`,
  batch: (refusal) => describeBatchRefusal(refusal.refusal),
  unfit: (refusal, reader) => `${lineText(describeFinding(refusal.finding, reader))} Nothing was requested.`,
  several: (refusal, reader) => refusal.refusals.map((one) => `- ${describeRefusal(one, reader)}`).join('\n'),
  unknownLibraryFile: (refusal) => describeUnknownFile(refusal.fileName, refusal.known),
  cardUsed: (refusal) =>
    `This card was already used for ${visibleCode(refusal.id)}, so nothing new was requested. Type status ${visibleCode(refusal.id)} to see it, or new for another request.`,
  runbookChanged: (refusal) =>
    `The runbook ${quote(refusal.name)} has changed or is gone since this was asked, so nothing was done with it. Type runbook ${visibleCode(refusal.name)} to see how it is now, and ask again.`,
  askedAlready: (refusal) =>
    `You have asked for exactly this with another card, and ${visibleCode(refusal.id)} is still open, so nothing new was requested. Type status ${visibleCode(refusal.id)} to see it.`,
  tooManyOpen: describeTooMany,
  shownElsewhere: (refusal) =>
    `${visibleCode(refusal.id)} was asked in another conversation, and others read along here. Ask me for it in your own chat with me.`,
  noResult: (refusal) => describeNoResult(refusal.id, refusal.number),
  noBreakGlass:
    'The rule of this request allows no break-glass now: either it names nobody for it, or the glass is broken already, or the request no longer waits for approval. It needs the approvals that its card shows.',
  breakGlassNotYours:
    'You may not use break-glass on this request, because only its requester and its approvers may. Ask one of them.',
  reviewOpen: (refusal) =>
    `Rule ${visible(refusal.rule)} allows no other break-glass while the review of the last one is open: ${formatList(refusal.ids.map(visibleCode))}. Two people who had no part in it must close it first; the word reviews shows what is missing.`,
  unknownReview: (refusal) =>
    `There is no review of a request ${quote(refusal.id)}. The word reviews shows the open ones.`,
  reviewNotYours:
    'You may not review this break-glass, because the policy does not name you as an owner or approver of its rule. Ask one of them.',
  tookPart: 'You had a part in this break-glass, so someone else must review it. Nothing was counted.',
  alreadyReviewed:
    'You have reviewed this break-glass already, and one person counts once. Somebody else must give the other opinion.',
  reviewNeedsReason:
    'A review needs a reason, since it is what remains of the break-glass. Nothing was counted. Write: review LR-7F3K accept because <reason>, or object.',
  reviewClosed: (refusal, reader) =>
    `This review was closed at ${formatTime(refusal.at, reader)}, so nothing was added. If something came up since, raise it with the owners of the rule.`,
  mayNotPause:
    'You may not pause or resume, because the policy does not name you as a requester or an approver. Ask one of them.',
  alreadyPaused: (refusal, reader) =>
    `It is paused already: ${nameOf(refusal.by)} did so at ${formatTime(refusal.at, reader)}. No live response is sent to Defender until somebody else who may approve types resume.`,
  notPaused: 'Nothing is paused, so there is nothing to resume. Approved requests go as soon as Defender has room.',
  pausedByYou: (refusal, reader) =>
    `You paused at ${formatTime(refusal.at, reader)}, so somebody else who may approve must resume. No live response is sent to Defender before that.`,
  mayNotResume:
    'Only somebody who may approve requests can resume. Ask an approver. No live response is sent to Defender before that.',
  yoursWait: (refusal) =>
    `You asked for ${formatList(refusal.ids)}, which would go with it, so somebody else must resume. Or withdraw yours first: ${formatList(refusal.ids.map((id) => `cancel ${id}`))}.`,
  unknownAction:
    'I do not know this button, so nothing was done. The card may be from an older version of me; type help to start anew.',
};

function describeDecided(request: LiveResponseRequest, reader: ReaderFormat): string {
  const { id } = request;
  switch (request.state) {
    case 'awaitingApproval':
      return `${id} still waits for approval. Use its newest card.`;
    case 'denied': {
      const denial = request.votes.findLast((v) => v.decision === 'deny');
      return denial === undefined
        ? `${id} was already denied. Nothing ran.`
        : `${id} was already denied by ${nameOf(denial.by)} at ${formatTime(denial.at, reader)}. Nothing ran.`;
    }
    case 'expired':
      return `${id} expired at ${formatTime(request.endedAt, reader)}: it was not decided in time, which is not a denial. Nothing ran. Ask again if it is still needed.`;
    case 'withdrawn':
      return `${id} was already withdrawn by ${nameOf(request.by)} at ${formatTime(request.endedAt, reader)}. Nothing ran.`;
    case 'voided':
      return `${id} became void at ${formatTime(request.endedAt, reader)}, because what was shown had changed. Nothing ran. Ask again to have the new version decided.`;
    case 'queued':
      return `${describeApproval(request, reader)} It waits to be sent; type status ${id} to see where it stands.`;
    case 'submitting':
    case 'unknown':
    case 'pending':
    case 'running':
      if (request.state === 'unknown' && request.doubt === 'restored')
        return `${id} cannot be decided any more: my database was restored from a backup, and it may have run since. I look for it in Defender; type status ${id} to see what I found.`;
      if (request.state === 'unknown' && request.offer !== null)
        return `${id} may have run; Defender does not list it. Decide on its newest card whether to send it once more.`;
      return request.cancel?.by == null || request.cancel.refused
        ? `${describeApproval(request, reader)} Type status ${id} to see where it stands.`
        : `${id} is being cancelled already: ${nameOf(request.cancel.by)} asked at ${formatTime(request.cancel.at, reader)}. What Defender says decides.`;
    case 'batchRunning':
      return request.stopped === null
        ? `${describeApproval(request, reader)} Type status ${id} to see how far it is.`
        : `${id} was stopped already, at ${formatTime(request.stopped.at, reader)}. Type status ${id} to see what still runs.`;
    case 'batchEnded':
      return `${describeApproval(request, reader)} It ended at ${formatTime(request.endedAt, reader)}; type status ${id} to see how.`;
    case 'unconfirmed':
      return `${id} is not decided any more: that ended at ${formatTime(request.endedAt, reader)}, and it may have run. ${beforeAskingAgain(id)}`;
    case 'cancelled':
      return `${id} was already cancelled, at ${formatTime(request.endedAt, reader)}; type status ${id} to see how far it came.`;
    case 'lapsed':
      return `${id} was already withdrawn at ${formatTime(request.endedAt, reader)}, because its time to start ran out.${request.actionId === null ? ' Nothing ran.' : ' It may have begun: its card says what is known.'}`;
    case 'succeeded':
    case 'failed':
    case 'timedOut':
    case 'refused':
      return `${describeApproval(request, reader)} It ended at ${formatTime(request.endedAt, reader)}; type status ${id} to see how.`;
  }
}

function describeApproval({ id, votes }: Pick<LiveResponseRequest, 'id' | 'votes'>, reader: ReaderFormat): string {
  const approvals = votes.filter((v) => v.decision === 'approve');
  const last = approvals.at(-1);
  return last === undefined
    ? `${id} was already approved.`
    : `${id} was already approved by ${formatList(approvals.map((v) => nameOf(v.by)))} at ${formatTime(last.at, reader)}.`;
}

/** More ids than that are not read; mine shows them all. */
const mostIds = 10;

function describeTooMany({ most, ids }: Extract<Refusal, { type: 'tooManyOpen' }>): string {
  const [newest = ''] = ids;
  const left = ids.length - mostIds;
  const listed = formatList([
    ...ids.slice(0, mostIds).map(visibleCode),
    ...(left > 0 ? [`${left} more (type mine)`] : []),
  ]);
  return `You have ${count(ids.length, 'open request')}, and ${most} is the most for one person, so nothing was requested. Open: ${listed}. Withdraw one that you do not need, such as with cancel ${visibleCode(newest)}, or wait until one has ended; then ask again.`;
}

const describeNoResult = (id: string, number: number | null): string =>
  `${id} has no result${number === null ? '' : ` of command ${number}`}, or none yet. putfile returns none; others follow here when Defender has ended the request. Type status ${id} to see where it stands.`;

function describeUnknownFile(fileName: string, known: readonly string[]): string {
  const near = nearestNames(fileName, known);
  return `The live response library has no file ${quote(fileName)}, so nothing was requested. ${didYouMean(near)}Type library to see ${near.length === 0 ? 'what there is' : 'all'}.`;
}

const didYouMean = (near: readonly string[] = []): string =>
  near.length === 0 ? '' : `Did you mean ${formatList(near.map(quote), 'or')}? `;

const nameOf = (person: Person): string => cutAt(visible(person.name.trim() === '' ? person.id : person.name), 100);

const quote = (text: string): string => `"${cutAt(visibleCode(text), 200)}"`;
