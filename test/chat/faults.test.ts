import { type ChatFault, describeCommandFault, describeFault, describeFaults } from '../../src/chat/faults';
import { maxMessageLength, parseMessage } from '../../src/chat/parse';
import type { RequestId } from '../../src/request/request';

const answer = (text: string): string => {
  const parsed = parseMessage({ text, notices: [] });
  return parsed.ok ? `understood as ${parsed.value.type}` : describeFaults(parsed.error);
};

describe('what people read', () => {
  test('when the message is empty', () => {
    expect(answer(' ')).toMatchInlineSnapshot(`
"The message has no text that I can read. Type help to see what I understand, or ask for something, for example:
on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage"
`);
  });
  test('when the message is too long', () => {
    expect(answer('x'.repeat(maxMessageLength + 1))).toMatchInlineSnapshot(
      `"The message is 12 001 characters long and 12 000 is the most I accept. Shorten it and send it again."`,
    );
  });
  test('when a word is unknown but near one', () => {
    expect(answer('aprove LR-7F3K')).toMatchInlineSnapshot(
      `"I do not know the word "aprove". You may have meant approve. For example: approve LR-7F3K 3f9a21c0"`,
    );
  });
  test('when a word is unknown but near a command', () => {
    expect(answer('putfle procdump.zip')).toMatchInlineSnapshot(`
"I do not know the word "putfle". You may have meant putfile, which stands after on and the device. For example:
on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage"
`);
  });
  test('when a word is unknown and near nothing', () => {
    expect(answer('please do\u200b something')).toMatchInlineSnapshot(`
"I do not know the word "please". A message starts with one of: on, new, help, status, queue, mine, history, waiting, cancel, approve, deny, result, evidence, device, library, policy, runbook, pause, resume, breakglass, review, reviews, whoami. Type help to see what they do, or ask for something, for example:
on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage"
`);
  });
  test('when a word is unknown and holds hidden characters', () => {
    expect(answer('st\u202eatus')).toMatchInlineSnapshot(
      `"I do not know the word "st\\u{202e}atus". You may have meant status. For example: status LR-7F3K"`,
    );
  });
  test('when the device is missing', () => {
    expect(answer('run minidump.ps1 lsass because INC-1042')).toMatchInlineSnapshot(`
"The device is missing, and I never guess one. Start with the word on and the device.
Send it like this:
on <device>
run minidump.ps1 lsass
because INC-1042"
`);
  });
  test('when the commands are missing', () => {
    expect(answer('on ws-042 because INC-1042')).toMatchInlineSnapshot(`
"There is no command for the device. Write putfile, run or getfile, one on a line, between the device and because.
Send it like this:
on ws-042
run minidump.ps1 OfficeClickToRun
because INC-1042"
`);
  });
  test('when the reason is missing', () => {
    expect(answer('on ws-042 run minidump.ps1 lsass')).toMatchInlineSnapshot(`
"The reason is missing, and approvers decide by it. End with the word because and the reason.
Send it like this:
on ws-042
run minidump.ps1 lsass
because <reason>"
`);
  });
  test('when all is missing', () => {
    expect(answer('on')).toMatchInlineSnapshot(`
"- The device is missing, and I never guess one. Start with the word on and the device.
- There is no command for the device. Write putfile, run or getfile, one on a line, between the device and because.
- The reason is missing, and approvers decide by it. End with the word because and the reason.
Send it like this:
on <device>
run minidump.ps1 OfficeClickToRun
because <reason>"
`);
  });
  test('when a part is missing and a command is not understood: no corrected request without that command', () => {
    expect(answer('on ws-042 run a.ps1; shutdown')).toMatchInlineSnapshot(`
"- "shutdown" is not a command. Each line or part after ; starts with putfile, run or getfile. The ; before it ends a command: Defender allows none in arguments, so that it cannot be a part of them. For example: run minidump.ps1 OfficeClickToRun
- The reason is missing, and approvers decide by it. End with the word because and the reason.
A whole request looks like this:
on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage"
`);
  });
  test('when a command is unknown but near one', () => {
    expect(answer('on ws-042\ngetfiel C:\\a.txt\nbecause INC-1042')).toMatchInlineSnapshot(
      `""getfiel" is not a command. Each line or part after ; starts with putfile, run or getfile. You may have meant getfile: getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip"`,
    );
  });
  test('when a command is unknown right behind the device', () => {
    expect(answer('on finance laptop run a.ps1 because INC-1042')).toMatchInlineSnapshot(
      `""laptop" is not a command. Each line or part after ; starts with putfile, run or getfile. If it belongs to the device, put the whole device in double quotes. For example: run minidump.ps1 OfficeClickToRun"`,
    );
  });
  test('when the order is wrong, with the corrected request in full', () => {
    expect(
      answer('on ws-042\ngetfile "C:\\Program Files\\a.log"\nrun b.ps1 -x 1\nputfile c.zip\nbecause INC-1042'),
    ).toMatchInlineSnapshot(`
"The commands are in an order that Defender refuses: it takes all putfile first, then all run, then all getfile.
Send it like this:
on ws-042
putfile c.zip
run b.ps1 -x 1
getfile "C:\\Program Files\\a.log"
because INC-1042"
`);
  });
  test('when the order is wrong and the reason is missing', () => {
    expect(answer('on ws-042\ngetfile C:\\a.log\nrun b.ps1 -x 1')).toMatchInlineSnapshot(`
"- The commands are in an order that Defender refuses: it takes all putfile first, then all run, then all getfile.
- The reason is missing, and approvers decide by it. End with the word because and the reason.
Send it like this:
on ws-042
run b.ps1 -x 1
getfile C:\\a.log
because <reason>"
`);
  });
  test('when a path with blanks has no quotes', () => {
    expect(answer('on ws-042 getfile C:\\Program Files\\a.log because INC-1042')).toMatchInlineSnapshot(
      `"getfile takes exactly one name, and "C:\\Program Files\\a.log" is more than one word. If the name has blanks, put it in double quotes: getfile "C:\\Program Files\\a.log""`,
    );
  });
  test('when a quote is not closed', () => {
    expect(answer('on ws-042 getfile "C:\\Program Files\\a.log\nbecause INC-1042')).toMatchInlineSnapshot(
      `"A double quote is not closed, or has no blank after it, in: getfile "C:\\Program Files\\a.log. A name with blanks stands between two double quotes, for example: getfile "C:\\Program Files\\x.log""`,
    );
  });
  test('when arguments hold forbidden characters', () => {
    expect(answer('on ws-042\nrun a.ps1 $x | y\ngetfile C:\\a\nbecause INC-1042')).toMatchInlineSnapshot(
      `"Command 1 of 2: The arguments hold | $, and Defender does not allow any of ; & | ! $ in arguments. Leave them out, or pass the value in another form, such as Base64, if the script can read it. For example: run minidump.ps1 OfficeClickToRun"`,
    );
  });
  test('when a name is missing', () => {
    expect(answer('on ws-042\nputfile\nrun\ngetfile\nbecause INC-1042')).toMatchInlineSnapshot(`
"- Command 1 of 3: putfile names nothing. Name the library file to put on the device; library lists them. For example: putfile procdump.zip
- Command 2 of 3: run names nothing. Name the library script to run; library lists them. For example: run minidump.ps1 OfficeClickToRun
- Command 3 of 3: getfile names nothing. Give the full path of the file to collect. For example: getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip"
`);
  });
  test('when a name is a path', () => {
    expect(answer('on ws-042 run C:\\a.ps1 because INC-1042')).toMatchInlineSnapshot(
      `""C:\\a.ps1" cannot be the name of a library file. Give the name only, without a folder, not starting with a dot, and without any of \\ / : * ? " < > |; library lists the names. For example: run minidump.ps1 OfficeClickToRun"`,
    );
  });
  test('when a path cannot be collected', () => {
    const paths = [
      'a.txt',
      '\\\\server\\a',
      'C:\\a\\..\\b',
      'C:\\a:b',
      'C:\\*.log',
      'C:\\%TEMP%\\a',
      'C:\\a.',
      'C:\\a|b',
      'C:\\a\\',
    ];
    const answers = paths.map((path) => answer(`on ws-042 getfile ${path} because INC-1042`));
    expect(answers.map((text) => text.replace(/ For example: .*$/, '')).join('\n')).toMatchInlineSnapshot(`
""a.txt" cannot be collected: it is not a full path. Start with a drive, such as C:\\, or on macOS and Linux with /.
"\\\\server\\a" cannot be collected: it starts with two slashes, which means a share or a raw device and not a file of this device. Give the path on a drive.
"C:\\a\\..\\b" cannot be collected: it holds .., so it means another file than the one approvers would read. Write the path out.
"C:\\a:b" cannot be collected: it holds a second colon, which means a hidden stream of the file. Give the path of the file itself.
"C:\\*.log" cannot be collected: it holds * or ?, and getfile collects exactly one file. Give the full name, one getfile for each file.
"C:\\%TEMP%\\a" cannot be collected: it holds a variable between % signs, and approvers must see where it leads. Write the path out.
"C:\\a." cannot be collected: a part of it ends in a dot or a blank, which Windows drops, so it means another file. Take it away.
"C:\\a|b" cannot be collected: it holds ", <, > or |, which no such path may hold. Take it away.
"C:\\a\\" cannot be collected: it ends in a slash, so it is a folder, and getfile collects one file. Give the path of a file."
`);
    expect(answers[0]).toContain('For example: getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip');
  });
  test('when there are hidden characters in a command, the device and the reason', () => {
    expect(answer('on ws-\u200b042 run a.ps1 x\ty because INC\u0007')).toMatchInlineSnapshot(`
"- The device holds characters that nobody can see: ws-\\u{200b}042. Approvers could not read it as it is, so delete them (type it instead of pasting it) and send it again.
- The argument string holds characters that nobody can see: x\\u{9}y. Approvers could not read it as it is, so delete them (type it instead of pasting it). For example: run minidump.ps1 OfficeClickToRun
- The reason holds characters that nobody can see: INC\\u{7}. Approvers could not read it as it is, so delete them (type it instead of pasting it) and send it again."
`);
  });
  test('when something is too long', () => {
    expect(
      answer(`on ${'d'.repeat(300)}\nrun ${'n'.repeat(201)} ${'a'.repeat(2_001)}\nbecause ${'r'.repeat(1_001)}`),
    ).toMatchInlineSnapshot(`
"- The device is 300 characters long and 253 is the most I accept. Shorten it and send it again.
- The name is 201 characters long and 200 is the most I accept. Shorten it. For example: run minidump.ps1 OfficeClickToRun
- The argument string is 2 001 characters long and 2 000 is the most I accept. Shorten it. For example: run minidump.ps1 OfficeClickToRun
- The reason is 1 001 characters long and 1 000 is the most I accept. Shorten it and send it again."
`);
  });
  test('when there are too many commands', () => {
    expect(answer(`on ws-042\n${'run a.ps1\n'.repeat(11)}because INC-1042`)).toMatchInlineSnapshot(
      `"These are 11 commands and 10 is the most that approvers can read on one card. Split them into several requests."`,
    );
  });
  test('when the commands do not fit on a card', () => {
    expect(answer(`on ws-042\n${`run a.ps1 ${'x'.repeat(1_999)}\n`.repeat(4)}because INC-1042`)).toMatchInlineSnapshot(
      `"The commands are 8 016 characters long together and 6 000 is the most that fits on the approval card. Shorten them or split them into several requests."`,
    );
  });
  test('when an id is wrong', () => {
    expect(answer('status LR-O0I1')).toMatchInlineSnapshot(
      `""LR-O0I1" is not a request id. An id is LR- and four or more characters, never 0, O, 1, I, L or U, and stands on the request's card. For example: status LR-7F3K"`,
    );
  });
  test('when a word needs more', () => {
    expect(answer('result')).toMatchInlineSnapshot(
      `"result needs more: result <id> [n]. For example: result LR-7F3K 2"`,
    );
  });
  test('when there is too much', () => {
    expect(answer('queue please')).toMatchInlineSnapshot(
      `"I do not understand "please" after queue, which goes: queue. For example: queue"`,
    );
  });
  test('when because is missing', () => {
    expect(answer('cancel lr-7f3k wrong device')).toMatchInlineSnapshot(
      `"I do not understand "wrong device" after cancel LR-7F3K. If it is the reason, write the word because before it: cancel LR-7F3K because wrong device"`,
    );
  });
  test('when a denial has no reason', () => {
    expect(answer('deny LR-7F3K')).toMatchInlineSnapshot(
      `"A denial needs a reason, so that the requester knows what to change. Write it after the word because: deny LR-7F3K because the ticket names another device"`,
    );
    expect(answer('deny LR-7F3K wrong device')).toMatchInlineSnapshot(
      `"A denial needs a reason, so that the requester knows what to change. Write it after the word because: deny LR-7F3K because wrong device"`,
    );
  });
  test('when a pause has no reason', () => {
    expect(answer('pause')).toMatchInlineSnapshot(
      `"A pause needs a reason, because it stops everybody and stands on every card. This changed nothing. Write it after the word because: pause because INC-1042 a library script may be tampered with"`,
    );
    expect(answer('pause library tampered')).toMatchInlineSnapshot(
      `"A pause needs a reason, because it stops everybody and stands on every card. This changed nothing. Write it after the word because: pause because library tampered"`,
    );
  });
  test('when break-glass lacks its reason or its incident, with what it does', () => {
    expect(answer('breakglass LR-7F3K')).toMatchInlineSnapshot(
      `"Break-glass lets one person whom the policy names approve LR-7F3K alone, the owners are told at once, and a review follows, so it needs a reason after the word because and an incident id after the word incident. Nothing is changed yet. Write it like this: breakglass LR-7F3K because <reason> incident <incident id>"`,
    );
    expect(answer('breakglass LR-7F3K because ransomware')).toMatchInlineSnapshot(
      `"Break-glass lets one person whom the policy names approve LR-7F3K alone, the owners are told at once, and a review follows, so it needs an incident id after the word incident. Nothing is changed yet. Write it like this: breakglass LR-7F3K because ransomware incident <incident id>"`,
    );
    expect(answer('breakglass LR-7F3K ransomware incident INC-7')).toMatchInlineSnapshot(
      `"Break-glass lets one person whom the policy names approve LR-7F3K alone, the owners are told at once, and a review follows, so it needs a reason after the word because. Nothing is changed yet. Write it like this: breakglass LR-7F3K because ransomware incident INC-7"`,
    );
  });
  test('when an incident id is none', () => {
    expect(answer('breakglass LR-7F3K because an incident happens')).toMatchInlineSnapshot(
      `""happens" is not an incident id. It is one word of letters, digits and -, with a digit in it and at most 40 characters, so that the review can look it up. For example: breakglass LR-7F3K because ransomware is spreading incident INC-1042"`,
    );
    expect(answer('breakglass LR-7F3K incident none')).toMatchInlineSnapshot(`
"- Break-glass lets one person whom the policy names approve LR-7F3K alone, the owners are told at once, and a review follows, so it needs a reason after the word because. Nothing is changed yet. Write it like this: breakglass LR-7F3K because <reason> incident <incident id>
- "none" is not an incident id. It is one word of letters, digits and -, with a digit in it and at most 40 characters, so that the review can look it up. For example: breakglass LR-7F3K because ransomware is spreading incident INC-1042"
`);
  });
  test('when a review lacks its verdict or its reason', () => {
    expect(answer('review LR-7F3K')).toMatchInlineSnapshot(
      `"A review needs a verdict. Say whether the break-glass of LR-7F3K was right: review LR-7F3K accept, or if it was not: review LR-7F3K object because <reason>"`,
    );
    expect(answer('review LR-7F3K fine')).toMatchInlineSnapshot(
      `""fine" is not a verdict. Say whether the break-glass of LR-7F3K was right: review LR-7F3K accept, or if it was not: review LR-7F3K object because <reason>"`,
    );
    expect(answer('review LR-7F3K accept it was real')).toMatchInlineSnapshot(
      `"I do not understand "it was real" after review LR-7F3K accept. If it is the reason, write the word because before it: review LR-7F3K accept because it was real"`,
    );
    expect(answer('review LR-7F3K object')).toMatchInlineSnapshot(
      `"An objection needs a reason, so that the owners know what to look into. Write it after the word because: review LR-7F3K object because a second approver was at hand"`,
    );
    expect(answer('review LR-7F3K object second approver was there')).toMatchInlineSnapshot(
      `"An objection needs a reason, so that the owners know what to look into. Write it after the word because: review LR-7F3K object because second approver was there"`,
    );
  });
  test('when there is nothing to explain', () => {
    expect(answer('policy explain')).toMatchInlineSnapshot(
      `"policy needs more: policy [explain <id or request>]. For example: policy explain LR-7F3K"`,
    );
    expect(answer('policy LR-7F3K')).toMatchInlineSnapshot(
      `"I do not understand "LR-7F3K" after policy, which goes: policy [explain <id or request>]. For example: policy explain LR-7F3K"`,
    );
  });
  test('when a request to explain is not whole: the corrected text explains it and does not ask for it', () => {
    expect(answer('policy explain on ws-042 run minidump.ps1 lsass')).toMatchInlineSnapshot(`
"The reason is missing, and approvers decide by it. End with the word because and the reason.
Send it like this:
policy explain on ws-042
run minidump.ps1 lsass
because <reason>"
`);
    expect(answer('policy explain run a.ps1; shutdown')).toMatchInlineSnapshot(`
"- "shutdown" is not a command. Each line or part after ; starts with putfile, run or getfile. The ; before it ends a command: Defender allows none in arguments, so that it cannot be a part of them. For example: run minidump.ps1 OfficeClickToRun
- The device is missing, and I never guess one. Start with the word on and the device.
- The reason is missing, and approvers decide by it. End with the word because and the reason.
A whole request looks like this:
policy explain on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage"
`);
  });
  test('when a digest or a number is wrong', () => {
    expect(answer('approve LR-7F3K yes')).toMatchInlineSnapshot(
      `""yes" is not the digest of LR-7F3K. It is the six or more characters 0-9 and a-f that the card shows, and proves which version you read. For example: approve LR-7F3K 3f9a21c0"`,
    );
    expect(answer('result LR-7F3K all')).toMatchInlineSnapshot(
      `""all" is not the number of a command. Commands of a request are counted from 1. For example: result LR-7F3K 1"`,
    );
  });
  test('when other text holds hidden characters', () => {
    expect(answer('device ws\u200b042')).toMatchInlineSnapshot(
      `"The message holds characters that nobody can see: ws\\u{200b}042. Approvers could not read it as it is, so delete them (type it instead of pasting it) and send it again."`,
    );
    expect(answer(`library ${'x'.repeat(300)}`)).toMatchInlineSnapshot(
      `"What to look for is 300 characters long and 253 is the most I accept. Shorten it and send it again."`,
    );
  });
  test('when ; stands in arguments', () => {
    expect(answer('on ws-042 run minidump.ps1 a;b because INC-1')).toMatchInlineSnapshot(
      `""b" is not a command. Each line or part after ; starts with putfile, run or getfile. The ; before it ends a command: Defender allows none in arguments, so that it cannot be a part of them. For example: run minidump.ps1 OfficeClickToRun"`,
    );
  });
  test('when a form sends a dash that may have been two hyphens, as the chat does', () => {
    const fault = { type: 'typographicArgs', index: 0, characters: ['–'] } as const;
    expect(describeCommandFault(fault)).toMatchInlineSnapshot(
      `"The arguments hold –, which PowerShell reads as plain quotes and dashes although they look different. Replace them with ", ' or - (or -- where you typed two hyphens, of which apps make one long dash)."`,
    );
  });
  test('when a form sends typographic arguments', () => {
    const command = { type: 'RunScript', scriptName: 'a.ps1', args: '“x”' } as const;
    const draft = { device: 'ws-042', commands: [command], reason: 'x' };
    const fault = { type: 'typographicArgs', index: 0, characters: ['“', '”'] } as const;
    expect(describeFault({ type: 'badCommand', fault, draft })).toMatchInlineSnapshot(
      `"The arguments hold “ ”, which PowerShell reads as plain quotes and dashes although they look different. Replace them with ", ' or -. For example: run minidump.ps1 OfficeClickToRun"`,
    );
  });
});

