import type { Line } from '../../src/thread/line';
import { describeState } from '../../src/thread/state-words';
import { makePause, makeRequests, makeView, place } from './samples';

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
  - 0 of 2 approvals. 3 people may still vote, not the requester.
  - Decide by 3 Mar 2026 12:30 UTC; after that it expires and nothing runs.
awaitingApproval, one vote (accent)
  Waiting for approval
  - 1 of 2 approvals. Missing: one of platform. 2 people may still vote, not the requester.
  - Decide by 3 Mar 2026 12:30 UTC; after that it expires and nothing runs.
awaitingApproval, asked again (accent)
  Waiting for approval
  - 0 of 2 approvals. 3 people may still vote, not the requester.
  - Decide by 3 Mar 2026 12:30 UTC; after that it expires and nothing runs.
awaitingApproval, second list (accent)
  Waiting for approval
  - 0 of 2 approvals. 3 people may still vote, not the requester.
  - Decide by 3 Mar 2026 12:30 UTC; after that it expires and nothing runs.
awaitingApproval, reasons to look twice (accent)
  Waiting for approval
  - 0 of 5 approvals. 3 people may still vote, not the requester.
  - Decide by 3 Mar 2026 12:30 UTC; after that it expires and nothing runs.
awaitingApproval, break-glass (accent)
  Waiting for approval
  - 0 of 1 approval. 2 people may still vote, not the requester.
  - Decide by 3 Mar 2026 12:30 UTC; after that it expires and nothing runs.
