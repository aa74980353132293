import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config';
import { systemClock } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { systemRandom } from '../../src/lib/random';
import { type Service, startService } from '../../src/service';
import {
  ana,
  appId,
  bo,
  bot,
  createTeamsClient,
  type FakeConnector,
  isMemberRead,
  startFakeConnector,
  type TeamsClient,
  teamId,
  tenantId,
} from '../fakes/fake-connector';
import { LocalIssuer } from '../fakes/local-issuer';
import { policyOf } from './stage';

/** The service as it runs outside a trial, but for Defender, which nobody here gets as far as. */
const before = { endpoint: process.env.IDENTITY_ENDPOINT, header: process.env.IDENTITY_HEADER };
let dir: string;
let issuer: LocalIssuer;
let connector: FakeConnector;
let service: Service;
let teams: TeamsClient;
beforeAll(async () => {
  issuer = await new LocalIssuer().start();
  process.env.IDENTITY_ENDPOINT = issuer.managedIdentityUrl;
  process.env.IDENTITY_HEADER = 'header';
  connector = await startFakeConnector();
  dir = await mkdtemp(join(tmpdir(), 'lr-signed-'));
  await writeFile(join(dir, 'policy.yaml'), policyOf());
  const config = parseConfig({
    PORT: '0',
    BOT_ID: appId,
    BOT_TYPE: 'UserAssignedMsi',
    BOT_TENANT_ID: tenantId,
    DATABASE_URL: `sqlite:${join(dir, 'live-response.db')}`,
    POLICY_FILE: join(dir, 'policy.yaml'),
    EVIDENCE_DIR: join(dir, 'evidence'),
  });
  if (!config.ok) throw new Error(config.error.join('\n'));
  service = await startService({
    config: { ...config.value, host: '127.0.0.1' },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    byItself: false,
    issuer,
  });
  teams = createTeamsClient({
    connector,
    endpoint: `http://127.0.0.1:${service.port}/api/messages`,
    tenantId,
    bot,
    authorize: (a) => issuer.bearer({ aud: appId, serviceurl: a.serviceUrl }),
  });
});
afterAll(async () => {
  await service.stop();
  await connector.stop();
  await issuer.stop();
  await rm(dir, { recursive: true, force: true });
  for (const [name, value] of [
    ['IDENTITY_ENDPOINT', before.endpoint],
    ['IDENTITY_HEADER', before.header],
  ] as const) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const chat = (person: typeof ana) =>
  connector
    .messages(connector.personalConversationId(person.aadObjectId))
    .map((message) => (message.from === 'bot' ? JSON.stringify(message.activity) : 'asked'));

test('a member whom the policy names is answered', async () => {
  connector.addMembers(teamId, [bo]);
  await teams.say(bo, { scope: 'personal' }, 'whoami');
  await service.settle();
  expect(chat(bo)).toHaveLength(2);
  expect(chat(bo)[1]).toContain('Bo Approver');
  expect(connector.calls.filter(isMemberRead)).toHaveLength(1);
});

test('a guest whose object id stands in the policy is refused, and the audit says so (T-5)', async () => {
  connector.addMembers(teamId, [{ ...ana, userRole: 'guest' }]);
  await teams.say(ana, { scope: 'personal' }, 'whoami');
  await service.settle();
  expect(chat(ana)).toHaveLength(2);
  expect(chat(ana)[1]).toContain('You are a guest or an external participant here');
  const entries = (await service.store.auditRows()).filter((row) => row.actor === ana.aadObjectId);
  expect(JSON.stringify(entries)).toContain('"guest"');
});
