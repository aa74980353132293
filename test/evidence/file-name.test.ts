import { fileNameOf } from '../../src/evidence/file-name';

test.each([
  ['C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip', 'OfficeClickToRun.dmp.zip'],
  ['/var/log/auth.log', 'auth.log'],
  ['C:/mixed\\up.txt', 'up.txt'],
  ['/etc/.hidden', 'hidden'],
  ['C:\\a\\b:stream', 'b_stream'],
  ['/tmp/a\u202Egpj.exe', 'a_gpj.exe'],
  ['/tmp/line\nbreak', 'line_break'],
  ['C:\\NUL', '_NUL'],
  ['C:\\con.txt', '_con.txt'],
  ['C:\\trailing. . ', 'trailing'],
  ['C:\\folder\\', 'file'],
  ['/..', 'file'],
  ['', 'file'],
])('%j is offered as %j', (path, name) => {
  expect(fileNameOf(path)).toBe(name);
});

test('a very long name is shortened and keeps its extension', () => {
  const name = fileNameOf(`/tmp/${'a'.repeat(400)}.dmp`);
  expect(name).toHaveLength(120);
  expect(name.endsWith('_.dmp')).toBe(true);
});
