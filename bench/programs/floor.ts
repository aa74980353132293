import { join } from 'node:path';
import Database from 'libsql';
import { createDefender } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import { systemClock } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { samples } from '../../test/request/sample';
import { nowMs } from '../wire';
import { deviceName } from '../world';
import { answerTo, tell } from './tell';

/** The least that an approval takes to become a POST: the intent on disk, and the call. Measured with the libraries and settings of the service. */
async function main(): Promise<void> {
  const { BENCH_DEFENDER_URL = '', BENCH_FROM = '0', BENCH_COUNT = '0' } = process.env;
  const defender = createDefender({
    baseUrl: BENCH_DEFENDER_URL,
    token: localToken(),
    clock: systemClock,
    log: silentLog,
  });
  const database = openDatabase();
  const count = Number(BENCH_COUNT);
  const commits: number[] = [];
  const calls: number[] = [];
  const reads: number[] = [];
  for (let i = 0; i < count; i++) {
    const [machine] = await defender.findMachines(deviceName(Number(BENCH_FROM) + i));
    if (machine === undefined) throw new Error('The emulator lacks a device of the benchmark.');
    const readAt = nowMs();
    await Promise.all([defender.listLibrary(), defender.getMachine(machine.machineId)]);
    reads.push(nowMs() - readAt);
    commits.push(timeCommit(database, i));
    const startedAt = nowMs();
    const outcome = await defender.runLiveResponse(machine.machineId, samples.submitting.commands.slice(1, 2), 'floor');
    calls.push(nowMs() - startedAt);
    if (outcome.type !== 'accepted') throw new Error(`The emulator answered ${outcome.type}.`);
  }
  database.close();
  answerTo(async () => {});
  // The first ones compile.
  tell({ type: 'done', values: { commit: commits.slice(5), call: calls.slice(5), reads: reads.slice(5) } });
}

function openDatabase(): Database.Database {
  const database = new Database(join(process.cwd(), 'floor.db'));
  database.prepare('pragma journal_mode = wal').all([]);
  database.exec('pragma synchronous = full');
  database.exec('create table requests (id text primary key, body text not null)');
  return database;
}

function timeCommit(database: Database.Database, index: number): number {
  const body = JSON.stringify(samples.submitting);
  const startedAt = nowMs();
  database.exec('begin immediate');
  database.prepare('insert into requests (id, body) values (?, ?)').run([`LR-${index}`, body]);
  database.exec('commit');
  return nowMs() - startedAt;
}

void main();
