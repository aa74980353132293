import type { KeptResult } from '../../src/evidence/keep-result';
import type { Command } from '../../src/request/ask/command';
import type { Finding } from '../../src/request/ask/preflight';
import { type Batch, courseAtFirst } from '../../src/request/batch/batch';
import type { News } from '../../src/request/effect';
import type {
  CancelWish,
  CommandProgress,
  Device,
  Digest,
  Emergency,
  LibraryFile,
  LiveResponseRequest,
  Person,
  Question,
  RequestBase,
  RequestId,
  State,
} from '../../src/request/request';
import type { Review } from '../../src/request/review';
import type { RequestBar } from '../../src/request/votes/bar';
import type { QueuePlace, RequestView } from '../../src/thread/kit/view';

export const noon = Date.UTC(2026, 2, 3, 12, 0, 0);
const minute = 60_000;

/** Everything that a person, a device, the library or Defender may write; what it would do if a client evaluated it: a link, bold text, a date, a mention, reversed text. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: a client or a template must not evaluate it either
export const marker = '[x](http://evil) **b** {{DATE(2026-01-01T10:00:00Z,SHORT)}} <at>x</at> ${title} \u202egnp';

/** Texts from outside: harmless ones, or the same with the marker in each. */
export type Outside = (text: string) => string;
export const harmless: Outside = (text) => text;
export const hostile: Outside = (text) => `${text} ${marker}`;

export const person = (name: string, outside: Outside = harmless): Person => ({
  id: `00000000-0000-4000-8000-${Buffer.from(name.padEnd(6)).toString('hex').slice(0, 12)}`,
  tenantId: '11111111-0000-4000-8000-000000000000',
  name: outside(name),
});

export const makeDevice = (outside: Outside = harmless, over: Partial<Device> = {}): Device => ({
  machineId: '4899036531e374137f63289c3267bad772c13fef',
  name: outside('ws-042.contoso.com'),
  entraDeviceId: '22222222-0000-4000-8000-000000000000',
  osPlatform: outside('Windows11'),
  healthStatus: 'Active',
  riskScore: outside('Medium'),
  deviceValue: outside('Normal'),
  groupName: outside('Workstations'),
  tags: [outside('floor-3')],
  lastSeen: '2026-03-03T09:58:00.1234567Z',
  lastIpAddress: outside('10.1.2.3'),
  ...over,
});

export const makeFile = (
  fileName: string,
  outside: Outside = harmless,
  over: Partial<LibraryFile> = {},
): LibraryFile => ({
  fileName: outside(fileName),
  sha256: fileName.startsWith('p')
    ? 'fa70b87730290c0d30fe255d1dfb65de82f96286ebfeeb1d88ed3cc831329825'
    : '6e212a0db618507c44e4ec8ee7499dfef7e5767e5f8d31144df3b96fd1145caf',
  description: outside('Dumps the memory of a process'),
  createdBy: outside('lib-admin'),
  lastUpdatedTime: '2025-11-20T08:00:00Z',
  hasParameters: true,
  parametersDescription: outside('process name'),
  ...over,
});

export const makeCommands = (outside: Outside = harmless): readonly Command[] => [
  { type: 'PutFile', fileName: outside('procdump.zip') },
  { type: 'RunScript', scriptName: outside('minidump.ps1'), args: outside('OfficeClickToRun') },
  { type: 'GetFile', path: outside('C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip') },
];

export const makeBar = (outside: Outside = harmless, over: Partial<RequestBar> = {}): RequestBar => ({
  rule: outside('workstations'),
  approvalsNeeded: 2,
  seats: [
    { group: outside('ir-leads'), count: 1 },
    { group: outside('platform'), count: 1 },
  ],
  because: [{ type: 'rule', rule: outside('workstations'), approvals: 2 }],
  escalateIds: [],
  breakGlassIds: [person('Di').id, person('Eve').id],
  ownerIds: [person('Fay').id],
  reasonPattern: null,
  ...over,
});

export const makeEmergency = (outside: Outside = harmless): Emergency => ({
  by: person('Bo', outside),
  reason: outside('Ransomware is spreading'),
  incident: outside('INC-1042'),
  at: noon + 4 * minute,
});

