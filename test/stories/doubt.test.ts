import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hours, minutes, seconds } from '../../src/lib/clock';
import type { Fault } from '../../trial/defender/emulator';
import { anyEngine } from '../postgres/test-store';
import { ana, bo, cy, dee, policyOf, Stage, type StageOptions, seedExample, wordsOf } from './stage';

let stage: Stage;
const open = async (options: StageOptions = {}): Promise<void> => {
  stage = await Stage.open(options);
};
afterEach(() => stage.close());

/** What Defender truly took of ours, seen from its side. */
const taken = (): number => stage.emulator.actions.filter(({ comment }) => comment?.startsWith('[LR-')).length;
const strike = (fault: Fault, route: 'runLiveResponse' | 'listActions' = 'runLiveResponse', times = 1): void =>
  stage.emulator.fault({ route, fault, times });
const lost: Fault = { type: 'dropBefore' };
const hidden = (ms: number, answered = false): Fault => ({ type: 'hiddenAction', hiddenMs: ms, answered });

/** Asked by Ana, approved by Bo, and the answer to its POST was this. */
async function asked(fault: Fault, options: StageOptions = {}): Promise<string> {
  await open(options);
  const thread = await stage.ask(ana, seedExample);
  strike(fault);
  await stage.approve(bo);
  return thread;
}

describe('an answer that is lost or unclear sends nothing again by itself', () => {
  test.each<[string, Fault]>([
    ['is lost after Defender took it', { type: 'dropAfter' }],
    ['is a 500 after Defender took it', { type: 'errorAfter' }],
    ['is a gateway error after Defender took it', { type: 'gatewayError', status: 504, arrived: true }],
    ['is cut in its middle', { type: 'malformed' }],
    ["is about somebody else's action", { type: 'foreignAction', differsBy: 'both', ownExists: true }],
  ])('when the answer %s, it is found and followed', async (_name, fault) => {
    const thread = await asked(fault, { emulator: { hiddenMs: minutes(2) } });
    expect(stage.thread(thread)).toContain('may have run: Defender gave no clear answer');
    await stage.pass(minutes(6), seconds(5));
    expect(stage.submissions).toHaveLength(1);
    expect(taken()).toBe(1);
    expect(stage.thread(thread)).toContain('turned up in Defender');
    expect(stage.thread(thread)).toMatch(/(all \d commands|the command) ran, in [^;\n]+$/im);
  });

  test.each<[string, Fault]>([
    ['is lost before Defender took it', lost],
    ['is a 500 before Defender took it', { type: 'errorBefore' }],
    ['is a gateway error', { type: 'gatewayError', status: 502, arrived: false }],
    ["is about somebody else's action", { type: 'foreignAction', differsBy: 'comment', ownExists: false }],
  ])('when the answer %s and Defender lists nothing of it, people are asked', async (_name, fault) => {
    const thread = await asked(fault);
    await stage.pass(minutes(6), seconds(10));
    expect(stage.submissions).toHaveLength(1);
    expect(stage.thread(thread)).toContain('it may have run: Defender does not list it');
    expect(stage.action(stage.cardFor(bo, 'Send it once more'), 'Leave it…')).toBeNull();
    expect(stage.thread(thread)).not.toMatch(/never arrived|certain|nothing ran/i);
    await stage.pass(hours(2), minutes(2));
    expect(stage.submissions).toHaveLength(1);
    expect(stage.thread(thread)).toContain('unconfirmed: Defender does not list it');
  });

  test('an action hidden for longer than the settle time runs once, whatever a busy device says meanwhile', async () => {
    const thread = await asked(hidden(minutes(3.5)));
    await stage.pass(minutes(20), seconds(10));
    expect(stage.submissions).toHaveLength(1);
    expect(stage.thread(thread)).toContain('turned up in Defender');
    expect(taken()).toBe(1);
  });

  anyEngine.each([minutes(2.5), minutes(-4), minutes(4), minutes(10)])(
    'with our clock %i ms ahead of Defender’s it runs once',
    async (aheadMs) => {
      const thread = await asked(hidden(minutes(2)), { defenderBehindMs: aheadMs });
      await stage.pass(minutes(15), seconds(10));
      expect(stage.submissions).toHaveLength(1);
      expect(stage.thread(thread)).toContain('turned up in Defender');
    },
  );

  anyEngine(
    'a list that cannot be read proves nothing: nothing is offered, and the thread says what could not be read',
    async () => {
      await open();
      const thread = await stage.ask(ana, seedExample);
      strike(lost);
      strike({ type: 'errorBefore' }, 'listActions', Number.POSITIVE_INFINITY);
      await stage.approve(bo);
      await stage.pass(minutes(30), seconds(20));
      expect(stage.submissions).toHaveLength(1);
      expect(stage.thread(thread)).toContain("I could not read Defender's list");
      expect(() => stage.cardFor(bo, 'Send it once more')).toThrow();
      stage.emulator.clearFaults();
      await stage.pass(minutes(10), seconds(20));
      expect(stage.action(stage.cardFor(bo, 'Send it once more'), 'Send it once more')).not.toBeNull();
    },
  );

  anyEngine('our marker over other commands is an alarm that only those who may approve can touch', async () => {
    const thread = await asked({ type: 'foreignAction', differsBy: 'commands', ownExists: false });
    expect(stage.thread(thread)).toContain('alarm: Defender has other commands under this id');
    await stage.pass(minutes(3), seconds(20));
    expect(stage.submissions).toHaveLength(1);
    const id = stage.requestId(thread);
    await stage.reply(ana, thread, `cancel ${id} because not mine`);
    expect(stage.emulator.journal.filter((e) => e.route === 'cancelAction')).toEqual([]);
  });
});

