import { setImmediate } from 'node:timers/promises';
import { minutes, seconds } from '../../src/lib/clock';
import type { BotAnswer } from '../fakes/fake-connector';
import { ana, bo, channelId, Stage, seedExample, type TeamsPerson, teamId, wordsOf } from './stage';

let stage: Stage;
let release = (): void => {};
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(async () => {
  release();
  await stage.close();
});

const still = 'I am still checking, because a service that I need is slow; the answer follows here.';
const channel = { scope: 'channel', teamId, channelId, threadId: null } as const;

/** From now on Defender keeps every look at devices and the library, until `release`. */
function slow(): void {
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  for (const route of ['getMachine', 'listMachines', 'findMachinesByIp', 'listLibrary'] as const)
    stage.emulator.fault({
      route,
      times: Number.POSITIVE_INFINITY,
      fault: { type: 'hold', when: 'before', release: held },
    });
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 20_000) throw new Error('It never came to that.');
    await setImmediate();
  }
}

/** Begins it, lets `ms` pass once Defender was asked, and gives what HTTP was answered, or null when nothing was. */
async function after<T>(ms: number, act: () => Promise<T>): Promise<T | null> {
  const before = stage.emulator.journal.length;
  let answered: T | null = null;
  const acting = act().then((answer) => {
    answered = answer;
  });
  await until(() => stage.emulator.journal.length > before);
  stage.clock.advance(ms - 1);
  for (let turn = 0; turn < 50; turn++) await setImmediate();
  expect(answered).toBeNull();
  stage.clock.advance(1);
  await acting;
  return answered;
}

async function released(holds: () => boolean): Promise<void> {
  stage.emulator.clearFaults();
  release();
  for (let turn = 0; turn < 200 && !holds(); turn++) {
    await setImmediate();
    await stage.settle();
  }
  expect(holds()).toBe(true);
}

const invoke = (person: TeamsPerson, name: string, value: unknown): Promise<BotAnswer> =>
  stage.teams.deliver({
    ...stage.teams.build.message(person, { scope: 'personal' }, ''),
    type: 'invoke',
    name,
    value,
  }) as Promise<BotAnswer>;

test('a request while Defender takes 20 s a read is answered within 8 s, and stored once when it could be checked', async () => {
  slow();
  const said = await after(seconds(8), () => stage.teams.say(ana, channel, seedExample));
  expect(said?.status).toBe(200);
  const thread = said?.conversationId ?? '';
  await stage.settle();
  expect(stage.thread(thread)).toContain(still);
  expect(await stage.service.store.countByState()).toEqual({});
  expect(await stage.service.store.fact('answersOwed')).toHaveLength(1);
  await released(() => /LR-(?!7F3K)[A-Z0-9]{4}/.test(stage.thread(thread)));
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
  await stage.pass(minutes(4));
  expect(await stage.service.store.fact('answersOwed')).toEqual([]);
  expect(stage.thread(thread)).not.toContain('I was interrupted');
});

test('a command is answered within 8 s, and what it asked for follows', async () => {
  slow();
  const said = await after(seconds(8), () => stage.teams.say(ana, { scope: 'personal' }, 'device ws-042'));
  expect(said?.status).toBe(200);
  await released(() => stage.chat(ana).includes('ws-042'));
});

test('a form sent from a dialog says within 4 s that the answer follows, and one request comes of it', async () => {
  slow();
  const data = {
    verb: 'form.submit',
    dialog: 'd1',
    device: 'ws-042',
    type1: 'run',
    name1: 'collect-logs.ps1',
    reason: 'INC-7 triage',
  };
  const answer = await after(seconds(4), () => invoke(ana, 'task/submit', { data }));
  expect(wordsOf(answer as BotAnswer)).toContain(still);
  await released(() => stage.chat(ana).includes('LR-'));
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
});

test('a pressed form is answered within 8 s, and what became of it follows in the chat', async () => {
  await stage.tell(ana, 'new');
  const chat = stage.connector.personalConversationId(ana.aadObjectId);
  const form = stage.connector.messages(chat).at(-1)?.id ?? '';
  slow();
  const data = { device: 'ws-042', type1: 'run', name1: 'collect-logs.ps1', reason: 'INC-7 triage' };
  const answer = await after(seconds(8), () => stage.teams.click(ana, form, { verb: 'form.submit', data }));
  expect(wordsOf(answer as BotAnswer)).toContain(still);
  await released(() => stage.chat(ana).includes('Your request is stored'));
  expect(await stage.service.store.countByState()).toEqual({ awaitingApproval: 1 });
});

test('a search while somebody types gives what was typed within 4 s', async () => {
  slow();
  const answer = await after(seconds(4), () =>
    invoke(ana, 'application/search', { dataset: 'devices', queryText: 'ws-04' }),
  );
  expect(wordsOf(answer as BotAnswer)).toContain('ws-04 · as typed');
});

test('a vote does not wait for Defender: it is stored and answered at once', async () => {
  await stage.ask(ana, seedExample);
  slow();
  const card = stage.cardFor(bo);
  const action = stage.action(card, 'Approve');
  const answer = await stage.teams.click(bo, card.id, {
    verb: String(action?.verb),
    data: action?.data as Record<string, unknown>,
  });
  expect(answer.status).toBe(200);
  expect(wordsOf(answer)).not.toContain(still);
  expect(await stage.service.store.countByState()).toEqual({ queued: 1 });
});
