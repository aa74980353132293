import { createHash } from 'node:crypto';
import type { Config } from './config';
import type { ReadBudget } from './defender/budget';
import { createDefender, type Defender } from './defender/client';
import { readOwnNames, reportRoles } from './defender/roles';
import { createTokenSource, localToken, type TokenSource } from './defender/token';
import { createDirectory, type Directory } from './directory/directory';
import { readGroups } from './directory/read-groups';
import { createDispatch, problemOf } from './dispatch/dispatch';
import { admissionFact, type Learned, limitsInForce } from './dispatch/limits';
import { createReadBudget } from './dispatch/read-budget';
import { keepResult } from './evidence/keep-result';
import { createPeopleReads } from './flow/ask/people-reads';
import { createTypeahead } from './flow/ask/typeahead';
import { findApprovers, postToPeople } from './flow/decide/approvers';
import { createFlow } from './flow/flow';
import { createDoorAudit } from './flow/refused-at-door';
import { createRender } from './flow/render';
import { readArchive } from './flow/show/file-archive';
import { standInPost } from './flow/stand-in';
import { tellDelayed, tellUnreached } from './flow/tell-unreached';
import { createHealth } from './health';
import { type Clock, hours, monotonicMs, seconds } from './lib/clock';
import type { Log } from './lib/log';
import { createLoop, type DueWork, type Loop } from './lib/loop';
import type { RandomBytes } from './lib/random';
import { createMetrics, type Metrics } from './metrics';
import { createAnchor } from './oversight/anchor';
import { createBypassWatch } from './oversight/bypass-watch';
import { createPruning } from './oversight/prune-history';
import { createRoundUps } from './oversight/round-ups';
import { createWeeklyReviews } from './oversight/weekly-reviews';
import type { Policy } from './policy/policy';
import { mayReadResults } from './policy/policy';
import { createInForce } from './policy-in-force';
import { checkBeforeStart, listenError, openPolicy, StartError } from './starting';
import { followDatabase } from './store/engine/database-clock';
import { openStore } from './store/open';
import { isPolicySuperseded } from './store/rows/policy-in-force';
import type { Store } from './store/store';
import { isOutage } from './store/store-error';
import { withLeases } from './store/work/leases';
import { withWakeUps } from './store/work/wake-ups';
import { type AdapterOptions, createAdapter } from './teams/inbound/adapter';
import { createLateWork } from './teams/inbound/in-time';
import { lastNameOf, teamsUserIdOf } from './teams/inbound/inbound';
import { createRoster } from './teams/inbound/roster';
import { createBot } from './teams/inbound/routes';
import { createServer } from './teams/inbound/server';
import { createFileSender } from './teams/outbox/file-sender';
import { callTimeoutMs, createTeams } from './teams/outbox/outbound';
import { createOutbox, type Outbox, queuePost } from './teams/outbox/outbox';
import { sentencePost } from './thread/kit/sentence';

export interface ServiceOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** True: where replicas share a database, its clock counts in place of `clock`. False for those who hold the clock. */
  readonly followDatabase?: boolean;
  readonly random: RandomBytes;
  readonly log: Log;
  /** False: nothing happens by itself, and `settle` does what is due. For those who hold the clock. */
  readonly byItself?: boolean;
  /** Tests only: who signs instead of the Bot Framework. */
  readonly issuer?: AdapterOptions['issuer'];
}

export interface Service {
  readonly port: number;
  readonly store: Store;
  /** Does everything that is due now, and what that makes due, until nothing is. */
  settle(): Promise<void>;
  /** When `settle` finds something again although nothing happens; null: never. What only looks at a file or a disk is not counted. */
  nextDueAt(): Promise<number | null>;
  /** Takes nothing new, lets what is under way finish, closes the store. What is left is on disk for the next start. */
  stop(): Promise<void>;
}

