import { isPosted } from '../../src/request/telling';
import { requestCard } from '../../src/thread/cards/request-card';
import { endPost } from '../../src/thread/posts/end-post';
import { newsPost } from '../../src/thread/sentences/news';
import { describeRefusal, type Refusal } from '../../src/thread/sentences/refusals';
import { readPost } from './read-card';
import { makeNews, makePause, makeRequests, makeView, noon, person } from './samples';

const requests = makeRequests();
const request = (name: string) => {
  const found = requests[name];
  if (found === undefined) throw new Error(`No sample ${name}.`);
  return found;
};

test('each piece of news is a short reply that stands alone', () => {
  const said = makeNews()
    .filter(isPosted)
    .map((news) => `${news.type}: ${readPost(newsPost(news, makeView(request('failed'))))}`);
  expect(said.join('\n')).toMatchInlineSnapshot(`
"questionAsked: @Ana LR-7F3K: a question for you
Bo asks about ws-042.contoso.com:
Which account does it read?

Press Answer…, or reply here and mention me.
questionAnswered: Bo asked about ws-042.contoso.com:
Which account does it read?
Ana answered:
svc-backup
The request is unchanged. It still waits for a decision on its card.
reminded: LR-7F3K: half of the time to decide has run. Ana asked for 3 commands on ws-042.contoso.com. 2 people have not voted yet. It no longer waits; type status LR-7F3K to see how it stands.
reminded: LR-7F3K: half of the time to decide has run. Ana asked for 3 commands on ws-042.contoso.com. 1 person has not voted yet, and 1 more person is asked now. It no longer waits; type status LR-7F3K to see how it stands.
askedAgain: LR-7F3K must be decided again: what it was asked under has changed, so no vote from before counts, if there was one. Read its card anew and decide on that.
The approval policy is another one now.
Bo approved it and may no longer approve it.
brokeGlass: LR-7F3K: break-glass. Bo used it at 3 Mar 2026 12:04 UTC for incident INC-1042.
It is about ws-042.contoso.com, 3 commands, asked by Ana. One approval is enough now, by Di or Eve; never by the requester.
If it is sent, a review opens: two people who had no part in it must accept or object, and rule workstations allows no other break-glass before that. The owners of the rule are told in their own chats.
They wrote: Ransomware is spreading
stillHeld: LR-7F3K is approved and waits. Defender is full. It goes as soon as there is room. Without that it ends at 14:05 UTC.
cancelRefused: LR-7F3K could not be cancelled; it goes on and I follow it to its end. Defender answered BadRequest.
unclear: LR-7F3K may have run: Defender gave no clear answer when I sent it. I look for it there and send nothing by myself.
unclear: LR-7F3K may have run: Defender accepted it and no longer lists it. I keep looking and send nothing by myself.
unclear: LR-7F3K may have run: my database was restored from a backup, which does not know what became of it. I look for it in Defender and never send it again.
unclear: @Ana LR-7F3K: alarm: other commands
LR-7F3K is not what Defender runs: an action there carries its id and other commands. I do not touch it and never send it again. People who may approve it can cancel it in Defender; look at the action in the Defender portal now.
found: LR-7F3K turned up in Defender. I follow it from here.
foundAnother: @Ana LR-7F3K: a second action turned up
LR-7F3K: a second action of it turned up in Defender. Action a-2, last seen as InProgress.
foundAnother: @Ana LR-7F3K: a second action turned up
LR-7F3K: a second action of it turned up in Defender. Action a-2, last seen as Pending, with other commands than were approved.
notListed: @Ana LR-7F3K: Defender does not list it
LR-7F3K is not listed by Defender. It may still have run. People who may approve it can send it once more, or leave it. Without a decision by 3 Mar 2026 14:05 UTC it is left.
resendVoteCounted: LR-7F3K: Bo wants to send it once more. 1 more approval is needed.
resendApproved: LR-7F3K: Bo and Cy decided to send it once more. I look for it in Defender right before I send it.
cannotTell: LR-7F3K may have run: I could not read Defender's list for 10 minutes. Look for LR-7F3K in the device's action history in the Defender portal before you ask again. I keep trying.
changedDuringRun: LR-7F3K: what was approved is not what is there now, and it may have changed before or while the commands ran. Read the results with that in mind, and look at the library before you rely on them.
The library file minidump.ps1 is no longer in the library."
`);
});