export function makeBase(outside: Outside = harmless, over: Partial<RequestBase> = {}): RequestBase {
  return {
    id: 'LR-7F3K' as RequestId,
    tenantId: '11111111-0000-4000-8000-000000000000',
    requester: person('Ana', outside),
    device: makeDevice(outside),
    commands: makeCommands(outside),
    library: [makeFile('procdump.zip', outside), makeFile('minidump.ps1', outside)],
    reason: outside('INC-1042 credential theft triage'),
    policyVersion: outside('7b1e0c55'),
    bar: makeBar(outside),
    requesterKey: person('Ana').id,
    approverIds: [person('Bo').id, person('Cy').id, person('Di').id],
    decideWithinMs: 30 * minute,
    startWithinMs: 120 * minute,
    round: 1,
    emergency: null,
    digest: '3f9a21c0ab12d4e56f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6' as Digest,
    conversationId: '19:abc@thread.tacv2;messageid=1',
    createdAt: noon,
    askedAtDefender: noon,
    ...over,
  };
}

/** Three devices, of which the first goes first. */
export const makeBatch = (outside: Outside = harmless): Batch => ({
  devices: [1, 2, 3].map((number) => ({
    ...makeDevice(outside),
    machineId: `${number}`.padStart(40, '0'),
    name: outside(`ws-10${number}`),
  })),
  canaries: 1,
  order: [1, 2, 3],
  stopAt: 3,
  goOn: false,
});

const progress = (statuses: readonly string[], errors: readonly string[] = []): readonly CommandProgress[] =>
  statuses.map((status, index) => ({
    index,
    status,
    startedAt: status === 'Created' ? null : new Date(noon + (10 + index) * minute).toISOString(),
    endedAt:
      status === 'Completed' || status === 'Failed'
        ? new Date(noon + (10 + index) * minute + 42_000).toISOString()
        : null,
    errors: status === 'Failed' ? errors : [],
  }));

