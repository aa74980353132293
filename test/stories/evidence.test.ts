import { existsSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeBundle } from '../../src/bundle/judge';
import { hours, minutes, seconds } from '../../src/lib/clock';
import { newKey } from '../bundle/sample';
import type { TeamsMessage } from '../fakes/fake-connector';
import { ana, bo, cy, dee, policyOf, Stage, type StageOptions, seedExample, type TeamsPerson } from './stage';

let stage: Stage;
let thread: string;
afterEach(() => stage?.close());

/** Run to its end; Cy owns the rule and approves nothing, Dee has no part. */
async function collect(options: StageOptions = {}): Promise<string> {
  stage = await Stage.open({
    policy: policyOf({
      requesters: [ana],
      approvers: [bo],
      groups: { leads: [bo], owners: [cy] },
      rule: ['breakGlass:', '  by: leads', '  owners: owners'],
    }),
    installed: [ana, bo, cy, dee],
    ...options,
  });
  thread = await stage.ask(ana, seedExample);
  await stage.pass(seconds(5));
  await stage.approve(bo);
  await stage.pass(minutes(2), seconds(2));
  return stage.requestId(thread);
}

function offerTo(person: TeamsPerson): TeamsMessage | null {
  const chat = stage.connector.messages(stage.connector.personalConversationId(person.aadObjectId));
  return (
    chat.findLast((m) => m.activity.attachments?.some(({ contentType }) => /file\.consent$/.test(contentType))) ?? null
  );
}

const contentOf = (offer: TeamsMessage | null) =>
  ({ ...offer?.activity.attachments?.[0] }) as {
    readonly name: string;
    readonly content: { readonly sizeInBytes: number };
  };

async function take(person: TeamsPerson, id: string): Promise<Buffer> {
  await stage.tell(person, `evidence ${id}`);
  const offer = offerTo(person);
  await stage.teams.consent(person, offer?.id ?? '', 'accept');
  await stage.settle();
  return stage.connector.uploaded(contentOf(offer).name)?.bytes ?? Buffer.alloc(0);
}

const audited = async (what: string) => (await stage.service.store.auditRows()).filter((row) => row.what === what);

async function judge(bytes: Buffer, known: Partial<Parameters<typeof judgeBundle>[1]> = {}) {
  const file = join(stage.dir, 'taken.zip');
  writeFileSync(file, bytes);
  return judgeBundle(file, { key: null, anchors: [], ...known });
}

test('what is sent verifies on another machine, and the audit says who took it', async () => {
  const key = newKey();
  const keyFile = join(tmpdir(), `lr-key-${process.pid}.pem`);
  writeFileSync(keyFile, key.signing.key.export({ type: 'pkcs8', format: 'pem' }));
  const id = await collect({ env: { EVIDENCE_KEY_FILE: keyFile } });
  const bytes = await take(ana, id);
  expect(contentOf(offerTo(ana))).toMatchObject({ name: `${id}.evidence.zip`, content: { sizeInBytes: bytes.length } });
  expect(stage.chat(ana)).toContain(`The evidence of ${id}, for somebody outside.`);
  const anchor = await stage.service.store.auditHead();
  const verdict = await judge(bytes, { key: key.publicKey });
  expect(verdict).toMatchObject({
    type: 'whole',
    signedBy: key.signing.keyId,
    doubts: [{ type: 'noAnchorAfter' }],
    manifest: {
      madeBy: { how: 'chat', account: ana.aadObjectId },
      requests: [{ id, state: 'succeeded', ended: true }],
    },
  });
  expect(anchor.seq).toBeGreaterThan(0);
  expect(await audited('evidenceExported')).toMatchObject([
    { actor: ana.aadObjectId, requestId: null, detail: { ids: [id], how: 'chat', isSigned: true } },
  ]);
  expect((await audited('fileSent')).at(-1)).toMatchObject({ requestId: id });
});

test('whoever asked and whoever may approve it get all, an owner of the rule all but the results, others nothing', async () => {
  const id = await collect();
  for (const person of [ana, bo]) {
    const verdict = await judge(await take(person, id));
    if (verdict.type !== 'whole') throw new Error(JSON.stringify(verdict));
    expect(verdict.manifest.parts.filter(({ what }) => what === 'file')).toHaveLength(1);
  }
  const without = await judge(await take(cy, id));
  if (without.type !== 'whole') throw new Error(JSON.stringify(without));
  expect(without.manifest.parts.filter(({ what }) => ['file', 'download', 'result'].includes(what))).toEqual([]);
  expect(without.manifest.leftOut.filter(({ reason }) => reason === 'notEntitled').length).toBeGreaterThan(0);
  expect(stage.chat(cy)).toContain('It holds no results, since you may not read them: each is listed by its hash.');
  await stage.tell(dee, `evidence ${id}`);
  expect(offerTo(dee)).toBeNull();
  expect(await audited('evidenceExported')).toHaveLength(3);
});

