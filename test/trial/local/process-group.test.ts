import { startGroup } from '../../../trial/local/process-group';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Starts a node that starts a node, as npx does; gives the pid of the inner one. */
async function startNested(inner: string) {
  const outer = `const c = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: 'inherit' }); console.log('inner ' + c.pid); setInterval(() => {}, 1000);`;
  const group = startGroup(process.execPath, ['-e', outer], { cwd: process.cwd() });
  const read = () => /inner (\d+)[\s\S]*up/.exec(group.output)?.[1];
  while (read() === undefined && !group.hasEnded) await new Promise((resolve) => setTimeout(resolve, 5));
  return { group, innerPid: Number(read()) };
}

test('stopping ends what the command started in turn', async () => {
  const { group, innerPid } = await startNested(`console.log('up'); setInterval(() => {}, 1000)`);
  expect(isAlive(innerPid)).toBe(true);
  await group.stop();
  expect(isAlive(innerPid)).toBe(false);
  expect(group.hasEnded).toBe(true);
});

test('what lives on after its parent died is ended as well', async () => {
  const { group, innerPid } = await startNested(`console.log('up'); setInterval(() => {}, 1000)`);
  process.kill(group.pid ?? 0, 'SIGKILL');
  await group.ended;
  expect(isAlive(innerPid)).toBe(true);
  await group.stop();
  expect(isAlive(innerPid)).toBe(false);
});

test('a command that does not exist ends with what the system says', async () => {
  const group = startGroup('/nowhere/npx', [], { cwd: process.cwd() });
  expect(await group.ended).toBeNull();
  expect(group.output).toContain('ENOENT');
  await group.stop();
});
