import { randomInt } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hours, systemClock } from '../src/lib/clock';
import type { JournalEntry } from '../trial/defender/emulator';
import { type Database, openDatabase } from './database';
import type { Facts } from './facts';
import type { ClockStep, FastTime } from './fast-time';
import { gather, settle } from './gather';
import { judge } from './judge';
import { type ChaosOptions, parseChaosOptions, usage } from './options';
import { addBot, playAsk } from './people';
import { type Plan, planStory } from './plan';
import { openStage, type Stage } from './stage';
import { commandOf, describeRun, describeViolations, mergeOutcomes, type Outcome, tally } from './table';
import { createTeamsSide } from './teams';
import {
  blockChat,
  playCommitCuts,
  playDefenderFaults,
  playGatewayOutages,
  playIncidents,
  playRegionMoves,
  playStrikes,
  playTeamsFaults,
  playTeamsOutages,
  type Troubles,
} from './trouble';

/** Exit codes, for scripts: every promise held, one was broken, it could not be run. */
const held = 0;
const broken = 1;
const failed = 2;

async function main(): Promise<number> {
  const options = parseChaosOptions(process.argv.slice(2), randomInt(1_000_000));
  if (!options.ok) {
    console.error(`${options.error}\n\n${usage}`);
    return failed;
  }
  if (options.value === 'help') {
    console.log(usage);
    return held;
  }
  const { stories } = options.value;
  const outcomes: Outcome[] = [];
  for (const story of stories) {
    console.log(commandOf(story));
    const outcome = await run(story, planStory(story));
    outcomes.push(outcome);
    if (stories.length > 1)
      console.log(`  ${outcome.violations.length} broken, ${Math.round(outcome.wallSeconds)} s\n`);
  }
  console.log(describeRun(mergeOutcomes(outcomes)));
  if (outcomes.some(({ violations }) => violations.length > 0)) return broken;
  console.log('\nEvery promise held.');
  return held;
}

/** One story, with a stage of its own. */
async function run(options: ChaosOptions, plan: Plan): Promise<Outcome> {
  const time: FastTime = { since: systemClock.now(), speed: options.speed };
  const fromStart = (steps: readonly ClockStep[]): readonly ClockStep[] =>
    steps.map(({ at, offMs }) => ({ at: time.since + at, offMs }));
  const database =
    options.store === 'postgres'
      ? await openDatabase(
          options.databaseUrl,
          process.env.TEST_DATABASE_URL ?? null,
          time,
          fromStart(plan.databaseClock),
        )
      : null;
  const stage = await openStage(options, { plan, databaseUrl: database?.url ?? null, time });
  const close = async (): Promise<void> => {
    await stage.close();
    await database?.close();
  };
  // Nothing that was started outlives the run.
  const stop = () => void close().finally(() => process.exit(failed));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    await writeFile(join(stage.dir, 'plan.json'), JSON.stringify({ options, plan }, null, 1));
    const outcome = await Promise.race([play(options, plan, stage, time), patienceWith(plan, stage)]);
    const isBroken = outcome.violations.length > 0;
    if (!isBroken && !options.keep) {
      await rm(stage.dir, { recursive: true, force: true });
      return outcome;
    }
    await keepJournals(stage, outcome.facts, database);
    if (isBroken)
      console.error(`${describeViolations(outcome.violations, { dir: stage.dir, again: commandOf(options) })}\n`);
    else console.log(`Logs, plan, facts and the database are in ${stage.dir}`);
    return outcome;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
    await close();
  }
}

/** Far more than any story takes: so long only when nobody is there to be killed or written to any more. */
async function patienceWith({ strikes }: Plan, { clock, dir }: Stage): Promise<never> {
  const longestMs = hours(5) + 6 * (strikes.at(-1)?.at ?? 0);
  await clock.sleep(longestMs);
  throw new Error(
    `The story did not come to its end within ${longestMs / hours(1)} hours of its time. Look at ${dir}.`,
  );
}

