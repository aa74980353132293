import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Command } from '../../../src/request/ask/command';
import {
  type Bound,
  canonicalText,
  commentOf,
  digestOf,
  markerOf,
  readMarker,
  shortDigest,
} from '../../../src/request/ask/digest';
import type { Vote } from '../../../src/request/request';
import { ana, ana2, bar, base, bob, cleo, libraryFile, samples, vote } from '../sample';

test('the bytes and the digest of the example never change, so that open requests survive an update of this program', () => {
  expect(canonicalText(base)).toMatchInlineSnapshot(
    `"["live-response/2","tenant-1","id-ana",["1e5bc9d7e413ddd7902c2932e418702b84d0cc07","80fe8ff8-2624-418e-9591-41f0491218f9","ws-042.contoso.com","Workstations",["Finance"]],[["PutFile",[["FileName","procdump.zip"]]],["RunScript",[["ScriptName","minidump.ps1"],["Args","OfficeClickToRun"]]],["GetFile",[["Path","C:\\\\windows\\\\TEMP\\\\OfficeClickToRun.dmp.zip"]]],["GetFile",[["Path","C:\\\\windows\\\\TEMP\\\\minidump.log"]]]],[["minidump.ps1","bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"],["procdump.zip","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]],"INC-1042 credential theft triage","policy-7",["workstations",1,[["approvers",0]]],"1"]"`,
  );
  expect(digestOf(base)).toMatchInlineSnapshot(`"665623b6f654f508302ef7252d6fd93f7332f2d1b0f8dbd3e4563607dd6678f7"`);
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', 'a', 'A', ' a', 'a ', '\ud800', '\\ud800', '"', '","', '],[', 'é', 'e\u0301'),
);
const command: fc.Arbitrary<Command> = fc.oneof(
  text.map((fileName): Command => ({ type: 'PutFile', fileName })),
  fc.tuple(text, fc.option(text)).map(([scriptName, args]): Command => ({ type: 'RunScript', scriptName, args })),
  text.map((path): Command => ({ type: 'GetFile', path })),
);
/** With the usual prototype, which is no part of what is equal here. */
const recordOf = <T>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(parts, { noNullPrototype: true });
const boundArbitrary: fc.Arbitrary<Bound> = recordOf({
  tenantId: text,
  requester: recordOf({ id: text }),
  bar: recordOf({
    rule: text,
    approvalsNeeded: fc.integer({ min: 0, max: 3 }),
    seats: fc.array(recordOf({ group: text, count: fc.integer({ min: 0, max: 2 }) }), { maxLength: 2 }),
  }),
  device: recordOf({
    machineId: text,
    entraDeviceId: fc.option(text),
    name: text,
    groupName: fc.option(text),
    tags: fc.array(text, { maxLength: 3 }),
  }),
  commands: fc.array(command, { maxLength: 4 }),
  library: fc
    .uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 3 })
    .map((files) => files.map(([name, sha256]) => ({ ...libraryFile(name, '0'), sha256 }))),
  reason: text,
  policyVersion: text,
  round: fc.integer({ min: 1, max: 3 }),
});

/** What a bound says, library and tags in one order: two with equal facts are the same thing to approve. */
const factsOf = (b: Bound) => ({
  ...b,
  device: { ...b.device, tags: [...b.device.tags].sort() },
  library: Object.fromEntries(b.library.map((f) => [`=${f.fileName}`, f.sha256])),
});
const boundParts = [
  'tenantId',
  'requester',
  'device',
  'commands',
  'library',
  'reason',
  'policyVersion',
  'bar',
  'round',
] as const;

test('two requests have the same digest exactly when every bound part is the same', () => {
  fc.assert(
    fc.property(boundArbitrary, boundArbitrary, fc.subarray([...boundParts]), (a, b, changed) => {
      // The second takes all but a few parts from the first, so that near misses are as likely as strangers.
      const other = {
        ...b,
        ...Object.fromEntries(boundParts.filter((part) => !changed.includes(part)).map((part) => [part, a[part]])),
      };
      expect(digestOf(other) === digestOf(a)).toBe(isDeepStrictEqual(factsOf(other), factsOf(a)));
    }),
    { numRuns: 500 },
  );
});

const script = (args: string | null): Command => ({ type: 'RunScript', scriptName: 'minidump.ps1', args });
const device = { machineId: 'm', entraDeviceId: 'e', name: 'n', groupName: 'g', tags: ['t', 'u'] };