/** One request in each state, and where a state has several ways of looking, each of them. */
export function makeRequests(
  outside: Outside = harmless,
  over: Partial<RequestBase> = {},
): Readonly<Record<string, LiveResponseRequest>> {
  const base = makeBase(outside, over);
  const { digest } = base;
  const [leads = '', platform = ''] = base.bar.seats.map(({ group }) => group);
  const cast = (name: string, group: string) => ({
    by: person(name, outside),
    personKey: person(name).id,
    groups: [group],
    digest,
  });
  const bo = { ...cast('Bo', leads), decision: 'approve', reason: null, at: noon + 3 * minute } as const;
  const cy = { ...cast('Cy', platform), decision: 'approve', reason: null, at: noon + 5 * minute } as const;
  const denial = {
    ...cast('Cy', platform),
    decision: 'deny',
    reason: outside('The ticket names another device'),
    at: noon + 5 * minute,
  } as const;
  const votes = [bo, cy];
  const decided = { ...base, votes, approvedAt: noon + 5 * minute, startBy: noon + 125 * minute, decision: 1 };
  const wish: CancelWish = { by: person('Ana', outside), reason: outside('wrong device'), at: noon + 11 * minute };
  const clockWish: CancelWish = { by: null, reason: null, at: noon + 125 * minute };
  const queued = { ...decided, state: 'queued', notBefore: noon, hold: null, attempts: 0 } as const;
  const submitting = {
    ...decided,
    state: 'submitting',
    attempts: 1,
    intentAt: noon + 6 * minute,
    hold: null,
    cancel: null,
  } as const;
  const unknown = {
    ...decided,
    state: 'unknown',
    attempts: 1,
    intentAt: noon + 6 * minute,
    doubt: 'noAnswer',
    actionId: null,
    inDoubt: { since: noon + 6 * minute, search: 1 },
    absentFrom: null,
    notListed: false,
    offer: null,
    toldAt: null,
    cancel: null,
    runningSince: null,
    progress: [],
  } as const;
  const unconfirmed = {
    ...decided,
    state: 'unconfirmed',
    inDoubt: { since: noon + 6 * minute, search: 1 },
    intentAt: noon + 6 * minute,
    doubt: 'noAnswer',
    actionId: null,
    runningSince: null,
    progress: [],
    notListed: true,
    because: { type: 'clock' },
    endedAt: noon + 125 * minute,
  } as const;
  const action = { actionId: 'a-1', submittedAt: noon + 6 * minute };
  const pending = {
    ...decided,
    ...action,
    state: 'pending',
    progress: progress(['Created', 'Created', 'Created']),
    cancel: null,
  } as const;
  const running = {
    ...decided,
    ...action,
    state: 'running',
    runningSince: noon + 10 * minute,
    progress: progress(['Completed', 'InProgress', 'Created']),
    cancel: null,
  } as const;
  const endedAt = noon + 14 * minute;
  const all = progress(['Completed', 'Completed', 'Completed']);
  const cancelled = {
    ...decided,
    state: 'cancelled',
    actionId: 'a-1',
    endedAt,
    progress: progress(['Completed', 'Created', 'Created']),
    mayHaveActed: true,
    by: { type: 'wish', wish },
  } as const;
  const awaiting = {
    ...base,
    state: 'awaitingApproval',
    votes: [],
    decideBy: noon + 30 * minute,
    remindAt: noon + 15 * minute,
  } as const;
  return {
    awaitingApproval: awaiting,
    'awaitingApproval, one vote': { ...awaiting, votes: [bo] },
    'awaitingApproval, a note and a question': {
      ...awaiting,
      votes: [{ ...bo, reason: outside('checked with the owner') }],
      questions: [makeQuestion(outside)],
    },
    'awaitingApproval, asked again': { ...awaiting, round: 2 },
    'awaitingApproval, second list': {
      ...awaiting,
      bar: {
        ...base.bar,
        seats: [...base.bar.seats, { group: outside('managers'), count: 0 }],
        escalateIds: [person('Di').id],
      },
    },
    'awaitingApproval, reasons to look twice': {
      ...awaiting,
      bar: {
        ...base.bar,
        approvalsNeeded: 5,
        because: [
          ...base.bar.because,
          { type: 'scriptChanged', fileNames: [outside('minidump.ps1')], added: 1 },
          { type: 'oddArgs', indexes: [1], added: 1 },
          { type: 'tier0', added: 1 },
        ],
      },
    },
    'awaitingApproval, break-glass': {
      ...awaiting,
      round: 2,
      emergency: makeEmergency(outside),
      approverIds: base.bar.breakGlassIds,
      bar: { ...base.bar, approvalsNeeded: 1, seats: [{ group: outside('ir-leads'), count: 1 }] },
    },
    'queued, break-glass': { ...queued, emergency: makeEmergency(outside) },
    queued,
    'queued, device busy': { ...queued, hold: { type: 'deviceBusy' } },
    'queued, rate limited': { ...queued, hold: { type: 'rateLimited' } },
    'queued, sessions full': { ...queued, hold: { type: 'sessionsFull' } },
    'queued, check failed': { ...queued, hold: { type: 'checkFailed', code: outside('defender.unreachable') } },
    submitting,
    'submitting, cancel asked': { ...submitting, cancel: wish },
    unknown,
    'unknown, told': { ...unknown, toldAt: noon + 16 * minute },
    'unknown, vanished': {
      ...unknown,
      doubt: 'vanished',
      actionId: 'a-1',
      runningSince: noon + 10 * minute,
      progress: running.progress,
      cancel: wish,
    },
    'unknown, the database was restored': { ...unknown, doubt: 'restored' },
    'unknown, to be read again': { ...unknown, doubt: 'unread', actionId: 'a-1' },
    'unknown, other commands': { ...unknown, doubt: 'otherCommands', actionId: outside('a-9') },
    'unknown, offered': { ...unknown, absentFrom: noon, notListed: true, offer: { votes: [] } },
    'unknown, one for sending it once more': { ...unknown, absentFrom: noon, notListed: true, offer: { votes: [bo] } },
    unconfirmed,
    'unconfirmed, left': {
      ...unconfirmed,
      because: { type: 'left', by: person('Bo', outside), reason: outside('seen in the portal') },
    },
    'unconfirmed, cancelled': { ...unconfirmed, because: { type: 'cancelled', wish } },
    'unconfirmed, changed': { ...unconfirmed, because: { type: 'changed', changes: [{ type: 'policyChanged' }] } },
    'unconfirmed, refused': {
      ...unconfirmed,
      because: { type: 'refused', code: outside('DisallowedOperation'), message: '' },
    },
    'unconfirmed, the database was restored': { ...unconfirmed, doubt: 'restored' },
    'unconfirmed, unreadable': { ...unconfirmed, notListed: false },
    'unconfirmed, other commands': { ...unconfirmed, doubt: 'otherCommands', actionId: 'a-9' },
    'running, twice': {
      ...running,
      decision: 2,
      inDoubt: { since: noon + 6 * minute, search: 2 },
      others: [{ actionId: outside('a-2'), status: outside('InProgress'), begun: true }],
    },
    'pending, the other cancelled': {
      ...pending,
      decision: 2,
      inDoubt: { since: noon + 6 * minute, search: 2 },
      others: [{ actionId: 'a-2', status: 'Cancelled', begun: false }],
    },
    'unknown, vanished before the device': { ...unknown, doubt: 'vanished', actionId: 'a-1' },
    pending,
    'pending, cancel asked': { ...pending, cancel: wish },
    'pending, start clock': { ...pending, cancel: clockWish },
    'pending, cancel refused': { ...pending, cancel: { ...wish, refused: true } },
    running,
    'running, cancel asked': { ...running, cancel: wish },
    'running, all ended': { ...running, progress: all },
    'running, one failed': { ...running, progress: progress(['Completed', 'Failed', 'Created']) },
    'running, odd status': { ...running, progress: progress(['Completed', outside('Paused'), 'Created']) },
    succeeded: { ...decided, ...action, state: 'succeeded', endedAt, progress: all },
    'succeeded, no word about commands': { ...decided, ...action, state: 'succeeded', endedAt, progress: [] },
    failed: {
      ...decided,
      ...action,
      state: 'failed',
      endedAt,
      progress: progress(['Completed', 'Failed', 'Created'], [outside('Script execution failed')]),
    },
    'failed, nobody knows where': { ...decided, ...action, state: 'failed', endedAt, progress: [] },
    'failed, no reason given': {
      ...decided,
      ...action,
      state: 'failed',
      endedAt,
      progress: progress(['Completed', 'Failed', 'Created']),
    },
    timedOut: {
      ...decided,
      ...action,
      state: 'timedOut',
      endedAt,
      progress: progress(['Completed', 'InProgress', 'Created']),
    },
    'timed out, cancelled too late': {
      ...decided,
      ...action,
      state: 'timedOut',
      endedAt,
      progress: progress(['Completed', 'InProgress', 'Created']),
      cancel: { ...wish, refused: true },
    },
    cancelled,
    'cancelled before it was sent': { ...cancelled, actionId: null, progress: [], mayHaveActed: false },
    'cancelled before the device': {
      ...cancelled,
      progress: progress(['Created', 'Created', 'Created']),
      seenWaitingAt: noon + 12 * minute,
    },
    'cancelled by the clock': { ...cancelled, by: { type: 'wish', wish: clockWish } },
    'cancelled by a stranger': { ...cancelled, by: { type: 'foreign', requestor: outside('someone@contoso.com') } },
    'cancelled by nobody named': { ...cancelled, by: { type: 'foreign', requestor: null } },
    lapsed: { ...decided, state: 'lapsed', actionId: null, endedAt: noon + 125 * minute },
    'lapsed at Defender': {
      ...decided,
      state: 'lapsed',
      actionId: 'a-1',
      endedAt: noon + 125 * minute,
      seenWaitingAt: noon + 120 * minute,
    },
    denied: {
      ...base,
      state: 'denied',
      votes: [bo, denial],
      questions: [makeQuestion(outside)],
      endedAt: noon + 5 * minute,
    },
    expired: { ...base, state: 'expired', votes: [bo], endedAt: noon + 30 * minute },
    withdrawn: {
      ...base,
      state: 'withdrawn',
      votes: [],
      by: person('Ana', outside),
      why: outside('typo'),
      endedAt: noon + 2 * minute,
    },
    'withdrawn by an approver': {
      ...base,
      state: 'withdrawn',
      votes: [],
      by: person('Bo', outside),
      why: outside('wrong host'),
      endedAt: noon + 2 * minute,
    },
    voided: {
      ...base,
      state: 'voided',
      votes,
      changes: [
        { type: 'policyChanged' },
        {
          type: 'libraryFileChanged',
          fileName: outside('minidump.ps1'),
          was: '6e212a0db618507c44e4ec8ee7499dfe',
          now: 'd0f3e3b0641dbf88ee39c822516e81a9',
        },
        { type: 'libraryFileGone', fileName: outside('procdump.zip') },
        { type: 'deviceChanged', field: 'name' },
        { type: 'deviceChanged', field: 'entraDeviceId' },
        { type: 'deviceChanged', field: 'group' },
        { type: 'deviceChanged', field: 'tags' },
        { type: 'mayNotAskAnyMore' },
        { type: 'voterLostRight', voter: person('Bo', outside) },
        { type: 'deviceGone' },
      ],
      endedAt: noon + 8 * minute,
    },
    refused: {
      ...decided,
      state: 'refused',
      code: 'DisallowedOperation',
      message: outside('This device has no automation level assigned to it.'),
      endedAt: noon + 7 * minute,
    },
    batchRunning: { ...decided, batch: makeBatch(outside), ...courseAtFirst, state: 'batchRunning' },
    batchEnded: {
      ...decided,
      batch: makeBatch(outside),
      ...courseAtFirst,
      state: 'batchEnded',
      outcomes: [
        { number: 1, outcome: 'succeeded' },
        { number: 2, outcome: 'nonZero' },
      ],
      endedAt: noon + 30 * minute,
    },
    'refused, odd code': {
      ...decided,
      state: 'refused',
      code: outside('SomethingNew'),
      message: '',
      endedAt: noon + 7 * minute,
    },
  } satisfies Readonly<Record<State | (string & {}), LiveResponseRequest>>;
}

