import { execFileSync } from 'node:child_process';
import { findShellcheck } from './tools';

const shellcheck = findShellcheck();
const scripts = execFileSync('git', ['ls-files', '*.sh', '.ci/run'], { encoding: 'utf8' }).trim().split('\n');

(shellcheck === null ? test.skip : test)('shellcheck has nothing to say of any script', () => {
  expect(scripts.length).toBeGreaterThan(4);
  const said = execFileSync('bash', ['-c', '"$0" --external-sources "$@" || true', shellcheck ?? '', ...scripts], {
    encoding: 'utf8',
  });
  expect(said).toBe('');
});
