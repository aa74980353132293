import { targetFactsOf } from '../../request/batch/outcome-of-target';
import { mayTargetGo, type TargetFacts } from '../../request/batch/plan-batch';
import type { Queued, RequestId } from '../../request/request';
import type { Reader, Tx } from '../../store/store';

/** What became of the targets that were let go. */
export const readTargets = async (reader: Reader, id: RequestId): Promise<readonly TargetFacts[]> =>
  (await reader.targets(id)).map(({ request, results }) => targetFactsOf(request, results));

/** Whether its batch still lets this target go; a request that is none may go as far as its batch is concerned. */
export async function mayGoOfBatch(tx: Tx, { target }: Queued, now: number): Promise<boolean> {
  if (target === undefined) return true;
  const batch = (await tx.request(target.of))?.request;
  if (batch?.state !== 'batchRunning') return false;
  return mayTargetGo(batch, await readTargets(tx, batch.id), target.number, now);
}
