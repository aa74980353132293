import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../src/lib/log';
import { openRunbooksKeeper } from '../src/runbooks-file';
import { SteppedClock } from './fakes/stepped-clock';

const one = (name: string): string => `runbooks:\n  - { name: ${name}, title: T, commands: [run a.ps1] }\n`;

async function stage(text: string | null) {
  const file = join(mkdtempSync(join(tmpdir(), 'runbooks-file-')), 'runbooks.yaml');
  if (text !== null) writeFileSync(file, text);
  const clock = new SteppedClock();
  const problems: number[] = [];
  const opened = await openRunbooksKeeper({
    file,
    clock,
    log: silentLog,
    onProblem: (faults) => void problems.push(faults[0]?.line ?? 0),
  });
  if (!opened.ok) return { faults: opened.error.length, names: () => [], file, problems, look: async () => {} };
  const look = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      clock.advance(2_000);
      await opened.value.refresh();
    }
  };
  return { faults: 0, names: () => [...opened.value.current().keys()], file, problems, look };
}

test('without a file there are no runbooks, and one that comes later is taken', async () => {
  const kept = await stage(null);
  expect(kept.names()).toEqual([]);
  writeFileSync(kept.file, one('first'));
  await kept.look(2);
  expect(kept.names()).toEqual(['first']);
});

test('a file that is being written is not taken half-way', async () => {
  const kept = await stage(one('first'));
  writeFileSync(kept.file, one('half'));
  await kept.look(1);
  writeFileSync(kept.file, one('whole'));
  await kept.look(1);
  expect(kept.names()).toEqual(['first']);
  await kept.look(1);
  expect(kept.names()).toEqual(['whole']);
});

test('a file with a fault changes nothing, is told once, and none is taken at a start', async () => {
  const kept = await stage(one('first'));
  writeFileSync(kept.file, 'runbooks:\n  - { name: status, title: T, commands: [run a.ps1] }\n');
  await kept.look(5);
  expect([kept.names(), kept.problems]).toEqual([['first'], [2]]);
  expect((await stage('runbooks: 7')).faults).toBeGreaterThan(0);
});
