import { createHash } from 'node:crypto';

/** Letters and digits that no scanner takes for a secret, since they are made when the tests run. */
export function letters(
  length: number,
  seed: string,
  alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789',
): string {
  let out = '';
  for (let i = 0; out.length < length; i++) {
    const bytes = createHash('sha256').update(`${seed}${i}`).digest();
    for (const byte of bytes) if (out.length < length) out += alphabet[byte % alphabet.length];
  }
  return out;
}
export const hex = (length: number, seed: string): string => letters(length, seed, '0123456789abcdef');
const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
export const bytes64 = (length: number, seed: string): string => letters(length, seed, base64);

export const github = (length = 36, seed = 'g'): string => `${'gh'}p_${letters(length, seed)}`;
export const storageKey = (seed = 's'): string => `${bytes64(40, seed)}+${bytes64(45, seed)}${'=='}`;
export const jwt = (length = 300, seed = 'j'): string => {
  const part = Math.floor((length - 40) / 2);
  return `${'ey'}J${letters(33, seed)}.${'ey'}J${letters(part, `${seed}p`)}.${letters(part, `${seed}s`)}`;
};
export const jwe = (): string =>
  ['eyJ'.concat(letters(40, 'e1')), letters(60, 'e2'), letters(16, 'e3'), letters(80, 'e4'), letters(22, 'e5')].join(
    '.',
  );
export const password = (seed = 'p'): string => `Zx${letters(6, seed)}!7`;
export const keyBody = (lines: number, seed = 'k'): string[] => [
  ...Array.from({ length: lines - 1 }, (_, i) => bytes64(64, `${seed}${i}`)),
  `${bytes64(22, `${seed}e`)}==`,
];
export const begin = (kind = 'RSA '): string => `-----${'BEGIN'} ${kind}PRIVATE KEY-----`;
export const end = (kind = 'RSA '): string => `-----${'END'} ${kind}PRIVATE KEY-----`;
export const pem = (lines = 8): string => [begin(), ...keyBody(lines), end()].join('\n');
/** Eight groups of six digits, each a multiple of 11. */
export const recoveryKey = (): string =>
  Array.from({ length: 8 }, (_, i) => String((12_345 + i * 4_321) * 11).padStart(6, '0')).join('-');

export interface Planted {
  readonly name: string;
  readonly text: string;
  /** What must not be read in it any more, in the characters in which it stands there. */
  readonly secret: string;
}

const planted = (name: string, secret: string, text: (secret: string) => string): Planted => ({
  name,
  text: text(secret),
  secret,
});

