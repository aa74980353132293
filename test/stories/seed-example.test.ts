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
    'Approved by Bo Approver, ',
    `@Ana Analyst ${id}`,
    'ws-042: all 3 commands ran, in ',
    'exit 0)',
    '51 MB',
    '8.1 KB)',
  ]) {
    expect(told).toContain(words);
  }
});

test('the thread gets two posts, the card and the end, and the approver sees the same end', async () => {
  const thread = await stage.ask(ana, seedExample);
  await stage.approve(bo);
  await stage.pass(seconds(30));
  const posts = stage.connector.messages(thread).filter(({ from }) => from === 'bot');
  // The live card, edited in place, and one post of how it ended, with all results (design.md §9).
  expect(posts).toHaveLength(2);
  expect(posts.every(({ versions }) => versions.length > 0)).toBe(true);
  expect(stage.chat(bo)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
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
