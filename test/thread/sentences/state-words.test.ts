import type { Line } from '../../../src/thread/kit/line';
import { describeState } from '../../../src/thread/sentences/state-words';
import { fileResult, harmless, makePause, makeRequests, makeView, place, scriptResult } from '../samples';

const textOf = (line: Line): string => line.map((run) => run.text).join('');
const requests = makeRequests();
const request = (name: string) => {
  const found = requests[name];
  if (found === undefined) throw new Error(`No sample ${name}.`);
  return found;
};

test('every state says what is, why, and what next, in its own words', () => {
  const said = Object.entries(requests).map(([name, r]) => {
    const { title, tone, lines } = describeState(makeView(r));
    return [`${name} (${tone})`, `  ${title}`, ...lines.map((line) => `  - ${textOf(line)}`)].join('\n');
  });
  expect(said.join('\n')).toMatchInlineSnapshot(`
"awaitingApproval (accent)
  Waiting for approval
  - Needs 2 approvals, has 0 by 12:30 UTC (30 min). Then it expires. LR-7F3K
awaitingApproval, one vote (accent)
  Waiting for approval
  - Needs 2 approvals, has 1 (missing one of platform), by 12:30 UTC (30 min). Then it expires. LR-7F3K
awaitingApproval, a note and a question (accent)
  Waiting for approval
  - Needs 2 approvals, has 1 (missing one of platform), by 12:30 UTC (30 min). Then it expires. LR-7F3K
awaitingApproval, asked again (accent)
  Waiting for approval
  - Needs 2 approvals, has 0 by 12:30 UTC (30 min). Then it expires. LR-7F3K
awaitingApproval, second list (accent)
  Waiting for approval
  - Needs 2 approvals, has 0 by 12:30 UTC (30 min). Then it expires. LR-7F3K
awaitingApproval, reasons to look twice (accent)
  Waiting for approval
  - Needs 5 approvals, has 0 by 12:30 UTC (30 min). Then it expires. LR-7F3K
awaitingApproval, break-glass (accent)
  Waiting for approval
  - Needs 1 approval by 12:30 UTC (30 min). Then it expires. LR-7F3K
queued, break-glass (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it.
queued (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it.
queued, device busy (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - Defender says that the device is busy with another live response. I try again when it may be free.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it.
queued, rate limited (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - Defender asks me to slow down. I try again when it allows.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it.
queued, sessions full (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - Defender has no free live response session in this tenant. I try again when one may be free.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it.
queued, check failed (accent)
  Approved, waiting: the check before sending failed
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - I could not check that device and library are unchanged, so I do not send it. I try again. The check said: defender.unreachable
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it.
submitting (accent)
  Being sent to Defender
  - Approved. I am sending it now, once; if no clear answer comes back, I look for it instead of sending again.
submitting, cancel asked (accent)
  Being sent to Defender
  - Approved. I am sending it now, once; if no clear answer comes back, I look for it instead of sending again.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. I pass that on as soon as Defender has answered.
  - They wrote: wrong device
unknown (warning)
  It may have run: looking in Defender
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC.
  - I look for it by its id. I send nothing by myself.
unknown, told (warning)
  It may have run: looking in Defender
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC.
  - I could not find out yet. I look again every 5 minutes and send nothing by myself.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unknown, vanished (warning)
  It may have run: looking in Defender
  - Defender accepted it and no longer lists it. It had reached the device.
  - I look for it by its id. I send nothing by myself.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. I pass that on if I find it.
  - They wrote: wrong device
unknown, the database was restored (warning)
  It may have run: looking in Defender
  - My database was restored from a backup, which does not know what became of this.
  - I look for it by its id. I send nothing by myself.
unknown, to be read again (warning)
  It may have run: looking in Defender
  - Defender took something at 3 Mar 2026 12:06 UTC, and its answer left out what.
  - I look for it by its id. I send nothing by myself.
unknown, other commands (attention)
  Alarm: Defender has other commands under this id
  - An action in Defender carries this request's id and commands that nobody approved.
  - Action a-9
  - I never send this again. People who may approve it can cancel that action in Defender.
unknown, offered (warning)
  It may have run: Defender does not list it
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC.
  - It can be sent once more, if those who may approve it decide so.
  - Without a decision by 3 Mar 2026 14:05 UTC it is left. I look again every 5 minutes.
unknown, one for sending it once more (warning)
  It may have run: Defender does not list it
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC.
  - It can be sent once more, if those who may approve it decide so.
  - For sending it once more: Bo.
  - Without a decision by 3 Mar 2026 14:05 UTC it is left. I look again every 5 minutes.
unconfirmed (warning)
  Unconfirmed: Defender does not list it
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC. Whether it ran stays open.
  - Sending it once more was not approved by 3 Mar 2026 14:05 UTC.
  - Until 6 Mar 2026 12:06 UTC I look every 30 minutes; if it turns up, I say so here and cancel it if it has not begun.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, left (warning)
  Unconfirmed: Defender does not list it
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC. Whether it ran stays open.
  - Bo left it.
  - They wrote: seen in the portal
  - Until 6 Mar 2026 12:06 UTC I look every 30 minutes; if it turns up, I say so here and cancel it if it has not begun.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, cancelled (warning)
  Unconfirmed: Defender does not list it
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC. Whether it ran stays open.
  - Ana asked to cancel it.
  - They wrote: wrong device
  - Until 6 Mar 2026 12:06 UTC I look every 30 minutes; if it turns up, I say so here and cancel it if it has not begun.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, changed (warning)
  Unconfirmed: Defender does not list it
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC. Whether it ran stays open.
  - It was not sent once more, since something it was approved with has changed. Ask again.
  - The approval policy is another one now.
  - Until 6 Mar 2026 12:06 UTC I look every 30 minutes; if it turns up, I say so here and cancel it if it has not begun.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, refused (warning)
  Unconfirmed: Defender does not list it
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC. Whether it ran stays open.
  - Defender refused to take it once more. Its code: DisallowedOperation
  - Until 6 Mar 2026 12:06 UTC I look every 30 minutes; if it turns up, I say so here and cancel it if it has not begun.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, the database was restored (warning)
  Unconfirmed: the database was restored
  - My database was restored from a backup, which does not know what became of this. Whether it ran stays open.
  - Until 6 Mar 2026 12:06 UTC I look every 30 minutes; if it turns up, I say so here and cancel it if it has not begun.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, unreadable (warning)
  Unconfirmed: I could not read Defender's list
  - Defender gave no clear answer when I sent it at 3 Mar 2026 12:06 UTC. Whether it ran stays open.
  - Until 6 Mar 2026 12:06 UTC I look every 30 minutes; if it turns up, I say so here and cancel it if it has not begun.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, other commands (attention)
  Alarm: Defender had other commands under this id
  - An action in Defender carries this request's id and commands that nobody approved. Whether it ran stays open.
  - Until 6 Mar 2026 12:06 UTC I look every 30 minutes; if it turns up, I say so here and cancel it if it has not begun.
  - Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
  - Action a-9
running, twice (attention)
  Running command 2 of 3
  - It may have run 2 times: 2 actions of this request reached Defender.
  - Action a-2, last seen as InProgress.
  - On the device since 12:10 UTC. Defender stops a script after 10 min.
pending, the other cancelled (accent)
  Waiting for the device
  - 2 actions of this request reached Defender; the other was cancelled.
  - Action a-2, last seen as Cancelled.
  - Defender has accepted it and has not reached the device yet. I withdraw it at 14:05 UTC if that stays so.
unknown, vanished before the device (warning)
  It may have run: looking in Defender
  - Defender accepted it and no longer lists it.
  - I look for it by its id. I send nothing by myself.
pending (accent)
  Waiting for the device
  - Defender has accepted it and has not reached the device yet. I withdraw it at 14:05 UTC if that stays so.
pending, cancel asked (accent)
  Waiting for the device
  - Defender has accepted it and has not reached the device yet.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. I have passed that on; Defender decides whether it is still in time.
  - They wrote: wrong device
pending, start clock (accent)
  Waiting for the device
  - Defender has accepted it and has not reached the device yet.
  - The time to start ran out at 3 Mar 2026 14:05 UTC, so I am withdrawing it. What Defender then says decides.
pending, cancel refused (accent)
  Waiting for the device
  - Defender has accepted it and has not reached the device yet.
  - Defender answered that it cannot be cancelled now; it goes on, and I follow it to its end.
running (accent)
  Running command 2 of 3
  - On the device since 12:10 UTC. Defender stops a script after 10 min.
running, cancel asked (accent)
  Running command 2 of 3
  - On the device since 12:10 UTC. Defender stops a script after 10 min.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. I have passed that on; commands that ran before it takes effect may have acted.
  - They wrote: wrong device
running, all ended (accent)
  All 3 commands have ended, Defender is closing it
  - On the device since 12:10 UTC. Defender stops a script after 10 min.
running, one failed (accent)
  Command 2 of 3 failed, Defender is closing it
  - On the device since 12:10 UTC. Defender stops a script after 10 min.
running, odd status (accent)
  Running command 2 of 3
  - On the device since 12:10 UTC. Defender stops a script after 10 min.
succeeded (accent)
  All 3 commands ran, in 8 min; results to come
  - Defender says that the commands ran. Exit codes and output follow.
succeeded, no word about commands (accent)
  All 3 commands ran, in 8 min; results to come
  - Defender says that the commands ran. Exit codes and output follow.
failed (attention)
  Failed at command 2 of 3
  - Ended 12:14 UTC, after 8 min. That command and those before it may have acted. Read the error before you ask again.
failed, nobody knows where (attention)
  Failed, and Defender does not say where
  - Ended 12:14 UTC, after 8 min. Some commands may have acted. Check the device before you ask again.
failed, no reason given (attention)
  Failed at command 2 of 3
  - Ended 12:14 UTC, after 8 min. That command and those before it may have acted. Read the error before you ask again.
timedOut (attention)
  Stopped: Defender's time limit ran out
  - Ended 12:14 UTC. The commands may have acted before that. Check the device before you ask again.
timed out, cancelled too late (attention)
  Stopped: Defender's time limit ran out
  - Ended 12:14 UTC. The commands may have acted before that. Check the device before you ask again.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. That came too late: Defender reports this end and no cancellation.
  - They wrote: wrong device
cancelled (warning)
  Cancelled while running: it may have acted
  - Ana asked for it at 3 Mar 2026 12:11 UTC. It had reached the device, so it may have acted. Check what the commands below did.
  - They wrote: wrong device
cancelled before it was sent (emphasis)
  Cancelled: Defender had not accepted it
  - Ana asked for it at 3 Mar 2026 12:11 UTC. Defender had not accepted it. Nothing ran.
  - They wrote: wrong device
cancelled before the device (warning)
  Cancelled: it may have begun
  - Ana asked for it at 3 Mar 2026 12:11 UTC. Last known to wait for the device at 3 Mar 2026 12:12 UTC. It may have begun after that: check the device before you ask again.
  - They wrote: wrong device
cancelled by the clock (warning)
  Cancelled while running: it may have acted
  - The time to start ran out at 3 Mar 2026 14:05 UTC. It had reached the device, so it may have acted. Check what the commands below did.
cancelled by a stranger (warning)
  Cancelled while running: it may have acted
  - Somebody outside this bot cancelled it in Defender: someone@contoso.com. It had reached the device, so it may have acted. Check what the commands below did.
cancelled by nobody named (warning)
  Cancelled while running: it may have acted
  - Somebody outside this bot cancelled it in Defender. It had reached the device, so it may have acted. Check what the commands below did.
lapsed (warning)
  Withdrawn: the time to start ran out
  - It was approved, and Defender had not accepted it by 3 Mar 2026 14:05 UTC. Nothing ran. Ask again if it is still needed.
lapsed at Defender (warning)
  Withdrawn: the time to start ran out
  - Not seen on the device by 3 Mar 2026 14:05 UTC, so I withdrew it in Defender. Last known to wait for the device at 3 Mar 2026 14:00 UTC. It may have begun after that: check the device before you ask again.
denied (attention)
  Denied
  - Cy denied it at 3 Mar 2026 12:05 UTC. Nothing ran. Answer the reason, then ask again if it is still needed.
  - They wrote: The ticket names another device
expired (warning)
  Expired: not decided in time
  - The time to decide ran out at 3 Mar 2026 12:30 UTC. Nothing ran; this is not a denial. Ask again if it is still needed.
withdrawn (emphasis)
  Withdrawn before a decision
  - Ana took it back at 3 Mar 2026 12:02 UTC. Nothing ran.
  - They wrote: typo
withdrawn by an approver (emphasis)
  Withdrawn before a decision
  - Bo may approve it and withdrew it at 3 Mar 2026 12:02 UTC. Nothing ran. Answer the reason, then ask again if it is still needed.
  - They wrote: wrong host
voided (warning)
  Void: what was shown has changed
  - What would run is no longer what the card showed, so I did not send it. Nothing ran. Ask again to have the new version decided.
  - The approval policy is another one now.
  - The library file minidump.ps1 has other content: SHA-256 was 6e212a0db618507c…, is now d0f3e3b0641dbf88….
  - The library file procdump.zip is no longer in the library.
  - The device has another name now.
  - The device has another Entra device id now.
  - The device is in another device group now.
  - The device has other tags now.
  - The requester may no longer ask for this.
  - Bo approved it and may no longer approve it.
  - Defender no longer knows the device.
refused (attention)
  Refused by Defender
  - Defender did not accept it. Nothing ran. Its code: DisallowedOperation
  - Its words: This device has no automation level assigned to it.
  - The device's group has no remediation level, which live response needs. Ask the Defender administrators to set one, then ask again.
batchRunning (accent)
  0 of 3 done
  - 3 waiting.
  - 1 canary first; the rest only if that exits 0. Stops at 3 failures.
batchEnded (attention)
  1 ran, 1 failed, 1 did not
  - 1 ran, 1 failed, 1 not sent.
refused, odd code (attention)
  Refused by Defender
  - Defender did not accept it. Nothing ran. Its code: SomethingNew"
`);
});

