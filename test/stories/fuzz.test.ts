import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { minutes, seconds } from '../../src/lib/clock';
import { hasHiddenInProse } from '../../src/lib/visible';
import { parsePolicy } from '../../src/policy/parse-policy';
import type { RequestId } from '../../src/request/request';
import { findActions, readMessage, type TeamsMessage } from '../fakes/fake-connector';
import { ana, bo, cardOf, cy, dee, policyOf, Stage, type TeamsPerson } from './stage';

const people = [ana, bo, cy, dee];
const verbs = ['vote.approve', 'vote.deny', 'card.refresh', 'request.cancel', 'form.open', 'form.submit', 'form.add'];
verbs.push(
  'form.remove',
  'form.preview',
  'form.typing',
  'form.back',
  'result.page',
  'file.offer',
  'draft.confirm',
  'draft.device',
  'constructor',
  '',
);

interface Button {
  readonly message: TeamsMessage;
  readonly verb: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** The one whose click would count; null where it would count for every approver. */
  readonly owner: TeamsPerson | null;
}

let stage: Stage;
let open: readonly RequestId[];
let buttons: readonly Button[];
let before: string;

beforeAll(async () => {
  // Two approvals: one vote that slipped through would show, and would not end the request.
  stage = await Stage.open({ policy: policyOf({ approvals: 2 }) });
  const threads: string[] = [];
  for (const device of ['ws-042', 'ws-043', 'srv-db-01'])
    threads.push(await stage.ask(ana, `on ${device} run collect-logs.ps1 because INC-1`));
  await stage.tell(ana, 'new ws-042');
  await stage.tell(ana, 'on tag:finance run collect-logs.ps1 because INC-2');
  await stage.tell(ana, 'help');
  open = threads.map((thread) => stage.requestId(thread) as RequestId);
  const chatOf = (person: TeamsPerson) => stage.connector.personalConversationId(person.aadObjectId);
  buttons = [
    ...threads.flatMap((thread) => buttonsIn(thread, null)),
    ...people.flatMap((person) => buttonsIn(chatOf(person), person)),
  ];
  before = await standing();
});
afterAll(() => stage.close());

const buttonsIn = (conversationId: string, owner: TeamsPerson | null): readonly Button[] =>
  stage.connector.messages(conversationId).flatMap((message) =>
    findActions(cardOf(message.activity))
      .filter((action) => action.type === 'Action.Execute')
      .map((action) => ({ message, verb: String(action.verb), data: (action.data ?? {}) as Button['data'], owner })),
  );

/** All that a decision could change: the requests, and the entries of decisions. */
async function standing(): Promise<string> {
  const requests = await Promise.all(open.map((id) => stage.service.store.request(id)));
  const rows = await stage.service.store.auditRows();
  const decisions = rows.filter((row) =>
    ['voted', 'cancelAsked', 'brokeGlass', 'paused', 'admitted'].includes(row.what),
  );
  return JSON.stringify([requests.map((r) => r?.request), decisions]);
}

async function nothingHappened(): Promise<void> {
  expect(await standing()).toBe(before);
  expect(stage.submissions).toEqual([]);
}

const click = async (person: TeamsPerson, message: TeamsMessage, verb: string, data: unknown): Promise<number> =>
  (await stage.click(person, message, verb, data)).status;

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 }));
const anyJson = fc.oneof(fc.jsonValue({ maxDepth: 2 }), anyText, fc.constantFrom(null, -1, 1e308, '__proto__', [[]]));
const anyPerson = fc.constantFrom(...people);
const anyButton = () => fc.constantFrom(...buttons);

/** The data with one value replaced, taken out or added; never as it was. */
const mutated = (data: Button['data']): fc.Arbitrary<Button['data']> =>
  fc
    .tuple(fc.constantFrom(...Object.keys(data), 'token', 'requestId', 'extra', '__proto__'), anyJson, fc.nat(2))
    .map(([key, value, how]) => {
      const { [key]: old, ...rest } = data;
      if (how === 0) return rest;
      if (how === 1 && typeof old === 'string') return { ...data, [key]: bent(old) };
      return { ...data, [key]: value };
    });

