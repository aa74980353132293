import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditRow } from '../../src/audit/chain';
import { exportLine } from '../../src/audit/export';
import { verifyAudit } from '../../src/audit/verify';
import { minutes, seconds } from '../../src/lib/clock';
import type { RequestId } from '../../src/request/request';
import { openAuditCopy } from '../../src/store/offline/audit-copy';
import { copyPostgresAudit } from '../../src/store/offline/postgres-audit';
import type { TeamsMessage } from '../fakes/fake-connector';
import { query } from '../postgres/cluster';
import { anyEngine, testStore } from '../postgres/test-store';
import { ana, bo, cardOf, cy, dee, policyOf, Stage, type StageOptions, seedExample } from './stage';

let stage: Stage;
afterEach(() => stage.close());

async function open(options: StageOptions = {}): Promise<string> {
  stage = await Stage.open(options);
  return stage.ask(ana, seedExample);
}

const rowsOf = async (what: string): Promise<readonly AuditRow[]> =>
  (await stage.service.store.auditRows()).filter((row) => row.what === what);

/** The token behind the card's button. */
const tokenOf = (message: TeamsMessage): string =>
  /"token":"([^"]+)"/.exec(JSON.stringify(cardOf(message.activity)))?.[1] ?? '';

anyEngine('what people approve on is kept word for word, with its digest, before anybody can vote', async () => {
  await open();
  const [shown, ...others] = await rowsOf('shown');
  expect(others).toEqual([]);
  const { canonicalText = '', digest } = (shown?.detail ?? {}) as { canonicalText?: string; digest?: string };
  expect(createHash('sha256').update(canonicalText, 'utf8').digest('hex')).toBe(digest);
  for (const said of ['ws-042', 'procdump.zip', 'minidump.ps1', 'OfficeClickToRun', 'INC-1042 credential theft triage'])
    expect(canonicalText).toContain(said);
});

anyEngine('each copy that can be voted on is kept with who has it, where, and the digest on it', async () => {
  await open();
  const [shown] = await rowsOf('shown');
  const posted = await rowsOf('posted');
  const copies = await stage.service.store.cards(shown?.requestId as RequestId);
  expect(posted.map((row) => row.detail)).toEqual(
    expect.arrayContaining(
      copies.map(({ cardId, personId, conversationId, activityId }) => ({
        cardId,
        personId,
        conversationId,
        activityId,
        digest: shown?.detail.digest,
      })),
    ),
  );
  for (const { detail } of posted) {
    const message = stage.connector.messages(String(detail.conversationId)).find((m) => m.id === detail.activityId);
    expect(message && cardOf(message.activity)).toBeDefined();
  }
});

anyEngine('a draft that is refused is audited, and a click on what is no button of ours as well', async () => {
  const thread = await open();
  await stage.ask(dee, seedExample);
  await stage.ask(ana, seedExample.replace('ws-042', 'no-such-device'));
  await stage.teams.click(ana, stage.cardIn(thread).id, { verb: 'vote.certainly', data: {} });
  await stage.settle();
  expect(await rowsOf('refused')).toMatchObject([
    { actor: dee.aadObjectId, requestId: null },
    { actor: ana.aadObjectId, requestId: null, detail: { refusal: 'unknownDevice' } },
    { actor: ana.aadObjectId, requestId: null, detail: { refusal: 'unknownAction', conversationId: thread } },
  ]);
});

anyEngine('who is turned away at the door is audited', async () => {
  await open();
  const tenantId = '99999999-0000-4000-8000-000000000009';
  const message = stage.teams.build.message(ana, { scope: 'personal' }, 'status');
  await stage.teams.deliver({
    ...message,
    conversation: { id: 'a:1', conversationType: 'personal', tenantId },
    channelData: { tenant: { id: tenantId } },
  });
  expect(await rowsOf('refused')).toMatchObject([
    { actor: ana.aadObjectId, detail: { refusal: 'foreignTenant', where: 'door', tenantId, times: 1 } },
  ]);
});

