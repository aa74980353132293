import type { BotAnswer } from '../fakes/fake-connector';
import { findActions, readCard } from '../fakes/fake-connector';
import { ana, bo, channelId, dee, policyOf, Stage, type TeamsPerson, teamId } from './stage';

type Json = Readonly<Record<string, unknown>>;

let stage: Stage;
afterEach(() => stage?.close());

const here = { scope: 'personal' } as const;

/** The titles and values that a list shows. */
async function find(from: TeamsPerson, dataset: string, text: string) {
  const { status, body } = await stage.teams.search(from, here, { dataset, text });
  expect([status, (body as Json).type]).toEqual([200, 'application/vnd.microsoft.search.searchResponse']);
  return (body as { readonly value: { readonly results: readonly { title: string; value: string }[] } }).value.results;
}

const reads = (route: string) => stage.emulator.journal.filter((entry) => entry.route === route).length;

/** The card in a dialog's answer. */
function dialogOf({ status, body }: BotAnswer): Json {
  expect(status).toBe(200);
  const { task } = body as { readonly task: { readonly type: string; readonly value: { readonly card: Json } } };
  expect(task.type).toBe('continue');
  return task.value.card.content as Json;
}
const said = ({ body }: BotAnswer): unknown => (body as { readonly task?: Json }).task;

function buttonOf(card: Json, title: string): Json {
  const found = findActions(card).find((action) => action.title === title);
  if (found === undefined) throw new Error(`No ${title} on ${readCard(card)}`);
  return found.data as Json;
}

const filled = { device: 'ws-042', name2: 'collect-logs.ps1', reason: 'INC-1042 triage' };

describe('while a person types', () => {
  test('devices that begin so are offered with their health, an exact name first, and what was typed last', async () => {
    stage = await Stage.open();
    for (const name of ['ws-0420.contoso.com', 'ws-042x'])
      stage.emulator.addDevice({ machine: { computerDnsName: name, healthStatus: 'Inactive' } });
    const found = await find(ana, 'devices', 'ws-042');
    expect(found[0]?.value).toMatch(/^ws-042(\.|$)/);
    expect(found[0]?.title).toMatch(/^ws-042\S* · \S+ · Active · seen .* ago$/);
    expect(found.map(({ value }) => value)).toEqual(expect.arrayContaining(['ws-0420.contoso.com', 'ws-042x']));
    expect((await find(ana, 'devices', 'tag:finance')).at(-1)).toEqual({
      title: 'tag:finance · as typed',
      value: 'tag:finance',
    });
  });

  test('one call a keystroke at most, none below two letters, and none for what more letters only narrow', async () => {
    stage = await Stage.open();
    const before = reads('listMachines');
    await find(ana, 'devices', 'w');
    expect(reads('listMachines')).toBe(before);
    await Promise.all([find(ana, 'devices', 'ws'), find(bo, 'devices', 'WS')]);
    for (const text of ['ws-', 'ws-0', 'ws-04', 'ws']) await find(ana, 'devices', text);
    expect(reads('listMachines')).toBe(before + 1);
    stage.clock.advance(31_000);
    await find(ana, 'devices', 'ws');
    expect(reads('listMachines')).toBe(before + 2);
  });

  test('two devices of one name are told apart by their ids', async () => {
    stage = await Stage.open();
    for (const id of ['a', 'b'])
      stage.emulator.addDevice({ machine: { id: id.repeat(40), computerDnsName: 'twin-1' } });
    const values = (await find(ana, 'devices', 'twin-1')).map(({ value }) => value);
    expect(new Set(values.filter((value) => /^[0-9a-f]{40}$/.test(value))).size).toBe(2);
  });

  test('of 50,000 devices fifteen are shown, by one call', async () => {
    stage = await Stage.open();
    for (let i = 0; i < 50_000; i++)
      stage.emulator.addDevice({ machine: { computerDnsName: `pc-${String(i).padStart(5, '0')}.contoso.com` } });
    const before = reads('listMachines');
    expect(await find(ana, 'devices', 'pc-')).toHaveLength(15);
    expect((await find(ana, 'devices', 'pc-49999')).map(({ value }) => value)).toContain('pc-49999.contoso.com');
    expect(reads('listMachines')).toBe(before + 2);
  }, 60_000);

  test('of 500 library files those with the letters are shown, with what they do and take', async () => {
    stage = await Stage.open();
    for (let i = 0; i < 500; i++)
      stage.emulator.addScript({
        fileName: `script-${i}.ps1`,
        description: `Does ${i}`,
        hasParameters: true,
        parametersDescription: '<process>',
      });
    expect(await find(ana, 'library', 'script-')).toHaveLength(15);
    expect(await find(ana, 'library', 'PT-499')).toEqual([
      { title: 'script-499.ps1 · Does 499 · takes <process>', value: 'script-499.ps1' },
      { title: 'PT-499 · as typed', value: 'PT-499' },
    ]);
  });

  test('who has no part in the policy finds nothing, and Defender is not asked (T-6)', async () => {
    stage = await Stage.open();
    const before = stage.emulator.journal.length;
    for (const dataset of ['devices', 'library', 'paths']) expect(await find(dee, dataset, 'ws-042')).toEqual([]);
    expect(stage.emulator.journal.length).toBe(before);
  });

  test('when Defender cannot be read, what was typed can still be taken', async () => {
    stage = await Stage.open();
    stage.emulator.fault({ route: 'listMachines', fault: { type: 'forbidden' }, times: Number.POSITIVE_INFINITY });
    expect(await find(ana, 'devices', 'ws-042')).toEqual([{ title: 'ws-042 · as typed', value: 'ws-042' }]);
  });

  test.each([
    ['another list', { dataset: 'people', queryText: 'x' }],
    ['no text', { dataset: 'devices' }],
    ['a text that is none', { dataset: 'devices', queryText: { a: 1 } }],
    ['a text without an end', { dataset: 'devices', queryText: 'x'.repeat(3_000) }],
    ['nothing', null],
  ])('%s is refused in words', async (_what, value) => {
    stage = await Stage.open();
    const activity = { ...stage.teams.build.base(ana, 'a:1'), type: 'invoke', name: 'application/search', value };
    expect((await stage.teams.deliver(activity)).body).toMatchObject({ type: 'application/vnd.microsoft.error' });
  });
});

