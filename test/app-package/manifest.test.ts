import { readFileSync } from 'node:fs';
import { type CommandList, commandLists, mostCommands, scopes } from '../../scripts/app-package/commands';
import { fillManifest, findSchemaFaults, type Values } from '../../scripts/app-package/manifest';
import { findWord, wordTable } from '../../src/chat/words';

const template = readFileSync('appPackage/manifest.json', 'utf8');
const manifest = JSON.parse(template) as {
  $schema: string;
  manifestVersion: string;
  version: string;
  supportsChannelFeatures: string;
  bots: readonly { readonly scopes: readonly string[]; readonly commandLists: readonly CommandList[] }[];
  [key: string]: unknown;
};
const values: Values = {
  TEAMS_APP_ID: '3f0f9d3a-6d5b-4a53-8d5e-1b5f5a4f2c11',
  BOT_ID: '9a1d5c0e-2b7f-4f0e-9c55-6f8d2f1f7a22',
  APP_NAME_SUFFIX: '-dev',
  DEVELOPER_NAME: 'Fabrikam "Blue" SOC',
  DEVELOPER_WEBSITE_URL: 'https://fabrikam.test',
  DEVELOPER_PRIVACY_URL: 'https://fabrikam.test/privacy',
  DEVELOPER_TERMS_URL: 'https://fabrikam.test/terms',
};

test('the manifest, filled in, keeps to the published schema of its version', () => {
  const filled = fillManifest(template, values);
  expect(filled).toMatchObject({
    ok: true,
    value: {
      id: values.TEAMS_APP_ID,
      name: { short: 'Live Response-dev' },
      developer: { name: 'Fabrikam "Blue" SOC' },
      bots: [{ botId: values.BOT_ID }],
    },
  });
  expect(JSON.stringify(filled)).not.toContain('${{');
});

test('its version is the newest stable one whose schema is at hand', () => {
  const parts = manifest.manifestVersion.split('.').map(Number);
  const next = { ...manifest, manifestVersion: `${parts[0]}.${(parts[1] ?? 0) + 1}` };
  expect(findSchemaFaults(next)).toEqual([expect.stringContaining('does not have')]);
  expect(manifest.$schema).toContain(`/v${manifest.manifestVersion}/`);
});

test('the version of the app is the version of the code', () => {
  expect(manifest.version).toBe((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
});

test('it is for every scope, and for private and shared channels too', () => {
  expect(manifest.bots[0]?.scopes).toEqual([...scopes]);
  expect(manifest.supportsChannelFeatures).toBe('tier1');
});

test('the commands that Teams offers are those of the word table, in each scope (else: npm run manifest)', () => {
  expect(manifest.bots[0]?.commandLists).toEqual(commandLists());
  for (const { commands } of commandLists())
    for (const { title, description } of commands) expect(wordTable[findWord(title) ?? 'on'].purpose).toBe(description);
});

test('every command fits where Teams shows it', () => {
  for (const { commands } of commandLists()) {
    expect(commands.length).toBeLessThanOrEqual(mostCommands);
    expect(new Set(commands.map(({ title }) => title)).size).toBe(commands.length);
    expect(commands.filter(({ title, description }) => title.length > 32 || description.length > 128)).toEqual([]);
  }
});

/** No handler answers `composeExtension/*` yet: an entry would open a dialog that nobody fills. */
test('the message extension that it offers is the one that the code answers', () => {
  const invokes = readFileSync('src/teams/inbound/invokes.ts', 'utf8');
  const named = /messageCommand = '(\w+)'/.exec(invokes)?.[1] ?? 'none';
  expect(JSON.stringify(manifest.composeExtensions)).toContain(`"id":"${named}"`);
});

test('everything missing or malformed is told at once, by name and never with the value', () => {
  const filled = fillManifest(template, {
    TEAMS_APP_ID: 'my-secret-app',
    BOT_ID: '00000000-0000-0000-0000-000000000000',
    APP_NAME_SUFFIX: ' (the one of the blue team)',
    DEVELOPER_NAME: 'x'.repeat(33),
    DEVELOPER_WEBSITE_URL: 'http://fabrikam.test',
    DEVELOPER_PRIVACY_URL: '',
  });
  expect(filled).toEqual({
    ok: false,
    error: [
      'TEAMS_APP_ID: must be a GUID. The toolkit writes it (atk provision); by hand, take a new one (uuidgen) and keep it, since it is the same app only under the same id.',
      'DEVELOPER_NAME: must be 1 to 32 characters long. Set it to who publishes the app in your organisation.',
      "DEVELOPER_WEBSITE_URL: must be an address that begins with https://. Set it to your organisation's page about the app or its team, which Teams shows beside the app.",
      "DEVELOPER_PRIVACY_URL: is missing. Set it to your organisation's page about privacy, which Teams shows beside the app.",
      "DEVELOPER_TERMS_URL: is missing. Set it to your organisation's page with the terms of use, which Teams shows beside the app.",
      'APP_NAME_SUFFIX: must be at most 17 characters long. Shorten it, or leave it empty for the app that everybody uses.',
      'BOT_ID: must be a GUID. Set it to the client id of the identity that the bot is registered with; infra/ puts it out as BOT_ID.',
    ],
  });
});

test('a placeholder that nobody knows is a fault, and none is filled from a value that itself looks like one', () => {
  const strange = template.replace('"#4F52B2"', '"$' + '{{COLOUR}}"');
  expect(fillManifest(strange, values)).toEqual({
    ok: false,
    error: ['COLOUR: stands in manifest.json as a placeholder that nobody knows. Take it out of the manifest.'],
  });
  const nested = '$' + '{{BOT_ID}}';
  expect(fillManifest(template, { ...values, DEVELOPER_NAME: nested })).toMatchObject({
    value: { developer: { name: nested } },
  });
});

test.each([
  [{ ...manifest, accentColor: 'blue' }, /accentColor must match pattern/],
  [{ ...manifest, bots: undefined, bot: [] }, /must NOT have additional properties \(bot\)/],
  [{ ...manifest, manifestVersion: '9.9' }, /version 9\.9, whose schema/],
  [{}, /states no manifestVersion/],
  [null, /states no manifestVersion/],
])('what the schema has against a manifest is told (%#)', (broken, fault) => {
  expect(findSchemaFaults(broken).join('\n')).toMatch(fault);
});
