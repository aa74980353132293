import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { createDefender } from '../../src/defender/client';
import { silentLog } from '../../src/lib/log';
import { redact, reveal } from '../../src/lib/redacted';
import { FakeDefender, NotingClock, type Play, type Stage, setStage } from './fake-defender';

const id = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07';
const actionId = '5382f7ea-7557-4ab7-9782-d50480024a4e';
const machine = (name: string, more: Record<string, unknown> = {}) => ({
  id,
  computerDnsName: name,
  rbacGroupId: 0,
  ...more,
});
const list = (...value: readonly unknown[]): Play => ({ status: 200, json: { value } });
const refusal = (code: string, message = 'text that may change') => ({ error: { code, message, target: 'corr-1' } });
const action = {
  id: actionId,
  type: 'LiveResponse',
  status: 'Pending',
  machineId: id,
  creationDateTimeUtc: '2026-03-02T10:00:00Z',
};
const since = Date.parse('2026-03-02T08:00:00.999Z');

let stage: Stage;
beforeEach(async () => {
  stage = await setStage();
});
afterEach(() => stage.stop());

/** What `play` needs to come to an end: silence is over when the client has waited for long enough. */
async function settingFor(play: Play): Promise<void> {
  if (play !== 'hang') return;
  await stage.stop();
  stage = await setStage({ timeouts: { callMs: 1_500 } });
}

const paths = () => stage.server.seen.map((s) => s.path);

describe('a machine is looked for', () => {
  test.each([
    ['by name, in lower case', ' WS-042 ', `/api/machines?$filter=startswith(computerDnsName,'ws-042')`],
    [
      'by a name with a quote, which cannot end the filter',
      "o'neil",
      `/api/machines?$filter=startswith(computerDnsName,'o''neil')`,
    ],
    [
      'by Entra device id, unquoted',
      'FD2E4D29-7072-4195-AAA5-1AF139B78028',
      '/api/machines?$filter=aadDeviceId eq fd2e4d29-7072-4195-aaa5-1af139b78028',
    ],
    ['by IPv4', '10.166.113.46', `/api/machines/findbyip(ip='10.166.113.46',timestamp=2026-03-02T09:59:00Z)`],
    ['by IPv6', '2a01:110:68:4::96', `/api/machines/findbyip(ip='2a01:110:68:4::96',timestamp=2026-03-02T09:59:00Z)`],
    ['by tag', 'tag: Tier 0&x', '/api/machines/findbytag?tag=Tier 0&x&useStartsWithFilter=false'],
  ])('%s', async (_title, query, asked) => {
    stage.server.play({ status: 404, json: refusal('ResourceNotFound') });
    expect(await stage.defender.findMachines(query)).toEqual([]);
    expect(paths()).toEqual([asked]);
  });

  test('by whole machine id', async () => {
    stage.server.play({ status: 200, json: machine('ws-04') });
    expect(await stage.defender.findMachines(id.toUpperCase())).toMatchObject([{ machineId: id }]);
    expect(paths()).toEqual([`/api/machines/${id}`]);
  });

  test.each(['', '   ', 'tag:', 'tag:  '])('and nothing is asked for %j', async (query) => {
    expect(await stage.defender.findMachines(query)).toEqual([]);
  });

  test('and only whole names count, with or without the domain', async () => {
    const found = [machine('ws-04'), machine('ws-04.corp.example'), machine('ws-042'), machine('WS-04.other.example')];
    stage.server.play(list(...found), list(...found));
    expect((await stage.defender.findMachines('ws-04')).map((d) => d.name)).toEqual([
      'ws-04',
      'ws-04.corp.example',
      'WS-04.other.example',
    ]);
    expect((await stage.defender.findMachines('ws-04.corp.example')).map((d) => d.name)).toEqual([
      'ws-04.corp.example',
    ]);
  });

  test('and duplicates merged into another are left out', async () => {
    stage.server.play(list(machine('ws-04', { mergedIntoMachineId: 'f'.repeat(40) }), machine('ws-04')));
    expect(await stage.defender.findMachines('ws-04')).toHaveLength(1);
  });

  test('and the only match is asked for its group, which lists leave out', async () => {
    stage.server.play(list(machine('ws-04', { rbacGroupId: 7 })), {
      status: 200,
      json: machine('ws-04', { rbacGroupId: 7, rbacGroupName: 'Servers' }),
    });
    expect(await stage.defender.findMachines('ws-04')).toMatchObject([{ groupName: 'Servers' }]);
    expect(paths()[1]).toBe(`/api/machines/${id}`);
  });

  test('and a list with one that cannot be read is not relied on, since that may be the one', async () => {
    stage.server.play(list(machine('ws-04'), { id: 7 }));
    await expect(stage.defender.findMachines('ws-04')).rejects.toMatchObject({ code: 'defender.badAnswer' });
  });
});

