import type { Config } from './config';
import type { Defender } from './defender/client';
import type { Views } from './dispatch/views';
import { createPeopleReads } from './flow/ask/people-reads';
import { createTypeahead } from './flow/ask/typeahead';
import { createFlow } from './flow/flow';
import { createDoorAudit } from './flow/refused-at-door';
import { createRender } from './flow/render';
import { readArchive } from './flow/show/file-archive';
import { mayStillHave } from './flow/show/may-still-have';
import { standInPost } from './flow/stand-in';
import { tellDelayed, tellUnreached } from './flow/tell-unreached';
import { hours, seconds } from './lib/clock';
import type { DueWork } from './lib/loop';
import type { ServiceBase } from './service-base';
import { createEvidenceMaker } from './service-evidence';
import { StartError } from './start-checks';
import type { Store } from './store/store';
import { type AdapterOptions, createAdapter, type VerifiedAdapter } from './teams/inbound/adapter';
import { readBotCertificate } from './teams/inbound/bot-certificate';
import { createLateWork } from './teams/inbound/in-time';
import { lastNameOf, teamsUserIdOf } from './teams/inbound/inbound';
import { createRoster } from './teams/inbound/roster';
import { type Bot, createBot } from './teams/inbound/routes';
import { createFileSender } from './teams/outbox/file-sender';
import { callTimeoutMs, createTeams } from './teams/outbox/outbound';
import { createOutbox, type Outbox, queuePost } from './teams/outbox/outbox';

/** The service's side of Teams: what comes in, what goes out, and the files that people asked for. */
export interface TeamsSide {
  readonly bot: Bot;
  readonly outbox: Outbox;
  readonly files: DueWork;
  /** Writes what was refused at the door into the audit. */
  readonly door: DueWork;
}

/** What Teams is built on beside the base: `leasing` is the store whose leases the outbox takes; `onLeft` is told of what it leaves due. */
export interface TeamsParts {
  readonly leasing: Store;
  readonly defender: Defender;
  readonly views: Views;
  readonly onLeft: () => void;
}

/** A row is one call to Teams of at most 15 s; whoever is slower makes none. So long nothing else is sent in a conversation in which a killed process was sending. */
const outboxLeaseMs = seconds(30);

export function connectTeams(base: ServiceBase, parts: TeamsParts): TeamsSide {
  const { store, config, clock, log, issuer } = base;
  const adapter = createAdapter({ identity: identityOf(config), clock, ...(issuer && { issuer }) });
  const outbox = createServiceOutbox(base, parts, adapter);
  const door = createDoorAudit({ store, clock, log });
  const bot = createBot({
    adapter,
    flow: createServiceFlow(base, parts, outbox),
    tenantIds: config.teamsTenantIds,
    allowSharedChannels: config.teamsAllowSharedChannels,
    roster: config.trial ? null : createRoster({ adapter, clock, log }),
    async knownName(personId) {
      const named = base.policy().names.get(personId);
      if (named !== undefined) return named;
      const chat = await store.personalPlace(personId);
      return chat === null ? null : lastNameOf(chat);
    },
    reply: queuePost({ store, clock }),
    refused: door.refused,
    lateWork: createLateWork(),
    clock,
    log,
  });
  return { bot, outbox, files: createServiceFiles(base, adapter), door };
}

function createServiceOutbox(
  { config, store, policy, clock, random, log }: ServiceBase,
  { leasing, views, onLeft }: TeamsParts,
  adapter: VerifiedAdapter,
): Outbox {
  const { trial } = config;
  return createOutbox({
    store: leasing,
    teams: createTeams({ adapter, clock }),
    // The Playground shows no views of one's own (teams.md C3): in a trial the buttons are there for all.
    render: createRender({ store, views, random, teamsUserIdOf: trial ? () => null : teamsUserIdOf }),
    onUndeliverable: (tx, undelivered) => tellUnreached(tx, policy(), undelivered, { trial, now: clock.now() }),
    standIn: ({ work, copy, ...seen }) => standInPost(work, seen),
    onDelayed: (tx, delayed) => tellDelayed(tx, policy(), delayed, { trial, now: clock.now() }),
    leaseMs: outboxLeaseMs,
    callMs: callTimeoutMs,
    onLeft,
    clock,
    random,
    log,
  });
}

function createServiceFlow(base: ServiceBase, { defender, views }: TeamsParts, outbox: Outbox) {
  const { config, store, policy, groups, runbooks, clock, random, log, byItself } = base;
  return createFlow({
    store,
    reads: createPeopleReads({ defender, clock }),
    typeahead: createTypeahead({ clock }),
    policy,
    groups,
    runbooks,
    views,
    clock,
    random,
    log,
    queueMs: hours(config.defender.queueHours),
    openRequestsPerPerson: config.openRequestsPerPerson,
    evidence: createEvidenceMaker(base),
    sayAfter: byItself ? (tx, place, post) => outbox.sayAfter(tx, place, post) : null,
    trial: config.trial,
  });
}

function createServiceFiles(base: ServiceBase, { cloud }: VerifiedAdapter): DueWork {
  const { config, store, policy, groups, clock, random, log } = base;
  return createFileSender({
    store,
    mayStillHave: async (offer) => {
      const stored = await store.request(offer.requestId);
      return stored !== null && mayStillHave(policy(), await groups(), stored.request, offer);
    },
    readArchive: (offer) => readArchive(store, config.evidenceDir, offer),
    cloud,
    clock,
    random,
    log,
    trial: config.trial,
  });
}

function identityOf(config: Config): AdapterOptions['identity'] {
  const { bot } = config;
  if (bot === null) return { type: 'trial' };
  const { appId, tenantId } = bot;
  const cloud = config.teamsCloud;
  if (bot.type === 'UserAssignedMsi') return { type: 'UserAssignedMsi', appId, tenantId, cloud };
  if (bot.certificatePath !== null) {
    const certificate = readBotCertificate(bot.certificatePath);
    if (!certificate.ok) throw new StartError([certificate.error]);
    return { type: 'SingleTenant', appId, tenantId, certificate: certificate.value, cloud };
  }
  if (bot.password === null) throw new StartError(['BOT_PASSWORD: is missing; BOT_TYPE SingleTenant needs it']);
  return { type: 'SingleTenant', appId, tenantId, password: bot.password, cloud };
}
