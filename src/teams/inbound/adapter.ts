// Not the package's own entry, which loads its language models, tokenizers and planners as well.
import { TeamsAdapter } from '@microsoft/teams-ai/lib/TeamsAdapter';
import type {
  Activity,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationBotFrameworkAuthenticationOptions,
  ConfigurationServiceClientCredentialFactoryOptions,
  TurnContext,
} from 'botbuilder';
import { z } from 'zod/v4';
import { type Clock, systemClock } from '../../lib/clock';
import { type Redacted, reveal } from '../../lib/redacted';
import type { Cloud } from '../service-url';
import type { BotCertificate } from './bot-certificate';
import { createEndorsedKeys, type IsEndorsed } from './endorsed-keys';

/** Who the bot is towards Teams. A trial has no identity: whoever reaches its port is believed, hence loopback only (T-4). */
export type BotIdentity =
  | { readonly type: 'trial' }
  | {
      readonly type: 'SingleTenant';
      readonly appId: string;
      readonly tenantId: string;
      readonly password: Redacted<string>;
      readonly cloud?: Exclude<Cloud, 'trial'>;
    }
  | {
      readonly type: 'SingleTenant';
      readonly appId: string;
      readonly tenantId: string;
      readonly certificate: BotCertificate;
      readonly cloud?: Exclude<Cloud, 'trial'>;
    }
  | {
      readonly type: 'UserAssignedMsi';
      readonly appId: string;
      readonly tenantId: string;
      readonly cloud?: Exclude<Cloud, 'trial'>;
    };

export interface AdapterOptions {
  readonly identity: BotIdentity;
  /** Tests only: who signs instead of the Bot Framework, for a Connector on loopback. Never filled from the environment. */
  readonly issuer?: { readonly openIdMetadataUrl: string; readonly issuer: string };
  readonly clock?: Clock;
}

/** A client of the Bot Connector that makes one attempt a call and follows no redirect. */
export type ConnectorClient = Awaited<
  ReturnType<ReturnType<ConfigurationBotFrameworkAuthentication['createConnectorFactory']>['create']>
>;

type ConnectorFactory = ReturnType<ConfigurationBotFrameworkAuthentication['createConnectorFactory']>;

/** Teams has a handful of service addresses; whoever states more of them must not fill the memory. */
const maxConnectors = 50;

/** The sender could not show a token of the Bot Framework for this bot (T-1). */
export class NotAuthenticated extends Error {
  override readonly name = 'NotAuthenticated';
  readonly code = 'teams.notAuthenticated';
}

/** The keys of the Bot Framework could not be fetched: nobody can be let in until they can. */
export class KeysUnreachable extends Error {
  override readonly name = 'KeysUnreachable';
  readonly code = 'teams.keysUnreachable';
}

/** Refuses to exist without an app id unless it is a trial: botbuilder would switch authentication off (teams.md E5). */
export const createAdapter = (options: AdapterOptions): VerifiedAdapter => new VerifiedAdapter(options);

export class VerifiedAdapter extends TeamsAdapter {
  /** Decides which service addresses are Teams' own. */
  readonly cloud: Cloud;
  private readonly identity: BotIdentity;
  private readonly tokenIssuer: string;
  private readonly isEndorsed: IsEndorsed;
  /** By service address and audience, oldest first. */
  private readonly connectors = new Map<string, Promise<ConnectorClient>>();

  constructor(options: AdapterOptions) {
    super(toAuthOptions(options));
    this.identity = options.identity;
    this.cloud = options.issuer === undefined ? cloudOf(options.identity) : 'trial';
    this.tokenIssuer = options.issuer?.issuer ?? tokenIssuers[cloudOf(options.identity)];
    this.isEndorsed = createEndorsedKeys({
      metadataUrl: options.issuer?.openIdMetadataUrl ?? metadataUrls[tokenIssuers[cloudOf(options.identity)]],
      channelId: 'msteams',
      clock: options.clock ?? systemClock,
    });
    this.keepUserTokenClient();
  }

