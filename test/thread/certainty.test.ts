import { readdirSync, readFileSync } from 'node:fs';

/** Every sentence that a person may read and that says of something that it did not happen, and the fact that each rests on. */
const proofs: ReadonlyArray<{ readonly rests: string; readonly claims: readonly string[] }> = [
  {
    rests:
      'No POST of it may have arrived: denied, expired, withdrawn, voided, refused, and cancelled or lapsed with `actionId: null`. One in doubt ends as unconfirmed.',
    claims: [
      'Nothing ran, and nobody can approve it any more.',
      'Defender had not accepted it, and nothing ran.',
      'Nothing ran, and the requester reads your reason.',
      'Nothing ran.',
      'Nothing ran;',
      "' Nothing ran.' :",
      'It was approved, and Defender had not accepted it by ….',
      'Defender had not accepted it.',
      'Defender had not accepted it',
    ],
  },
  {
    rests: 'The button, form or file went no further than this check: it runs before anything is written.',
    claims: [
      "This holds somebody else's message and no words of yours, so nothing was asked.",
      'I never take quoted or forwarded words for a request.',
      'This button did not say what it is for, so nothing was done.',
      'This list cannot be searched like that, so nothing was looked up.',
      'Nothing was requested.',
      'I could not check with Teams whether you are a member of this organisation or a guest, so nothing was done.',
      '… Nothing was requested (…).',
      'nothing was sent yet.',
      'You declined the file, so it was not sent.',
      'Teams named a place for the file that is not its own, so nothing was sent.',
      'The file is no longer what was collected, or no longer kept, so it was not sent.',
      'This file was not offered to you here, so nothing was sent.',
      'This offer has run out, so nothing was sent.',
      'Nothing was requested yet.',
      'nothing was sent yet',
      'This card is no longer valid, so nothing was done.',
      'This card was sent to someone else, so nothing was done.',
      'This request belongs to another conversation, so nothing was done.',
      '… ended at …, longer ago than I keep requests, so its cards and results are gone and nothing was done.',
      "', so nothing was requested'}.",
      '… Nothing was requested.',
      'This card was already used for …, so nothing new was requested.',
      'You have asked for exactly this with another card, and … is still open, so nothing new was requested.',
      'This review was closed at …, so nothing was added.',
      'I do not know this button, so nothing was done.',
      'You have …, and … is the most for one person, so nothing was requested.',
      'The live response library has no file …, so nothing was requested.',
      'Nothing was done.',
      'Nothing was sent.',
      'Nothing was changed;',
      'Nothing was sent yet.',
      'This changed nothing.',
      'That looks like a command with a slip in it, so nothing was done with it, and it is no answer.',
      'Nothing is changed yet.',
      'No sign-in token could be got for Defender, so nothing was sent.',
      'Defender gave a result link to a place that this bot does not trust, so nothing was fetched.',
    ],
  },
  {
    rests:
      'One transaction marks what was sent as handled and tells this, so that the work of an interrupted turn, should it end yet, writes nothing.',
    claims: ['Nothing was requested, decided or stopped by it.'],
  },
  {
    rests:
      'The transaction that reads an edit found the mark of what came of its message, or a message too old for one.',
    claims: [
      'The edit changed nothing:',
      'I no longer know what came of it, so I did nothing.',
      'Your edit changed nothing',
    ],
  },
  {
    rests: 'The runbook of now was compared with the one that rendered the commands, in the transaction that refuses.',
    claims: ['The runbook … has changed or is gone since this was asked, so nothing was done with it.'],
  },
  {
    rests:
      'A batch lets targets go by its plan alone, and asks it again in the transaction that sends (request/batch/plan-batch.ts).',
    claims: [
      'not sent',
      'Whatever has not started by … is not sent.',
      'Nothing more is sent.',
      'None reached',
      'None ran',
    ],
  },
  {
    rests: 'Refused before anything is stored (flow/ask-many/ask-many.ts).',
    claims: [
      'Rule … allows one device a request, so nothing was requested.',
      'None of these devices can be asked for, so nothing was requested:',
      'The list has … columns, and none is headed Device name, Name or Device ID.',
    ],
  },
  {
    rests:
      'The state in which the wish to cancel left the request: submitting or unknown, and unconfirmed, whose offer is over.',
    claims: ['Nobody can tell yet whether Defender has it:', '… is left now, and nobody sends it once more.'],
  },
  {
    rests: 'The vote was refused in the transaction that would have stored it.',
    claims: [
      'Nothing was counted.',
      'Nothing was counted;',
      'Your vote was not counted.',
      'The approval policy has changed since this card was posted, so your vote was not counted.',
      'The requester may no longer ask for live response, so nothing was counted and nothing is sent.',
      'Sending is paused, so this was not counted.',
    ],
  },
  {
    rests:
      'Request and dispatch: `send` follows an approval alone, a decision once, and not while it is paused (security.md T-5, T-27).',
    claims: [
      'It says what has been in force all the while, policy …, so nothing has to be asked again.',
      'I send nothing to Defender before other people have approved exactly this.',
      'I look for it there and send nothing by myself.',
      'I keep looking and send nothing by myself.',
      'I do not touch it and never send it again.',
      'I look for it in Defender and never send it again.',
      'Without a decision by … it expires and is not sent;',
      'No live response is sent to Defender until somebody else who may approve types resume;',
      'no live response is sent',
      'Between the check and sending too much time went by, so I sent nothing.',
      'The part of me that you reached has another approval policy than the one in force, so it decides and stores nothing.',
      'No live response is sent to Defender until somebody else who may approve types resume.',
      'No live response is sent to Defender before that.',
      'I never send this again.',
      'I look again every … and send nothing by myself.',
      'I send nothing by myself.',
      'It was not sent once more, since something it was approved with has changed.',
      'no live response is sent to Defender, for anybody, until another approver types resume.',
      'nothing is sent to Defender before it is approved.',
    ],
  },
  {
    rests: 'The text of the policy file, judged by this process.',
    claims: [
      "'none'}",
      'Nothing is asked of Entra or of Defender.',
      'The policy file is the one that POLICY_FILE names, or env/policy.yaml, where none is named here.',
      'every rule denies, so nobody can ask for anything',
      'is never reached, since rule … (line …) matches first',
      'nothing uses this group',
      'this person is in none of the groups under requesters.',
      "'not told by Defender')}) is nobody whom the policy names, so they cannot be kept from approving it.",
      '… has nothing to act on;',
      'a ( is never closed',
      'this [ is never closed',
      'a ) opens nothing',
      '… names people of the local trial (…), who exist in no real tenant, so as them nobody can ask or approve.',
      'the groups are …',
    ],
  },
  {
    rests:
      'What the policy, the message, the store or the answer of Defender at hand holds: it is read in full before this is said.',
    claims: [
      'Nothing unusual found.',
      'Nothing unusual except its high risk.',
      'It carries the marker of a request of this bot, which has another action in Defender or none.',
      'nothing known against it',
      'Defender lists none',
      'There is nothing of that command that could be sent as a file, or it is no longer kept.',
      'I can send files only in your own chat, and you have none with me yet.',
      'The key that signs evidence cannot be read, so nothing was made.',
      'The evidence of … is larger than …, so it is not sent here.',
      'Teams gives bots no files in this cloud, so nothing was sent.',
      ', so nothing can run there.',
      'takes none.',
      'has them, so it may find nothing.',
      'I have seen nothing accepted there since.',
      'either it names nobody for it, or the glass is broken already, or the request no longer waits for approval.',
      'Nothing is paused, so there is nothing to resume.',
      '}, or none yet.',
      'putfile returns none;',
      "'none' :",
      'Nothing waits for your vote',
      'nobody has reviewed it yet.',
      "An action in Defender carries this request's id and commands that nobody approved.",
      'Nobody:',
      "An id is LR- and four or more characters, never 0, O, 1, I, L or U, and stands on the request's card.",
      '… names nothing.',
      'Defender allows none in arguments, so that it cannot be a part of them.',
      '… takes a name only, so there is nothing to pass arguments to.',
      'The result is larger than … bytes, the most that this bot keeps, so nothing of it was kept.',
    ],
  },
  {
    rests: 'A rule of this bot that holds by construction (security.md), told as a rule.',
    claims: [
      'the first rule that matches decides, and what none matches is refused.',
      'What command … of … brought back, in a zip archive without a password so that nothing opens it by itself.',
      'never by the requester.',
      'This is too long to be shown whole on one card, and nobody should approve what they cannot read.',
      '… matches …, and I never guess.',
      'It is too long to be shown whole on one card, and nobody should approve what they cannot read.',
      "' Results with nothing wrong in them are not posted meanwhile:",
      'Defender is simulated, nobody is signed in, and no real device is touched.',
      'send it again as a code block, so that nothing in it changes.',
      'never the person who asked.',
      'cannot be read now, so nobody in it counts',
      "You may decide about other people's requests, never about your own.",
      '… holds characters that nobody can see:',
      'The device is missing, and I never guess one.',
      'Break-glass lowers the number of approvals to one and never to none:',
      'Nobody approves their own request.',
      'not the person who paused, and nobody whose own request waits to be sent.',
      'the members of … cannot be read at the moment, so nobody counts as one.',
    ],
  },
];

