import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import type { Config } from './config';
import type { ReadBudget } from './defender/budget';
import { createDefender, type Defender } from './defender/client';
import { createTokenSource, localToken } from './defender/token';
import { createDirectory, type Directory } from './directory/directory';
import { readGroups } from './directory/read-groups';
import { createDispatch, problemOf } from './dispatch/dispatch';
import { createReadBudget } from './dispatch/read-budget';
import { removeUnfinished } from './evidence/content-store';
import { keepResult } from './evidence/keep-result';
import { createAnchor } from './flow/anchor';
import { createFlow } from './flow/flow';
import { createDoorAudit } from './flow/refused-at-door';
import { createRender } from './flow/render';
import { createWeeklyReviews } from './flow/weekly-reviews';
import { type Clock, hours, minutes, seconds } from './lib/clock';
import type { Log } from './lib/log';
import { createLoop, type DueWork } from './lib/loop';
import type { RandomBytes } from './lib/random';
import { visible } from './lib/visible';
import { createMetrics } from './metrics';
import type { PolicyFault } from './policy/parse-policy';
import { type Policy, roleOf } from './policy/policy';
import { openPolicyKeeper, PolicyFileError, type PolicyKeeper } from './policy-file';
import { followDatabase } from './store/database-clock';
import { openStore } from './store/open';
import { isOutrun, putPolicyInForce } from './store/policy-in-force';
import type { Store, Tx } from './store/store';
import { withWakeUps } from './store/wake-ups';
import { type AdapterOptions, createAdapter } from './teams/adapter';
import { teamsUserIdOf } from './teams/inbound';
import { callTimeoutMs, createTeams } from './teams/outbound';
import { createOutbox, queuePost, type Undelivered } from './teams/outbox';
import { createRoster } from './teams/roster';
import { createBot } from './teams/routes';
import { createServer } from './teams/server';
import { sentencePost } from './thread/sentence';

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
  /** Takes nothing new, lets what is under way finish, closes the store. What is left is on disk for the next start. */
  stop(): Promise<void>;
}