/** The story, the rest after it, and the count. */
async function play(options: ChaosOptions, plan: Plan, stage: Stage, time: FastTime): Promise<Outcome> {
  const teams = createTeamsSide(stage, time);
  const troubles: Troubles = {
    kills: 0,
    trapsSprung: 0,
    stalls: 0,
    drains: 0,
    drainsCut: 0,
    regionMoves: 0,
    teamsFaultsMet: {},
    incidents: {},
  };
  await Promise.all(stage.replicas.map((replica) => replica.start()));
  blockChat(stage, plan, troubles);
  await addBot(teams);
  const later: Promise<void>[] = [];
  const people = plan.asks.map((ask) => playAsk(stage, teams, ask, later));
  const played = Promise.all(people);
  await Promise.all([
    playStrikes(stage, plan, troubles, played),
    playDefenderFaults(stage, plan.defenderFaults, time),
    playTeamsFaults(stage, plan.teamsFaults, troubles),
    playIncidents(stage, plan.incidents, troubles),
    playGatewayOutages(stage, plan.gatewayOutages),
    playTeamsOutages(stage, plan.teamsOutages, troubles),
    playRegionMoves(stage, plan.regionMoves, troubles),
    playCommitCuts(stage, plan.commitCuts),
  ]);
  stage.emulator.clearFaults();
  stage.teamsFaults.splice(0);
  const calmAt = stage.clock.now() - stage.startedAt;
  const calm = plan.calmAsks.map((ask) => playAsk(stage, teams, { ...ask, at: calmAt + ask.at }, later));
  const asked = [...(await played), ...(await Promise.all(calm))];
  await Promise.all(later);
  const isSettled = await settle(stage, teams, asked);
  const drained = await Promise.all(stage.replicas.map((replica) => replica.drain()));
  troubles.drainsCut += drained.filter((isWell) => !isWell).length;
  const facts = await gather(stage, teams, { plan, asked, isSettled });
  return {
    options,
    seeds: [options.seed],
    facts,
    violations: judge(facts),
    troubles,
    defenderFaultsMet: tally(stage.emulator.journal.flatMap(nameOfFault)),
    commitCuts: {
      unsent: stage.commitGates.reduce((sum, { cuts }) => sum + cuts.unsent, 0),
      done: stage.commitGates.reduce((sum, { cuts }) => sum + cuts.done, 0),
    },
    ...countClocks(options.store === 'postgres' ? [...plan.clocks, plan.databaseClock] : plan.clocks),
    refusedStarts: stage.replicas.reduce((sum, replica) => sum + replica.refusedStarts, 0),
    deliveriesMet: teams.counts.met,
    redelivered: teams.counts.redelivered,
    doubled: teams.counts.doubled,
    wallSeconds: (systemClock.now() - time.since) / 1_000,
    storySeconds: (stage.clock.now() - stage.startedAt) / 1_000,
  };
}

const countClocks = (clocks: Plan['clocks']): Pick<Outcome, 'wrongClocks' | 'clockJumps'> => ({
  wrongClocks: clocks.filter((steps) => steps.some(({ offMs }) => offMs !== 0)).length,
  clockJumps: clocks.reduce((sum, steps) => sum + Math.max(0, steps.length - 1), 0),
});

/** A refusal and a gateway are told apart by their status. */
const nameOfFault = ({ fault, status, route }: JournalEntry): readonly string[] => {
  if (fault === null) return [];
  if (fault === 'refuse') return [`${status} on ${route}`];
  return [fault === 'gatewayError' && route === 'runLiveResponse' ? 'gatewayError on the POST' : fault];
};

/** What both emulators were told, and what a server holds that ends with the run, for whoever looks for the cause. */
async function keepJournals(
  { dir, emulator, connector }: Stage,
  facts: Facts,
  database: Database | null,
): Promise<void> {
  const write = (name: string, what: unknown) => writeFile(join(dir, name), JSON.stringify(what, null, 1));
  await write('facts.json', facts);
  await write('defender.json', { journal: emulator.journal, actions: emulator.actions });
  await write('teams.json', connector.calls);
  if (database !== null) await write('database.json', await database.dump());
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(failed);
  },
);