  /** Runs one turn of a verified sender; throws `NotAuthenticated` or `KeysUnreachable` before anything of ours has run. */
  async receive(
    authorization: string,
    activity: Activity,
    turn: (context: TurnContext) => Promise<void>,
  ): Promise<void> {
    const verified = await this.verify(authorization, activity);
    const { connectorFactory } = verified;
    await this.processActivity(
      {
        ...verified,
        ...(connectorFactory === undefined ? {} : { connectorFactory: this.keeping(connectorFactory) }),
      },
      activity,
      turn,
    );
  }

  /** The same check of who sends, for a body that is no activity: of that the token can only be bound to what it states. */
  async authenticate(authorization: string, body: unknown): Promise<void> {
    await this.verify(authorization, Stated.parse(body) as unknown as Activity);
  }

  /** The tenant that the sender's verified token states, if any (T-2). */
  tokenTenantOf(context: TurnContext): string | null {
    const claims: { getClaimValue(type: string): string | null } | undefined = context.turnState.get(
      this.BotIdentityKey,
    );
    return claims?.getClaimValue('tid') ?? null;
  }

  /** For calls outside a turn. */
  async connector(serviceUrl: string): Promise<ConnectorClient> {
    const claims = this.createClaimsIdentity(this.identity.type === 'trial' ? '' : this.identity.appId);
    return this.keeping(this.botFrameworkAuthentication.createConnectorFactory(claims)).create(
      serviceUrl,
      audiences[cloudOf(this.identity)],
    );
  }

  /** botbuilder makes a client for people's sign-ins at every turn, with a pipeline of its own; this bot signs nobody in, so one will do. */
  private keepUserTokenClient(): void {
    const authentication = this.botFrameworkAuthentication;
    const make = authentication.createUserTokenClient.bind(authentication);
    let kept: ReturnType<typeof make> | null = null;
    authentication.createUserTokenClient = (claims) => {
      kept ??= make(claims).catch((error: unknown) => {
        kept = null;
        throw error;
      });
      return kept;
    };
  }

  /**
   * Gives each service address one client: botbuilder makes one for every turn and every call, which costs as much as the call itself. A client
   * holds no state but its credentials, which renew their token by themselves.
   */
  private keeping(factory: ConnectorFactory): ConnectorFactory {
    return {
      create: (serviceUrl, audience) => {
        const key = JSON.stringify([serviceUrl, audience]);
        const known = this.connectors.get(key);
        if (known !== undefined) return known;
        const made = factory.create(serviceUrl, audience).then(withOneAttempt);
        const [oldest] = this.connectors.keys();
        if (this.connectors.size >= maxConnectors && oldest !== undefined) this.connectors.delete(oldest);
        this.connectors.set(key, made);
        made.catch(() => this.connectors.delete(key));
        return made;
      },
    };
  }

  /** botbuilder's check of signature, audience and clocks, and after it ours: it also lets in emulator and skill tokens, which bind no service address (T-3, T-7), and keys without endorsements (T-1). */
  private async verify(authorization: string, activity: Activity) {
    const verified = await this.botFrameworkAuthentication
      .authenticateRequest(activity, authorization)
      .catch((cause: unknown) => {
        if (isKeyFetchFailure(cause)) throw new KeysUnreachable(noKeys, { cause });
        throw new NotAuthenticated('The caller showed no valid token of the Bot Framework.', { cause });
      });
    if (this.identity.type === 'trial') return verified;
    const { claimsIdentity } = verified;
    const stated = (claim: string) => claimsIdentity.getClaimValue(claim);
    if (stated('iss') !== this.tokenIssuer) throw new NotAuthenticated(otherIssuer); // guard: token-issuer
    // botbuilder compares this one as well, for the tokens of the Bot Framework; a change there must not open it here.
    if (stated('serviceurl') !== activity.serviceUrl) throw new NotAuthenticated(otherAddress);
    const isEndorsed = await this.isEndorsed(keyIdOf(authorization));
    if (isEndorsed === null) throw new KeysUnreachable(noKeys); // guard: unread-endorsements-let-nobody-in
    if (!isEndorsed) throw new NotAuthenticated(notEndorsed); // guard: key-is-endorsed-for-teams
    return verified;
  }
}

/** What a token can be bound to, of anything: even asking an object of somebody else's for its text may throw. */
const Text = z.string().catch('');
const Stated = z.object({ channelId: Text, serviceUrl: Text }).catch({ channelId: '', serviceUrl: '' });
const otherIssuer = 'The token is not from the Bot Framework.';
const otherAddress = 'The token is bound to another service address.';
const notEndorsed = 'The token is signed with a key that may not sign for Teams.';
const noKeys = 'The signing keys of the Bot Framework could not be fetched.';
const noAppId = 'The bot has no app id; without one botbuilder would let everybody in.';

