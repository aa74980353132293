import { type Line, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import type { Post } from '../kit/post';
import { linesPost } from '../kit/sentence';
import { count, formatTime } from '../kit/words';

/** An action of this bot's identity that no request of this bot accounts for, as people are told of it. */
export interface BypassShown {
  readonly kind: 'noMarker' | 'unknownRequest' | 'otherAction';
  readonly actionId: string;
  /** Name of the device, else its id. */
  readonly device: string;
  readonly commands: readonly string[];
  readonly comment: string;
  readonly createdAt: number;
}

/** What fits on a screen; the audit has all of them. */
const mostShown = 5;
const mostCommands = 5;
const longestCommand = 200;
const longestComment = 200;

const reasons: Readonly<Record<BypassShown['kind'], string>> = {
  noMarker: 'It carries no marker of a request.',
  unknownRequest:
    'It carries the marker of a request that this bot does not know: of another installation that shares the app registration, or one that somebody made up.',
  otherAction: 'It carries the marker of a request of this bot, which has another action in Defender or none.',
};

/** The alarm, for approvers: what ran where and when, why that is alarming, and what next (T-23). */
export function bypassPost(bypasses: readonly BypassShown[], options: { readonly trial: boolean }): Post {
  const shown = bypasses.slice(0, mostShown);
  const more = bypasses.length - shown.length;
  const lines: Line[] = [
    [
      sayBold(
        `Defender lists ${count(bypasses.length, 'live response')} by the identity of this bot that no approval here accounts for.`,
      ),
    ],
    ...shown.flatMap(describe),
    ...(more > 0 ? [[say(`And ${count(more, 'more', 'more')}: the audit has all of them.`)]] : []),
    [
      say(
        'Somebody may be using the identity of this bot past the approvals. Look at the sign-ins of its app in Entra, take away its secrets and certificates and give it new ones, and look at what happened on the device. If another installation or tool shares the app, give it an app of its own.',
      ),
    ],
  ];
  return linesPost(lines, { summary: 'Alarm: a live response past the approvals', trial: options.trial });
}

function describe({ kind, actionId, device, commands, comment, createdAt }: BypassShown): readonly Line[] {
  const rest = commands.length - mostCommands;
  return [
    [say('On '), ...showCut(device, longestCommand, showCode), say(` at ${formatTime(createdAt)}. ${reasons[kind]}`)],
    ...commands.slice(0, mostCommands).map((command): Line => showCut(command, longestCommand, showCode)),
    ...(rest > 0 ? [[say(`and ${count(rest, 'more command')}`)]] : []),
    ...(comment === '' ? [] : [[saySubtle('Comment '), ...showCut(comment, longestComment)]]),
    [saySubtle('Action '), ...showCut(actionId, 100, showCode)],
  ];
}
