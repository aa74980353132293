import { minutes } from '../../src/lib/clock';
import { ana, bo, cy, Stage } from './stage';

let stage: Stage;
afterEach(() => stage.close());

const told = (thread: string) => stage.thread(thread).match(/is approved and waits\./g)?.length ?? 0;

test('a pause that holds an approved request for more than five minutes is told in its thread, once', async () => {
  stage = await Stage.open({ installed: [bo, cy] });
  const thread = await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because INC-1');
  await stage.tell(cy, 'pause because INC-1 a script may be tampered with');
  await stage.approve(bo);
  await stage.pass(minutes(4), minutes(1));
  expect(told(thread)).toBe(0);
  await stage.pass(minutes(20), minutes(1));
  expect(told(thread)).toBe(1);
  expect(stage.thread(thread)).toContain('Cy Approver has paused everything. It goes when somebody else resumes.');
});

test('a device that is away is no news: its card says so', async () => {
  stage = await Stage.open();
  stage.emulator.addDevice({ machine: { computerDnsName: 'away-1' }, connectDelayMs: minutes(60) });
  const thread = await stage.ask(ana, 'on away-1 run collect-logs.ps1 because INC-1');
  await stage.approve(bo);
  await stage.pass(minutes(20), minutes(1));
  expect(told(thread)).toBe(0);
});
