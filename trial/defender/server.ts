import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { deflateSync } from 'node:zlib';
import { type Clock, minutes } from '../../src/lib/clock';
import { cancelAction, getAction, listActions, runLiveResponse } from './actions/action-calls';
import { isNewActionFault, strikeNewAction } from './actions/new-action-faults';
import { downloadResult, getResultLink } from './actions/result-calls';
import { type Answer, apiHeaders, json, refuse } from './answer';
import { type ApiRoute, admit, type Call, forbiddenOn, quotaExceeded, unauthorized } from './call';
import type { Fault, Faults } from './faults';
import { type OpenEntry, withoutSecrets } from './journal';
import { deleteLibraryFile, listLibrary, maxUploadBytes, uploadLibraryFile } from './library-calls';
import { findMachinesByIp, findMachinesByTag, getMachine, listMachines } from './machine-calls';
import { findRoute, type Route } from './routes';
import type { World } from './world';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly entry: OpenEntry;
  readonly clock: Clock;
}

const handlers: Readonly<Record<ApiRoute, (world: World, call: Call) => Answer>> = {
  listMachines,
  getMachine,
  findMachinesByIp,
  findMachinesByTag,
  runLiveResponse,
  listActions,
  getAction,
  cancelAction,
  getResultLink,
  listLibrary,
  uploadLibraryFile,
  deleteLibraryFile,
};

/** Room for the largest upload and its multipart frame; a larger body is answered 413. */
const maxBodyBytes = maxUploadBytes + 1_048_576;

/** The emulator over HTTP: journal, faults, then the call itself. Not listening yet. */
export function createEmulatorServer(world: World, faults: Faults, journal: OpenEntry[]): Server {
  return createServer({ keepAliveTimeout: minutes(5) }, (request, response) => {
    response.on('error', () => {});
    readBody(request).then(
      (body) => serve(world, faults, openExchange({ world, request, response, body, journal })),
      () => response.destroy(),
    );
  });
}

async function serve(world: World, faults: Faults, exchange: Exchange): Promise<void> {
  const { entry, route, response } = exchange;
  const fault = faults.take(route.name, world.clock.now());
  entry.fault = fault?.type ?? null;
  if ((fault?.type === 'hold' || fault?.type === 'slow') && fault.when === 'before') await wait(fault);

  const refusal = fault === null ? null : answerBefore(world, route, fault);
  if (refusal === 'drop') return drop(response);
  if (refusal !== null) return send(exchange, refusal);

  const answer = answerCall(world, exchange);
  if ((fault?.type === 'hold' || fault?.type === 'slow') && fault.when === 'after') await wait(fault);
  if (fault?.type === 'dropAfter') return drop(response);
  if (fault?.type === 'errorAfter') return send(exchange, internalError());
  if (fault?.type === 'gatewayError') return send(exchange, gatewayError(fault.status));
  if (fault?.type === 'malformed')
    return answer.bytes === undefined ? send(exchange, cutJson(answer)) : cutOff(exchange, answer, answer.bytes);
  if (fault !== null && isNewActionFault(fault)) {
    const struck = strikeNewAction(world, fault, answer);
    if (struck === 'drop') return drop(response);
    if (struck !== null) return send(exchange, struck);
    entry.fault = null;
    faults.add({ fault, route: 'runLiveResponse' });
  }
  send(exchange, answer);
}

function answerCall(world: World, exchange: Exchange): Answer {
  const { route, query, request, body, entry } = exchange;
  const now = world.settle();
  const { name, params } = route;
  if (name === 'unknown') {
    return route.wrongMethod
      ? refuse(405, 'MethodNotAllowed', 'The requested resource does not support this method.')
      : refuse(404, 'NotFound', 'No such resource.');
  }
  if (name === 'token') {
    return world.tokens.issue(
      params.tenant ?? '',
      params.version === '' ? 'v1' : 'v2',
      new URLSearchParams(body.toString('utf8')),
    );
  }
  if (name === 'downloadResult') return downloadResult(world, params.blob ?? '', query, request.headers);
  if (body.length > maxBodyBytes) return refuse(413, 'RequestEntityTooLarge', 'The request body is too large.');
  const admitted = admit(world, name, request.headers.authorization);
  if ('status' in admitted) return admitted;
  if (entry.authorization !== null) entry.authorization = { ...entry.authorization, accepted: true };
  return handlers[name](world, { route, query, headers: request.headers, body, caller: admitted, now });
}

/** The answer of a fault that strikes before anything is done; null when the call goes on. */
function answerBefore(world: World, route: Route, fault: Fault): Answer | 'drop' | null {
  switch (fault.type) {
    case 'errorBefore':
      return internalError();
    case 'dropBefore':
      return 'drop';
    case 'tooManyRequests':
      return tooManyRequests(world, route, fault);
    case 'unauthorized':
      return unauthorized();
    case 'forbidden':
      return forbiddenOn(route.name);
    case 'notFound':
      return refuse(404, 'ResourceNotFound', 'The resource was not found');
    case 'emptyList':
      return json(200, { value: [] });
    case 'refuse':
      return refuse(fault.status, fault.code, fault.message);
    case 'gatewayError':
      return fault.arrived ? null : gatewayError(fault.status);
    default:
      return null;
  }
}

