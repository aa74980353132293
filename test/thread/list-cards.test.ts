import { createForm } from '../../src/chat/form';
import { createHelp } from '../../src/chat/help';
import type { Opinion } from '../../src/request/review';
import { chooseDeviceCard } from '../../src/thread/ask/choose-device-card';
import { formCard } from '../../src/thread/ask/form-card';
import { understoodCard } from '../../src/thread/ask/understood-card';
import { devicesCard } from '../../src/thread/cards/device-card';
import { explainCard } from '../../src/thread/cards/explain-card';
import { helpCard } from '../../src/thread/cards/help-card';
import { libraryCard } from '../../src/thread/cards/library-card';
import { queueCard, statusListCard } from '../../src/thread/cards/request-list-card';
import { whoamiCard } from '../../src/thread/cards/whoami-card';
import { pausedPost, resumedPost } from '../../src/thread/posts/pause-post';
import { opinionPost, reviewsCard } from '../../src/thread/posts/review-cards';
import { readPost } from './read-card';
import {
  harmless,
  makeCommands,
  makeDevice,
  makeFile,
  makePause,
  makeRequests,
  makeReview,
  makeView,
  noon,
  person,
} from './samples';

const requests = makeRequests();
const request = (name: string) => {
  const found = requests[name];
  if (found === undefined) throw new Error(`No sample ${name}.`);
  return found;
};
const options = { trial: false, now: noon, page: 1 };

test('a list says of a request of another conversation which it is and how it stands, and no more', () => {
  const view = { ...makeView(request('running')), isElsewhere: true } as const;
  const text = readPost(statusListCard([view], options));
  expect(text).toContain('LR-7F3K · Running command 2 of 3');
  expect(text).toContain('Asked in another conversation. Your own chat with me shows the rest.');
  for (const hidden of [view.request.device.name, 'Ana', '3 commands']) expect(text).not.toContain(hidden);
});

test('lists are short to read', () => {
  const views = ['running', 'queued', 'unknown, told'].map((name) => makeView(request(name)));
  expect(
    [
      queueCard(views, options),
      queueCard([], options),
      statusListCard(views.slice(0, 1), options),
      statusListCard([], options),
    ]
      .map(readPost)
      .join('\n\n'),
  ).toMatchInlineSnapshot(`
"2 requests under way, 1 waiting

Under way
LR-7F3K · Running command 2 of 3
ws-042.contoso.com · 3 commands, asked by Ana at 3 Mar 2026 12:00 UTC.

LR-7F3K · It may have run: looking in Defender
ws-042.contoso.com · 3 commands, asked by Ana at 3 Mar 2026 12:00 UTC.

Waiting, next first
LR-7F3K · Approved, waiting for a slot
ws-042.contoso.com · 3 commands, asked by Ana at 3 Mar 2026 12:00 UTC.
Number 3 of 7 that wait; expected to go at about 3 Mar 2026 12:12 UTC.

No request is waiting or under way
Ask for something with the word on, or open the form with new. Type status and an id to see a request that has ended.

1 open request

LR-7F3K · Running command 2 of 3
ws-042.contoso.com · 3 commands, asked by Ana at 3 Mar 2026 12:00 UTC.

No open requests here
Ask for something with the word on, or open the form with new. Type status and an id to see a request that has ended."
`);
});

