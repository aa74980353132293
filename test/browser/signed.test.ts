import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { parseConfig } from '../../src/config';
import { systemClock } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { systemRandom } from '../../src/lib/random';
import { type Service, startService } from '../../src/service';
import { ana, trialBot, trialTenantId } from '../../trial/local/people';
import { type Playground, startPlayground } from '../../trial/local/playground';
import { LocalIssuer } from '../fakes/local-issuer';
import { chromiumPath, launchChromium, noChromium } from './chromium';
import { SigningProxy } from './signing-proxy';
import { Window } from './window';

if (chromiumPath === null) console.warn(noChromium);
const inBrowser = chromiumPath === null ? describe.skip : describe;

inBrowser('a bot with its sign-in on, behind a proxy that signs as the Bot Framework does', () => {
  const appId = trialBot.id.replace('28:', '');
  const before = { endpoint: process.env.IDENTITY_ENDPOINT, header: process.env.IDENTITY_HEADER };
  let dir: string;
  let issuer: LocalIssuer;
  let proxy: SigningProxy;
  let service: Service;
  let playground: Playground;
  let browser: Browser;
  let window: Window;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lr-signed-browser-'));
    issuer = await new LocalIssuer().start();
    process.env.IDENTITY_ENDPOINT = issuer.managedIdentityUrl;
    process.env.IDENTITY_HEADER = 'header';
    proxy = await new SigningProxy(issuer, appId).start();
    const config = parseConfig({
      PORT: '0',
      BOT_ID: appId,
      BOT_TYPE: 'UserAssignedMsi',
      BOT_TENANT_ID: trialTenantId,
      DATABASE_URL: `sqlite:${join(dir, 'live-response.db')}`,
      EVIDENCE_DIR: join(dir, 'evidence'),
      POLICY_FILE: resolve('env/policy.yaml'),
    });
    if (!config.ok) throw new Error(config.error.join('\n'));
    service = await startService({
      config: { ...config.value, host: '127.0.0.1' },
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      issuer,
    });
    proxy.botPort = service.port;
    playground = await startPlayground({ window: 'signed', person: ana, port: 56_290, botPort: proxy.port, dir });
    browser = await launchChromium();
    window = await Window.open(browser, playground.url);
  });

  afterAll(async () => {
    await browser?.close();
    await playground?.stop();
    await service?.stop();
    await proxy?.stop();
    await issuer?.stop();
    await rm(dir, { recursive: true, force: true });
    for (const [name, value] of [
      ['IDENTITY_ENDPOINT', before.endpoint],
      ['IDENTITY_HEADER', before.header],
    ] as const) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test('answers the person who wrote, with a token of its managed identity', async () => {
    await window.say('whoami');
    await window.card('Ana Analyst').waitFor();
    expect(new Set(proxy.statuses)).toEqual(new Set([200]));
    expect(proxy.shown.length).toBeGreaterThan(1);
    expect(new Set(proxy.shown)).toEqual(new Set(['Bearer managed-identity-token']));
  });

  test('answers nothing to the same window when nobody signs for it (T-1)', async () => {
    const cards = await window.cards.count();
    const calls = proxy.shown.length;
    proxy.signs = false;
    proxy.statuses.length = 0;
    await window.say('queue');
    for (let tries = 0; proxy.statuses.length === 0 && tries < 200; tries++) await systemClock.sleep(50);
    expect(proxy.statuses).toEqual([401]);
    expect([await window.cards.count(), proxy.shown.length]).toEqual([cards, calls]);
  });
});
