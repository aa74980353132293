import { readFileSync } from 'node:fs';
import { parseConfig } from '../../src/config';
import { connectionsOf } from '../../src/store/engine/postgres';
import { deploy, type Json } from './arm/deploy';
import { type ArmTemplate, compile, findBicep } from './tools';

/** What the real compiler makes of the templates, computed as Azure would compute it, in groups and clouds of our choice. */
const bicep = findBicep();
const compiled = (name: string) => compile(bicep ?? '', `infra/${name}.bicep`);
const template = (name: string): ArmTemplate => compiled(name).template;

const id = '3f0f9d3a-6d5b-4a53-8d5e-1b5f5a4f2c11';
const main = { suffix: 'dev', databasePassword: 'abcDEF-0123456789_abc' };
const app = { suffix: 'dev', registryName: 'registry', vaultName: 'vault', imageTag: '1' };
const lasting = (given: object = {}, place = {}) => deploy(template('main'), { ...main, ...given }, place);
const service = (given: object = {}, place = {}) => deploy(template('app'), { ...app, ...given }, place);
const sentinel = () => deploy(template('sentinel/main'), { workspaceName: 'soc' });

const propertiesOf = (of: { readonly body: Json }): Json => of.body.properties as Json;
const containerOf = (given: object = {}): Json =>
  propertiesOf(service(given).one('Microsoft.App/containerApps')).template as Json;
/** What lies at a path inside of a body. */
const at = (json: Json, ...path: readonly (string | number)[]): Json =>
  path.reduce<Json>((inner, key) => (inner as Readonly<Record<string | number, Json>>)[key] ?? {}, json);
const settingsOf = (given: object = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (at(containerOf(given), 'containers', 0, 'env') as unknown as { name: string; value?: string }[]).map(
      ({ name, value = '' }) => [name, value],
    ),
  );