describe('a machine by id', () => {
  test('is read', async () => {
    stage.server.play({ status: 200, json: machine('ws-04', { rbacGroupName: null, machineTags: ['T1'] }) });
    expect(await stage.defender.getMachine(id)).toMatchObject({
      machineId: id,
      name: 'ws-04',
      tags: ['T1'],
      groupName: null,
    });
  });
  const missing: Play = { status: 404, json: refusal('ResourceNotFound') };
  test('is gone when it stays away for some seconds and the list does not have it', async () => {
    stage.server.play(missing, missing, missing, missing);
    expect(await stage.defender.getMachine(id)).toBeNull();
    expect(stage.clock.waits).toEqual([1_000, 2_000]);
    expect(paths().at(-1)).toBe(`/api/machines?$filter=id eq '${id}'`);
  });
  test('that answers 404 once is there', async () => {
    stage.server.play(missing, { status: 200, json: machine('ws-04') });
    expect(await stage.defender.getMachine(id)).toMatchObject({ machineId: id, name: 'ws-04' });
    stage.server.play(missing, { status: 200, json: machine('ws-04') });
    expect(await stage.defender.findMachines(id)).toMatchObject([{ machineId: id }]);
  });
  test('that the list has is not gone, however often it answers 404', async () => {
    stage.server.play(missing, missing, missing, list(machine('ws-04')));
    await expect(stage.defender.getMachine(id)).rejects.toMatchObject({ code: 'defender.contradiction' });
  });
  test('is never another machine that is only named like it', async () => {
    stage.server.play({ status: 200, json: { ...machine(id), id: 'f'.repeat(40) } });
    expect(await stage.defender.getMachine(id)).toBeNull();
  });
  test('that was merged into another is gone', async () => {
    stage.server.play({ status: 200, json: machine('ws-04', { mergedIntoMachineId: 'f'.repeat(40) }) });
    expect(await stage.defender.getMachine(id)).toBeNull();
  });
  test.each(['..', '.', ''])('%j cannot become another call', async (odd) => {
    await expect(stage.defender.getMachine(odd)).rejects.toThrow('no Defender id');
  });
  test('stays one part of the address, whatever is in it', async () => {
    stage.server.play({ status: 403 });
    await stage.defender.getMachine('a/../b?c#d').catch(() => null);
    expect(stage.server.seen[0]?.path).toBe('/api/machines/a/../b?c#d');
  });
});

test('a library file that is needed is asked for again before it is believed gone', async () => {
  const file = { fileName: 'a.ps1', sha256: 'a'.repeat(64) };
  stage.server.play(list(), list(file), list(), list(), list());
  expect(await stage.defender.listLibrary(['a.ps1'])).toMatchObject([{ fileName: 'a.ps1' }]);
  expect(await stage.defender.listLibrary(['a.ps1'])).toEqual([]);
  expect(stage.clock.waits).toEqual([1_000, 1_000, 2_000]);
});

test('the library is listed, and a file whose hash cannot be read is left out with a warning', async () => {
  stage.server.play(list({ fileName: 'a.ps1', sha256: 'a'.repeat(64) }, { fileName: 'b.ps1', sha256: null }));
  expect((await stage.defender.listLibrary()).map((f) => f.fileName)).toEqual(['a.ps1']);
  expect(stage.log.lines).toEqual([
    '{"call":"listLibrary","unreadable":1,"message":"Items of a Defender list cannot be read and are left out"}',
  ]);
});

