import { welcomeCard } from '../../src/thread/cards/welcome-card';
import { readPost } from './read-card';
import { person } from './samples';

const names = new Map(['Ana', 'Bo', 'Cy'].map((name) => [person(name).id, name]));

test('a team is told what it can do, who asks, who approves, and how to stop everything', () => {
  const welcome = {
    requesters: [{ name: 'analysts', ids: [person('Ana').id] }],
    approvers: [
      { name: 'ir-leads', ids: [person('Bo').id, person('Cy').id] },
      { name: 'platform', ids: null },
    ],
    names,
  };
  expect(readPost(welcomeCard(welcome, { trial: false }))).toMatchInlineSnapshot(`
"Live Response is here
I run Defender live response on devices, once other people have approved it. Mention me with a request:

on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage
  │ Card, news and results of a request stay in its thread. All who are here can read them.
  │ Who may ask
  │ analysts: Ana.
  │ Who approves
  │ ir-leads: Bo and Cy.
  │ platform: cannot be read now, so nobody in it counts.
  │ How many of them, and which, is for the policy to say of each request; never the person who asked. They get each card in their own chat once they have added me there.
  │ In an emergency
  │ Type pause because and a reason: no live response is sent to Defender, for anybody, until another approver types resume.
(Show who asks and approves ▾)
(New request)"
`);
});

test('a policy that names nobody is told as that', () => {
  const card = readPost(welcomeCard({ requesters: [], approvers: [], names }, { trial: false }));
  expect(card.match(/Nobody: the policy names no group for it/g)).toHaveLength(2);
});
