import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEvidenceCommand } from '../../src/bundle/command-line';
import { verifyFile } from '../../src/bundle/verify-file';
import { trialBanner } from '../../src/thread/kit/trial';
import type { Emulator } from '../../trial/defender/emulator';
import { type DemoOptions, playDemo } from '../../trial/demo/play';

jest.setTimeout(60_000);

interface Played {
  readonly held: boolean;
  readonly lines: readonly string[];
}

async function play(options: Partial<DemoOptions> = {}): Promise<Played> {
  let text = '';
  const held = await playDemo({ write: (part) => (text += part), ...options });
  return { held, lines: text.split('\n') };
}

/** What the table at the end says was not held. */
const notHeld = ({ lines }: Played): readonly string[] =>
  lines.flatMap((line) => /^ +\d+ {2}NOT HELD {2}(.*)$/.exec(line)?.[1] ?? []);

const leftBehind = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('live-response-demo-'));
const listening = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;

let before: { readonly files: readonly string[]; readonly listening: number };
beforeEach(() => {
  before = { files: leftBehind(), listening: listening() };
});
afterEach(() => {
  expect({ files: leftBehind(), listening: listening() }).toEqual(before);
});

describe('the play as a whole', () => {
  let played: Played;
  beforeAll(async () => {
    played = await play();
  });

  test('every step holds, and the table at the end lists them', () => {
    expect(notHeld(played)).toEqual([]);
    expect(played.held).toBe(true);
    const table = played.lines.slice(played.lines.findIndex((line) => line.startsWith('━━ What was checked')) + 1, -2);
    expect(table.join('\n')).toMatchInlineSnapshot(`
"  1. Asked, approved, run: the example of the seed page
     1  held      the bot answers with a card that waits for approval
     2  held      the card shows every command exactly, and the SHA-256 of each library file
     3  held      who asked cannot approve, and nothing has reached Defender
     4  held      Bo Approver has the card, with Approve and Deny, in his own chat
     5  held      the thread tells of the results of the script and of the file, the last ones
     6  held      Defender got exactly one request, whose body is what was approved, with the
                  digest that stood on the card
     7  held      one post tells of the end, the results in order, and nothing else was posted
     8  held      the SHA-256 in the thread is that of the file on the device, and the file is
                  kept under it
     9  held      the card in the thread and Bo Approver's copy were edited in place and say
                  “ws-042: all 3 commands ran, in ”
  2. Denied
    10  held      the bot answers with a card that waits for approval
    11  held      the thread tells who denied it, and why
    12  held      nothing was sent to Defender
    13  held      the card in the thread and Bo Approver's copy were edited in place and say
                  “ws-042: denied”
  3. The second command fails, so the third never runs
    14  held      the bot answers with a card that waits for approval
    15  held      nothing was sent to Defender before the approval
    16  held      the thread tells of the failure, and of the results of the two commands that ran
    17  held      Defender got exactly one request, whose body is what was approved, with the
                  digest that stood on the card
    18  held      the thread says which command failed and what Defender says of it
    19  held      in Defender the three are Completed, Failed and Created, and on the device the
                  third never ran
    20  held      the card in the thread and Bo Approver's copy were edited in place and say
                  “ws-043: failed at command 2 of 3”

All 20 steps held."
`);
  });

  test('people and bot speak in turn, each message once', () => {
    const speakers = played.lines.filter((line) =>
      /^━━ \d|^ {2}(Ana Analyst|Bo Approver|Live Response)( presses .*)?$/.test(line),
    );
    expect(speakers.join('\n')).toMatchInlineSnapshot(`
"━━ 1. Asked, approved, run: the example of the seed page ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  Ana Analyst
  Live Response
  Ana Analyst presses [Approve]
  Live Response
  Bo Approver presses [Approve]
  Live Response
━━ 2. Denied ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  Ana Analyst
  Live Response
  Live Response
  Bo Approver presses [Deny…]
  Live Response
  Bo Approver presses [Deny], after typing “Ask the owner of the device first.”
  Live Response
━━ 3. The second command fails, so the third never runs ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
  Ana Analyst
  Live Response
  Live Response
  Bo Approver presses [Approve]
  Live Response"
`);
  });

  test('the card is printed whole once, an edit by what is new on it, the banner of the trial once', () => {
    const count = (part: string) => played.lines.filter((line) => line.includes(part)).length;
    expect(count(trialBanner)).toBe(1);
    expect(count('Runs a script as SYSTEM, puts 1 file on the device')).toBe(1);
    expect(count('✎ edited')).toBeGreaterThanOrEqual(9);
    expect(count('… line by line as in the channel')).toBeGreaterThanOrEqual(3);
    expect(played.lines.filter((line) => line.length > 100 && !line.includes('{"type"'))).toEqual([]);
  });

  test('it says that its time runs faster', () => {
    expect(played.lines.slice(1, 5).join(' ')).toContain("Their clock and the bot's runs 12 times as fast as yours.");
  });
});