test('a device, the library and the person are told as Defender and Teams know them', () => {
  const posts = [
    devicesCard([makeDevice()], { ...options, query: 'ws' }),
    devicesCard([], { ...options, query: 'ws-\u202e1' }),
    libraryCard(
      [makeFile('minidump.ps1'), makeFile('procdump.zip', harmless, { description: null, hasParameters: false })],
      { ...options, query: null },
    ),
    libraryCard([], { ...options, query: 'zzz' }),
    libraryCard([], { ...options, query: null }),
    whoamiCard({ person: person('Ana'), mayAsk: true, mayVote: false, policyVersion: '7b1e0c55' }, options),
    whoamiCard(
      { person: { ...person('Bo'), name: ' ' }, mayAsk: false, mayVote: true, policyVersion: '7b1e0c55' },
      options,
    ),
  ];
  expect(posts.map(readPost).join('\n\n')).toMatchInlineSnapshot(`
"1 device

ws-042.contoso.com
Windows11 · sensor Active · risk Medium · value Normal · address 10.1.2.3
Last full report: 3 Mar 2026 09:58 UTC (2 hours 1 minute before)
Group: Workstations
Tags: floor-3
Defender id 4899036531e374137f63289c3267bad772c13fef
Entra id 22222222-0000-4000-8000-000000000000
(Ask for something on this device)

No such device
Defender knows no device by ws-\\u{202e}1. Try its full name, an address, its id, or tag: and a tag.

2 library files

minidump.ps1
Dumps the memory of a process
Takes arguments: process name
SHA-256 6e21 2a0d b618 507c… by lib-admin, changed 20 Nov 2025 08:00 UTC (103 days ago)

procdump.zip
SHA-256 fa70 b877 3029 0c0d… by lib-admin, changed 20 Nov 2025 08:00 UTC (103 days ago)

No library file found
No library file has a name with zzz in it. Type library to see all.

No library file found
The live response library is empty. Files are uploaded in the Defender portal.

Who you are to this bot
Ana
Object id 00000000-0000-4000-8000-416e61202020
Tenant id 11111111-0000-4000-8000-000000000000
You may ask for live response.
You may not decide about requests; the policy names who may.
Times in your own chat with me look like this: 3 Mar 2026 12:00 UTC. What others read as well is in UTC.
Policy version 7b1e0c55

Who you are to this bot
00000000-0000-4000-8000-426f20202020
Object id 00000000-0000-4000-8000-426f20202020
Tenant id 11111111-0000-4000-8000-000000000000
You may not ask for live response; the policy names who may.
You may decide about other people's requests, never about your own.
Times in your own chat with me look like this: 3 Mar 2026 12:00 UTC. What others read as well is in UTC.
Policy version 7b1e0c55"
`);
});

test('what was not clear is asked, never guessed', () => {
  const draft = { device: 'ws', commands: makeCommands(), reason: 'INC-1042\nsecond line' };
  const posts = [
    chooseDeviceCard(
      draft,
      [
        makeDevice(),
        makeDevice(harmless, { name: 'ws-042.fabrikam.com', machineId: 'da637472900382838869_1364969609' }),
      ],
      options,
    ),
    understoodCard(draft, [{ type: 'respelled', was: '“a”', now: '"a"' }], options),
  ];
  expect(posts.map(readPost).join('\n\n')).toMatchInlineSnapshot(`
"Which device?
ws matches 2 devices. Choose one; nothing was sent yet.

Device 1
ws-042.contoso.com
Windows11 · sensor Active · risk Medium · value Normal · address 10.1.2.3
Last full report: 3 Mar 2026 09:58 UTC (2 hours 1 minute before)
Group: Workstations
Tags: floor-3
Defender id 4899036531e374137f63289c3267bad772c13fef
Entra id 22222222-0000-4000-8000-000000000000
(Device 1)

Device 2
ws-042.fabrikam.com
Windows11 · sensor Active · risk Medium · value Normal · address 10.1.2.3
Last full report: 3 Mar 2026 09:58 UTC (2 hours 1 minute before)
Group: Workstations
Tags: floor-3
Defender id da637472900382838869_1364969609
Entra id 22222222-0000-4000-8000-000000000000
(Device 2)

Is this what you mean?
I read "“a”" as ""a"", because apps replace quotes, dashes, blanks and links while people type. If that is wrong, send it as a code block or use the form (new).
Nothing was sent yet. If it is wrong, send it again.

I understood
on  ws
1. Put file  procdump.zip
2. Run script  minidump.ps1
arguments  OfficeClickToRun
3. Get file  C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because  INC-1042
second line
(Yes, ask for approval)"
`);
});