export const place: QueuePlace = { position: 3, of: 7, expectedAt: noon + 12 * minute, waitsFor: 'slot' };

export const makeView = (request: LiveResponseRequest, over: Partial<RequestView> = {}): RequestView => ({
  request,
  results: [],
  queue: request.state === 'queued' ? place : null,
  now: noon + 15 * minute,
  names: new Map(['Bo', 'Cy', 'Di', 'Eve', 'Fay'].map((name) => [person(name).id, name])),
  pause: null,
  trial: false,
  ...over,
});

export const scriptResult = (outside: Outside = harmless, over: Partial<KeptResult> = {}): KeptResult => ({
  index: 1,
  command: 'RunScript',
  outcome: 'kept',
  rawSha256: 'ab'.repeat(32),
  rawSize: 512,
  rawRelativePath: 'LR-7F3K/ab',
  exitCode: 0,
  output: outside('Dump written\n  Name     PID\n\tnotepad\t42'),
  outputCut: false,
  outputLength: 40,
  errors: null,
  errorsCut: false,
  errorsLength: null,
  banner: outside('Transcript started'),
  file: null,
  problem: null,
  ...over,
});

export const fileResult = (outside: Outside = harmless, over: Partial<KeptResult> = {}): KeptResult =>
  scriptResult(outside, {
    index: 2,
    command: 'GetFile',
    exitCode: null,
    output: null,
    outputLength: null,
    banner: null,
    rawSize: 1_048_576,
    file: {
      sha256: 'cd'.repeat(32),
      size: 10_485_760,
      relativePath: 'LR-7F3K/cd',
      name: outside('OfficeClickToRun.dmp'),
    },
    ...over,
  });

