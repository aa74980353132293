import { isFinal } from '../../src/request/request';
import { requestCard } from '../../src/thread/cards/request-card';
import type { Line } from '../../src/thread/kit/line';
import type { RequestView } from '../../src/thread/kit/view';
import { resultPost } from '../../src/thread/posts/result-post';
import { describeDemand } from '../../src/thread/sentences/bar-lines';
import { weighRisk } from '../../src/thread/sentences/risk';
import { nodesOf, readPost, runsOf } from './read-card';
import { fileResult, harmless, makeDevice, makeFile, makePause, makeRequests, makeView, scriptResult } from './samples';

const textOf = (line: Line): string => line.map((run) => run.text).join('');
const requests = makeRequests();
const request = (name: string) => {
  const found = requests[name];
  if (found === undefined) throw new Error(`No sample ${name}.`);
  return found;
};

test('the bot says first what an approver should look at twice (T-17)', () => {
  const risky = makeRequests(harmless, {
    device: makeDevice(harmless, {
      osPlatform: 'WindowsServer2022',
      deviceValue: 'High',
      tags: ['Tier0', 'floor-3', 'Domain Controllers'],
      groupName: 'PROD-EU',
      healthStatus: 'Inactive',
      riskScore: 'High',
    }),
    library: [
      makeFile('minidump.ps1', harmless, { lastUpdatedTime: '2026-03-03T09:00:00Z' }),
      makeFile('procdump.zip'),
    ],
  }).awaitingApproval;
  expect(
    weighRisk(risky as never)
      .lines.map(textOf)
      .join('\n'),
  ).toMatchInlineSnapshot(`
"Look twice: a server, high value in Defender, tagged Tier0 and Domain Controllers, in group PROD-EU and sensor Inactive (may be out of reach).
Runs a script as SYSTEM, puts 1 file on the device and takes 1 file off it.
minidump.ps1 changed 3 hours before this was asked."
`);
  expect(weighRisk(request('awaitingApproval'))).toMatchObject({ level: 'usual' });
});

test('a device that Defender holds to be at high risk is not called usual without that', () => {
  const { device, ...rest } = request('awaitingApproval');
  const told = (riskScore: string) =>
    weighRisk({ ...rest, device: { ...device, riskScore } } as never)
      .lines.map(textOf)
      .join(' ');
  expect(told('High')).toContain('Nothing unusual except its high risk.');
  expect(told('Low')).toContain('Nothing unusual found.');
});

test.each(['dc', 'DC01', 'tier-0', 'Tier 0', 'domain-controller', 'prod'])(
  'a device tagged %s calls for care',
  (tag) => {
    const { awaitingApproval } = makeRequests(harmless, { device: makeDevice(harmless, { tags: [tag] }) });
    expect(weighRisk(awaitingApproval as never).level).toBe('high');
  },
);

test.each(['floor-3', 'product-team', 'vipers', 'dcom'])('a device tagged %s does not', (tag) => {
  const { awaitingApproval } = makeRequests(harmless, { device: makeDevice(harmless, { tags: [tag] }) });
  expect(weighRisk(awaitingApproval as never).level).toBe('usual');
});

