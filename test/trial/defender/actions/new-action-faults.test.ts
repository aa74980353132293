import { runScript, startTenant, stopTenants } from '../tenant';

afterEach(stopTenants);

const own = '[LR-7F3K/0123456789ab] asked by Ana';

async function startWithDevice() {
  const tenant = await startTenant();
  tenant.emulator.addDevice({ machine: { computerDnsName: 'pc' }, connectDelayMs: 1_000 });
  tenant.emulator.addScript({ fileName: 'a.ps1' });
  return { ...tenant, submit: () => tenant.run('pc', [runScript('a.ps1')], own) };
}

test.each([true, false])(
  'a hidden action is in no answer until its time is over; its POST is answered: %s',
  async (answered) => {
    const { clock, emulator, get, submit } = await startWithDevice();
    emulator.fault({ fault: { type: 'hiddenAction', hiddenMs: 300_000, answered }, route: 'runLiveResponse' });
    if (answered) expect((await submit()).status).toBe(201);
    else await expect(submit()).rejects.toThrow('fetch failed');
    const [action] = emulator.actions;
    const listed = async (): Promise<number> => (await get('/api/machineactions')).json.value.length;
    const found = async (): Promise<number> => (await get(`/api/machineactions/${action?.id}`)).status;
    clock.advance(299_000);
    expect([await listed(), await found()]).toEqual([0, 404]);
    clock.advance(1_000);
    expect([await listed(), await found()]).toEqual([1, 200]);
  },
);

test.each([
  ['comment', true],
  ['comment', false],
  ['both', true],
  ['both', false],
  ['commands', false],
] as const)(
  "a POST is answered with somebody else's action: other %s, ours exists: %s",
  async (differsBy, ownExists) => {
    const { emulator, submit } = await startWithDevice();
    emulator.fault({ fault: { type: 'foreignAction', differsBy, ownExists }, route: 'runLiveResponse' });
    const { status, json } = await submit();
    expect(status).toBe(201);
    const isOther = {
      comment: json.requestorComment !== own,
      commands: !JSON.stringify(json.commands).includes('RunScript'),
    };
    expect(isOther).toEqual({ comment: differsBy !== 'commands', commands: differsBy !== 'comment' });
    const ids = emulator.actions.map(({ id }) => id);
    expect(ids).toHaveLength(ownExists ? 2 : 1);
    expect(ids.at(-1)).toBe(json.id);
  },
);

test('a fault of accepted POSTs waits for one that is accepted', async () => {
  const { emulator, submit } = await startWithDevice();
  await submit();
  emulator.fault({ fault: { type: 'hiddenAction', hiddenMs: 1, answered: false }, route: 'runLiveResponse' });
  expect((await submit()).status).toBe(400);
  expect(emulator.journal.map(({ fault }) => fault)).toEqual([null, null]);
});

test.each([true, false])(
  'a gateway answers in HTML for as long as it is said; the call arrived: %s',
  async (arrived) => {
    const { clock, emulator, get, submit } = await startWithDevice();
    const until = clock.now() + 60_000;
    emulator.fault({ fault: { type: 'gatewayError', status: 502, arrived }, times: Number.POSITIVE_INFINITY, until });
    const { status, headers } = await submit();
    expect([status, headers.get('content-type')]).toEqual([502, 'text/html']);
    expect((await get('/api/machineactions')).status).toBe(502);
    expect(emulator.actions).toHaveLength(arrived ? 1 : 0);
    clock.advance(60_000);
    expect((await get('/api/machineactions')).status).toBe(200);
  },
);

test("each answer carries a Date by the emulator's own clock", async () => {
  const { clock, emulator, get, submit } = await startWithDevice();
  const dates = async () =>
    [await get('/api/machineactions'), await submit()].map(({ headers }) => headers.get('date'));
  const expected = () => new Date(clock.now()).toUTCString();
  expect(await dates()).toEqual([expected(), expected()]);
  clock.advance(86_400_000);
  emulator.fault({ fault: { type: 'errorBefore' }, route: 'runLiveResponse' });
  expect(await dates()).toEqual([expected(), expected()]);
});