test('every end that the requester did not bring about mentions them, and their own withdrawal does not', () => {
  const mentions = (name: string) => endPost(makeView(request(name))).mention?.name;
  for (const name of ['denied', 'expired', 'voided', 'withdrawn by an approver', 'failed', 'succeeded', 'refused'])
    expect(mentions(name)).toBe('Ana');
  expect(mentions('withdrawn')).toBeUndefined();
});

test('an approved request that is held by a pause promises no time on its card', () => {
  const view = makeView(request('queued'), { pause: makePause() });
  const said = readPost(requestCard(view, { audience: 'thread', token: null }));
  expect(said).toContain('No live response is sent to Defender until somebody else who may approve types resume');
  expect(said).not.toMatch(/I expect it to go|as soon as Defender has room/);
});

test('of what is posted on the way only what asks something of the requester mentions them', () => {
  const mentioned = makeNews()
    .filter(isPosted)
    .map((news) => newsPost(news, makeView(request('failed'))))
    .filter((post) => post.mention !== null);
  expect(mentioned.map(({ mention, text, summary }) => [mention?.name, text, summary])).toMatchInlineSnapshot(`
[
  [
    "Ana",
    "LR-7F3K: a question for you",
    "LR-7F3K: a question for you",
  ],
  [
    "Ana",
    "LR-7F3K: alarm: other commands",
    "LR-7F3K: alarm: other commands",
  ],
  [
    "Ana",
    "LR-7F3K: a second action turned up",
    "LR-7F3K: a second action turned up",
  ],
  [
    "Ana",
    "LR-7F3K: a second action turned up",
    "LR-7F3K: a second action turned up",
  ],
  [
    "Ana",
    "LR-7F3K: Defender does not list it",
    "LR-7F3K: Defender does not list it",
  ],
]
`);
});

