import type { TeamsMessage, TeamsPerson, WireActivity } from './connector-port';

/** Every message of every conversation, oldest first, with what it showed before. */
export class ConnectorMessages {
  readonly #kept: TeamsMessage[] = [];
  #lastId = 1_700_000_000_000;

  /** Gives the message's id. */
  add(conversationId: string, from: 'bot' | TeamsPerson, activity: WireActivity, id = this.#nextId()): string {
    this.#kept.push({ id, conversationId, from, activity, versions: [], isDeleted: false });
    return id;
  }

  /** A channel's new thread is named after its first message. */
  addThread(channelId: string, from: 'bot' | TeamsPerson, activity: WireActivity): ThreadStart {
    const id = this.#nextId();
    const conversationId = `${channelId};messageid=${id}`;
    this.add(conversationId, from, activity, id);
    return { id, conversationId };
  }

  edit(id: string, activity: WireActivity): void {
    this.#replace(id, (m) => ({ ...m, activity, versions: [...m.versions, m.activity] }));
  }

  delete(id: string): void {
    this.#replace(id, (m) => ({ ...m, isDeleted: true }));
  }

  in(conversationId: string): readonly TeamsMessage[] {
    return this.#kept.filter((m) => m.conversationId === conversationId && !m.isDeleted);
  }

  find(id: string | null): TeamsMessage | null {
    return this.#kept.find((m) => m.id === id) ?? null;
  }

  #replace(id: string, change: (message: TeamsMessage) => TeamsMessage): void {
    const index = this.#kept.findIndex((m) => m.id === id);
    const found = this.#kept[index];
    if (found !== undefined) this.#kept[index] = change(found);
  }

  #nextId(): string {
    this.#lastId += 1;
    return String(this.#lastId);
  }
}

interface ThreadStart {
  readonly id: string;
  readonly conversationId: string;
}