/** Why the service does not start; each line says what, why and what next. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly code = 'service.cannotStart';
  readonly lines: readonly string[];
  constructor(lines: readonly string[], options?: { readonly cause?: unknown }) {
    super(lines.join('\n'), options);
    this.lines = lines;
  }
}

/** The whole service: policy, store, Teams, Defender, and the two loops that do what is due. Every start resumes what the last one left. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, clock, log, followDatabase: isFollowing = false } = options;
  const bare = await openStore({ url: config.databaseUrl, log, clock });
  try {
    const { databaseNow: readNow } = bare;
    if (!isFollowing || readNow === null) return await assemble(bare, options, []);
    const shared = await followDatabase({ readNow, sleep: clock.sleep, monotonic: () => performance.now(), log });
    return await assemble(bare, { ...options, clock: shared }, [shared]);
  } catch (error) {
    await bare.close();
    throw error;
  }
}

async function assemble(bare: Store, options: ServiceOptions, more: readonly DueWork[]): Promise<Service> {
  const { config, clock, random, log, byItself = true } = options;
  const putInForce = ({ version }: Policy) => bare.transact((tx) => putPolicyInForce(tx, version));
  const keeper = await openPolicy(options, putInForce, (text) => tellApprovers(text));
  const policy = () => keeper.current();
  const directory = createGroupDirectory(options);
  const groups = () => readGroups(policy().groups, directory);
  await prepareEvidence(config.evidenceDir);
  await putInForce(policy());
  const store = withWakeUps(bare, { onTeamsWork: () => outboxLoop.nudge(), onRequestWork: () => dispatchLoop.nudge() });
  const queueMs = hours(config.defender.queueHours);
  const limits = { runsPerMinute: config.defender.runsPerMinute, sessions: config.defender.sessions };
  const defender = createDefenderClient(options, createReadBudget({ store: bare, clock, log }));
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
  const outbox = createOutbox({
    store,
    teams: createTeams({ adapter, clock }),
    // The Playground shows no views of one's own (teams.md C3): in a trial the buttons are there for all.
    render: createRender({ store, views, random, teamsUserIdOf: config.trial ? () => null : teamsUserIdOf }),
    onUndeliverable: (tx, undelivered) =>
      tellUnreached(tx, policy(), undelivered, { trial: config.trial, now: clock.now() }),
    leaseMs: outboxLeaseMs,
    callMs: callTimeoutMs,
    onTaskEnded: () => outboxLoop.nudge(),
    clock,
    random,
    log,
  });
  const door = createDoorAudit({ store, clock, log });
  const bot = createBot({
    adapter,
    flow: createFlow({
      store,
      defender: defender.forPurpose('people'),
      policy,
      groups,
      views,
      clock,
      random,
      log,
      queueMs,
      trial: config.trial,
    }),
    tenantIds: config.teamsTenantIds,
    allowSharedChannels: config.teamsAllowSharedChannels,
    roster: config.trial ? null : createRoster({ adapter, clock, log }),
    reply: queuePost({ store, clock }),
    refused: door.refused,
    clock,
    log,
  });
  const { trial } = config;
  const chores: readonly DueWork[] = [
    ...more,
    door,
    { startDue: async () => keeper.refresh().then(() => 0), nextDueAt: async () => clock.now() + policyEveryMs },
    createWeeklyReviews({ store, policy, groups, clock, trial }),
    ...(config.anchorConversationId === null
      ? []
      : [createAnchor({ store, clock, log, conversationId: config.anchorConversationId, trial })]),
  ];
  /** Whoever may approve hears that the policy's file is not what is in force, or that another one is. */
  async function tellApprovers(text: string): Promise<void> {
    const members = await groups();
    const people = [...new Set([...members.values()].flatMap((ids) => [...(ids ?? [])]))].filter(
      (id) => roleOf(policy(), members, id).mayApprove,
    );
    const post = sentencePost(text, { trial, summary: 'The approval policy' });
    const told = createHash('sha256').update(text).digest('hex');
    await store.transact(async (tx) => {
      // Every replica reads the same file; people hear of it once.
      if (!(await tx.claimActivity(`policy:${told}:${Math.floor(clock.now() / hours(1))}`, clock.now()))) return;
      for (const personId of people) {
        const place = await tx.personalPlace(personId);
        if (place === null) continue;
        const { conversationId } = place;
        const work = { type: 'sendPost', conversationId, post } as const;
        await tx.addWork([{ requestId: null, work, lane: conversationId, dueAt: clock.now() }]);
      }
    });
  }
  const onFailure = (error: unknown) => log.error(problemOf(error), 'A pass failed; it is tried again');
  const dispatchLoop = createLoop(dispatch, { clock, onFailure });
  const outboxLoop = createLoop(
    { startDue: () => outbox.startDue(), nextDueAt: () => store.nextDueAt() },
    { clock, onFailure },
  );
  const loops = [dispatchLoop, outboxLoop, ...chores.map((chore) => createLoop(chore, { clock, onFailure }))];
  const server = createServer({
    bot,
    ready: () => findUnready(store, policy()),
    metrics: createMetrics(store),
    clock,
    log,
  });
  const port = await server.listen(config.port, config.host).catch((error: unknown) => {
    throw listenError(error, config.port);
  });
  if (byItself) for (const loop of loops) loop.start();
  return {
    port,
    store,
    async settle() {
      for (let did = 1; did > 0; ) {
        did = await dispatch.startDue();
        await dispatch.idle();
        did += await outbox.startDue();
        await outbox.idle();
        for (const chore of chores) did += await chore.startDue();
      }
    },
    async stop() {
      await server.stop();
      for (const loop of loops) await loop.stop();
      await dispatch.idle();
      await outbox.idle();
      await bare.close();
    },
  };
}

/** A folder that cannot be written would only show when a script has run and its result is lost. */
async function prepareEvidence(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await access(dir, constants.W_OK | constants.X_OK);
    await removeUnfinished(dir);
  } catch (cause) {
    throw new StartError(
      [
        `EVIDENCE_DIR: the folder ${dir} cannot be made or written, so results of scripts would be lost. Create it for the account that runs this service, or set EVIDENCE_DIR to another one.`,
      ],
      { cause },
    );
  }
}

/** How often the policy's file is looked at. */
const policyEveryMs = seconds(5);

