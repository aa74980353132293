import { createDatabasePassword } from './defender/database-password';
import { reportRoles } from './defender/roles';
import { createDispatch, type Dispatch, problemOf } from './dispatch/dispatch';
import { admissionFact, type LearnedLimits, limitsInForce } from './dispatch/limits';
import { keepResult } from './evidence/keep-result';
import { createHealth } from './health';
import { type Clock, hours, monotonicMs, seconds } from './lib/clock';
import { createLoop, type DueWork, type Loop } from './lib/loop';
import { createMetrics } from './metrics';
import { versionsOf } from './runbooks/runbook';
import type { RunbooksKeeper } from './runbooks-file';
import type { ServiceBase, ServiceOptions } from './service-base';
import { createChores } from './service-chores';
import { connectDefender } from './service-defender';
import { openServicePolicy, tellApprovers } from './service-policy';
import { connectTeams, type TeamsSide } from './service-teams';
import { checkBeforeStart, listenError, openRunbooks } from './start-checks';
import { followDatabase } from './store/engine/database-clock';
import { openStore } from './store/open';
import { ensureMaskSecret } from './store/rows/mask-secret';
import type { Store } from './store/store';
import { isOutage } from './store/store-error';
import { withLeases } from './store/work/leases';
import { withWakeUps } from './store/work/wake-ups';
import { createServer, type Server } from './teams/inbound/server';

export type { ServiceOptions } from './service-base';

export interface Service {
  readonly port: number;
  readonly store: Store;
  /** Does everything that is due now, and what that makes due, until nothing is. */
  settle(): Promise<void>;
  /** When `settle` finds something again although nothing happens; null: never. What only reads a file or a disk is not counted. */
  nextDueAt(): Promise<number | null>;
  /** Takes nothing new, lets what is under way finish, closes the store. What is left is on disk for the next start. */
  stop(): Promise<void>;
}

/** The whole service: policy, store, Teams, Defender, and the loops that do what is due. Every start resumes what the last one left. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, clock, log, followDatabase: isFollowing = false } = options;
  await checkBeforeStart(options);
  const nesting = options.byItself === false ? 'refused' : 'trusted';
  const bare = await openStore({
    url: config.databaseUrl,
    password: createDatabasePassword(config, clock),
    log,
    clock,
    nesting,
  });
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
  const { config, clock, log, byItself = true } = options;
  const health = createHealth({
    store: bare,
    clock,
    log,
    databaseUrl: config.databaseUrl,
    evidenceDir: config.evidenceDir,
  });
  const rules = await openServicePolicy(options, { bare, health, tell: (text) => tellApprovers(base, text) });
  const recipes = await openRunbooks(options, (text) => tellApprovers(base, text));
  const leasing = withLeases(health.store, (type, outcome) => metrics.onWork(type, outcome));
  const store = withWakeUps(leasing, {
    takeTeamsWork: byItself ? (tx) => teams.outbox.takeDue(tx) : null,
    onTeamsWork: () => loops.outbox.nudge(),
    onRequestWork: () => loops.dispatch.nudge(),
    onFileWork: () => loops.files.nudge(),
  });
  const base: ServiceBase = { ...options, byItself, store, ...rules, runbooks: recipes.current };
  const { runsPerMinute, sessions } = config.defender;
  const limits = { runsPerMinute, sessions };
  const metrics = createMetrics({
    store,
    limits: async () => limitsInForce(limits, await store.fact<LearnedLimits>(admissionFact), clock.now()),
    clock,
    ready: rules.ready,
    isPolicyRefused: rules.isRefused,
    freeBytes: health.freeBytes,
  });
  const { defender, token } = connectDefender(options, { store: bare, onCall: metrics.onCall });
  const dispatch = createDispatch({
    ...base,
    runbookVersions: () => versionsOf(recipes.current()),
    defender,
    keepResult: (requestId, index, command, body) =>
      keepResult({ dir: config.evidenceDir, requestId, index, command, body }),
    limits,
    queueMs: hours(config.defender.queueHours),
    trial: config.trial,
    onTaskEnded: () => loops.dispatch.nudge(),
  });
  const { views } = dispatch;
  const teams: TeamsSide = connectTeams(base, { leasing, defender, views, onLeft: () => loops.outbox.nudge() });
  const chores = [teams.door, ...createChores(base, { defender, token, views })];
  const asides = [...more, health.probe, ...rules.following, following(recipes, clock), ...chores];
  const loops: Loops = createLoops(base, { dispatch, teams, asides });
  const server = createServer({
    bot: teams.bot,
    ready: rules.ready,
    metrics: metrics.registry,
    needsToken: !config.trial,
    opsPort: config.opsPort,
    clock,
    log,
  });
  const port = await server.listen(config.port, config.host).catch((error: unknown) => {
    throw listenError(error, config.port);
  });
  await ensureMaskSecret(store, options.random);
  await rules.serve();
  if (byItself) for (const loop of loops.all) loop.start();
  if (byItself && !config.trial) void reportRoles({ token, apiUrl: config.defender.url, log });
  return { port, store, ...running({ dispatch, teams, chores, asides, loops, server, close }) };

  async function close(): Promise<void> {
    const released = await leasing.releaseLeases().catch(() => 0);
    log.info({ released }, 'Stopped: nothing is under way any more');
    await bare.close();
  }
}

/** What is done again and again; whoever stores something that is due nudges its loop. */
interface Loops {
  readonly dispatch: Loop;
  readonly outbox: Loop;
  readonly files: Loop;
  readonly all: readonly Loop[];
}