test('every refusal says what, why, and what next', () => {
  const refusals: readonly Refusal[] = [
    { type: 'requesterCannotVote' },
    { type: 'notAnApprover' },
    { type: 'alreadyVoted' },
    { type: 'denyNeedsReason' },
    { type: 'withdrawalNeedsReason' },
    { type: 'expired', at: noon },
    { type: 'cardOutdated' },
    { type: 'prunedRequest', id: 'LR-7F3K', endedAt: 0 },
    { type: 'notYourCard' },
    { type: 'wrongConversation' },
    { type: 'requestChanged' },
    { type: 'policyChanged' },
    { type: 'policyOutrun' },
    { type: 'notYours' },
    { type: 'mayNotAsk', requesters: ['analysts', 'ir-leads'] },
    { type: 'noRole' },
    { type: 'noRule' },
    {
      type: 'denied',
      rule: 'no-collection-from-dcs',
      because: 'Files are not collected from tier 0 devices this way.',
    },
    { type: 'reasonPattern', rule: 'workstations', pattern: '^INC-' },
    { type: 'tooFewApprovers', rule: 'workstations', needed: 2, available: 1, missingSeats: [] },
    {
      type: 'tooFewApprovers',
      rule: 'workstations',
      needed: 2,
      available: 2,
      missingSeats: [{ group: 'platform', count: 1 }],
    },
    { type: 'groupUnreadable', group: 'ir-leads' },
    { type: 'uploaderCannotVote', fileName: 'mini\u202edump.ps1' },
    { type: 'doesNotFit' },
    { type: 'unknownRequest', id: 'LR-9ZZZ' },
    { type: 'unknownDevice', query: 'ws-\u202e042' },
    { type: 'unknownDevice', query: 'nothere', isLookUp: true },
    { type: 'ambiguousDevice', query: 'ws', count: 12 },
    { type: 'unknownLibraryFile', fileName: 'minidump', known: ['procdump.zip', 'minidump.ps1', 'mini.ps1'] },
    { type: 'unknownLibraryFile', fileName: 'zzz', known: ['procdump.zip'] },
    { type: 'noResult', id: 'LR-7F3K', number: 2 },
    { type: 'noResult', id: 'LR-7F3K', number: null },
    { type: 'noBreakGlass' },
    { type: 'breakGlassNotYours' },
    { type: 'reviewOpen', rule: 'workstations', ids: ['LR-7F3K', 'LR-8AAA'] },
    { type: 'unknownReview', id: 'LR-9ZZZ' },
    { type: 'reviewNotYours' },
    { type: 'tookPart' },
    { type: 'alreadyReviewed' },
    { type: 'reviewNeedsReason' },
    { type: 'reviewClosed', at: noon },
    { type: 'mayNotPause' },
    { type: 'alreadyPaused', by: person('Cy'), at: noon },
    { type: 'notPaused' },
    { type: 'pausedByYou', at: noon },
    { type: 'unknownAction' },
  ];
  expect(refusals.map((refusal) => `${refusal.type}: ${describeRefusal(refusal)}`).join('\n')).toMatchInlineSnapshot(`
"requesterCannotVote: You opened this request, so someone else must decide it.
notAnApprover: You may not decide this request, because the policy does not name you as one of its approvers. Ask one of them.
alreadyVoted: You have voted on this request already, and a vote counts once. If it should not run after all, type cancel and its id; the other approvers decide the rest.
denyNeedsReason: A denial needs a reason, so that the requester knows what to change. Nothing was counted; write one and deny again.
withdrawalNeedsReason: You did not ask for this, so withdrawing it needs a reason, which the requester and the thread will read. Nothing was changed; write one and withdraw it again, or deny it on your card.
expired: The time to decide ran out at 3 Mar 2026 12:00 UTC, so your vote does not count. Nothing ran; this is not a denial. If it is still needed, it must be asked again.
cardOutdated: This card is no longer valid, so nothing was done. Use the newest card of the request; the word status shows where it stands.
prunedRequest: LR-7F3K ended at 1 Jan 1970 00:00 UTC, longer ago than I keep requests, so its cards and results are gone and nothing was done. The audit still says who asked, who decided and what ran; ask whoever runs this bot.
notYourCard: This card was sent to someone else, so nothing was done. Use the card in your own chat with me.
wrongConversation: This request belongs to another conversation, so nothing was done. Decide it on the card that I posted there or in your own chat with me.
requestChanged: This is not what you were shown: the digest that you decided on is not the one of the request as it is now. Your vote was not counted. Read its newest card and decide on that.
policyChanged: The approval policy has changed since this card was posted, so your vote was not counted. If the new policy still allows the request, it is asked again; decide on its newest card.
policyOutrun: The part of me that you reached has another approval policy than the one in force, so it decides and stores nothing. Try again in a minute; if it stays so, whoever runs me must give all replicas the same policy file.
notYours: You may not cancel this request, because only its requester and its approvers may. Ask one of them.
mayNotAsk: You may not ask for live response, because the policy does not name you as a requester: it names the members of analysts and ir-leads. Nothing was requested. Ask one of them, or whoever keeps the policy.
noRole: I show devices, the library, the queue and the history only to people whom the policy names. Ask whoever keeps the policy to add you.
noRule: Refused: no rule matches, and what no rule matches is refused. Somebody who looks after the policy can add a rule for it.
denied: Refused by rule no-collection-from-dcs: Files are not collected from tier 0 devices this way.
reasonPattern: Refused by rule workstations: the reason must match ^INC-. Ask again with such a reason.
tooFewApprovers: Refused by rule workstations: it asks for 2 approvals, and only 1 could approve (the requester and uploaders of changed files do not count). Somebody else can ask, or more people be added to the rule's groups.
tooFewApprovers: Refused by rule workstations: its groups have too few different people: 1 more of platform would be needed (the requester and uploaders of changed files do not count). Somebody else can ask, or more people be added to the rule's groups.
groupUnreadable: Refused: the members of ir-leads cannot be read at the moment, so nobody counts as one. Try again later.
uploaderCannotVote: You uploaded "mini\\u{202e}dump.ps1", which changed since it was last approved, so someone else must decide about running it. Your vote was not counted.
doesNotFit: This is too long to be shown whole on one card, and nobody should approve what they cannot read. Nothing was requested. Split it into several requests, or shorten the arguments or the reason.
unknownRequest: I know no request "LR-9ZZZ". Check the id on its card, or type status for the open ones.
unknownDevice: Defender knows no device by "ws-\\u{202e}042", so nothing was requested. Try its full name, an address, its id, or tag: and a tag; the word device looks one up.
unknownDevice: Defender knows no device by "nothere". Try its full name, an address, its id, or tag: and a tag; the word device looks one up.
ambiguousDevice: "ws" matches 12 devices, and I never guess. Nothing was requested. Use the full name or the Defender id; the word device shows them.
unknownLibraryFile: The live response library has no file "minidump", so nothing was requested. Did you mean "minidump.ps1" or "mini.ps1"? Type library to see all.
unknownLibraryFile: The live response library has no file "zzz", so nothing was requested. Type library to see what there is.
noResult: LR-7F3K has no result of command 2, or none yet. putfile returns none; others follow here when Defender has ended the request. Type status LR-7F3K to see where it stands.
noResult: LR-7F3K has no result, or none yet. putfile returns none; others follow here when Defender has ended the request. Type status LR-7F3K to see where it stands.
noBreakGlass: The rule of this request allows no break-glass now: either it names nobody for it, or the glass is broken already, or the request no longer waits for approval. It needs the approvals that its card shows.
breakGlassNotYours: You may not use break-glass on this request, because only its requester and its approvers may. Ask one of them.
reviewOpen: Rule workstations allows no other break-glass while the review of the last one is open: LR-7F3K and LR-8AAA. Two people who had no part in it must close it first; the word reviews shows what is missing.
unknownReview: There is no review of a request "LR-9ZZZ". The word reviews shows the open ones.
reviewNotYours: You may not review this break-glass, because the policy does not name you as an owner or approver of its rule. Ask one of them.
tookPart: You had a part in this break-glass, so someone else must review it. Nothing was counted.
alreadyReviewed: You have reviewed this break-glass already, and one person counts once. Somebody else must give the other opinion.
reviewNeedsReason: A review needs a reason, since it is what remains of the break-glass. Nothing was counted. Write: review LR-7F3K accept because <reason>, or object.
reviewClosed: This review was closed at 3 Mar 2026 12:00 UTC, so nothing was added. If something came up since, raise it with the owners of the rule.
mayNotPause: You may not pause or resume, because the policy does not name you as a requester or an approver. Ask one of them.
alreadyPaused: It is paused already: Cy did so at 3 Mar 2026 12:00 UTC. No live response is sent to Defender until somebody else who may approve types resume.
notPaused: Nothing is paused, so there is nothing to resume. Approved requests go as soon as Defender has room.
pausedByYou: You paused at 3 Mar 2026 12:00 UTC, so somebody else who may approve must resume. No live response is sent to Defender before that.
unknownAction: I do not know this button, so nothing was done. The card may be from an older version of me; type help to start anew."
`);
});

