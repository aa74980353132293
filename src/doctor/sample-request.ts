import type { KeptResult } from '../evidence/keep-result';
import { minutes } from '../lib/clock';
import type { Command } from '../request/ask/command';
import type {
  CommandProgress,
  Device,
  Digest,
  LibraryFile,
  LiveResponseRequest,
  Person,
  RequestId,
} from '../request/request';
import type { Review } from '../request/review';

/** A request that nobody made, on a device that there is not, with ids that no tenant has. */
export interface Sample {
  readonly requests: readonly LiveResponseRequest[];
  readonly device: Device;
  readonly library: readonly LibraryFile[];
  readonly requester: Person;
  readonly names: ReadonlyMap<string, string>;
  readonly result: KeptResult;
  readonly review: Review;
}

const person = (name: string, digit: string): Person => ({
  id: `00000000-0000-4000-8000-00000000000${digit}`,
  tenantId: '00000000-0000-4000-8000-000000000000',
  name,
});
const asker = person('Sample Analyst', '1');
const approver = person('Sample Approver', '2');

const device: Device = {
  machineId: '0'.repeat(40),
  name: 'sample-device.example.com',
  entraDeviceId: null,
  osPlatform: 'Windows11',
  healthStatus: 'Active',
  riskScore: 'Low',
  deviceValue: 'Normal',
  groupName: 'Samples',
  tags: ['sample'],
  lastSeen: null,
  lastIpAddress: '192.0.2.1',
};

const commands: readonly Command[] = [
  { type: 'PutFile', fileName: 'sample.zip' },
  { type: 'RunScript', scriptName: 'sample.ps1', args: 'argument' },
  { type: 'GetFile', path: 'C:\\Windows\\Temp\\sample.txt' },
];

const file = (fileName: string, digit: string): LibraryFile => ({
  fileName,
  sha256: digit.repeat(64),
  description: 'A file that is in no library',
  createdBy: null,
  lastUpdatedTime: null,
  hasParameters: true,
  parametersDescription: null,
});
const library = [file('sample.zip', 'a'), file('sample.ps1', 'b')];

/** One request in each state that a card looks different in, seen at `now`. */
export function createSample(now: number): Sample {
  const rule = 'sample rule';
  const base = {
    id: 'LR-0000' as RequestId,
    tenantId: asker.tenantId,
    requester: asker,
    device,
    commands,
    library,
    reason: 'A sample, to see that this conversation shows cards',
    policyVersion: '00000000',
    bar: {
      rule,
      approvalsNeeded: 1,
      seats: [{ group: 'approvers', count: 0 }],
      because: [{ type: 'rule', rule, approvals: 1 } as const],
      escalateIds: [],
      breakGlassIds: [],
      ownerIds: [],
      reasonPattern: null,
    },
    requesterKey: asker.id,
    approverIds: [approver.id],
    decideWithinMs: minutes(30),
    startWithinMs: minutes(120),
    round: 1,
    emergency: null,
    digest: '0'.repeat(64) as Digest,
    conversationId: 'sample',
    createdAt: now - minutes(5),
    askedAtDefender: null,
  };
  const vote = {
    by: approver,
    personKey: approver.id,
    groups: ['approvers'],
    digest: base.digest,
    decision: 'approve',
    reason: null,
    at: now - minutes(4),
  } as const;
  const decided = { ...base, votes: [vote], approvedAt: now - minutes(4), startBy: now + minutes(116), decision: 1 };
  const sent = { ...decided, actionId: 'sample', submittedAt: now - minutes(3) };
  const progress = (done: number): readonly CommandProgress[] =>
    commands.map((_command, index) => ({
      index,
      status: index < done ? 'Completed' : 'Created',
      startedAt: null,
      endedAt: null,
      errors: [],
    }));
  const requests: readonly LiveResponseRequest[] = [
    { ...base, state: 'awaitingApproval', votes: [], decideBy: now + minutes(25), remindAt: now + minutes(10) },
    { ...decided, state: 'queued', notBefore: now, hold: null, attempts: 0 },
    { ...sent, state: 'pending', progress: progress(0), cancel: null },
    { ...sent, state: 'running', runningSince: now - minutes(2), progress: progress(1), cancel: null },
    { ...sent, state: 'succeeded', progress: progress(3), endedAt: now },
    { ...sent, state: 'failed', progress: progress(1), endedAt: now },
    { ...base, state: 'denied', votes: [{ ...vote, decision: 'deny', reason: 'A sample' }], endedAt: now },
  ];
  return {
    requests,
    device,
    library,
    requester: asker,
    names: new Map([[approver.id, approver.name]]),
    result,
    review: reviewAt(now),
  };
}

const result: KeptResult = {
  index: 1,
  command: 'RunScript',
  outcome: 'kept',
  rawSha256: 'c'.repeat(64),
  rawSize: 13,
  rawRelativePath: 'sample',
  exitCode: 0,
  output: 'A sample line',
  outputCut: false,
  outputLength: 13,
  errors: null,
  errorsCut: false,
  errorsLength: null,
  banner: null,
  file: null,
  problem: null,
};

const reviewAt = (now: number): Review => ({
  requestId: 'LR-0000' as RequestId,
  tenantId: asker.tenantId,
  rule: 'sample rule',
  incident: 'A sample',
  reason: 'A sample',
  openedAt: now - minutes(60),
  partakers: [asker.id, approver.id],
  opinions: [],
  closedAt: null,
});