test('a whole life of a request verifies from a copy, and its export holds no vote token and no content of a result', async () => {
  const thread = await open();
  const tokens = [tokenOf(stage.cardIn(thread)), tokenOf(stage.cardFor(bo))];
  await stage.approve(bo);
  await stage.pass(minutes(10), seconds(5));
  expect(stage.thread(thread)).toContain('minidump.ps1');
  const made = testStore === 'postgres' ? await copyPostgresAudit(stage.databaseUrl) : null;
  const copy = openAuditCopy(made?.path ?? join(stage.dir, 'live-response.db'));
  const lines: string[] = [];
  for (const row of copy.rows()) lines.push(exportLine(row));
  const verified = verifyAudit({ rows: copy.rows(), count: copy.count, recordedHead: copy.recordedHead }, []);
  copy.close();
  made?.remove();
  expect(verified).toMatchObject({ ok: true });
  const text = lines.join('\n');
  expect(lines.some((line) => line.includes('"what":"result"'))).toBe(true);
  for (const token of tokens) expect(text).not.toContain(token);
  const [shown] = await rowsOf('shown');
  const results = await stage.service.store.results(shown?.requestId as RequestId);
  const output = results.flatMap((result) => `${result.output ?? ''}`.split(/\r?\n/));
  expect(output).toContain('51 MB');
  // What the person asked for is in the audit, and may come back in the output.
  for (const line of output.filter((l) => l.trim() !== '' && !seedExample.includes(l.trim())))
    expect(text).not.toContain(JSON.stringify(line.trim()).slice(1, -1));
  expect(text).not.toMatch(/Bearer|sig=|https:\/\//);
});

test('whoever steals the database files cannot vote with what is in them', async () => {
  const thread = await open();
  const tokens = [bo, cy].map((person) => tokenOf(stage.cardFor(person))).concat(tokenOf(stage.cardIn(thread)));
  await stage.tell(bo, 'whoami');
  const bytes = testStore === 'postgres' ? await dump(stage.databaseUrl) : readDatabaseFiles();
  expect(bytes).toContain(ana.aadObjectId);
  for (const token of tokens) {
    expect(token.length).toBeGreaterThan(20);
    expect(bytes).not.toContain(token);
  }
});

anyEngine('every word that the audit writes is explained in docs/audit.md', async () => {
  const thread = await open();
  await stage.press(dee, stage.cardIn(thread), 'Approve');
  await stage.approve(bo);
  await stage.pass(minutes(10), seconds(5));
  const explained = readFileSync(join(__dirname, '..', '..', 'docs', 'audit.md'), 'utf8');
  const words = new Set((await stage.service.store.auditRows()).map((row) => row.what));
  expect(words.size).toBeGreaterThan(6);
  for (const word of words) expect(explained).toMatch(new RegExp(`^\\| \`${word}\` +\\|`, 'm'));
});

anyEngine('a new round is kept word for word as well, with the digest that it is voted on', async () => {
  const thread = await open();
  await writeFile(join(stage.dir, 'policy.yaml'), policyOf({ approvals: 2 }));
  await stage.pass(seconds(20), seconds(5));
  await stage.press(bo, stage.cardFor(bo), 'Approve');
  const shown = await rowsOf('shown');
  expect(shown.map((row) => row.requestId)).toEqual([stage.requestId(thread), stage.requestId(thread)]);
  const { canonicalText = '', digest } = (shown[1]?.detail ?? {}) as { canonicalText?: string; digest?: string };
  expect(createHash('sha256').update(canonicalText, 'utf8').digest('hex')).toBe(digest);
  expect(digest).not.toBe(shown[0]?.detail.digest);
});

function readDatabaseFiles(): string {
  const files = readdirSync(stage.dir).filter((name) => name.startsWith('live-response.db'));
  expect(files).toContain('live-response.db-wal');
  return files.map((name) => readFileSync(join(stage.dir, name), 'latin1')).join();
}

/** Every row of every table, as a stolen dump would show it. */
async function dump(url: string): Promise<string> {
  const tables = await query(url, "select tablename from pg_tables where schemaname = 'public'");
  const rows = await Promise.all(tables.map(({ tablename }) => query(url, `select * from ${String(tablename)}`)));
  return JSON.stringify(rows);
}