test('a late click is told who decided and when, in every state', () => {
  const said = Object.entries(requests).map(
    ([name, r]) => `${name}: ${describeRefusal({ type: 'alreadyDecided', request: r })}`,
  );
  expect(said.join('\n')).toMatchInlineSnapshot(`
"awaitingApproval: LR-7F3K still waits for approval. Use its newest card.
awaitingApproval, one vote: LR-7F3K still waits for approval. Use its newest card.
awaitingApproval, a note and a question: LR-7F3K still waits for approval. Use its newest card.
awaitingApproval, asked again: LR-7F3K still waits for approval. Use its newest card.
awaitingApproval, second list: LR-7F3K still waits for approval. Use its newest card.
awaitingApproval, reasons to look twice: LR-7F3K still waits for approval. Use its newest card.
awaitingApproval, break-glass: LR-7F3K still waits for approval. Use its newest card.
queued, break-glass: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It waits to be sent; type status LR-7F3K to see where it stands.
queued: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It waits to be sent; type status LR-7F3K to see where it stands.
queued, device busy: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It waits to be sent; type status LR-7F3K to see where it stands.
queued, rate limited: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It waits to be sent; type status LR-7F3K to see where it stands.
queued, sessions full: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It waits to be sent; type status LR-7F3K to see where it stands.
queued, check failed: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It waits to be sent; type status LR-7F3K to see where it stands.
submitting: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
submitting, cancel asked: LR-7F3K is being cancelled already: Ana asked at 3 Mar 2026 12:11 UTC. What Defender says decides.
unknown: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
unknown, told: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
unknown, vanished: LR-7F3K is being cancelled already: Ana asked at 3 Mar 2026 12:11 UTC. What Defender says decides.
unknown, the database was restored: LR-7F3K cannot be decided any more: my database was restored from a backup, and it may have run since. I look for it in Defender; type status LR-7F3K to see what I found.
unknown, to be read again: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
unknown, other commands: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
unknown, offered: LR-7F3K may have run; Defender does not list it. Decide on its newest card whether to send it once more.
unknown, one for sending it once more: LR-7F3K may have run; Defender does not list it. Decide on its newest card whether to send it once more.
unconfirmed: LR-7F3K is not decided any more: that ended at 3 Mar 2026 14:05 UTC, and it may have run. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, left: LR-7F3K is not decided any more: that ended at 3 Mar 2026 14:05 UTC, and it may have run. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, cancelled: LR-7F3K is not decided any more: that ended at 3 Mar 2026 14:05 UTC, and it may have run. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, changed: LR-7F3K is not decided any more: that ended at 3 Mar 2026 14:05 UTC, and it may have run. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, refused: LR-7F3K is not decided any more: that ended at 3 Mar 2026 14:05 UTC, and it may have run. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, the database was restored: LR-7F3K is not decided any more: that ended at 3 Mar 2026 14:05 UTC, and it may have run. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, unreadable: LR-7F3K is not decided any more: that ended at 3 Mar 2026 14:05 UTC, and it may have run. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
unconfirmed, other commands: LR-7F3K is not decided any more: that ended at 3 Mar 2026 14:05 UTC, and it may have run. Look for LR-7F3K in the device's action history in the Defender portal before you ask again.
running, twice: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
pending, the other cancelled: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
unknown, vanished before the device: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
pending: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
pending, cancel asked: LR-7F3K is being cancelled already: Ana asked at 3 Mar 2026 12:11 UTC. What Defender says decides.
pending, start clock: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
pending, cancel refused: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
running: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
running, cancel asked: LR-7F3K is being cancelled already: Ana asked at 3 Mar 2026 12:11 UTC. What Defender says decides.
running, all ended: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
running, one failed: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
running, odd status: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see where it stands.
succeeded: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how.
succeeded, no word about commands: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how.
failed: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how.
failed, nobody knows where: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how.
failed, no reason given: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how.
timedOut: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how.
timed out, cancelled too late: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how.
cancelled: LR-7F3K was already cancelled, at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how far it came.
cancelled before it was sent: LR-7F3K was already cancelled, at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how far it came.
cancelled before the device: LR-7F3K was already cancelled, at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how far it came.
cancelled by the clock: LR-7F3K was already cancelled, at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how far it came.
cancelled by a stranger: LR-7F3K was already cancelled, at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how far it came.
cancelled by nobody named: LR-7F3K was already cancelled, at 3 Mar 2026 12:14 UTC; type status LR-7F3K to see how far it came.
lapsed: LR-7F3K was already withdrawn at 3 Mar 2026 14:05 UTC, because its time to start ran out. Nothing ran.
lapsed at Defender: LR-7F3K was already withdrawn at 3 Mar 2026 14:05 UTC, because its time to start ran out. It may have begun: its card says what is known.
denied: LR-7F3K was already denied by Cy at 3 Mar 2026 12:05 UTC. Nothing ran.
expired: LR-7F3K expired at 3 Mar 2026 12:30 UTC: it was not decided in time, which is not a denial. Nothing ran. Ask again if it is still needed.
withdrawn: LR-7F3K was already withdrawn by Ana at 3 Mar 2026 12:02 UTC. Nothing ran.
withdrawn by an approver: LR-7F3K was already withdrawn by Bo at 3 Mar 2026 12:02 UTC. Nothing ran.
voided: LR-7F3K became void at 3 Mar 2026 12:08 UTC, because what was shown had changed. Nothing ran. Ask again to have the new version decided.
refused: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:07 UTC; type status LR-7F3K to see how.
batchRunning: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. Type status LR-7F3K to see how far it is.
batchEnded: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:30 UTC; type status LR-7F3K to see how.
refused, odd code: LR-7F3K was already approved by Bo and Cy at 3 Mar 2026 12:05 UTC. It ended at 3 Mar 2026 12:07 UTC; type status LR-7F3K to see how."
`);
});
