import { seconds, systemClock } from '../../src/lib/clock';
import { createFastClock } from '../../trial/demo/fast-clock';
import { chromiumPath, noChromium } from './chromium';
import { TwoWindows } from './two-windows';

if (chromiumPath === null) console.warn(noChromium);
const inBrowser = chromiumPath === null ? describe.skip : describe;

const devices = Array.from({ length: 10 }, (_, i) => `war-${i}`);
const failing = 'war-9';

inBrowser('in a war room of ten requests', () => {
  let windows: TwoWindows;
  const ids = new Map<string, string>();
  const promise = (title: string, story: () => Promise<void>): void => test(title, () => windows.play(story));

  beforeAll(async () => {
    // A round-up comes every two minutes.
    windows = await TwoWindows.open({ clock: createFastClock(systemClock, 4) });
    for (const name of devices)
      windows.trial.emulator.addDevice({
        machine: { computerDnsName: `${name}.contoso.com` },
        connectDelayMs: seconds(40),
      });
    await windows.ana.goTo('IR war room');
  });
  afterAll(() => windows?.close());

  promise("each request gets its card in the room, and all of them stand in the approver's inbox", async () => {
    const { ana, bo } = windows;
    for (const name of devices) {
      const script = name === failing ? 'fail-second.ps1' : 'collect-logs.ps1';
      await ana.sayToBot(`on ${name}; run ${script}; because INC-7000 lateral movement`);
      const card = ana.card(`${name}.contoso.com`, 'Needs 1 approval');
      await card.waitFor();
      ids.set(name, /LR-[A-Z0-9]{4}/.exec((await card.textContent()) ?? '')?.[0] ?? '');
    }
    expect(new Set(ids.values()).size).toBe(devices.length);

    await bo.say('waiting');
    const inbox = bo.card('10 requests wait for your vote');
    await inbox.getByText('Page 1 of 2.').waitFor();
    expect(await inbox.getByRole('button', { name: /^Open LR-/ }).count()).toBe(8);
    await bo.press('Next page', inbox);
    await inbox.getByText('Page 2 of 2.').waitFor();
    expect(await inbox.getByRole('button', { name: /^Open LR-/ }).count()).toBe(2);
  });

  promise('what fails is told at once, what goes well in a round-up', async () => {
    const { ana, bo } = windows;
    for (const id of ids.values()) await bo.press('Approve', bo.card(id, 'Needs 1 approval'));
    await ana.card('war-9: failed at command 1 of 1', 'access to the working folder').waitFor();

    const roundUp = ana.card(/Round-up of \d+ requests/, `${ids.get('war-0')} · The command ran`);
    await roundUp.waitFor({ timeout: seconds(90) });
    expect(windows.submissions).toBe(devices.length);
  });
});
