import { visible, visibleCode } from '../../lib/visible';
import type { BatchRefusal, LeftOut } from '../../request/batch/left-out';
import { type Line, relay, say, showCode, showCut } from '../kit/line';
import { count, formatDuration, formatList } from '../kit/words';
import { describeFinding } from '../sentences/finding-words';

/** Who is left out of a batch, and why: "dc-01 left out: needs 2 approvals." */
export function leftOutLine(left: LeftOut): Line {
  switch (left.type) {
    case 'unknown':
      return [...showCut(left.query, 100, showCode), say(': Defender knows no such device.')];
    case 'ambiguous': {
      const shown = left.devices
        .slice(0, 3)
        .map(({ name, machineId }) => `${visible(name)} (${visibleCode(machineId)})`);
      const more = left.devices.length - shown.length;
      return [
        ...showCut(left.query, 100, showCode),
        say(` could be ${count(left.devices.length, 'device')}: `),
        relay(`${formatList(shown, 'or')}${more > 0 ? ` and ${more} more` : ''}. Name one by its id.`),
      ];
    }
    case 'double':
      return [
        ...showCut(left.query, 100, showCode),
        say(' was named twice: '),
        ...showCut(left.device.name, 100, showCode),
        say(' is in it once.'),
      ];
    case 'unfit':
      return [...showCut(left.device.name, 100, showCode), say(' left out: '), ...describeFinding(left.finding)];
    case 'tier0':
      return [...showCut(left.device.name, 100, showCode), say(' left out: tier 0. Ask for it alone.')];
    case 'otherRule':
      return [
        ...showCut(left.device.name, 100, showCode),
        say(' left out: rule '),
        ...showCut(left.rule, 60),
        say(` needs ${count(left.approvals, 'approval')}.`),
      ];
    case 'refused':
      return [...showCut(left.device.name, 100, showCode), say(' left out. '), ...showCut(left.because, 200)];
  }
}

/** Why many devices cannot be asked for at once, and what to do. */
export function describeBatchRefusal(refusal: BatchRefusal): string {
  switch (refusal.type) {
    case 'notAllowed':
      return `Rule ${visible(refusal.rule)} allows one device a request, so nothing was requested. Ask for each device alone, or ask whoever looks after the policy for devices: { most: … }.`;
    case 'tooMany':
      return `That is ${count(refusal.count, 'device')}, and rule ${visible(refusal.rule)} allows ${refusal.most} under one decision. Nothing was requested. Name fewer, in several requests.`;
    case 'nothingLeft':
      return [
        'None of these devices can be asked for, so nothing was requested:',
        ...refusal.leftOut.slice(0, 20).map((left) => `- ${textOf(leftOutLine(left))}`),
        ...(refusal.leftOut.length > 20 ? [`- and ${refusal.leftOut.length - 20} more`] : []),
      ].join('\n');
    case 'batchOpen':
      return `You have ${count(refusal.ids.length, 'request')} for many devices open (${formatList(refusal.ids.map(visibleCode))}), and ${refusal.most} is the most. Nothing was requested. Wait for its end, or cancel it.`;
    case 'stopAtRaised':
      return `stop-at ${refusal.asked} is later than the rule allows: it may only be lowered from ${refusal.stopAt}. Nothing was requested.`;
    case 'stopAtNone':
      return 'stop-at 0 would stop before the first device. Nothing was requested. Use 1 to stop at the first failure.';
    case 'canaryLowered':
      return `The rule wants ${count(refusal.canary, 'canary', 'canaries')} at least, and you asked for ${refusal.asked}. Nothing was requested. Ask for as many or more.`;
    case 'canaryTooMany':
      return `${count(refusal.asked, 'canary', 'canaries')} are more than the ${count(refusal.size, 'device')} of the list. Nothing was requested. Ask for fewer.`;
    case 'canaryNotThere':
      return `"${visibleCode(refusal.name)}" is not among the devices that would run it, so it cannot be the canary. Nothing was requested.`;
    case 'tooSlow':
      return `${count(refusal.count, 'device')} cannot all start within ${formatDuration(refusal.withinMs)}; about ${refusal.most} can. Nothing was requested. Name fewer, in several requests.`;
  }
}

const textOf = (line: Line): string => line.map(({ text }) => text).join('');
