import { readConfig } from '../config';
import { createDatabasePassword } from '../defender/database-password';
import { systemClock } from '../lib/clock';
import { silentLog } from '../lib/log';
import { isPostgres } from '../store/engine/database-address';
import { migrate } from '../store/engine/migrate';
import { giveRights } from '../store/offline/give-rights';
import { StoreError } from '../store/store-error';

const usage = `npm run database -- migrate [--service-role <role>]
  Brings the schema of a PostgreSQL database up to date, with DATABASE_URL (and DATABASE_SIGN_IN) of the role that owns it.
  With --service-role it then gives that role the least that the service needs. infra/postgres/roles.sql makes both roles.`;

async function main(): Promise<number> {
  const [command, option, role, ...more] = process.argv.slice(2);
  const isRoleGiven = option === '--service-role' && role !== undefined && role !== '';
  if (command !== 'migrate' || more.length > 0 || (option !== undefined && !isRoleGiven)) {
    console.error(usage);
    return 2;
  }
  const { config, faults } = readConfig(process.env);
  const ours = faults.filter(({ name }) => name.startsWith('DATABASE_'));
  for (const { name, message } of ours) console.error(`${name}: ${message}`);
  if (ours.length > 0) return 2;
  if (!isPostgres(config.databaseUrl)) {
    console.error('DATABASE_URL names a file, whose schema the service itself brings up to date at its start.');
    return 2;
  }
  try {
    await bringUpToDate(config.databaseUrl, createDatabasePassword(config, systemClock), isRoleGiven ? role : null);
    return 0;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function bringUpToDate(url: string, password: ReturnType<typeof createDatabasePassword>, role: string | null) {
  const { openPostgres } = require('../store/engine/postgres') as typeof import('../store/engine/postgres');
  const engine = openPostgres(url, silentLog, password);
  try {
    const steps = await migrate(engine);
    console.log(steps.length === 0 ? 'The schema is up to date.' : `The schema now has ${steps.join(', ')}.`);
    if (role === null) return;
    const tables = await giveRights(engine, role);
    console.log(`The role ${role} may use ${tables} tables, add to the audit and change nothing of the schema.`);
  } finally {
    await engine.close();
  }
}

void main().then((code) => {
  process.exitCode = code;
});
