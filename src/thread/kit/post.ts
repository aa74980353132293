import type { Person } from '../../request/request';

export type CardJson = { readonly type: 'AdaptiveCard'; readonly version: string; readonly [key: string]: unknown };

/**
 * One message as it goes to Teams. `text` holds our own words only, since Teams applies markdown to it (teams.md C5);
 * what came from a person or a device goes into the card's RichTextBlocks.
 */
export interface Post {
  readonly text: string | null;
  /** Mentioned in front of `text`. */
  readonly mention: Person | null;
  /** Mentioned after `mention`, when one message is news for several. */
  readonly alsoMention?: readonly Person[];
  readonly card: CardJson | null;
  /** A file, in Teams' own cards for files; personal chats only. */
  readonly file?: FileCard;
  /** Plain words for the notification and for screens that cannot show the card; our own words only. */
  readonly summary: string;
}

export type FileCard =
  | {
      readonly type: 'consent';
      readonly name: string;
      readonly description: string;
      readonly size: number;
      readonly offerId: string;
    }
  | {
      readonly type: 'sent';
      readonly name: string;
      readonly contentUrl: string;
      readonly uniqueId: string;
      readonly fileType: string;
    };
