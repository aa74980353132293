import { createHelp, type Part } from '../../src/chat/help';
import { type Verb, verbs, verbTable, type Word, type WordEntry, words, wordTable } from '../../src/chat/words';

const roles: Readonly<Record<string, Part>> = {
  analyst: { mayAsk: true, mayApprove: false, owns: false },
  approver: { mayAsk: false, mayApprove: true, owns: false },
  both: { mayAsk: true, mayApprove: true, owns: false },
  owner: { mayAsk: false, mayApprove: false, owns: true },
  nobody: { mayAsk: false, mayApprove: false, owns: false },
};
const part = (name: string): Part => roles[name] as Part;
const listed = (name: string): readonly string[] =>
  createHelp(null, part(name)).sections.flatMap(({ lines }) => lines.map(({ syntax }) => syntax.split(' ')[0] ?? ''));

/** The words that the table gives to a part, everybody's included. */
const allowed = ({ mayAsk, mayApprove }: Part): readonly string[] => {
  const may = ({ roles: of }: WordEntry) =>
    of.includes('everyone') || (mayAsk && of.includes('requester')) || (mayApprove && of.includes('approver'));
  return [...words.filter((w: Word) => may(wordTable[w])), ...verbs.filter((v: Verb) => may(verbTable[v]))];
};

test.each(Object.keys(roles))('help shows %s every word that is theirs, once, and no other', (name) => {
  expect([...listed(name)].sort()).toEqual([...allowed(part(name))].sort());
});

test.each([
  ['analyst', 'Ask'],
  ['both', 'Ask'],
  ['approver', 'Decide and take back'],
  ['owner', 'Emergency'],
  ['nobody', 'Follow and look up'],
])('what is nearest to hand for %s comes first: %s', (name, title) => {
  expect(createHelp(null, part(name)).sections[0]?.title).toBe(title);
});

test('each part is greeted with what it may do and an example of its own', () => {
  expect(
    Object.keys(roles)
      .map((name) => `${name}: ${createHelp(null, part(name)).intro}`)
      .join('\n\n'),
  ).toMatchInlineSnapshot(`
"analyst: I run Defender live response on devices, once other people have approved it. For example:
on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage

approver: You decide about live response that others ask for; nothing is sent to Defender before it is approved. Its card comes to your own chat with me. For example:
waiting
device ws-042

both: I run Defender live response on devices, once other people have approved it. To see what waits for your vote, type waiting. For example:
on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage

owner: I run Microsoft Defender live response after other people have approved it. To review break-glass, type reviews. For example:
reviews

nobody: I run Microsoft Defender live response after other people have approved it. The policy names you neither for asking nor for approving, so you can read along where you are; ask whoever keeps the policy to add you. For example:
status"
`);
});
