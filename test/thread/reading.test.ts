import type { Line } from '../../src/thread/line';
import { requestCard } from '../../src/thread/request-card';
import { resultPost } from '../../src/thread/result-post';
import { weighRisk } from '../../src/thread/risk';
import { readPost } from './read-card';
import { fileResult, harmless, makeDevice, makeFile, makeRequests, makeView, scriptResult } from './samples';

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
"Look twice. This puts files on the device, runs scripts on the device as SYSTEM and copies files off the device.
The device is a server.
Defender holds the device to be of high value.
Its tags call for care: Tier0 and Domain Controllers.
Its device group calls for care: PROD-EU.
Its sensor is not healthy: Inactive. It may not be reached.
The library file minidump.ps1 was changed 3 hours before this was asked."
`);
  expect(weighRisk(request('awaitingApproval'))).toMatchObject({ level: 'usual' });
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

LR-7F3K
Waiting for approval
1 of 2 approvals. 2 people may still vote, not the requester.
Decide by 3 Mar 2026 12:30 UTC; after that it expires and nothing runs.

This puts files on the device, runs scripts on the device as SYSTEM and copies files off the device.

What will run, exactly and in this order
1. Put file  procdump.zip
SHA-256 fa70 b877 3029 0c0d 30fe 255d 1dfb 65de 82f9 6286 ebfe eb1d 88ed 3cc8 3132 9825
in the library by lib-admin, last changed 20 Nov 2025 08:00 UTC (103 days before it was asked)
2. Run script  minidump.ps1
arguments  OfficeClickToRun
SHA-256 6e21 2a0d b618 507c 44e4 ec8e e749 9dfe f7e5 767e 5f8d 3114 4df3 b96f d114 5caf
in the library by lib-admin, last changed 20 Nov 2025 08:00 UTC (103 days before it was asked)
3. Get file  C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip

Device
ws-042.contoso.com
Windows11 · sensor Active · risk Medium · value Normal · address 10.1.2.3
Last full report: 3 Mar 2026 09:58 UTC (2 hours 1 minute before)
Group: Workstations
Tags: floor-3
Defender id 4899036531e374137f63289c3267bad772c13fef
Entra id 22222222-0000-4000-8000-000000000000

Request
Ana asked at 3 Mar 2026 12:00 UTC.
Bo approved at 3 Mar 2026 12:03 UTC.
Once approved it must reach the device within 2 hours, or I withdraw it.
Digest 3f9a21c0ab12, in full 3f9a 21c0 ab12 d4e5 6f70 8192 a3b4 c5d6 e7f8 091a 2b3c 4d5e 6f70 8192 a3b4 c5d6
The digest stands for this device, these commands, these library files, this reason and the policy 7b1e0c55; if one of them changes, the approval is void.

Ana wrote:
INC-1042 credential theft triage
(Approve)
(Deny…)
    Why not? The requester and the thread will read it.: []
    (Deny)"
`);
});

test('after a failed command the live card does not say that the next one is at work', () => {
  const post = requestCard(makeView(request('running, one failed')), { audience: 'thread', token: null });
  const lines = readPost(post).split('\n');
  expect(lines[1]).toBe('Running: command 2 of 3 failed, Defender is closing it');
  const third = lines.findIndex((line) => line.startsWith('3. Get file'));
  expect(lines[third + 1]).toBe('Does not run, since a command before it failed.');
  expect(lines.join()).not.toContain('Waits for');
});

test('the live card follows each command', () => {
  expect(
    readPost(requestCard(makeView(request('running')), { audience: 'thread', token: null })),
  ).toMatchInlineSnapshot(`
"LR-7F3K
Running command 2 of 3
Running on the device since 3 Mar 2026 12:10 UTC.

Commands
1. Put file  procdump.zip
Completed in 42 seconds.
2. Run script  minidump.ps1
arguments  OfficeClickToRun
Running since 3 Mar 2026 12:11 UTC.
3. Get file  C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
Waits for the commands before it.

Device
ws-042.contoso.com

Request
Ana asked at 3 Mar 2026 12:00 UTC.
Bo approved at 3 Mar 2026 12:03 UTC.
Cy approved at 3 Mar 2026 12:05 UTC.
Digest 3f9a21c0ab12

Ana wrote:
INC-1042 credential theft triage
(Cancel…)
    Why? (optional): []
    (Cancel this request)"
`);
  expect(
    readPost(
      requestCard(makeView(request('succeeded'), { results: [fileResult()] }), { audience: 'thread', token: null }),
    ),
  ).toMatchInlineSnapshot(`
"LR-7F3K
Finished: Defender says it succeeded
Ended 3 Mar 2026 12:14 UTC, 8 minutes after it was sent. That is Defender's word for "the commands ran"; read exit codes and output for what they did.

Commands
1. Put file  procdump.zip
Completed in 42 seconds.
2. Run script  minidump.ps1
arguments  OfficeClickToRun
Completed in 42 seconds.
Its result is being fetched.
3. Get file  C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
Completed in 42 seconds.
Collected 10.0 MB (10,485,760 bytes)
SHA-256 cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd

Device
ws-042.contoso.com

Request
Ana asked at 3 Mar 2026 12:00 UTC.
Bo approved at 3 Mar 2026 12:03 UTC.
Cy approved at 3 Mar 2026 12:05 UTC.
Digest 3f9a21c0ab12

Ana wrote:
INC-1042 credential theft triage"
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

Only the beginning of the output is kept as text, of 90,000 characters; all of it is in the evidence.
The transcript header that PowerShell puts around the output is left out here.
The download is kept as evidence as it came: 512 bytes, SHA-256 abab abab abab abab abab abab abab abab abab abab abab abab abab abab abab abab"
`);
});

test('a collected file is told with size and hash', () => {
  expect(readPost(resultPost(makeView(request('succeeded')), fileResult()))).toMatchInlineSnapshot(`
"LR-7F3K: result of command 3 of 3
Get file  C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
on ws-042.contoso.com
Collected 10.0 MB (10,485,760 bytes)
SHA-256 cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd cdcd

The file is kept as evidence under that hash.
The download is kept as evidence as it came: 1.0 MB (1,048,576 bytes), SHA-256 abab abab abab abab abab abab abab abab abab abab abab abab abab abab abab abab"
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
