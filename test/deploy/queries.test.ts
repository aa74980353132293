import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { deploy } from './arm/deploy';
import { compile, findBicep, findKusto } from './tools';

/** Of the language service, which tells its types to nobody, what is used here. */
interface Kusto {
  readonly Language: {
    readonly Symbols: {
      readonly TableSymbol: { From(columns: string): { WithName(name: string): unknown } };
      readonly DatabaseSymbol: { readonly $ctor1: new (name: string, tables: readonly unknown[]) => unknown };
    };
    readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
    readonly KustoCode: {
      ParseAndAnalyze(
        query: string,
        globals: unknown,
      ): { GetDiagnostics(): { readonly Count: number; getItem(i: number): { readonly Message: string } } };
    };
  };
}

const kusto = findKusto();
const bicep = findBicep();

function faultsOf(query: string, tables: Readonly<Record<string, string>>): readonly string[] {
  const load = createRequire(join(kusto ?? '', 'package.json'));
  load('@kusto/language-service-next/bridge.min');
  load('@kusto/language-service-next/Kusto.Language.Bridge.min');
  const { Symbols, GlobalState, KustoCode } = (globalThis as unknown as { readonly Kusto: Kusto }).Kusto.Language;
  const symbols = Object.entries(tables).map(([name, columns]) => Symbols.TableSymbol.From(columns).WithName(name));
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1('db', symbols));
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, i) => found.getItem(i).Message);
}

/** The columns that the template declares, read by its compiler's own output. */
function auditTable(): string {
  const made = deploy(compile(bicep ?? '', 'infra/sentinel/main.bicep').template, { workspaceName: 'soc' });
  const { schema } = made.one('Microsoft.OperationalInsights/workspaces/tables').body.properties as unknown as {
    readonly schema: { readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }> };
  };
  return `(${schema.columns.map(({ name, type }) => `${name}: ${type}`).join(', ')})`;
}

const folder = join('infra', 'sentinel');
const workbook = JSON.parse(readFileSync(join(folder, 'workbook.json'), 'utf8')) as {
  readonly items: ReadonlyArray<{ readonly name: string; readonly content: { readonly query?: string } }>;
};
const queries = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.kql'))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const),
  ...workbook.items.flatMap(({ name, content }) =>
    content.query === undefined ? [] : [[`workbook: ${name}`, content.query] as const],
  ),
];

(kusto === null || bicep === null ? describe.skip : describe)('the language service of Kusto', () => {
  jest.setTimeout(240_000);

  test.each(queries)('reads %s over the columns of the template, and finds nothing wrong', (_name, query) => {
    expect(faultsOf(query, { LiveResponseAudit_CL: auditTable() })).toEqual([]);
  });

  test('reads the queries of the alerts over the lines that Container Apps keeps', () => {
    const made = deploy(compile(bicep ?? '', 'infra/main.bicep').template, {
      suffix: 'dev',
      databasePassword: 'x'.repeat(20),
    });
    // learn.microsoft.com/azure/azure-monitor/reference/tables/containerappconsolelogs
    const lines =
      '(TimeGenerated: datetime, ContainerAppName: string, RevisionName: string, ContainerName: string, Log: string)';
    const asked = made.of('Microsoft.Insights/scheduledQueryRules').map(({ body }) => {
      const { criteria } = body.properties as unknown as { criteria: { allOf: readonly { query: string }[] } };
      return criteria.allOf[0]?.query ?? '';
    });
    expect(asked).toHaveLength(2);
    for (const query of asked) expect(faultsOf(query, { ContainerAppConsoleLogs: lines })).toEqual([]);
  });

  test('is one: a column that the table lacks is a fault', () => {
    expect(faultsOf('LiveResponseAudit_CL | where whom == "x"', { LiveResponseAudit_CL: auditTable() })).toEqual([
      expect.stringContaining('whom'),
    ]);
  });
});
