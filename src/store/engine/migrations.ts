import { type Kysely, type Migration, sql } from 'kysely';
import { genesis } from '../../audit/chain';
import type { ColumnTypes } from './engine';
import { history } from './history-schema';
import { submissionAnswers } from './queue-schema';
import { reaching } from './reaching-schema';

/** The schema, step by step; a step that was released is never edited. Names sort in the order of application. */
export const migrations = (columns: ColumnTypes): Record<string, Migration> => ({
  '0001-first': first(columns),
  '0002-reviews': reviews,
  '0003-submission-answers': submissionAnswers,
  '0004-paces': paces,
  '0006-history': history,
  '0007-surface': gatheredNews(columns),
  '0008-reaching': reaching,
});

export const first = ({ identity }: ColumnTypes): Migration => ({
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('requests')
      .addColumn('seq', identity.type, identity.build)
      .addColumn('id', 'text', (c) => c.notNull().unique())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('tenant_id', 'text', (c) => c.notNull())
      .addColumn('machine_id', 'text', (c) => c.notNull())
      .addColumn('requester_id', 'text', (c) => c.notNull())
      .addColumn('conversation_id', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('wake_at', 'bigint')
      .addColumn('body', 'text', (c) => c.notNull())
      .execute();
    for (const column of ['tenant_id', 'machine_id', 'requester_id', 'conversation_id', 'state']) {
      await db.schema.createIndex(`requests_${column}`).on('requests').columns([column, 'seq']).execute();
    }
    await db.schema
      .createIndex('requests_wake_at')
      .on('requests')
      .column('wake_at')
      .where(sql.ref('wake_at'), 'is not', null)
      .execute();

    await db.schema
      .createTable('work')
      .addColumn('id', identity.type, identity.build)
      .addColumn('request_id', 'text', (c) => c.references('requests.id'))
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('lane', 'text')
      .addColumn('copy_id', 'bigint')
      .addColumn('due_at', 'bigint', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addColumn('claims', 'integer', (c) => c.notNull())
      .addColumn('lease_token', 'text')
      .addColumn('lease_until', 'bigint')
      .addColumn('ended_at', 'bigint')
      .addColumn('outcome', 'text')
      .addColumn('problem', 'text')
      .execute();
    for (const columns of [['due_at', 'id'], ['lane', 'id'], ['copy_id']]) {
      await db.schema
        .createIndex(`work_${columns[0]}`)
        .on('work')
        .columns(columns)
        .where(sql.ref('ended_at'), 'is', null)
        .execute();
    }

    await db.schema
      .createTable('copies')
      .addColumn('id', identity.type, identity.build)
      .addColumn('request_id', 'text', (c) => c.notNull().references('requests.id'))
      .addColumn('audience', 'text', (c) => c.notNull())
      .addColumn('person_id', 'text')
      .addColumn('conversation_id', 'text')
      .addColumn('activity_id', 'text')
      .execute();
    await db.schema.createIndex('copies_request_id').on('copies').column('request_id').execute();

    await db.schema
      .createTable('vote_tokens')
      .addColumn('token_hash', 'text', (c) => c.primaryKey())
      .addColumn('request_id', 'text', (c) => c.notNull().references('requests.id'))
      .addColumn('copy_id', 'bigint', (c) => c.notNull().references('copies.id'))
      .addColumn('digest', 'text', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('places')
      .addColumn('conversation_id', 'text', (c) => c.primaryKey())
      .addColumn('tenant_id', 'text', (c) => c.notNull())
      .addColumn('scope', 'text', (c) => c.notNull())
      .addColumn('reference', 'text', (c) => c.notNull())
      .addColumn('person_id', 'text')
      .execute();

    await db.schema
      .createTable('personal_chats')
      .addColumn('person_id', 'text', (c) => c.primaryKey())
      .addColumn('conversation_id', 'text', (c) => c.notNull().references('places.conversation_id'))
      .execute();

    await db.schema
      .createTable('results')
      .addColumn('request_id', 'text', (c) => c.notNull().references('requests.id'))
      .addColumn('command_index', 'integer', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('results_key', ['request_id', 'command_index'])
      .execute();

    await db.schema
      .createTable('submissions')
      .addColumn('request_id', 'text', (c) => c.notNull().references('requests.id'))
      .addColumn('attempt', 'integer', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('submissions_key', ['request_id', 'attempt'])
      .execute();
    await db.schema.createIndex('submissions_at').on('submissions').column('at').execute();

    await db.schema
      .createTable('activities')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('facts')
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('value', 'text', (c) => c.notNull())
      .execute();

    await db.schema
      .createTable('audit')
      .addColumn('seq', 'bigint', (c) => c.primaryKey())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('request_id', 'text')
      .addColumn('actor', 'text', (c) => c.notNull())
      .addColumn('what', 'text', (c) => c.notNull())
      .addColumn('detail', 'text', (c) => c.notNull())
      .addColumn('previous_hash', 'text', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('audit_request_id').on('audit').columns(['request_id', 'seq']).execute();

    await db.schema
      .createTable('audit_head')
      .addColumn('id', 'integer', (c) => c.primaryKey())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull())
      .execute();
    await sql`insert into audit_head (id, seq, hash) values (1, ${sql.lit(genesis.seq)}, ${sql.lit(genesis.hash)})`.execute(
      db,
    );
  },
});

const reviews: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('reviews')
      .addColumn('request_id', 'text', (c) => c.primaryKey().references('requests.id'))
      .addColumn('tenant_id', 'text', (c) => c.notNull())
      .addColumn('rule', 'text', (c) => c.notNull())
      .addColumn('opened_at', 'bigint', (c) => c.notNull())
      .addColumn('closed_at', 'bigint')
      .addColumn('opinions', 'integer', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('reviews_open')
      .on('reviews')
      .columns(['tenant_id', 'rule'])
      .where(sql.ref('closed_at'), 'is', null)
      .execute();
  },
};

const paces: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('paces')
      .addColumn('key', 'text', (c) => c.primaryKey())
      .addColumn('body', 'text', (c) => c.notNull())
      .addColumn('forget_at', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('paces_forget_at').on('paces').column('forget_at').execute();
  },
};
/** News that a war room is told together. */
const gatheredNews = ({ identity }: ColumnTypes): Migration => ({
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('gathered_news')
      .addColumn('id', identity.type, identity.build)
      .addColumn('conversation_id', 'text', (c) => c.notNull())
      .addColumn('request_id', 'text', (c) => c.notNull().references('requests.id'))
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('gathered_news_conversation_id')
      .on('gathered_news')
      .columns(['conversation_id', 'at'])
      .execute();
  },
});
