import type { KeptResult } from '../../../src/evidence/keep-result';
import type { Command } from '../../../src/request/ask/command';
import type { InState } from '../../../src/request/request';
import type { Line } from '../../../src/thread/kit/line';
import { describeState } from '../../../src/thread/sentences/state-words';
import { fileResult, harmless, makeRequests, makeView, scriptResult } from '../samples';

const ran = makeRequests().succeeded as InState<'succeeded'>;
const textOf = (line: Line): string => line.map((run) => run.text).join('');
const said = (results: readonly KeptResult[], commands: readonly Command[] = ran.commands) => {
  const { title, tone, lines } = describeState(makeView({ ...ran, commands }, { results }));
  return { title, tone, text: lines.map(textOf).join('\n') };
};
const script = (over: Partial<KeptResult>) => scriptResult(harmless, { index: 1, ...over });
const file = (over: Partial<KeptResult> = {}) => fileResult(harmless, { index: 2, ...over });
const never = { outcome: 'notAvailable', exitCode: null, file: null, problem: 'It never came.' } as const;

test('a script that exits non-zero is amber, named with its exit code, and called no success', () => {
  const { title, tone, text } = said([script({ exitCode: 1 }), file()]);
  expect([title, tone]).toEqual(['Ran, but minidump.ps1 exited 1', 'warning']);
  expect(text).toBe('Read errors and output before you rely on it.');
  expect(title + text).not.toMatch(/succe|Finished/);
});

test('a negative exit code is told before the other results are there', () => {
  expect(said([script({ exitCode: -1073741819 })]).title).toBe('Ran, but minidump.ps1 exited -1073741819');
});

test('several problems are counted in the title and each is named below', () => {
  const { title, text } = said([script({ exitCode: 2 }), file(never)]);
  expect(title).toBe('Ran, but 2 commands had problems');
  expect(text).toContain('Minidump.ps1 exited 2 and command 3 brought no file.');
});

test('a file that did not come is no success', () => {
  expect(said([script({ exitCode: 0 }), file(never)])).toMatchObject({
    title: 'Ran, but command 3 brought no file',
    tone: 'warning',
  });
});

test('while a result is still to come, nothing is said either way', () => {
  for (const results of [[], [script({ exitCode: 0 })], [file()]])
    expect(said(results)).toMatchObject({ title: 'All 3 commands ran, in 8 min; results to come', tone: 'accent' });
});

test('an exit code that never came is unknown, and neither success nor failure', () => {
  const { title, tone, text } = said([script(never), file()]);
  expect([title, tone]).toEqual(['Ran, but not every exit code is known', 'warning']);
  expect(text).toContain('The exit code of minidump.ps1 is unknown. Check the device before you rely on it.');
});

test('green is what exited 0 and brought its files, and what has no result to wait for', () => {
  const good = said([script({ exitCode: 0 }), file()]);
  expect(good).toMatchObject({ title: 'All 3 commands ran, in 8 min', tone: 'good' });
  const put = said([], [{ type: 'PutFile', fileName: 'procdump.zip' }]);
  expect(put).toMatchObject({ title: 'The command ran, in 8 min', tone: 'good' });
});

test('a script whose name could be markup is called by its number', () => {
  const commands = [{ type: 'RunScript', scriptName: '<at>all</at>.ps1', args: '' }] as const;
  expect(said([script({ index: 0, exitCode: 1 })], commands).title).toBe('Ran, but command 1 exited 1');
});
