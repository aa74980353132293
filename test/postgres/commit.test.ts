import { type CommitCut, type CommitGate, openCommitGate } from '../../chaos/commit-gate';
import { seconds } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { openStore } from '../../src/store/open';
import { ana, bo, Stage, seedExample, wordsOf } from '../stories/stage';
import { createTestDatabase } from './test-store';

let gate: CommitGate;
let stage: Stage | null = null;
afterEach(async () => {
  await stage?.close();
  stage = null;
  await gate.close();
});

const open = async (): Promise<string> => {
  gate = await openCommitGate(await createTestDatabase());
  stage = await Stage.open({ env: { DATABASE_URL: gate.url } });
  return stage.ask(ana, seedExample);
};
const cuts: readonly CommitCut[] = ['unsent', 'done'];

describe('a commit that gets no answer', () => {
  test.each(cuts)('is in doubt for whoever asked for it, whether it took effect or not (%s)', async (cut) => {
    gate = await openCommitGate(await createTestDatabase());
    const store = await openStore({ url: gate.url, log: silentLog });
    await store.transact((tx) => tx.saveFact('a', 1));
    gate.cutNext(cut);
    await expect(store.transact((tx) => tx.saveFact('a', 2))).rejects.toMatchObject({ code: 'store.commitInDoubt' });
    expect(await store.fact('a')).toBe(cut === 'done' ? 2 : 1);
    await store.transact((tx) => tx.saveFact('a', 3));
    expect(await store.fact('a')).toBe(3);
    await store.close();
  });

  test.each(cuts)('loses no vote and counts none twice (%s)', async (cut) => {
    const thread = await open();
    const at = stage as Stage;
    const card = at.cardFor(bo);
    gate.cutNext(cut);
    const answer = await at.press(bo, card, 'Approve');
    expect(wordsOf(answer)).not.toMatch(/nothing was (?:done|counted)/);
    await at.pass(seconds(20), seconds(5));
    expect(gate.cuts[cut]).toBe(1);
    expect(at.submissions).toHaveLength(1);
    expect(at.thread(thread)).toContain('Bo Approver');
  });

  test.each(cuts)('stores a request once (%s)', async (cut) => {
    await open();
    const at = stage as Stage;
    gate.cutNext(cut);
    await at.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-2');
    const open43 = (await at.service.store.requestsIn(['awaitingApproval'])).filter(({ request }) =>
      request.device.name.startsWith('ws-043'),
    );
    expect(open43).toHaveLength(1);
  });
});
