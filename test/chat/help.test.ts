import { createHelp, describeGrammar, type HelpPage } from '../../src/chat/help';
import { verbs, words } from '../../src/chat/words';

const print = ({ intro, sections }: HelpPage): string =>
  [
    intro,
    ...sections.flatMap(({ title, lines, notes }) => [
      `## ${title}`,
      ...lines.map((line) => `${line.syntax} | ${line.purpose} | ${line.example.replaceAll('\n', ' / ')}`),
      ...notes.map((note) => `- ${note}`),
    ]),
  ].join('\n');

test('the overview explains every word and command once', () => {
  expect(print(createHelp(null))).toMatchInlineSnapshot(`
"I run Defender live response on devices, once other people have approved it. For example:
on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage
## Ask
on <device> <commands> because <reason> | Asks for commands on one device; they run only after other people approve them. | on ws-042 / putfile procdump.zip / run minidump.ps1 OfficeClickToRun / getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip / because INC-1042 credential theft triage
new [device] | Opens a form for the same request. | new ws-042
## Commands of a request
putfile <library file> | Puts a file of the library on the device. | putfile procdump.zip
run <library script> [arguments] | Runs a script of the library on the device. | run minidump.ps1 OfficeClickToRun
getfile <full path> | Collects a file from the device. | getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
- Put one command on a line, or several on one line with ; between them.
- Commands go in the order putfile, run, getfile, as often as you like, 10 at most; Defender takes no other order.
- Everything after the script name is its argument string, as typed; -parameters "<arguments>" as in the Defender console means the same.
- Arguments cannot hold any of ; & | ! $, because Defender does not allow them.
- A device, name or path with blanks stands in double quotes: getfile "C:\\Program Files\\x.log".
- The reason starts at the first line, or part after ;, that begins with because. If no line does, it starts at the first because outside double quotes. All that follows is the reason.
- If Teams changes your text (quotes, dashes, links, bold), send it as a code block or use the form: new.
## Follow and look up
help [word] | Explains all words, or one. | help run
status [id] | Tells where one request stands, or all open ones. | status LR-7F3K
queue | Shows what waits and what runs, in order. | queue
mine | Lists what you asked for: what is open, then how the rest ended. | mine
history [device] | Lists what was asked before and how it ended, here or on one device. | history ws-042
result <id> [n] | Shows what a request returned, or only its command n. | result LR-7F3K 2
evidence <id> | Sends you a file that proves what was asked, decided and run, for somebody outside. | evidence LR-7F3K
device <name, address, tag:x or id> | Looks a device up in Defender. | device ws-042
library [part of a name] | Lists the scripts and files that commands can use. | library dump
policy [explain <id or request>] | Shows the rules, or which of them applies to a request and why; a request written here is not asked for. | policy explain LR-7F3K
runbook [name [on <device> <parameter>=<value> … because <reason>]] | Lists recipes with typed parameters, explains one, or asks for it; its name alone begins a request too. | runbook triage-process on ws-042 process=outlook.exe because INC-1042 triage
whoami | Shows how this bot knows you and what you may do. | whoami
## Decide
waiting | Lists the requests that wait for your vote. | waiting
approve <id> [digest] | Approves what the card of that request shows; for when the card fails. | approve LR-7F3K 3f9a21c0
deny <id> because <reason> | Denies a request and tells the requester why. | deny LR-7F3K because the ticket names another device
cancel <id> [because <reason>] | Takes a request back, or asks Defender to stop it. | cancel LR-7F3K because wrong device
- You decide on the card; approve and deny are for when it fails. Nobody approves their own request.
## Emergency
pause because <reason> | Stops everything that is not yet sent to Defender, at once and for everybody. | pause because INC-1042 a library script may be tampered with
resume | Ends a pause that somebody else began; only approvers can. | resume
breakglass <id> because <reason> incident <incident id> | Lets one person whom the policy names for this approve a request alone; the owners are told at once, and a review follows. | breakglass LR-7F3K because ransomware is spreading incident INC-1042
review <id> accept [because <reason>], or review <id> object because <reason> | Says afterwards whether a break-glass was right; two people who had no part in it close the review. | review LR-7F3K accept because the host was encrypting shares
reviews | Lists the reviews of break-glass that are open. | reviews
- A pause does not stop what already runs: cancel asks Defender for that. Only an approver can resume: not the person who paused, and nobody whose own request waits to be sent.
- Break-glass lowers the number of approvals to one and never to none: somebody else than the requester, whom the policy names for this, still reads the card and approves. The owners are told at once, and while the review is open the same rule allows no other break-glass."
`);
  const syntaxes = createHelp(null).sections.flatMap((section) =>
    section.lines.map((line) => line.syntax.split(' ')[0]),
  );
  expect([...syntaxes].sort()).toEqual([...words, ...verbs].sort());
});