test('a form says nothing of the library to who has no part in the policy (T-6)', async () => {
  stage = await Stage.open();
  const data = { type1: 'run', name1: 'collect-logs.ps1', add: 'run' };
  await stage.tell(ana, 'new');
  const card = stage.cardFor(ana, 'Preview').id;
  const shown = async (from: TeamsPerson) =>
    readCard(
      ((await stage.teams.click(from, card, { verb: 'form.add', data })).body as { readonly value: Json }).value,
    );
  expect(await shown(ana)).toContain('Exports the main event logs');
  expect(await shown(dee)).not.toContain('Exports the main event logs');
});

describe('the preview', () => {
  const openForm = async () => {
    await stage.tell(ana, 'new ws-042');
    return stage.cardFor(ana, 'Preview');
  };

  test('shows what approvers would read, sends nothing, and leads on or back', async () => {
    stage = await Stage.open();
    const card = await openForm();
    const answer = await stage.press(ana, card, 'Preview', { ...filled, name3: 'C:\\Temp\\a b.dmp' });
    const preview = (answer.body as { readonly value: Json }).value;
    expect(readCard(preview)).toContain('1 run ');
    expect(readCard(preview)).toContain('C:\\Temp\\a b.dmp');
    expect(readCard(preview)).toContain('SHA-256');
    expect(readCard(preview)).toContain('everything');
    expect(await stage.service.store.recentRequests({}, 5)).toEqual([]);

    const back = await stage.teams.click(ana, card.id, {
      verb: 'form.back',
      data: buttonOf(preview, 'Back to the form'),
    });
    expect(JSON.stringify(back.body)).toContain('C:\\\\Temp\\\\a b.dmp');
    const confirm = { verb: 'draft.confirm', data: buttonOf(preview, 'Ask for approval') };
    await stage.teams.click(ana, card.id, confirm);
    await stage.teams.click(ana, card.id, confirm);
    await stage.settle();
    expect(await stage.service.store.recentRequests({}, 5)).toHaveLength(1);
  });

  test('makes hidden characters visible, or refuses them under their input', async () => {
    stage = await Stage.open();
    const answer = await stage.press(ana, await openForm(), 'Preview', { ...filled, args2: 'a\u202eb' });
    const card = (answer.body as { readonly value: Json }).value;
    expect(readCard(card)).toContain('\\u{202e}');
  });

  test('is for those who may ask, and the form keeps what was filled in', async () => {
    stage = await Stage.open({ policy: policyOf({ requesters: [bo] }) });
    await stage.tell(bo, 'new ws-042');
    const form = stage.cardFor(bo, 'Preview');
    const before = stage.emulator.journal.length;
    const answer = await stage.press(ana, form, 'Preview', filled);
    expect(stage.emulator.journal.length).toBe(before);
    const card = (answer.body as { readonly value: Json }).value;
    expect(readCard(card)).toContain('You may not ask for live response');
    expect(JSON.stringify(card)).toContain('INC-1042 triage');
  });
});

