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
  await stage.pass(seconds(5));
  await ended(thread, seconds(20));
  expect(await state(thread)).toMatchObject({ state: 'batchRunning' });
});
