import { z } from 'zod/v4';
import { type Clock, hours, seconds } from '../../lib/clock';

/** Whether this key may sign for the channel; null: the keys could not be read. */
export type IsEndorsed = (keyId: string) => Promise<boolean | null>;

export interface EndorsedKeysOptions {
  /** The OpenID metadata from which botbuilder has its keys. */
  readonly metadataUrl: string;
  readonly channelId: string;
  readonly clock: Clock;
}

/** A key that was withdrawn counts for as long at most, while the keys can be read. */
const freshForMs = hours(1);
/** As long as botbuilder keeps its own, so that an outage of the endpoint does not become ours. */
const usableForMs = hours(24);
const restMs = seconds(10);
const timeoutMs = seconds(5);

interface Known {
  readonly keyIds: ReadonlySet<string>;
  readonly since: number;
}

/**
 * The keys that are endorsed for the channel by name ("Authentication with the Bot Connector API", step 4): botbuilder takes one without
 * endorsements for endorsed (T-1). Ask only for keys whose signature was verified, or a stranger decides when we fetch.
 */
export function createEndorsedKeys(options: EndorsedKeysOptions): IsEndorsed {
  const { clock } = options;
  let known: Known | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | null = null;

  const isYounger = (at: number, ms: number) => clock.now() - at >= 0 && clock.now() - at < ms;
  const refresh = async () => {
    triedAt = clock.now();
    const keyIds = await readEndorsed(options);
    if (keyIds !== null) known = { keyIds, since: triedAt };
  };

  return async (keyId) => {
    const isCertain = known?.keyIds.has(keyId) === true && isYounger(known.since, freshForMs);
    if (!isCertain && (underWay !== null || !isYounger(triedAt, restMs))) {
      underWay ??= refresh().finally(() => {
        underWay = null;
      });
      await underWay;
    }
    return known !== null && isYounger(known.since, usableForMs) ? known.keyIds.has(keyId) : null;
  };
}

const Metadata = z.object({ jwks_uri: z.url() });
const Keys = z.object({ keys: z.array(z.unknown()) });
const Key = z.object({ kid: z.string(), endorsements: z.array(z.string()) });

/** Null: not to be had, or not what it should be. */
async function readEndorsed({ metadataUrl, channelId }: EndorsedKeysOptions): Promise<ReadonlySet<string> | null> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { jwks_uri } = Metadata.parse(await getJson(metadataUrl, signal));
    const { keys } = Keys.parse(await getJson(jwks_uri, signal));
    const listed = keys.flatMap((key) => Key.safeParse(key).data ?? []);
    return new Set(listed.filter((key) => key.endorsements.includes(channelId)).map((key) => key.kid));
  } catch {
    return null;
  }
}

async function getJson(url: string, signal: AbortSignal): Promise<unknown> {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.json();
}