test('the form and its faults stand together', () => {
  const input = {
    ...createForm('ws-042'),
    rows: [
      { verb: 'putfile' as const, name: 'a/b', args: '' },
      { verb: 'run' as const, name: '', args: '' },
    ],
  };
  const draft = { device: 'ws-042', commands: [], reason: '' };
  const faults = [
    { inputId: 'name1', fault: { type: 'badCommand', fault: { type: 'badName', index: 0, name: 'a/b' }, draft } },
    { inputId: 'reason', fault: { type: 'missingReason', draft } },
  ] as const;
  expect(readPost(formCard(input, faults, options))).toMatchInlineSnapshot(`
"New live response request
I send nothing to Defender before other people have approved exactly this. Leave a command empty if you do not need it.
2 things to fix below. Nothing was requested.

Device: name, address, id, or tag: and a tag: [ws-042]

1. putfile: library file to put on the device: [a/b]
Please fix: "a/b" cannot be the name of a library file. Give the name only, without a folder, not starting with a dot, and without any of \\ / : * ? " < > |; library lists the names.
(Remove 1. putfile)

2. run: library script: []
2. run: arguments (optional): []
(Remove 2. run)

(Add putfile)
(Add run)
(Add getfile)

Reason: approvers decide by it: []
Please fix: The reason is missing, and approvers decide by it. Say in a few words why.
(Ask for approval)
(Preview)"
`);
});

test('help for one word shows its example', () => {
  expect(readPost(helpCard(createHelp('status'), options))).toMatchInlineSnapshot(`
"Live Response help
Tells where one request stands, or all open ones.

status
status [id]
status LR-7F3K
(New request)"
`);
});

test('reviews of break-glass, their opinions, a pause and its end are told in whole sentences', () => {
  const objection = { ...(makeReview().opinions[0] as Opinion), verdict: 'object' } as const;
  const posts = [
    reviewsCard([makeReview(), makeReview(harmless, { opinions: [] })], { ...options, now: noon + 90_000_000 }),
    reviewsCard([], options),
    opinionPost(makeReview(harmless, { opinions: [] }), options),
    opinionPost(makeReview(), options),
    opinionPost(makeReview(harmless, { closedAt: noon }), options),
    opinionPost(makeReview(harmless, { opinions: [...makeReview().opinions, objection], closedAt: noon }), options),
    pausedPost({ ...makePause(), onTheirWay: 0 }, options),
    resumedPost({ pause: makePause(), by: person('Bo'), at: noon + 600_000 }, options),
    explainCard(['1. workstations (line 12) applies: it is for everything.', 'It needs 2 approvals.'], options),
  ];
  expect(posts.map(readPost).join('\n\n')).toMatchInlineSnapshot(`
"2 open reviews
Each needs 2 people who had no part in it. Write review, the id, accept or object, and because with your reason. Until then its rule allows no other break-glass.

LR-7F3K  open for 1 day 1 hour, since 3 Mar 2026 12:00 UTC, incident INC-1042, rule workstations
Cy accepted at 3 Mar 2026 13:00 UTC: It stopped the spread
Why the glass was broken: Ransomware is spreading

LR-7F3K  open for 1 day 1 hour, since 3 Mar 2026 12:00 UTC, incident INC-1042, rule workstations
Why the glass was broken: Ransomware is spreading

No open reviews
No review of a break-glass is open.

LR-7F3K: nobody has reviewed it yet. 2 more people must review it; until then rule workstations allows no other break-glass.

LR-7F3K: Cy accepts the break-glass. One more person must review it; until then rule workstations allows no other break-glass.
They wrote: It stopped the spread

LR-7F3K: Cy accepts the break-glass. The review is closed; rule workstations allows break-glass again.
They wrote: It stopped the spread

LR-7F3K: Cy objects to the break-glass. The review is closed, with an objection for the owners to follow up; rule workstations allows break-glass again.
They wrote: It stopped the spread

Paused. Cy stopped all submissions at 3 Mar 2026 12:02 UTC. No live response is sent to Defender until somebody else who may approve types resume; what Defender has already goes on.
They wrote: Defender misbehaves

Resumed. Bo ended the pause of 3 Mar 2026 12:02 UTC by Cy at 3 Mar 2026 12:10 UTC. Approved requests go again as soon as Defender has room.

What the policy says

1. workstations (line 12) applies: it is for everything.
It needs 2 approvals."
`);
});
