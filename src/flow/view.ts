import type { Intent } from '../chat/parse';

const views = [
  'help',
  'whoami',
  'status',
  'queue',
  'mine',
  'waiting',
  'reviews',
  'history',
  'library',
  'result',
  'device',
  'policy',
] as const;
/** Nothing is asked for, decided or begun by it. */
export type View = Extract<Intent, { readonly type: (typeof views)[number] }>;

export const isView = (intent: Intent): intent is View => views.some((type) => type === intent.type);
