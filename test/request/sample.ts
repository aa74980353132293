import { hours, minutes } from '../../src/lib/clock';
import { type Command, commandToParams } from '../../src/request/ask/command';
import { digestOf, markerOf } from '../../src/request/ask/digest';
import { type Batch, courseAtFirst } from '../../src/request/batch/batch';
import type { ObservedAction, Terms } from '../../src/request/event';
import type {
  CommandProgress,
  Decision,
  Device,
  InState,
  LibraryFile,
  Person,
  RequestBase,
  RequestId,
  State,
  Vote,
} from '../../src/request/request';
import type { RequestBar } from '../../src/request/votes/bar';

const person = (id: string, name: string): Person => ({ id, tenantId: 'tenant-1', name });

/** Ana asks; Bob and Cleo are asked; Eve is a lead; Olga owns the rule; Dan has no part. `ana2` and `bob2` are second accounts. */
export const ana = person('id-ana', 'Ana Lyst');
export const ana2 = person('id-ana-2', 'Ana Lyst (admin)');
export const bob = person('id-bob', 'Bob Prover');
export const bob2 = person('id-bob-2', 'Bob Prover (admin)');
export const cleo = person('id-cleo', 'Cleo Prover');
export const dan = person('id-dan', 'Dan Stranger');
export const eve = person('id-eve', 'Eve Lead');
export const olga = person('id-olga', 'Olga Owner');

/** The same for all accounts of one person, as the policy's map of people says. */
export const keyOf = ({ id }: Pick<Person, 'id'>): string => id.replace(/-2$/, '');

const members: Readonly<Record<string, readonly string[]>> = {
  approvers: [ana2.id, bob.id, bob2.id, cleo.id],
  leads: [ana2.id, bob2.id, cleo.id, eve.id],
};
export const groupsOf = ({ id }: Pick<Person, 'id'>): readonly string[] =>
  Object.keys(members).filter((group) => members[group]?.includes(id));

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

export const bar: RequestBar = {
  rule: 'workstations',
  approvalsNeeded: 1,
  seats: [{ group: 'approvers', count: 0 }],
  because: [{ type: 'rule', rule: 'workstations', approvals: 1 }],
  escalateIds: [],
  breakGlassIds: [cleo.id, eve.id],
  ownerIds: [olga.id],
  reasonPattern: null,
};
export const needing = (approvalsNeeded: number): { readonly bar: RequestBar } => ({
  bar: { ...bar, approvalsNeeded },
});

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
  requester: ana,
  reason: 'INC-1042 credential theft triage',
  policyVersion: 'policy-7',
  bar,
  round: 1,
};

export const base: RequestBase = {
  ...bound,
  id: 'LR-7F3K' as RequestId,
  requesterKey: keyOf(ana),
  approverIds: [bob.id, cleo.id],
  decideWithinMs: hours(1),
  startWithinMs: hours(2),
  emergency: null,
  digest: digestOf(bound),
  conversationId: 'conversation-1',
  createdAt: 1_000_000,
  askedAtDefender: 1_000_000,
};

/** The instants of the samples below: asked, approved, sent, taken; `now` lies before every clock. */
export const createdAt = base.createdAt;
export const remindAt = createdAt + minutes(30);
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
  personKey: keyOf(by),
  groups: groupsOf(by),
  at: now,
  ...over,
});

/** What another policy asks of the same wish; the digest is that of the whole request under it. */
export const termsOf = (request: RequestBase, over: Partial<Omit<Terms, 'digest'>> = {}): Terms => {
  const { policyVersion, approverIds, decideWithinMs, startWithinMs } = request;
  const terms = { policyVersion, bar: request.bar, approverIds, decideWithinMs, startWithinMs, ...over };
  return { ...terms, digest: digestOf({ ...request, ...terms, round: request.round + 1 }) };
};

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
  comment: `${markerOf({ ...base, decision: 1 })} asked by Ana`,
  asked: commands.map((command) => ({ type: command.type, params: commandToParams(command) })),
  status,
  progress: commands.map((_, index) => progress(index)),
  cancellationRequestor: null,
  cancellationComment: null,
  ...over,
});

const another = (number: number): Device => ({
  ...base.device,
  machineId: `${number}`.padStart(40, '0'),
  name: `ws-${number + 100}.contoso.com`,
  entraDeviceId: null,
});

/** So many devices, of which the first goes first; stops at the third failure. */
export const batchOf = (size: number, over: Partial<Batch> = {}): Batch => ({
  devices: Array.from({ length: size }, (_, index) => another(index + 1)),
  canaries: 1,
  order: Array.from({ length: size }, (_, index) => index + 1),
  stopAt: 3,
  goOn: false,
  ...over,
});

const decided = { ...base, votes: [vote(bob)], approvedAt, startBy, decision: 1 };
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
  awaitingApproval: { ...base, state: 'awaitingApproval', votes: [], decideBy, remindAt },
  batchRunning: { ...decided, batch: batchOf(3), ...courseAtFirst, state: 'batchRunning' },
  batchEnded: {
    ...decided,
    batch: batchOf(3),
    ...courseAtFirst,
    state: 'batchEnded',
    outcomes: [{ number: 1, outcome: 'succeeded' }],
    endedAt: now,
  },
  queued: {
    ...decided,
    state: 'queued',
    notBefore: approvedAt,
    hold: null,
    attempts: 0,
  },
  submitting: { ...sent, state: 'submitting', hold: null },
  unknown: {
    ...sent,
    state: 'unknown',
    doubt: 'noAnswer',
    actionId: null,
    runningSince: null,
    progress: [],
    inDoubt: { since: sentAt, search: 1 },
    absentFrom: null,
    notListed: false,
    offer: null,
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
    seenWaitingAt: null,
    by: { type: 'foreign', requestor: 'SOC app' },
  },
  lapsed: { ...decided, state: 'lapsed', actionId: null, endedAt: now, seenWaitingAt: null },
  denied: { ...undecided, state: 'denied', votes: [vote(bob, 'deny')] },
  expired: { ...undecided, state: 'expired' },
  withdrawn: { ...undecided, state: 'withdrawn', by: ana, why: null },
  voided: { ...undecided, state: 'voided', changes: [{ type: 'policyChanged' }] },
  refused: { ...decided, state: 'refused', code: 'OsPlatformNotSupported', message: 'Not supported.', endedAt: now },
  unconfirmed: {
    ...decided,
    state: 'unconfirmed',
    inDoubt: { since: sentAt, search: 1 },
    intentAt: sentAt,
    doubt: 'noAnswer',
    actionId: null,
    runningSince: null,
    progress: [],
    notListed: true,
    because: { type: 'clock' },
    endedAt: now,
  },
};

/** Defender did not list it for the settle time: people are asked whether to send it once more. */
export const offered: InState<'unknown'> = {
  ...samples.unknown,
  absentFrom: sentAt,
  notListed: true,
  offer: { votes: [] },
};
