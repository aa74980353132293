import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { escapePattern, findGuards, type Guard, type GuardRow, readGuardTable, withoutGuard } from './guard-table';

type Verdict = 'red' | 'STILL GREEN' | 'red without it, too' | 'no such test' | 'does not run' | 'no test named';

interface Finding {
  readonly guard: Guard;
  readonly row: GuardRow | null;
  readonly verdict: Verdict;
}

interface JestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Long enough for a test that waits for its own time limit (30 s) more than once. */
const runTimeoutMs = 120_000;

/**
 * `npm run guards`: takes each guard out of a copy of the tree and runs the test that docs/security.md names for it; that test must go red.
 * With names of guards as arguments, only those.
 */
async function main(wanted: readonly string[]): Promise<void> {
  const root = process.cwd();
  const rows = readGuardTable(await readFile(join(root, 'docs', 'security.md'), 'utf8'));
  const guards = findGuards(root).filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const unknown = wanted.filter((name) => guards.every((guard) => guard.name !== name));
  if (unknown.length > 0) throw new Error(`There is no guard ${unknown.join(', ')} in src.`);
  // By test file: what jest has compiled for the first guard of a file serves the others.
  const byTestFile = new Map<string, Guard[]>();
  const findings: Finding[] = [];
  for (const guard of guards) {
    const testFile = rows.find((row) => row.name === guard.name)?.testFile;
    if (testFile === undefined) findings.push({ guard, row: null, verdict: 'no test named' });
    else byTestFile.set(testFile, [...(byTestFile.get(testFile) ?? []), guard]);
  }
  const work = [...byTestFile.values()].sort((a, b) => b.length - a.length);
  await Promise.all(
    Array.from({ length: Math.min(availableParallelism(), work.length) }, () =>
      inCopy(root, async (copy) => {
        for (let group = work.shift(); group !== undefined; group = work.shift())
          findings.push(...(await judgeGroup(copy, group, rows)));
      }),
    ),
  );
  report(findings);
  process.exitCode = findings.every(({ verdict }) => verdict === 'red') ? 0 : 1;
}

async function inCopy(root: string, use: (copy: string) => Promise<void>): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'lr-guards-'));
  try {
    const left = new Set(['node_modules', '.git', 'dist', 'data']);
    await cp(root, copy, { recursive: true, filter: (path) => !left.has(relative(root, path)) });
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    await use(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Guards whose tests are in one file. Their tests run once with every guard in place first: a test that is red anyway proves nothing. */
async function judgeGroup(copy: string, guards: readonly Guard[], rows: readonly GuardRow[]): Promise<Finding[]> {
  const named = guards.flatMap((guard) => rows.filter((row) => row.name === guard.name).slice(0, 1));
  const before = await runTests(copy, named);
  const findings: Finding[] = [];
  for (const guard of guards) {
    const row = named.find(({ name }) => name === guard.name);
    if (row === undefined) continue;
    const verdict = judge(before, row, null) ?? (await judgeWithout(copy, guard, row));
    findings.push({ guard, row, verdict });
    process.stderr.write(`${verdict === 'red' ? '.' : `\n${guard.name}: ${verdict}\n`}`);
  }
  return findings;
}

async function judgeWithout(copy: string, guard: Guard, row: GuardRow): Promise<Verdict> {
  const path = join(copy, guard.file);
  const source = await readFile(path, 'utf8');
  await writeFile(path, withoutGuard(source, guard));
  try {
    return judge(await runTests(copy, [row]), row, 'STILL GREEN') ?? 'red';
  } finally {
    await writeFile(path, source);
  }
}

/** What is wrong with the run; null where it is as it must be: all green with every guard in place, one failed promise without one. */
function judge(run: JestReport | null, row: GuardRow, ifGreen: 'STILL GREEN' | null): Verdict | null {
  const results = (run?.testResults ?? []).flatMap((file) => file.assertionResults);
  if (run === null || (results.length === 0 && ifGreen !== null)) return 'does not run';
  const ran = results.filter(({ fullName, status }) => fullName.includes(row.title) && status !== 'pending');
  if (ran.length === 0) return 'no such test';
  const failed = ran.filter(({ status }) => status === 'failed');
  if (ifGreen === null) return failed.length > 0 ? 'red without it, too' : null;
  if (failed.length === 0) return ifGreen;
  // What fails because the rest of the source misses the name that went with the guard says nothing about the guard.
  const isBroken = failed.every(({ failureMessages }) => /ReferenceError|SyntaxError/.test(failureMessages.join('\n')));
  return isBroken ? 'does not run' : null;
}

function runTests(copy: string, rows: readonly GuardRow[]): Promise<JestReport | null> {
  const title = rows.map((row) => escapePattern(row.title)).join('|');
  const args = [join(copy, 'node_modules', 'jest', 'bin', 'jest.js'), '--runInBand', '--json', '--watchman=false'];
  args.push('--cacheDirectory', join(copy, '.jest'), '--forceExit', '--testNamePattern', title);
  args.push('--runTestsByPath', ...new Set(rows.map((row) => row.testFile)));
  return new Promise((resolve) => {
    const options = { cwd: copy, timeout: runTimeoutMs, maxBuffer: 64_000_000 };
    execFile(process.execPath, args, options, (_failed, stdout) => resolve(readReport(stdout)));
  });
}

function readReport(stdout: string): JestReport | null {
  try {
    return JSON.parse(stdout.slice(stdout.indexOf('{'))) as JestReport;
  } catch {
    return null;
  }
}

function report(findings: readonly Finding[]): void {
  const byName = [...findings].sort((a, b) => a.guard.file.localeCompare(b.guard.file) || a.guard.line - b.guard.line);
  const cells = byName.map(({ guard, row, verdict }) => {
    return [guard.name, `${guard.file}:${guard.line + 1}`, row?.testFile ?? '-', row?.title ?? '-', verdict];
  });
  const header = ['guard', 'where', 'test file', 'test', 'without it'];
  const widths = header.map((_, i) => Math.min(70, Math.max(...[header, ...cells].map((row) => row[i]?.length ?? 0))));
  for (const row of [header, ...cells])
    console.log(row.map((cell, i) => cell.slice(0, widths[i]).padEnd(widths[i] ?? 0)).join('  '));
  const red = findings.filter(({ verdict }) => verdict === 'red').length;
  console.log(`\n${red} of ${findings.length} guards: without it, the test that docs/security.md names goes red.`);
}

void main(process.argv.slice(2));