function tooManyRequests(world: World, route: Route, fault: Extract<Fault, { type: 'tooManyRequests' }>): Answer {
  const { wait: where, waitSeconds } = fault;
  const answer = quotaExceeded({
    tenantId: world.tenantId,
    allowed: route.name === 'runLiveResponse' ? world.limits.runsPerMinute : world.limits.readsPerMinute,
    windowMs: 60_000,
    waitSeconds: where === 'text' ? waitSeconds : null,
  });
  if (where === 'seconds') return { ...answer, headers: { 'Retry-After': String(waitSeconds) } };
  if (where === 'date') {
    return { ...answer, headers: { 'Retry-After': new Date(world.clock.now() + waitSeconds * 1_000).toUTCString() } };
  }
  return answer;
}

/** "No error message, retry the operation" (common-errors). */
const internalError = (): Answer => refuse(500, 'InternalServerError', '');

/** What stands in front of Defender has words of its own. */
const gatewayError = (status: number): Answer => ({
  status,
  headers: { 'Content-Type': 'text/html' },
  bytes: Buffer.from(`<html><head><title>${status}</title></head><body>The gateway got no answer.</body></html>`),
});

function cutJson(answer: Answer): Answer {
  const text = JSON.stringify(answer.json ?? {});
  return {
    ...answer,
    bytes: Buffer.from(text.slice(0, Math.ceil(text.length / 2))),
    headers: { ...apiHeaders, ...answer.headers },
  };
}

/** What storage serves has a length: it can end too soon, even where it is empty, and cannot be another file. */
function cutOff({ response, entry, clock }: Exchange, { status, headers }: Answer, bytes: Uint8Array): void {
  response.setHeader('Date', httpDate(clock));
  entry.status = status;
  response.writeHead(status, { ...headers, 'Content-Length': bytes.length + 1 });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => drop(response));
}

const wait = (fault: Extract<Fault, { type: 'hold' | 'slow' }>): Promise<unknown> =>
  fault.type === 'hold'
    ? Promise.resolve(fault.release).catch(() => undefined)
    : new Promise((resolve) => setTimeout(resolve, fault.realMs).unref());

function drop(response: ServerResponse): void {
  response.socket?.destroy();
}

/** By the emulator's own clock, whatever the machine's says: clients may time things by it. */
const httpDate = (clock: Clock): string => new Date(clock.now()).toUTCString();

function send({ request, response, entry, clock }: Exchange, answer: Answer): void {
  response.setHeader('Date', httpDate(clock));
  entry.status = answer.status;
  entry.code = codeOf(answer);
  const body = answer.bytes ?? (answer.json === undefined ? null : Buffer.from(JSON.stringify(answer.json)));
  const headers = { ...(answer.bytes === undefined ? apiHeaders : {}), ...answer.headers };
  if (body === null) {
    // Two statements: restify, where it is loaded, makes writeHead return nothing.
    response.writeHead(answer.status, { 'OData-Version': '4.0' });
    response.end();
    return;
  }
  const deflated = answer.bytes === undefined && /\bdeflate\b/.test(String(request.headers['accept-encoding'] ?? ''));
  response.writeHead(answer.status, { ...headers, ...(deflated ? { 'Content-Encoding': 'deflate' } : {}) });
  response.write(deflated ? deflateSync(body) : body);
  response.end();
}

function codeOf(answer: Answer): string | null {
  const { error } = (answer.json ?? {}) as { readonly error?: { readonly code?: string } | string };
  return typeof error === 'string' ? error : (error?.code ?? null);
}

function openExchange(given: {
  readonly world: World;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly journal: OpenEntry[];
}): Exchange {
  const { world, request, response, body, journal } = given;
  const [path = '', query = ''] = splitOnce(request.url ?? '/', '?');
  const route = findRoute(request.method ?? '', path);
  const { authorization, ...headers } = request.headers;
  const entry: OpenEntry = {
    at: world.clock.now(),
    method: request.method ?? '',
    path,
    query: withoutSecrets(query),
    route: route.name,
    headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)])),
    authorization:
      authorization === undefined ? null : { scheme: authorization.split(' ', 1)[0] ?? '', accepted: false },
    body: withoutSecrets(body.toString('utf8')),
    status: null,
    code: null,
    fault: null,
  };
  journal.push(entry);
  return { request, response, route, query: new URLSearchParams(query), body, entry, clock: world.clock };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= maxBodyBytes + 1) chunks.push(chunk as Buffer);
    else chunks.splice(0, chunks.length, Buffer.alloc(maxBodyBytes + 1));
  }
  return Buffer.concat(chunks);
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
