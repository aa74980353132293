import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationServiceClientCredentialFactory } from 'botbuilder';
import { type Cloud, serviceHostOf } from '../service-url';
import { type BotIdentity, connectorAudienceOf, metadataUrlOf, toAuthOptions } from './adapter';

/** Whether the bot's own identity gets a token for the Bot Framework, the way its adapter asks; the token itself is thrown away. */
export type BotTokenOutcome =
  | { readonly type: 'issued' }
  /** Entra's number, or null when it gave none. */
  | { readonly type: 'refused'; readonly code: string | null };

/** Asks as the adapter would before it sends; its library tries again for half a minute, which whoever waits for this does not. */
export async function askForBotToken(
  identity: Exclude<BotIdentity, { type: 'trial' }>,
  timeoutMs: number,
): Promise<BotTokenOutcome> {
  const givenUp = new AbortController();
  try {
    return await Promise.race([
      askOnce(identity),
      sleep(timeoutMs, { type: 'refused', code: null } as const, { signal: givenUp.signal }),
    ]);
  } finally {
    givenUp.abort();
  }
}

async function askOnce(identity: Exclude<BotIdentity, { type: 'trial' }>): Promise<BotTokenOutcome> {
  const cloud = identity.cloud ?? 'public';
  const factory = new ConfigurationServiceClientCredentialFactory(toAuthOptions({ identity }));
  try {
    const credentials = await factory.createCredentials(
      identity.appId,
      connectorAudienceOf(cloud),
      `${signInHosts[cloud]}/${identity.tenantId}`,
      true,
    );
    await (credentials as unknown as { getToken(isForced: boolean): Promise<string> }).getToken(true);
    return { type: 'issued' };
  } catch (error) {
    const [number] = /AADSTS\d{3,8}/.exec(error instanceof Error ? error.message : '') ?? [];
    return { type: 'refused', code: number ?? null };
  }
}

/** What the bot reaches for at Microsoft while it serves people: where it sends to, and where it fetches the keys of who sends. */
export const teamsHostsOf = (cloud: Exclude<Cloud, 'trial'>): { readonly service: string; readonly keys: string } => ({
  service: `https://${serviceHostOf(cloud)}`,
  keys: metadataUrlOf(cloud),
});

const signInHosts: Readonly<Record<Cloud, string>> = {
  public: 'https://login.microsoftonline.com',
  gcc: 'https://login.microsoftonline.com',
  gccHigh: 'https://login.microsoftonline.us',
  dod: 'https://login.microsoftonline.us',
  trial: 'https://login.microsoftonline.com',
};
