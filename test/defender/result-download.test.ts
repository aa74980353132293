import { inspect } from 'node:util';
import { checkLink } from '../../src/defender/result-download';
import { FakeDefender, type Play, type Stage, setStage } from './fake-defender';

const actionId = '5382f7ea-7557-4ab7-9782-d50480024a4e';
const secret = 'sig=SeCrEtSiGnAtUrE';
const hosts = ['.blob.core.windows.net'];
const cloud = new URL('https://api.security.microsoft.com/api/');

let stage: Stage;
let blobs: FakeDefender;
beforeEach(async () => {
  stage = await setStage({ timeouts: { downloadIdleMs: 1_500, downloadMs: 4_000 }, maxResultBytes: 100 });
  blobs = await new FakeDefender().start();
});
afterEach(async () => {
  await stage.stop();
  await blobs.stop();
});

const linkTo = (url: string): Play => ({ status: 200, json: { value: url } });
const open = () => stage.defender.openResult(actionId, 1);

async function readAll(): Promise<string> {
  const outcome = await open();
  if (outcome.type !== 'opened') throw new Error(outcome.type);
  const chunks: Uint8Array[] = [];
  for await (const chunk of outcome.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const failure = async (): Promise<Error> =>
  readAll().then(
    () => Promise.reject(new Error('It was read.')),
    (e: Error) => e,
  );

test('a result is fetched by a fresh link, and the token stays with Defender', async () => {
  stage.server.play(linkTo(`${blobs.url}/container/result?se=x&amp;${secret}`));
  blobs.play({ status: 200, body: 'the result' });
  expect(await readAll()).toBe('the result');
  expect(stage.server.seen[0]).toMatchObject({
    path: `/api/machineactions/${actionId}/GetLiveResponseResultDownloadLink(index=1)`,
    headers: { authorization: 'Bearer local' },
  });
  expect(blobs.seen[0]?.path).toBe(`/container/result?se=x&${secret}`);
  expect(blobs.seen[0]?.headers.authorization).toBeUndefined();
});

test('the size is told when the store tells it', async () => {
  stage.server.play(linkTo(`${blobs.url}/r`));
  blobs.play({ status: 200, body: '12345', headers: { 'content-length': '5' } });
  const outcome = await open();
  expect(outcome).toMatchObject({ type: 'opened', size: 5 });
  if (outcome.type === 'opened') for await (const _chunk of outcome.body);
});

test('a result that is not ready is no error', async () => {
  stage.server.play({ status: 400, json: { error: { code: 'BadRequest', message: 'not ready' } } });
  expect(await open()).toEqual({ type: 'notReady', code: 'BadRequest' });
});

test('a result that Defender does not know is no error', async () => {
  stage.server.play({ status: 404 });
  expect(await open()).toEqual({ type: 'unknownResult' });
});

test('an app that may not read results is told so', async () => {
  stage.server.play({ status: 403, json: { error: { code: 'Forbidden' } } });
  await expect(open()).rejects.toMatchObject({ code: 'defender.forbidden' });
});

test.each([
  ['an expired link', { status: 403 }, 'defender.resultRefused'],
  ['a store that is down', { status: 503 }, 'defender.serverFault'],
  ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'defender.resultRefused'],
  ['half a result', 'halfBody', 'defender.unreachable'],
  ['a dropped connection', 'reset', 'defender.unreachable'],
  ['an answer that is no HTTP', { garbage: `${secret} container` }, 'defender.unreachable'],
  [
    'a result that breaks off into nonsense',
    { garbage: `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${secret}` },
    'defender.unreachable',
  ],
  ['silence', 'hang', 'defender.timedOut'],
  ['more than the limit', { status: 200, body: 'x'.repeat(101) }, 'defender.answerTooLarge'],
] as ReadonlyArray<readonly [string, Play, string]>)(
  '%s is an error without the link in it',
  async (_title, play, code) => {
    stage.server.play(linkTo(`${blobs.url}/container/result?${secret}`));
    blobs.play(play);
    const error = await failure();
    expect(error).toMatchObject({ name: 'DefenderError', code });
    expect([inspect(error, { depth: 10, showHidden: true }), ...stage.log.lines].join('\n')).not.toMatch(
      /SeCrEt|container/,
    );
  },
);

test('an address where nobody answers is an error without the link in it', async () => {
  const closed = await new FakeDefender().start();
  const url = `${closed.url}/container/result?${secret}`;
  await closed.stop();
  stage.server.play(linkTo(url));
  const error = await failure();
  expect(error).toMatchObject({ code: 'defender.unreachable' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/SeCrEt|container/);
});

test('a result that nobody reads is let go after its time, without harm', async () => {
  stage.server.play(linkTo(`${blobs.url}/r`));
  blobs.play('stall');
  const outcome = await open();
  await blobs.disconnected();
  if (outcome.type !== 'opened') throw new Error(outcome.type);
  await expect(outcome.body[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'defender.timedOut' });
});

test('a result that stops coming is given up', async () => {
  stage.server.play(linkTo(`${blobs.url}/r`));
  blobs.play('stall');
  expect(await failure()).toMatchObject({ code: 'defender.timedOut' });
});

test('a reader that stops early closes the connection', async () => {
  stage.server.play(linkTo(`${blobs.url}/r`));
  blobs.play({ status: 200, body: 'x'.repeat(100) });
  const outcome = await open();
  if (outcome.type !== 'opened') throw new Error(outcome.type);
  for await (const _chunk of outcome.body) break;
});

test.each([
  'https://automatedirstrprdeus.blob.core.windows.net/investigation-actions-data/x?sp=rt&sig=S',
  'https://AUTOMATED.Blob.Core.Windows.net/x',
  'https://a.blob.core.windows.net:443/x',
])('with the real Defender, %s is opened', (link) => {
  expect(checkLink(link, cloud, hosts).protocol).toBe('https:');
});

test.each([
  'http://a.blob.core.windows.net/x',
  'https://blob.core.windows.net/x',
  'https://evil.example/x?.blob.core.windows.net',
  'https://a.blob.core.windows.net.evil.example/x',
  'https://evilblob.core.windows.net/x',
  'https://a.blob.core.windows.net:8443/x',
  'https://user:pass@a.blob.core.windows.net/x',
  'https://127.0.0.1/x',
  'https://169.254.169.254/metadata',
  'https://[::1]/x',
  'file:///etc/passwd',
  'a.blob.core.windows.net/x',
  '',
])('with the real Defender, %j is not opened', (link) => {
  expect(() => checkLink(link, cloud, hosts)).toThrow('openResult: defender.linkRefused');
});

test.each(['https://a.blob.core.windows.net/x', 'http://10.0.0.5/x', 'ftp://127.0.0.1/x'])(
  'in the trial, %s is not opened',
  (link) => {
    expect(() => checkLink(link, new URL('http://127.0.0.1:4000/api/'), hosts)).toThrow(
      'openResult: defender.linkRefused',
    );
  },
);