const rooms = ['thread', 'chat', 'policy', 'teams', 'flow', 'oversight'];
const files = [
  ...rooms.flatMap((room) =>
    readdirSync(`src/${room}`, { recursive: true, encoding: 'utf8' }).map((name) => `${room}/${name}`),
  ),
  'defender/errors.ts',
  'dispatch/follow/defender-work.ts',
  'dispatch/follow/fetch-result.ts',
  'evidence/keep-result.ts',
].filter((path) => path.endsWith('.ts'));

/** That something did not happen or does not exist: true only where something proves it. */
const denies = /\b(nothing|never|none|nobody|did not run|not sent|not counted|no live response|had not accepted)\b/i;
/** A guess, or more than anybody knows: nothing proves these. */
const guesses =
  /\b(surely|certain|certainly|definitely|guaranteed|undoubtedly|most likely|very likely|probably|apparently|it seems)\b/i;

/** Source without comments, and without what is said to programs: logs, thrown errors. */
const spoken = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
    .replace(/(?:throw new|new) \w*Error\([\s\S]*?\);/g, '')
    .replace(/log\.\w+\([\s\S]*?\);/g, '');

const literal = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;

/** The sentences of a source, split at their ends, as they are written there; … is what stands there at the time. */
const sentencesOf = (source: string): readonly string[] =>
  [...spoken(source).matchAll(literal)]
    .map(([, single, double, template]) => single ?? double ?? template ?? '')
    .filter((text) => text.trim().includes(' '))
    .flatMap((text) => text.split(/(?<=[.;:?])\s/))
    .map((text) => text.trim().replace(/\$\{[^{}]*\}/g, '…'));