test('the approval card shows everything that an approver decides about, the risk first and the reason last', () => {
  expect(
    readPost(
      requestCard(makeView(request('awaitingApproval, one vote'), { trial: true }), {
        audience: 'approver',
        token: 't',
      }),
    ),
  ).toMatchInlineSnapshot(`
"Local trial: Defender is simulated, nobody is signed in, and no real device is touched.

Approve 3 commands on ws-042?
Needs 2 approvals, has 1 (missing one of platform), by 12:30 UTC (30 min). Then it expires. LR-7F3K

Runs a script as SYSTEM, puts 1 file on the device and takes 1 file off it. Nothing unusual found.

ws-042.contoso.com
Windows11 · Workstations · risk Medium · seen 2 h before asking

1 put procdump.zip
2 run minidump.ps1 OfficeClickToRun
3 get C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
Files unchanged for 103 days.

Ana, 12:00 UTC, wrote: INC-1042 credential theft triage
(Hashes, rule, note ▾)
  │ Request LR-7F3K, asked at 3 Mar 2026 12:00 UTC
  │ procdump.zip, by lib-admin, 20 Nov 2025 08:00 UTC (103 days before it was asked)
  │ SHA-256 fa70b87730290c0d30fe255d1dfb65de82f96286ebfeeb1d88ed3cc831329825
  │ minidump.ps1, by lib-admin, 20 Nov 2025 08:00 UTC (103 days before it was asked)
  │ SHA-256 6e212a0db618507c44e4ec8ee7499dfef7e5767e5f8d31144df3b96fd1145caf
  │ sensor Active · value Normal · address 10.1.2.3
  │ Last full report: 3 Mar 2026 09:58 UTC (2 hours 1 minute before)
  │ Group: Workstations
  │ Tags: floor-3
  │ Defender id 4899036531e374137f63289c3267bad772c13fef
  │ Entra id 22222222-0000-4000-8000-000000000000
  │ Rule workstations asks for 2 approvals: one of ir-leads and one of platform, by different people.
  │ May still vote: Cy and Di.
  │ Bo approved at 3 Mar 2026 12:03 UTC.
  │ Once approved it must reach the device within 2 hours, or I withdraw it.
  │ Digest 3f9a21c0ab12d4e56f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6
  │ The digest covers everything on this card, and the policy 7b1e0c55. If any of it changes, approvals are void.
  │ Note with your approval (optional): []
(Approve)
(Deny…)
(Ask…)"
`);
});

test('after a failed command the live card does not say that the next one is at work', () => {
  const post = requestCard(makeView(request('running, one failed')), { audience: 'thread', token: null });
  const lines = readPost(post).split('\n');
  expect(lines[0]).toBe('ws-042: command 2 of 3 failed, Defender is closing it');
  const third = lines.findIndex((line) => line.startsWith('3 get'));
  expect(lines[third + 1]).toBe('Defender does not list it as started.');
  expect(lines.join()).not.toContain('Waits.');
});