/** The whole service: policy, store, Teams, Defender, and the two loops that do what is due. Every start resumes what the last one left. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, clock, log, followDatabase: isFollowing = false } = options;
  await checkBeforeStart(options);
  const nesting = options.byItself === false ? 'refused' : 'trusted';
  const bare = await openStore({ url: config.databaseUrl, log, clock, nesting });
  try {
    const { databaseNow: readNow } = bare;
    if (!isFollowing || readNow === null) return await assemble(bare, options, []);
    const shared = await followDatabase({ readNow, sleep: clock.sleep, monotonic: monotonicMs, log });
    return await assemble(bare, { ...options, clock: shared }, [shared]);
  } catch (error) {
    await bare.close();
    throw error;
  }
}

async function assemble(bare: Store, options: ServiceOptions, more: readonly DueWork[]): Promise<Service> {
  const { config, clock, random, log, byItself = true } = options;
  const keeper = await openPolicy(
    options,
    () => inForce.startDue(),
    (text) => tellApprovers(text),
  );
  const policy = () => keeper.current();
  const directory = createGroupDirectory(options);
  const groups = () => readGroups(policy().groups, directory);
  const approvers = async () => findApprovers(policy(), await groups());
  const health = createHealth({
    store: bare,
    clock,
    log,
    databaseUrl: config.databaseUrl,
    evidenceDir: config.evidenceDir,
  });
  const inForce = createInForce({
    store: bare,
    version: () => policy().version,
    problems: () => health.problems(),
    clock,
  });
  const ready = async () => {
    const problems = await health.problems();
    return problems.length > 0 || !inForce.isInForce() ? problems : findOutrun(health.store, policy());
  };
  const leasing = withLeases(health.store, (type, outcome) => metrics.onWork(type, outcome));
  const letApprovedGo = async () => {
    if (byItself) await clock.sleep(othersAfterPostMs);
  };
  const store = withWakeUps(leasing, {
    takeTeamsWork: byItself ? (tx) => outbox.takeDue(tx) : null,
    onTeamsWork(afterApproval) {
      if (afterApproval) void letApprovedGo().then(() => outboxLoop.nudge());
      else outboxLoop.nudge();
    },
    onApproved: (request) => byItself && dispatch.readAhead(request),
    onRequestWork(afterAdmission) {
      if (afterAdmission) void letApprovedGo().then(() => dispatchLoop.nudge());
      else dispatchLoop.nudge();
    },
    onFileWork: () => fileLoop.nudge(),
  });
  const queueMs = hours(config.defender.queueHours);
  const limits = { runsPerMinute: config.defender.runsPerMinute, sessions: config.defender.sessions };
  const metrics = createMetrics({
    store,
    limits: async () => limitsInForce(limits, await store.fact<Learned>(admissionFact), clock.now()),
    clock,
    ready,
    isPolicyRefused: () => keeper.isRefused(),
    freeBytes: health.freeBytes,
  });
  const token = createDefenderToken(options);
  const budget = createReadBudget({ store: bare, clock, log });
  const defender = createDefenderClient(options, { token, budget, onCall: metrics.onCall });
  const dispatch = createDispatch({
    store,
    defender,
    policy,
    groups,
    keepResult: (requestId, index, command, body) =>
      keepResult({ dir: config.evidenceDir, requestId, index, command, body }),
    limits,
    queueMs,
    clock,
    random,
    log,
    trial: config.trial,
    onTaskEnded: () => dispatchLoop.nudge(),
  });
  const { views } = dispatch;
  const adapter = createAdapter({
    identity: identityOf(config),
    clock,
    ...(options.issuer && { issuer: options.issuer }),
  });
  const outbox: Outbox = createOutbox({
    store: leasing,
    teams: createTeams({ adapter, clock }),
    // The Playground shows no views of one's own (teams.md C3): in a trial the buttons are there for all.
    render: createRender({ store, views, random, teamsUserIdOf: config.trial ? () => null : teamsUserIdOf }),
    onUndeliverable: (tx, undelivered) =>
      tellUnreached(tx, policy(), undelivered, { trial: config.trial, now: clock.now() }),
    standIn: ({ work, copy, ...seen }) => standInPost(work, seen),
    onDelayed: (tx, delayed) => tellDelayed(tx, policy(), delayed, { trial: config.trial, now: clock.now() }),
    leaseMs: outboxLeaseMs,
    callMs: callTimeoutMs,
    onLeft: () => outboxLoop.nudge(),
    clock,
    random,
    log,
  });
  const door = createDoorAudit({ store, clock, log });
  const bot = createBot({
    adapter,
    flow: createFlow({
      store,
      reads: createPeopleReads({ defender, clock }),
      typeahead: createTypeahead({ clock }),
      policy,
      groups,
      views,
      clock,
      random,
      log,
      queueMs,
      openRequestsPerPerson: config.openRequestsPerPerson,
      letApprovedGo,
      sayAfter: byItself ? outbox.sayAfter : null,
      trial: config.trial,
    }),
    tenantIds: config.teamsTenantIds,
    allowSharedChannels: config.teamsAllowSharedChannels,
    roster: config.trial ? null : createRoster({ adapter, clock, log }),
    async knownName(personId) {
      const named = policy().names.get(personId);
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
  const { trial } = config;
  const files = createFileSender({
    store,
    mayStillHave: async (offer) => {
      const stored = await store.request(offer.requestId);
      return stored !== null && mayReadResults(policy(), await groups(), stored.request, offer.personId);
    },
    readArchive: (offer) => readArchive(store, config.evidenceDir, offer),
    cloud: adapter.cloud,
    clock,
    random,
    log,
    trial,
  });
  const lookers: readonly DueWork[] = [
    ...more,
    health.probe,
    inForce,
    { startDue: async () => keeper.refresh().then(() => 0), nextDueAt: async () => clock.now() + policyEveryMs },
  ];
  const chores: readonly DueWork[] = [
    door,
    createRoundUps({ store, views, clock, trial }),
    createBypassWatch({
      store,
      defender: defender.forPurpose('lookUp'),
      ownNames: () => readOwnNames(config.defender.credential, token),
      approvers,
      conversationId: config.anchorConversationId,
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
      evidenceDir: config.evidenceDir,
      keepMs: config.historyDays === null ? null : hours(24) * config.historyDays,
      keepPlaces: config.anchorConversationId === null ? [] : [config.anchorConversationId],
    }),
    ...(config.anchorConversationId === null
      ? []
      : [createAnchor({ store, clock, log, conversationId: config.anchorConversationId, trial })]),
  ];
  /** Whoever may approve hears that the policy's file is not what is in force, or that another one is. */
  async function tellApprovers(text: string): Promise<void> {
    const people = await approvers();
    const post = sentencePost(text, { trial, summary: 'The approval policy' });
    const told = createHash('sha256').update(text).digest('hex');
    await store.transact(async (tx) => {
      // Every replica reads the same file; people hear of it once.
      if (!(await tx.claimActivity(`policy:${told}:${Math.floor(clock.now() / hours(1))}`, clock.now()))) return;
      await postToPeople(tx, people, post, clock.now());
    });
  }
  const steadily = (name: string, work: DueWork): Loop =>
    createLoop(work, {
      clock,
      // An outage of the database is told once for all of them, by `health`.
      onFailure: (error) => {
        if (!isOutage(error))
          log.error({ loop: name, ...problemOf(error) }, 'A pass failed; it is tried again, more and more slowly');
      },
      onRecovered: () => log.info({ loop: name }, 'A pass that had failed works again'),
    });
  const outboxLoop = steadily('outbox', { startDue: () => outbox.startDue(), nextDueAt: () => store.nextDueAt() });
  // Whatever it started nudges when it ends, so that no pass need follow on its heels.
  const dispatchLoop = steadily('dispatch', { ...dispatch, startDue: async () => dispatch.startDue().then(() => 0) });
  const fileLoop = steadily('files', files);
  const asides = [...lookers, ...chores];
  const loops = [dispatchLoop, outboxLoop, fileLoop, ...asides.map((chore, i) => steadily(`chore ${i + 1}`, chore))];
  const server = createServer({
    bot,
    ready,
    metrics: metrics.registry,
    needsToken: !trial,
    opsPort: config.opsPort,
    clock,
    log,
  });
  const port = await server.listen(config.port, config.host).catch((error: unknown) => {
    throw listenError(error, config.port);
  });
  await inForce.serve();
  if (byItself) for (const loop of loops) loop.start();
  if (byItself && !config.trial) void reportRoles({ token, apiUrl: config.defender.url, log });
  return {
    port,
    store,
    async settle() {
      for (let did = 1; did > 0; ) {
        did = await dispatch.startDue();
        await dispatch.idle();
        did += await outbox.startDue();
        await outbox.idle();
        did += await files.startDue();
        for (const chore of asides) did += await chore.startDue();
      }
    },
    async nextDueAt() {
      const instants = await Promise.all([dispatch, files, ...chores].map((work) => work.nextDueAt()));
      return instants.reduce((first, at) => (first === null || (at !== null && at < first) ? at : first), null);
    },
    async stop() {
      server.drain();
      await Promise.all(loops.map((loop) => loop.stop()));
      await dispatch.idle();
      await outbox.stop();
      await server.stop();
      const released = await leasing.releaseLeases().catch(() => 0);
      log.info({ released }, 'Stopped: nothing is under way any more');
      await bare.close();
    },
  };
}