test('one whose check was too long ago to send says that nothing was sent', () => {
  const late = { ...request('queued'), hold: { type: 'checkFailed', code: 'service.late' } } as const;
  const { title, lines } = describeState(makeView(late, { queue: { ...place, waitsFor: 'defender' } }));
  expect([title, lines.map(textOf)[1]]).toEqual([
    'Approved, waiting to be checked again',
    'Between the check and sending too much time went by, so I sent nothing. I check it again and then send it.',
  ]);
});

test('a request that waits says for what, in which place, and until when', () => {
  const said = (['slot', 'rate', 'device', 'deviceBusy', 'nothing'] as const).map(
    (waitsFor) => describeState(makeView(request('queued'), { queue: { ...place, waitsFor } })).title,
  );
  const unknown = describeState(makeView(request('queued'), { queue: { ...place, expectedAt: null } }));
  expect(
    [
      ...said,
      ...unknown.lines.map(textOf),
      describeState(makeView(request('queued'), { queue: null })).lines.map(textOf)[0],
    ].join('\n'),
  ).toMatchInlineSnapshot(`
"Approved, waiting for a slot
Approved, waiting for the rate limit
Approved, waiting for an earlier request to this device
Approved, waiting for the busy device
Approved, about to be sent
Approved. It is number 3 of 7 that wait. I cannot tell when it goes.
The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it.
Approved. I cannot tell when it goes."
`);
});

