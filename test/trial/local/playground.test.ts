import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ana, bo, trialPeople } from '../../../trial/local/people';
import { playgroundPackage, startPlayground } from '../../../trial/local/playground';
import { playgroundSettings } from '../../../trial/local/playground-settings';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lr-playground-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('the settings of a window', () => {
  test('name exactly five other people, as the Playground demands', () => {
    for (const person of trialPeople) {
      const { currentUser, users } = parse(playgroundSettings('x', person));
      expect(currentUser.aadObjectId).toBe(person.aadObjectId);
      expect(users).toHaveLength(5);
      expect(users).not.toContainEqual(currentUser);
    }
  });

  test('share no conversation with another window, since the bot would write into the wrong one', () => {
    const places = (settings: string) => {
      const { personalChat, groupChat, team } = parse(settings);
      return [personalChat.id, groupChat.id, team.id, team.channels[0].id];
    };
    const shared = places(playgroundSettings('ana', ana)).filter((id) =>
      places(playgroundSettings('bo', bo)).includes(id),
    );
    expect(shared).toEqual([]);
  });

  test('name the people whom the policy of the trial names', async () => {
    const policy = await readFile('env/policy.yaml', 'utf8');
    for (const person of [ana, bo]) expect(policy).toContain(`{ id: ${person.aadObjectId}, name: ${person.name} }`);
  });
});

/** Stands for npx: gets the arguments of `start` and behaves as written. */
const start = (script: string) =>
  startPlayground({
    window: 'ana',
    person: ana,
    port: 56_399,
    botPort: 1,
    dir,
    command: { file: process.execPath, args: ['-e', script, '--'] },
  });

const serve = `require('node:http').createServer((q, s) => s.end('page')).listen(56399, () => console.log('Listening on 56399'));`;

describe('a window', () => {
  test('is open when its page answers', async () => {
    const playground = await start(serve);
    expect(playground.url).toBe('http://localhost:56399');
    await playground.stop();
  });

  test('that listens and then ends over its settings is told with the reason from its log', async () => {
    const log = "error Reason: ConfigFileParseError must have required property 'groupChat'.";
    const script = `const fs = require('node:fs'); console.log('Listening on 56399'); fs.mkdirSync('devTools'); fs.writeFileSync('devTools/m365agentsplayground.log', ${JSON.stringify(log)}); process.exitCode = 1;`;
    await expect(start(script)).rejects.toThrow(
      "Ana Analyst's window did not start. It says: ConfigFileParseError must have required property 'groupChat'.",
    );
  });

  test('that npm cannot fetch is told with what the first start needs', async () => {
    const script = `console.error('npm error code ECONNREFUSED\\nnpm error syscall connect'); process.exitCode = 1;`;
    await expect(start(script)).rejects.toThrow(
      `Ana Analyst's window did not start. npm could not get ${playgroundPackage} (ECONNREFUSED). The first start needs the npm registry: check the connection or the proxy (npm config get registry), then start again.`,
    );
  });

  test('that took another port than asked is not used', async () => {
    const script = `console.log('Listening on 40001'); setInterval(() => {}, 1000);`;
    await expect(start(script)).rejects.toThrow(
      "Port 56399 was taken by another program while Ana Analyst's window started. Stop that program, and start again.",
    );
  });

  test('that ends by itself later says so', async () => {
    const playground = await start(`${serve} process.stdin; setTimeout(() => process.exit(3), 700);`);
    expect(await playground.died).toContain("Ana Analyst's window ended. It ended with code 3");
    await playground.stop();
  });
});