const bent = (text: string): string => `${text.slice(1)}${text.startsWith('A') ? 'B' : 'A'}`;

/** What would be a legal decision is left to the stories: an approver's own token on its own card, or a known id to cancel. */
function isLegal(person: TeamsPerson, message: TeamsMessage, verb: string, data: Button['data']): boolean {
  if (verb === 'request.cancel') return open.some((id) => id === String(data.requestId).trim().toUpperCase());
  if (!verb.startsWith('vote.')) return false;
  const real = buttons.find((b) => b.data.token === data.token && b.verb === verb);
  return (
    real !== undefined && person !== ana && person !== dee && message.conversationId === real.message.conversationId
  );
}

test('whatever a client makes of the data of a card, nothing is decided and nothing breaks (T-8)', async () => {
  const forged = anyButton().chain((button) =>
    fc.tuple(
      anyPerson,
      fc.constant(button),
      fc.oneof({ weight: 3, arbitrary: fc.constant(button.verb) }, fc.constantFrom(...verbs)),
      mutated(button.data),
    ),
  );
  await fc.assert(
    fc.asyncProperty(forged, async ([person, { message }, verb, data]) => {
      fc.pre(!isLegal(person, message, verb, data));
      expect(await click(person, message, verb, data)).toBeLessThan(500);
    }),
    { numRuns: 120 },
  );
  await stage.settle();
  await nothingHappened();
});

test('whatever a client puts into a search, a dialog or a message extension, nothing is decided and nothing breaks (T-7, T-8)', async () => {
  const names = ['application/search', 'task/fetch', 'task/submit', 'composeExtension/fetchTask', 'fileConsent/invoke'];
  const data = anyButton().chain(({ verb, data }) => mutated({ ...data, verb, dialog: 'd' }));
  const message = fc.record({
    id: anyJson,
    replyToId: anyJson,
    body: fc.record({ contentType: anyJson, content: anyJson }),
  });
  const value = fc.oneof(
    anyJson,
    fc.record({ dataset: fc.oneof(fc.constantFrom('devices', 'library', 'paths'), anyJson), queryText: anyJson }),
    fc.record({ data }),
    fc.record({
      action: fc.constantFrom('accept', 'decline'),
      context: fc.record({ offerId: anyJson }),
      uploadInfo: anyJson,
    }),
    fc.record({
      commandId: fc.constantFrom('liveResponse', 'other'),
      messagePayload: fc.oneof(message, anyJson),
      data,
    }),
  );
  const name = fc.constantFrom(...names, 'composeExtension/submitAction');
  await fc.assert(
    fc.asyncProperty(anyPerson, anyButton(), name, value, async (person, { message: on }, invoked, what) => {
      const activity = { ...stage.teams.build.base(person, on.conversationId), type: 'invoke', name: invoked };
      const { status, body } = await stage.teams.deliver({ ...activity, replyToId: on.id, value: what });
      expect(status).toBe(200);
      // No answer of a bug: that would name a reference.
      expect(JSON.stringify(body)).not.toContain('Something failed inside the bot');
    }),
    { numRuns: 150 },
  );
  await stage.settle();
  await nothingHappened();
});

test('a token counts for nobody else, on no other card and for no other request, and no guess is one (T-8, T-10)', async () => {
  const votes = buttons.filter(({ verb }) => verb.startsWith('vote.'));
  const token = fc.oneof(
    fc.constantFrom(...votes.map(({ data }) => data.token)),
    fc.constantFrom(...votes.map(({ data }) => bent(String(data.token)))),
    fc.constantFrom<unknown>(...open),
    anyJson,
  );
  const attempt = fc.tuple(anyPerson, fc.constantFrom(...votes), token);
  await fc.assert(
    fc.asyncProperty(attempt, async ([person, { message, verb }, shown]) => {
      const data = { token: shown, reason: 'Not now', requestId: open[0], approved: true, personId: bo.aadObjectId };
      fc.pre(!isLegal(person, message, verb, data));
      expect(await click(person, message, verb, data)).toBe(200);
    }),
    { numRuns: 150 },
  );
  await stage.settle();
  await nothingHappened();
});

