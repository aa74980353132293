import type { Change, CommandProgress, LiveResponseRequest, Vote } from '../../request/request';
import { maxAnswerLength } from '../../request/votes/questions';
import { joinLines, type Line, say, saySubtle, showCode, showCut, showPerson } from '../kit/line';
import { count, formatShort, formatTime } from '../kit/words';

/** What has changed since it was shown, as one sentence. */
export function describeChange(change: Change): Line {
  switch (change.type) {
    case 'policyChanged':
      return [say('The approval policy is another one now.')];
    case 'libraryFileChanged':
      return [
        say('The library file '),
        ...showCut(change.fileName, 200, showCode),
        say(' has other content: SHA-256 was '),
        showCode(change.was.slice(0, 16)),
        say('…, is now '),
        showCode(change.now.slice(0, 16)),
        say('….'),
      ];
    case 'libraryFileGone':
      return [
        say('The library file '),
        ...showCut(change.fileName, 200, showCode),
        say(' is no longer in the library.'),
      ];
    case 'deviceChanged':
      return [say(deviceChanges[change.field])];
    case 'mayNotAskAnyMore':
      return [say('The requester may no longer ask for this.')];
    case 'voterLostRight':
      return [...showPerson(change.voter), say(' approved it and may no longer approve it.')];
    case 'voterMoved':
      return [...showPerson(change.voter), say(' approved it and has changed groups since, so a seat is empty.')];
    case 'deviceGone':
      return [say('Defender no longer knows the device.')];
  }
}

const deviceChanges = {
  name: 'The device has another name now.',
  entraDeviceId: 'The device has another Entra device id now.',
  group: 'The device is in another device group now.',
  tags: 'The device has other tags now.',
} as const satisfies Readonly<Record<Extract<Change, { type: 'deviceChanged' }>['field'], string>>;

/** What to do about a request of which nobody can tell whether it ran. */
export const beforeAskingAgain = (id: string): string =>
  `Look for ${id} in the device's action history in the Defender portal before you ask again.`;

/** "Approved by Bo, 12:03 UTC.": what stands where the buttons were. Nothing while nobody has decided. */
export function decidedLines({ votes, state }: LiveResponseRequest, now: number): readonly Line[] {
  if (state === 'awaitingApproval' || votes.length === 0) return [];
  const by = (decision: Vote['decision'], word: string): readonly Line[] => {
    const of = votes.filter((vote) => vote.decision === decision);
    const when = (at: number) => (of.length === 1 ? `, ${formatShort(at, now)}` : ` (${formatShort(at, now)})`);
    const people = of.map((vote): Line => [...showPerson(vote.by), say(when(vote.at))]);
    return people.length === 0 ? [] : [[say(`${word} by `), ...joinLines(people), say('.')]];
  };
  return [...by('approve', 'Approved'), ...by('deny', 'Denied')];
}

/** "Bo approved at …", one line a vote, in order. */
export const describeVotes = (votes: readonly Vote[]): readonly Line[] =>
  votes.map((vote) => [
    ...showPerson(vote.by),
    say(` ${vote.decision === 'approve' ? 'approved' : 'denied'} at ${formatTime(vote.at)}.`),
  ]);

/** What people wrote with an approval, for those who decide after them. */
export const noteLines = ({ votes }: LiveResponseRequest): readonly Line[] =>
  votes.flatMap(({ by, decision, reason }) =>
    decision === 'approve' && reason !== null
      ? [[...showPerson(by), saySubtle(' wrote with the approval: '), ...showCut(reason, 100)]]
      : [],
  );

/** What was asked before the decision and what was answered: in the thread while it waits, here afterwards. */
export function describeQuestions(
  { questions = [], state }: LiveResponseRequest,
  { whole }: { readonly whole: boolean },
): readonly Line[] {
  if (state === 'awaitingApproval')
    return questions.length === 0 ? [] : [[say(`${count(questions.length, 'question')} asked, see the thread.`)]];
  const text = (words: string): Line => showCut(words, whole ? maxAnswerLength : 100);
  return questions.flatMap((question): readonly Line[] => [
    [...showPerson(question.by), saySubtle(' asked: '), ...text(question.text)],
    question.answer === null
      ? [saySubtle('There was no answer.')]
      : [...showPerson(question.answer.by), saySubtle(' answered: '), ...text(question.answer.text)],
  ]);
}

/** One-based number of the command that is at work, or null when none is any more: all have ended, or one has failed. */
export function commandAtWork(progress: readonly CommandProgress[], total: number): number | null {
  if (failedCommand(progress) !== null) return null;
  for (let index = 0; index < total; index++)
    if (progress.find((p) => p.index === index)?.status !== 'Completed') return index + 1;
  return null;
}

/** One-based number of the command that failed; those after it do not run. */
export function failedCommand(progress: readonly CommandProgress[]): number | null {
  const failed = progress.find((p) => p.status === 'Failed');
  return failed === undefined ? null : failed.index + 1;
}
