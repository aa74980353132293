import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../src/config';
import { postSamples } from '../../src/doctor/post-samples';
import { createSamplePosts, sampleBanner } from '../../src/doctor/sample-posts';
import { Stage } from '../stories/stage';

test('each sample says first that it is one, and has nothing to press', () => {
  const posts = createSamplePosts(Date.UTC(2026, 2, 3), false);
  expect(posts.length).toBeGreaterThan(15);
  for (const { card, text, mention } of posts) {
    expect(JSON.stringify(card ?? text)).toContain(sampleBanner);
    expect(JSON.stringify(card ?? '')).not.toMatch(/"Action\.|"refresh"|"selectAction"|"isVisible"/);
    expect(mention).toBeNull();
  }
});

test('there is a sample of each card that the bot has', () => {
  const cards = readdirSync('src/thread', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [
      ...readFileSync(`src/thread/${name}`, 'utf8').matchAll(/^export (?:function|const) (\w+Card)\b/gm),
    ])
    .map(([, name = '']) => name);
  const source = readFileSync('src/doctor/sample-posts.ts', 'utf8');
  // `toDialogCard` turns any of them into a dialog.
  const others = ['statusCard', 'chooseHistoryCard', 'fitsOneCard', 'toDialogCard'];
  expect(cards.length).toBeGreaterThan(15);
  expect(cards.filter((name) => !others.includes(name) && !source.includes(`${name}(`))).toEqual([]);
});

test('samples come into the chosen conversation while the service runs, and nothing else happens', async () => {
  const stage = await Stage.open();
  try {
    const thread = await stage.ask(
      { id: '29:ana', name: 'Ana', aadObjectId: 'a0000000-0000-4000-8000-000000000001' },
      'help',
    );
    const before = stage.connector.messages(thread).length;
    const config = parseConfig({
      LOCAL_TRIAL: '1',
      DEFENDER_API_URL: stage.emulator.url,
      DATABASE_URL: stage.databaseUrl,
      POLICY_FILE: join(stage.dir, 'policy.yaml'),
    });
    if (!config.ok) throw new Error(config.error.join());
    const clock = stage.clock;
    const posting = postSamples(config.value, thread, clock);
    let ended = false;
    void posting.finally(() => {
      ended = true;
    });
    while (!ended) {
      await new Promise((resolve) => setImmediate(resolve));
      if (clock.sleeping > 0) clock.advance(1_000);
    }
    const posts = createSamplePosts(0, true);
    expect(await posting).toEqual([
      {
        check: 'cards',
        verdict: 'ok',
        found: `${posts.length} samples were posted: look whether each can be read in that conversation.`,
        cure: null,
      },
    ]);
    expect(stage.connector.messages(thread).length - before).toBe(posts.length);
    expect(stage.submissions).toEqual([]);
  } finally {
    await stage.close();
  }
});
