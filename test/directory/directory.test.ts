import { cloudOf } from '../../src/defender/cloud';
import { scopeForHost } from '../../src/defender/token';
import { createDirectory, type Directory, type DirectoryOptions } from '../../src/directory/directory';
import type { GraphToken } from '../../src/directory/graph';
import { type GroupSource, readGroups } from '../../src/directory/read-groups';
import { minutes, seconds } from '../../src/lib/clock';
import type { Log } from '../../src/lib/log';
import { redact, reveal } from '../../src/lib/redacted';
import { FakeGraph, type GraphFault, member } from '../fakes/fake-graph';
import { SteppedClock } from '../fakes/stepped-clock';

const group = '5ac00000-0000-4000-8000-000000000001';
const inner = '5ac00000-0000-4000-8000-000000000002';
const person = (n: number) => `a0000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const [ana, bo, cy] = [person(1), person(2), person(3)];

let graph: FakeGraph;
let clock: SteppedClock;
let log: Log & { readonly lines: Record<string, unknown>[] };
let directory: Directory;
const open = (more: Partial<DirectoryOptions> = {}): Directory =>
  createDirectory({ baseUrl: graph.url, token: async () => redact('good'), clock, log, ...more });

beforeEach(async () => {
  graph = await new FakeGraph().start();
  clock = new SteppedClock();
  log = recordingLog();
  directory = open();
});
afterEach(() => graph.stop());

function recordingLog(): typeof log {
  const lines: Record<string, unknown>[] = [];
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, message, ...fields });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}
const read = async (from: Directory = directory, id = group) => {
  const members = await from.members(id);
  return members === null ? null : [...members].sort();
};
const warned = () => log.lines.filter((line) => line.level === 'warn');

describe('who is in a group', () => {
  test('the people of a group and of the groups in it count, page after page, whatever the case of their ids', async () => {
    graph.pageSize = 2;
    graph.put(group, [member(ana.toUpperCase()), member(bo)], [inner]);
    graph.put(inner, [member(cy), member(person(4)), member(person(5))], [group]);
    expect(await read()).toEqual([ana, bo, cy, person(4), person(5)]);
    expect(graph.calls.map((call) => call.path)).toEqual([
      `/v1.0/groups/${group}/transitiveMembers/microsoft.graph.user?$select=id,userType,accountEnabled,userPrincipalName&$top=999`,
      expect.stringContaining('$skiptoken='),
      expect.stringContaining('$skiptoken='),
    ]);
    expect(new Set(graph.calls.map((call) => call.authorization))).toEqual(new Set(['Bearer good']));
  });

  test('guests, people of other tenants and disabled accounts do not count, and the log says how many (T-5)', async () => {
    graph.put(group, [
      member(ana),
      member(person(10), { userType: 'Guest' }),
      member(person(11), { userType: null }),
      member(person(12), { userPrincipalName: 'bo_fabrikam.example#EXT#@contoso.example' }),
      member(person(13), { accountEnabled: false }),
    ]);
    expect(await read()).toEqual([ana]);
    expect(log.lines).toEqual([{ level: 'info', message: 'group read', groupId: group, members: 1, leftOut: 4 }]);
  });

  test('service principals and devices in a group do not count (T-13)', async () => {
    graph.put(group, [
      member(ana),
      member(person(20), { '@odata.type': '#microsoft.graph.servicePrincipal' }),
      member(person(21), { '@odata.type': '#microsoft.graph.device' }),
    ]);
    expect(await read()).toEqual([ana]);
  });

  test('an empty group has nobody, which is something else than a group that could not be read', async () => {
    graph.put(group, []);
    expect(await read()).toEqual([]);
  });

  test('empty pages before the last are walked through', async () => {
    graph.put(group, [member(ana)]);
    graph.fail({
      type: 'body',
      body: JSON.stringify({
        value: [],
        '@odata.nextLink': `${graph.url}/v1.0/groups/${group}/transitiveMembers/microsoft.graph.user?$select=id,userType,accountEnabled`,
      }),
    });
    expect(await read()).toEqual([ana]);
  });
});

describe('when a group cannot be read nobody counts (T-12)', () => {
  const page = (more: object) => JSON.stringify({ value: [member(ana)], ...more });
  test.each<[string, GraphFault, string]>([
    ['a broken connection', { type: 'reset' }, 'directory.unreachable'],
    ['an answer that does not come', { type: 'hang' }, 'directory.unreachable'],
    [
      'a missing permission',
      { type: 'status', status: 403, code: 'Authorization_RequestDenied' },
      'directory.forbidden',
    ],
    ['an outage', { type: 'status', status: 503 }, 'directory.unreachable'],
    ['throttling', { type: 'status', status: 429 }, 'directory.throttled'],
    ['a bad request', { type: 'status', status: 400 }, 'directory.refused'],
    ['a redirect, which is not followed', { type: 'status', status: 302 }, 'directory.refused'],
    ['a body that is no JSON', { type: 'body', body: '<html>' }, 'directory.malformed'],
    ['an empty body', { type: 'body', body: '' }, 'directory.malformed'],
    ['a page without a list', { type: 'body', body: '{"value":{}}' }, 'directory.malformed'],
    ['an entry without an id', { type: 'body', body: '{"value":[{"userType":"Member"}]}' }, 'directory.malformed'],
    ['an entry that is a word', { type: 'body', body: '{"value":["ana"]}' }, 'directory.malformed'],
    ['an id that is none', { type: 'body', body: '{"value":[{"id":"ana@contoso.example"}]}' }, 'directory.malformed'],
    [
      'accounts without their state, which Graph leaves out when the app may not see it',
      { type: 'body', body: JSON.stringify({ value: [{ id: ana }] }) },
      'directory.limitedInformation',
    ],
    ['a next page that is no address', { type: 'body', body: page({ '@odata.nextLink': 7 }) }, 'directory.malformed'],
    [
      'a next page on another host',
      { type: 'nextLink', link: 'https://graph.evil.example/v1.0/x' },
      'directory.foreignLink',
    ],
    ['a next page that is a word', { type: 'nextLink', link: 'next' }, 'directory.foreignLink'],
    ['a page beyond all size', { type: 'body', body: ' '.repeat(4_100_000) }, 'directory.tooLarge'],
  ])('%s', async (_what, fault, code) => {
    graph.put(group, [member(ana)]);
    graph.fail(fault);
    expect(await read(open(fault.type === 'hang' ? { timeoutMs: 50 } : {}))).toBeNull();
    expect(warned()).toMatchObject([{ code, groupId: group, message: 'group not read: nobody counts as its member' }]);
    expect(JSON.stringify(log.lines)).not.toContain('good');
    expect(graph.calls).toHaveLength(1);
  });

  test('Graph cannot be reached at all', async () => {
    const gone = await new FakeGraph().start();
    await gone.stop();
    expect(await read(open({ baseUrl: gone.url }))).toBeNull();
    expect(warned()).toMatchObject([{ code: 'directory.unreachable', reason: 'ECONNREFUSED' }]);
  });

  test('a next page with user info, another scheme or another port does not get the token (T-3)', async () => {
    const { host } = new URL(graph.url);
    for (const link of [`http://me@${host}/v1.0/x`, `https://${host}/v1.0/x`, 'http://127.0.0.1:1/v1.0/x']) {
      graph.put(group, [member(ana)]);
      graph.fail({ type: 'nextLink', link });
      expect(await read(open())).toBeNull();
    }
    expect(graph.calls).toHaveLength(3);
    expect(new Set(warned().map((line) => line.code))).toEqual(new Set(['directory.foreignLink']));
  });

  test('a page that fails after a good one makes the whole group unreadable: half a list is no list', async () => {
    graph.pageSize = 1;
    graph.put(group, [member(ana), member(bo)]);
    graph.fail({ type: 'nextLink', link: `${graph.url}/v1.0/groups/${inner}/transitiveMembers` });
    expect(await read()).toBeNull();
    expect(warned()).toMatchObject([{ code: 'directory.noSuchGroup', status: 404 }]);
  });

  test('a chain of pages that never ends is given up', async () => {
    const link = `${graph.url}/v1.0/groups/${group}/transitiveMembers/microsoft.graph.user?$select=id`;
    graph.put(group, []);
    graph.fail(...Array.from({ length: 300 }, (): GraphFault => ({ type: 'nextLink', link })));
    expect(await read(open({ timeoutMs: 20_000 }))).toBeNull();
    expect(warned()).toMatchObject([{ code: 'directory.tooLarge' }]);
    expect(graph.calls).toHaveLength(200);
  });

  test('a group of more people than can be approvers is refused, not cut', async () => {
    graph.put(group, [member(ana), member(bo), member(cy)]);
    expect(await read(open({ maxMembers: 2 }))).toBeNull();
    expect(await read(open({ maxMembers: 3 }))).toEqual([ana, bo, cy]);
    expect(warned()).toMatchObject([{ code: 'directory.tooLarge' }]);
  });

  test('a group that does not exist is unreadable and not empty: a rule that denies its members must not fall silent', async () => {
    expect(await read()).toBeNull();
    expect(warned()).toMatchObject([
      { code: 'directory.noSuchGroup', status: 404, reason: 'Request_ResourceNotFound' },
    ]);
  });

  test('a group id that is none is not asked for: it could be a path', async () => {
    for (const id of ['', 'soc', '../users', `${group}/owners`, `${group}\0`])
      expect(await read(directory, id)).toBeNull();
    expect(graph.calls).toEqual([]);
  });

  test('no token: told by the code of what failed', async () => {
    const token: GraphToken = async () => {
      throw Object.assign(new Error('AADSTS7000215: Invalid client secret'), { code: 'defender.noToken' });
    };
    expect(await read(open({ token }))).toBeNull();
    expect(warned()).toMatchObject([{ code: 'directory.noToken', reason: 'defender.noToken' }]);
    expect(JSON.stringify(log.lines)).not.toContain('AADSTS');
  });

  test('a sign-in that does not answer holds up nobody for longer than the time for the group', async () => {
    expect(await read(open({ token: () => new Promise(() => {}), timeoutMs: 20 }))).toBeNull();
    expect(warned()).toMatchObject([{ code: 'directory.noToken' }]);
  });
});