test('the live card follows each command', () => {
  expect(
    readPost(requestCard(makeView(request('running')), { audience: 'thread', token: null })),
  ).toMatchInlineSnapshot(`
"ws-042: running command 2 of 3
On the device since 12:10 UTC. Defender stops a script after 10 min.

Runs a script as SYSTEM, puts 1 file on the device and takes 1 file off it. Nothing unusual found.

ws-042.contoso.com
Windows11 · Workstations · risk Medium · seen 2 h before asking

1 put (42 s) procdump.zip
2 run minidump.ps1 OfficeClickToRun
Running since 12:11 UTC.
3 get C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
Waits.
Files unchanged for 103 days.

Ana, 12:00 UTC, wrote: INC-1042 credential theft triage
(Hashes, ids, rule ▾)
  │ Request LR-7F3K, asked at 3 Mar 2026 12:00 UTC
  │ procdump.zip, by lib-admin, 20 Nov 2025 08:00 UTC (103 days before it was asked)
  │ SHA-256 fa70b87730290c0d30fe255d1dfb65de82f96286ebfeeb1d88ed3cc831329825
  │ minidump.ps1, by lib-admin, 20 Nov 2025 08:00 UTC (103 days before it was asked)
  │ SHA-256 6e212a0db618507c44e4ec8ee7499dfef7e5767e5f8d31144df3b96fd1145caf
  │ sensor Active · value Normal · address 10.1.2.3
  │ Last full report: 3 Mar 2026 09:58 UTC (2 hours 1 minute before)
  │ Group: Workstations
  │ Tags: floor-3
  │ Defender id 4899036531e374137f63289c3267bad772c13fef
  │ Entra id 22222222-0000-4000-8000-000000000000
  │ Rule workstations.
  │ Bo approved at 3 Mar 2026 12:03 UTC.
  │ Cy approved at 3 Mar 2026 12:05 UTC.
  │ Digest 3f9a21c0ab12d4e56f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6
  │ The digest covers everything on this card, and the policy 7b1e0c55. If any of it changes, approvals are void.
Approved by Bo (12:03 UTC) and Cy (12:05 UTC).
LR-7F3K
(Cancel…)
    Why? (optional): []
    (Cancel this request)"
`);
  expect(
    readPost(
      requestCard(makeView(request('succeeded'), { results: [fileResult()] }), { audience: 'thread', token: null }),
    ),
  ).toMatchInlineSnapshot(`
"ws-042: all 3 commands ran, in 8 min; results to come
Defender says that the commands ran. Exit codes and output follow.

ws-042.contoso.com
Windows11 · Workstations · risk Medium · seen 2 h before asking

1 put (42 s) procdump.zip
2 run (42 s) minidump.ps1 OfficeClickToRun
Its result is being fetched.
3 get (42 s, 10.0 MB) C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip

Ana, 12:00 UTC, wrote: INC-1042 credential theft triage
(Hashes, ids, rule ▾)
  │ Request LR-7F3K, asked at 3 Mar 2026 12:00 UTC
  │ procdump.zip, by lib-admin, 20 Nov 2025 08:00 UTC (103 days before it was asked)
  │ SHA-256 fa70b87730290c0d30fe255d1dfb65de82f96286ebfeeb1d88ed3cc831329825
  │ minidump.ps1, by lib-admin, 20 Nov 2025 08:00 UTC (103 days before it was asked)
  │ SHA-256 6e212a0db618507c44e4ec8ee7499dfef7e5767e5f8d31144df3b96fd1145caf
  │ sensor Active · value Normal · address 10.1.2.3
  │ Last full report: 3 Mar 2026 09:58 UTC (2 hours 1 minute before)
  │ Group: Workstations
  │ Tags: floor-3
  │ Defender id 4899036531e374137f63289c3267bad772c13fef
  │ Entra id 22222222-0000-4000-8000-000000000000
  │ Rule workstations.
  │ Bo approved at 3 Mar 2026 12:03 UTC.
  │ Cy approved at 3 Mar 2026 12:05 UTC.
  │ Digest 3f9a21c0ab12d4e56f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6
  │ The digest covers everything on this card, and the policy 7b1e0c55. If any of it changes, approvals are void.
Approved by Bo (12:03 UTC) and Cy (12:05 UTC).
LR-7F3K"
`);
});

test('a script result is told with exit code first, errors before output, and columns in place', () => {
  const result = scriptResult(harmless, {
    exitCode: 3,
    errors: 'Access denied',
    output: 'Name     PID\n\tx\n\nnotepad  42',
    outputCut: true,
    outputLength: 90_000,
  });
  expect(readPost(resultPost(makeView(request('succeeded')), result))).toMatchInlineSnapshot(`
"LR-7F3K: result of command 2 of 3
Run script  minidump.ps1
on ws-042.contoso.com
Exit code 3, and it wrote to its error stream.

Errors
Access denied

Output
Name     PID
        x
 
notepad  42

Only the beginning of the output is kept as text: 28 of 90 000 characters.
All of it is in the evidence: the requester and the approvers can have it sent to their own chat by Send me the file.
PowerShell header hidden.
As Defender served it: 512 bytes, SHA-256 abababababababababababababababababababababababababababababababab
(Send me the file)"
`);
});

test('a collected file is told with size and hash', () => {
  expect(readPost(resultPost(makeView(request('succeeded')), fileResult()))).toMatchInlineSnapshot(`
"LR-7F3K: result of command 3 of 3
Get file  C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
on ws-042.contoso.com
Collected 10.0 MB (10 485 760 bytes)
SHA-256 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd

Saved as evidence. It may be malware.
As Defender served it: 1.0 MB (1 048 576 bytes), SHA-256 abababababababababababababababababababababababababababababababab
(Send me the file)"
`);
});