const realPolicies = ['env/policy.yaml', 'env/policy.test.yaml'].map((file) => readFileSync(file, 'utf8'));

test('whatever becomes of a policy file, it is refused in words or still asks somebody (T-12)', () => {
  const nasty = [
    '',
    '0',
    '-1',
    'null',
    '[]',
    '{}',
    '*',
    '"',
    'a: b',
    '&a',
    '!!js/function x',
    '.inf',
    '\u202e',
    '\0',
    '~',
  ];
  const mutation = fc.constantFrom(...realPolicies).chain((text) => {
    const lines = text.split('\n');
    return fc
      .array(fc.tuple(fc.nat(lines.length - 1), fc.nat(5), fc.constantFrom(...nasty), fc.nat(lines.length - 1)), {
        minLength: 1,
        maxLength: 4,
      })
      .map((changes) => changes.reduce(mutate, lines).join('\n'));
  });
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: mutation }, anyText), (text) => {
      const parsed = parsePolicy(text);
      if (!parsed.ok) return expect(parsed.error.length).toBeGreaterThan(0);
      for (const { outcome } of parsed.value.rules) {
        if (outcome.type === 'deny') continue;
        expect(outcome.bar.approvals).toBeGreaterThanOrEqual(1);
        expect(outcome.bar.from.length).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 1_500 },
  );
});

function mutate(lines: readonly string[], [at, how, text, other]: readonly [number, number, string, number]): string[] {
  const line = lines[at] ?? '';
  const put = [
    [],
    [line, line],
    [lines[other] ?? ''],
    [line.replace(/:.*/, `: ${text}`)],
    [line.replace(/\d+/, text)],
    [`  ${line}`],
  ];
  return [...lines.slice(0, at), ...(put[how] ?? []), ...lines.slice(at + 1)];
}

const hostile = ['\u202e\u2066x', 'a\u200bb\ufeff', '{{DATE(2020-01-01)}}', '[x](http://evil.example)', '<at>Bo</at>'];
hostile.push(
  '\ud800',
  '\u{e0041}',
  'о\u0440',
  '\u0000',
  '\\u{41}',
  '$(x)',
  "';--",
  '\r\n\r\n',
  '\u{1f468}\u200d\u{1f4bb}',
);
const strange = fc.oneof(
  fc.array(fc.constantFrom(...hostile, 'a', ' '), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
);

test('any Unicode in any field breaks nothing, decides nothing, and nothing hidden stands in a card (T-18, T-19)', async () => {
  const wordings: readonly ((text: string) => string)[] = [
    (text) => `on ${text} run collect-logs.ps1 because INC-3`,
    (text) => `on ws-042 run ${text} because INC-3`,
    (text) => `on ws-042 run collect-logs.ps1 ${text} because INC-3`,
    (text) => `on ws-042 getfile C:\\${text} because INC-3`,
    (text) => `on ws-042 run collect-logs.ps1 because ${text}`,
    (text) => `approve ${text}`,
    (text) => `deny ${open[0]}${text} because ${text}`,
    (text) => `status ${text}`,
    (text) => `device ${text}`,
    (text) => `policy explain on ${text} run x because ${text}`,
    (text) => text,
  ];
  let n = 0;
  await fc.assert(
    fc.asyncProperty(strange, fc.constantFrom(...wordings), fc.boolean(), async (text, wording, isNamed) => {
      const from = isNamed ? { ...ana, name: text } : ana;
      const { status } = await stage.teams.say(from, { scope: 'personal' }, wording(text));
      expect(status).toBeLessThan(500);
      n += 1;
      // Devices and library files carry names from outside as well.
      if (n % 10 !== 0) return;
      const name = `dev${n}`;
      stage.emulator.addDevice({ machine: { computerDnsName: name, rbacGroupName: text, machineTags: [text] } });
      stage.emulator.addScript({ fileName: `s${n}.ps1`, description: text, createdBy: text });
      const asked = await stage.teams.say(from, { scope: 'personal' }, `on ${name} run s${n}.ps1 because ${text}`);
      expect(asked.status).toBeLessThan(500);
    }),
    { numRuns: 80 },
  );
  // Teams takes so many answers only in its own time.
  await stage.pass(minutes(4), seconds(4));
  await nothingHappened();
  const chat = stage.connector.messages(stage.connector.personalConversationId(ana.aadObjectId));
  const shown = chat.filter((m) => m.from === 'bot').flatMap((m) => textsIn(cardOf(m.activity)));
  expect(shown.length).toBeGreaterThan(50);
  // An empty line of its own is ours: what was written comes with it escaped.
  const written = shown.filter((text) => text !== '\u00a0');
  expect(written.filter((text) => hasHiddenInProse(text.replaceAll('\n', '')))).toEqual([]);
});

/** What a card's text elements show. */
function textsIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(textsIn);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'text' && typeof value === 'string' ? [value] : key === 'data' || key === 'value' ? [] : textsIn(value),
  );
}