async function openPolicy(
  { config, clock, log }: ServiceOptions,
  putInForce: (policy: Policy) => Promise<void>,
  tell: (text: string) => Promise<void>,
): Promise<PolicyKeeper> {
  const file = config.policyFile;
  const lines = (faults: readonly PolicyFault[]) => faults.map(({ line, message }) => `${file}:${line}: ${message}`);
  const opened = await openPolicyKeeper({
    file,
    clock,
    log,
    onProblem: (faults) =>
      tell(
        [
          'The policy file was changed and has faults, so the policy of before stays in force. Whoever keeps it must mend it:',
          ...lines(faults),
        ].join('\n'),
      ),
    onChange: async (now, before) => {
      await putInForce(now);
      await tell(
        `Another approval policy is in force: ${now.version} in place of ${before.version}. What was approved under the old one and has not been sent yet is asked again.`,
      );
    },
  }).catch((cause: unknown) => {
    if (!(cause instanceof PolicyFileError)) throw cause;
    throw new StartError(
      [
        `The policy file ${file} cannot be read, so nobody could approve anything. Put it there, or set POLICY_FILE to where it is.`,
      ],
      { cause },
    );
  });
  if (opened.ok) return opened.value;
  throw new StartError([
    `The policy file has ${opened.error.length === 1 ? 'a fault' : 'faults'}, so nobody could approve anything. Mend and start again:`,
    ...lines(opened.error),
  ]);
}

/** Null in a trial without a local Graph: then no group of Entra can be read, and nobody in one counts. */
function createGroupDirectory({ config, clock, log }: ServiceOptions): Directory | null {
  const { graphUrl } = config;
  if (graphUrl === null) return null;
  const { credential } = config.defender;
  const token =
    credential.type === 'local' ? localToken() : createTokenSource({ credential, baseUrl: graphUrl, clock });
  return createDirectory({ baseUrl: graphUrl, token, clock, log });
}

function createDefenderClient({ config, clock, log }: ServiceOptions, budget: ReadBudget): Defender {
  const { url, credential } = config.defender;
  const token = credential.type === 'local' ? localToken() : createTokenSource({ credential, baseUrl: url, clock });
  // Reads that must wait longer than a person does are tried again from their rows, where a restart finds them.
  return createDefender({ baseUrl: url, token, clock, log, budget, timeouts: { longestWaitMs: longestReadWaitMs } });
}

const longestReadWaitMs = 1_500;

/** A row is one call to Teams of at most 15 s; whoever is slower makes none. */
const outboxLeaseMs = minutes(1);

function identityOf(config: Config): AdapterOptions['identity'] {
  const { bot } = config;
  if (bot === null) return { type: 'trial' };
  const { appId, tenantId } = bot;
  const cloud = config.teamsCloud;
  if (bot.type === 'UserAssignedMsi') return { type: 'UserAssignedMsi', appId, tenantId, cloud };
  if (bot.password === null) throw new StartError(['BOT_PASSWORD: is missing; BOT_TYPE SingleTenant needs it']);
  return { type: 'SingleTenant', appId, tenantId, password: bot.password, cloud };
}

/** An approver who never got their card must not be waited for in silence: the thread says so, and that the card there will do. */
async function tellUnreached(
  tx: Tx,
  policy: Policy,
  { copy, code }: Undelivered,
  { trial, now }: { readonly trial: boolean; readonly now: number },
): Promise<void> {
  const stored = copy === null ? null : await tx.request(copy.requestId);
  if (copy?.personId == null || stored?.request.state !== 'awaitingApproval') return;
  // Each change of the card tries that chat again; the thread hears of it once.
  const told = `unreached:${copy.copyId}`;
  if ((await tx.fact<number>(told)) !== null) return;
  await tx.saveFact(told, now);
  const { id, conversationId } = stored.request;
  const name = visible(policy.names.get(copy.personId) ?? copy.personId);
  const text = `I could not send ${id} to ${name} in their own chat (${code}), most likely because they have not added me there. They can decide on the card in this conversation, or add me and type status ${id}.`;
  const post = sentencePost(text, { trial, summary: `${id}: an approver was not reached` });
  await tx.addWork([
    { requestId: id, work: { type: 'sendPost', conversationId, post }, lane: conversationId, dueAt: now },
  ]);
}

async function findUnready(store: Store, policy: Policy): Promise<readonly string[]> {
  try {
    await store.waitingWork();
    if (!(await isOutrun(store, policy))) return [];
    return [
      'Another replica has put another approval policy in force, so this one decides and sends nothing. Give all replicas the same policy file.',
    ];
  } catch {
    return ['The store cannot be read. Look at the disk and the log of the service.'];
  }
}

function listenError(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE')
    return new StartError([`PORT: ${port} is in use by another program. Stop that one, or set PORT to a free one.`], {
      cause: error,
    });
  if (code === 'EACCES')
    return new StartError([`PORT: ${port} may not be used by this account. Set PORT to one above 1023.`], {
      cause: error,
    });
  return error;
}