test('a library without the script stops the first story, says so, and fails the play; the others are played', async () => {
  const played = await play({ arrange: (emulator) => emulator.removeFile('minidump.ps1') });
  expect(played.held).toBe(false);
  expect(notHeld(played)).toEqual(['the bot answers with a card that waits for approval']);
  expect(played.lines.join('\n')).toContain('✘ checked: the bot answers with a card that waits for approval');
  expect(played.lines).toContain('11 of 12 steps held.');
});

test('a submission that nobody approved fails the play', async () => {
  const played = await play({ arrange: submitByHand });
  expect(played.held).toBe(false);
  expect(notHeld(played)).toContain('who asked cannot approve, and nothing has reached Defender');
});

test('a device that never answers stops the story when patience ends', async () => {
  const played = await play({
    patienceMs: 3_000,
    arrange: (emulator) =>
      emulator.setDevice('ws-043.contoso.com', { offlineUntil: Number.POSITIVE_INFINITY }) && undefined,
  });
  expect(played.held).toBe(false);
  expect(notHeld(played)).toEqual(['the thread tells of the failure, and of the results of the two commands that ran']);
  expect(played.lines.join(' ').replace(/ +/g, ' ')).toContain(
    '(not within 3 s; the rest of this story is not played)',
  );
});

test('Ctrl-C in the middle ends everything that was started', async () => {
  const stopping = new AbortController();
  const stopped = play({
    signal: stopping.signal,
    write: (text) => {
      if (text.includes('presses [Approve]')) stopping.abort();
    },
  });
  await expect(stopped).rejects.toThrow('aborted');
});

test('a start that fails leaves nothing behind', async () => {
  const failing = play({
    arrange: () => {
      throw new Error('no world');
    },
  });
  await expect(failing).rejects.toThrow('no world');
});

async function submitByHand(emulator: Emulator): Promise<void> {
  const machine = emulator.devices.find((d) => d.machine.computerDnsName === 'kiosk.paris.contoso.com')?.machine;
  const answer = await fetch(`${emulator.url}/api/machines/${machine?.id}/runliveresponse`, {
    method: 'POST',
    headers: { authorization: 'Bearer local', 'content-type': 'application/json' },
    body: JSON.stringify({
      Commands: [{ type: 'RunScript', params: [{ key: 'ScriptName', value: 'collect-logs.ps1' }] }],
      Comment: 'by hand',
    }),
  });
  expect(answer.status).toBe(201);
}

test('the evidence of the first request is written where it is wanted, and verifies by the line that is printed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lr-demo-evidence-'));
  const { held, lines } = await play({ evidenceTo: join(folder, 'out') });
  expect(held).toBe(true);
  const line = lines.find((text) => text.startsWith('npm run --silent evidence -- verify ')) ?? '';
  const command = parseEvidenceCommand(line.split(' ').slice(5));
  if (!command.ok || command.value.type !== 'verify') throw new Error(line);
  expect(await verifyFile(command.value)).toMatchObject({ code: 0 });
  expect(readdirSync(join(folder, 'out')).length).toBe(3);
  rmSync(folder, { recursive: true });
});
