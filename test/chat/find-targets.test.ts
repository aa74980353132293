import fc from 'fast-check';
import { findTargets } from '../../src/chat/find-targets';
import { mostFound } from '../../src/chat/form';

test('devices, addresses and paths of an alert are found in its order, each once', () => {
  const text = `Defender: suspicious LSASS access on WS-042 and srv-db-01.contoso.com (10.1.2.3), see also ws-042.
Dropped C:\\Windows\\Temp\\x.dmp, "C:\\Program Files\\evil app\\run.exe" and /tmp/.x/a.sh. Beacon to 2001:db8::7, INC-1042, CVE-2024-1234, T1059.001.`;
  expect(findTargets(text)).toEqual({
    devices: ['WS-042', 'srv-db-01.contoso.com', '10.1.2.3', '2001:db8::7'],
    paths: ['C:\\Windows\\Temp\\x.dmp', 'C:\\Program Files\\evil app\\run.exe', '/tmp/.x/a.sh'],
  });
});

test.each([
  'Please look at this today, it is the 2nd time (LR-7F3K).',
  'minidump.ps1 and procdump64.exe ran at 10:42 on 2026-01-02',
  'mail ana@contoso.com about KB5034441 and SHA-256 of it',
  '127.0.0.1 and 0.0.0.0 are nobody',
  'https://example.com/ws-042/run?x=ws-043',
  '',
])('%s names no device', (text) => {
  expect(findTargets(text).devices).toEqual([]);
});

test('the host of an address of the web is offered, and nothing else of it', () => {
  expect(findTargets('https://srv01.contoso.com:8443/a/ws-042?x=1')).toEqual({
    devices: ['srv01.contoso.com'],
    paths: [],
  });
});

test('whatever a message holds, at most ten of each come out, quickly, and each of them stands in it', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.stringMatching(/^[a-z0-9.\\/:"' -]{0,200}$/)),
      (text) => {
        const { devices, paths } = findTargets(text);
        expect(Math.max(devices.length, paths.length)).toBeLessThanOrEqual(mostFound);
        for (const name of [...devices, ...paths]) expect(text).toContain(name);
      },
    ),
    { numRuns: 500 },
  );
  for (const part of ['a-1.', 'C:\\', '"/a/', 'http://', '(', '.a1-']) {
    const startedAt = performance.now();
    findTargets(part.repeat(40_000));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  }
});