interface Parts {
  readonly dispatch: Dispatch;
  readonly teams: TeamsSide;
  /** All that is done beside dispatch, outbox and files. */
  readonly asides: readonly DueWork[];
}

function createLoops(base: ServiceBase, { dispatch, teams, asides }: Parts): Loops {
  const sending = { startDue: () => teams.outbox.startDue(), nextDueAt: () => base.store.nextDueAt() };
  // Whatever it started nudges when it ends, so that no pass need follow on its heels.
  const dispatching = { ...dispatch, startDue: async () => dispatch.startDue().then(() => 0) };
  const loops = {
    dispatch: steadily(base, 'dispatch', dispatching),
    outbox: steadily(base, 'outbox', sending),
    files: steadily(base, 'files', teams.files),
  };
  const others = asides.map((aside, i) => steadily(base, `chore ${i + 1}`, aside));
  return { ...loops, all: [loops.dispatch, loops.outbox, loops.files, ...others] };
}

const steadily = ({ clock, log }: ServiceBase, name: string, work: DueWork): Loop =>
  createLoop(work, {
    clock,
    // An outage of the database is told once for all of them, by `health`.
    onFailure: (error) => {
      if (!isOutage(error))
        log.error({ loop: name, ...problemOf(error) }, 'A pass failed; it is tried again, more and more slowly');
    },
    onRecovered: () => log.info({ loop: name }, 'A pass that had failed works again'),
  });

/** The service once it listens. */
function running(
  parts: Parts & {
    /** Those of `asides` that are counted for `nextDueAt`. */
    readonly chores: readonly DueWork[];
    readonly loops: Loops;
    readonly server: Server;
    readonly close: () => Promise<void>;
  },
): Pick<Service, 'settle' | 'nextDueAt' | 'stop'> {
  const { dispatch, teams, asides, chores, loops, server } = parts;
  const { outbox, files } = teams;
  return {
    async settle() {
      for (let did = 1; did > 0; ) {
        did = await dispatch.startDue();
        await dispatch.idle();
        did += await outbox.startDue();
        await outbox.idle();
        did += await files.startDue();
        for (const aside of asides) did += await aside.startDue();
      }
    },
    async nextDueAt() {
      const instants = await Promise.all([dispatch, files, ...chores].map((work) => work.nextDueAt()));
      return instants.reduce((first, at) => (first === null || (at !== null && at < first) ? at : first), null);
    },
    async stop() {
      server.drain();
      await Promise.all(loops.all.map((loop) => loop.stop()));
      await dispatch.idle();
      await outbox.stop();
      await server.stop();
      await parts.close();
    },
  };
}

/** How often the runbooks' file is read. */
const runbooksEveryMs = seconds(5);

const following = (recipes: RunbooksKeeper, clock: Clock): DueWork => ({
  startDue: async () => recipes.refresh().then(() => 0),
  nextDueAt: async () => clock.now() + runbooksEveryMs,
});
