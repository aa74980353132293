import { firstOf, prepared } from '../engine/prepared';
import type { WriterMethods } from './methods';

export interface ActivityWriter {
  /** False when this activity was handled already: Teams delivers again what took too long (teams.md E2). */
  claimActivity(activityId: string, now: number): Promise<boolean>;
  isActivityClaimed(activityId: string): Promise<boolean>;
}

export const activityWriter: WriterMethods<ActivityWriter> = {
  async claimActivity(id, at) {
    return (await firstOf(insertActivity(this.db, { id, at }))) !== undefined;
  },
  async isActivityClaimed(id) {
    const found = await this.db.selectFrom('activities').select('id').where('id', '=', id).executeTakeFirst();
    return found !== undefined;
  },
};

const insertActivity = prepared((db, row: { id: string; at: number }) =>
  db
    .insertInto('activities')
    .values(row)
    .onConflict((c) => c.column('id').doNothing())
    .returning('id'),
);
