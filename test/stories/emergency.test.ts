import { hours, minutes, seconds } from '../../src/lib/clock';
import { anyEngine } from '../postgres/test-store';
import {
  ana,
  bo,
  cy,
  dee,
  policyOf,
  Stage,
  type StageOptions,
  seedExample,
  type TeamsPerson,
  tenantId,
  wordsOf,
} from './stage';

const eve: TeamsPerson = { id: '29:eve', name: 'Eve Owner', aadObjectId: 'a0000000-0000-4000-8000-000000000005' };

let stage: Stage;
const policy = policyOf({
  approvals: 2,
  approvers: [bo, cy, dee],
  groups: { leads: [dee], owners: [eve] },
  rule: ['breakGlass: { by: leads, owners: owners }'],
});
const open = async (options: StageOptions = {}): Promise<string> => {
  stage = await Stage.open({ policy, installed: [bo, cy, dee, eve], ...options });
  return stage.ask(ana, seedExample);
};
afterEach(() => stage.close());

const breakGlass = async (thread: string, words = 'because the domain is burning incident INC-77'): Promise<void> => {
  await stage.reply(ana, thread, `breakglass ${stage.requestId(thread)} ${words}`);
  await stage.pass(seconds(3));
};

anyEngine('break-glass lets one named person approve alone, tells the owners at once, and owes a review', async () => {
  const thread = await open();
  await breakGlass(thread);
  expect(stage.chat(eve)).toContain('INC-77');
  const other = await stage.press(bo, stage.cardIn(thread), 'Approve');
  expect(wordsOf(other)).toContain('does not name you');
  await stage.approve(dee);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
  await stage.reply(ana, thread, 'reviews');
  expect(stage.thread(thread)).toContain('the domain is burning');
});

anyEngine('break-glass is never an approval: without one nothing is sent', async () => {
  const thread = await open();
  await breakGlass(thread);
  await stage.pass(minutes(10), seconds(30));
  expect(stage.submissions).toEqual([]);
});

anyEngine('the one who breaks the glass cannot be the one who approves, when they asked', async () => {
  stage = await Stage.open({
    policy: policyOf({
      approvals: 2,
      requesters: [dee],
      approvers: [bo, cy, dee],
      groups: { leads: [dee, cy], owners: [eve] },
      rule: ['breakGlass: { by: leads, owners: owners }'],
    }),
    installed: [bo, cy, dee, eve],
  });
  const thread = await stage.ask(dee, seedExample);
  await stage.reply(dee, thread, `breakglass ${stage.requestId(thread)} because burning incident INC-78`);
  await stage.pass(seconds(2));
  const own = await stage.press(dee, stage.cardIn(thread), 'Approve');
  expect(wordsOf(own)).toContain('You opened this request');
  await stage.approve(cy);
  await stage.pass(seconds(5));
  expect(stage.submissions).toHaveLength(1);
});

test('an open review bars the next break-glass until two people without a part have looked', async () => {
  const thread = await open();
  await breakGlass(thread);
  await stage.approve(dee);
  await stage.pass(minutes(1));
  const first = stage.requestId(thread);
  const next = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-2');
  await stage.reply(ana, next, `breakglass ${stage.requestId(next)} because again incident INC-79`);
  expect(stage.thread(next)).toContain(first);
  await stage.tell(dee, `review ${first} accept`);
  expect(stage.chat(dee)).toMatch(/part/);
  await stage.tell(bo, `review ${first} accept`);
  await stage.tell(bo, `review ${first} accept`);
  await stage.pass(seconds(3));
  await stage.tell(cy, `review ${first} object because there was time`);
  expect(stage.chat(cy)).toContain('is closed, with an objection');
  await stage.reply(ana, next, `breakglass ${stage.requestId(next)} because again incident INC-79`);
  await stage.pass(seconds(3));
  expect(stage.chat(eve)).toContain('INC-79');
});

