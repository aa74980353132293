import { makeBundle } from '../../src/bundle/bundle';
import { names } from '../../src/bundle/manifest';
import { spansOf, widthsOf } from '../../src/bundle/report/timeline';
import { digestOf } from '../../src/request/ask/digest';
import { base, bob, vote } from '../request/sample';
import { bundleOf, keepResults, openWholeWorld, openWorld, optionsFor, type World } from './sample';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

async function pageOf(bundle: Awaited<ReturnType<typeof makeBundle>>): Promise<string> {
  const part = bundle.parts.find(({ name }) => name === names.report);
  const chunks: Uint8Array[] = [];
  for await (const chunk of part?.content() ?? []) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('the page says who asked, what was seen, who decided, what ran and what came back', async () => {
  const world = await openWholeWorld();
  worlds.push(world);
  const page = await pageOf(await bundleOf(world));
  for (const words of [
    'UNSIGNED. Nothing in this bundle proves who made it.',
    'LR-7F3K on ws-042.contoso.com',
    'INC-1042 credential theft triage',
    'Who waited for what',
    'The card as approvers saw it',
    '>Approve<',
    base.digest,
    'by Bob Prover',
    'minidump.ps1 OfficeClickToRun',
    'Exit code 0.',
    '<pre>done</pre>',
    'r1/command-3-file.bin',
    'of them are about this',
  ])
    expect(page).toContain(words);
  expect(page).not.toContain('LR-3333');
});

test('the page loads nothing, runs nothing and links nowhere', async () => {
  const world = await openWholeWorld();
  worlds.push(world);
  const page = await pageOf(await bundleOf(world));
  expect(page).not.toMatch(/<script|<link|<iframe|<img|<form|<object|href=|src=|url\(|@import|javascript:|\son\w+=/i);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

test('a secret in an output is masked in the page as it was in the thread, and stands whole in the part', async () => {
  const world = await openWorld();
  worlds.push(world);
  await world.play(base);
  const output = 'user=svc\npassword=hunter2-and-more';
  await keepResults(world, base.id, { output });
  const page = await pageOf(await bundleOf(world));
  expect(page).not.toContain('hunter2-and-more');
  expect(page).toContain('[masked: password');
});

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>\u202egnp.exe '\`{{DATE(2026-01-01)}}`;

test('what people and devices wrote stays text', async () => {
  const world = await openWorld();
  worlds.push(world);
  const bound = {
    ...base,
    reason: hostile,
    requester: { ...base.requester, name: hostile },
    device: { ...base.device, name: hostile, tags: [hostile] },
    library: [],
    commands: [
      { type: 'RunScript', scriptName: hostile, args: hostile },
      { type: 'RunScript', scriptName: 'a.ps1', args: null },
      { type: 'GetFile', path: hostile },
    ],
  } as const;
  const request = { ...bound, digest: digestOf(bound) };
  await world.play(request, [
    {
      type: 'voted',
      vote: vote(bob, 'deny', { digest: request.digest, reason: hostile, by: { ...bob, name: hostile } }),
    },
  ]);
  await keepResults(world, base.id, { output: hostile, name: hostile });
  const bundle = await makeBundle(optionsFor(world, await world.records(), { incident: hostile }));
  const page = await pageOf(bundle);
  expect(page).not.toMatch(/<script|<img|onerror=alert\(2\)>/i);
  expect(page).toContain('&#60;script&#62;alert(1)');
  // Only what was kept as it is shown, made visible by then, may hold the character itself.
  expect(page.split('\u202e').length - 1).toBeLessThanOrEqual(1);
  expect(page).toContain('\\u{202e}gnp.exe');
});

test('the bar shows who waited for what, to scale, and ends with the request', () => {
  const at = (minute: number, to?: string) =>
    ({ at: minute * 60_000, detail: to === undefined ? {} : { to } }) as unknown as Parameters<
      typeof spansOf
    >[0][number];
  const ended = spansOf(
    [at(0), at(10, 'queued'), at(10, 'queued'), at(11, 'submitting'), at(30, 'succeeded'), at(90)],
    9e9,
  );
  expect(ended.map(({ state, from, to }) => `${state} ${(to - from) / 60_000}`)).toEqual([
    'awaitingApproval 10',
    'queued 1',
    'submitting 19',
  ]);
  expect(widthsOf(ended).map(Math.round)).toEqual([33, 3, 63]);
  expect(spansOf([at(5)], 6 * 60_000)).toMatchObject([{ state: 'awaitingApproval', to: 6 * 60_000 }]);
  // A clock that was set back makes nothing negative; a request of one instant still has a bar.
  expect(spansOf([at(5), at(3, 'denied')], 0)).toMatchObject([{ from: 300_000, to: 300_000 }]);
  expect(widthsOf(spansOf([at(5)], 0))).toEqual([100]);
  expect(spansOf([], 0)).toEqual([]);
});
