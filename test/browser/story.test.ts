import { requireFreePorts } from '../../trial/local/free-port';
import { oneLineExample } from '../../trial/local/instructions';
import { chromiumPath, noChromium } from './chromium';
import { TwoWindows } from './two-windows';
import type { Window } from './window';

if (chromiumPath === null) console.warn(noChromium);
const inBrowser = chromiumPath === null ? describe.skip : describe;

inBrowser('in two windows of the Playground', () => {
  let windows: TwoWindows;
  let ana: Window;
  let bo: Window;

  const promise = (title: string, story: () => Promise<void>): void => test(title, () => windows.play(story));

  beforeAll(async () => {
    windows = await TwoWindows.open();
    ({ ana, bo } = windows);
    // On, as Defender sees it, and never reached.
    windows.trial.emulator.addDevice({
      machine: { computerDnsName: 'ws-070.contoso.com' },
      offlineUntil: Number.POSITIVE_INFINITY,
    });
  });
  afterAll(() => windows?.close());

  promise(
    "the seed page's example is asked in a channel, approved in a chat and followed to its last result",
    async () => {
      await ana.post(oneLineExample);
      await ana.sees('Approve 3 commands on ws-042?');
      const asked = bo.card('INC-1042', 'Needs 1 approval');
      await asked.getByText('C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip').waitFor();
      expect(windows.submissions).toBe(0);

      await bo.press('Approve', asked);
      await ana.card('INC-1042', 'Approved by Bo Approver').first().waitFor();
      const ended = ana.card('all 3 commands ran', 'Send me the file');
      await ended.getByText('exit 0').first().waitFor();

      const decided = bo.card('INC-1042', 'all 3 commands ran');
      await decided.waitFor();
      for (const name of ['Approve', 'Deny…']) expect(await decided.getByRole('button', { name }).count()).toBe(0);
      expect(windows.submissions).toBe(1);
    },
  );

  promise('the requester who presses Approve on the card of the channel is refused, and nothing runs', async () => {
    const before = windows.submissions;
    await ana.post('on ws-043; run collect-logs.ps1; because INC-1900 my own request');
    const own = ana.card('INC-1900', 'Needs 1 approval');
    await ana.press('Approve', own);
    await ana.sees('You opened this request, so someone else must decide it.');
    await own.waitFor();
    expect(windows.submissions).toBe(before);
  });

  promise('a request taken back by its requester leaves the approver nothing to press', async () => {
    const before = windows.submissions;
    const asked = bo.card('INC-1900');
    const own = ana.card('INC-1900', 'Needs 1 approval');
    await ana.press('Withdraw…', own);
    await own.getByRole('textbox').last().fill('Asked too early.');
    await ana.press('Withdraw this request', own);
    await ana.card('INC-1900', 'Withdrawn').getByText('Asked too early.').first().waitFor();
    await bo.card('INC-1900', 'Withdrawn').waitFor();
    expect(await asked.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    expect(windows.submissions).toBe(before);
  });

  promise('a denial needs a reason, which the requester reads', async () => {
    const before = windows.submissions;
    await ana.post('on ws-043; run collect-logs.ps1; because INC-2000 suspicious logon');
    const asked = bo.card('INC-2000', 'Needs 1 approval');
    await bo.press('Deny…', asked);
    const why = bo.card('Deny 1 command on', 'Why not?');
    await bo.press('Deny', why);
    await bo.sees(/reason/i);
    await why.getByRole('textbox').last().fill('Wrong device: the user is on ws-044.');
    await bo.press('Deny', why);
    await ana.card('INC-2000', 'Denied').getByText('Wrong device: the user is on ws-044.').first().waitFor();
    expect(windows.submissions).toBe(before);
  });

  promise('an approver asks, the requester answers, and neither is a vote', async () => {
    const before = windows.submissions;
    await ana.post('on ws-043; run collect-logs.ps1; because INC-2200 odd service account');
    const asked = bo.card('INC-2200', 'Needs 1 approval');
    await bo.press('Ask…', asked);
    const ask = bo.card('Ask about 1 command on', 'Your question.');
    await ask.getByRole('textbox').last().fill('Which account is it?');
    await bo.press('Ask', ask);
    const question = ana.card('asks about ws-043', 'Which account is it?');
    await question.getByText('The clock runs on').waitFor();
    await ana.press('Answer…', question);
    const answer = ana.card('asked:', 'Your answer.');
    await answer.getByRole('textbox').last().fill('svc-backup, read only');
    await ana.press('Answer', answer);
    await bo.card('answered:', 'svc-backup, read only').waitFor();
    await bo.card('INC-2200', 'Needs 1 approval').waitFor();
    expect(windows.submissions).toBe(before);
  });

  promise('an approved request that has not reached its device is cancelled in Defender too', async () => {
    await ana.post('on ws-070; run collect-logs.ps1; because INC-2500 asleep under a desk');
    await bo.press('Approve', bo.card('INC-2500', 'Needs 1 approval'));
    const sent = ana.card('INC-2500', 'Waiting for the device');
    await sent.waitFor();
    await ana.press('Cancel…', sent);
    await sent.getByRole('textbox').last().fill('The device is in the post.');
    await ana.press('Cancel this request', sent);
    await ana.card('INC-2500', 'Cancelled: it may have begun').waitFor();
    await ana.sees(/The device is in the post\./);
    const cancels = windows.trial.emulator.journal.filter((e) => e.route === 'cancelAction' && e.status === 200);
    expect(cancels).toHaveLength(1);
  });

  promise('the form comes back with its fault and what was filled in, and asks once fixed', async () => {
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
    await bo.card('INC-3000', 'Needs 1 approval').waitFor();
  });

  promise('an approver who opens their window after the request still finds its card, and it counts', async () => {
    await bo.page.reload();
    const asked = bo.card('INC-3000', 'Needs 1 approval');
    await bo.press('Approve', asked);
    await bo.card('INC-3000', 'Approved by Bo Approver').waitFor();
  });

  promise('the form is filled in and sent with the keyboard alone, in the order in which it is read', async () => {
    await ana.say('new');
    const form = ana.card('New live response request', 'Ask for approval');
    await form.getByPlaceholder('ws-042').click();
    const filled: Readonly<Record<string, string>> = {
      'Device: name, address, id, or tag: and a tag': 'ws-042',
      '2. run: library script': 'collect-logs.ps1',
      'Reason: approvers decide by it': 'INC-4000 by the keyboard',
    };
    const order: string[] = [];
    while (order.at(-1) !== 'Ask for approval' && order.length < 20) {
      const at = await ana.focused();
      order.push(at);
      if (filled[at] !== undefined) await ana.page.keyboard.type(filled[at]);
      await ana.page.keyboard.press(at === 'Ask for approval' ? 'Enter' : 'Tab');
    }
    expect(order).toEqual([
      'Device: name, address, id, or tag: and a tag',
      '1. putfile: library file to put on the device',
      'Remove 1. putfile',
      '2. run: library script',
      '2. run: arguments (optional)',
      'Remove 2. run',
      '3. getfile: full path of the file to collect',
      'Remove 3. getfile',
      'Add putfile',
      'Add run',
      'Add getfile',
      'Reason: approvers decide by it',
      'Ask for approval',
    ]);
    await bo.card('INC-4000', 'Needs 1 approval').waitFor();
  });

  promise("the approver's inbox opens a request as the newest card, and only that card counts", async () => {
    await bo.say('waiting');
    const asked = bo.cards.filter({ hasText: 'INC-4000' }).filter({ hasText: 'Needs 1 approval' });
    await bo
      .card('1 request waits for your vote')
      .getByRole('button', { name: /^Open LR-/ })
      .click();
    const older = bo.card('A newer card below replaces this one');
    await older.waitFor();
    expect(await older.getByRole('button').count()).toBe(0);
    await bo.press('Approve', asked.last());
    await bo.card('INC-4000', 'Approved by Bo Approver').waitFor();
    await bo.say('waiting');
    await bo.card('Nothing waits for your vote').waitFor();
  });

  test('stopping leaves nothing behind that holds the ports of the windows', async () => {
    const { trial } = windows;
    await trial.stop();
    const ports = [trial.anaUrl, trial.boUrl].map((url) => Number(new URL(url).port));
    await requireFreePorts(ports.map((port) => ({ port, host: '::', what: 'a window', variable: 'PLAYGROUND_PORT' })));
  });
});
