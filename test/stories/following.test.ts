import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minutes, seconds } from '../../src/lib/clock';
import { isPost } from '../fakes/fake-connector';
import { ana, bo, cy, policyOf, Stage, type StageOptions, seedExample } from './stage';

let stage: Stage;
const open = async (text = seedExample, options: StageOptions = {}): Promise<string> => {
  stage = await Stage.open(options);
  return stage.ask(ana, text);
};
afterEach(() => stage.close());

const actionId = (): string => stage.emulator.actions.at(-1)?.id ?? '';

test('when the second command fails the third never runs, and the thread says which failed and why', async () => {
  const thread = await open(
    'on ws-042\nrun collect-logs.ps1\nrun fail-second.ps1\ngetfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip\nbecause INC-2',
  );
  await stage.approve(bo);
  await stage.pass(minutes(1));
  const told = stage.thread(thread);
  expect(told).toContain('access to the working folder is denied');
  expect(told).toContain('@Ana Analyst');
  expect(told).toMatch(/command 2 of 3/i);
  expect(stage.emulator.actions[0]?.commands.map((c) => c.ran)).toEqual(['finished', 'finished', 'no']);
  expect(told).toMatch(/1 run \([^)]*exit 0\)/);
  expect(told).not.toContain('result of command 3 of 3');
});

test('a script that exits non-zero is called no success on any card or list', async () => {
  const thread = await open('on ws-042 run exit-1.ps1 because INC-3');
  await stage.approve(bo);
  await stage.pass(minutes(1));
  await stage.reply(ana, thread, 'history');
  await stage.tell(ana, 'mine');
  for (const place of [stage.thread(thread), stage.chat(ana), stage.chat(bo)]) {
    expect(place).toMatch(/ran, but exit-1\.ps1 exited 1/i);
    expect(place).not.toMatch(/succeeded|Finished/);
  }
  expect(stage.thread(thread)).toContain('Exit code 1');
  expect(stage.thread(thread)).toContain('No such process');
});

test('a cancel by somebody else in Defender is told as theirs', async () => {
  const thread = await open('on srv-db-01 run collect-logs.ps1 because INC-4');
  await stage.approve(bo);
  await stage.pass(seconds(5));
  stage.emulator.cancelByOther(actionId(), 'eve@contoso.com', 'out of scope');
  await stage.pass(seconds(15));
  expect(stage.thread(thread)).toContain('eve@contoso.com');
  expect(stage.thread(thread)).toContain('cancelled');
});

test('an action that vanished is told as such and is never sent again', async () => {
  const thread = await open('on lap-117 run collect-logs.ps1 because INC-5');
  await stage.approve(bo);
  await stage.pass(seconds(10));
  stage.emulator.vanish(actionId());
  await stage.pass(minutes(20), seconds(10));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toContain('no longer lists it');
});

test('a script that runs longer than Defender allows is told as timed out', async () => {
  stage = await Stage.open();
  stage.emulator.addScript({ fileName: 'endless.ps1', content: 'while(1){}', behaviour: { durationMs: minutes(60) } });
  const thread = await stage.ask(ana, 'on ws-042 run endless.ps1 because INC-6');
  await stage.approve(bo);
  await stage.pass(minutes(15), seconds(10));
  expect(stage.thread(thread)).toContain("stopped: Defender's time limit ran out");
});

test('a failed read that recovers does not end the request', async () => {
  const thread = await open('on srv-db-01 run collect-logs.ps1 because INC-7');
  await stage.approve(bo);
  await stage.pass(seconds(25));
  stage.emulator.misreport(actionId(), 'Failed', 1);
  await stage.pass(minutes(2), seconds(2));
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
  expect(stage.thread(thread)).not.toMatch(/Failed/);
});

test('a result that is not ready yet, or whose link fails, is fetched later and told once', async () => {
  const thread = await open('on ws-042 run collect-logs.ps1 because INC-8', {
    emulator: { resultReadyMs: seconds(20) },
  });
  await stage.approve(bo);
  await stage.pass(seconds(12));
  stage.emulator.fault({ route: 'downloadResult', fault: { type: 'dropBefore' }, times: 2 });
  await stage.pass(minutes(3), seconds(2));
  expect(stage.thread(thread).match(/@Ana Analyst LR-/g)).toHaveLength(1);
  expect(stage.thread(thread)).toContain('Security.evtx');
});