anyEngine('the owners are told weekly of what is still to be reviewed', async () => {
  const thread = await open();
  await breakGlass(thread);
  await stage.approve(dee);
  await stage.pass(minutes(1));
  await stage.pass(hours(24 * 8), hours(6));
  expect(stage.chat(eve)).toContain('1 open review');
});

anyEngine('a stranger cannot break the glass, and a rule without it has none', async () => {
  const thread = await open({ policy: policyOf() });
  await stage.reply(ana, thread, `breakglass ${stage.requestId(thread)} because x incident INC-1`);
  await stage.tell(eve, `breakglass ${stage.requestId(thread)} because x incident INC-1`);
  const refused = (await stage.service.store.auditRows())
    .filter((r) => r.what === 'refused')
    .map((r) => r.detail.refusal);
  expect(refused).toEqual(['noBreakGlass', 'breakGlassNotYours']);
});

test('pause stops every submission at once, is on every card, survives a restart, and is lifted by somebody else', async () => {
  const thread = await open({ policy: policyOf() });
  await stage.tell(cy, 'pause because the account of an approver was taken');
  await stage.approve(bo);
  await stage.pass(minutes(2), seconds(10));
  await stage.restart();
  await stage.pass(minutes(1), seconds(10));
  expect(stage.submissions).toEqual([]);
  expect(stage.thread(thread)).toContain('the account of an approver was taken');
  expect(stage.thread(thread)).toContain('approved, held by the pause');
  expect(stage.thread(thread)).not.toMatch(/about to be sent|I expect it to go|as soon as Defender has room/);
  await stage.tell(cy, 'resume');
  expect(stage.chat(cy)).toMatch(/somebody else|other person/i);
  expect(stage.submissions).toEqual([]);
  await stage.tell(bo, 'resume');
  await stage.pass(seconds(10));
  expect(stage.submissions).toHaveLength(1);
});

anyEngine('who has no part in the policy can neither pause nor resume', async () => {
  await open({ policy: policyOf() });
  await stage.tell(eve, 'pause because I can');
  expect(await stage.service.store.fact('pause')).toBeNull();
});

anyEngine('who neither approves nor owns does not review', async () => {
  const thread = await open();
  await breakGlass(thread);
  await stage.approve(dee);
  await stage.pass(minutes(1));
  const stranger: TeamsPerson = { id: '29:fay', name: 'Fay', aadObjectId: 'a0000000-0000-4000-8000-000000000006' };
  await stage.tell(stranger, `review ${stage.requestId(thread)} accept`);
  expect(stage.chat(stranger)).toContain('review');
  const [review] = await stage.service.store.openReviews({ tenantId });
  expect(review?.opinions).toEqual([]);
});

anyEngine('who asked for something that waits does not resume, and reads what to do', async () => {
  const thread = await open({ policy: policyOf({ approvers: [ana, bo, cy] }) });
  await stage.tell(cy, 'pause because the account of Ana was taken');
  await stage.approve(bo);
  await stage.tell(ana, 'resume');
  await stage.pass(minutes(1), seconds(5));
  expect(stage.submissions).toEqual([]);
  expect(stage.chat(ana)).toContain(`withdraw yours first: cancel ${stage.requestId(thread)}`);
});

anyEngine('who may only ask does not resume', async () => {
  await open({ policy: policyOf({ requesters: [ana, dee] }) });
  await stage.tell(cy, 'pause because the account of Ana was taken');
  await stage.tell(dee, 'resume');
  expect(stage.chat(dee)).toContain('Only somebody who may approve');
  expect(await stage.service.store.fact('pause')).not.toBeNull();
});

test('a broken glass that has not been paid for bars the next, before anything was sent', async () => {
  const first = await open();
  const second = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-2');
  await breakGlass(first);
  await breakGlass(second, 'because again incident INC-78');
  expect(stage.thread(second)).toContain(stage.requestId(first));
  await stage.press(dee, stage.cardIn(first), 'Approve');
  await stage.pass(minutes(1), seconds(5));
  await breakGlass(second, 'because again incident INC-78');
  await stage.pass(minutes(1), seconds(5));
  expect(stage.submissions).toHaveLength(1);
});
