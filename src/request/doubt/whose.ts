import { commandToParams } from '../ask/command';
import { readMarker } from '../ask/digest';
import type { AskedCommand, ObservedAction } from '../event';
import type { RequestBase } from '../request';

/** What a machine action is to a request. `unread`: Defender left out what would tell. */
export type Whose = 'ours' | 'notOurs' | 'otherCommands' | 'unread';

/**
 * Whose action this is: ours only with our request id in the marker (whole, whatever digest and decision it names) and our commands
 * (keys without case, values byte for byte). By itself the bot adopts, follows, cancels and reads no other.
 */
export function whose(
  request: Pick<RequestBase, 'id' | 'commands'>,
  { comment, asked }: Pick<ObservedAction, 'comment' | 'asked'>,
): Whose {
  if (comment === null) return 'unread';
  if (readMarker(comment)?.id !== request.id) return 'notOurs'; // guard: only-our-marker-is-ours
  if (asked === null) return 'unread';
  if (!isSame(request, asked)) return 'otherCommands'; // guard: only-our-commands-are-ours
  return 'ours';
}

const isSame = ({ commands }: Pick<RequestBase, 'commands'>, asked: readonly AskedCommand[]): boolean =>
  canonical(asked) === canonical(commands.map((command) => ({ type: command.type, params: commandToParams(command) })));

const canonical = (commands: readonly AskedCommand[]): string =>
  JSON.stringify(
    commands.map(({ type, params }) => [
      type,
      params
        .map(({ key, value }) => [key.toLowerCase(), value])
        .sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0)),
    ]),
  );
