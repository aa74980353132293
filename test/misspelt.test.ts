import { findMisspelt } from '../src/misspelt';
import { settingNames } from '../src/settings';

const namesIn = (...names: readonly string[]) =>
  findMisspelt(Object.fromEntries(names.map((name) => [name, 'secret-word']))).map(
    ({ name, message }) => `${name} -> ${/Did you mean (\w+)\?/.exec(message)?.[1]}`,
  );

test('a name that is almost a setting is told with the one that was meant, and never with its value', () => {
  expect(findMisspelt({ POLCY_FILE: 'secret-word' })).toEqual([
    {
      name: 'POLCY_FILE',
      message: 'is not a setting of this service, so it is ignored. Did you mean POLICY_FILE? Rename it, or unset it.',
    },
  ]);
  expect(namesIn('EVIDENCE_DIRS', 'DEFENDER_CLIENT_SECRETT', 'policy_file', 'BTO_ID')).toEqual([
    'EVIDENCE_DIRS -> EVIDENCE_DIR',
    'DEFENDER_CLIENT_SECRETT -> DEFENDER_CLIENT_SECRET',
    'policy_file -> POLICY_FILE',
    'BTO_ID -> BOT_ID',
  ]);
});

test('our own names and those of other programs are none', () => {
  expect(namesIn(...settingNames)).toEqual([]);
  expect(
    namesIn(
      ...['HOST', 'PORTS', 'POST', 'PATH', 'PWD', 'HOME', 'HOSTNAME', 'NODE_ENV', 'LOGNAME', 'TERM', 'LANG', 'SHELL'],
      ...['PGPASSWORD', 'PGHOST', 'AZURE_CLIENT_ID', 'AZURE_TENANT_ID', 'AZURE_CLIENT_SECRET', 'IDENTITY_ENDPOINT'],
      ...['IDENTITY_HEADER', 'BOT_OBJECT_ID', 'BOT_DOMAIN', 'BOT_ENDPOINT', 'TEAMS_APP_ID', 'TEAMS_APP_TENANT_ID'],
      ...['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'PLAYGROUND_PORT', 'CHROMIUM_PATH', 'KUBERNETES_PORT', 'HTTPS_PROXY'],
    ),
  ).toEqual([]);
  expect(findMisspelt({ POLCY_FILE: ' ', EVIDENCE_DIRS: undefined })).toEqual([]);
});