(bicep === null ? describe.skip : describe)('the compiled templates', () => {
  // The compiler takes its time on a busy machine.
  jest.setTimeout(240_000);

  test.each(['main', 'app', 'sentinel/main'])('%s compiles, and its linter has nothing to say', (name) => {
    expect(compiled(name).said).toBe('');
    expect(template(name).resources.length).toBeGreaterThan(0);
  });

  test.each(['main', 'app'])(
    '%s.parameters.json gives every parameter that it must, and none that is unknown',
    (name) => {
      const { parameters } = JSON.parse(readFileSync(`infra/${name}.parameters.json`, 'utf8')) as {
        parameters: object;
      };
      const rules = template(name).parameters ?? {};
      expect(Object.keys(parameters).filter((key) => rules[key] === undefined)).toEqual([]);
      const needed = Object.entries(rules).filter(([, { defaultValue }]) => defaultValue === undefined);
      expect(needed.map(([key]) => key).filter((key) => !(key in parameters))).toEqual([]);
      // The toolkit fills in texts and nothing else.
      for (const key of Object.keys(parameters))
        expect([key, rules[key]?.type]).toEqual([key, expect.stringMatching(/string$/i)]);
    },
  );

  const unique = [
    'Microsoft.BotService/botServices',
    'Microsoft.ContainerRegistry/registries',
    'Microsoft.DBforPostgreSQL/flexibleServers',
    'Microsoft.KeyVault/vaults',
    'Microsoft.Storage/storageAccounts',
  ];
  test.each(unique)('the name of %s, which is one in all of Azure, is another one in another group', (type) => {
    const [here, there] = ['a', 'b'].map((group) => lasting({}, { group }).one(type).name);
    expect(here).not.toBe(there);
    expect(lasting({}, { group: 'a' }).one(type).name).toBe(here);
  });

  test('names keep to the length and the letters that Azure takes, for the shortest and the longest suffix', () => {
    for (const suffix of ['ab', 'Abcdefg8']) {
      const made = lasting({ suffix });
      const name = (type: string) => made.one(type).name;
      expect(name('Microsoft.Storage/storageAccounts')).toMatch(/^[a-z0-9]{3,24}$/);
      expect(name('Microsoft.KeyVault/vaults')).toMatch(/^[a-zA-Z][a-zA-Z0-9-]{2,23}$/);
      expect(name('Microsoft.ContainerRegistry/registries')).toMatch(/^[a-zA-Z0-9]{5,50}$/);
      expect(name('Microsoft.DBforPostgreSQL/flexibleServers')).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
      expect(name('Microsoft.BotService/botServices')).toMatch(/^[a-zA-Z0-9][\w.-]{3,41}$/);
      expect(service({ suffix }).one('Microsoft.App/containerApps').name).toMatch(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/);
    }
  });

  test.each(['a', 'a-suffix-of-thirty-characters-x'])('the suffix %s is refused before anything is made', (suffix) => {
    expect(() => lasting({ suffix })).toThrow(/^suffix is/);
  });

  test('the network leaves subnets alone that somebody adds, and its own come one after the other', () => {
    const made = lasting();
    expect(propertiesOf(made.one('Microsoft.Network/virtualNetworks'))).not.toHaveProperty('subnets');
    const subnets = made.of('Microsoft.Network/virtualNetworks/subnets');
    const names = subnets.map(({ name }) => name.split('/')[1] ?? '');
    expect(names.sort()).toEqual(['apps', 'database', 'endpoints']);
    expect(Object.fromEntries(subnets.map((s) => [s.name.split('/')[1], propertiesOf(s).addressPrefix]))).toEqual({
      apps: '10.42.0.0/23',
      database: '10.42.2.0/28',
      endpoints: '10.42.2.16/28',
    });
    const before = Object.fromEntries(
      subnets.map((s) => [s.name.split('/')[1], s.dependsOn.filter((n) => names.includes(n))]),
    );
    expect(before).toEqual({ apps: [], database: ['apps'], endpoints: ['database'] });
  });

  test('another range moves every subnet', () => {
    const prefixes = lasting({ networkRange: '172.20.16.0/20' })
      .of('Microsoft.Network/virtualNetworks/subnets')
      .map((subnet) => propertiesOf(subnet).addressPrefix as unknown as string);
    expect(prefixes.sort()).toEqual(['172.20.16.0/23', '172.20.18.0/28', '172.20.18.16/28']);
  });

  // learn.microsoft.com/azure/private-link/private-endpoint-dns, .../private-endpoint-dns-government
  test.each([
    [
      'AzureCloud',
      [
        'lr-dev.private.postgres.database.azure.com',
        'privatelink.file.core.windows.net',
        'privatelink.vaultcore.azure.net',
      ],
    ],
    [
      'AzureUSGovernment',
      [
        'lr-dev.private.postgres.database.usgovcloudapi.net',
        'privatelink.file.core.usgovcloudapi.net',
        'privatelink.vaultcore.usgovcloudapi.net',
      ],
    ],
  ] as const)('the private zones of %s have its names', (cloud, names) => {
    expect(
      lasting({}, { cloud })
        .of('Microsoft.Network/privateDnsZones')
        .map(({ name }) => name),
    ).toEqual(names);
  });

  test.each([
    ['public', 'https://api.security.microsoft.com'],
    ['gcc', 'https://api-gcc.securitycenter.microsoft.us'],
    ['gccHigh', 'https://api-gov.securitycenter.microsoft.us'],
    ['dod', 'https://api-gov.securitycenter.microsoft.us'],
  ])(
    'in %s Defender is %s unless a regional host is named, and Graph is the one of the service',
    (teamsCloud, host) => {
      expect(settingsOf({ teamsCloud }).DEFENDER_API_URL).toBe(host);
      expect(settingsOf({ teamsCloud }).GRAPH_API_URL).toBeUndefined();
      const named = 'https://eu.api.security.microsoft.com';
      expect(settingsOf({ teamsCloud, defenderApiUrl: named }).DEFENDER_API_URL).toBe(named);
    },
  );

  test('a word that stands for nothing reaches the service as nothing, since the toolkit takes no empty value', () => {
    expect(settingsOf()).toMatchObject({ TEAMS_TENANT_IDS: id, AUDIT_ANCHOR_CONVERSATION: '' });
    expect(settingsOf({ auditAnchorConversation: '19:x' }).AUDIT_ANCHOR_CONVERSATION).toBe('19:x');
  });

  test('the service starts with the settings that the template gives it', () => {
    const given = Object.entries(settingsOf()).map(([name, value]) => {
      if (name === 'DATABASE_URL')
        return [name, 'postgres://live_response:p%40ss@host:5432/live_response?sslmode=verify-full'];
      return [name, String(value).startsWith('reference(') ? id : value];
    });
    expect(parseConfig(Object.fromEntries(given))).toMatchObject({
      ok: true,
      value: {
        port: 3978,
        opsPort: 3979,
        trial: false,
        bot: { appId: id, type: 'UserAssignedMsi' },
        defender: { url: 'https://api.security.microsoft.com', credential: { type: 'managedIdentity', clientId: id } },
        evidenceDir: '/data/evidence',
        databaseUrl: expect.stringContaining('postgres://'),
      },
    });
  });

  describe('the database', () => {
    const server = (given: object = {}) => lasting(given).one('Microsoft.DBforPostgreSQL/flexibleServers');

    test('a disk that was made larger stays as large at every deployment after it', () => {
      const storage = (given: object) => propertiesOf(server(given)).storage;
      expect(storage({})).toMatchObject({ storageSizeGB: 32, autoGrow: 'Disabled' });
      expect(storage({ databaseStorageGb: '64' })).toMatchObject({ storageSizeGB: 64 });
      const watched = lasting()
        .of('Microsoft.Insights/metricAlerts')
        .map((rule) => at(propertiesOf(rule), 'criteria', 'allOf', 0, 'metricName') as unknown as string);
      expect(watched).toContain('storage_percent');
    });

    test.each([
      ['Standard_B2s', 'Burstable'],
      ['Standard_D2ds_v5', 'GeneralPurpose'],
      ['Standard_E4ds_v5', 'MemoryOptimized'],
    ])('the size %s is asked for in its tier, %s', (databaseSku, tier) => {
      expect(server({ databaseSku }).body.sku).toEqual({ name: databaseSku, tier });
    });

    test('Azure updates it at an hour that is known, and an upgrade in the portal is not undone', () => {
      expect(propertiesOf(server()).maintenanceWindow).toMatchObject({ customWindow: 'Enabled', dayOfWeek: 0 });
      expect(propertiesOf(server({ databaseVersion: '17' })).version).toBe('17');
    });

    /** max_user_connections by size: learn.microsoft.com/azure/postgresql/configure-maintain/concepts-limits */
    const connections: Readonly<Record<string, number>> = { Standard_B1ms: 35, Standard_B2s: 414 };
    const aReplica = Object.values(connectionsOf).reduce((sum, pool) => sum + pool, 0);

    test('it has connections for all replicas, old and new together during a deployment, with room for a person', () => {
      const most = Math.max(...(template('app').parameters?.replicas?.allowedValues ?? []).map(Number));
      const sku = template('main').parameters?.databaseSku?.defaultValue as string;
      expect(2 * most * aReplica + 5).toBeLessThanOrEqual(connections[sku] ?? 0);
    });

    test('the size that has too few of them is refused before anything is made', () => {
      expect(2 * 2 * aReplica).toBeGreaterThan(connections.Standard_B1ms ?? 0);
      expect(() => lasting({ databaseSku: 'Standard_B1ms' })).toThrow('too few connections');
    });
  });

  test('in a region without zones nothing asks for them', () => {
    const sku = (zones: string) => lasting({ zones }).one('Microsoft.Storage/storageAccounts').body.sku;
    expect([sku('yes'), sku('no')]).toEqual([{ name: 'Standard_ZRS' }, { name: 'Standard_LRS' }]);
    const hosting = (zones: string) => propertiesOf(lasting({ zones }).one('Microsoft.App/managedEnvironments'));
    expect([hosting('yes').zoneRedundant, hosting('no').zoneRedundant]).toEqual([true, false]);
  });

  test('a vault that was deleted with its group can come back under its name', () => {
    const mode = (given: object) => propertiesOf(lasting(given).one('Microsoft.KeyVault/vaults')).createMode;
    expect([mode({}), mode({ recoverVault: 'yes' })]).toEqual(['default', 'recover']);
  });

  test('a probe gives the service longer than a slow look at the database takes, and a step of the schema ten minutes', () => {
    const probes = at(containerOf(), 'containers', 0, 'probes') as unknown as {
      type: string;
      timeoutSeconds?: number;
      periodSeconds: number;
      failureThreshold: number;
    }[];
    expect(probes.map(({ timeoutSeconds = 1 }) => timeoutSeconds)).toEqual([5, 5, 5]);
    const start = probes.find(({ type }) => type === 'Startup');
    expect((start?.periodSeconds ?? 0) * (start?.failureThreshold ?? 0)).toBe(600);
  });

  test('the share shows no time stamps from memory', () => {
    expect(at(containerOf(), 'volumes', 0, 'mountOptions')).toContain('actimeo=0');
  });

  test('somebody is told when the service logs an error, and of a mail only where there is an address', () => {
    const rules = lasting()
      .of('Microsoft.Insights/scheduledQueryRules')
      .map(({ name }) => name);
    expect(rules).toEqual(['lr-dev-bypass', 'lr-dev-errors']);
    expect(lasting().of('Microsoft.Insights/actionGroups')).toEqual([]);
    expect(lasting({ alertEmail: 'soc@example.com' }).of('Microsoft.Insights/actionGroups')).toHaveLength(1);
  });

  test('the alert of a bypass looks for the words that the service logs', () => {
    const rule = lasting().of('Microsoft.Insights/scheduledQueryRules')[0];
    const query = at(propertiesOf(rule as { body: Json }), 'criteria', 'allOf', 0, 'query') as unknown as string;
    const words = /startswith "([^"]+)"/.exec(query)?.[1] ?? 'none';
    expect(readFileSync('src/oversight/bypass-watch.ts', 'utf8')).toContain(`'${words}`);
  });

  test('what the database, the share, the vault and the service do is on record', () => {
    const scopes = lasting()
      .of('Microsoft.Insights/diagnosticSettings')
      .map(({ body }) => String(body.scope));
    for (const part of ['flexibleServers', 'fileServices', 'vaults', 'managedEnvironments'])
      expect(scopes.filter((scope) => scope.includes(`/${part}`))).toHaveLength(1);
  });

  test('the secret that the toolkit carries may be as long as the database takes', () => {
    expect(() => lasting({ databasePassword: 'x'.repeat(129) })).toThrow('databasePassword is over 128');
    expect(() => lasting({ databasePassword: 'x'.repeat(15) })).toThrow('databasePassword is under 16');
  });

  describe('the rules of Sentinel', () => {
    const hoursOf = (span: unknown): number => {
      const [, days, hours, minutes] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(String(span)) ?? [];
      return Number(days ?? 0) * 24 + Number(hours ?? 0) + Number(minutes ?? 0) / 60;
    };
    const rules = () =>
      sentinel()
        .of('Microsoft.SecurityInsights/alertRules')
        .map((rule) => propertiesOf(rule));

    test('see what arrives two days late, and run as often as Sentinel allows with that', () => {
      expect(rules()).toHaveLength(3);
      for (const { queryFrequency, queryPeriod } of rules()) {
        // What is older than two days gets the time of its arrival (learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns).
        expect(hoursOf(queryPeriod)).toBeGreaterThanOrEqual(48 + hoursOf(queryFrequency));
        // Azure/Azure-Sentinel, FrequencyLimitationForLongPeriodQuery
        expect(hoursOf(queryFrequency)).toBeGreaterThanOrEqual(1);
        expect(hoursOf(queryPeriod)).toBeLessThanOrEqual(14 * 24);
      }
    });

    test('tell each arrival once: a query looks back as far as the rule runs apart', () => {
      for (const { queryFrequency, query } of rules()) {
        const [, number, unit] = /> ago\((\d+)(\w)\)/.exec(String(query)) ?? [];
        expect(Number(number) * (unit === 'd' ? 24 : 1)).toBe(hoursOf(queryFrequency));
      }
    });

    test('name the device or the person, by a column that the query has', () => {
      const mapped = rules().flatMap(({ entityMappings, query }) =>
        (entityMappings as unknown as { fieldMappings: { columnName: string }[] }[]).map(
          ({ fieldMappings }) => [fieldMappings[0]?.columnName ?? '', String(query)] as const,
        ),
      );
      expect(mapped.map(([column]) => column)).toEqual(['device', 'actor']);
      for (const [column, query] of mapped)
        expect(query.slice(query.indexOf('project'))).toMatch(new RegExp(`\\b${column}\\b`));
    });
  });
});