test('a token that Graph refuses is exchanged once, and a second refusal is believed', async () => {
  graph.put(group, [member(ana)]);
  graph.tokens = ['second'];
  const asked: Array<string | null> = [];
  const token: GraphToken = async (refused) => {
    asked.push(refused === undefined ? null : reveal(refused));
    return redact(refused === undefined ? 'first' : 'second');
  };
  expect(await read(open({ token }))).toEqual([ana]);
  expect(asked).toEqual([null, 'first']);
  graph.tokens = ['third'];
  expect(await read(open({ token }))).toBeNull();
  expect(warned()).toMatchObject([{ code: 'directory.forbidden', status: 401 }]);
});

test('the token is asked of Entra for Graph itself, in each cloud', () => {
  const hosts = ['https://graph.microsoft.com', 'https://graph.microsoft.us', 'https://dod-graph.microsoft.us'];
  expect(hosts.map((host) => [scopeForHost(host), cloudOf(host).authorityHost, cloudOf(host).resultHosts])).toEqual([
    ['https://graph.microsoft.com/.default', 'https://login.microsoftonline.com', []],
    ['https://graph.microsoft.us/.default', 'https://login.microsoftonline.us', []],
    ['https://dod-graph.microsoft.us/.default', 'https://login.microsoftonline.us', []],
  ]);
});

