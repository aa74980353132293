import type { Config } from '../config';
import type { BotIdentity } from '../teams/inbound/adapter';
import { readBotCertificate } from '../teams/inbound/bot-certificate';

/** Who the bot is towards Teams; null while its settings do not say so completely. */
export function botIdentityOf({ trial, bot, teamsCloud: cloud }: Config): BotIdentity | null {
  if (trial) return { type: 'trial' };
  if (bot === null) return null;
  const { appId, tenantId, password } = bot;
  if (bot.type === 'UserAssignedMsi') return { type: 'UserAssignedMsi', appId, tenantId, cloud };
  if (bot.certificatePath !== null) {
    const certificate = readBotCertificate(bot.certificatePath);
    return certificate.ok ? { type: 'SingleTenant', appId, tenantId, certificate: certificate.value, cloud } : null;
  }
  return password === null ? null : { type: 'SingleTenant', appId, tenantId, password, cloud };
}