const all = files.flatMap((path) => sentencesOf(readFileSync(`src/${path}`, 'utf8')));
const known = proofs.flatMap(({ claims }) => claims);

test('no sentence that a person reads says that something did not happen without a fact that it rests on', () => {
  expect([...new Set(all)].filter((text) => denies.test(text) && !known.includes(text))).toEqual([]);
});

test('no sentence that a person reads guesses a cause or claims to be certain', () => {
  expect(all.filter((text) => guesses.test(text))).toEqual([]);
});

test('the list of what is claimed holds no sentence that nobody reads any more, and none twice', () => {
  expect(known.filter((claim) => !all.includes(claim))).toEqual([]);
  expect(known.filter((claim, i) => known.indexOf(claim) !== i)).toEqual([]);
});

test('no page for people claims to be certain, and none says what Defender "surely" has', () => {
  const pages = [
    'README.md',
    ...['admin', 'analyst', 'approver', 'commands', 'operations', 'war-room'].map((n) => `docs/${n}.md`),
  ];
  const told = pages.flatMap((page) =>
    readFileSync(page, 'utf8')
      .split('\n')
      .map((line) => `${page}: ${line}`),
  );
  expect(
    told.filter((line) => /\b(surely|certainly|most likely|never reached Defender|never got it)\b/i.test(line)),
  ).toEqual([]);
});
