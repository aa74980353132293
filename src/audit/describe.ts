import type { Result } from '../lib/result';
import { formatAnchor } from './anchor';
import type { ChainFault } from './chain';
import type { AuditFault, Verified } from './verify';

/** What the operator reads: what, where, and what to do next. */
export function describeVerification(
  verified: Result<Verified, readonly AuditFault[]>,
  { path, anchors }: { readonly path: string; readonly anchors: number },
): string {
  if (verified.ok) return describeWhole(verified.value, anchors);
  return [
    `The audit in ${path} does not hold:`,
    ...verified.error.map((fault) => `- ${describeFault(fault)}`),
    whatNext(verified.error),
  ].join('\n');
}

function describeWhole({ head, confirmed }: Verified, anchors: number): string {
  const whole = `The audit holds: ${entries(head.seq)}, each one unedited, in its place, and none missing between them.`;
  const end =
    confirmed === null
      ? 'No anchor was given, so this does not show that the end was not cut off, nor that the chain was not built anew. Give the newest line that the bot posted with --anchor.'
      : `${anchors === 1 ? 'The anchor fits' : `All ${anchors} anchors fit`}: up to entry ${confirmed.seq} nothing was cut off or built anew${confirmed.seq < head.seq ? `; the ${entries(head.seq - confirmed.seq)} after it ${head.seq - confirmed.seq === 1 ? 'has' : 'have'} no anchor yet` : ''}.`;
  return [whole, end, `Its head now, to keep elsewhere: ${formatAnchor(head)}`].join('\n');
}

function describeFault(fault: AuditFault): string {
  switch (fault.type) {
    case 'chain':
      return describeChainFault(fault);
    case 'rowsBeside':
      return `${Math.abs(fault.count)} ${fault.count === 1 ? 'entry stands' : 'entries stand'} in the table and not in the chain: written by something else than this program.`;
    case 'headDiffers':
      return fault.recorded.seq > fault.last.seq
        ? `The end was cut off: the database notes ${entries(fault.recorded.seq)}, and the last one there is number ${fault.last.seq}.`
        : `The database notes another last entry (number ${fault.recorded.seq}) than there is (number ${fault.last.seq}): one of the two was changed by hand.`;
    case 'anchorMissing':
      return `Entry ${fault.anchor.seq}, which an anchor vouches for, is not there: the last one is number ${fault.last.seq}. The end was cut off, or this copy is older than the anchor.`;
    case 'anchorDiffers':
      return `Entry ${fault.anchor.seq} is not the one that the anchor vouches for (${fault.anchor.hash}) but ${fault.found}: the chain was built anew from there or from before.`;
  }
}

function describeChainFault({ seq, problem }: ChainFault): string {
  switch (problem) {
    case 'missing':
      return `Entry ${seq} is missing: it was deleted, or entries were moved, doubled or put in between.`;
    case 'unlinked':
      return `Entry ${seq} does not continue the one before it: one of the two was exchanged.`;
    case 'edited':
      return `Entry ${seq} is not what was written: its content or its hash was changed.`;
  }
}

function whatNext(faults: readonly AuditFault[]): string {
  const first = faults.find((fault) => fault.type === 'chain');
  const trusted = first === undefined ? '' : ` Entries 1 to ${first.seq - 1} still hold together.`;
  const onlyMissing = faults.every((fault) => fault.type === 'anchorMissing');
  const older = onlyMissing
    ? ' First rule out an old copy: make a new one, together with the -wal file beside it, and verify that.'
    : '';
  return `${trusted}${older} Keep this file and the database as they are, compare with a backup and with the copies in your SIEM, and find out who could write to the database.`.trim();
}

const entries = (count: number): string => `${count} ${count === 1 ? 'entry' : 'entries'}`;
