import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { silentLog } from '../../src/lib/log';
import { requireFreePorts } from '../../src/local/free-port';
import { oneLineExample } from '../../src/local/instructions';
import { startTrial, type Trial } from '../../src/local/trial';
import { chromiumPath, launchChromium, noChromium } from './chromium';
import { Window } from './window';

if (chromiumPath === null) console.warn(noChromium);
const inBrowser = chromiumPath === null ? describe.skip : describe;

inBrowser('in two windows of the Playground', () => {
  let dir: string;
  let trial: Trial;
  let browser: Browser;
  let ana: Window;
  let bo: Window;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lr-browser-'));
    trial = await startTrial({
      botPort: 0,
      firstWindowPort: 56_270,
      dir,
      policyFile: resolve('env/policy.yaml'),
      log: silentLog,
    });
    browser = await launchChromium();
    [bo, ana] = await Promise.all([Window.open(browser, trial.boUrl), Window.open(browser, trial.anaUrl)]);
    await ana.goTo('live-response');
    await ana.sees('Live Response is here');
  });

  afterAll(async () => {
    await browser?.close();
    await trial?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test("the seed page's example is asked in a channel, approved in a chat and followed to its last result", async () => {
    await ana.post(oneLineExample);
    await ana.sees('Waiting for approval');
    const asked = bo.card('INC-1042', 'Waiting for approval');
    await asked.getByText('C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip').waitFor();
    expect(submissions()).toBe(0);

    await bo.press('Approve', asked);
    await ana.sees(/is approved by Bo Approver/);
    await ana.sees(/has started on ws-042\.contoso\.com/);
    await ana.card('result of command 2 of 3').getByText('Exit code 0').waitFor();
    await ana.card('result of command 3 of 3').getByText('kept as evidence').waitFor();
    await ana.card('Commands', 'Finished: Defender says it succeeded').waitFor();

    const decided = bo.card('INC-1042', 'Finished: Defender says it succeeded');
    await decided.waitFor();
    expect(await decided.getByRole('button').count()).toBe(0);
    expect(submissions()).toBe(1);
  });

  test('a denial needs a reason, which the requester reads', async () => {
    const before = submissions();
    await ana.post('on ws-043; run collect-logs.ps1; because INC-2000 suspicious logon');
    const asked = bo.card('INC-2000', 'Waiting for approval');
    await bo.press('Deny…', asked);
    await bo.press('Deny', asked);
    await bo.sees(/reason/i);
    await asked.getByRole('textbox').last().fill('Wrong device: the user is on ws-044.');
    await bo.press('Deny', asked);
    await ana.card('INC-2000', 'Denied').getByText('Wrong device: the user is on ws-044.').first().waitFor();
    expect(submissions()).toBe(before);
  });

  test('the form comes back with its fault and what was filled in, and asks once mended', async () => {
    await ana.goTo('Personal Chat');
    await ana.press('New request', ana.card('Live Response help'));
    const form = ana.card('New live response request');
    await form.getByPlaceholder('ws-042').fill('ws-043');
    await form.getByPlaceholder('minidump.ps1').fill('no-such.ps1');
    await form.getByPlaceholder('INC-1042 credential theft triage').fill('INC-3000 by the form');
    await ana.press('Ask for approval', form);
    await form.getByText('no-such.ps1').first().waitFor();
    expect(await form.getByPlaceholder('ws-042').inputValue()).toBe('ws-043');

    await form.getByPlaceholder('minidump.ps1').fill('collect-logs.ps1');
    await ana.press('Ask for approval', form);
    await bo.card('INC-3000', 'Waiting for approval').waitFor();
  });

  test('an approver who opens their window after the request still finds its card, and it counts', async () => {
    await bo.page.reload();
    const asked = bo.card('INC-3000', 'Waiting for approval');
    await bo.press('Approve', asked);
    await bo.card('INC-3000', 'Bo Approver approved').waitFor();
  });

  test('a device that does not answer is let go of by Cancel in the thread, with its reason, and nothing runs there', async () => {
    trial.emulator.addDevice({
      machine: { computerDnsName: 'ws-050.contoso.com' },
      offlineUntil: Number.POSITIVE_INFINITY,
    });
    await ana.goTo('live-response');
    await ana.post('on ws-050; run collect-logs.ps1; because INC-4000 it may be off');
    await bo.press('Approve', bo.card('INC-4000', 'Waiting for approval'));
    const asked = ana.card('INC-4000', 'ws-050');
    await ana.press('Cancel…', asked);
    await asked.getByRole('textbox').last().fill('The user has brought it in.');
    await ana.press('Cancel this request', asked);

    const ended = ana.card('INC-4000', 'Cancelled before it started');
    await ended.getByText('The user has brought it in.').first().waitFor();
    expect(await ended.getByRole('button').count()).toBe(0);
    await bo.card('INC-4000', 'Cancelled before it started').waitFor();
  });

  test('a war room of ten is asked at once and approved one by one, each runs once, and each card ends with the truth', async () => {
    const before = submissions();
    const reasons = Array.from({ length: 10 }, (_, i) => `INC-60${String(i).padStart(2, '0')}`);
    for (const [i, reason] of reasons.entries()) {
      trial.emulator.addDevice({ machine: { computerDnsName: `war-${i}.contoso.com` }, connectDelayMs: 3_000 });
      await ana.post(`on war-${i}; run collect-logs.ps1; because ${reason}`);
    }
    for (const reason of reasons) await bo.card(reason, 'Waiting for approval').waitFor();
    expect(submissions()).toBe(before);

    for (const reason of reasons) await bo.press('Approve', bo.card(reason, 'Waiting for approval'));
    for (const reason of reasons)
      await ana.card(reason, 'Finished: Defender says it succeeded').waitFor({ timeout: 90_000 });
    expect(submissions()).toBe(before + reasons.length);
  }, 240_000);

  test('stopping leaves nothing behind that holds the ports of the windows', async () => {
    await trial.stop();
    const ports = [trial.anaUrl, trial.boUrl].map((url) => Number(new URL(url).port));
    await requireFreePorts(ports.map((port) => ({ port, host: '::', what: 'a window', variable: 'PLAYGROUND_PORT' })));
  });

  const submissions = (): number => trial.emulator.journal.filter((e) => e.route === 'runLiveResponse').length;
});
