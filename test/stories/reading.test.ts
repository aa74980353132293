import { seconds } from '../../src/lib/clock';
import { ana, bo, Stage, seedExample } from './stage';

let stage: Stage;
afterEach(() => stage.close());

/** As if so many calls of each API had been made just now, by another replica. */
async function spend(count: number, ...apis: readonly string[]): Promise<void> {
  await stage.service.store.transact(async (tx) => {
    for (const api of apis) await tx.saveFact(`reads.${api}`, { calls: [[stage.clock.now(), count]], heldUntil: 0 });
  });
  // Longer than a replica goes by what it knows, whenever it wrote that down.
  await stage.pass(seconds(6));
}

test('when the quota gets scarce a person is told why and what next, and what was approved goes on', async () => {
  stage = await Stage.open();
  const thread = await stage.ask(ana, seedExample);
  await spend(60, 'listLibrary', 'getMachine');
  await stage.tell(ana, 'library');
  expect(stage.chat(ana)).toContain(
    'Defender lets this bot ask only so often, and what is left for now is kept for requests that are under way. Ask again in a few minutes. Nothing was requested (defender.budgetSpent).',
  );
  await stage.approve(bo);
  expect(stage.submissions).toHaveLength(1);
  await stage.pass(seconds(60));
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
  await stage.tell(ana, 'library procdump');
  expect(stage.chat(ana)).toContain('procdump.zip');
});

test('a check that finds no room sends nothing, and the request goes when there is room again', async () => {
  stage = await Stage.open();
  await stage.ask(ana, seedExample);
  await spend(95, 'listLibrary');
  await stage.approve(bo);
  expect(stage.submissions).toHaveLength(0);
  await stage.pass(seconds(50));
  expect(stage.submissions).toHaveLength(0);
  await stage.pass(seconds(30));
  expect(stage.submissions).toHaveLength(1);
});
