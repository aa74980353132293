import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { z } from 'zod/v4';
import { err, ok, type Result } from '../../src/lib/result';

export type Values = Readonly<Record<string, string | undefined>>;

/**
 * The manifest with its placeholders (`${{NAME}}`, as the Agents Toolkit writes them) filled in, checked against the published schema; or
 * every fault at once, by the name of the variable and never with its value.
 */
export function fillManifest(template: string, values: Values): Result<unknown, readonly string[]> {
  const names = [...new Set([...template.matchAll(placeholder)].map(([, name = '']) => name))];
  const faults = names.flatMap((name) => findFault(name, values[name]?.trim() ?? ''));
  if (faults.length > 0) return err(faults);
  const manifest: unknown = JSON.parse(template, (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(placeholder, (_all, name: string) => values[name]?.trim() ?? '') : value,
  );
  const wrong = findSchemaFaults(manifest);
  return wrong.length > 0 ? err(wrong) : ok(manifest);
}

/** What the schema of the version that the manifest states has against it; the schema lies offline in `@microsoft/app-manifest`. */
export function findSchemaFaults(manifest: unknown): readonly string[] {
  const stated = Stated.safeParse(manifest);
  if (!stated.success)
    return ['manifest.json: states no manifestVersion such as 1.30, so there is nothing to hold it to.'];
  const schema = readSchema(stated.data.manifestVersion);
  if (schema === null)
    return [
      `manifest.json: states version ${stated.data.manifestVersion}, whose schema the installed @microsoft/app-manifest does not have.`,
    ];
  const ajv = new Ajv({ allErrors: true, strict: false });
  addFormats(ajv);
  const check = ajv.compile(schema);
  check(manifest);
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `manifest.json: ${instancePath === '' ? 'it' : instancePath} ${message}${'additionalProperty' in params ? ` (${params.additionalProperty})` : ''}, says the schema of ${stated.data.manifestVersion}.`,
  );
}

const placeholder = /\$\{\{\s*(\w+)\s*\}\}/g;

const Stated = z.object({ manifestVersion: z.string().regex(/^\d+\.\d+$/) });

/** Draft 4, of which it uses nothing that ajv's draft 7 reads otherwise; only the name of the draft is in the way. */
function readSchema(version: string): object | null {
  try {
    const file = require.resolve(
      `@microsoft/app-manifest/build/json-schemas/teams/v${version}/MicrosoftTeams.schema.json`,
    );
    const { $schema: _draft, ...schema } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return schema;
  } catch {
    return null;
  }
}

interface Rule {
  readonly fits: (value: string) => boolean;
  readonly rule: string;
  readonly next: string;
}

const isGuid = (text: string): boolean => z.guid().safeParse(text).success && !/^[0-]+$/.test(text);
const isWebPage = (text: string): boolean => URL.canParse(text) && new URL(text).protocol === 'https:';

const webPage = (what: string): Rule => ({
  fits: isWebPage,
  rule: 'must be an address that begins with https://',
  next: `Set it to your organisation's page ${what}, which Teams shows beside the app.`,
});

/** `Live Response` and this suffix must fit into the 30 characters of a short name. */
const longestSuffix = 30 - 'Live Response'.length;

const rules: Readonly<Record<string, Rule>> = {
  TEAMS_APP_ID: {
    fits: isGuid,
    rule: 'must be a GUID',
    next: 'The toolkit writes it (atk provision); by hand, take a new one (uuidgen) and keep it, since it is the same app only under the same id.',
  },
  BOT_ID: {
    fits: isGuid,
    rule: 'must be a GUID',
    next: 'Set it to the client id of the identity that the bot is registered with; infra/ puts it out as BOT_ID.',
  },
  DEVELOPER_NAME: {
    fits: (text) => text.length > 0 && text.length <= 32,
    rule: 'must be 1 to 32 characters long',
    next: 'Set it to who publishes the app in your organisation.',
  },
  DEVELOPER_WEBSITE_URL: webPage('about the app or its team'),
  DEVELOPER_PRIVACY_URL: webPage('about privacy'),
  DEVELOPER_TERMS_URL: webPage('with the terms of use'),
  APP_NAME_SUFFIX: {
    fits: (text) => text.length <= longestSuffix,
    rule: `must be at most ${longestSuffix} characters long`,
    next: 'Shorten it, or leave it empty for the app that everybody uses.',
  },
};

function findFault(name: string, value: string): readonly string[] {
  const known = rules[name];
  if (known === undefined)
    return [`${name}: stands in manifest.json as a placeholder that nobody knows. Take it out of the manifest.`];
  if (known.fits(value)) return [];
  return [`${name}: ${value === '' ? 'is missing' : known.rule}. ${known.next}`];
}