describe('what is kept', () => {
  test('within its time an answer is not asked for again; after it a removal takes effect', async () => {
    graph.put(group, [member(ana), member(bo)]);
    expect(await read()).toEqual([ana, bo]);
    graph.remove(group, bo);
    clock.advance(minutes(5) - 1);
    expect(await read()).toEqual([ana, bo]);
    expect(graph.calls).toHaveLength(1);
    clock.advance(1);
    expect(await read()).toEqual([ana]);
  });

  test('the time runs from the question, not from a late answer', async () => {
    graph.put(group, [member(ana)]);
    graph.beforeAnswer = async () => clock.advance(minutes(4));
    await read();
    graph.beforeAnswer = async () => {};
    graph.remove(group, ana);
    clock.advance(minutes(1));
    expect(await read()).toEqual([]);
  });

  test('an answer that ran out does not cover up a failure', async () => {
    graph.put(group, [member(ana)]);
    await read();
    clock.advance(minutes(5));
    graph.fail({ type: 'reset' });
    expect(await read()).toBeNull();
  });

  test('a clock that was set back does not make an answer last longer', async () => {
    graph.put(group, [member(ana)]);
    await read();
    graph.remove(group, ana);
    clock.advance(-minutes(60));
    expect(await read()).toEqual([]);
  });

  test('after `forget` a removal takes effect at once', async () => {
    graph.put(group, [member(ana), member(bo)]);
    await read();
    graph.remove(group, bo);
    directory.forget();
    expect(await read()).toEqual([ana]);
  });

  test('what was under way when it was forgotten answers nobody who asks later', async () => {
    graph.put(group, [member(ana), member(bo)]);
    let release = () => {};
    graph.beforeAnswer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    // The answer is made now, with the old members, and comes late.
    graph.fail({ type: 'body', body: JSON.stringify({ value: [member(ana), member(bo)] }) });
    const early = read();
    while (graph.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    graph.beforeAnswer = async () => {};
    graph.remove(group, bo);
    directory.forget();
    expect(await read()).toEqual([ana]);
    release();
    expect(await early).toEqual([ana, bo]);
    expect(await read()).toEqual([ana]);
  });

  test('however many ask at once, Graph is asked once a group', async () => {
    graph.put(group, [member(ana)]);
    graph.put(inner, [member(bo)]);
    const answers = await Promise.all(Array.from({ length: 20 }, (_v, n) => read(directory, n % 2 ? group : inner)));
    expect(answers.filter((a) => a?.[0] === ana)).toHaveLength(10);
    expect(graph.calls).toHaveLength(2);
  });

  test('a group that failed is left alone for a moment, or for as long as Graph asks, and read again then', async () => {
    graph.put(group, [member(ana)]);
    graph.fail({ type: 'status', status: 503 }, { type: 'status', status: 429, retryAfter: '20' });
    expect([await read(), await read()]).toEqual([null, null]);
    expect(graph.calls).toHaveLength(1);
    clock.advance(seconds(3));
    expect(await read()).toBeNull();
    clock.advance(seconds(19));
    expect(await read()).toBeNull();
    expect(graph.calls).toHaveLength(2);
    clock.advance(seconds(1));
    expect(await read()).toEqual([ana]);
  });

  test('Graph cannot ask to be left alone for ever', async () => {
    graph.put(group, [member(ana)]);
    graph.fail({ type: 'status', status: 429, retryAfter: '86400' });
    expect(await read()).toBeNull();
    clock.advance(seconds(60));
    expect(await read()).toEqual([ana]);
  });

  test('the number of kept groups is bounded: the one read longest ago makes room', async () => {
    const small = open({ maxGroups: 2 });
    const ids = [1, 2, 3].map((n) => `5ac00000-0000-4000-8000-00000000001${n}`);
    for (const id of ids) {
      graph.put(id, [member(ana)]);
      await small.members(id);
    }
    await small.members(ids[2] ?? '');
    await small.members(ids[1] ?? '');
    expect(graph.calls).toHaveLength(3);
    await small.members(ids[0] ?? '');
    expect(graph.calls).toHaveLength(4);
  });

  test('a group is the same in any case', async () => {
    const mixed = group.replace('ac', 'AC');
    graph.put(group, [member(ana)]);
    expect([await read(directory, mixed), await read()]).toEqual([[ana], [ana]]);
    expect(graph.calls).toHaveLength(1);
  });
});

describe('the groups of a policy', () => {
  const groups = new Map<string, GroupSource>([
    ['soc', { type: 'list', ids: [ana.toUpperCase(), bo] }],
    ['leads', { type: 'entra', groupId: group }],
    ['platform', { type: 'entra', groupId: inner }],
  ]);

  test('lists stand as they are, and groups of Entra are read side by side; one that fails fails alone', async () => {
    graph.put(group, [member(cy)]);
    let waiting = 0;
    graph.beforeAnswer = async () => {
      waiting += 1;
      while (waiting < 2) await new Promise((resolve) => setImmediate(resolve));
    };
    expect([...(await readGroups(groups, directory))]).toEqual([
      ['soc', new Set([ana, bo])],
      ['leads', new Set([cy])],
      ['platform', null],
    ]);
  });

  test('without a directory, as in a trial, groups of Entra cannot be read, and lists can', async () => {
    expect([...(await readGroups(groups, null))]).toEqual([
      ['soc', new Set([ana, bo])],
      ['leads', null],
      ['platform', null],
    ]);
    expect(graph.calls).toEqual([]);
  });
});