test('what is approved while it is paused is held by the pause: nobody is told when it goes, or that it is about to', () => {
  const queue = { ...place, waitsFor: 'nothing' } as const;
  const { title, lines } = describeState(makeView(request('queued'), { queue, pause: makePause() }));
  expect([title, ...lines.map(textOf)]).toEqual([
    'Approved, held by the pause',
    'Approved. It is sent when the pause has ended, and not before; its place in the queue is told then.',
    'If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it.',
  ]);
});

test('one command is one command when it has ended', () => {
  const running = request('running, all ended');
  const [first] = running.commands;
  if (running.state !== 'running' || first === undefined) throw new Error('No sample.');
  const one = { ...running, commands: [first], progress: running.progress.slice(0, 1) };
  expect(describeState(makeView(one)).title).toBe('The command has ended, Defender is closing it');
});

test('no two states have the same title, so that none is taken for another (T-22)', () => {
  const finals = [
    'awaitingApproval',
    'queued',
    'submitting',
    'unknown',
    'pending',
    'running',
    'succeeded',
    'failed',
    'timedOut',
    'cancelled',
    'cancelled before the device',
    'lapsed',
    'denied',
    'expired',
    'withdrawn',
    'voided',
    'refused',
  ];
  const titles = finals.map((name) => describeState(makeView(request(name))).title);
  expect(new Set(titles).size).toBe(titles.length);
});

test('an end that somebody had asked to cancel is told in amber, not in green', () => {
  const [succeeded, wished] = [request('succeeded'), request('running, cancel asked')];
  if (succeeded.state !== 'succeeded' || wished.state !== 'running' || wished.cancel === null)
    throw new Error('No sample.');
  const { title, tone } = describeState(
    makeView(
      { ...succeeded, cancel: wished.cancel },
      { results: [scriptResult(harmless, { index: 1 }), fileResult(harmless, { index: 2 })] },
    ),
  );
  expect([title, tone]).toEqual(['Ran to its end: the cancel came too late', 'warning']);
});
