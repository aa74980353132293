import { formatAnchor } from '../audit/anchor';
import { visible } from '../lib/visible';
import { describeLeftOut } from './first-page';
import type { Doubt, Fault, Note, Verdict } from './judge';
import type { RequestFault } from './judge-request';
import type { SliceFault } from './slice';

/** For scripts: proved · wrong · could not be read · whole, and not proved. */
export const exitCodes = { proved: 0, wrong: 1, unreadable: 2, notProved: 3 } as const;

export function exitCodeOf(verdict: Verdict): number {
  if (verdict.type === 'unreadable') return exitCodes.unreadable;
  if (verdict.type === 'wrong') return exitCodes.wrong;
  return verdict.doubts.length === 0 ? exitCodes.proved : exitCodes.notProved;
}

/** What the auditor reads: the verdict first, then each reason, then what was not checked. */
export function describeVerdict(verdict: Verdict): readonly string[] {
  switch (verdict.type) {
    case 'unreadable':
      return [unreadable[verdict.why]];
    case 'wrong':
      return [
        'WRONG. This is not the bundle that was made:',
        ...verdict.faults.map((fault) => `- ${describeFault(fault)}`),
        'Keep this file as it is, and get the bundle again from whoever made it.',
      ];
    case 'whole':
      return describeWhole(verdict);
  }
}

const unreadable = {
  noArchive: 'CANNOT BE READ. This file is not an evidence bundle. Name the .zip file that was exported.',
  tooLarge: 'CANNOT BE READ. A part that must be read as a whole is larger than 512 MB. No bundle of ours has one.',
} as const;

function describeWhole({ manifest, signedBy, doubts, notes }: Extract<Verdict, { type: 'whole' }>): readonly string[] {
  const ids = manifest.requests.map(({ id, state }) => `${id} (${state})`).join(', ');
  return [
    doubts.length === 0 ? 'PROVED.' : 'WHOLE, BUT NOT PROVED:',
    ...doubts.map((doubt) => `- ${describeDoubt(doubt)}`),
    ...(signedBy === null
      ? [`It says that it was made at ${manifest.madeAt}, for ${ids}.`]
      : [
          `Every byte is what was made at ${manifest.madeAt}, for ${ids}.`,
          `Signed with the key that you named, ${signedBy}.`,
        ]),
    'Hashes, digest, votes and audit fit each other.',
    ...(doubts.some(({ type }) => type === 'noAnchorBefore' || type === 'noAnchorAfter')
      ? []
      : ['The audit is anchored before the first entry and after the last.']),
    ...notes.map(describeNote),
    ...(manifest.leftOut.length === 0 ? [] : ['Not in it, and so not checked beyond the hash:']),
    ...manifest.leftOut.map((one) => `- ${describeLeftOut(one)}`),
  ];
}

function describeDoubt(doubt: Doubt): string {
  switch (doubt.type) {
    case 'noKeyNamed':
      return `No key was named. It is unchanged since it was made; by whom is not proven. It says that its key is ${doubt.fingerprint}. Get the public key from whoever runs the bot, and name it with --key.`;
    case 'unsigned':
      return 'It is unsigned. Whoever had it could have made it anew. Only an anchor that you name shows that its audit is the true one.';
    case 'noAnchorBefore':
      return `Nothing proves yet that the audit before entry ${doubt.firstEntry} is the true one. Name an anchor from before with --anchor.`;
    case 'noAnchorAfter':
      return `The audit is whole up to entry ${doubt.lastEntry}. Nothing proves yet that no entry follows. Name a later anchor with --anchor, or export it again tomorrow.`;
    case 'notEnded':
      return `${doubt.id} had not ended when it was exported (${doubt.state}). Export it again after its end.`;
  }
}

function describeNote(note: Note): string {
  switch (note.type) {
    case 'otherSignature':
      return `Another signature is in it, by a key that calls itself ${visible(note.keyId)}. It was not checked.`;
    case 'badSignature':
      return 'A second signature in it names the same key and does not verify.';
    case 'anchorOutside':
      return `The anchor ${formatAnchor(note.anchor)} lies outside the part of the audit that is in the bundle, so it was not used.`;
  }
}

function describeFault(fault: Fault): string {
  switch (fault.type) {
    case 'otherForm':
      return `It is not of the one form that a bundle has: ${fault.why}.`;
    case 'manifest':
      return manifestFaults[fault.fault];
    case 'partMissing':
      return `${fault.name} is missing.`;
    case 'partAdded':
      return `${fault.name} was added: the manifest does not name it.`;
    case 'partDiffers':
      return `${fault.name} is not what was hashed.`;
    case 'sumsDiffer':
      return 'SHA256SUMS does not name the files that are there, with their hashes.';
    case 'signature':
      return signatureFaults[fault.fault];
    case 'slice':
      return describeSliceFault(fault.fault);
    case 'sliceEnds':
      return 'The audit in it does not end where the manifest says.';
    case 'anchorDiffers':
      return `Entry ${fault.anchor.seq} of the audit is not the one that ${fault.isNamed ? 'the anchor you named' : 'an anchor in it'} vouches for (${fault.anchor.hash}) but ${fault.found}.`;
    case 'request':
      return `${fault.id}: ${describeRequestFault(fault)}`;
  }
}

const manifestFaults = {
  missing: 'manifest.json is missing.',
  notCanonical: 'manifest.json is not the canonical form of what it says (RFC 8785).',
  notAManifest: 'manifest.json does not say what the manifest of a bundle says.',
  partNamedTwice: 'manifest.json names a part twice.',
} as const;

const signatureFaults = {
  envelope: 'manifest.dsse.json is not a signature over this manifest.',
  otherKey: 'It was not signed with the key that you named.',
  ownKey: 'Its signature does not verify, even with the key that is in it.',
  sums: 'SHA256SUMS.sig is not a signature over SHA256SUMS with the same key.',
  publicKey: 'public-key.pem is not the key that the manifest names.',
} as const;

function describeSliceFault(fault: SliceFault): string {
  switch (fault.type) {
    case 'unreadable':
      return `Line ${fault.line} of audit.jsonl is not an entry as we write one.`;
    case 'missing':
      return `Entry ${fault.seq} of the audit is missing: it was deleted, or entries were moved, doubled or put in between.`;
    case 'edited':
      return `Entry ${fault.seq} of the audit is not what was written, or does not continue the one before it.`;
    case 'foreign':
      return `Entry ${fault.seq} of the audit is about a request that is not in the bundle.`;
  }
}

function describeRequestFault(fault: RequestFault): string {
  switch (fault.fault) {
    case 'unreadable':
      return 'its request.json is missing, or is not a request.';
    case 'otherThanManifest':
      return 'request.json says another id, state or digest than the manifest.';
    case 'firstEntry':
      return 'the audit in the bundle does not hold its first entry.';
    case 'lastEntry':
      return 'the audit in the bundle does not hold its last entry.';
    case 'digest':
      return 'its digest is not the SHA-256 of what it asked for and of what was shown last.';
    case 'state':
      return 'the audit says another state than request.json.';
    case 'notEnoughVotes':
      return 'its approvals are fewer than its rule asks for.';
    case 'batch':
      return 'it is not the target of its batch that it says it is, with the same digest and votes.';
    case 'shown':
      return `what was shown in round ${fault.round} does not have the digest that the audit names.`;
    case 'vote':
      return `the vote of ${visible(fault.by)} is not one that the audit has, over this digest, by somebody who was asked.`;
    case 'result':
      return `the audit names another result of command ${fault.index + 1} than the bundle.`;
  }
}