queued, break-glass (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it and nothing runs.
queued (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it and nothing runs.
queued, device busy (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - Defender says that the device is busy with another live response, perhaps one from the portal. I try again when it may be free.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it and nothing runs.
queued, rate limited (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - Defender asks me to slow down. I try again when it allows.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it and nothing runs.
queued, sessions full (accent)
  Approved, waiting for a slot
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - Defender has no free live response session in this tenant. I try again when one may be free.
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it and nothing runs.
queued, check failed (accent)
  Approved, waiting: the check before sending failed
  - Approved. It is number 3 of 7 that wait. I expect it to go at about 3 Mar 2026 12:12 UTC.
  - I could not check that device and library are unchanged, so I do not send it. I try again. The check said: defender.unreachable
  - The person with the fewest runs under way goes next, and of their requests the one whose device most others wait for.
  - If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it and nothing runs.
submitting (accent)
  Being sent to Defender
  - Approved. I am sending it now, once; if no clear answer comes back, I look for it instead of sending again.
submitting, cancel asked (accent)
  Being sent to Defender
  - Approved. I am sending it now, once; if no clear answer comes back, I look for it instead of sending again.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. I pass that on as soon as Defender has answered.
  - They wrote: wrong device
unknown (warning)
  Unknown: it may or may not be running
  - Defender gave no clear answer when I sent it. It may or may not be running. I look for it by its id and never send it again while that is open.
  - I look until I am certain, at the earliest at 3 Mar 2026 12:09 UTC.
unknown, told (warning)
  Unknown: it may or may not be running
  - Defender gave no clear answer when I sent it. It may or may not be running. I look for it by its id and never send it again while that is open.
  - I still cannot tell, and look again every 5 minutes. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unknown, vanished (warning)
  Unknown: it may or may not be running
  - Defender had accepted it and no longer lists it. It had reached the device, so it may have acted. I keep looking and never send it again.
  - I look until I am certain, at the earliest at 3 Mar 2026 12:09 UTC.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. I pass that on if I find it.
  - They wrote: wrong device
unknown, a backup was put back (warning)
  Unknown: a backup was put back, and it may have run
  - I cannot tell whether it ran: a backup of my database was put back, and what became of this request since is not in it. It cannot be decided any more. I look for it in Defender by its id and never send it again.
  - I look until I am certain, at the earliest at 3 Mar 2026 12:09 UTC.
unknown, vanished before the device (warning)
  Unknown: it may or may not be running
  - Defender had accepted it and no longer lists it. It may or may not be running. I keep looking and never send it again.
  - I look until I am certain, at the earliest at 3 Mar 2026 12:09 UTC.
pending (accent)
  Waiting for the device
  - Defender has accepted it and has not reached the device yet. If that does not happen by 3 Mar 2026 14:05 UTC, I withdraw it.
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
  - Running on the device since 3 Mar 2026 12:10 UTC. Defender stops a script after 10 minutes.
running, cancel asked (accent)
  Running command 2 of 3
  - Running on the device since 3 Mar 2026 12:10 UTC. Defender stops a script after 10 minutes.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. I have passed that on; commands that ran before it takes effect may have acted.
  - They wrote: wrong device
running, all ended (accent)
  Running: all 3 commands have ended, Defender is closing it
  - Running on the device since 3 Mar 2026 12:10 UTC. Defender stops a script after 10 minutes.
running, one failed (accent)
  Running: command 2 of 3 failed, Defender is closing it
  - Running on the device since 3 Mar 2026 12:10 UTC. Defender stops a script after 10 minutes.
running, odd status (accent)
  Running command 2 of 3
  - Running on the device since 3 Mar 2026 12:10 UTC. Defender stops a script after 10 minutes.
succeeded (good)
  Finished: Defender says it succeeded
  - Ended 3 Mar 2026 12:14 UTC, 8 minutes after it was sent. That is Defender's word for "the commands ran"; read exit codes and output for what they did.
succeeded, no word about commands (good)
  Finished: Defender says it succeeded
  - Ended 3 Mar 2026 12:14 UTC, 8 minutes after it was sent. That is Defender's word for "the commands ran"; read exit codes and output for what they did.
failed (attention)
  Finished: Defender says it failed
  - Ended 3 Mar 2026 12:14 UTC, 8 minutes after it was sent. Commands before the failed one may have acted; those after it did not run. Look at the error, then ask again if needed.
failed, no reason given (attention)
  Finished: Defender says it failed
  - Ended 3 Mar 2026 12:14 UTC, 8 minutes after it was sent. Commands before the failed one may have acted; those after it did not run. Look at the error, then ask again if needed.
timedOut (attention)
  Stopped: Defender's time limit ran out
  - Ended 3 Mar 2026 12:14 UTC. Defender gave up waiting; the commands may have acted on the device before that. Check the device, then ask again if needed.
timed out, cancelled too late (attention)
  Stopped: Defender's time limit ran out
  - Ended 3 Mar 2026 12:14 UTC. Defender gave up waiting; the commands may have acted on the device before that. Check the device, then ask again if needed.
  - Ana asked to cancel it at 3 Mar 2026 12:11 UTC. That came too late: Defender reports this end and no cancellation.
  - They wrote: wrong device
cancelled (warning)
  Cancelled while running: it may have acted
  - Ana asked for it at 3 Mar 2026 12:11 UTC. It had reached the device, so it may have acted. Check what the commands below did.
  - They wrote: wrong device
cancelled before it was sent (emphasis)
  Cancelled before it started
  - Ana asked for it at 3 Mar 2026 12:11 UTC. It never reached Defender, and nothing ran.
  - They wrote: wrong device
cancelled before the device (emphasis)
  Cancelled before it started
  - Ana asked for it at 3 Mar 2026 12:11 UTC. The device had not been reached, and nothing ran.
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
  - It was approved but could not be sent by 3 Mar 2026 14:05 UTC, so it never reached Defender. Nothing ran. Ask again if it is still needed.
lapsed at Defender (warning)
  Withdrawn: the time to start ran out
  - Defender did not reach the device by 3 Mar 2026 14:05 UTC, so I withdrew it there. Nothing ran. Ask again when the device is online.
denied (attention)
  Denied
  - Cy denied it at 3 Mar 2026 12:05 UTC. Nothing ran. Answer the reason, then ask again if it is still needed.
  - They wrote: The ticket names another device
expired (warning)
  Expired: nobody decided in time
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
  - What would run is no longer what the card showed, so I stopped it. Nothing ran. Ask again to have the new version decided.
  - The approval policy is another one now.
  - The library file minidump.ps1 has other content: SHA-256 was 6e212a0db618507c…, is now d0f3e3b0641dbf88….
  - The library file procdump.zip is no longer in the library.
  - The device has another name now.
  - The device has another Entra device id now: it may have been set up anew.
  - The device is in another device group now.
  - The device has other tags now.
  - The requester may no longer ask for this.
  - Bo approved it and may no longer approve it.
  - Defender no longer knows the device.
voided, a backup was put back (warning)
  Void: a backup was put back, and I cannot tell whether it ran
  - A backup of my database was put back, so I cannot tell what became of this since. I looked for it among the device's actions in Defender and found none of it.
  - No approval of it counts any more, and I do not send it. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
refused (attention)
  Refused by Defender
  - Defender did not accept it. Nothing ran. Its code: DisallowedOperation
  - Its words: This device has no automation level assigned to it.
  - The device's group has no remediation level, which live response needs. Ask the Defender administrators to set one, then ask again.
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
If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it and nothing runs.
Approved. I cannot tell when it goes."
`);
});

test('what is approved while it is paused is held by the pause: nobody is told when it goes, or that it is about to', () => {
  const queue = { ...place, waitsFor: 'nothing' } as const;
  const { title, lines } = describeState(makeView(request('queued'), { queue, pause: makePause() }));
  expect([title, ...lines.map(textOf)]).toEqual([
    'Approved, held by the pause',
    'Approved. It is sent when the pause has ended, and not before; its place in the queue is told then.',
    'If it has not reached the device by 3 Mar 2026 14:05 UTC, I withdraw it and nothing runs.',
  ]);
});

test('one command is one command when it has ended', () => {
  const running = request('running, all ended');
  const [first] = running.commands;
  if (running.state !== 'running' || first === undefined) throw new Error('No sample.');
  const one = { ...running, commands: [first], progress: running.progress.slice(0, 1) };
  expect(describeState(makeView(one)).title).toBe('Running: its command has ended, Defender is closing it');
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
  const { title, tone } = describeState(makeView({ ...succeeded, cancel: wished.cancel }));
  expect([title, tone]).toEqual(['Ran to its end: the cancel came too late', 'warning']);
});