test('each word has its own page', () => {
  for (const word of [...words, ...verbs]) expect(createHelp(word).sections[0]?.lines).toHaveLength(1);
  expect(print(createHelp('deny'))).toMatchInlineSnapshot(`
"Denies a request and tells the requester why. You can also type reject.
## deny
deny <id> because <reason> | Denies a request and tells the requester why. | deny LR-7F3K because the ticket names another device"
`);
  expect(print(createHelp('breakglass'))).toMatchInlineSnapshot(`
"Lets one person whom the policy names for this approve a request alone; the owners are told at once, and a review follows. You can also type break-glass.
## breakglass
breakglass <id> because <reason> incident <incident id> | Lets one person whom the policy names for this approve a request alone; the owners are told at once, and a review follows. | breakglass LR-7F3K because ransomware is spreading incident INC-1042
- A pause does not stop what already runs: cancel asks Defender for that. Only an approver can resume: not the person who paused, and nobody whose own request waits to be sent.
- Break-glass lowers the number of approvals to one and never to none: somebody else than the requester, whom the policy names for this, still reads the card and approves. The owners are told at once, and while the review is open the same rule allows no other break-glass."
`);
  expect(print(createHelp('run'))).toMatchInlineSnapshot(`
"Runs a script of the library on the device. You can also type runscript.
## run
run <library script> [arguments] | Runs a script of the library on the device. | run minidump.ps1 OfficeClickToRun
- Put one command on a line, or several on one line with ; between them.
- Commands go in the order putfile, run, getfile, as often as you like, 10 at most; Defender takes no other order.
- Everything after the script name is its argument string, as typed; -parameters "<arguments>" as in the Defender console means the same.
- Arguments cannot hold any of ; & | ! $, because Defender does not allow them.
- A device, name or path with blanks stands in double quotes: getfile "C:\\Program Files\\x.log".
- The reason starts at the first line, or part after ;, that begins with because. If no line does, it starts at the first because outside double quotes. All that follows is the reason.
- If Teams changes your text (quotes, dashes, links, bold), send it as a code block or use the form: new."
`);
});

