import { visible } from '../../lib/visible';
import type { LiveResponseRequest } from '../../request/request';
import { cutAt } from '../kit/line';
import { count } from '../kit/words';
import { beforeAskingAgain } from './request-lines';
import { seenWords, type Unreached } from './unreached-words';

/**
 * Short answers of the bot that stand on no card of their own: what a click gets back, what a typed decision is told, what the thread hears about
 * somebody. Plain text whose quoted parts are visible already.
 */
export const answers = {
  stored: 'Your request is stored and the approvers are asked. Its card in this conversation shows how it goes on.',
  storedUnanswered: 'That is stored. I could not draw an answer to it: look at the card, or type status.',
  handledAlready: 'I have already handled this click; the card shows how it stands.',
  interrupted:
    'I was interrupted before I could finish checking what you sent or pressed here. Nothing was requested, decided or stopped by it. Please do it once more.',
  editOfDone:
    'You edited a message that I have already acted on. The edit changed nothing: what was asked, decided or stopped by it stays so. To change it, send a new message; status shows what is open, and cancel takes a request back.',
  editOfOld:
    'You edited a message of more than two days ago. I no longer know what came of it, so I did nothing. If you mean it now, please send it as a new message.',
  inDoubt:
    'I had an answer for you here, and I do not know whether you got it. It may be out of date by now, so I do not send it again: if you miss it, please ask again.',
  malformedAction: 'This button did not say what it is for, so nothing was done. Please send `help` for a fresh card.',
  malformedSearch: 'This list cannot be searched like that, so nothing was looked up. Type the name that you look for.',
  notHere:
    'Teams did not show me who is in this conversation, so I take no request here. Add Live Response to this team or chat and try again, or write to me in my own chat. Nothing was requested.',
  seeBelow: 'See my answer below.',
  stillChecking:
    'I am still checking, because a service that I need is slow; the answer follows here. You do not need to send it again.',
  stillCheckingInMemory:
    'I am still checking, because a service that I need is slow. If no answer follows here within three minutes, please do it once more.',
  tooSlowToOpen:
    'A service that I need is slow, so I could not open this in time. Nothing was requested. Try again in a minute.',
  handledLate: 'I have handled your click now. The card shows the result.',
  elsewhereShown: (id: string, title: string, sent: boolean) =>
    `${id}: ${title}. It was asked in another conversation, so that is all I show here. ${sent ? 'The rest is in your own chat with me.' : 'Ask me for the rest in your own chat with me.'}`,
  withdrawn: (id: string) => `${id} is withdrawn. Nothing ran, and nobody can approve it any more.`,
  cancelled: (id: string) => `${id} is cancelled. Defender had not accepted it, and nothing ran.`,
  notAnAnswer: (id: string) =>
    `That looks like a command with a slip in it, so nothing was done with it, and it is no answer. The question about ${id} still waits. Type the command again (help lists them), or press Answer… on the question to say exactly this.`,
  cancelKept: (id: string) =>
    `Your wish to cancel ${id} is kept. Nobody can tell yet whether Defender has it: if it turns up and has not begun, I ask Defender to cancel it. Type status ${id} to see where it stands.`,
  cancelLeft: (id: string) =>
    `${id} is left now, and nobody sends it once more. Whether it ran is not known: I go on looking for three days, and ask Defender to cancel it if it turns up and has not begun.`,
  cancelBatch: (id: string) =>
    `${id} is cancelled: no further device gets it, and what Defender has already I ask it to cancel. The card of ${id} shows each device.`,
  cancelPassedOn: (id: string) =>
    `Your wish to cancel ${id} is passed on; what Defender says decides, and its commands may have acted before that. Type status ${id} to see where it stands.`,
  approved: (id: string) =>
    `Your approval of ${id} is counted, and it is approved. Type status ${id} to see where it stands.`,
  denied: (id: string) => `Your denial of ${id} is counted. Nothing ran, and the requester reads your reason.`,
  glassBroken: (id: string) =>
    `Break-glass of ${id} is kept: one approval by somebody whom the rule names, and who did not ask, is enough now. The owners of the rule are told.`,
  questionSent: (id: string) =>
    `Your question about ${id} is in its thread, and the requester is mentioned. The clock runs on.`,
  answerSent: (id: string) => `Your answer about ${id} is in its thread and went to the approvers.`,
  reasonLeftOut: 'The reason held a secret, so this field is empty. Write your own.',
  mayStillRun: (id: string) => `${id} may still run. ${beforeAskingAgain(id)}`,
  noVote: 'That is not a vote. Use the buttons on the card of the request.',
  counted: (id: string) => `Your approval of ${id} is counted. It needs more people before it runs.`,
  resendCounted: (id: string) =>
    `Your vote to send ${id} once more is counted. It needs more people before anything is sent.`,
  decided: (id: string) => `${id} is decided. Type status ${id} to see where it stands.`,
  onOthersCard: (who: string, id: string) =>
    `${named(who)} tried to decide ${id} on a card that was sent to somebody else. Nothing was counted.`,
  fromElsewhere: (who: string, id: string) =>
    `${named(who)} tried to decide ${id} from another conversation. Nothing was counted.`,
  guest:
    'You are a guest or an external participant here, and this bot serves members of its own organisation only. Nothing was done. Please ask a member of the organisation to make the request.',
  sharedChannel:
    'This channel is shared with other teams or organisations, and this bot is not used in such channels unless its administrator allows it. Nothing was done. Please write to it in a standard channel or in its own chat.',
  unknownMember:
    'I could not check with Teams whether you are a member of this organisation or a guest, so nothing was done. Please try again in a minute; if it stays so, write to me in my own chat, and tell your administrator.',
  unread: (why: string, code: string) => `${why} Nothing was requested (${code}).`,
  shareSpent: (wait: string) =>
    `You have used your share of what I may ask Defender; the rest is kept for others and for approved requests. Nothing was requested. You can go on in ${wait}.`,
  unreached: (id: string, who: string, seen: Unreached) =>
    `I could not send ${id} to ${named(who)} in their own chat: ${seenWords(seen)}. They can decide on the card in this conversation.`,
  unreachedSoFar: (id: string, who: string, seen: Unreached) =>
    `I have not reached ${named(who)} with ${id} in their own chat so far: ${seenWords(seen)}. I go on trying. They can decide on the card in this conversation.`,
  elsewhere: (id: string, seen: Unreached) =>
    `I cannot write where ${id} was asked: ${seenWords(seen)}. The request goes on; what I would say there comes here, and status ${id} shows how it stands.`,
  notShown: (id: string, command: number | null, seen: Unreached) =>
    command === null
      ? `I could not show a message about ${id} here: ${seenWords(seen)}. Type status ${id} to see how it stands.`
      : `I could not show the result of command ${command} of ${id} here: ${seenWords(seen)}. It is kept: type result ${id} ${command} to read it.`,
  notShownAnswer: (seen: Unreached) =>
    `I had an answer for you here and could not show it: ${seenWords(seen)}. Ask for less at once, such as one command of a result; if it stays so, tell whoever runs this bot.`,
  elsewhereSoFar: (id: string, seen: Unreached) =>
    `For some minutes I have not reached the conversation where ${id} was asked: ${seenWords(seen)}. I go on trying there. Type status ${id} to see here how it stands.`,
  policyFaulty: (lines: readonly string[]) =>
    [
      'The policy file was changed and has faults, so the policy of before stays in force. Whoever keeps it must fix it:',
      ...lines,
    ].join('\n'),
  runbooksFaulty: (lines: readonly string[]) =>
    [
      'The runbooks file was changed and has faults, so the runbooks of before stay in force. Whoever keeps it must fix it:',
      ...lines,
    ].join('\n'),
  policyMended: (version: string) =>
    `The policy file is in order again. It says what has been in force all the while, policy ${version}, so nothing has to be asked again.`,
  policyReplaced: (now: string, before: string) =>
    `Another approval policy is in force: ${now} in place of ${before}. What was approved under the old one and has not been sent yet is asked again.`,
  policyRules: (version: string) =>
    `Policy ${version}: the first rule that matches decides, and what none matches is refused.`,
  policyRule: (number: number, name: string, approvals: number | null) =>
    `${number}. ${name}: ${approvals === null ? 'refused' : count(approvals, 'approval')}`,
  policyHint:
    'Type policy explain and an id, or policy explain and a whole request, to see which rule applies and why.',
} as const;

/** What a typed decision came to, for the one who typed it. */
export function describeDone(
  { id, state }: LiveResponseRequest,
  did: 'approve' | 'deny' | 'cancel' | 'breakGlass',
): string {
  switch (did) {
    case 'approve':
      return state === 'awaitingApproval' ? answers.counted(id) : answers.approved(id);
    case 'deny':
      return answers.denied(id);
    case 'cancel':
      return describeCancel(id, state);
    case 'breakGlass':
      return answers.glassBroken(id);
  }
}

/** What became of a wish to cancel, by where the request stands then. */
function describeCancel(id: string, state: LiveResponseRequest['state']): string {
  switch (state) {
    case 'withdrawn':
      return answers.withdrawn(id);
    case 'cancelled':
      return answers.cancelled(id);
    case 'batchRunning':
    case 'batchEnded':
      return answers.cancelBatch(id);
    case 'unconfirmed':
      return answers.cancelLeft(id);
    case 'submitting':
    case 'unknown':
      return answers.cancelKept(id);
    default:
      return answers.cancelPassedOn(id);
  }
}

const named = (who: string): string => cutAt(visible(who), 100);