test('a request is not called correct while another fault in it is not', () => {
  expect(answer('run a.ps1 $x because INC-1042')).not.toContain('$x');
});

test('a corrected request keeps its blanks, so that it can be copied', () => {
  expect(answer('on ws-042 run a.ps1 "x  y"')).toContain('run a.ps1 "x  y"\n');
});

test('a corrected request shows hidden characters when a fault is described alone', () => {
  const draft = { device: '', commands: [{ type: 'PutFile', fileName: 'a\u202eb' }], reason: '{{DATE(x)}}' } as const;
  const sentence = describeFault({ type: 'missingDevice', draft });
  expect(sentence).toContain('putfile a\\u{202e}b\n');
  expect(sentence).not.toContain('{{');
});

test('a missing part never comes with a request that lacks a command of the person', () => {
  const parsed = parseMessage({ text: 'run a.ps1; shutdown', notices: [] });
  const sentences = parsed.ok ? [] : parsed.error.map(describeFault);
  expect(sentences).toHaveLength(3);
  for (const sentence of sentences) expect(sentence).not.toContain('run a.ps1');
});

test('the text of a person is cut in a sentence and never holds a hidden character', () => {
  const typed = `\u202e${'x'.repeat(500)}`;
  const id = 'LR-7F3K' as RequestId;
  const faults: ChatFault[] = [
    { type: 'unknownWord', typed, suggestion: null },
    { type: 'unexpectedText', word: 'queue', typed },
    { type: 'badRequestId', word: 'status', typed },
    { type: 'missingDenyReason', id, typed },
    { type: 'missingBecause', before: 'cancel LR-7F3K', typed },
    { type: 'missingPauseReason', typed },
    { type: 'incompleteBreakGlass', id, lacksReason: true, reason: typed, incident: typed },
    { type: 'badIncident', id, typed },
    { type: 'missingVerdict', id, typed },
    { type: 'missingObjection', id, typed },
    { type: 'notExplainable', faults: [{ type: 'unclosedQuote', typed }] },
    { type: 'unclosedQuote', typed },
    { type: 'extraWords', verb: 'getfile', typed },
    { type: 'hiddenCharacters', part: 'message', text: typed },
  ];
  for (const fault of faults) {
    const sentence = describeFault(fault);
    expect(sentence).toContain('\\u{202e}');
    expect(sentence).not.toContain('\u202e');
    expect(sentence.length).toBeLessThan(800);
  }
});