test('asked for in a channel, it is offered in the own chat; one who loses the right meanwhile gets nothing', async () => {
  const id = await collect();
  await stage.reply(bo, thread, `evidence ${id}`);
  expect(stage.thread(thread)).toContain('I offer it in your own chat with me.');
  const offer = offerTo(bo);
  await writeFile(join(stage.dir, 'policy.yaml'), policyOf({ requesters: [ana], approvers: [dee] }));
  // Read once when it changes, and again to see that it is not half written.
  for (let look = 0; look < 3; look++) await stage.pass(seconds(6));
  await stage.teams.consent(bo, offer?.id ?? '', 'accept');
  await stage.settle();
  expect(stage.chat(bo)).toContain('Nothing was sent.');
  expect(await audited('fileSent')).toEqual([]);
});

test('what is not taken is gone from the evidence folder a day later', async () => {
  const id = await collect();
  await stage.tell(ana, `evidence ${id}`);
  const [leaving] = await stage.service.store.leavingFiles({ notedBefore: stage.clock.now() + 1, limit: 10 });
  const file = join(stage.dir, 'evidence', leaving?.path ?? 'none');
  expect(existsSync(file)).toBe(true);
  await stage.pass(hours(72), hours(1));
  expect(existsSync(file)).toBe(false);
});

test.each([
  ['one that is too large names the command of the admin', { EVIDENCE_CHAT_MB: '1' }, 'is larger than 1 MB'],
  [
    'where Teams gives bots no files, the command of the admin is named',
    { TEAMS_CLOUD: 'dod' },
    'Teams gives bots no files in this cloud',
  ],
  [
    'a key that cannot be read makes nothing rather than something unsigned',
    { EVIDENCE_KEY_FILE: '/nowhere.pem' },
    'EVIDENCE_KEY_FILE',
  ],
])('%s', async (what, env, words) => {
  const id = await collect({ env: env as Record<string, string> });
  if (what.includes('too large')) {
    const [result] = await stage.service.store.results(id as never);
    if (result !== undefined)
      await stage.service.store.transact((tx) =>
        tx.saveResult(id as never, { ...result, rawSize: 2 ** 21, rawRelativePath: 'aa/x' }),
      );
  }
  await stage.tell(ana, `evidence ${id}`);
  expect(stage.chat(ana)).toContain(words);
  expect(offerTo(ana)).toBeNull();
});

test('a batch is one bundle with a folder for each target, and the id of a target means the whole of it', async () => {
  stage = await Stage.open({ policy: policyOf({ rule: ['devices: { most: 40 }'] }), installed: [ana, bo, cy] });
  for (const name of ['lab-1', 'lab-2', 'lab-3'])
    stage.emulator.addDevice({
      machine: { computerDnsName: `${name}.contoso.com`, rbacGroupId: 11, rbacGroupName: 'Workstations' },
      connectDelayMs: seconds(5),
    });
  thread = await stage.ask(ana, 'on lab-1, lab-2, lab-3 run collect-logs.ps1 because INC-7000');
  await stage.press(ana, stage.cardIn(thread, 'Ask for these 3'), 'Ask for these 3');
  await stage.approve(bo);
  await stage.pass(minutes(10), seconds(5));
  const [stored] = await stage.service.store.recentRequests({}, 1);
  const id = stored?.request.id ?? '';
  expect(stored?.request.state).toBe('batchEnded');
  const bytes = await take(ana, `${id}.2`);
  const verdict = await judge(bytes);
  if (verdict.type !== 'whole') throw new Error(JSON.stringify(verdict));
  expect(verdict.manifest.complete).toBe(true);
  expect(verdict.manifest.requests.map((one) => `${one.folder} ${one.id} ${one.state}`)).toEqual([
    `r1 ${id} batchEnded`,
    `r2 ${id}.1 succeeded`,
    `r3 ${id}.2 succeeded`,
    `r4 ${id}.3 succeeded`,
  ]);
  expect(verdict.manifest.parts.filter(({ what }) => what === 'result')).toHaveLength(3);
});