describe('a preview of a form whose device is ambiguous', () => {
  const kiosk = { ...filled, device: 'kiosk', name3: 'C:\\Temp\\a b.dmp' };
  const cardOf = ({ body }: BotAnswer): Json => (body as { readonly value: Json }).value;
  const open = async (options: Parameters<typeof Stage.open>[0] = {}) => {
    stage = await Stage.open(options);
    await stage.tell(ana, 'new');
    return stage.cardFor(ana, 'Preview').id;
  };
  /** The card that a button of a card leads to: in its place, or posted below it. */
  const click = async (message: string, card: Json, title: string, inputs: Json = {}): Promise<Json> => {
    const action = findActions(card).find((one) => one.title === title);
    const data = { ...buttonOf(card, title), ...inputs };
    const answer = await stage.teams.click(ana, message, { verb: String(action?.verb), data });
    await stage.settle();
    if (typeof cardOf(answer) === 'object') return cardOf(answer);
    const chat = stage.connector.messages(stage.connector.personalConversationId(ana.aadObjectId));
    return chat.at(-1)?.activity.attachments?.[0]?.content as Json;
  };
  const nobodyAsked = async () => {
    await stage.settle();
    expect(await stage.service.store.recentRequests({}, 5)).toEqual([]);
    expect(() => stage.cardFor(bo)).toThrow();
  };
  const form = (message: string): Json =>
    stage.connector.messages(stage.connector.personalConversationId(ana.aadObjectId)).find(({ id }) => id === message)
      ?.activity.attachments?.[0]?.content as Json;

  test('shows it once the device is chosen, and asks nobody', async () => {
    const message = await open();
    const question = await click(message, form(message), 'Preview', kiosk);
    expect(readCard(question)).toContain('Which device?');
    const preview = await click(message, question, 'Device 1');
    expect(readCard(preview)).toContain('Preview: nothing was sent yet');
    expect(readCard(preview)).toContain('C:\\Temp\\a b.dmp');
    await nobodyAsked();
    expect(readCard(await click(message, preview, 'Ask for approval'))).toContain('Your request is stored');
  });

  test.each([['Preview'], ['Ask for approval']])(
    'or its request (%s) comes back as it was filled in, from the question and from the preview',
    async (title) => {
      const message = await open();
      const question = await click(message, form(message), title, kiosk);
      const backFromQuestion = await click(message, question, 'Back to the form');
      for (const typed of ['kiosk', 'collect-logs.ps1', 'a b.dmp', 'INC-1042 triage'])
        expect(JSON.stringify(backFromQuestion)).toContain(typed);
      const preview = await click(message, await click(message, form(message), 'Preview', kiosk), 'Device 2');
      expect(await click(message, preview, 'Back to the form')).toEqual(backFromQuestion);
      await nobodyAsked();
    },
  );

  test.each([['Preview'], ['Ask for approval']])(
    'or its request (%s) comes back as it was filled in when the policy refuses the device that was chosen',
    async (title) => {
      const message = await open({
        policy: policyOf({
          rulesBefore: ['  - name: kiosks', '    when: { script: [collect-*] }', '    deny: Kiosks are closed today.'],
        }),
      });
      const question = await click(message, form(message), title, kiosk);
      const refused = await click(message, question, 'Device 1');
      expect(readCard(refused)).toContain('Kiosks are closed today.');
      for (const typed of ['"kiosk"', 'collect-logs.ps1', 'a b.dmp', 'INC-1042 triage'])
        expect(JSON.stringify(refused)).toContain(typed);
      await nobodyAsked();
    },
  );

  test('comes back when Defender cannot be read after the choice', async () => {
    const message = await open();
    const question = await click(message, form(message), 'Preview', kiosk);
    stage.emulator.fault({ route: 'getMachine', fault: { type: 'forbidden' }, times: Number.POSITIVE_INFINITY });
    expect(JSON.stringify(await click(message, question, 'Device 1'))).toContain('INC-1042 triage');
    await nobodyAsked();
  });

  test('and a warning beforehand lead back to the form as well', async () => {
    const message = await open();
    const warning = await click(message, form(message), 'Ask for approval', { ...filled, args2: '-Verbose' });
    expect(readCard(warning)).toContain('Before I ask the approvers');
    const back = await click(message, warning, 'Back to the form');
    for (const typed of ['ws-042', '-Verbose', 'INC-1042 triage']) expect(JSON.stringify(back)).toContain(typed);
    await nobodyAsked();
  });
});

