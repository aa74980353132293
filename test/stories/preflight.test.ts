import { minutes, seconds } from '../../src/lib/clock';
import { readActivity } from '../fakes/fake-connector';
import { ana, bo, Stage, wordsOf } from './stage';

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const nothingStored = async (): Promise<void> => {
  expect(await stage.service.store.countByState()).toEqual({});
};
const run = (device: string, script = 'collect-logs.ps1'): string => `on ${device} run ${script} because INC-1`;
const anyway = 'Ask for approval anyway';

test('what surely cannot run is refused with its cures all at once, and nobody is asked', async () => {
  stage.emulator.addDevice({ machine: { computerDnsName: 'phone-1.contoso.com', osPlatform: 'iOS' } });
  stage.emulator.addDevice({ machine: { computerDnsName: 'new-1.contoso.com', onboardingStatus: 'CanBeOnboarded' } });
  const phone = await stage.ask(ana, 'on phone-1\nrun nope.ps1\nrun nada.ps1\nbecause INC-1');
  for (const words of ['no agent for iOS', 'has no file "nope.ps1"', 'has no file "nada.ps1"'])
    expect(stage.thread(phone)).toContain(words);
  const fresh = await stage.ask(ana, run('new-1'));
  expect(stage.thread(fresh)).toContain('not onboarded to Defender');
  expect(() => stage.cardFor(bo)).toThrow();
  await nothingStored();
});

test('a group that refused live response is warned of before approvers are bothered, on its other devices too', async () => {
  for (const name of ['kiosk-a', 'kiosk-b'])
    stage.emulator.addDevice({
      machine: { computerDnsName: `${name}.contoso.com`, rbacGroupId: 77, rbacGroupName: 'Kiosks' },
      remediationLevel: false,
    });
  await stage.ask(ana, run('kiosk-a'));
  await stage.approve(bo);
  await stage.pass(seconds(10));
  const thread = await stage.ask(ana, run('kiosk-b'));
  expect(stage.thread(thread)).toContain('refused live response in the device group Kiosks');
  expect(await stage.service.store.countByState()).toEqual({ refused: 1 });
  await stage.press(ana, stage.cardIn(thread, anyway), anyway);
  expect(readActivity(stage.cardFor(bo).activity)).toContain(
    'device group Kiosks, because it has no remediation level',
  );

  stage.emulator.setDevice('kiosk-b.contoso.com', { remediationLevel: true });
  await stage.approve(bo);
  await stage.pass(minutes(1));
  await stage.tell(ana, 'device kiosk-a');
  expect(stage.chat(ana)).toContain('nothing known against it');
});

test('parentheses in arguments are warned of before approvers are asked', async () => {
  const thread = await stage.ask(ana, run('ws-042', 'minidump.ps1 (Get-Date)'));
  expect(stage.thread(thread)).toContain(
    'Command 1 has parentheses in its arguments, and Defender may refuse them: some of its error messages list ( and ) among the characters that it does not allow.',
  );
  expect(() => stage.cardFor(bo)).toThrow();
  await nothingStored();
  await stage.press(ana, stage.cardIn(thread, anyway), anyway);
  expect(readActivity(stage.cardFor(bo).activity)).not.toContain('parentheses');
});

test('arguments against what the library says are asked about first, and the answer makes one request', async () => {
  const thread = await stage.ask(ana, run('ws-042', 'collect-logs.ps1 -Verbose'));
  expect(stage.thread(thread)).toContain('takes none');
  await nothingStored();
  const question = stage.cardIn(thread, anyway);
  await stage.press(ana, question, anyway);
  await stage.press(ana, question, anyway);
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
  expect(readActivity(stage.cardFor(bo).activity)).toContain('takes none');
});

test('what looks wrong for the operating system is asked about first, and the approver is told to look twice', async () => {
  stage.emulator.addDevice({ machine: { computerDnsName: 'linux-1.contoso.com', osPlatform: 'Linux' } });
  const thread = await stage.ask(ana, run('linux-1'));
  expect(stage.thread(thread)).toContain('a script for another operating system than Linux');
  const other = await stage.ask(ana, 'on ws-050\nrun procdump.zip\ngetfile /etc/passwd\nbecause INC-1');
  for (const words of ['by its name is not a script', 'not a path as Windows11 has them'])
    expect(stage.thread(other)).toContain(words);
  await nothingStored();
  await stage.press(ana, stage.cardIn(thread, anyway), anyway);
  const card = readActivity(stage.cardFor(bo).activity);
  expect(card).toContain('Runs a script as root.');
  expect(card).toContain('a script for another operating system than Linux');
});

test('a device that Defender does not find for a moment is still asked for', async () => {
  const thread = await stage.ask(ana, run('ws-042', 'collect-logs.ps1 -Verbose'));
  stage.emulator.fault({ route: 'getMachine', fault: { type: 'notFound' } });
  await stage.press(ana, stage.cardIn(thread, anyway), anyway);
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
  stage.emulator.fault({ route: 'getMachine', fault: { type: 'notFound' } });
  await stage.approve(bo);
  await stage.pass(seconds(10));
  expect(stage.submissions).toHaveLength(1);
});

test('the same wish asked twice is warned of, with the id of the first', async () => {
  const thread = await stage.ask(ana, run('ws-042'));
  const id = stage.requestId(thread);
  await stage.reply(ana, thread, run('ws-042'));
  expect(stage.thread(thread)).toContain(`are asked for already: ${id}`);
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
});

test('a form keeps what was filled in beside each thing to fix', async () => {
  const thread = await stage.ask(ana, 'new ws-042');
  const form = stage.cardIn(thread, 'Ask for approval');
  const filled = { device: 'ws-042', name1: 'a.zip', name2: 'b.ps1', reason: 'INC-1' };
  const told = wordsOf(await stage.press(ana, form, 'Ask for approval', filled));
  expect(told).toContain('has no file \\"a.zip\\"');
  expect(told).toContain('has no file \\"b.ps1\\"');
  await nothingStored();
});

test('a device that is away is no obstacle, and its card says so', async () => {
  await stage.ask(ana, run('lap-117'));
  const card = readActivity(stage.cardFor(bo).activity);
  expect(card).toContain('Look twice: sensor Inactive (may be out of reach).');
  expect(card).toContain('no full report for 9 days');
});

test('the device card shows what is open on it and how it went before', async () => {
  await stage.ask(ana, run('ws-042'));
  await stage.approve(bo);
  await stage.pass(minutes(1));
  await stage.ask(ana, run('ws-042', 'exit-1.ps1'));
  await stage.tell(ana, 'device ws-042');
  const card = stage.chat(ana);
  expect(card).toMatch(
    /asked for already[\s\S]*Open on it now[\s\S]*Waiting for approval[\s\S]*Asked before[\s\S]* ran, in /,
  );
  await stage.press(ana, stage.cardFor(ana, 'Ask for something on this device'), 'Ask for something on this device');
  expect(() => stage.cardFor(ana, 'Ask for approval')).not.toThrow();
});
