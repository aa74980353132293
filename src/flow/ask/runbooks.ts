import { isDeepStrictEqual } from 'node:util';
import type { Draft } from '../../chat/draft';
import { checkDevice, checkReason } from '../../chat/draft-check';
import { describeFaults } from '../../chat/faults';
import type { Notice } from '../../chat/notices';
import { err, ok, type Result } from '../../lib/result';
import type { RunbookRef } from '../../request/request';
import { type AskedRunbook, type RunbookMessage, writeAsk } from '../../runbooks/read-message';
import { renderRunbook } from '../../runbooks/render';
import type { Runbook } from '../../runbooks/runbook';
import { runbookCard, runbookListCard } from '../../thread/cards/runbook-cards';
import { sentencePost } from '../../thread/kit/sentence';
import type { Refusal } from '../../thread/sentences/refusals';
import { describeRenderFault, runbookAnswers } from '../../thread/sentences/runbook-words';
import { type Answer, type FlowOptions, posts } from '../answer';

/** What a message about runbooks comes to: something to read, or a draft whose commands the runbook rendered. */
export function readRunbook(
  options: FlowOptions,
  message: RunbookMessage,
): { readonly answer: Answer } | { readonly draft: Draft; readonly notices: readonly Notice[] } {
  const { trial } = options;
  const say = (text: string, summary: string): { readonly answer: Answer } => ({
    answer: posts(sentencePost(text, { trial, summary })),
  });
  switch (message.type) {
    case 'list':
      return { answer: { ...posts(runbookListCard(options.runbooks(), { trial })), isView: true } };
    case 'show':
      return { answer: { ...posts(runbookCard(message.runbook, { trial })), isView: true } };
    case 'unknown':
      return say(runbookAnswers.unknown(message.name, message.known), 'No such runbook');
    case 'ask': {
      const drafted = draftOf(message.runbook, message.asked);
      return drafted.ok
        ? { draft: drafted.value, notices: [] }
        : say(drafted.error, `${message.runbook.name}: not requested`);
    }
  }
}

/** Everything that is wrong, at once, with the corrected line. */
function draftOf(runbook: Runbook, asked: AskedRunbook): Result<Draft, string> {
  const { device, reason, given } = asked;
  const rendered = renderRunbook(runbook, given);
  const textFaults = [...checkDevice(device), ...checkReason(reason)];
  const faults = [
    ...(device === '' ? [runbookAnswers.noDevice] : []),
    ...asked.strays.map(runbookAnswers.stray),
    ...asked.twice.map(runbookAnswers.twice),
    ...(rendered.ok ? [] : rendered.faults.map(describeRenderFault)),
    ...(textFaults.length === 0 ? [] : [describeFaults(textFaults).replace(/\.$/, '')]),
    ...(reason === '' ? [runbookAnswers.noReason] : []),
  ];
  if (!rendered.ok || faults.length > 0) {
    const wrong = rendered.ok
      ? []
      : rendered.faults.flatMap((fault) => (fault.type === 'value' ? [fault.parameter.name] : []));
    return err(runbookAnswers.faulty(faults, writeAsk(runbook, asked, wrong)));
  }
  return ok({ device, reason, commands: rendered.commands, runbook: { name: runbook.name, given: [...given] } });
}

/** The runbook that a draft says it is from, if it still renders exactly these commands: what comes back from a card may have been changed there. */
export function verifyRunbook(options: FlowOptions, { runbook, commands }: Draft): Result<RunbookRef | null, Refusal> {
  if (runbook === undefined) return ok(null);
  const known = options.runbooks().get(runbook.name);
  const rendered = known === undefined ? null : renderRunbook(known, new Map(runbook.given));
  const isSame = rendered?.ok === true && isDeepStrictEqual(rendered.commands, commands);
  if (known === undefined || !isSame) return err({ type: 'runbookChanged', name: runbook.name }); // guard: a-runbook-renders-what-it-says
  return ok({ name: known.name, version: known.version });
}