const cloudOf = (identity: BotIdentity): Cloud => (identity.type === 'trial' ? 'trial' : (identity.cloud ?? 'public'));

/** "Authentication with the Bot Connector API": issuer of the tokens that the Connector sends, and audience of those that it takes. */
const commercial = 'https://api.botframework.com';
const government = 'https://api.botframework.us';
const tokenIssuers: Readonly<Record<Cloud, typeof commercial | typeof government>> = {
  public: commercial,
  gcc: commercial,
  gccHigh: government,
  dod: government,
  trial: commercial,
};
const audiences = tokenIssuers;
export const connectorAudienceOf = (cloud: Cloud): string => audiences[cloud];
const metadataUrls = {
  [commercial]: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
  [government]: 'https://login.botframework.azure.us/v1/.well-known/openidconfiguration',
};

export const metadataUrlOf = (cloud: Cloud): string => metadataUrls[tokenIssuers[cloud]];

/** Of a token whose signature was verified with that key. */
function keyIdOf(authorization: string): string {
  const [head = ''] = (authorization.split(' ')[1] ?? '').split('.');
  const { kid }: { readonly kid?: unknown } = JSON.parse(Buffer.from(head, 'base64url').toString('utf8'));
  return String(kid);
}

type AuthOptions = ConfigurationBotFrameworkAuthenticationOptions & ConfigurationServiceClientCredentialFactoryOptions;

export function toAuthOptions({ identity, issuer }: AdapterOptions): AuthOptions {
  if (identity.type === 'trial') return {};
  if (identity.appId.trim() === '') throw new Error(noAppId); // guard: bot-has-an-app-id
  const base: AuthOptions = {
    MicrosoftAppId: identity.appId,
    MicrosoftAppType: identity.type,
    MicrosoftAppTenantId: identity.tenantId,
    ...('password' in identity ? { MicrosoftAppPassword: reveal(identity.password) } : {}),
    ...('certificate' in identity
      ? {
          CertificateThumbprint: identity.certificate.thumbprint,
          CertificatePrivateKey: reveal(identity.certificate.privateKey),
        }
      : {}),
    ...(tokenIssuers[cloudOf(identity)] === government ? { ChannelService: 'https://botframework.azure.us' } : {}),
  };
  if (issuer === undefined) return base;
  // One of these set makes botbuilder take all of them from here (teams.md E5).
  return {
    ...base,
    ToBotFromChannelOpenIdMetadataUrl: issuer.openIdMetadataUrl,
    ToBotFromChannelTokenIssuer: issuer.issuer,
    ToBotFromEmulatorOpenIdMetadataUrl: issuer.openIdMetadataUrl,
    ToChannelFromBotLoginUrl: `https://login.microsoftonline.com/${identity.tenantId}`,
    ToChannelFromBotOAuthScope: commercial,
    OAuthUrl: commercial,
    CallerId: 'urn:botframework:azure',
    ValidateAuthority: true,
  };
}

/** A failed fetch of metadata or keys, told by what the libraries set and not by their words: node-fetch's error type, or a status of 5xx. */
function isKeyFetchFailure(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null) return false;
  const { type, statusCode } = cause as { type?: unknown; statusCode?: unknown };
  return (
    type === 'system' ||
    type === 'request-timeout' ||
    type === 'invalid-json' ||
    (typeof statusCode === 'number' && statusCode >= 500)
  );
}

/**
 * Takes out the blind retries, and redirects, by which our token could travel elsewhere (T-3): botbuilder repeats every Connector call three
 * times, POST included, and ignores its own option to stop that (teams.md E2).
 */
function withOneAttempt(connector: ConnectorClient): ConnectorClient {
  const { pipeline } = (
    connector as unknown as { readonly client: { readonly pipeline: { removePolicy(policy: { name: string }): void } } }
  ).client;
  pipeline.removePolicy({ name: 'defaultRetryPolicy' });
  pipeline.removePolicy({ name: 'redirectPolicy' });
  return connector;
}
