import { hours, minutes } from '../../src/lib/clock';
import type { Log } from '../../src/lib/log';
import { doubtUnsent } from '../../src/store/offline/restored';
import { anyEngine, testStore } from '../postgres/test-store';
import { ana, bo, channelId, cy, policyOf, Stage, teamId } from './stage';

const request = 'on ws-042\nrun minidump.ps1 OfficeClickToRun\nbecause INC-1042 triage';
const script = (name: string) => ({ type: 'RunScript', params: [{ key: 'ScriptName', value: name }] }) as const;

class Ears implements Log {
  readonly errors: string[] = [];
  info(): void {}
  warn(): void {}
  error(_fields: Record<string, unknown>, message: string): void {
    this.errors.push(message);
  }
}

let stage: Stage;
let ears: Ears;
beforeEach(async () => {
  ears = new Ears();
  stage = await Stage.open({ policy: policyOf(), log: ears });
});
afterEach(() => stage.close());

/** A request that runs to its end: from then on it is known what Defender calls us. */
async function runOnce(): Promise<string> {
  const thread = await stage.ask(ana, request);
  await stage.approve(bo);
  await stage.pass(minutes(12), 5_000);
  const [action] = stage.emulator.actions;
  if (action === undefined) throw new Error('Nothing ran');
  expect(stage.thread(thread)).toContain('LR-');
  return action.requestor;
}

const look = () => stage.pass(minutes(12), 30_000);
const alarms = async (of = stage) =>
  (await of.service.store.auditRows({ limit: 1_000 })).filter(({ what }) => what === 'bypass');

anyEngine(
  'a live response of our identity that nobody approved here is told to approvers, once, with what ran',
  async () => {
    const requestor = await runOnce();
    stage.emulator.addForeignAction({
      requestor,
      machineId: 'ws-042.contoso.com',
      comment: 'routine\u202e [x](http://evil)',
      status: 'Succeeded',
      commands: [script('backdoor.ps1')],
    });
    stage.emulator.addForeignAction({ requestor: 'SOAR', machineId: 'ws-042.contoso.com', status: 'Succeeded' });
    await look();
    await look();
    expect(await alarms()).toHaveLength(1);
    expect((await alarms())[0]?.detail).toMatchObject({
      kind: 'noMarker',
      commands: ['RunScript backdoor.ps1'],
    });
    for (const person of [bo, cy]) {
      const told = stage.chat(person);
      expect(told.match(/no approval here accounts for/g)).toHaveLength(1);
      expect(told).toMatch(
        /Defender lists 1 live response by the identity of this bot that no approval here accounts for\./,
      );
      expect(told).toContain('RunScript backdoor.ps1');
      expect(told).toContain('routine\\u{202e} [x](http://evil)');
      expect(told).toMatch(/Look at the sign-ins of its app in Entra/);
    }
    expect(ears.errors.filter((message) => /no entry in the journal/.test(message))).toHaveLength(1);
    const metrics = await (await fetch(`http://127.0.0.1:${stage.service.port}/metrics`)).text();
    expect(metrics).toContain('live_response_bypass_alarms 1');
  },
);

anyEngine('a copied marker, of ours or of another installation, does not hide it', async () => {
  const requestor = await runOnce();
  const [own] = stage.emulator.actions;
  for (const comment of [own?.comment ?? '', '[LR-ZZZZ/1/000000000000] asked by somebody'])
    stage.emulator.addForeignAction({ requestor, machineId: 'ws-042.contoso.com', comment, status: 'Succeeded' });
  await look();
  expect((await alarms()).map(({ detail }) => detail.kind).sort()).toEqual(['otherAction', 'unknownRequest']);
  expect(stage.chat(bo)).toContain('of another installation that shares the app registration');
});

anyEngine('nobody makes us take their name for ours by copying a marker', async () => {
  await runOnce();
  const [own] = stage.emulator.actions;
  const comment = own?.comment ?? '';
  stage.emulator.addForeignAction({
    requestor: 'mallory@contoso.com',
    machineId: 'ws-042.contoso.com',
    comment,
    status: 'Succeeded',
  });
  await look();
  stage.emulator.addForeignAction({
    requestor: 'mallory@contoso.com',
    machineId: 'ws-042.contoso.com',
    status: 'Succeeded',
  });
  await look();
  expect(await alarms()).toEqual([]);
});

anyEngine('what we sent ourselves raises no alarm, hidden, unclear or ended long ago', async () => {
  await runOnce();
  stage.emulator.fault({ route: 'runLiveResponse', fault: { type: 'dropAfter' } });
  await stage.ask(ana, request);
  await stage.approve(bo);
  await stage.pass(minutes(20), 10_000);
  await stage.pass(hours(2), minutes(1));
  expect(await alarms()).toEqual([]);
});

test('after a backup was restored, what ran before it is not judged, and what runs after it is', async () => {
  const requestor = await runOnce();
  stage.emulator.addForeignAction({ requestor, machineId: 'ws-042.contoso.com', status: 'Succeeded' });
  stage.clock.advance(minutes(1));
  await stage.service.store.transact((tx) => doubtUnsent(tx, null, stage.clock.now()));
  await look();
  expect(await alarms()).toEqual([]);
  stage.emulator.addForeignAction({ requestor, machineId: 'ws-042.contoso.com', status: 'Succeeded' });
  await look();
  expect(await alarms()).toHaveLength(1);
});

anyEngine(
  'it is told in the conversation of the audit anchor as well, and a list that cannot be read is read again',
  async () => {
    await stage.close();
    const first = await Stage.open();
    const thread = await first.ask(ana, 'help');
    await first.close();
    stage = await Stage.open({ log: ears, env: { AUDIT_ANCHOR_CONVERSATION: thread } });
    await stage.teams.say(
      ana,
      { scope: 'channel', teamId, channelId, threadId: thread.split('messageid=')[1] ?? null },
      'help',
    );
    await stage.settle();
    const requestor = await runOnce();
    stage.emulator.addForeignAction({ requestor, machineId: 'ws-042.contoso.com', status: 'Succeeded' });
    stage.emulator.fault({ route: 'listActions', fault: { type: 'errorBefore' }, times: 5 });
    await stage.pass(minutes(30), 30_000);
    expect(await alarms()).toHaveLength(1);
    expect(stage.thread(thread)).toContain('no approval here accounts for');
  },
);

// SQLite takes one service a file.
if (testStore === 'postgres')
  test('two replicas tell it once', async () => {
    const requestor = await runOnce();
    await stage.addReplica();
    stage.emulator.addForeignAction({ requestor, machineId: 'ws-042.contoso.com', status: 'Succeeded' });
    await look();
    expect(await alarms()).toHaveLength(1);
    expect(stage.chat(bo).match(/no approval here accounts for/g)).toHaveLength(1);
  });
