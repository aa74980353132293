import type { Post } from './post';

/** A safe bound for the JSON of one activity: Teams' own number moved from 28 to 100 KB, and older clients are still there (teams.md E3). */
export const maxActivityBytes = 28 * 1_024;

/** What Teams' envelope may add: conversation, sender, receiver, ids, service address. */
const envelopeBytes = 1_536;

/** True when the post is small enough for every Teams client. */
export const fits = (post: Post): boolean => activityBytes(post) <= maxActivityBytes;

/** UTF-8 bytes of the activity that carries this post, with room for the envelope. */
export function activityBytes(post: Post): number {
  const mentions = [...(post.mention === null ? [] : [post.mention]), ...(post.alsoMention ?? [])].map((mentioned) => ({
    type: 'mention',
    text: `<at>${mentioned.name}</at>`,
    mentioned,
  }));
  const activity = {
    type: 'message',
    text: [...mentions.map(({ text }) => text), post.text].join(' '),
    summary: post.summary,
    entities: mentions,
    attachments:
      post.card === null ? [] : [{ contentType: 'application/vnd.microsoft.card.adaptive', content: post.card }],
  };
  return Buffer.byteLength(JSON.stringify(activity), 'utf8') + envelopeBytes;
}