test.each<[string, Partial<Bound>, Partial<Bound>]>([
  ['the tenant', { tenantId: 't1' }, { tenantId: 't2' }],
  ['the machine id', { device }, { device: { ...device, machineId: 'x' } }],
  ['the Entra device id', { device }, { device: { ...device, entraDeviceId: 'x' } }],
  [
    'a missing Entra device id',
    { device: { ...device, entraDeviceId: '' } },
    { device: { ...device, entraDeviceId: null } },
  ],
  ['the device name', { device }, { device: { ...device, name: 'x' } }],
  ['the device group', { device }, { device: { ...device, groupName: 'x' } }],
  ['a missing device group', { device: { ...device, groupName: '' } }, { device: { ...device, groupName: null } }],
  ['a tag', { device }, { device: { ...device, tags: ['t'] } }],
  ['one tag of two and two tags', { device: { ...device, tags: ['t,u'] } }, { device }],
  ['who asks', {}, { requester: ana2 }],
  ['the rule', {}, { bar: { ...bar, rule: 'servers' } }],
  ['the number of approvals', {}, { bar: { ...bar, approvalsNeeded: 2 } }],
  ['where approvals come from', {}, { bar: { ...bar, seats: [{ group: 'leads', count: 0 }] } }],
  ['the round', {}, { round: 2 }],
  ['how many of them', {}, { bar: { ...bar, seats: [{ group: 'approvers', count: 1 }] } }],
  ['arguments', { commands: [script('a')] }, { commands: [script('b')] }],
  ['the case of arguments', { commands: [script('a')] }, { commands: [script('A')] }],
  ['a blank in arguments', { commands: [script('a')] }, { commands: [script('a ')] }],
  ['empty and no arguments', { commands: [script('')] }, { commands: [script(null)] }],
  ['composed and decomposed letters', { commands: [script('\u00e9')] }, { commands: [script('e\u0301')] }],
  ['lone surrogates', { commands: [script('\ud800')] }, { commands: [script('\ud801')] }],
  ['a lone surrogate and its escape as text', { commands: [script('\ud800')] }, { commands: [script('\\ud800')] }],
  ['one command twice', { commands: [script('a')] }, { commands: [script('a'), script('a')] }],
  ['the order of commands', { commands: [script('a'), script('b')] }, { commands: [script('b'), script('a')] }],
  [
    'the type of a command',
    { commands: [{ type: 'PutFile', fileName: 'x' }] },
    { commands: [{ type: 'GetFile', path: 'x' }] },
  ],
  ['the content of a library file', { library: [libraryFile('x', 'a')] }, { library: [libraryFile('x', 'b')] }],
  ['the name of a library file', { library: [libraryFile('x', 'a')] }, { library: [libraryFile('y', 'a')] }],
  ['a library file more', { library: [libraryFile('x', 'a')] }, { library: [] }],
  ['the reason', { reason: 'a' }, { reason: 'b' }],
  ['the policy version', { policyVersion: '1' }, { policyVersion: '2' }],
])('an approval does not carry over a change of %s', (_name, was, now) => {
  expect(digestOf({ ...base, ...was })).not.toBe(digestOf({ ...base, ...now }));
});

test('the order in which the library was listed does not matter', () => {
  const files = [libraryFile('a', '1'), libraryFile('b', '2'), libraryFile('B', '3'), libraryFile('é', '4')];
  fc.assert(
    fc.property(fc.shuffledSubarray(files, { minLength: files.length }), (library) => {
      expect(digestOf({ ...base, library })).toBe(digestOf({ ...base, library: files }));
    }),
  );
});

test('the order in which Defender lists the tags does not matter', () => {
  expect(digestOf({ ...base, device: { ...device, tags: ['u', 't'] } })).toBe(digestOf({ ...base, device }));
});

test('what approvers are not asked about does not change the digest', () => {
  const seenLater = {
    ...base,
    device: { ...base.device, lastSeen: 'later', riskScore: 'High' },
    requester: { ...ana, name: 'Ana L.' },
    bar: { ...bar, escalateIds: [bob.id], ownerIds: [] },
  };
  expect(digestOf(seenLater)).toBe(base.digest);
});

const marker = markerOf({ ...base, decision: 1 });

test('the marker is the id, the decision, and the part of the digest that people compare', () => {
  expect(shortDigest(base.digest)).toBe(base.digest.slice(0, 12));
  expect(marker).toBe(`[LR-7F3K/1/${shortDigest(base.digest)}]`);
  expect(readMarker(marker)).toEqual({ id: base.id, decision: 1, digest: shortDigest(base.digest) });
  expect(markerOf({ ...base, decision: 2 })).not.toBe(marker);
});

test('the comment starts with the marker and names who asked, who approved and why', () => {
  const request = { ...samples.submitting, votes: [vote(bob), vote(cleo)] };
  expect(commentOf(request)).toBe(
    `${marker} asked by Ana Lyst; approved by Bob Prover, Cleo Prover; INC-1042 credential theft triage`,
  );
});

test('the comment does not call a denial an approval', () => {
  expect(commentOf({ ...samples.submitting, votes: [vote(cleo), vote(bob, 'deny')] })).toContain(
    'approved by Cleo Prover;',
  );
});

test('the comment is one line of at most 500 characters that begins with the marker, whatever people are called or write', () => {
  const named = (name: string): Vote => vote({ ...bob, name });
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 700 }),
      fc.array(fc.string({ unit: 'binary', maxLength: 90 }), { minLength: 1, maxLength: 9 }),
      fc.string({ unit: 'binary', maxLength: 700 }),
      (reason, names, requesterName) => {
        const requester = { ...ana, name: requesterName };
        const comment = commentOf({ ...samples.submitting, requester, reason, votes: names.map(named) });
        expect(comment.startsWith(`${marker} asked by `)).toBe(true);
        expect([...comment].length).toBeLessThanOrEqual(500);
        expect(comment).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
      },
    ),
  );
});