test('the grammar for the documentation comes from the same table', () => {
  expect(describeGrammar()).toMatchInlineSnapshot(`
"| word | also | what it does | for | example |
|---|---|---|---|---|
| \`on <device> <commands> because <reason>\` |  | Asks for commands on one device; they run only after other people approve them. | requester | \`on ws-042; putfile procdump.zip; run minidump.ps1 OfficeClickToRun; getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip; because INC-1042 credential theft triage\` |
| \`new [device]\` | \`form\` | Opens a form for the same request. | requester | \`new ws-042\` |
| \`help [word]\` | \`hello\`, \`hi\`, \`?\` | Explains all words, or one. | everyone | \`help run\` |
| \`status [id]\` |  | Tells where one request stands, or all open ones. | everyone | \`status LR-7F3K\` |
| \`queue\` |  | Shows what waits and what runs, in order. | everyone | \`queue\` |
| \`mine\` | \`my\` | Lists what you asked for: what is open, then how the rest ended. | requester | \`mine\` |
| \`history [device]\` |  | Lists what was asked before and how it ended, here or on one device. | everyone | \`history ws-042\` |
| \`waiting\` | \`inbox\` | Lists the requests that wait for your vote. | approver | \`waiting\` |
| \`cancel <id> [because <reason>]\` | \`withdraw\` | Takes a request back, or asks Defender to stop it. | requester, approver | \`cancel LR-7F3K because wrong device\` |
| \`approve <id> [digest]\` |  | Approves what the card of that request shows; for when the card fails. | approver | \`approve LR-7F3K 3f9a21c0\` |
| \`deny <id> because <reason>\` | \`reject\` | Denies a request and tells the requester why. | approver | \`deny LR-7F3K because the ticket names another device\` |
| \`result <id> [n]\` | \`results\` | Shows what a request returned, or only its command n. | requester, approver | \`result LR-7F3K 2\` |
| \`evidence <id>\` |  | Sends you a file that proves what was asked, decided and run, for somebody outside. | requester, approver | \`evidence LR-7F3K\` |
| \`device <name, address, tag:x or id>\` | \`machine\` | Looks a device up in Defender. | everyone | \`device ws-042\` |
| \`library [part of a name]\` | \`lib\` | Lists the scripts and files that commands can use. | everyone | \`library dump\` |
| \`policy [explain <id or request>]\` |  | Shows the rules, or which of them applies to a request and why; a request written here is not asked for. | everyone | \`policy explain LR-7F3K\` |
| \`runbook [name [on <device> <parameter>=<value> … because <reason>]]\` | \`runbooks\` | Lists recipes with typed parameters, explains one, or asks for it; its name alone begins a request too. | requester | \`runbook triage-process on ws-042 process=outlook.exe because INC-1042 triage\` |
| \`pause because <reason>\` |  | Stops everything that is not yet sent to Defender, at once and for everybody. | requester, approver | \`pause because INC-1042 a library script may be tampered with\` |
| \`resume\` |  | Ends a pause that somebody else began; only approvers can. | approver | \`resume\` |
| \`breakglass <id> because <reason> incident <incident id>\` | \`break-glass\` | Lets one person whom the policy names for this approve a request alone; the owners are told at once, and a review follows. | requester, approver | \`breakglass LR-7F3K because ransomware is spreading incident INC-1042\` |
| \`review <id> accept [because <reason>], or review <id> object because <reason>\` |  | Says afterwards whether a break-glass was right; two people who had no part in it close the review. | everyone | \`review LR-7F3K accept because the host was encrypting shares\` |
| \`reviews\` |  | Lists the reviews of break-glass that are open. | everyone | \`reviews\` |
| \`whoami\` |  | Shows how this bot knows you and what you may do. | everyone | \`whoami\` |

| command | also | what it does | for | example |
|---|---|---|---|---|
| \`putfile <library file>\` | \`put\` | Puts a file of the library on the device. | requester | \`putfile procdump.zip\` |
| \`run <library script> [arguments]\` | \`runscript\` | Runs a script of the library on the device. | requester | \`run minidump.ps1 OfficeClickToRun\` |
| \`getfile <full path>\` | \`get\` | Collects a file from the device. | requester | \`getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip\` |

- Put one command on a line, or several on one line with ; between them.
- Commands go in the order putfile, run, getfile, as often as you like, 10 at most; Defender takes no other order.
- Everything after the script name is its argument string, as typed; -parameters "&lt;arguments>" as in the Defender console means the same.
- Arguments cannot hold any of ; & | ! $, because Defender does not allow them.
- A device, name or path with blanks stands in double quotes: getfile "C:\\Program Files\\x.log".
- The reason starts at the first line, or part after ;, that begins with because. If no line does, it starts at the first because outside double quotes. All that follows is the reason.
- If Teams changes your text (quotes, dashes, links, bold), send it as a code block or use the form: new."
`);
});