/** A question that was answered; `answer: null` for one that was not. */
export const makeQuestion = (outside: Outside = harmless, over: Partial<Question> = {}): Question => ({
  number: 1,
  by: person('Bo', outside),
  text: outside('Which account does it read?'),
  at: noon + minute,
  answer: { by: person('Ana', outside), text: outside('svc-backup'), at: noon + 2 * minute },
  ...over,
});

export function makeNews(outside: Outside = harmless): readonly News[] {
  return [
    { type: 'voteCounted', by: person('Bo', outside), still: 1 },
    { type: 'approved', by: [person('Bo', outside), person('Cy', outside)] },
    { type: 'denied', by: person('Cy', outside), reason: outside('The ticket names another device') },
    { type: 'expired' },
    { type: 'questionAsked', question: makeQuestion(outside, { answer: null }) },
    { type: 'questionAnswered', question: makeQuestion(outside) },
    { type: 'reminded', missing: 2, escalated: 0 },
    { type: 'reminded', missing: 1, escalated: 1 },
    {
      type: 'askedAgain',
      because: [{ type: 'policyChanged' }, { type: 'voterLostRight', voter: person('Bo', outside) }],
    },
    { type: 'brokeGlass', emergency: makeEmergency(outside) },
    { type: 'withdrawn', by: person('Ana', outside), reason: null },
    { type: 'voided', changes: [{ type: 'libraryFileGone', fileName: outside('minidump.ps1') }] },
    { type: 'held', hold: { type: 'deviceBusy' } },
    { type: 'stillHeld' },
    { type: 'started' },
    {
      type: 'commandFailed',
      progress: {
        index: 1,
        status: 'Failed',
        startedAt: null,
        endedAt: null,
        errors: [outside('Script execution failed')],
      },
    },
    { type: 'commandFailed', progress: { index: 1, status: 'Failed', startedAt: null, endedAt: null, errors: [] } },
    { type: 'cancelAsked', by: person('Ana', outside), reason: outside('wrong device') },
    { type: 'cancelRefused', code: outside('BadRequest') },
    { type: 'unclear', doubt: 'noAnswer' },
    { type: 'unclear', doubt: 'vanished' },
    { type: 'unclear', doubt: 'restored' },
    { type: 'unclear', doubt: 'otherCommands' },
    { type: 'found' },
    { type: 'foundAnother', action: { actionId: outside('a-2'), status: outside('InProgress'), begun: true } },
    { type: 'foundAnother', action: { actionId: 'a-2', status: 'Pending', begun: false, altered: true } },
    { type: 'notListed' },
    { type: 'resendVoteCounted', by: person('Bo', outside), still: 1 },
    { type: 'resendApproved', by: [person('Bo', outside), person('Cy', outside)] },
    { type: 'cannotTell' },
    {
      type: 'changedDuringRun',
      changes: [{ type: 'libraryFileGone', fileName: outside('minidump.ps1') }],
    },
    { type: 'ended' },
  ];
}