/**
 * What was approved goes before the cards that say so, the answer to the click, and the look for the next: all of it is done by one thread. By
 * then its reads are on their way, and until Defender has answered there is time for the others.
 */
const othersAfterPostMs = 10;

/** How often the policy's file is looked at. */
const policyEveryMs = seconds(5);

/** Null in a trial without a local Graph: then no group of Entra can be read, and nobody in one counts. */
function createGroupDirectory({ config, clock, log }: ServiceOptions): Directory | null {
  const { graphUrl } = config;
  if (graphUrl === null) return null;
  const { credential } = config.defender;
  const token =
    credential.type === 'local' ? localToken() : createTokenSource({ credential, baseUrl: graphUrl, clock });
  return createDirectory({ baseUrl: graphUrl, token, clock, log });
}

function createDefenderToken({ config, clock }: ServiceOptions): TokenSource {
  const { url, credential } = config.defender;
  return credential.type === 'local' ? localToken() : createTokenSource({ credential, baseUrl: url, clock });
}

function createDefenderClient(
  { config, clock, log }: ServiceOptions,
  more: { readonly token: TokenSource; readonly budget: ReadBudget; readonly onCall: Metrics['onCall'] },
): Defender {
  // Reads that must wait longer than a person does are tried again from their rows, where a restart finds them.
  const timeouts = { longestWaitMs: longestReadWaitMs };
  return createDefender({ baseUrl: config.defender.url, clock, log, timeouts, ...more });
}

const longestReadWaitMs = 1_500;

/** A row is one call to Teams of at most 15 s; whoever is slower makes none. So long nothing else is sent in a conversation in which a killed process was sending. */
const outboxLeaseMs = seconds(30);

function identityOf(config: Config): AdapterOptions['identity'] {
  const { bot } = config;
  if (bot === null) return { type: 'trial' };
  const { appId, tenantId } = bot;
  const cloud = config.teamsCloud;
  if (bot.type === 'UserAssignedMsi') return { type: 'UserAssignedMsi', appId, tenantId, cloud };
  if (bot.password === null) throw new StartError(['BOT_PASSWORD: is missing; BOT_TYPE SingleTenant needs it']);
  return { type: 'SingleTenant', appId, tenantId, password: bot.password, cloud };
}

async function findOutrun(store: Store, policy: Policy): Promise<readonly string[]> {
  if (!(await isPolicySuperseded(store, policy))) return [];
  return [
    'Another replica has put another approval policy in force, so this one decides and sends nothing. Give all replicas the same policy file.',
  ];
}
