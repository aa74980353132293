import { seconds } from '../../src/lib/clock';
import { github, password } from '../mask/secrets';
import { ana, bo, cy, dee, policyOf, Stage, type StageOptions } from './stage';

let stage: Stage;
afterEach(() => stage.close());

const secret = github();
const login = password('story');

/** Runs a script that prints secrets, and gives the thread. */
async function ran(options: StageOptions = {}, reason = 'INC-7 triage'): Promise<string> {
  stage = await Stage.open({ installed: [ana, bo, cy, dee], ...options });
  stage.emulator.addScript({
    fileName: 'leak.ps1',
    behaviour: {
      output: `remote ${secret.slice(0, 12)}\u200b${secret.slice(12)}\r\nnet user svc ${login} /add\r\nagain ${secret}\r\n`,
      errors: `Authorization: Bearer ${secret}`,
    },
  });
  const thread = await stage.ask(ana, `on ws-042 run leak.ps1 because ${reason}`);
  await stage.approve(bo);
  await stage.pass(seconds(60));
  return thread;
}

const reads = async () => (await stage.service.store.auditRows()).filter(({ what }) => what === 'resultRead');

test('a thread shows no secret, tells equal ones by equal tags, and says how many there are', async () => {
  const thread = await ran();
  const shown = stage.thread(thread);
  expect(shown).not.toContain(secret.slice(0, 12));
  expect(shown).not.toContain(secret.slice(12));
  expect(shown).not.toContain(login);
  const tags = [...shown.matchAll(/\[masked: token, 40 characters, #([0-9a-f]{4})\]/g)].map(([, tag]) => tag);
  expect([tags.length, new Set(tags).size]).toEqual([2, 1]);
  expect(shown).toMatch(/net user svc \[masked: password, #[0-9a-f]{4}\] \/add/);
  expect(shown).toContain(
    '4 secrets masked (2 different). Requester and approvers read them in their own chats: result LR-',
  );
});

test('requester and approvers read them in their own chats, which is audited; nobody else does, and nowhere else', async () => {
  const thread = await ran({ policy: policyOf({ requesters: [ana, dee] }) });
  const words = `result ${stage.requestId(thread)}`;
  await stage.reply(ana, thread, words);
  expect(stage.thread(thread)).not.toContain(login);
  expect(await reads()).toMatchObject([{ actor: ana.aadObjectId, detail: { indexes: [0] } }]);
  expect((await reads())[0]?.detail).not.toHaveProperty('unmasked');
  await stage.tell(dee, words);
  expect(stage.chat(dee)).toContain('net user svc [masked: password');
  expect(stage.chat(dee)).not.toContain(login);
  for (const person of [ana, bo, cy]) {
    await stage.tell(person, words);
    expect(stage.chat(person)).toContain(`net user svc ${login} /add`);
  }
  expect((await reads()).slice(2)).toMatchObject(
    [ana, bo, cy].map(({ aadObjectId }) => ({ actor: aadObjectId, detail: { unmasked: true } })),
  );
});

test('private leaves how it went in the thread, and the output in the own chats', async () => {
  const thread = await ran({ policy: policyOf({ rule: ['results: private'] }) });
  const shown = stage.thread(thread);
  expect(shown).toMatch(/the command ran, in/i);
  expect(shown).toContain('Exit code 0, but it wrote to its error stream.');
  expect(shown).not.toContain('net user svc');
  expect(shown).toContain('Its output is private. Requester and approvers read it in their own chats: result LR-');
  await stage.tell(bo, `result ${stage.requestId(thread)}`);
  expect(stage.chat(bo)).toContain(login);
});

test('open shows all of it, as the rule stood at the approval', async () => {
  const thread = await ran({ policy: policyOf({ rule: ['results: open'] }) });
  expect(stage.thread(thread)).toContain(`net user svc ${login} /add`);
});

test('a reason is shown whole to those who decide, and masked wherever it is read afterwards (d14)', async () => {
  const reason = `INC-7 the password=${login} was typed`;
  stage = await Stage.open();
  const thread = await stage.ask(ana, `on ws-042 run collect-logs.ps1 because ${reason}`);
  expect(stage.chat(bo)).toContain(reason);
  await stage.approve(bo);
  await stage.pass(seconds(60));
  expect(stage.submissions).toHaveLength(1);
  await stage.reply(ana, thread, 'history');
  const all = stage.thread(thread);
  const told = all.slice(all.indexOf('Live Response'));
  for (const shown of [told, stage.chat(bo), ...stage.submissions]) {
    expect(shown).toContain('INC-7 the password=[masked: password');
    expect(shown).not.toContain(login);
  }
});

test('secrets typed in arguments are warned about before anybody is asked, and never masked in what is approved (d14)', async () => {
  const typed = login.replace('!', '-');
  stage = await Stage.open();
  const thread = await stage.ask(ana, `on ws-042 run minidump.ps1 -Password ${typed} because INC-7`);
  expect(stage.thread(thread)).toContain('The arguments of command 1 hold what looks like a password.');
  expect(stage.chat(bo)).not.toContain(typed);
  await stage.press(ana, stage.cardIn(thread, 'Ask for approval anyway'), 'Ask for approval anyway');
  expect(stage.chat(bo)).toContain(`-Password ${typed}`);
});

test('nothing that was shown masked can be sent', async () => {
  stage = await Stage.open();
  const thread = await stage.ask(
    ana,
    'on ws-042 run minidump.ps1 -x [masked: token, #3f9a] because see [masked: password, #aaaa]',
  );
  expect(stage.thread(thread).match(/hold?s? a mark that I put in the place of a secret/g)).toHaveLength(2);
  expect(await stage.service.store.recentRequests({}, 1)).toEqual([]);
});
