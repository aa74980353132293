import { findSecrets } from '../../src/mask/find-secrets';
import { maskKeyOf, maskWords } from '../../src/mask/marks';
import { ordinaryLines } from './ordinary';
import {
  begin,
  bytes64,
  end,
  github,
  hex,
  jwe,
  jwt,
  keyBody,
  password,
  pem,
  recoveryKey,
  secrets,
  storageKey,
} from './secrets';

const key = maskKeyOf('0'.repeat(64), 'tenant', 'LR-7F3K');
const masked = (text: string): string => maskWords(text, key);
/** Without what is written to hide. */
const tagsIn = (text: string): readonly string[] =>
  [...masked(text).matchAll(/#([0-9a-f]+)\]/g)].map(([, tag = '']) => tag);

describe('the corpus', () => {
  test.each(secrets.map((one) => [one.name, one] as const))('%s is masked, and nothing around it', (_name, one) => {
    const at = one.text.indexOf(one.secret);
    const shown = masked(one.text);
    expect(shown).not.toContain(one.secret);
    const [found, ...others] = findSecrets(one.text);
    expect([others.length, found !== undefined && found.from <= at && found.to >= at + one.secret.length]).toEqual([
      0,
      true,
    ]);
    expect((found?.to ?? 0) - (found?.from ?? 0)).toBe(one.secret.length);
  });

  test('fewer than 1 in 100 ordinary lines are masked, one by one and all together', () => {
    const wrong = ordinaryLines.filter((line) => findSecrets(line).length > 0);
    const together = findSecrets(ordinaryLines.join('\r\n'));
    console.info(
      `masking: ${secrets.length} secrets planted, ${secrets.length} found; ${ordinaryLines.length} ordinary lines, ${wrong.length} masked wrongly`,
    );
    expect(ordinaryLines.length).toBeGreaterThan(1_500);
    expect(wrong.length / ordinaryLines.length).toBeLessThan(0.01);
    expect(together.length / ordinaryLines.length).toBeLessThan(0.01);
  });

  test.each([
    'Password last set  1/3/2026',
    'Password required  Yes',
    'the password is wrong',
    'msbuild x.sln /p:Configuration=Release',
    'net user bob /active:no',
    'PWD=/root',
    `ssh-ed25519 ${bytes64(68, 'ed')} bob@ws`,
    `-----${'BEGIN'} CERTIFICATE-----\n${bytes64(64, 'ce')}\n${bytes64(64, 'cf')}`,
    `Public key: ${hex(64, 'pk')}`,
    `${hex(32, 'm')}:${hex(40, 's')}`,
    `IMPHASH=${hex(32, 'im')}`,
    '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    'S-1-5-21-1004336348-1177238915-682003330-512',
    `Thumbprint ${hex(40, 'th')}`,
    `powershell -EncodedCommand ${bytes64(200, 'enc')}`,
    '111111-222222-333333-444445-555555-666666-777777-888888',
  ])('%j is never masked (d13)', (line) => {
    expect(findSecrets(line)).toEqual([]);
  });
});

describe('what hides a secret from a plain search', () => {
  const secret = github();
  test.each([
    ['zero width', '\u200b'],
    ['NUL', '\0'],
    ['soft hyphen', '\u00ad'],
    ['a C1 control', '\u009b'],
    ['a terminal escape', '\u001b[31m'],
    ['a byte order mark', '\ufeff'],
  ])('%s within a token (d2)', (_name, between) => {
    const text = `x ${secret.slice(0, 14)}${between}${secret.slice(14)} y`;
    const shown = masked(text);
    expect(shown).toMatch(/^x \[masked: token, 40 characters, #[0-9a-f]{4}\] y$/);
    expect(tagsIn(text)).toEqual(tagsIn(secret));
  });

  test('text that a terminal colours begins and ends where the colour does', () => {
    const text = `a\u001b[31m${secret}\u001b[0mStatus: OK`;
    expect(masked(text).split('\u001b')).toEqual([
      'a',
      expect.stringMatching(/^\[31m\[masked: [^\]]+\]$/),
      '[0mStatus: OK',
    ]);
  });

  test('UTF-16 that came as bytes, with and without a mark in the middle (d17)', () => {
    for (const mark of ['', '\ufeff']) {
      const wide = [...`pw=${password()} x`].map((char) => `${char}\0`).join(mark);
      expect(masked(wide)).toContain('[masked: password, #');
      expect(
        masked(wide)
          .replaceAll('\0', '')
          .replaceAll(mark || '\0', ''),
      ).not.toContain(password());
    }
  });

  test('a token over nine lines of a console is one secret, and says how many lines (d4)', () => {
    const wrapped = (jwt(700).match(/.{1,80}/g) ?? []).join('\r\n');
    expect(masked(`${wrapped}\r\nStatus: OK`)).toMatch(/^\[masked: token, 9 lines, #[0-9a-f]{4}\]\r\nStatus: OK$/);
    expect(tagsIn(wrapped)).toEqual(tagsIn(jwt(700)));
  });

  test('a signature that a console broke within an escape (d4)', () => {
    const address = `https://acc.blob.core.windows.net/c?sv=2022&sig=${bytes64(43, 'w').replace(/[+/]/g, 'a')}%3D&se=2026-01-01`;
    const at = address.indexOf('%3D') + 2;
    const text = `${'x'.repeat(119 - at)} ${address.slice(0, at)}\r\n${address.slice(at)}`;
    expect(text.indexOf('\r\n')).toBe(120);
    expect(masked(text)).toMatch(/sig=\[masked: signature, 2 lines, #[0-9a-f]{4}\]&se=2026-01-01$/);
  });

  test('a token that is whole at the end of a line swallows nothing of the next (d4)', () => {
    const line = `${' '.repeat(80 - secret.length)}${secret}`;
    expect(masked(`${line}\nStatus: OK`)).toMatch(/\]\nStatus: OK$/);
    expect(masked(`token ${secret}\nStatus: OK`)).toMatch(/\]\nStatus: OK$/);
  });
});

describe('private keys (d6)', () => {
  const ordinary = Array.from({ length: 20 }, (_, i) => `line ${i} of the log, as usual`);
  const body = keyBody(8);
  const rest = ordinary.join('\n');

  test('encrypted, and without an end: the lines after it stay', () => {
    const text = [
      begin(),
      'Proc-Type: 4,ENCRYPTED',
      `DEK-Info: AES-128-CBC,${hex(32, 'iv')}`,
      '',
      ...body,
      ...ordinary,
    ].join('\n');
    expect(masked(text)).toMatch(new RegExp(`\\n\\n\\[masked: private key, 8 lines, #[0-9a-f]{4}\\]\\n${rest}$`));
  });
  test('a lone beginning hides nothing', () => {
    expect(masked(`${begin()}\n${rest}`)).toBe(`${begin()}\n${rest}`);
  });
  test('printed with line numbers', () => {
    const numbered = [begin(), ...body, end(), ...ordinary].map((line, i) => `${i + 12}:${line}`).join('\n');
    const shown = masked(numbered);
    for (const line of body) expect(shown).not.toContain(line);
    for (const line of ordinary) expect(shown).toContain(line);
  });
  test('written as one line of JSON', () => {
    const text = `{"key":"${[begin(), ...body, end(), ''].join('\\n')}","next":"ok"}`;
    expect(masked(text)).toMatch(
      /\\n\[masked: private key, 8 lines, #[0-9a-f]{4}\]\\n-----END RSA PRIVATE KEY-----\\n","next":"ok"}$/,
    );
  });
});

describe('the mark covers the whole value (d7)', () => {
  test.each([
    [`t ${github(56)} e`, /^t \[masked: token, 60 characters, #\w+\] e$/],
    [jwe(), /^\[masked: token, \d+ characters, #\w+\]$/],
    ['password="ab\\"cd ef" ok', /^password="\[masked: password, #\w+\]" ok$/],
    ['/p:"two words" /add', /^\/p:"\[masked: password, #\w+\]" \/add$/],
    ['p=one%20two', /^p=\[masked: password, #\w+\]$/],
  ])('%j', (text, shown) => {
    expect(masked(text)).toMatch(shown);
  });
});

describe('tags', () => {
  test('one key in four writings has one tag (d8)', () => {
    const plain = storageKey();
    const texts = [
      `AccountKey=${plain};`,
      `"AccountKey": "${plain.replaceAll('+', '\\u002b')}"`,
      `https://x/?sig=${plain.replaceAll('+', '%2B').replaceAll('/', '%2F').replaceAll('=', '%3D')}&a=b`,
      `https://x/?a=b&amp;sig=${plain.replaceAll('+', '%2b').replaceAll('/', '%2f').replaceAll('=', '%3d')}`,
      `<key>AccountKey=${plain.replaceAll('+', '&#43;')}</key>`,
    ];
    for (const text of texts) expect(masked(text)).not.toContain(plain.slice(50, 80));
    expect(new Set(texts.flatMap(tagsIn)).size).toBe(1);
  });

  test('the same password under another request, tenant or store has another tag (d10)', () => {
    const text = `password=${password()}`;
    const others = [
      maskKeyOf('0'.repeat(64), 'tenant', 'LR-7F3M'),
      maskKeyOf('0'.repeat(64), 'tenant-2', 'LR-7F3K'),
      maskKeyOf('1'.repeat(64), 'tenant', 'LR-7F3K'),
    ];
    expect(new Set([key, ...others].map((one) => maskWords(text, one))).size).toBe(4);
  });

  test('no length of a password is told', () => {
    expect(masked('net user svc 1 /add').length).toBe(masked(`net user svc ${'x'.repeat(40)} /add`).length);
  });
});

test('a password is masked at its place only, whatever its length (d12)', () => {
  const others = Array.from({ length: 40 }, (_, i) => `row ${i}: 1 of Ab1! seen`);
  const shown = masked(['net user bob Ab1! /add', 'net user svc 1 /add', ...others].join('\n')).split('\n');
  expect(shown[0]).toMatch(/^net user bob \[masked: password, #\w+\] \/add$/);
  expect(shown[1]).toMatch(/^net user svc \[masked: password, #\w+\] \/add$/);
  expect(shown.slice(2)).toEqual(others);
});

test('what is masked already stays as it is, lengths included (d16)', () => {
  const text = [
    `password=${password()}`,
    `AccountKey=${storageKey()}`,
    pem(),
    recoveryKey(),
    `/p:${password('2')}`,
  ].join('\n');
  expect(masked(masked(text))).toBe(masked(text));
});

test.each([
  ['one line without an end', 'a'.repeat(200_000)],
  ['blanks', ' '.repeat(200_000)],
  ['a beginning again and again', 'password'.repeat(25_000)],
  ['quotes', 'password="'.repeat(20_000)],
  ['base64', bytes64(200_000, 'long')],
  ['keys that never end', `${begin()}\n`.repeat(6_000)],
  ['colours', '\u001b[31m'.repeat(40_000)],
  ['a title that never ends', '\u001b]0;x'.repeat(30_000)],
  ['dots and dashes', 'a.-_'.repeat(50_000)],
  ['tool after tool', 'psexec curl mysql net use '.repeat(8_000)],
  ['escapes', '%41\\u0041&#65;&amp;'.repeat(10_000)],
  ['ids', '1234567890:'.repeat(18_000)],
  ['lone halves of pairs', '\ud800'.repeat(200_000)],
])('%s is read in linear time', (_name, text) => {
  const took = (given: string): number => {
    const from = performance.now();
    findSecrets(given);
    return performance.now() - from;
  };
  took(text.slice(0, text.length / 8));
  const [part, whole] = [took(text.slice(0, text.length / 4)), took(text)];
  expect(whole).toBeLessThan(Math.max(part, 10) * 16);
  expect(whole).toBeLessThan(3_000);
});
