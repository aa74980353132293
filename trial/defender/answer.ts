import { randomUUID } from 'node:crypto';

/** What the server will write: a JSON entity, raw bytes, or nothing. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

export const json = (status: number, body: unknown): Answer => ({ status, json: body });

/** Defender's error envelope (common-errors): `target` is the correlation id to quote to support. */
export const refuse = (status: number, code: string, message: string, target: string = randomUUID()): Answer => ({
  status,
  json: { error: { code, message, target } },
});

/** Run page refusals that were observed without a `target` (err-400-activerequest.json, err-403-disallowedoperation.json). */
export const refuseBare = (status: number, code: string, message: string): Answer => ({
  status,
  json: { error: { code, message } },
});

/** The headers of a real 200 (resp-headers-real-200.txt); errors are assumed to carry the same. */
export const apiHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8',
  'OData-Version': '4.0',
  'Strict-Transport-Security': 'max-age=15724800; includeSubDomains',
  Vary: 'Accept-Encoding',
};
