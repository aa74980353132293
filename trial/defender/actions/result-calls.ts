import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, json, refuse } from '../answer';
import type { Call } from '../call';
import type { World } from '../world';
import { isFinal } from './action';
import { actionNotFound } from './action-calls';

/** "The link is valid for 30 minutes" (get-live-response-result). */
const linkLifetimeMs = 30 * 60_000;

/** A new link on every call; 400 while there is nothing to link to, whatever the reason (defender-api.md §1.3). */
export function getResultLink(world: World, call: Call): Answer {
  const { action: id = '', index: text = '' } = call.route.params;
  const action = world.findVisibleAction(id, call.now);
  if (action === null) return actionNotFound(id);
  const index = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  const command = action.commands[index];
  if (command === undefined) return refuse(400, 'InvalidInput', `Invalid input ${text}.`);
  if (command.type === 'PutFile') return refuse(400, 'BadRequest', 'PutFile commands have no result.');
  const ready = isFinal(action.status) && call.now >= (action.finalAt ?? 0) + world.times.resultReadyMs;
  if (!ready || command.result === null)
    return refuse(400, 'BadRequest', 'The result of the command is not available.');
  const link = createLink(world, { actionId: action.id, index, fileName: command.result.fileName, now: call.now });
  return json(200, {
    '@odata.context': `${world.url}/api/$metadata#Edm.String`,
    value: world.htmlEncodedLinks ? link.replaceAll('&', '&amp;') : link,
  });
}

/** The blob behind a link: no Authorization header, an intact signature, and not a second too late, or Azure Storage's own 403. */
export function downloadResult(
  world: World,
  blob: string,
  query: URLSearchParams,
  headers: IncomingHttpHeaders,
): Answer {
  if (headers.authorization !== undefined) {
    return refuseStorage(
      'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly.',
    );
  }
  const found = world.actions
    .flatMap((action) =>
      action.commands.map((command, index) => ({ command, name: blobName(world, action.id, index) })),
    )
    .find((candidate) => candidate.name === blob);
  const result = found?.command.result ?? null;
  if (result === null || !isSigned(world, blob, query)) {
    return refuseStorage('Server failed to authenticate the request. Signature did not match.');
  }
  const [start, expiry] = [Date.parse(query.get('skt') ?? ''), Date.parse(query.get('se') ?? '')];
  const now = world.clock.now();
  if (now < start || now >= expiry) return refuseStorage('Signature not valid in the specified time frame.');
  return {
    status: 200,
    bytes: result.bytes,
    headers: {
      'Content-Type': result.contentType,
      'Content-Disposition': query.get('rscd') ?? '',
      'x-ms-request-id': randomUUID(),
      'x-ms-version': '2020-06-12',
      'x-ms-blob-type': 'BlockBlob',
    },
  };
}

/** A user-delegation SAS like the observed one: `sp=rt`, back-dated by 15 minutes (resp-download-link-real.json). */
function createLink(
  world: World,
  given: { readonly actionId: string; readonly index: number; readonly fileName: string; readonly now: number },
): string {
  const instant = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  // Whole seconds only in a SAS: rounded up, so that the link lives for no less than it promises.
  const expiry = instant(Math.ceil((given.now + linkLifetimeMs) / 1_000) * 1_000);
  const start = instant(given.now - 15 * 60_000);
  const query = new URLSearchParams({
    se: expiry,
    sp: 'rt',
    sv: '2020-06-12',
    sr: 'b',
    rscd: `attachment; filename=${given.fileName}`,
    skoid: randomUUID(),
    sktid: world.tenantId,
    skt: start,
    ske: expiry,
    sks: 'b',
    skv: '2020-06-12',
  });
  const blob = blobName(world, given.actionId, given.index);
  const text = [...query, ['sig', sign(world, blob, query)]].map(
    ([key = '', value = '']) => `${key}=${encodeURIComponent(value)}`,
  );
  return `${world.url}/results/investigation-actions-data/CustomPlaybookCommandOutput/${blob}?${text.join('&')}`;
}

const blobName = (world: World, actionId: string, index: number): string =>
  createHash('md5').update(world.linkKey).update(`${actionId} ${index}`).digest('hex');

function sign(world: World, blob: string, query: URLSearchParams): string {
  const signed = [...query].filter(([key]) => key !== 'sig').map(([key, value]) => `${key}=${value}`);
  return createHmac('sha256', world.linkKey)
    .update(`${blob}\n${signed.sort().join('\n')}`)
    .digest('base64');
}

function isSigned(world: World, blob: string, query: URLSearchParams): boolean {
  const [own, given] = [Buffer.from(sign(world, blob, query)), Buffer.from(query.get('sig') ?? '')];
  return own.length === given.length && timingSafeEqual(own, given);
}

const refuseStorage = (message: string): Answer => ({
  status: 403,
  bytes: Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code><Message>${message}</Message></Error>`,
  ),
  headers: { 'Content-Type': 'application/xml', 'x-ms-error-code': 'AuthenticationFailed' },
});
