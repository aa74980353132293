import type { Config } from '../config';
import { createDatabasePassword } from '../defender/database-password';
import { type Clock, seconds } from '../lib/clock';
import { inspectConversation } from '../store/offline/inspect';
import { StoreError } from '../store/store-error';
import { createAdapter } from '../teams/inbound/adapter';
import { createTeams } from '../teams/outbox/outbound';
import { TeamsError } from '../teams/teams';
import { botIdentityOf } from './bot-identity';
import { type Finding, fail, fine, type Judged } from './finding';
import { createSamplePosts } from './sample-posts';

/** Teams takes about one message a second in one conversation ("Rate limiting for bots"). */
const pauseMs = seconds(1);

/** Posts one sample of each card to a conversation that the bot knows; the first that Teams refuses ends it. */
export async function postSamples(config: Config, conversationId: string, clock: Clock): Promise<readonly Finding[]> {
  const judged = await tryPost(config, conversationId, clock);
  return [{ check: 'cards', ...judged }];
}

async function tryPost(config: Config, conversationId: string, clock: Clock): Promise<Judged> {
  const identity = botIdentityOf(config);
  if (identity === null)
    return { verdict: 'skip', found: 'No card was posted, since the BOT_ settings must be fixed first.', cure: null };
  let sent = 0;
  try {
    const place = await inspectConversation(config.databaseUrl, conversationId, createDatabasePassword(config, clock));
    if (place === null)
      return fail(
        'No card was posted: the bot does not know this conversation, since nobody has written to it there.',
        'Add the bot there and write help to it once, or name a conversation in which it is; AUDIT_ANCHOR_CONVERSATION takes the same ids.',
      );
    const teams = createTeams({ adapter: createAdapter({ identity, clock }), clock });
    for (const post of createSamplePosts(clock.now(), config.trial)) {
      if (sent > 0) await clock.sleep(pauseMs);
      await teams.post(place, post);
      sent += 1;
    }
    return fine(`${sent} samples were posted: look whether each can be read in that conversation.`);
  } catch (error) {
    if (error instanceof StoreError) return fail(`No card was posted. ${error.message}`, 'See the check of the store.');
    if (!(error instanceof TeamsError)) throw error;
    return fail(
      `Teams did not take sample ${sent + 1} (${error.code}).`,
      'Look at the checks of teams and network; if they are ok, see that the app is still installed in that conversation.',
    );
  }
}
