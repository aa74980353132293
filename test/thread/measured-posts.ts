import { createHelp } from '../../src/chat/help';
import type { LiveResponseRequest, RequestBase, RequestId, Vote } from '../../src/request/request';
import { boardCard } from '../../src/thread/cards/board-card';
import { helpCard } from '../../src/thread/cards/help-card';
import { requestCard } from '../../src/thread/cards/request-card';
import { welcomeCard } from '../../src/thread/cards/welcome-card';
import type { Post } from '../../src/thread/kit/post';
import type { RequestView } from '../../src/thread/kit/view';
import { endPost } from '../../src/thread/posts/end-post';
import {
  fileResult,
  harmless,
  makeBar,
  makeBase,
  makeDevice,
  makeFile,
  makeRequests,
  makeView,
  noon,
  person,
  scriptResult,
} from './samples';

const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

const ana = { ...person('Ana'), name: 'Ana Analyst' };
const bo = { ...person('Bo'), name: 'Bo Approver' };
const names = new Map([
  [bo.id, bo.name],
  [person('Cy').id, 'Cy Approver'],
]);

const changed = { lastUpdatedTime: new Date(noon - 40 * day).toISOString() };

/** The seed's own example, as `npm run local` asks it. */
const workstation: Partial<RequestBase> = {
  id: 'LR-R54N' as RequestId,
  requester: ana,
  device: makeDevice(harmless, { riskScore: 'High', tags: ['finance'] }),
  library: [makeFile('procdump.zip', harmless, changed), makeFile('minidump.ps1', harmless, changed)],
  bar: makeBar(harmless, {
    rule: 'any-device',
    approvalsNeeded: 1,
    seats: [{ group: 'approvers', count: 0 }],
    because: [{ type: 'rule', rule: 'any-device', approvals: 1 }],
  }),
  approverIds: [bo.id, person('Cy').id],
};

const domainController: Partial<RequestBase> = {
  ...workstation,
  id: 'LR-74JZ' as RequestId,
  device: makeDevice(harmless, {
    name: 'dc-01.contoso.com',
    osPlatform: 'WindowsServer2022',
    riskScore: 'None',
    deviceValue: 'High',
    groupName: 'Tier 0',
    tags: ['tier0'],
  }),
  commands: [{ type: 'RunScript', scriptName: 'collect-logs.ps1', args: null }],
  library: [makeFile('collect-logs.ps1', harmless, changed)],
  reason: 'INC-902 lateral movement to the DC',
  bar: makeBar(harmless, {
    rule: 'tier-0',
    approvalsNeeded: 2,
    seats: [{ group: 'approvers', count: 0 }],
    because: [
      { type: 'rule', rule: 'tier-0', approvals: 2 },
      { type: 'tier0', added: 0 },
    ],
  }),
  decideWithinMs: 15 * minute,
};

const approval: Vote = {
  by: bo,
  personKey: bo.id,
  groups: ['approvers'],
  digest: makeBase().digest,
  decision: 'approve',
  reason: null,
  at: noon + minute,
};

const progressOf = (statuses: readonly string[]) =>
  statuses.map((status, index) => ({
    index,
    status,
    startedAt: status === 'Created' ? null : new Date(noon + 2 * minute + index * 3 * second).toISOString(),
    endedAt: status === 'Completed' ? new Date(noon + 2 * minute + (index * 3 + 2) * second).toISOString() : null,
    errors: [],
  }));

/** A request of the seed in one of its states, a minute after the last thing that happened to it. */
export function seedView(state: string, over: Partial<RequestBase> = workstation): RequestView {
  const request = makeRequests(harmless, over)[state] as LiveResponseRequest;
  const at = noon + 2 * minute;
  const decided = { votes: [approval], approvedAt: approval.at };
  const told = {
    awaitingApproval: { decideBy: noon + (over.decideWithinMs ?? 30 * minute), remindAt: null },
    running: {
      ...decided,
      submittedAt: at,
      runningSince: at,
      progress: progressOf(['Completed', 'InProgress', 'Created']),
    },
    succeeded: {
      ...decided,
      submittedAt: at,
      endedAt: at + 10 * second,
      progress: progressOf(['Completed', 'Completed', 'Completed']),
    },
  }[state];
  return makeView({ ...request, ...told } as LiveResponseRequest, {
    names,
    now: state === 'awaitingApproval' ? noon : at + minute,
  });
}

export const seedResults = [
  scriptResult(harmless, { output: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip\n51 MB', outputLength: 48 }),
  fileResult(harmless, {
    file: { sha256: 'cd'.repeat(32), size: 8_330, relativePath: 'LR-R54N/cd', name: 'OfficeClickToRun.dmp' },
  }),
];

/** A war room of eight: one failed, two wait for approval, two run, three are done. */
function warRoom(): readonly RequestView[] {
  const states = [
    'succeeded',
    'failed',
    'running',
    'succeeded',
    'awaitingApproval',
    'running',
    'succeeded',
    'awaitingApproval',
  ];
  return states.map((state, i) => {
    const device = makeDevice(harmless, { name: `ws-0${40 + i}.contoso.com` });
    const view = seedView(state, { ...workstation, id: `LR-W${i}RM` as RequestId, device });
    return { ...view, results: state === 'succeeded' ? seedResults : [] };
  });
}

/** The posts of which height, lines and words have a budget, each post of one card apart. */
export function measuredPosts(): Readonly<Record<string, readonly Post[]>> {
  const ended = { ...seedView('succeeded'), results: seedResults };
  return {
    approval: [requestCard(seedView('awaitingApproval'), { audience: 'approver', token: 't'.repeat(43) })],
    'approval-look-twice': [
      requestCard(seedView('awaitingApproval', domainController), { audience: 'approver', token: 't'.repeat(43) }),
    ],
    running: [requestCard(seedView('running'), { audience: 'thread', token: null })],
    end: [endPost(ended)],
    board: [boardCard(warRoom(), { trial: false, now: noon })],
    greeting: [helpCard(createHelp(null, { mayAsk: true, mayApprove: true, owns: true }), { trial: false })],
    'greeting-team': [
      welcomeCard(
        {
          requesters: [{ name: 'analysts', ids: [ana.id, bo.id] }],
          approvers: [{ name: 'approvers', ids: [bo.id, person('Cy').id] }],
          names: new Map([...names, [ana.id, ana.name]]),
        },
        { trial: false },
      ),
    ],
  };
}

/** Under the names that the page of all cards has for them. */
export const measuredByName = (): Readonly<Record<string, Post>> =>
  Object.fromEntries(
    Object.entries(measuredPosts()).flatMap(([name, posts]) =>
      posts.map((post, i) => [i === 0 ? name : `${name}, post ${i + 1}`, post] as const),
    ),
  );