/** Asks once more, in a thread of its own; gives its id and the card that each approver got for it. */
async function askOnceMore(): Promise<{ id: RequestId; thread: string; forBo: TeamsMessage; forCy: TeamsMessage }> {
  // Above, people clicked in each other's own chats, which Teams lets nobody do; whose chat it is, the last activity in it says.
  for (const person of [bo, cy]) await stage.tell(person, 'help');
  const thread = await stage.ask(ana, 'on ws-043 run collect-logs.ps1 because INC-4');
  await stage.pass(minutes(1), seconds(5));
  const id = stage.requestId(thread) as RequestId;
  const cardWith = (person: TeamsPerson): TeamsMessage => {
    const chat = stage.connector.messages(stage.connector.personalConversationId(person.aadObjectId));
    const found = chat.find((m) => stage.action(m, 'Approve') !== null && readMessage(m).includes(id));
    if (found === undefined) throw new Error(`${person.name} has no card of ${id}`);
    return found;
  };
  return { id, thread, forBo: cardWith(bo), forCy: cardWith(cy) };
}

test('a denial with any reason is told, with nothing hidden in it', async () => {
  const { id, thread, forCy } = await askOnceMore();
  await stage.deny(cy, forCy, hostile.join(' '));
  await stage.pass(minutes(1), seconds(5));
  expect((await stage.service.store.request(id))?.request.state).toBe('denied');
  const told = stage.connector.messages(thread).flatMap((m) => textsIn(cardOf(m.activity)));
  expect(told.filter((text) => hasHiddenInProse(text.replaceAll('\n', '')))).toEqual([]);
});

test('after all that an ordinary request still works, and a replayed vote counts once (T-9)', async () => {
  const { id, forBo, forCy } = await askOnceMore();
  const data = stage.action(forBo, 'Approve')?.data;
  const replayed = stage.teams.build.execute(bo, forBo.id, { verb: 'vote.approve', data });
  for (let i = 0; i < 5; i++) expect((await stage.teams.deliver(replayed)).status).toBe(200);
  for (let i = 0; i < 5; i++) await stage.teams.click(bo, forBo.id, { verb: 'vote.approve', data });
  await stage.pass(seconds(5));
  expect(stage.submissions).toEqual([]);
  await stage.press(cy, forCy, 'Approve');
  await stage.pass(minutes(1), seconds(5));
  expect(stage.submissions).toHaveLength(1);
  expect(stage.submissions[0]).toContain(id);
});
