import type { AddressInfo } from 'node:net';
import { CloudAdapter, ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import type { Request } from 'restify';
import * as restify from 'restify';
import { answerTo, tell } from './tell';

/** restify's request, with the optional method that botbuilder's types do not know. */
type AdapterRequest = Request & Parameters<CloudAdapter['process']>[0];

/** The bot that everybody starts from: botbuilder's echo sample on restify, with the adapter of the service and nothing of its own. */
function main(): void {
  const { BENCH_ISSUER_URL: issuerUrl, BOT_ID = '', BOT_TENANT_ID = '' } = process.env;
  const adapter = new CloudAdapter(
    new ConfigurationBotFrameworkAuthentication(
      issuerUrl === undefined
        ? {}
        : {
            MicrosoftAppId: BOT_ID,
            MicrosoftAppType: 'UserAssignedMsi',
            MicrosoftAppTenantId: BOT_TENANT_ID,
            ToBotFromChannelOpenIdMetadataUrl: `${issuerUrl}/openid`,
            ToBotFromChannelTokenIssuer: 'https://api.botframework.com',
            ToBotFromEmulatorOpenIdMetadataUrl: `${issuerUrl}/openid`,
            ToChannelFromBotLoginUrl: `https://login.microsoftonline.com/${BOT_TENANT_ID}`,
            ToChannelFromBotOAuthScope: 'https://api.botframework.com',
            OAuthUrl: 'https://api.botframework.com',
            CallerId: 'urn:botframework:azure',
            ValidateAuthority: true,
          },
    ),
  );
  const server = restify.createServer({ name: 'echo' });
  server.use(restify.plugins.bodyParser());
  server.post('/api/messages', async (req, res) => {
    await adapter.process(req as AdapterRequest, res, async (context) => {
      if (context.activity.type === 'message') await context.sendActivity(`Echo: ${context.activity.text}`);
    });
  });
  server.listen(0, '127.0.0.1', () => tell({ type: 'listening', port: (server.address() as AddressInfo).port }));
  answerTo(async () => {
    server.server.closeAllConnections();
    server.close();
  });
}

main();