describe('a dialog', () => {
  test('holds the form, keeps what was filled in on a fault, and makes one request once that is fixed', async () => {
    stage = await Stage.open();
    const thread = await stage.ask(ana, 'help');
    const message = stage.connector.messages(thread).find((m) => m.from === 'bot');
    const on = message?.id ?? '';
    const form = dialogOf(
      await stage.teams.openDialog(ana, on, { verb: 'form.open', msteams: { type: 'task/fetch' } }),
    );
    expect(findActions(form).filter(({ type }) => type !== 'Action.Submit')).toEqual([]);

    const ask = buttonOf(form, 'Ask for approval');
    const faulty = dialogOf(await stage.teams.submitDialog(ana, on, { ...ask, ...filled, name2: 'colect-logs.ps1' }));
    expect(readCard(faulty)).toContain('collect-logs.ps1');
    expect(JSON.stringify(faulty)).toContain('INC-1042 triage');

    const again = { ...buttonOf(faulty, 'Ask for approval'), ...filled };
    expect(readCard(dialogOf(await stage.teams.submitDialog(ana, on, again)))).toContain('Your request is stored');
    await stage.teams.submitDialog(ana, on, again);
    await stage.settle();
    expect(await stage.service.store.recentRequests({}, 5)).toHaveLength(1);
    expect(stage.thread(thread)).toContain('INC-1042 triage');
    // On the same message somebody else may fill in a dialog of their own.
    const other = dialogOf(await stage.teams.openDialog(bo, on, { verb: 'form.open' }));
    await stage.teams.submitDialog(bo, on, { ...buttonOf(other, 'Ask for approval'), ...filled, device: 'ws-043' });
    expect(await stage.service.store.recentRequests({}, 5)).toHaveLength(2);
  });

  test('does not approve, cancel or do what no card of ours sends', async () => {
    stage = await Stage.open();
    const thread = await stage.ask(ana, 'on ws-042 run collect-logs.ps1 because INC-1');
    const card = stage.cardFor(bo);
    for (const [verb, data] of [
      ['vote.approve', stage.action(card, 'Approve')?.data as Json],
      ['request.cancel', { requestId: stage.requestId(thread) }],
      ['format', {}],
      [7, {}],
    ] as const)
      expect(
        said(await stage.teams.submitDialog(verb === 'request.cancel' ? ana : bo, card.id, { ...data, verb })),
      ).toMatchObject({ type: 'message' });
    await stage.settle();
    const [stored] = await stage.service.store.recentRequests({}, 5);
    expect(stored?.request.state).toBe('awaitingApproval');
  });
});