export const makePause = (outside: Outside = harmless) => ({
  by: person('Cy', outside),
  reason: outside('Defender misbehaves'),
  at: noon + 2 * minute,
});

export const makeReview = (outside: Outside = harmless, over: Partial<Review> = {}): Review => ({
  requestId: 'LR-7F3K' as RequestId,
  tenantId: '11111111-0000-4000-8000-000000000000',
  rule: outside('workstations'),
  incident: outside('INC-1042'),
  reason: outside('Ransomware is spreading'),
  openedAt: noon,
  partakers: [person('Ana').id, person('Bo').id],
  opinions: [
    {
      by: person('Cy', outside),
      personKey: person('Cy').id,
      verdict: 'accept',
      because: outside('It stopped the spread'),
      at: noon + 60 * minute,
    },
  ],
  closedAt: null,
  ...over,
});

/** One of each kind, as far as a kind has several ways of looking each of them. */
export const makeFindings = (outside: Outside = harmless): readonly Finding[] => {
  const before = { type: 'refusedBefore', requestId: 'LR-4KQ7' as RequestId, at: noon - 90 * minute } as const;
  return [
    { type: 'unsupportedPlatform', platform: outside('iOS') },
    { type: 'notOnboarded', status: outside('CanBeOnboarded') },
    { type: 'sensorUnhealthy', status: outside('Inactive') },
    { type: 'longSilent', at: noon - 9 * 24 * 60 * minute, forMs: 9 * 24 * 60 * minute },
    { ...before, code: 'DisallowedOperation', group: outside('Kiosks') },
    { ...before, code: 'DisallowedOperation', group: null },
    { ...before, code: 'OsPlatformNotSupported', group: null },
    { ...before, code: 'ClientVersionNotSupported', group: null },
    { type: 'argsNotTaken', index: 1, fileName: outside('collect-logs.ps1') },
    { type: 'argsExpected', index: 1, fileName: outside('minidump.ps1'), parameters: outside('process name') },
    { type: 'argsExpected', index: 1, fileName: outside('minidump.ps1'), parameters: null },
    { type: 'parenthesesInArgs', index: 1 },
    { type: 'scriptOfOtherSystem', index: 1, name: outside('collect-logs.ps1'), platform: outside('Linux') },
    { type: 'notAScript', index: 1, name: outside('procdump.zip'), platform: outside('Linux') },
    { type: 'pathOfOtherSystem', index: 2, name: outside('/etc/passwd'), platform: outside('Windows11') },
    { type: 'sameIsOpen', requestId: 'LR-4KQ7' as RequestId, state: 'running' },
    { type: 'deviceTaken', requestIds: ['LR-4KQ7' as RequestId, 'LR-9WX2' as RequestId] },
    { type: 'deviceWanted', requestIds: ['LR-2QBC' as RequestId] },
    { type: 'deviceWanted', requestIds: ['LR-2QBC' as RequestId, 'LR-9WX2' as RequestId] },
    { type: 'queueTooLong', waiting: 240, expectedAt: noon + 180 * minute, startWithinMs: 120 * minute },
  ];
};