describe('actions', () => {
  test('are listed by one filtered call', async () => {
    stage.server.play(list(action));
    expect((await stage.defender.listActions(since)).actions).toMatchObject([{ actionId, status: 'Pending' }]);
    expect(paths()).toEqual([
      `/api/machineactions?$filter=type eq 'LiveResponse' and creationDateTimeUtc ge 2026-03-02T08:00:00Z`,
    ]);
  });

  test('of one machine are listed by its id', async () => {
    stage.server.play(list(action));
    await stage.defender.listMachineActions(id, since);
    expect(paths()).toEqual([
      `/api/machineactions?$filter=machineId eq '${id}' and type eq 'LiveResponse' and creationDateTimeUtc ge 2026-03-02T08:00:00Z`,
    ]);
  });

  test('that cannot be read are left out of the poll with a warning', async () => {
    stage.server.play(list(action, { id: 'b' }));
    expect((await stage.defender.listActions(since)).actions).toHaveLength(1);
    expect(stage.log.lines).toHaveLength(1);
  });

  test('that cannot be read make a look-up fail rather than prove an absence', async () => {
    stage.server.play(list(action, { id: 'b' }));
    await expect(stage.defender.listMachineActions(id, since)).rejects.toMatchObject({ code: 'defender.badAnswer' });
  });

  test('are not taken for absent because the list was not found', async () => {
    stage.server.play({ status: 404 });
    await expect(stage.defender.listMachineActions(id, since)).rejects.toMatchObject({ code: 'defender.notFound' });
  });

  test('are read to the last page, on our host whatever host the next link names', async () => {
    const next = (skip: number) =>
      `https://api-us.securitycenter.microsoft.com/api/machineactions?$filter=x&$skip=${skip}`;
    stage.server.play(
      { status: 200, json: { value: [action], '@odata.nextLink': next(1) } },
      { status: 200, json: { value: [action], '@odata.nextLink': `${stage.server.url}/api/machineactions?$skip=2` } },
      list(action),
    );
    expect((await stage.defender.listActions(since)).actions).toHaveLength(3);
    expect(paths().slice(1)).toEqual(['/api/machineactions?$filter=x&$skip=1', '/api/machineactions?$skip=2']);
  });

  test.each(['https://evil.example/steal', '//evil.example/x', '/api/machines', 'javascript:alert(1)', 'http://['])(
    'are not read on at %s',
    async (nextLink) => {
      stage.server.play({ status: 200, json: { value: [action], '@odata.nextLink': nextLink } });
      await expect(stage.defender.listActions(since)).rejects.toMatchObject({ code: 'defender.badAnswer' });
    },
  );

  test('never go to another server with the token', async () => {
    const other = await new FakeDefender().start();
    stage.server.play(
      { status: 200, json: { value: [], '@odata.nextLink': `${other.url}/api/machineactions?$skip=1` } },
      list(action),
    );
    await stage.defender.listActions(since);
    expect(other.seen).toEqual([]);
    await other.stop();
  });

  test('in a list that never ends are given up', async () => {
    const page: Play = { status: 200, json: { value: [], '@odata.nextLink': '/api/machineactions?$skip=1' } };
    stage.server.play(...Array.from({ length: 50 }, () => page));
    await expect(stage.defender.listActions(since)).rejects.toMatchObject({ code: 'defender.answerTooLarge' });
  });

  test('by id are read, or null when Defender does not know them', async () => {
    const missing: Play = { status: 404, json: refusal('ResourceNotFound') };
    stage.server.play({ status: 200, json: action }, missing, missing, missing);
    expect(await stage.defender.getAction(actionId)).toMatchObject({ actionId });
    expect(await stage.defender.getAction(actionId)).toBeNull();
    expect(stage.clock.waits).toEqual([1_000, 2_000]);
  });

  test('that answer 404 once are known', async () => {
    stage.server.play({ status: 404 }, { status: 200, json: action });
    expect(await stage.defender.getAction(actionId)).toMatchObject({ actionId });
  });

  test('by id are not answered by another action', async () => {
    stage.server.play({ status: 200, json: { ...action, id: 'other' } });
    await expect(stage.defender.getAction(actionId)).rejects.toMatchObject({ code: 'defender.badAnswer' });
  });
});

