import { verifyChain } from '../../src/audit/chain';
import { hours, minutes, seconds } from '../../src/lib/clock';
import { prunedByFact } from '../../src/oversight/pruning-time';
import { ana, bo, dee, policyOf, Stage, seedExample, wordsOf } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

/** A request that has ended, more than a year ago. */
async function longAgo(): Promise<{ readonly thread: string; readonly id: string; click(): Promise<string> }> {
  const thread = await stage.ask(ana, seedExample);
  const id = stage.requestId(thread);
  const card = stage.cardFor(bo);
  const approve = stage.action(card, 'Approve');
  await stage.approve(bo);
  await stage.pass(minutes(1));
  stage.clock.advance(hours(24) * 366);
  // As after a year of days: in one step the clock would not be believed.
  await stage.service.store.transact((tx) => tx.saveFact(prunedByFact, stage.clock.now()));
  await stage.settle();
  return {
    thread,
    id,
    async click() {
      const answer = await stage.teams.click(bo, card.id, {
        verb: String(approve?.verb),
        data: approve?.data as Record<string, unknown>,
      });
      await stage.settle();
      return wordsOf(answer);
    },
  };
}

const last = (text: string): string => text.split('\n\n').at(-1) ?? '';

test('who asks for a request that the retention removed is told so, whatever they ask', async () => {
  const { thread, id, click } = await longAgo();
  const sentence = new RegExp(
    `${id} ended at .*, longer ago than I keep requests, so its cards and results are gone and nothing was done\\. The audit still says who asked, who decided and what ran; ask whoever runs this bot\\.`,
  );
  for (const text of [`status ${id}`, `result ${id} 2`, `cancel ${id}`, `approve ${id}`, `deny ${id} because late`]) {
    await stage.reply(ana, thread, text);
    expect([text, last(stage.thread(thread))]).toEqual([text, expect.stringMatching(sentence)]);
  }
  expect(await click()).toMatch(sentence);
  await stage.tell(bo, `break glass ${id} incident INC-1 because now`);
  expect(stage.submissions).toHaveLength(1);
});

test('and nobody else learns that there ever was one', async () => {
  const { id } = await longAgo();
  await stage.tell(dee, `status ${id}`);
  expect(last(stage.chat(dee))).toContain(`I know no request "${id}"`);
});

test('the audit of what was removed is whole, and its evidence goes a day later', async () => {
  const { id } = await longAgo();
  const { store } = stage.service;
  const sizes = async () => (await store.auditRows()).filter(({ what }) => what === 'evidenceRemoved').length;
  expect(await sizes()).toBe(0);
  stage.clock.advance(hours(24));
  await stage.settle();
  expect(await sizes()).toBe(2);
  const rows = await store.auditRows();
  expect(verifyChain(rows).ok).toBe(true);
  expect(rows.filter((row) => row.requestId === id).map(({ what }) => what)).toEqual(
    expect.arrayContaining(['requested', 'shown', 'voted', 'result', 'pruned']),
  );
});

test('a new request is asked and runs as ever beside it', async () => {
  await longAgo();
  const thread = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-7');
  await stage.approve(bo);
  await stage.pass(minutes(2));
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
});

test('with HISTORY_DAYS=0 everything stays', async () => {
  await stage.close();
  stage = await Stage.open({ policy: policyOf(), env: { HISTORY_DAYS: '0' } });
  const { thread, id } = await longAgo();
  await stage.reply(ana, thread, `status ${id}`);
  await stage.pass(seconds(2));
  expect(last(stage.thread(thread))).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
});
