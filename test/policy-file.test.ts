import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../src/lib/log';
import type { PolicyFault } from '../src/policy/parse-policy';
import { openPolicyKeeper, PolicyFileError } from '../src/policy-file';
import { SteppedClock } from './fakes/stepped-clock';
import { head } from './policy/sample';

const policy = (rule: string): string => `${head}rules:\n  - ${rule}\n`;
const [one, other] = [policy('{ name: one, from: [approvers, leads] }'), policy('{ name: other, from: [approvers] }')];

async function stage(text = one) {
  const file = join(mkdtempSync(join(tmpdir(), 'policy-file-')), 'policy.yaml');
  writeFileSync(file, text);
  const clock = new SteppedClock();
  const problems: Array<readonly PolicyFault[]> = [];
  const changes: string[] = [];
  let fixed = 0;
  let failing = 0;
  const fail = () => {
    if (failing-- > 0) throw new Error('not told');
  };
  const opened = await openPolicyKeeper({
    file,
    clock,
    log: silentLog,
    onProblem(faults) {
      fail();
      problems.push(faults);
    },
    onMended() {
      fail();
      fixed++;
    },
    onChange(now, before) {
      fail();
      changes.push(`${before.rules[0]?.name} -> ${now.rules[0]?.name}`);
    },
  });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  const keeper = opened.value;
  return {
    file,
    clock,
    keeper,
    problems,
    changes,
    failNext: (times: number) => {
      failing = times;
    },
    fixed: () => fixed,
    rule: () => keeper.current().rules[0]?.name,
    /** Looks at the file, this many times. */
    async look(times: number): Promise<void> {
      for (let i = 0; i < times; i++) {
        clock.advance(2_000);
        await keeper.refresh();
      }
    },
  };
}

test('a changed policy is in force once it has been seen twice, and is told once', async () => {
  const { file, look, rule, changes } = await stage();
  writeFileSync(file, other);
  await look(1);
  expect([rule(), changes]).toEqual(['one', []]);
  await look(3);
  expect([rule(), changes]).toEqual(['other', ['one -> other']]);
});

test('a file that is being written is not taken half-way, even when its first half is a policy', async () => {
  const { file, look, rule, problems, changes } = await stage();
  writeFileSync(file, other);
  await look(1);
  writeFileSync(file, other.replace('name: other', 'name: more'));
  await look(1);
  expect([rule(), problems, changes]).toEqual(['one', [], []]);
  await look(1);
  expect(rule()).toBe('more');
});

test('a file with faults changes nothing, and its faults are told once for each content', async () => {
  const { file, look, rule, problems } = await stage();
  writeFileSync(file, one.replace('[approvers, leads]', '[nobody]'));
  await look(4);
  expect(rule()).toBe('one');
  expect(problems).toEqual([
    [{ line: 11, message: 'rule one: from: there is no group nobody; the groups are soc, approvers, leads' }],
  ]);
  writeFileSync(file, '');
  await look(4);
  expect([rule(), problems.length]).toEqual(['one', 2]);
  writeFileSync(file, other);
  await look(2);
  expect([rule(), problems.length]).toEqual(['other', 2]);
});

test('that faults are fixed is told once to those who were told of them, and until then the file counts as refused', async () => {
  const { file, look, keeper, fixed, changes, failNext } = await stage();
  expect(keeper.isRefused()).toBe(false);
  writeFileSync(file, '');
  await look(4);
  expect([keeper.isRefused(), fixed()]).toEqual([true, 0]);
  writeFileSync(file, one);
  failNext(1);
  await look(1);
  await expect(look(1)).rejects.toThrow('not told');
  await look(4);
  expect([keeper.isRefused(), fixed(), changes]).toEqual([false, 1, []]);
  writeFileSync(file, `# looked at\n${one}`);
  await look(4);
  expect(fixed()).toBe(1);
});

test('faults that another policy ends are told as that policy only', async () => {
  const { file, look, keeper, fixed, changes } = await stage();
  rmSync(file);
  await look(4);
  expect(keeper.isRefused()).toBe(true);
  writeFileSync(file, other);
  await look(4);
  expect([keeper.isRefused(), fixed(), changes]).toEqual([false, 0, ['one -> other']]);
});

test('a file that is gone changes nothing and is told once; one that is gone for a moment is not told', async () => {
  const { file, look, rule, problems } = await stage();
  rmSync(file);
  await look(1);
  writeFileSync(file, one);
  await look(2);
  expect(problems).toEqual([]);
  rmSync(file);
  await look(4);
  expect(rule()).toBe('one');
  expect(problems).toEqual([
    [{ line: 1, message: 'The file cannot be read (ENOENT). Put it back, or make it readable for the service.' }],
  ]);
});

test('a file that is replaced by renaming is followed', async () => {
  const { file, look, rule } = await stage();
  writeFileSync(`${file}.new`, other);
  renameSync(`${file}.new`, file);
  await look(2);
  expect(rule()).toBe('other');
});

test('another comment or label is taken and not told as a change', async () => {
  const { file, look, keeper, changes } = await stage();
  writeFileSync(file, `# looked at\n${one.replace('name: Bo', 'name: Robert')}`);
  await look(2);
  expect([[...keeper.current().names.values()].includes('Robert'), changes]).toEqual([true, []]);
});

test('the file is looked at every few seconds at most, and by one at a time', async () => {
  const { file, keeper, clock, rule } = await stage();
  writeFileSync(file, other);
  for (let i = 0; i < 19; i++) {
    clock.advance(100);
    await keeper.refresh();
  }
  clock.advance(100);
  await Promise.all([keeper.refresh(), keeper.refresh(), keeper.refresh()]);
  expect(rule()).toBe('one');
  clock.advance(2_000);
  await keeper.refresh();
  expect(rule()).toBe('other');
});

test('a clock that goes back does not stop the looking', async () => {
  const { file, keeper, clock, rule } = await stage();
  writeFileSync(file, other);
  clock.advance(-3_600_000);
  await keeper.refresh();
  clock.advance(2_000);
  await keeper.refresh();
  expect(rule()).toBe('other');
});

test('what could not be told is told at the next look', async () => {
  const { file, look, rule, problems, changes, failNext } = await stage();
  writeFileSync(file, '');
  failNext(1);
  await look(1);
  await expect(look(1)).rejects.toThrow('not told');
  await look(2);
  expect(problems.length).toBe(1);
  writeFileSync(file, other);
  failNext(1);
  await look(1);
  await expect(look(1)).rejects.toThrow('not told');
  expect(rule()).toBe('other');
  await look(2);
  expect(changes).toEqual(['one -> other']);
});

test('nothing starts without a policy: faults are the caller’s, and a missing file is an error with its code', async () => {
  const options = {
    clock: new SteppedClock(),
    log: silentLog,
    onProblem: () => {},
    onMended: () => {},
    onChange: () => {},
  };
  const dir = mkdtempSync(join(tmpdir(), 'policy-file-'));
  const missing = openPolicyKeeper({ ...options, file: join(dir, 'none.yaml') });
  await expect(missing).rejects.toEqual(expect.objectContaining({ name: 'PolicyFileError', code: 'ENOENT' }));
  await expect(missing).rejects.toBeInstanceOf(PolicyFileError);
  writeFileSync(join(dir, 'bad.yaml'), '');
  expect(await openPolicyKeeper({ ...options, file: join(dir, 'bad.yaml') })).toMatchObject({
    ok: false,
    error: [{ line: 1 }],
  });
});
