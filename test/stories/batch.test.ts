import { minutes, seconds } from '../../src/lib/clock';
import { ana, bo, policyOf, Stage } from './stage';

let stage: Stage;
afterEach(() => stage.close());

const workstations = { rbacGroupId: 11, rbacGroupName: 'Workstations' };

async function openStage(
  names: readonly string[],
  {
    devices = '{ most: 40 }',
    env = {},
  }: { readonly devices?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  stage = await Stage.open({ policy: policyOf({ rule: [`devices: ${devices}`] }), env });
  for (const name of names)
    stage.emulator.addDevice({
      machine: { computerDnsName: `${name}.contoso.com`, machineTags: ['lab'], ...workstations },
      connectDelayMs: seconds(5),
    });
}

const labs = (size: number): readonly string[] => Array.from({ length: size }, (_, i) => `lab-${i + 1}`);

/** Asks, confirms the list and has Bo approve it; gives the thread. */
async function approveBatch(text: string): Promise<string> {
  const thread = await stage.ask(ana, text);
  const confirm = stage.cardIn(thread, confirmTitle(thread));
  await stage.press(ana, confirm, confirmTitle(thread));
  await stage.approve(bo);
  return thread;
}

const confirmTitle = (thread: string): string => {
  const found = /Ask for these \d+/.exec(stage.thread(thread))?.[0];
  if (found === undefined) throw new Error(`Nothing to confirm in:\n${stage.thread(thread)}`);
  return found;
};

const state = async (thread: string) => {
  const [stored] = await stage.service.store.recentRequests({ conversationId: thread }, 1);
  return stored?.request;
};

const ended = async (thread: string, within = minutes(60)): Promise<void> => {
  for (let ms = 0; ms < within && (await state(thread))?.state !== 'batchEnded'; ms += seconds(10))
    await stage.pass(seconds(10), seconds(5));
};

test('one decision runs one command on six devices: the canary first, each device once, one card and one end', async () => {
  await openStage(labs(6));
  const thread = await approveBatch(`on ${labs(6).join(', ')} run collect-logs.ps1 because INC-7000`);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
  await ended(thread);
  expect(stage.submissions).toHaveLength(6);
  const request = await state(thread);
  expect(request).toMatchObject({ state: 'batchEnded', stopped: null });
  const markers = stage.submissions.map((body) => /\[LR-[^/]+\/\d/.exec(body)?.[0]);
  expect(new Set(markers).size).toBe(6);
  expect(markers[0]).toMatch(new RegExp(`^\\[${request?.id}\\.\\d/1$`));
  await stage.pass(minutes(2));
  expect(stage.thread(thread)).toContain('All 6 ran');
});

test('with one session and stop-at 3 exactly four are sent: the canary and three that fail', async () => {
  await openStage(labs(10), { env: { DEFENDER_SESSIONS: '1' } });
  stage.emulator.addScript({ fileName: 'x.ps1', content: 'x', behaviour: { exitCode: 0 } });
  const thread = await approveBatch(`on ${labs(10).join(', ')} run x.ps1 because INC-7000`);
  for (let s = 0; s < 300 && stage.submissions.length < 2; s++) await stage.pass(seconds(1));
  stage.emulator.addScript({ fileName: 'x.ps1', content: 'x', behaviour: { exitCode: 1 } });
  await ended(thread);
  expect(stage.submissions).toHaveLength(4);
  expect(await state(thread)).toMatchObject({ state: 'batchEnded', stopped: { type: 'failures', count: 3 } });
  await stage.pass(minutes(2));
  expect(stage.thread(thread)).toContain('1 ran, 3 failed, 6 did not');
});

test('a canary that exits 1 stops everything: one device ran, and the thread says so once', async () => {
  await openStage(labs(5));
  stage.emulator.addScript({ fileName: 'x.ps1', content: 'x', behaviour: { exitCode: 1 } });
  const thread = await approveBatch(`on ${labs(5).join(', ')} run x.ps1 because INC-7000`);
  await ended(thread);
  expect(stage.submissions).toHaveLength(1);
  await stage.pass(minutes(2));
  expect(stage.thread(thread).match(/stopped\. the canary lab-\d\.contoso\.com failed/gi)).toHaveLength(1);
});

test('a canary that is off gives its place to the next after 15 minutes, and is withdrawn in Defender', async () => {
  await openStage(labs(4));
  const thread = await stage.ask(ana, `on ${labs(4).join(', ')}\ncanary lab-1\nrun collect-logs.ps1\nbecause INC-7000`);
  stage.emulator.setDevice('lab-1.contoso.com', { offlineUntil: stage.clock.now() + minutes(600) });
  await stage.press(ana, stage.cardIn(thread, 'Ask for these 4'), 'Ask for these 4');
  await stage.approve(bo);
  await stage.pass(minutes(14), seconds(5));
  expect(stage.submissions).toHaveLength(1);
  await ended(thread);
  expect(stage.submissions).toHaveLength(4);
  expect(await state(thread)).toMatchObject({
    stopped: null,
    outcomes: expect.arrayContaining([expect.objectContaining({ outcome: 'lapsed' })]),
  });
  await stage.pass(minutes(2));
  expect(stage.thread(thread)).toContain('3 ran, 1 did not');
  const again = await stage.press(bo, stage.cardIn(thread, 'Ask again: 1 not reached'), 'Ask again: 1 not reached');
  expect(JSON.stringify(again.body)).not.toContain('Nothing to');
  expect(stage.thread(thread)).toContain('Ask for these 1');
});

test('a device that drifted drops out with its reason, and the others run', async () => {
  await openStage(labs(4));
  const thread = await stage.ask(ana, `on ${labs(4).join(', ')} canary lab-1; run collect-logs.ps1 because INC-7000`);
  await stage.press(ana, stage.cardIn(thread, 'Ask for these 4'), 'Ask for these 4');
  stage.emulator.setDevice('lab-3.contoso.com', { machine: { machineTags: ['other'] } });
  await stage.approve(bo);
  await ended(thread);
  expect(stage.submissions).toHaveLength(3);
  await stage.pass(minutes(2));
  expect(stage.thread(thread)).toContain('3 ran, 1 left out');
});

test('a library file that changed in the middle voids the rest', async () => {
  await openStage(labs(6), { env: { DEFENDER_SESSIONS: '1' } });
  stage.emulator.addScript({ fileName: 'x.ps1', content: 'x' });
  const thread = await approveBatch(`on ${labs(6).join(', ')} run x.ps1 because INC-7000`);
  for (let s = 0; s < 300 && stage.submissions.length < 3; s++) await stage.pass(seconds(1));
  stage.emulator.addScript({ fileName: 'x.ps1', content: 'another' });
  await ended(thread);
  expect(stage.submissions).toHaveLength(3);
  expect(await state(thread)).toMatchObject({ stopped: { type: 'changed' } });
});

test('whoever asked cancels what waits, and what runs goes on', async () => {
  await openStage(labs(6), { env: { DEFENDER_SESSIONS: '1' } });
  const thread = await approveBatch(`on ${labs(6).join(', ')} run collect-logs.ps1 because INC-7000`);
  for (let s = 0; s < 300 && stage.submissions.length < 3; s++) await stage.pass(seconds(1));
  const { id } = (await state(thread)) ?? {};
  await stage.click(ana, stage.cardIn(thread, 'Cancel what waits'), 'request.cancel', {
    requestId: id,
    onlyWaiting: true,
    waitingReason: 'we know enough',
  });
  await stage.settle();
  await ended(thread);
  expect(stage.submissions).toHaveLength(3);
  expect(await state(thread)).toMatchObject({ stopped: { type: 'cancelled', all: false } });
});

test('a policy without devices takes no batch, and says what to do', async () => {
  stage = await Stage.open({});
  const thread = await stage.ask(ana, 'on ws-042, ws-043 run collect-logs.ps1 because INC-7000');
  expect(stage.thread(thread)).toContain('allows one device a request');
  expect(stage.thread(thread)).not.toContain('Ask for these');
});

test('more devices than the rule allows are refused with the number', async () => {
  await openStage(labs(5), { devices: '{ most: 4 }' });
  const thread = await stage.ask(ana, 'on tag:lab run collect-logs.ps1 because INC-7000');
  expect(stage.thread(thread)).toContain('That is 5 devices, and rule everything allows 4 under one decision');
  await stage.reply(ana, thread, `on ${labs(5).join(', ')} run collect-logs.ps1 because INC-7000`);
  expect(stage.thread(thread)).not.toContain('Ask for these');
});

test('nobody is asked before the requester confirms the frozen list', async () => {
  await openStage(labs(3));
  const thread = await stage.ask(ana, 'on tag:lab run collect-logs.ps1 because INC-7000');
  expect(stage.thread(thread)).toContain('Tag lab, exactly so, capitals included');
  expect(await state(thread)).toBeUndefined();
  await stage.press(ana, stage.cardIn(thread, 'Ask for these 3'), 'Ask for these 3');
  expect(await state(thread)).toMatchObject({ state: 'awaitingApproval', batch: { canaries: 1, stopAt: 3 } });
});
