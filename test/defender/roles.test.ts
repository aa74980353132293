import { readFileSync } from 'node:fs';
import { assessToken, neededRoles } from '../../src/defender/roles';
import { signInCure } from '../../src/defender/sign-in-cures';

const commercial = 'https://api.security.microsoft.com';
const tokenOf = (claims: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
const all = neededRoles.map(({ role }) => role);

test('a token with exactly the roles that are needed gives no warning', () => {
  expect(assessToken(tokenOf({ aud: 'https://api.securitycenter.microsoft.com', roles: all }), commercial)).toEqual({
    roles: ['Machine.LiveResponse', 'Machine.ReadWrite.All', 'Library.Manage'],
    warnings: [],
  });
});

test('of a real token every missing role is told with what will not work, and every surplus one', () => {
  const claims = JSON.parse(readFileSync('test/fixtures/defender/token-claims-real.json', 'utf8')) as unknown;
  expect(assessToken(tokenOf(claims), commercial).warnings).toEqual([
    'Machine.LiveResponse is missing: nothing can be submitted to Defender or cancelled there. Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.',
    'Machine.ReadWrite.All is missing: the course of a live response and its results cannot be read, nor devices unless Machine.Read.All is there. Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.',
    'Library.Manage is missing: the library cannot be read, so no request that names a script or file of it is taken. Grant it to the app as an application permission of WindowsDefenderATP, with admin consent. It counts from the next token on: within about an hour, for a managed identity within a day.',
    'SecurityRecommendation.Read.All is not needed: whoever took this service over could use it. Take it from the app, or give what else needs it an app of its own.',
    'Machine.Read.All is not needed: whoever took this service over could use it. Take it from the app, or give what else needs it an app of its own.',
  ]);
});

test.each([
  ['https://api.securitycenter.microsoft.com', commercial, true],
  ['https://api.securitycenter.microsoft.com/', 'https://eu.api.security.microsoft.com', true],
  ['fc780465-2017-40d4-a0c5-307022471b92', commercial, true],
  ['https://api-gov.securitycenter.microsoft.us', 'https://api-gov.securitycenter.microsoft.us', true],
  ['https://api.securitycenter.microsoft.com', 'https://api-gov.securitycenter.microsoft.us', false],
  ['https://graph.microsoft.com', commercial, false],
])('a token for %s is good for %s: %s', (aud, apiUrl, isGood) => {
  const { warnings } = assessToken(tokenOf({ aud, roles: all }), apiUrl);
  expect(warnings).toEqual(
    isGood
      ? []
      : [
          `The token is made out to ${aud} and not to the Defender of DEFENDER_API_URL, which will refuse it. Set DEFENDER_API_URL to the host of your cloud.`,
        ],
  );
});

test.each(['local', '', 'a.b.c', tokenOf(null), tokenOf({ roles: 'all' })])(
  'what is no token (%#) is told as unreadable, and nothing breaks',
  (token) => {
    expect(assessToken(token, commercial)).toEqual({
      roles: [],
      warnings: [
        'The token for Defender cannot be read, so its roles are not known. What is missing will show when it is used.',
      ],
    });
  },
);

test('the script for admins grants exactly the roles that are needed', () => {
  const script = readFileSync('infra/grant-roles.sh', 'utf8');
  const granted = [...script.matchAll(/^grant \$defender WindowsDefenderATP (\S+)/gm)].map(([, role]) => role);
  expect(granted).toEqual(all);
});

test.each([
  ['AADSTS7000215', /DEFENDER_CLIENT_SECRET, and check that it is one of the app DEFENDER_CLIENT_ID\.$/],
  ['AADSTS700024', /its clock is wrong .* Set the clock by NTP/],
  ['AADSTS90002', /no such tenant in this cloud/],
  ['AADSTS700027', /does not have this certificate/],
  ['AADSTS700213', /No federated credential/],
  ['AADSTS42', /^Entra refused with AADSTS42\. Look that number up/],
  ['network_error', /^Neither Entra nor the identity endpoint/],
  [null, /^Neither Entra nor the identity endpoint/],
])('%s has a cure of its own', (code, sentence) => {
  expect(signInCure(code)).toMatch(sentence);
});
