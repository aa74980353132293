import type { Activity, Attachment, Entity } from 'botbuilder';
import type { Place } from '../../request/place';
import type { Person } from '../../request/request';
import type { FileCard, Post } from '../../thread/kit/post';

/** Teams' limit has moved between 28 and 100 KB; below the lowest it always fits (teams.md E3). */
export const maxActivityBytes = 28_000;

/** A post as the Connector takes it. `alert` asks Teams for a notification, as for a card that waits for this person. */
export function toActivity(
  post: Post,
  {
    place,
    bot,
    alert,
  }: { readonly place: Place; readonly bot: { readonly id: string; readonly name: string }; readonly alert: boolean },
): Partial<Activity> {
  const mentions = [...(post.mention === null ? [] : [post.mention]), ...(post.alsoMention ?? [])].map(toMention);
  const text = [...mentions.map((mention) => mention.text), post.text]
    .filter((part) => part !== null && part !== '')
    .join(' ');
  const attachments = [
    ...(post.card === null ? [] : [{ contentType: 'application/vnd.microsoft.card.adaptive', content: post.card }]),
    ...(post.file === undefined ? [] : [toFileCard(post.file)]),
  ];
  return {
    type: 'message',
    from: { id: bot.id, name: bot.name },
    conversation: {
      id: place.conversationId,
      conversationType: place.scope,
      isGroup: place.scope !== 'personal',
      tenantId: place.tenantId,
      name: '',
    },
    // Without tenant and object id some proactive posts are answered 403.
    ...(place.personId === null ? {} : { recipient: { id: place.personId, name: '', aadObjectId: place.personId } }),
    channelData: { tenant: { id: place.tenantId }, ...(alert ? { notification: { alert: true } } : {}) },
    summary: post.summary,
    ...(text === '' ? {} : { text, textFormat: 'markdown' }),
    ...(mentions.length === 0 ? {} : { entities: mentions }),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

export const sizeOf = (activity: Partial<Activity>): number => Buffer.byteLength(JSON.stringify(activity), 'utf8');

/** "Send and receive files": the question, and the card of a file that is there. */
function toFileCard(file: FileCard): Attachment {
  switch (file.type) {
    case 'consent': {
      const { name, description, size, offerId } = file;
      const context = { offerId };
      return {
        contentType: 'application/vnd.microsoft.teams.card.file.consent',
        name,
        content: { description, sizeInBytes: size, acceptContext: context, declineContext: context },
      };
    }
    case 'sent': {
      const { name, contentUrl, uniqueId, fileType } = file;
      return {
        contentType: 'application/vnd.microsoft.teams.card.file.info',
        name,
        contentUrl,
        content: { uniqueId, fileType },
      };
    }
  }
}

/** `entities[].text` must occur in the message's text letter by letter; the name is a label, so whatever markup could be in it is left out (T-19). */
function toMention(person: Person): Entity & { readonly text: string } {
  const name = person.name.replace(/[^\p{L}\p{M}\p{N} .,'’()-]/gu, '').trim() || 'you';
  return { type: 'mention', text: `<at>${name}</at>`, mentioned: { id: person.id, name } };
}