describe('cancelling', () => {
  const cancel = () => stage.defender.cancelAction(actionId, 'LR-7F3K: asked by Ana');

  test('says why, and answers with the action', async () => {
    stage.server.play({ status: 200, json: { ...action, status: 'Cancelled' } });
    expect(await cancel()).toMatchObject({ type: 'accepted', action: { status: 'Cancelled' } });
    expect(stage.server.seen[0]).toMatchObject({
      method: 'POST',
      path: `/api/machineactions/${actionId}/cancel`,
      body: '{"Comment":"LR-7F3K: asked by Ana"}',
    });
  });
  test('what can no longer be cancelled is refused', async () => {
    stage.server.play({ status: 400, json: refusal('BadRequest') });
    expect(await cancel()).toEqual({ type: 'refused', code: 'BadRequest' });
  });
  test('what Defender does not know is told so', async () => {
    stage.server.play({ status: 404, json: refusal('ResourceNotFound') });
    expect(await cancel()).toEqual({ type: 'unknownAction' });
  });
  test('is still a yes when its answer cannot be read; the action is then asked for', async () => {
    stage.server.play({ status: 200, body: '{' }, { status: 200, json: action });
    expect(await cancel()).toMatchObject({ type: 'accepted', action: { status: 'Pending' } });
  });
  test.each([
    [{ status: 500 } as Play, 'defender.serverFault'],
    [{ status: 403, json: refusal('Forbidden') } as Play, 'defender.forbidden'],
    ['reset' as Play, 'defender.unreachable'],
  ])('is said once and then thrown back', async (play, code) => {
    stage.server.play(play);
    await expect(cancel()).rejects.toMatchObject({ code });
    expect(stage.server.seen).toHaveLength(1);
  });
});

describe('a read', () => {
  const read = () => stage.defender.listLibrary();

  test.each([
    ['500', { status: 500 }, [1_000]],
    ['502', { status: 502, body: '<html>' }, [1_000]],
    ['503', { status: 503 }, [2_000]],
    ['504', { status: 504 }, [2_000]],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '7' } }, [7_000]],
    ['429 with a date', { status: 429, headers: { 'retry-after': 'Mon, 02 Mar 2026 10:00:09 GMT' } }, [9_000]],
    [
      '429 with the wait in the text',
      { status: 429, json: refusal('429', 'You can send requests again in 8 seconds.') },
      [8_000],
    ],
    ['429 without a wait', { status: 429, json: refusal('429') }, [5_000]],
    ['dropped connection', 'reset', [500]],
    ['half answer', 'halfBody', [500]],
    ['silence', 'hang', [1_000]],
  ] as ReadonlyArray<readonly [string, Play, readonly number[]]>)(
    'is tried again after a %s',
    async (_title, play, waits) => {
      await settingFor(play);
      stage.server.play(play, list());
      expect(await read()).toEqual([]);
      expect(stage.clock.waits).toEqual(waits);
      expect(stage.log.lines).toHaveLength(1);
    },
  );

  test('gives up after its tries and says what Defender said', async () => {
    stage.server.play(
      ...Array.from({ length: 4 }, (): Play => ({ status: 500, json: refusal('InternalServerError') })),
    );
    await expect(read()).rejects.toMatchObject({
      name: 'DefenderError',
      code: 'defender.serverFault',
      status: 500,
      defenderCode: 'InternalServerError',
      target: 'corr-1',
    });
  });

  test('does not sleep through a long wait, but hands it to the caller', async () => {
    stage.server.play({ status: 429, json: refusal('429'), headers: { 'retry-after': '120' } });
    await expect(read()).rejects.toMatchObject({ code: 'defender.throttled', retryAfterMs: 120_000 });
    expect(stage.clock.waits).toEqual([]);
  });

  test.each([
    [{ status: 403, json: refusal('Forbidden') } as Play, 'defender.forbidden'],
    [{ status: 400, json: refusal('ODataError') } as Play, 'defender.badRequest'],
    [{ status: 302, headers: { location: '/api/other' } } as Play, 'defender.badAnswer'],
    [{ status: 200, body: '{"value":' } as Play, 'defender.badAnswer'],
    [{ status: 200, body: 'not deflate', headers: { 'content-encoding': 'deflate' } } as Play, 'defender.badAnswer'],
  ])('is not tried again after %j', async (play, code) => {
    stage.server.play(play);
    await expect(read()).rejects.toMatchObject({ code });
    expect(stage.clock.waits).toEqual([]);
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
  ])('understands an answer that came as %s', async (encoding, pack) => {
    const body = pack(readFileSync(path.resolve('test/fixtures/defender/resp-libraryfiles-list-doc.json')));
    stage.server.play({ status: 200, body, headers: { 'content-encoding': encoding } });
    expect(await read()).toHaveLength(3);
  });

  test('does not unpack an answer made to fill memory', async () => {
    const body = gzipSync(Buffer.alloc(64 * 1024 * 1024, 32));
    stage.server.play({ status: 200, body, headers: { 'content-encoding': 'gzip' } });
    await expect(read()).rejects.toMatchObject({ code: 'defender.answerTooLarge' });
  });
});

