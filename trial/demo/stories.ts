import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readActivity } from '../teams/connector-reading';
import { type Scene, StoryStopped } from './scene';
import { ana, bo } from './stage';

export interface Story {
  readonly title: string;
  play(scene: Scene): Promise<void>;
}

/** The seed page's own example. */
const seedExample = `on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage`;

const dumpPath = 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip';

const putFile = (name: string) => ({ type: 'PutFile', params: [{ key: 'FileName', value: name }] });
const getFile = (path: string) => ({ type: 'GetFile', params: [{ key: 'Path', value: path }] });
const runScript = (name: string, args?: string) => ({
  type: 'RunScript',
  params: [{ key: 'ScriptName', value: name }, ...(args === undefined ? [] : [{ key: 'Args', value: args }])],
});

export const stories: readonly Story[] = [
  {
    title: '1. Asked, approved, run: the example of the seed page',
    async play(scene) {
      const { threadId, card, id } = await askAndShow(scene, seedExample);
      const shown = wholeOf(card.activity);
      const files = scene.stage.emulator.library.filter((f) => ['procdump.zip', 'minidump.ps1'].includes(f.fileName));
      scene.check(
        'the card shows every command exactly, and the SHA-256 of each library file',
        ['procdump.zip', 'minidump.ps1', 'OfficeClickToRun', dumpPath].every((part) =>
          shown.includes(JSON.stringify(part).slice(1, -1)),
        ) &&
          files.length === 2 &&
          files.every((file) => shown.includes(file.sha256)),
      );
      await scene.press(ana, card, 'Approve');
      scene.check('who asked cannot approve, and nothing has reached Defender', nothingSent(scene, 0));
      const copy = await scene.cardForApprover(id);
      scene.check(
        `${bo.name} has the card, with Approve and Deny, in his own chat`,
        /\[Approve\] \[Deny/.test(readActivity(copy.activity)),
      );

      await scene.press(bo, copy, 'Approve');
      await scene.watch(threadId, 'the thread tells of the results of the script and of the file, the last ones', () =>
        ['exit 0)', '8.1 KB)'].every((words) => endIn(scene, threadId, id).includes(words)),
      );
      checkSubmission(scene, {
        id,
        shown,
        before: 0,
        commands: [putFile('procdump.zip'), runScript('minidump.ps1', 'OfficeClickToRun'), getFile(dumpPath)],
        reason: 'INC-1042 credential theft triage',
      });
      const whole = scene.stage.connector
        .messages(threadId)
        .map(({ activity }) => wholeOf(activity))
        .join('\n');
      scene.check(
        'one post tells of the end, the results in order, and nothing else was posted',
        inOrder(endIn(scene, threadId, id), ['ws-042: all 3 commands ran, in ', 'exit 0)', '8.1 KB)']) &&
          scene.stage.connector.messages(threadId).filter(({ from }) => from === 'bot').length === 2,
      );
      const kept = hashesUnder(scene.stage.evidenceDir);
      const onDevice = fileOnDevice(scene, 'ws-042.contoso.com', dumpPath);
      scene.check(
        'the SHA-256 in the thread is that of the file on the device, and the file is kept under it',
        onDevice !== null && whole.includes(onDevice) && kept.includes(onDevice),
      );
      await checkSameEnd(scene, threadId, id, 'ws-042: all 3 commands ran, in ');
    },
  },
  {
    title: '2. Denied',
    async play(scene) {
      const before = scene.submissions().length;
      const { threadId, id } = await askAndShow(
        scene,
        'on ws-042 run collect-logs.ps1 because INC-1043 was somebody at the logs?',
      );
      const copy = await scene.cardForApprover(id);
      await scene.press(bo, copy, 'Deny…');
      const why = await scene.cardForApprover(id, 'Deny');
      await scene.press(bo, why, 'Deny', { reason: 'Ask the owner of the device first.' });
      await scene.watch(threadId, 'the thread tells who denied it, and why', () => {
        const told = scene.words(threadId);
        return told.includes(`${bo.name} denied it at `) && told.includes('Ask the owner of the device first.');
      });
      scene.check('nothing was sent to Defender', nothingSent(scene, before));
      await checkSameEnd(scene, threadId, id, 'ws-042: denied');
    },
  },
  {
    title: '3. The second command fails, so the third never runs',
    async play(scene) {
      const before = scene.submissions().length;
      const path = 'C:\\windows\\TEMP\\logs.zip';
      const { threadId, card, id } = await askAndShow(
        scene,
        `on ws-043; run collect-logs.ps1; run fail-second.ps1; getfile ${path}; because INC-1044 event logs of a phished user`,
      );
      const copy = await scene.cardForApprover(id);
      scene.check('nothing was sent to Defender before the approval', nothingSent(scene, before));
      await scene.press(bo, copy, 'Approve');
      await scene.watch(
        threadId,
        'the thread tells of the failure, and of the results of the two commands that ran',
        () => {
          const told = endIn(scene, threadId, id);
          return ['exit 0)', 'access to the working folder is denied'].every((part) => told.includes(part));
        },
      );
      checkSubmission(scene, {
        id,
        shown: wholeOf(card.activity),
        before,
        commands: [runScript('collect-logs.ps1'), runScript('fail-second.ps1'), getFile(path)],
        reason: 'INC-1044 event logs of a phished user',
      });
      const told = scene.words(threadId);
      scene.check(
        'the thread says which command failed and what Defender says of it',
        /failed at command 2 of 3[\s\S]*fail-second\.ps1[\s\S]*Failed\./.test(told) &&
          told.includes('access to the working folder is denied'),
      );
      const commands = scene.stage.emulator.actions.at(-1)?.commands ?? [];
      scene.check(
        'in Defender the three are Completed, Failed and Created, and on the device the third never ran',
        isDeepStrictEqual(
          commands.map((c) => c.status),
          ['Completed', 'Failed', 'Created'],
        ) && commands[2]?.ran === 'no',
      );
      await checkSameEnd(scene, threadId, id, 'ws-043: failed at command 2 of 3');
    },
  },
];

async function askAndShow(scene: Scene, text: string) {
  const { threadId, answer } = await scene.ask(text);
  const shown = readActivity(answer.activity);
  const id = /LR-[A-Z0-9]{4,}/.exec(shown)?.[0];
  if (id === undefined || !/Approve \d commands? on /.test(shown))
    throw new StoryStopped('the bot answers with a card that waits for approval', 'it answered otherwise');
  scene.check('the bot answers with a card that waits for approval', true);
  return { threadId, card: answer, id };
}

const nothingSent = (scene: Scene, before: number): boolean => scene.submissions().length === before;

/** One POST for the approval, and in it what was shown: the commands, and the digest that stood on the card. */
function checkSubmission(
  scene: Scene,
  expected: {
    readonly id: string;
    readonly shown: string;
    readonly before: number;
    readonly commands: readonly unknown[];
    readonly reason: string;
  },
): void {
  const { id, shown, before, commands, reason } = expected;
  const sent = scene.submissions().slice(before);
  const digest = /"Digest ".*?"text":"([0-9a-f]{12})/.exec(shown)?.[1];
  const body = {
    Commands: commands,
    Comment: `[${id}/1/${digest}] asked by ${ana.name}; approved by ${bo.name}; ${reason}`,
  };
  scene.page.line('\n  What Defender got:');
  scene.page.framed(sent.flatMap(readBody));
  scene.check(
    'Defender got exactly one request, whose body is what was approved, with the digest that stood on the card',
    sent.length === 1 && sent.every((text) => isDeepStrictEqual(JSON.parse(text), body)),
  );
}

/** One command a line. */
function readBody(text: string): readonly string[] {
  const { Commands = [], ...rest } = JSON.parse(text) as { readonly Commands?: readonly unknown[] };
  return [...Commands, rest].map((part) => JSON.stringify(part));
}

/** The thread's one card and the approver's copy were edited in place, and say the same. */
async function checkSameEnd(scene: Scene, threadId: string, id: string, title: string): Promise<void> {
  const { connector } = scene.stage;
  const boChat = connector.personalConversationId(bo.aadObjectId);
  const isAtEnd = (card: string) => card.includes(title) && !card.includes('is being fetched');
  const ends = (conversationId: string) => {
    const cards = connector.messages(conversationId).filter((m) => m.from === 'bot' && m.versions.length > 0);
    const own = cards.filter(
      (m) => /Hashes, ids, rule/.test(JSON.stringify(m.activity)) && readActivity(m.activity).includes(id),
    );
    return own.length === 1 && own.every((m) => isAtEnd(readActivity(m.activity)));
  };
  const promise = `the card in the thread and ${bo.name}'s copy were edited in place and say “${title}”`;
  await scene.watch(threadId, promise, () => ends(threadId) && ends(boChat));
  scene.glanceAtApprover();
}

function fileOnDevice(scene: Scene, name: string, path: string): string | null {
  const device = scene.stage.emulator.devices.find((d) => d.machine.computerDnsName === name);
  const file = device?.files.find((f) => f.path === path);
  return file === undefined ? null : sha256(file.content);
}

const hashesUnder = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => sha256(readFileSync(join(entry.parentPath, entry.name))));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The post of how a request ended; empty until it is there. */
function endIn(scene: Scene, threadId: string, id: string): string {
  const words = scene.words(threadId);
  const at = words.lastIndexOf(`@${ana.name} ${id}`);
  return at < 0 ? '' : words.slice(at);
}

/** A message with what is folded on its card. */
const wholeOf = (activity: unknown): string => JSON.stringify(activity);

function inOrder(text: string, parts: readonly string[]): boolean {
  const places = parts.map((part) => text.indexOf(part));
  return places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1));
}