describe('live response on a message', () => {
  const alert = {
    id: '1700000000001',
    body: { contentType: 'html', content: '<p>LSASS dump on <b>WS-042</b> from srv-db-01, see C:\\Temp\\l.dmp</p>' },
  };
  const inChannel = (threadId: string | null) => ({ scope: 'channel', teamId, channelId, threadId }) as const;

  test('offers what the message names, takes none of two for granted, and asks in the thread of the message', async () => {
    stage = await Stage.open();
    const threadId = stage.connector.addThread(channelId, bo, 'LSASS dump on WS-042');
    const message = { ...alert, id: threadId };
    const form = dialogOf(await stage.teams.callExtension(ana, inChannel(null), message));
    expect(readCard(form)).toContain('WS-042 and srv-db-01');
    expect(readCard(form)).toContain('C:\\Temp\\l.dmp');
    expect(JSON.stringify(form)).not.toContain('"value":"WS-042"');
    const done = await stage.teams.callExtension(ana, inChannel(null), message, {
      ...buttonOf(form, 'Ask for approval'),
      ...filled,
    });
    expect(readCard(dialogOf(done))).toContain('Your request is stored');
    await stage.settle();
    expect(stage.thread(`${channelId};messageid=${threadId}`)).toContain('INC-1042 triage');
  });

  test('of one device fills it in, and from the composer none', async () => {
    stage = await Stage.open();
    const one = { ...alert, body: { contentType: 'text', content: 'ws-042 is odd' } };
    expect(JSON.stringify(dialogOf(await stage.teams.callExtension(ana, here, one)))).toContain('"value":"ws-042"');
    expect(readCard(dialogOf(await stage.teams.callExtension(ana, here, null)))).not.toContain('the message names');
  });

  test.each([
    ['a table', { body: { contentType: 'html', content: '<table><tr><td>Device</td><td>ws-042</td></tr></table>' } }],
    ['a forward', { body: { contentType: 'html', content: '<blockquote><p>LSASS dump on ws-042</p></blockquote>' } }],
    [
      'an adaptive card',
      {
        body: { contentType: 'html', content: '<attachment id="1"></attachment>' },
        attachments: [
          {
            id: '1',
            contentType: 'application/vnd.microsoft.card.adaptive',
            content: JSON.stringify({ body: [{ facts: [{ title: 'Device', value: 'ws-042' }] }] }),
          },
        ],
      },
    ],
  ])('reads %s as its reader does', async (_what, message) => {
    stage = await Stage.open();
    expect(JSON.stringify(dialogOf(await stage.teams.callExtension(ana, here, message)))).toContain('"value":"ws-042"');
  });

  test('that names nothing says so', async () => {
    stage = await Stage.open();
    const thanks = { body: { contentType: 'html', content: '<p>thanks</p>' } };
    expect(readCard(dialogOf(await stage.teams.callExtension(ana, here, thanks)))).toContain(
      'I found no device, address or path in this message. Type the device here.',
    );
    expect(readCard(dialogOf(await stage.teams.callExtension(ana, here, null)))).not.toContain('I found no device');
  });

  test('says why not in a chat that people have without this bot, and to people without a role', async () => {
    stage = await Stage.open();
    const chat = { scope: 'groupChat', chatId: '19:a_b@unq.gbl.spaces' } as const;
    expect(said(await stage.teams.callExtension(ana, chat, alert))).toMatchObject({
      type: 'message',
      value: expect.stringContaining('Add Live Response to this team or chat'),
    });
    expect(said(await stage.teams.callExtension(dee, here, alert))).toMatchObject({
      type: 'message',
      value: expect.stringContaining('whom the policy names'),
    });
    expect(await stage.service.store.place(chat.chatId)).toBeNull();
  });

  test('is not offered to who may not ask, who is told at once who may', async () => {
    stage = await Stage.open({ policy: policyOf({ requesters: [ana] }) });
    await stage.tell(bo, 'new');
    expect(stage.chat(bo)).toContain('You may not ask for live response');
    expect(stage.chat(bo)).toContain('it names the members of analysts');
    expect(() => stage.cardFor(bo, 'Ask for approval')).toThrow();
    expect(said(await stage.teams.callExtension(bo, here, alert))).toMatchObject({
      value: expect.stringContaining('it names the members of analysts'),
    });
  });

  test.each([
    ['no message', undefined],
    ['a message without a body', { id: 'x' }],
    ['a body that is no text', { id: [], replyToId: {}, body: { content: [1], contentType: 7 } }],
    ['a body full of tags', { id: '1', body: { content: '<'.repeat(50_000), contentType: 'html' } }],
  ])('%s opens a form that offers nothing', async (_what, message) => {
    stage = await Stage.open();
    const form = dialogOf(await stage.teams.callExtension(ana, inChannel('17'), (message ?? null) as Json | null));
    expect(readCard(form)).not.toContain('the message names');
  });
});
