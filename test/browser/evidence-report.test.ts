import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { makeBundle } from '../../src/bundle/bundle';
import { names } from '../../src/bundle/manifest';
import { digestOf } from '../../src/request/ask/digest';
import { keepResults, newKey, openWholeWorld, openWorld, optionsFor, type World } from '../bundle/sample';
import { base, bob, vote } from '../request/sample';
import { chromiumPath, launchChromium, noChromium } from './chromium';

if (chromiumPath === null) console.warn(noChromium);
const inBrowser = chromiumPath === null ? describe.skip : describe;
const pictures = process.env.EVIDENCE_PICTURES ?? null;

inBrowser('report.html of an evidence bundle', () => {
  let browser: Browser;
  const worlds: World[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    for (const world of worlds) await world.close();
  });

  async function pageFile(world: World): Promise<string> {
    worlds.push(world);
    const bundle = await makeBundle(optionsFor(world, await world.records(), { key: newKey().signing }));
    const chunks: Uint8Array[] = [];
    for await (const chunk of bundle.parts.find(({ name }) => name === names.report)?.content() ?? [])
      chunks.push(chunk);
    const file = path.join(world.dir, names.report);
    writeFileSync(file, Buffer.concat(chunks));
    return file;
  }

  async function open(file: string, width: number) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const asked: string[] = [];
    const said: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => said.push(message.text()));
    page.on('dialog', (dialog) => {
      said.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(pathToFileURL(file).href);
    return { page, asked, said };
  }

  const widthOf = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');

  test('it asks for nothing but itself, and fits a phone without scrolling sideways', async () => {
    const file = await pageFile(await openWholeWorld());
    for (const width of [358, 1_200]) {
      const { page, asked, said } = await open(file, width);
      expect(asked).toEqual([pathToFileURL(file).href]);
      expect(said).toEqual([]);
      expect(await widthOf(page)).toBeLessThanOrEqual(width);
      expect(
        await page.evaluate<number>(`document.querySelector('.bar').getBoundingClientRect().width`),
      ).toBeGreaterThan(250);
      if (pictures !== null)
        await page.screenshot({ path: path.join(pictures, `evidence-report-${width}.png`), fullPage: true });
      await page.close();
    }
  });

  test('it prints to a PDF of a few pages', async () => {
    const { page } = await open(await pageFile(await openWholeWorld()), 1_200);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString('latin1')).toBe('%PDF-');
    const pages = pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(1);
    expect(pages).toBeLessThan(12);
    if (pictures !== null) writeFileSync(path.join(pictures, 'evidence-report.pdf'), pdf);
    await page.close();
  });

  test('hostile names, reasons and output run nothing and ask for nothing', async () => {
    const hostile = `"><script>document.title='owned'</script><img src="http://127.0.0.1:9/x" onerror="alert(1)"><style>body{display:none}</style>`;
    const world = await openWorld();
    const bound = {
      ...base,
      reason: hostile,
      device: { ...base.device, name: hostile },
      library: [],
      commands: [{ type: 'RunScript', scriptName: hostile, args: hostile }, base.commands[1], base.commands[2]],
    } as typeof base;
    const request = { ...bound, digest: digestOf(bound) };
    const denied = vote(bob, 'deny', { digest: request.digest, reason: hostile, by: { ...bob, name: hostile } });
    await world.play(request, [{ type: 'voted', vote: denied }]);
    await keepResults(world, base.id, { output: hostile, name: hostile });
    const file = await pageFile(world);
    const { page, asked, said } = await open(file, 358);
    expect(await page.title()).toBe('Evidence of LR-7F3K');
    expect(await page.evaluate<string>('document.body.innerText')).toContain("<script>document.title='owned'</script>");
    expect(await page.evaluate<number>(`document.querySelectorAll('script,img').length`)).toBe(0);
    expect(asked).toEqual([pathToFileURL(file).href]);
    expect(said).toEqual([]);
    expect(await widthOf(page)).toBeLessThanOrEqual(358);
    await page.close();
  });
});
