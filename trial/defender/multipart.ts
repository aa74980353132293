export interface Part {
  readonly name: string;
  readonly fileName: string | null;
  readonly content: Buffer;
}

/** The parts of a multipart/form-data body (RFC 7578), or null when it is not one. */
export function parseMultipart(contentType: string | undefined, body: Buffer): readonly Part[] | null {
  const match = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '');
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return null;
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const whole = Buffer.concat([Buffer.from('\r\n'), body]);
  const parts: Part[] = [];
  let at = whole.indexOf(delimiter);
  while (at !== -1) {
    const from = at + delimiter.length;
    if (whole.subarray(from, from + 2).toString('latin1') === '--') return parts;
    const next = whole.indexOf(delimiter, from);
    const part = next === -1 ? null : parsePart(whole.subarray(from, next));
    if (part === null) return null;
    parts.push(part);
    at = next;
  }
  return null;
}

function parsePart(bytes: Buffer): Part | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const headers = bytes.subarray(0, end).toString('utf8');
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers)?.[1] ?? '';
  const name = /(?:^|;)\s*name="([^"]*)"/i.exec(disposition)?.[1];
  if (name === undefined) return null;
  return {
    name,
    fileName: /(?:^|;)\s*filename="([^"]*)"/i.exec(disposition)?.[1] ?? null,
    content: bytes.subarray(end + 4),
  };
}
