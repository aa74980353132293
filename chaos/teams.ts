import { seconds } from '../src/lib/clock';
import { isFinal } from '../src/request/request';
import { createTeamsClient, type InboundActivity, type TeamsClient } from '../trial/teams/connector-people';
import type { TeamsMessage, TeamsPerson, WireActivity } from '../trial/teams/connector-port';
import { findActions, readActivity } from '../trial/teams/connector-reading';
import { bot, channelId, tenantId } from './cast';
import { toMachineMs } from './fast-time';
import { readCardPhase } from './phases';
import type { Stage } from './stage';

/** Teams as it delivers to several replicas, and what people can see and press. It never gives up: what people did counts until it was taken. */
export interface TeamsSide {
  readonly build: TeamsClient['build'];
  /** How often Teams had to deliver again, and how often it did so although it was answered. */
  readonly counts: {
    redelivered: number;
    doubled: number;
    /** What a delivery met: a status, no answer in time, or nobody there. */
    readonly met: Record<string, number>;
  };
  /** Until a replica has answered 200. */
  deliver(activity: InboundActivity, how: Delivery): Promise<{ readonly attempts: number }>;
  /** As a person does it: another click when no answer comes. Null where the card has no such button (any more), else the first answer. */
  press(how: {
    readonly person: TeamsPerson;
    readonly find: () => TeamsMessage | null;
    readonly button: ButtonName;
    readonly inputs?: Readonly<Record<string, string>>;
    readonly via: number;
    readonly twice?: boolean;
  }): Promise<{ readonly body: unknown; readonly attempts: number } | null>;
  /** The messages of a conversation that have such a button now. */
  withButton(conversationId: string, button: ButtonName): readonly Shown[];
  /** A card of the request in the conversation shows an end. */
  hasEnded(conversationId: string, requestId: string): boolean;
  /** What a conversation shows from the bot, as text. */
  shown(conversationId: string): readonly Shown[];
}

export interface Delivery {
  /** The slot that is tried first. */
  readonly via: number;
  readonly times?: 'once' | 'twice';
}

export interface Shown {
  readonly message: TeamsMessage;
  readonly text: string;
}

/** How long Teams waits for an answer before it counts as lost (teams.md E2); and no less than this by the wall, on a busy machine. */
const answerWithinMs = seconds(15);
const leastWallMs = 2_000;
/** Before it delivers again: doubled each time, up to the longest. */
const firstPauseMs = seconds(2);
const longestPauseMs = seconds(30);
const pauseAfter = (attempt: number): number => Math.min(firstPauseMs * 2 ** attempt, longestPauseMs);

/** The notification first, then what the message shows. */
export const readPost = (activity: WireActivity): string => `${activity.summary ?? ''}\n${readActivity(activity)}`;

export function createTeamsSide(stage: Stage, speed: { readonly since: number; readonly speed: number }): TeamsSide {
  const { connector, clock, replicas } = stage;
  const { build } = createTeamsClient({ connector, endpoint: 'http://127.0.0.1', tenantId, bot });
  const counts: TeamsSide['counts'] = { redelivered: 0, doubled: 0, met: {} };
  const meet = (what: string): void => {
    counts.met[what] = (counts.met[what] ?? 0) + 1;
  };
  const texts = new WeakMap<WireActivity, string>();
  const textOf = (activity: WireActivity): string => {
    const known = texts.get(activity) ?? readPost(activity);
    texts.set(activity, known);
    return known;
  };

  /** Null: no answer, or one that Teams does not count. */
  async function tryOnce(activity: InboundActivity, slot: number): Promise<{ readonly body: unknown } | null> {
    const endpoint = replicas[slot % replicas.length]?.endpoint ?? null;
    if (endpoint === null) {
      meet('nobody there');
      return null;
    }
    try {
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8', connection: 'close' },
        body: JSON.stringify(activity),
        signal: AbortSignal.timeout(Math.ceil(Math.max(toMachineMs(speed, answerWithinMs), leastWallMs))),
      });
      const text = await answer.text();
      meet(String(answer.status));
      return answer.status === 200 ? { body: text === '' ? null : JSON.parse(text) } : null;
    } catch {
      meet('no answer');
      return null;
    }
  }

  const side: TeamsSide = {
    build,
    counts,
    async deliver(activity, { via, times = 'once' }) {
      for (let attempt = 0; ; attempt++) {
        const answers = await Promise.all(
          (times === 'twice' ? [via, via + 1] : [via]).map((slot) => tryOnce(activity, slot + attempt)),
        );
        if (times === 'twice') counts.doubled++;
        if (answers.some((answer) => answer !== null)) return { attempts: attempt + 1 };
        counts.redelivered++;
        await clock.sleep(pauseAfter(attempt));
      }
    },
    async press({ person, find, button, inputs = {}, via, twice = false }) {
      for (let attempt = 0; ; attempt++) {
        const message = find();
        const action = message === null ? null : findButton(message.activity, button);
        if (message === null || action === null) return null;
        const data = { ...(action.data as object), ...inputs };
        // Each click is an activity of its own, unlike what Teams delivers again.
        const clicks = (twice ? [via, via + 1] : [via]).map((slot) =>
          tryOnce(build.execute(person, message.id, { verb: String(action.verb), data }), slot + attempt),
        );
        const answered = (await Promise.all(clicks)).find((answer) => answer !== null);
        if (answered !== undefined && answered !== null) return { body: answered.body, attempts: attempt + 1 };
        counts.redelivered++;
        await clock.sleep(pauseAfter(attempt));
      }
    },
    withButton: (conversationId, button) =>
      side.shown(conversationId).filter(({ message }) => findButton(message.activity, button) !== null),
    hasEnded: (conversationId, requestId) =>
      side.shown(conversationId).some(({ text }) => {
        const phase = readCardPhase(text);
        return phase?.requestId === requestId && isFinal(phase.state);
      }),
    shown: (conversationId) =>
      connector
        .messages(conversationId)
        .filter((message) => message.from === 'bot')
        .map((message) => ({ message, text: textOf(message.activity) })),
  };
  return side;
}

/** By what is written on it, or by what it does. */
export type ButtonName = { readonly title: string } | { readonly verb: string };

export function findButton(activity: WireActivity, button: ButtonName): Readonly<Record<string, unknown>> | null {
  const card = activity.attachments?.find((a) => a.contentType === 'application/vnd.microsoft.card.adaptive')?.content;
  const isMeant = (action: Readonly<Record<string, unknown>>): boolean =>
    'title' in button ? action.title === button.title : action.verb === button.verb;
  return findActions(card).find((a) => isMeant(a) && a.type === 'Action.Execute') ?? null;
}

export const threadOf = (threadId: string): string => `${channelId};messageid=${threadId}`;
