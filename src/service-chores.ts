import type { Defender } from './defender/client';
import { readOwnNames } from './defender/roles';
import type { TokenSource } from './defender/token';
import type { Views } from './dispatch/views';
import { createOwedAnswers } from './flow/owed';
import { hours, monotonicMs } from './lib/clock';
import type { DueWork } from './lib/loop';
import { createAnchor } from './oversight/anchor';
import { createBypassWatch } from './oversight/bypass-watch';
import { createPruning } from './oversight/prune-history';
import { createRoundUps } from './oversight/round-ups';
import { createWeeklyReviews } from './oversight/weekly-reviews';
import type { ServiceBase } from './service-base';

/** What happens by itself beside the requests: round-ups, the bypass alarm, reviews, pruning, the anchor of the audit. */
export function createChores(
  base: ServiceBase,
  parts: { readonly defender: Defender; readonly token: TokenSource; readonly views: Views },
): readonly DueWork[] {
  const { config, store, policy, groups, approvers, clock, log, byItself } = base;
  const { trial, evidenceDir, anchorConversationId, historyDays } = config;
  return [
    createOwedAnswers({ store, clock, trial }),
    createRoundUps({ store, views: parts.views, clock, trial }),
    createBypassWatch({
      store,
      defender: parts.defender.forPurpose('lookUp'),
      ownNames: () => readOwnNames(config.defender.credential, parts.token),
      approvers,
      conversationId: anchorConversationId,
      clock,
      log,
      trial,
    }),
    createWeeklyReviews({ store, policy, groups, clock, trial }),
    createPruning({
      store,
      clock,
      monotonic: byItself ? monotonicMs : clock.now.bind(clock),
      log,
      evidenceDir,
      keepMs: historyDays === null ? null : hours(24) * historyDays,
      keepPlaces: anchorConversationId === null ? [] : [anchorConversationId],
    }),
    ...(anchorConversationId === null
      ? []
      : [createAnchor({ store, clock, log, conversationId: anchorConversationId, trial })]),
  ];
}