test('a result that could not be had is told as such', () => {
  const result = fileResult(harmless, {
    outcome: 'notAvailable',
    file: null,
    rawSha256: null,
    rawSize: null,
    problem: 'Defender no longer has it.',
  });
  expect(readPost(resultPost(makeView(request('succeeded')), result))).toMatchInlineSnapshot(`
"LR-7F3K: result of command 3 of 3
Get file  C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
on ws-042.contoso.com
Defender no longer has it."
`);
});

const approvalCard = (name: string, over: Partial<RequestView> = {}): string =>
  readPost(requestCard(makeView(request(name), over), { audience: 'approver', token: null }));
const partOf = (text: string, from: string, to: string): string =>
  text.slice(text.indexOf(from), text.indexOf(to)).trim();

test('the card tells the rule, what it asks and why, who may still vote, and who is asked later', () => {
  const told = ['reasons to look twice', 'second list', 'asked again', 'break-glass'].map((name) =>
    partOf(approvalCard(`awaitingApproval, ${name}`), 'Rule ', 'Once approved'),
  );
  expect(told.join('\n\n')).toMatchInlineSnapshot(`
"Rule workstations asks for 5 approvals: one of ir-leads, one of platform and 3 more of ir-leads or platform, by different people.
  │ 1 of them because a library file changed since it was last approved.
  │ 1 of them because arguments hold hidden or non-ASCII characters.
  │ 1 of them because the device is tier 0.
  │ May still vote: Bo, Cy and Di.
  │

Rule workstations asks for 2 approvals: one of ir-leads and one of platform, by different people.
  │ May still vote: Bo and Cy.
  │ Di may vote as well and will be asked at 3 Mar 2026 12:15 UTC.
  │

Rule workstations asks for 2 approvals: one of ir-leads and one of platform, by different people.
  │ May still vote: Bo, Cy and Di.
  │

Rule workstations asks after break-glass for 1 approval: one of ir-leads.
  │ May still vote: Di and Eve.
  │"
`);
});

test.each([
  ['Windows11', 'as SYSTEM.'],
  ['Linux', 'as root.'],
  ['macOS', 'as root.'],
  [null, 'as SYSTEM or root.'],
])('on %s scripts are said to run %s', (osPlatform, user) => {
  const commands = [{ type: 'RunScript', scriptName: 'a', args: null } as const];
  const told = { ...request('awaitingApproval'), device: makeDevice(harmless, { osPlatform }), commands };
  expect(weighRisk(told).lines.map(textOf).join(' ')).toContain(`Runs a script ${user}`);
});

test('what the policy found is told before anything that people wrote, and break-glass before all else (T-17)', () => {
  const told = ['reasons to look twice', 'break-glass'].map((name) =>
    partOf(approvalCard(`awaitingApproval, ${name}`), name === 'break-glass' ? 'Break-glass' : 'Look twice', 'Ana,'),
  );
  expect(told.join('\n\n')).toMatchInlineSnapshot(`
"Look twice: tier 0 by policy.
Runs a script as SYSTEM, puts 1 file on the device and takes 1 file off it.
minidump.ps1 changed since it was last approved.
The arguments of command 2 hold hidden or non-ASCII characters: read them letter by letter.

ws-042.contoso.com
Windows11 · Workstations · risk Medium · seen 2 h before asking

1 put procdump.zip
2 run minidump.ps1 OfficeClickToRun
Changed since it was last approved.
3 get C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip

Break-glass. Bo lowered this to one approval at 3 Mar 2026 12:04 UTC, for incident INC-1042. If you approve, it goes at once, and two others review it afterwards.
Look twice.
Runs a script as SYSTEM, puts 1 file on the device and takes 1 file off it.

ws-042.contoso.com
Windows11 · Workstations · risk Medium · seen 2 h before asking

1 put procdump.zip
2 run minidump.ps1 OfficeClickToRun
3 get C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
Files unchanged for 103 days."
`);
});

test('what people wrote stands last, each under their name', () => {
  const text = approvalCard('awaitingApproval, break-glass', { pause: makePause() });
  expect(text.slice(text.indexOf('Ana, '), text.indexOf('(Hashes'))).toMatchInlineSnapshot(`
"Ana, 12:00 UTC, wrote: INC-1042 credential theft triage
Bo wrote about the break-glass:
Ransomware is spreading
Cy wrote about the pause:
Defender misbehaves
"
`);
});

