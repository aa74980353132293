import type { Person } from '../../request/request';
import { say, saySubtle, showCode, showCut, showPerson } from '../kit/line';
import { type CardOptions, pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import { formatTime } from '../kit/words';

export interface WhoAmI {
  readonly person: Person;
  readonly mayAsk: boolean;
  readonly mayVote: boolean;
  readonly policyVersion: string;
}

/** How the bot knows this person: by the object id of the verified message, never by name (T-11). */
export function whoamiCard({ person, mayAsk, mayVote, policyVersion }: WhoAmI, options: CardOptions): Post {
  return pagePost(
    {
      title: 'Who you are to this bot',
      lines: [
        showPerson(person),
        [saySubtle('Object id '), showCode(person.id)],
        [saySubtle('Tenant id '), showCode(person.tenantId)],
        [
          say(
            mayAsk ? 'You may ask for live response.' : 'You may not ask for live response; the policy names who may.',
          ),
        ],
        [
          say(
            mayVote
              ? "You may decide about other people's requests, never about your own."
              : 'You may not decide about requests; the policy names who may.',
          ),
        ],
        [
          say(
            `Times in your own chat with me look like this: ${formatTime(options.now, options.reader)}. What others read as well is in UTC.`,
          ),
        ],
        [saySubtle('Policy version '), ...showCut(policyVersion, 64, showCode)],
      ],
    },
    options,
  );
}
