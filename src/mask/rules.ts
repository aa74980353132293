/** What was found; our own words, as they stand in a mark. */
export type SecretKind =
  | 'password'
  | 'private key'
  | 'storage key'
  | 'signature'
  | 'token'
  | 'access key'
  | 'password hash'
  | 'Kerberos ticket'
  | 'recovery key'
  | 'Wi-Fi key';

/** One shape of a secret. The value is the group `v`, `w` or `x`, or the whole match. Every repetition is bounded: reading stays linear. */
export interface Rule {
  readonly kind: SecretKind;
  readonly shape: RegExp;
  /** Said of what the shape alone cannot tell. */
  readonly accepts?: (value: string, match: RegExpExecArray) => boolean;
  /** The same without what must stand before it. What is whole before a terminal escape ends there, and right behind one it may begin. */
  readonly bare?: string;
}

const word = '(?<![A-Za-z0-9_])';

const tokenShapes = [
  'gh[pousr]_[A-Za-z0-9]{36,255}',
  'github_pat_[A-Za-z0-9_]{50,255}',
  'gl(?:pat|ptt|rt|oas|dt)-[A-Za-z0-9_-]{20,255}',
  'xox[abeoprs]-[A-Za-z0-9-]{10,255}',
  'xapp-[0-9]-[A-Za-z0-9-]{20,255}',
  'npm_[A-Za-z0-9]{36}',
  'pypi-[A-Za-z0-9_-]{60,255}',
  'sk_live_[A-Za-z0-9]{16,255}',
  'rk_live_[A-Za-z0-9]{16,255}',
  'sk-(?:proj-|ant-)?[A-Za-z0-9_-]{32,255}',
  'SG\\.[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,64}',
  'hf_[A-Za-z0-9]{30,64}',
  'dop_v1_[a-f0-9]{64}',
  'dapi[a-f0-9]{32}',
  'AIza[A-Za-z0-9_-]{35}',
  'ya29\\.[A-Za-z0-9_-]{20,255}',
  'eyJ[A-Za-z0-9_-]{10,8000}(?:\\.[A-Za-z0-9_-]{0,8000}){2,4}',
  '[0-9]{8,10}:AA[A-Za-z0-9_-]{33}',
];

const entraSecret = '[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}';

const token = (shape: string): Rule => ({
  kind: 'token',
  shape: new RegExp(`${word}${shape}`, 'g'),
  bare: shape,
});

/** Tokens that name themselves. */
export const tokenRules: readonly Rule[] = [
  ...tokenShapes.map(token),
  {
    kind: 'token',
    shape: new RegExp(`(?<![A-Za-z0-9_~.-])${entraSecret}`, 'g'),
    bare: entraSecret,
  },
  {
    kind: 'token',
    shape: /hooks\.slack\.com\/services\/(?<v>[A-Za-z0-9]{6,20}\/[A-Za-z0-9]{6,20}\/[A-Za-z0-9]{16,40})/g,
  },
  { kind: 'token', shape: /webhook\.office\.com\/webhookb2\/(?<v>[A-Za-z0-9@/_-]{40,400})/g },
  { kind: 'access key', shape: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { kind: 'storage key', shape: /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==/g },
  { kind: 'signature', shape: /(?<![A-Za-z0-9_])sig=(?<v>[A-Za-z0-9+/_-]{40,100}={0,2})/g },
  { kind: 'Kerberos ticket', shape: /\$krb5(?:tgs|asrep|pa)\$[^\s]{20,20000}/g },
  { kind: 'Kerberos ticket', shape: /(?<![A-Za-z0-9+/])YII[A-Za-z0-9+/]{80,20000}={0,2}/g },
  { kind: 'password hash', shape: /(?<![A-Za-z0-9+/])TlRMTVNTUAAD[A-Za-z0-9+/]{40,8000}={0,2}/g },
];

/** Eight groups of six digits, each a multiple of 11 below 720,896: so BitLocker makes them. */
const isRecoveryKey = (value: string): boolean =>
  value.split('-').every((group) => Number(group) % 11 === 0 && Number(group) < 720_896);

/** What operating systems and their tools print beside a name. */
export const printedRules: readonly Rule[] = [
  { kind: 'recovery key', shape: /(?<![0-9-])(?:[0-9]{6}-){7}[0-9]{6}(?![0-9-])/g, accepts: isRecoveryKey },
  { kind: 'password hash', shape: /(?<![^\s:])[^\s:]{1,100}:[0-9]{1,10}:(?<v>[0-9a-fA-F]{32}:[0-9a-fA-F]{32}):::/g },
  { kind: 'password hash', shape: /(?<v>aad3b435b51404eeaad3b435b51404ee:[0-9a-f]{32})(?![0-9a-f])/gi },
  {
    kind: 'password hash',
    shape: /(?<![^\s:])[^\s:]{1,64}::[^\s:]{0,64}:(?<v>[0-9a-fA-F]{16,48}:[0-9a-fA-F]{32,48}:[0-9a-fA-F]{16,4000})/g,
  },
  {
    kind: 'password hash',
    shape:
      /(?<![A-Za-z0-9_])(?:NTLM|LM|rc4_hmac(?:_nt)?(?:_exp)?|aes(?:128|256)_(?:hmac|cts)[a-z0-9_-]{0,20}|des_cbc[a-z0-9_]{0,10})[ \t]{0,20}[:=]?[ \t]{1,20}(?<v>[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16})(?![0-9a-f])/gi,
  },
  { kind: 'password hash', shape: /(?<![A-Za-z0-9])\$(?:1|2[abxy]|5|6|7|y|gy)\$[./A-Za-z0-9$=,]{16,300}/g },
  { kind: 'password hash', shape: /\$DCC2\$[0-9]{1,10}#[^\s#]{1,100}#[0-9a-fA-F]{32}/g },
  {
    kind: 'password',
    shape: /(?:ms-Mcs-AdmPwd|msLAPS-(?:Encrypted)?Password)["']?[ \t]{0,40}[:=][ \t]{0,10}(?<v>[^\s][^\n]{0,499})/gi,
  },
  { kind: 'password', shape: /"n":"[^"\n]{1,100}","t":"[^"\n]{1,40}","p":"(?<v>[^"\n]{1,200})"/g },
  {
    kind: 'Wi-Fi key',
    shape:
      /(?:Key Content|Schl.{1,2}sselinhalt|Contenu de la cl.{1,2}|Contenido de la clave)[ \t]{1,40}:[ \t]{0,5}(?<v>[^\s][^\n]{0,99})/g,
  },
  { kind: 'Wi-Fi key', shape: /<keyMaterial>(?<v>[^<\n]{1,200})/g },
  { kind: 'Wi-Fi key', shape: /(?<![A-Za-z0-9_])psk=(?:"(?<v>[^"\n]{8,63})"|(?<w>[0-9a-f]{64}))/g },
  {
    kind: 'password',
    shape:
      /(?<![A-Za-z0-9])(?:Alt)?(?:Default|Proxy|Auto(?:Admin)?Logon)?Password[ \t]{1,40}REG_(?:SZ|EXPAND_SZ|BINARY)[ \t]{1,20}(?<v>[^\s][^\n]{0,299})/gi,
  },
  { kind: 'password', shape: /<(?:Administrator)?Password>\s{0,20}<Value>(?<v>[^<]{1,500})<\/Value>/g },
];