test('break-glass is drawn in the colour of alarm, and so is a pause', () => {
  const { card } = requestCard(makeView(request('awaitingApproval, break-glass'), { pause: makePause() }), {
    audience: 'thread',
    token: null,
  });
  const styles = nodesOf(card)
    .filter((n) => n.type === 'Container')
    .map((n) => n.style);
  expect(styles.slice(0, 3)).toEqual(['attention', 'accent', 'attention']);
});

test('a pause stands first on every card of an open request, and on none of an ended one', () => {
  const first = Object.values(requests).map((r) => {
    const { card } = requestCard(makeView(r, { pause: makePause() }), { audience: 'thread', token: null });
    return [r.state, runsOf(card as never)[0] === 'Paused. '];
  });
  expect(first.filter(([, isPaused]) => isPaused).map(([state]) => state)).toEqual(
    Object.values(requests)
      .map(({ state }) => state)
      .filter((state) => !isFinal(state)),
  );
  expect(approvalCard('queued', { pause: makePause() }).split('\n')[0]).toMatchInlineSnapshot(
    `"Paused. Cy stopped all submissions at 3 Mar 2026 12:02 UTC. No live response is sent to Defender until somebody else who may approve types resume; what Defender has already goes on."`,
  );
});

test('once decided, a request that went by break-glass says so', () => {
  expect(partOf(approvalCard('queued, break-glass'), 'Break-glass', 'Request ')).toMatchInlineSnapshot(`
"Break-glass by Bo at 3 Mar 2026 12:04 UTC, incident INC-1042: one approval was enough.

Break-glass. Bo lowered this to one approval at 3 Mar 2026 12:04 UTC, for incident INC-1042. If you approve, it goes at once, and two others review it afterwards.
Look twice.
Runs a script as SYSTEM, puts 1 file on the device and takes 1 file off it.

ws-042.contoso.com
Windows11 · Workstations · risk Medium · seen 2 h before asking

1 put procdump.zip
2 run minidump.ps1 OfficeClickToRun
3 get C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
Files unchanged for 103 days.

Ana, 12:00 UTC, wrote: INC-1042 credential theft triage
Bo wrote about the break-glass:
Ransomware is spreading
(Hashes, ids, rule ▾)
  │"
`);
});

test.each([
  ['dc01.contoso.com', true],
  ['ber-dc2', true],
  ['DC', true],
  ['adc-01.contoso.com', false],
  ['ws-042.dc.contoso.com', false],
])('the name %s is that of a domain controller: %s', (name, expected) => {
  const { awaitingApproval } = makeRequests(harmless, { device: makeDevice(harmless, { name }) });
  const lines = weighRisk(awaitingApproval as never)
    .lines.map(textOf)
    .join();
  expect(lines.includes('Look twice: named like a domain controller.')).toBe(expected);
});

test.each([
  [1, [{ group: 'approvers', count: 0 }], '1 approval of approvers'],
  [
    2,
    [
      { group: 'approvers', count: 0 },
      { group: 'managers', count: 0 },
    ],
    '2 approvals by different people of approvers or managers',
  ],
  [
    2,
    [
      { group: 'ir-leads', count: 1 },
      { group: 'platform', count: 1 },
    ],
    '2 approvals: one of ir-leads and one of platform, by different people',
  ],
  [
    3,
    [
      { group: 'ir-leads', count: 1 },
      { group: 'platform', count: 0 },
    ],
    '3 approvals: one of ir-leads and 2 more of ir-leads or platform, by different people',
  ],
  [1, [{ group: 'ir-leads', count: 2 }], '2 approvals: 2 of ir-leads, by different people'],
  [0, [{ group: 'ir-leads', count: 0 }], '1 approval of ir-leads'],
])('%d of %j is told as "%s"', (approvalsNeeded, seats, words) => {
  expect(textOf(describeDemand({ approvalsNeeded, seats }))).toBe(words);
});
