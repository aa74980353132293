import { preflightCard } from '../../src/thread/ask/preflight-card';
import { deviceCard } from '../../src/thread/cards/device-card';
import { describeFinding, lineText } from '../../src/thread/sentences/finding-words';
import { describeRefusal } from '../../src/thread/sentences/refusals';
import { readPost } from './read-card';
import { harmless, makeCommands, makeDevice, makeFindings, makeRequests, makeView, noon } from './samples';

const options = { trial: false, now: noon };

test('each finding says what, why and what next', () => {
  expect(
    makeFindings()
      .map((finding) => lineText(describeFinding(finding)))
      .join('\n'),
  ).toMatchInlineSnapshot(`
"Live response has no agent for iOS, so nothing can run there. Another way to reach this device is needed.
The device is not onboarded to Defender (CanBeOnboarded), so live response cannot reach it. Onboard it, or use another way.
The sensor of the device is not healthy (Inactive), so it may not be reached. Look at its network and its Defender service first.
The device has sent no full report for 9 days (last at 22 Feb 2026 12:00 UTC), and one comes about once a day. It may be off or away: have it switched on, or the request is withdrawn when its time to start runs out.
Defender refused live response in the device group Kiosks, because it has no remediation level. The Defender administrators can set one. Last seen with LR-4KQ7 at 3 Mar 2026 10:30 UTC; I have seen nothing accepted there since.
Defender refused live response on this device, because the device's group has no remediation level. The Defender administrators can set one. Last seen with LR-4KQ7 at 3 Mar 2026 10:30 UTC; I have seen nothing accepted there since.
Defender refused live response on this device, because its operating system does not support it. Update it, or use another way. Last seen with LR-4KQ7 at 3 Mar 2026 10:30 UTC; I have seen nothing accepted there since.
Defender refused live response on this device, because the version of its Defender agent does not support it. Update it, or use another way. Last seen with LR-4KQ7 at 3 Mar 2026 10:30 UTC; I have seen nothing accepted there since.
Command 2 gives arguments, and the library says that collect-logs.ps1 takes none. Leave them out, or have its entry in the library corrected.
Command 2 gives no arguments, and the library says that minidump.ps1 takes some: process name. Go on if it does without them.
Command 2 gives no arguments, and the library says that minidump.ps1 takes some. Go on if it does without them.
Command 2 has parentheses in its arguments, and Defender may refuse them: some of its error messages list ( and ) among the characters that it does not allow. Leave them out, or pass the value in another form, such as Base64, if the script can read it.
Command 2 runs collect-logs.ps1, which by its name is a script for another operating system than Linux. It may fail there. Name a script for that system; library lists them.
Command 2 runs procdump.zip, which by its name is not a script, so it may fail. Name a script; to put a file on the device, use putfile.
Command 3 collects /etc/passwd, which is not a path as Windows11 has them, so it may find nothing. Give a path of that system, or choose another device.
The same commands on the same device are asked for already: LR-4KQ7. Type status LR-4KQ7 to see where that stands, and ask again only if it must run twice.
Defender has LR-4KQ7 and LR-9WX2 for this device, and does one live response on it at a time, so yours goes after those.
LR-2QBC asks for this device as well, and is not with Defender yet. Defender does one live response on a device at a time, so which goes first depends on when each is approved; the word queue shows the order.
LR-2QBC and LR-9WX2 ask for this device as well, and are not with Defender yet. Defender does one live response on a device at a time, so which goes first depends on when each is approved; the word queue shows the order.
240 requests wait already, and I expect the last of them to go at about 3 Mar 2026 15:00 UTC. Yours may wait 2 hours once approved and would be withdrawn before its turn. Ask later, or have some of the others cancelled."
`);
});

