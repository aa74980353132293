import { seconds } from '../../src/lib/clock';
import { ana, bo, Stage, seedExample } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

test("the seed page's example goes from a channel message to its last result", async () => {
  const thread = await stage.ask(ana, seedExample);
  const id = stage.requestId(thread);
  expect(stage.submissions).toEqual([]);

  await stage.approve(bo);
  await stage.pass(seconds(30));

  expect(stage.submissions.map((body) => JSON.parse(body))).toEqual([
    {
      Commands: [
        { type: 'PutFile', params: [{ key: 'FileName', value: 'procdump.zip' }] },
        {
          type: 'RunScript',
          params: [
            { key: 'ScriptName', value: 'minidump.ps1' },
            { key: 'Args', value: 'OfficeClickToRun' },
          ],
        },
        { type: 'GetFile', params: [{ key: 'Path', value: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip' }] },
      ],
      Comment: expect.stringMatching(
        new RegExp(
          `^\\[${id}/1/[0-9a-f]{12}\\] asked by Ana Analyst; approved by Bo Approver; INC-1042 credential theft triage$`,
        ),
      ),
    },
  ]);
  const told = stage.thread(thread);
  for (const words of [
    `${id} is approved by Bo Approver.`,
    `${id} has started on ws-042.contoso.com.`,
    `@Ana Analyst ${id}`,
    'Finished: Defender says it succeeded',
    'result of command 2 of 3',
    '51 MB',
    'result of command 3 of 3',
    'Collected 8.1 KB',
  ]) {
    expect(told).toContain(words);
  }
});

test('the thread keeps one card, edited in place, and the approver sees the same end', async () => {
  const thread = await stage.ask(ana, seedExample);
  await stage.approve(bo);
  await stage.pass(seconds(30));
  const cards = stage.thread(thread).match(/Live Response \(edited\)/g);
  expect(cards).toHaveLength(1);
  expect(stage.chat(bo)).toContain('Finished: Defender says it succeeded');
});

test('everything that happened is in the audit, chained', async () => {
  const thread = await stage.ask(ana, seedExample);
  await stage.approve(bo);
  await stage.pass(seconds(30));
  const rows = await stage.service.store.auditRows();
  const what = rows.filter((r) => r.requestId === stage.requestId(thread)).map((r) => r.what);
  expect(what.filter((w) => w !== 'posted').slice(0, 5)).toEqual([
    'requested',
    'shown',
    'voted',
    'admitted',
    'accepted',
  ]);
  expect(what.indexOf('posted')).toBeLessThan(what.indexOf('voted'));
  expect(what.filter((w) => w === 'result')).toHaveLength(2);
});