describe('sending it once more', () => {
  const offered = async (options: StageOptions = {}, fault: Fault = lost): Promise<string> => {
    const thread = await asked(fault, options);
    await stage.pass(minutes(6), seconds(10));
    return thread;
  };
  const again = (who = bo) => stage.press(who, stage.cardFor(who, 'Send it once more'), 'Send it once more');

  test('is a second decision: one more POST under its own marker, followed to its end', async () => {
    const thread = await offered();
    await again();
    await stage.pass(minutes(5), seconds(5));
    expect(stage.submissions).toHaveLength(2);
    expect(stage.submissions.map((body) => /\[LR-\w+\/(\d)\//.exec(body)?.[1])).toEqual(['1', '2']);
    expect(stage.thread(thread)).toContain('decided to send it once more');
    expect(stage.thread(thread)).toMatch(/(all \d commands|the command) ran, in [^;\n]+$/im);
  });

  test('needs the whole bar anew', async () => {
    await open({ policy: policyOf({ approvals: 2 }) });
    await stage.ask(ana, seedExample);
    strike(lost);
    await stage.approve(bo);
    await stage.approve(cy);
    await stage.pass(minutes(6), seconds(10));
    const answer = await again(bo);
    expect(wordsOf(answer)).toContain('needs more people');
    await stage.pass(minutes(1));
    expect(stage.submissions).toHaveLength(1);
    await again(cy);
    await stage.pass(minutes(1));
    expect(stage.submissions).toHaveLength(2);
  });

  anyEngine('is not decided by the requester or by a stranger', async () => {
    const thread = await offered();
    const inThread = stage.cardIn(thread, 'Send it once more');
    for (const who of [ana, dee]) await stage.press(who, inThread, 'Send it once more');
    await stage.pass(minutes(1));
    expect(stage.submissions).toHaveLength(1);
  });

  anyEngine('is decided only on a card that offers it', async () => {
    await open();
    const thread = await stage.ask(ana, seedExample);
    const approval = stage.action(stage.cardFor(bo), 'Approve')?.data;
    const card = stage.cardFor(bo);
    strike(lost);
    await stage.approve(bo);
    await stage.pass(minutes(6), seconds(10));
    await stage.teams.click(bo, card.id, { verb: 'vote.sendOnceMore', data: approval });
    const offer = stage.action(stage.cardIn(thread, 'Send it once more'), 'Send it once more')?.data;
    await stage.teams.click(bo, stage.cardIn(thread, 'Send it once more').id, { verb: 'vote.approve', data: offer });
    await stage.pass(minutes(1));
    expect(stage.submissions).toHaveLength(1);
  });

  anyEngine('is not decided under another policy than the one it was approved under', async () => {
    const thread = await offered();
    const card = stage.cardFor(bo, 'Send it once more');
    const data = stage.action(card, 'Send it once more')?.data;
    await writeFile(join(stage.dir, 'policy.yaml'), policyOf({ decideBy: '20m' }));
    await stage.pass(minutes(1), seconds(5));
    const answer = await stage.teams.click(bo, card.id, { verb: 'vote.sendOnceMore', data });
    await stage.pass(minutes(1));
    expect(wordsOf(answer)).toContain('The approval policy has changed');
    expect(stage.submissions).toHaveLength(1);
    expect(stage.thread(thread)).toContain('it may have run');
  });

  anyEngine('is not decided while paused', async () => {
    const thread = await offered();
    const card = stage.cardFor(bo, 'Send it once more');
    const data = stage.action(card, 'Send it once more')?.data;
    await stage.reply(cy, thread, 'pause because Defender misbehaves');
    expect(() => stage.cardFor(bo, 'Send it once more')).toThrow();
    const answer = await stage.teams.click(bo, card.id, { verb: 'vote.sendOnceMore', data });
    await stage.pass(minutes(1));
    expect(wordsOf(answer)).toContain('Sending is paused');
    expect(stage.submissions).toHaveLength(1);
  });

  test('what turns up before the second POST is followed, and nothing is sent', async () => {
    const thread = await offered({}, hidden(minutes(7)));
    await stage.pass(seconds(70), seconds(10));
    await again();
    await stage.pass(minutes(5), seconds(5));
    expect(stage.submissions).toHaveLength(1);
    expect(stage.thread(thread)).toContain('turned up in Defender');
  });

  anyEngine('a script that changed meanwhile is not run: it ends unconfirmed and can be asked again', async () => {
    const thread = await offered();
    stage.emulator.addScript({ fileName: 'minidump.ps1', content: 'Remove-Item C:\\ -Recurse' });
    await again();
    await stage.pass(minutes(2), seconds(5));
    expect(stage.submissions).toHaveLength(1);
    expect(stage.thread(thread)).toContain('something it was approved with has changed');
    await stage.press(ana, stage.cardIn(thread, 'Ask again…'), 'Ask again…');
    const form = JSON.stringify(stage.cardIn(thread, 'Ask for approval').activity);
    expect(form).toContain('minidump.ps1');
    expect(form).toContain('may still run. Look for LR-');
  });

  test('when both ran, the card says so in red and nobody is told of a bypass', async () => {
    const thread = await offered({}, hidden(minutes(12)));
    await again();
    await stage.pass(minutes(60), seconds(20));
    expect(stage.submissions).toHaveLength(2);
    expect(taken()).toBe(2);
    expect(stage.thread(thread)).toContain('a second action of it turned up');
    expect(stage.thread(thread)).toContain('It may have run 2 times');
    expect(stage.chat(bo)).not.toContain('bypass');
  });

  anyEngine('one Leave it… ends the offer, and what turns up later is told, cancelled and followed', async () => {
    await open();
    const thread = await stage.ask(ana, seedExample.replace('ws-042', 'lap-117'));
    strike(hidden(minutes(40)));
    await stage.approve(bo);
    await stage.pass(minutes(6), seconds(10));
    await stage.press(cy, stage.cardFor(cy, 'Leave it'), 'Leave it', { reason: 'seen in the portal' });
    expect(stage.thread(thread)).toContain('unconfirmed: Defender does not list it');
    await stage.pass(hours(2), minutes(1));
    expect(stage.submissions).toHaveLength(1);
    expect(stage.emulator.actions[0]?.status).toBe('Cancelled');
    expect(stage.thread(thread)).toContain('turned up in Defender');
  });
});