/** One or more of every kind that is masked. */
export const secrets: readonly Planted[] = [
  planted('a GitHub token', github(), (s) => `remote: https://x-access:${s}@github.com/a/b`),
  planted('a GitHub token in a line', github(36, 'g2'), (s) => `GITHUB_PAT ${s} found`),
  planted('a fine-grained GitHub token', `${'github'}_pat_${letters(80, 'gf')}`, (s) => `token ${s}`),
  planted('a GitLab token', `${'gl'}pat-${letters(20, 'gl')}`, (s) => `git clone https://oauth2:${s}@gitlab.local/x`),
  planted('a Slack token', `${'xo'}xb-${letters(12, 'x1', '0123456789')}-${letters(24, 'x2')}`, (s) => `SLACK=${s}`),
  planted(
    'a Slack webhook',
    `T${letters(9, 'h1')}/B${letters(9, 'h2')}/${letters(24, 'h3')}`,
    (s) => `POST https://hooks.slack.com/services/${s}`,
  ),
  planted('an npm token', `${'np'}m_${letters(36, 'n')}`, (s) => `//registry.npmjs.org/:_authToken=${s}`),
  planted('a Google key', `${'AI'}za${letters(35, 'ai')}`, (s) => `"key": "${s}"`),
  planted(
    'an AWS key id',
    `${'AK'}IA${letters(16, 'ak', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
    (s) => `aws_access_key_id = ${s}`,
  ),
  planted('an AWS secret', bytes64(40, 'aw'), (s) => `aws_secret_access_key = ${s}`),
  planted('an Entra client secret', `${letters(3, 'q')}8${'Q~'}${letters(34, 'q2')}`, (s) => `value: ${s}`),
  planted('a JWT', jwt(), (s) => `{"access":"${s}"}`),
  planted('a five-part JWE', jwe(), (s) => `id ${s} end`),
  planted('a bearer token', letters(60, 'b'), (s) => `Authorization: Bearer ${s}`),
  planted('basic authentication', bytes64(24, 'ba'), (s) => `"Authorization": "Basic ${s}"`),
  planted('a proxy authentication', bytes64(24, 'pa'), (s) => `Proxy-Authorization: Basic ${s}`),
  planted('an API key header', hex(32, 'ap'), (s) => `X-Api-Key: ${s}`),
  planted('a storage key', storageKey(), (s) => `key1 Full ${s}`),
  planted(
    'a connection string',
    storageKey('cs'),
    (s) => `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${s};EndpointSuffix=core.windows.net`,
  ),
  planted(
    'a service bus string',
    `${bytes64(43, 'sb')}=`,
    (s) => `Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=${s}`,
  ),
  planted('an SQL string', password('sql'), (s) => `Server=db;User Id=sa;Password=${s};Encrypt=true`),
  planted('an SQL string with Pwd', password('pwd'), (s) => `Server=db;Uid=sa;Pwd=${s};`),
  planted(
    'a SAS signature',
    `${bytes64(42, 'sig').replace(/[+/]/g, 'x')}%2Bab%3D`,
    (s) => `https://a.blob.core.windows.net/c/f?sv=2022-11-02&sig=${s}&se=2026-01-01`,
  ),
  planted(
    'a SAS signature behind &amp;',
    `${bytes64(43, 'sig2').replace(/[+/]/g, 'x')}%3D`,
    (s) => `<a href="https://a.blob.core.windows.net/?se=1&amp;sig=${s}">`,
  ),
  planted('a password in a URL', password('url'), (s) => `ftp://bob:${s}@files.contoso.com/x`),
  planted('a password in a query', 'one%20two', (s) => `p=${s}`),
  planted('a password in a query of several', password('q'), (s) => `GET /login?u=bob&p=${s}&x=1`),
  planted('password=', password('pe'), (s) => `password=${s}`),
  planted('password: in YAML', password('py'), (s) => `  db_password: ${s}`),
  planted('"password" in JSON', 'ab\\"cd ef', (s) => `"password": "${s}", ok`),
  planted('password in JSON within JSON', password('jj'), (s) => `{\\"password\\":\\"${s}\\"}`),
  planted('a quoted password', 'two words', (s) => `set password="${s}"`),
  planted('an XML password', password('xm'), (s) => `<dbPassword>${s}</dbPassword>`),
  planted('a GPP password', `${bytes64(43, 'gp')}=`, (s) => `<Properties cpassword="${s}" userName="x"/>`),
  planted('unattend', password('ua'), (s) => `<AdministratorPassword><Value>${s}</Value></AdministratorPassword>`),
  planted('autologon', password('al'), (s) => `    DefaultPassword    REG_SZ    ${s}`),
  planted('net user', password('nu'), (s) => `net user bob ${s} /add`),
  planted('a short net user', '1', (s) => `net user svc ${s} /add`),
  planted('net1 user with quotes', 'a b c', (s) => `net1.exe user "bob b" "${s}" /add /domain`),
  planted('net use', password('ns'), (s) => `net use Z: \\\\srv\\share ${s} /user:contoso\\bob`),
  planted('net use, name first', password('nf'), (s) => `net use \\\\srv\\share /user:contoso\\bob ${s}`),
  planted('/p:', 'two words', (s) => `rundll32 x /p:"${s}" /add`),
  planted('/p: without quotes', password('sp'), (s) => `wmic /node:x /u:bob /p:${s} process list`),
  planted('/password:', password('wp'), (s) => `wmic /user:bob /password:${s} os get`),
  planted('schtasks /rp', password('rp'), (s) => `schtasks /create /tn x /ru bob /rp ${s} /tr y`),
  planted('cmdkey', password('ck'), (s) => `cmdkey /add:srv /user:bob /pass:${s}`),
  planted('--password', password('dp'), (s) => `mysqldump --user root --password=${s} db`),
  planted('-Password', password('mp'), (s) => `New-LocalUser -Name x -Password ${s}`),
  planted('psexec -p', password('px'), (s) => `psexec \\\\srv -u contoso\\bob -p ${s} cmd`),
  planted('plink -pw', password('pl'), (s) => `plink -ssh bob@h -pw ${s} id`),
  planted('curl -u', password('cu'), (s) => `curl -s -u bob:${s} https://x`),
  planted('a secure string', password('ss'), (s) => `$p = ConvertTo-SecureString '${s}' -AsPlainText -Force`),
  planted('a client secret', letters(32, 'cl'), (s) => `client_secret=${s}&grant_type=client_credentials`),
  planted('an API key in JSON', hex(40, 'aj'), (s) => `"apiKey": "${s}"`),
  planted('an access token', letters(40, 'at'), (s) => `access_token: ${s}`),
  planted('pwdump', `${hex(32, 'lm')}:${hex(32, 'nt')}`, (s) => `Administrator:500:${s}:::`),
  planted('an NTLM hash of mimikatz', hex(32, 'mk'), (s) => `\t * NTLM     : ${s}`),
  planted('a password of mimikatz', password('mz'), (s) => `\t * Password : ${s}`),
  planted('an empty LM pair', `${'aad3b435b51404ee'.repeat(2)}:${hex(32, 'lp')}`, (s) => `hash ${s}`),
  planted('NetNTLMv2', `${hex(16, 'c1')}:${hex(32, 'c2')}:${hex(200, 'c3')}`, (s) => `bob::CONTOSO:${s}`),
  planted('a Kerberos hash', `$krb5${'tgs'}$23$*bob$CONTOSO*$${hex(32, 'kr')}$${hex(200, 'kt')}`, (s) => `hash: ${s}`),
  planted('a Kerberos key', hex(64, 'ka'), (s) => `   aes256_hmac       ${s}`),
  planted('a shadow hash', `$6$${letters(16, 'sa')}$${letters(86, 'sh')}`, (s) => `root:${s}:19000:0:99999:7:::`),
  planted('a recovery key', recoveryKey(), (s) => `      ID: {0D1C}\n      Password:\n        ${s}`),
  planted('LAPS', password('la'), (s) => `ms-Mcs-AdmPwd : ${s}`),
  planted('Windows LAPS', password('wl'), (s) => `{"n":"Administrator","t":"1d9","p":"${s}"}`),
  planted('a Wi-Fi key', 'correct horse', (s) => `    Key Content            : ${s}`),
  planted('a Wi-Fi profile', password('wf'), (s) => `<keyMaterial>${s}</keyMaterial>`),
  planted('a private key', keyBody(8).join('\n'), (s) => `${begin()}\n${s}\n${end()}\nDone`),
];