test('what was found is asked about once, with the request as it was understood', () => {
  const draft = { device: 'ws-042', commands: makeCommands(), reason: 'INC-1042' };
  const post = preflightCard({ draft, device: makeDevice(), findings: makeFindings().slice(8, 17) }, options);
  expect(post === null ? null : readPost(post)).toMatchInlineSnapshot(`
"Before I ask the approvers
I found 8 things that may keep this from working on ws-042.contoso.com. Nothing was requested yet. Fix it and send it again, or go on.
• Command 2 gives arguments, and the library says that collect-logs.ps1 takes none. Leave them out, or have its entry in the library corrected.
• Command 2 gives no arguments, and the library says that minidump.ps1 takes some: process name. Go on if it does without them.
• Command 2 gives no arguments, and the library says that minidump.ps1 takes some. Go on if it does without them.
• Command 2 has parentheses in its arguments, and Defender may refuse them: some of its error messages list ( and ) among the characters that it does not allow. Leave them out, or pass the value in another form, such as Base64, if the script can read it.
• Command 2 runs collect-logs.ps1, which by its name is a script for another operating system than Linux. It may fail there. Name a script for that system; library lists them.
• Command 2 runs procdump.zip, which by its name is not a script, so it may fail. Name a script; to put a file on the device, use putfile.
• Command 3 collects /etc/passwd, which is not a path as Windows11 has them, so it may find nothing. Give a path of that system, or choose another device.
• The same commands on the same device are asked for already: LR-4KQ7. Type status LR-4KQ7 to see where that stands, and ask again only if it must run twice.

Good to know, and no obstacle
• Defender has LR-4KQ7 and LR-9WX2 for this device, and does one live response on it at a time, so yours goes after those.

What you asked for
on  ws-042
1. Put file  procdump.zip
2. Run script  minidump.ps1
arguments  OfficeClickToRun
3. Get file  C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because  INC-1042
(Ask for approval anyway)"
`);
});

test('a request that no card can carry with a button is not asked about', () => {
  const draft = {
    device: 'ws-042',
    commands: [{ type: 'RunScript', scriptName: 'x.ps1', args: '字'.repeat(7_000) } as const],
    reason: 'INC-1042',
  };
  expect(preflightCard({ draft, device: makeDevice(), findings: makeFindings().slice(8, 9) }, options)).toBeNull();
});

test('several things to fix are told together, each with its cure', () => {
  const [unsupported] = makeFindings();
  const refusals = [
    { type: 'unfit', finding: unsupported as never },
    { type: 'unknownLibraryFile', fileName: 'mini.ps1', known: ['minidump.ps1'] },
  ] as const;
  expect(describeRefusal({ type: 'several', refusals })).toMatchInlineSnapshot(`
"- Live response has no agent for iOS, so nothing can run there. Another way to reach this device is needed. Nothing was requested.
- The live response library has no file "mini.ps1", so nothing was requested. Did you mean "minidump.ps1"? Type library to see all."
`);
});

test('a device card tells how it is, what is known of live response on it, and how it went before', () => {
  const requests = makeRequests();
  const standing = {
    device: makeDevice(harmless, { healthStatus: 'Inactive', lastSeen: '2026-02-22T09:58:00Z' }),
    findings: makeFindings().slice(2, 5),
    open: [makeView(requests.running as never)],
    ended: [makeView(requests.failed as never)],
  };
  expect(readPost(deviceCard(standing, options))).toMatchInlineSnapshot(`
"Device
ws-042.contoso.com
Windows11 · sensor Inactive · risk Medium · value Normal · address 10.1.2.3
Last full report: 22 Feb 2026 09:58 UTC (9 days before)
Group: Workstations
Tags: floor-3
Defender id 4899036531e374137f63289c3267bad772c13fef
Entra id 22222222-0000-4000-8000-000000000000

Live response: 3 things to know
• The sensor of the device is not healthy (Inactive), so it may not be reached. Look at its network and its Defender service first.
• The device has sent no full report for 9 days (last at 22 Feb 2026 12:00 UTC), and one comes about once a day. It may be off or away: have it switched on, or the request is withdrawn when its time to start runs out.
• Defender refused live response in the device group Kiosks, because it has no remediation level. The Defender administrators can set one. Last seen with LR-4KQ7 at 3 Mar 2026 10:30 UTC; I have seen nothing accepted there since.

Open on it now
LR-7F3K · Running command 2 of 3
ws-042.contoso.com · 3 commands, asked by Ana at 3 Mar 2026 12:00 UTC.

Asked before
LR-7F3K · Failed at command 2 of 3
ws-042.contoso.com · 3 commands, asked by Ana at 3 Mar 2026 12:00 UTC.
Ended at 3 Mar 2026 12:14 UTC.
(Ask for something on this device)"
`);
});

test.each([
  ['nothing known against it', { findings: [], open: [] }, true],
  ['busy with ours', { findings: [], open: [makeView(makeRequests().running as never)] }, true],
  ['asked for already', { findings: [], open: [makeView(makeRequests().queued as never)] }, true],
  ['1 thing to know', { findings: makeFindings().slice(3, 4), open: [] }, true],
  ['not possible', { findings: makeFindings().slice(0, 1), open: [] }, false],
])('the standing of a device in a word: %s', (words, standing, hasButton) => {
  const card = readPost(deviceCard({ device: makeDevice(), ended: [], ...standing }, options));
  expect(card).toContain(`Live response: ${words}`);
  expect(card.includes('(Ask for something on this device)')).toBe(hasButton);
});
