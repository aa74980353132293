import type { Clock } from '../../src/lib/clock';

/** A person of the emulated tenant. Activities leave their role and names out, as Teams' do; its roster states them. */
export interface TeamsPerson {
  /** The id that Teams uses between this person and this bot. */
  readonly id: string;
  readonly aadObjectId: string;
  readonly name: string;
  readonly userRole?: 'user' | 'guest';
  readonly tenantId?: string;
  readonly userPrincipalName?: string;
}

/** An activity as it went over the wire: the Connector looks at a few fields and keeps the rest. */
export interface WireActivity {
  readonly type: string;
  readonly text?: string;
  readonly summary?: string;
  readonly attachments?: readonly { readonly contentType: string; readonly content?: unknown }[];
  readonly entities?: readonly {
    readonly type: string;
    readonly text?: string;
    readonly mentioned?: { readonly id: string; readonly name: string };
  }[];
  readonly channelData?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** One message of a conversation; `versions` holds what it showed before, oldest first. */
export interface TeamsMessage {
  readonly id: string;
  readonly conversationId: string;
  readonly from: 'bot' | TeamsPerson;
  readonly activity: WireActivity;
  readonly versions: readonly WireActivity[];
  readonly isDeleted: boolean;
}

export interface ConnectorCall {
  readonly method: string;
  /** Decoded, without the prefix of the service address. */
  readonly path: string;
  readonly authorization: string | null;
  readonly body: unknown;
  readonly at: number;
}

/** A file as it arrived, chunk by chunk, at a place that Teams had given out. */
export interface UploadedFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** What one call meets instead of its answer. `drop` cuts the connection; `accepted` says that the message was taken all the same. */
export type ConnectorFault =
  | {
      readonly type: 'status';
      readonly status: number;
      readonly code?: string;
      readonly retryAfterS?: number;
      readonly accepted?: boolean;
    }
  | { readonly type: 'drop'; readonly accepted: boolean }
  | { readonly type: 'hang' };

export interface ConnectorOptions {
  readonly clock?: Clock;
  /** Refuse what is over Teams' rates, as Teams does (teams.md E3). */
  readonly enforceRates?: boolean;
  readonly maxBytes?: number;
  /** The home of members who state none. */
  readonly tenantId?: string;
  /** Asked before each call; null lets it through. */
  readonly fault?: (call: ConnectorCall) => ConnectorFault | null;
}

/**
 * The Bot Connector (v3) as Teams exposes it, with memory, over real HTTP on loopback: send, reply, update, delete, new thread, a person's own
 * chat, rosters. The trial's demo and the tests write to it in place of Teams.
 */
export interface Connector {
  /** The serviceUrl to put into activities. */
  readonly url: string;
  readonly calls: readonly ConnectorCall[];
  /** How many calls were answered 429 because they were over a rate. */
  readonly throttled: number;
  start(port?: number): Promise<Connector>;
  /** The time by the connector's clock. */
  now(): number;
  stop(): Promise<void>;
  /** Makes people known and members of a team or group chat; of their own chat everybody is. */
  addMembers(rosterId: string, people: readonly TeamsPerson[]): void;
  removeMember(rosterId: string, aadObjectId: string): void;
  /** The person has blocked or uninstalled the bot: posts into their chat are answered 403 MessageWritesBlocked. */
  block(aadObjectId: string): void;
  unblock(aadObjectId: string): void;
  /** Says which team a channel belongs to. */
  addChannel(teamId: string, channelId: string): void;
  teamOf(channelId: string): string | undefined;
  /** A person's new thread; gives the id of its first message. */
  addThread(channelId: string, from: TeamsPerson, text: string): string;
  /** Keeps what a person wrote, so that a thread reads as people see it; gives the message id. */
  addPersonMessage(conversationId: string, from: TeamsPerson, text: string): string;
  /** As if a person had deleted the message: it can no longer be updated. */
  deleteMessage(messageId: string): void;
  /** The messages of a conversation in order, without deleted ones. */
  messages(conversationId: string): readonly TeamsMessage[];
  message(messageId: string): TeamsMessage | null;
  /** A place for a file, as Teams gives one out with a person's consent ("Send and receive files"). */
  offerUpload(name: string): {
    readonly uploadUrl: string;
    readonly contentUrl: string;
    readonly name: string;
    readonly uniqueId: string;
    readonly fileType: string;
  };
  uploaded(name: string): UploadedFile | null;
  personalConversationId(aadObjectId: string): string;
  forgetCalls(): void;
  /** The tenant moves: from now on the old address answers 400 BadArgument to everything, and new activities state the new one. */
  moveRegion(): void;
}