describe('a 401', () => {
  const withTokens = (...names: readonly string[]) => {
    let current = 0;
    return createDefender({
      baseUrl: stage.server.url,
      clock: new NotingClock(),
      log: silentLog,
      token: async (refused) => {
        if (refused !== undefined && reveal(refused) === names[current] && current < names.length - 1) current++;
        return redact(names[current] ?? '');
      },
    });
  };

  test('is answered once with a fresh token', async () => {
    stage.server.play({ status: 401, json: refusal('Unauthorized') }, list());
    await withTokens('old', 'new').listLibrary();
    expect(stage.server.seen.map((s) => s.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });
  test('with the fresh token as well is thrown', async () => {
    stage.server.play({ status: 401 }, { status: 401 });
    await expect(withTokens('old', 'new', 'third').listLibrary()).rejects.toMatchObject({
      code: 'defender.unauthorized',
    });
  });
  test('is thrown at once when there is no other token', async () => {
    stage.server.play({ status: 401 });
    await expect(withTokens('only').listLibrary()).rejects.toMatchObject({ code: 'defender.unauthorized' });
  });
});

test('an answer that is no HTTP leaves none of its bytes in the error', async () => {
  stage.server.play(...Array.from({ length: 4 }, (): Play => ({ garbage: 'SeCrEt bytes' })));
  const error = await stage.defender.listLibrary().catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'defender.unreachable', cause: { reason: 'HPE_INVALID_CONSTANT' } });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/SeCrEt|53 65 43 72 45 74/);
});

test.each(['http://api.security.microsoft.com', 'ftp://127.0.0.1', 'http://127.0.0.1.evil.example'])(
  'a token is never sent to %s',
  (baseUrl) => {
    const build = () =>
      createDefender({ baseUrl, token: async () => redact('t'), clock: new NotingClock(), log: silentLog });
    expect(build).toThrow('The address of Defender must begin with https:// unless it is on this machine.');
  },
);

test('no log line and no error carries a token, a filter or a name that was asked for', async () => {
  stage.server.play(...Array.from({ length: 4 }, (): Play => ({ status: 500 })));
  const error = (await stage.defender.findMachines('secret-host').catch((e: unknown) => e)) as Error;
  const told = [...stage.log.lines, String(error), error.stack ?? '', JSON.stringify(error)].join('\n');
  expect(told).not.toMatch(/secret-host|Bearer|\$filter/);
});
