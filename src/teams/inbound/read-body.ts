import type { IncomingMessage } from 'node:http';
import { err, ok, type Result } from '../../lib/result';
import type { HttpAnswer } from './turn-context';

/** Well above the 100 KB that Teams allows a message. */
const defaultMaxBodyBytes = 256_000;

/** 64 whole bodies: far more than Teams sends at once, and nothing in a container of 1 GiB. */
const defaultMaxBufferedBytes = 64 * defaultMaxBodyBytes;

export interface BodyReader {
  /** restify's own reader unpacks gzip without a bound, before anybody is asked who they are; Teams sends plain JSON, so nothing else is read. */
  read(req: IncomingMessage): Promise<Result<unknown, HttpAnswer>>;
  /** What is held of bodies that have not ended. */
  bufferedBytes(): number;
}

export interface BodyLimits {
  readonly maxBodyBytes?: number;
  /** Of all bodies under way together; the one that has been under way longest gives way. */
  readonly maxBufferedBytes?: number;
}

interface Reading {
  chunks: Buffer[];
  size: number;
  /** Ends it with a refusal, and reads no more of it. */
  readonly cut: (answer: HttpAnswer) => void;
}

/** Bodies by their events, which take a fraction of what the iterator does, within one bound for all of them. */
export function createBodyReader(limits: BodyLimits = {}): BodyReader {
  const { maxBodyBytes = defaultMaxBodyBytes, maxBufferedBytes = defaultMaxBufferedBytes } = limits;
  /** Oldest first. */
  const underWay = new Set<Reading>();
  let buffered = 0;

  const release = (reading: Reading): void => {
    if (!underWay.delete(reading)) return;
    buffered -= reading.size;
    reading.chunks = [];
  };

  const readAll = (req: IncomingMessage): Promise<Result<Buffer, HttpAnswer>> =>
    new Promise((resolve, reject) => {
      const reading: Reading = {
        chunks: [],
        size: 0,
        cut: (answer) => {
          release(reading);
          req.pause();
          resolve(err(answer));
        },
      };
      underWay.add(reading);
      req.on('data', (chunk: Buffer) => {
        if (!underWay.has(reading)) return;
        reading.size += chunk.length;
        buffered += chunk.length;
        reading.chunks.push(chunk);
        if (reading.size > maxBodyBytes)
          return reading.cut(refusal(413, 'tooLarge', `The body is larger than ${maxBodyBytes} bytes.`));
        while (buffered > maxBufferedBytes) [...underWay][0]?.cut(overtaken); // guard: unfinished-bodies-are-bounded
      });
      req.once('end', () => {
        const whole = Buffer.concat(reading.chunks);
        release(reading);
        resolve(ok(whole));
      });
      const breakOff = () => {
        release(reading);
        reject(new Error('The body broke off.'));
      };
      req.once('close', breakOff);
      req.once('error', breakOff);
    });

  return {
    bufferedBytes: () => buffered,
    async read(req) {
      if ((req.headers['content-encoding'] ?? 'identity') !== 'identity')
        return err(refusal(415, 'unsupportedEncoding', 'Send the body as plain JSON.'));
      try {
        const bytes = await readAll(req);
        return bytes.ok ? ok(JSON.parse(bytes.value.toString('utf8'))) : bytes;
      } catch {
        return err(refusal(400, 'malformedJson', 'The body is not JSON.'));
      }
    },
  };
}

const refusal = (status: number, code: string, message: string): HttpAnswer => ({
  status,
  body: { error: { code, message } },
});

const overtaken = refusal(
  503,
  'tooManyBodies',
  'Too many bodies are under way, and this one has taken the longest. Please send it again, all at once.',
);