test('open actions are followed by one list call a tick, however many there are', async () => {
  stage = await Stage.open();
  for (const [i, device] of ['ws-042', 'ws-043', 'dc-01'].entries()) {
    stage.emulator.setDevice(`${device}.contoso.com`, { connectDelayMs: minutes(10) });
    await stage.ask(ana, `on ${device} run collect-logs.ps1 because INC-${i}`);
    await stage.pass(seconds(2));
    await stage.approve(bo);
  }
  const reads = () => stage.emulator.journal.filter((e) => e.route === 'listActions' || e.route === 'getAction').length;
  const before = reads();
  await stage.pass(minutes(5));
  expect(reads() - before).toBeLessThanOrEqual(61);
});

test('Teams being away for an hour loses nothing, and the thread is in order when it is back', async () => {
  const thread = await open();
  await stage.approve(bo);
  stage.connector.fail({ fault: { type: 'status', status: 503 } });
  await stage.pass(seconds(30));
  await stage.pass(minutes(60), seconds(30));
  expect(stage.thread(thread)).not.toContain('exit 0)');
  stage.connector.heal();
  await stage.pass(minutes(10), seconds(5));
  const told = stage.thread(thread);
  const order = ['Hashes, ids, rule', '@Ana Analyst LR-', 'exit 0)', '8.1 KB)'].map((words) => told.lastIndexOf(words));
  expect(order.every((at) => at >= 0)).toBe(true);
  expect(told.split('@Ana Analyst LR-')).toHaveLength(2);
});

test('a card that was deleted is posted anew, and is the one that goes on', async () => {
  const thread = await open();
  const card = stage.cardIn(thread);
  stage.connector.deleteMessage(card.id);
  await stage.approve(bo);
  await stage.pass(seconds(30));
  const cards = stage.connector
    .messages(thread)
    .filter((m) => JSON.stringify(m.activity).includes('Hashes, ids, rule'));
  expect(cards.map(({ activity }) => JSON.stringify(activity).includes('Hashes, ids, rule'))).toEqual([true]);
  expect(stage.thread(thread)).toMatch(/(all \d+ commands|the command) ran, in [^;\n]+$/im);
});

test('what was left is resumed after a restart: waiting cards, polling, results', async () => {
  const thread = await open('on srv-db-01 run collect-logs.ps1 because INC-9');
  await stage.restart();
  await stage.approve(bo);
  await stage.pass(seconds(3));
  await stage.restart();
  await stage.pass(seconds(25));
  await stage.restart();
  await stage.pass(minutes(1));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.thread(thread)).toContain('Security.evtx');
});

test('a busy war room stays below the rates of Teams, and every request ends truthfully on its card', async () => {
  stage = await Stage.open({ policy: policyOf({ requesters: [ana, bo, cy] }) });
  const thread = await stage.ask(ana, 'help');
  for (let i = 0; i < 9; i++)
    stage.emulator.addDevice({ machine: { computerDnsName: `war-${i}.contoso.com` }, connectDelayMs: seconds(5) });
  for (let i = 0; i < 9; i++) {
    await stage.reply(ana, thread, `on war-${i} run collect-logs.ps1 because INC-10`);
    await stage.pass(seconds(3));
    await stage.approve(bo);
  }
  await stage.pass(minutes(3), seconds(2));
  const refused = stage.connector.calls.filter((c) => isPost(c)).length;
  expect(refused).toBeGreaterThan(0);
  expect(stage.thread(thread).match(/: the command ran, in /g)?.length).toBeGreaterThanOrEqual(9);
});

test('a result can be shown again by words, where it was asked', async () => {
  const thread = await open();
  await stage.approve(bo);
  await stage.pass(seconds(30));
  await stage.reply(ana, thread, `result ${stage.requestId(thread)} 2`);
  expect(stage.thread(thread)).toContain('result of command 2 of 3');
});

test('a disk that cannot be written loses no result: it is fetched when the disk is well', async () => {
  const thread = await open('on ws-042 run collect-logs.ps1 because INC-11');
  const evidence = join(stage.dir, 'evidence');
  await rm(evidence, { recursive: true, force: true });
  await writeFile(evidence, 'a file where the folder was');
  await stage.approve(bo);
  await stage.pass(minutes(1), seconds(2));
  expect(stage.thread(thread)).not.toContain('Security.evtx');
  await rm(evidence);
  await stage.pass(minutes(5), seconds(5));
  expect(stage.thread(thread)).toContain('Security.evtx');
});
