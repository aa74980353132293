import { hours, minutes } from '../../src/lib/clock';
import type { Command } from '../../src/request/command';
import { digestOf } from '../../src/request/digest';
import type { ObservedAction } from '../../src/request/event';
import type {
  CommandProgress,
  Decision,
  InState,
  LibraryFile,
  Person,
  RequestBase,
  RequestId,
  State,
  Vote,
} from '../../src/request/request';
import { firstLookMs, settleMs } from '../../src/request/transition';

const person = (id: string, name: string): Person => ({ id, tenantId: 'tenant-1', name });

export const ana = person('id-ana', 'Ana Lyst');
export const bob = person('id-bob', 'Bob Prover');
export const cleo = person('id-cleo', 'Cleo Prover');
export const dan = person('id-dan', 'Dan Stranger');

export const libraryFile = (fileName: string, digit: string): LibraryFile => ({
  fileName,
  sha256: digit.repeat(64),
  description: null,
  createdBy: null,
  lastUpdatedTime: null,
  hasParameters: false,
  parametersDescription: null,
});

/** The seed page's example with a file put first and a second file collected. */
export const commands: readonly Command[] = [
  { type: 'PutFile', fileName: 'procdump.zip' },
  { type: 'RunScript', scriptName: 'minidump.ps1', args: 'OfficeClickToRun' },
  { type: 'GetFile', path: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip' },
  { type: 'GetFile', path: 'C:\\windows\\TEMP\\minidump.log' },
];

const bound = {
  tenantId: 'tenant-1',
  device: {
    machineId: '1e5bc9d7e413ddd7902c2932e418702b84d0cc07',
    name: 'ws-042.contoso.com',
    entraDeviceId: '80fe8ff8-2624-418e-9591-41f0491218f9',
    osPlatform: 'Windows11',
    healthStatus: 'Active',
    riskScore: 'Medium',
    deviceValue: 'Normal',
    groupName: 'Workstations',
    tags: ['Finance'],
    lastSeen: '2026-03-01T10:00:00Z',
    lastIpAddress: '10.0.0.42',
  },
  commands,
  library: [libraryFile('procdump.zip', 'a'), libraryFile('minidump.ps1', 'b')],
  reason: 'INC-1042 credential theft triage',
  policyVersion: 'policy-7',
};

export const base: RequestBase = {
  ...bound,
  id: 'LR-7F3K' as RequestId,
  requester: ana,
  approvalsNeeded: 1,
  approverIds: [bob.id, cleo.id],
  startWithinMs: hours(2),
  digest: digestOf(bound),
  conversationId: 'conversation-1',
  createdAt: 1_000_000,
};

/** The instants of the samples below: asked, approved, sent, taken; `now` lies before every clock. */
export const createdAt = base.createdAt;
export const decideBy = createdAt + hours(1);
export const approvedAt = createdAt + minutes(10);
export const startBy = approvedAt + hours(2);
export const sentAt = approvedAt + minutes(1);
export const now = approvedAt + minutes(5);

export const vote = (by: Person, decision: Decision = 'approve', over: Partial<Vote> = {}): Vote => ({
  by,
  decision,
  digest: base.digest,
  reason: decision === 'deny' ? 'not on this device' : null,
  at: now,
  ...over,
});

export const progress = (index: number, status = 'Created', over: Partial<CommandProgress> = {}): CommandProgress => ({
  index,
  status,
  startedAt: null,
  endedAt: null,
  errors: [],
  ...over,
});

export const action = (status: ObservedAction['status'], over: Partial<ObservedAction> = {}): ObservedAction => ({
  actionId: 'action-1',
  status,
  progress: commands.map((_, index) => progress(index)),
  cancellationRequestor: null,
  cancellationComment: null,
  ...over,
});

const decided = { ...base, votes: [vote(bob)], approvedAt, startBy };
const sent = { ...decided, attempts: 1, intentAt: sentAt, cancel: null };
const atDefender = {
  ...decided,
  actionId: 'action-1',
  submittedAt: sentAt,
  progress: action('Pending').progress,
};
const over = { ...atDefender, endedAt: now };
const undecided = { ...base, votes: [], endedAt: now };

/** One request in every state. */
export const samples: { readonly [S in State]: InState<S> } = {
  awaitingApproval: { ...base, state: 'awaitingApproval', votes: [], decideBy },
  queued: {
    ...decided,
    state: 'queued',
    notBefore: approvedAt,
    hold: null,
    attempts: 0,
    everUnclear: false,
  },
  submitting: { ...sent, state: 'submitting', everUnclear: false, hold: null },
  unknown: {
    ...sent,
    state: 'unknown',
    doubt: 'noAnswer',
    actionId: null,
    runningSince: null,
    progress: [],
    settleAt: sentAt + firstLookMs + settleMs,
    lookUps: 0,
    toldAt: null,
  },
  pending: { ...atDefender, state: 'pending', cancel: null },
  running: { ...atDefender, state: 'running', cancel: null, runningSince: sentAt + 1 },
  succeeded: { ...over, state: 'succeeded' },
  failed: { ...over, state: 'failed' },
  timedOut: { ...over, state: 'timedOut' },
  cancelled: {
    ...decided,
    state: 'cancelled',
    actionId: 'action-1',
    endedAt: now,
    progress: atDefender.progress,
    mayHaveActed: true,
    by: { type: 'foreign', requestor: 'SOC app' },
  },
  lapsed: { ...decided, state: 'lapsed', actionId: null, endedAt: now },
  denied: { ...undecided, state: 'denied', votes: [vote(bob, 'deny')] },
  expired: { ...undecided, state: 'expired' },
  withdrawn: { ...undecided, state: 'withdrawn', by: ana, why: null },
  voided: { ...undecided, state: 'voided', changes: [{ type: 'policyChanged' }] },
  refused: { ...decided, state: 'refused', code: 'OsPlatformNotSupported', message: 'Not supported.', endedAt: now },
};
