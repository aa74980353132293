import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seconds } from '../../src/lib/clock';
import { ana, bo, cy, Stage, wordsOf } from './stage';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: as a runbook writes it
const runbooks = [
  'runbooks:',
  '  - name: collect',
  '    title: Collects logs of one process',
  '    commands: ["run minidump.ps1 -Name ${process} [-Days ${days}]"]',
  '    parameters:',
  '      process: { type: fileName, required: true, example: outlook.exe }',
  '      days: { type: number, min: 1, max: 30 }',
  '  - name: flagged',
  '    title: Gives arguments to a script that declares none',
  '    commands: ["run collect-logs.ps1 -Word ${word}"]',
  '    parameters: { word: { type: text, required: true, example: x } }',
  '  - name: persistence',
  '    title: Looks for what starts by itself',
  '    commands: [run collect-logs.ps1]',
  '',
].join('\n');
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: as a runbook writes it
const line = 'collect on ws-042 process=outlook.exe because INC-1042 triage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open({ runbooks });
});
afterEach(() => stage.close());

/** In force after two equal reads. */
async function change(text: string): Promise<void> {
  await writeFile(join(stage.dir, 'runbooks.yaml'), text);
  for (let i = 0; i < 4; i++) await stage.pass(seconds(5));
}

test('a runbook asks for its rendered commands, and the card shows them whole with its name and version', async () => {
  const thread = await stage.ask(ana, line);
  for (const shown of ['Runbook', 'collect', 'minidump.ps1', '-Name outlook.exe'])
    expect(stage.thread(thread)).toContain(shown);
  await stage.approve(bo);
  await stage.pass(seconds(5));
  expect(stage.submissions.map((body) => JSON.parse(body).Commands)).toEqual([
    [
      {
        type: 'RunScript',
        params: [
          { key: 'ScriptName', value: 'minidump.ps1' },
          { key: 'Args', value: '-Name outlook.exe' },
        ],
      },
    ],
  ]);
});

test('all that is wrong or missing is answered at once, with the line that would be right, and nothing is asked', async () => {
  const thread = await stage.ask(
    ana,
    'runbook collect on ws-042 days=31 deep=yes process="two words" stray because INC-1',
  );
  for (const said of [
    'process holds a blank',
    'days must be a whole number from 1 to 30',
    '"deep" is no parameter of this runbook; it has process and days',
    '"stray" is neither a parameter',
    'collect on ws-042 process=outlook.exe days=1 because INC-1',
  ])
    expect(stage.thread(thread)).toContain(said);
  const missing = await stage.ask(ana, 'collect days=7');
  for (const said of [
    'the device is missing',
    'process is missing: a file name without blanks',
    'the reason is missing',
  ])
    expect(stage.thread(missing)).toContain(said);
  expect(await stage.service.store.countByState()).toEqual({});
});

test('runbooks lists them, and one is explained with what it takes', async () => {
  await stage.tell(ana, 'runbooks');
  expect(stage.chat(ana)).toContain('3 runbooks');
  await stage.tell(ana, 'runbook collect');
  expect(stage.chat(ana)).toContain('process: a file name without blanks, required');
  expect(stage.chat(ana)).toMatch(/minidump\.ps1 -Name \$\{process\} \[-Days \$\{days\}\]/);
  await stage.tell(ana, 'runbook constructor');
  expect(stage.chat(ana)).toContain(
    'I do not know the runbook "constructor". There is collect, flagged and persistence',
  );
});

test('an approval of what a changed runbook rendered is not counted, and only its own requests are void', async () => {
  const thread = await stage.ask(ana, line);
  const other = await stage.ask(ana, 'persistence on ws-043 because INC-1042 triage');
  const card = stage.cardIn(thread);
  await change(runbooks.replace('Collects logs', 'Collects all logs'));
  expect(wordsOf(await stage.press(bo, card, 'Approve'))).toContain('The runbook \\"collect\\" has changed or is gone');
  expect(await stage.service.store.countByState()).toEqual({ voided: 1, awaitingApproval: 1 });
  expect(stage.thread(thread)).toContain('The runbook');
  await stage.press(bo, stage.cardIn(other), 'Approve');
  expect(await stage.service.store.countByState()).toEqual({ voided: 1, pending: 1 });
});

test('other commands cannot come under the name of a runbook, whatever a client makes of a card', async () => {
  const thread = await stage.ask(ana, 'flagged on ws-042 word=x because INC-1042 triage');
  const title = 'Ask for approval anyway';
  const card = stage.cardIn(thread, title);
  const data = stage.action(card, title)?.data as { readonly draft: object };
  const commands = [{ type: 'RunScript', scriptName: 'collect-logs.ps1', args: '-Other' }];
  const forged = { ...data, draft: { ...data.draft, commands } };
  const answer = await stage.click(ana, card, 'draft.confirm', forged);
  expect(wordsOf(answer)).toContain('The runbook \\"flagged\\" has changed or is gone');
  expect(await stage.service.store.countByState()).toEqual({});
  await stage.press(ana, card, title);
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
});

test('what was approved is not sent when its runbook has changed since', async () => {
  const thread = await stage.ask(ana, line);
  await stage.tell(bo, 'pause because INC-7 a look first');
  await stage.press(bo, stage.cardIn(thread), 'Approve');
  await change(runbooks.replace('Collects logs', 'Collects all logs'));
  await stage.tell(cy, 'resume');
  await stage.pass(seconds(10));
  expect(await stage.service.store.countByState()).toEqual({ voided: 1 });
  expect(stage.submissions).toEqual([]);
});

test('a file with a fault changes nothing, and those who may approve read which line', async () => {
  await change(runbooks.replace('type: number', 'type: integer'));
  expect(stage.chat(bo)).toContain('The runbooks file was changed and has faults');
  const thread = await stage.ask(ana, line);
  expect(stage.requestId(thread)).toMatch(/^LR-/);
});
