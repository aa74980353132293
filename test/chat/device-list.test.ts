import { readDeviceList } from '../../src/chat/device-list';
import { parseDraft } from '../../src/chat/parse-draft';

const read = (text: string) => {
  const list = readDeviceList(text);
  return list.ok ? list.value : list.error;
};

test('one device a line, with what lists drag along', () => {
  expect(read('\ufeffws-1  \r\n\r\n "ws 2" \n- ws-3\n')).toEqual({
    devices: ['ws-1', 'ws 2', 'ws-3'],
    heading: null,
    column: null,
  });
});

test('a first line that only begins like a heading is a device', () => {
  expect(read('name-server-01\nws-1')).toMatchObject({ devices: ['name-server-01', 'ws-1'], heading: null });
});

test('a heading is a whole known word, and it is told', () => {
  expect(read('Name\nws-1\nws-2')).toMatchObject({ devices: ['ws-1', 'ws-2'], heading: 'Name' });
});

test('of an export one column counts, by its heading, and the others are never looked up', () => {
  const rows = [
    'Device ID,Device name,Domain,OS,IP',
    ...[1, 2, 3, 4, 5].map((n) => `id-${n},ws-${n},corp,Windows11,10.0.0.${n}`),
  ];
  expect(read(rows.join('\n'))).toEqual({
    devices: ['ws-1', 'ws-2', 'ws-3', 'ws-4', 'ws-5'],
    heading: null,
    column: { name: 'Device name', rows: 5, of: 5 },
  });
});

test('sep= and semicolons are read, quotes too', () => {
  expect(read('sep=;\nName;OS\n"ws-1";"Windows; 11"\nws-2;Linux')).toMatchObject({ devices: ['ws-1', 'ws-2'] });
});

test.each([
  ['w\u0000s\u0000', 'unreadableText'],
  ['a,b\n1,2', 'noDeviceColumn'],
  ['name,os\n"ws-1,x', 'unclosedCell'],
])('%j is a fault and never an empty list', (text, type) => {
  expect(read(text)).toMatchObject({ type });
});

test('10,000 lines are a fault within 100 ms', () => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `ws-${i}`).join('\n');
  const before = performance.now();
  expect(read(lines)).toEqual({ type: 'tooManyLines', lines: 10_000, limit: 500 });
  expect(performance.now() - before).toBeLessThan(100);
});

const draft = (text: string) => {
  const parsed = parseDraft(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
};

test('devices between commas are several, and one is one as ever', () => {
  expect(draft(' ws-1, ws-2,ws-3 run x.ps1 because y').draft.many?.queries).toEqual(['ws-1', 'ws-2', 'ws-3']);
  expect(draft(' ws-1 run x.ps1 a, b because y').draft).toMatchObject({ device: 'ws-1', commands: [{ args: 'a, b' }] });
  expect(draft(' ws-1 run x.ps1 because y').draft.many).toBeUndefined();
});

test('a group is named in quotes; a list is pasted under on; limits stand on their own', () => {
  expect(draft(' group:"Tier 1" run x.ps1 because y').draft.many?.queries).toEqual(['group:Tier 1']);
  const pasted = draft('\nName\nws-1\nws-2\nstop-at 2\ncanary ws-2\nrun x.ps1\nbecause y').draft;
  expect(pasted.many).toEqual({
    queries: ['ws-1', 'ws-2'],
    heading: 'Name',
    column: null,
    canaries: ['ws-2'],
    stopAt: 2,
  });
});

test('stop-at among the arguments of a script is told, never dropped', () => {
  const { draft: made, notices } = draft(' ws-1, ws-2 run x.ps1 stop-at 1 because y');
  expect(made.commands).toMatchObject([{ args: 'stop-at 1' }]);
  expect(notices).toMatchObject([{ type: 'limitInCommand' }]);
});
