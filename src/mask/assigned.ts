import type { Rule } from './rules';

/** Words that stand where a password would, and are none: what is asked, how it is, or where it comes from. */
const noValue =
  /^(?:[*•.]{1,64}|\(null\)|null|none|nil|n\/a|true|false|yes|no|not|never|required|optional|expired|expires|unset|undefined|empty|hidden|redacted|unknown|changed|incorrect|wrong|invalid|files|compat|sss|ldap|db|string|securestring|[01]|-{1,20})[.,;:)]{0,2}$/i;
/** A variable, a placeholder, a mark of ours, or code that makes the value. */
const isReference = (value: string): boolean =>
  /^(?:\$[A-Za-z_{(][\w:.{}()]{0,200}|%\w{1,60}%|<[^>]{0,100}>?|\{\{?[^}]{0,100}\}{0,2}|\[masked: [^\]]{0,100}\]?|\[[A-Za-z][\w. ]{0,60}\]|\([^)]{0,100}\)?)$/.test(
    value,
  ) || /^\[masked:/.test(value);
/** What asks for the value, or takes it from elsewhere. */
const isCode = (value: string): boolean =>
  /^(?:Read-Host|Get-Credential|getpass|os\.environ|os\.getenv|process\.env|System\.getenv|input\(|prompt\()\b/i.test(
    value,
  ) || /^[A-Za-z_][\w.]{0,100}\(/.test(value);
const isValue = (value: string): boolean => !noValue.test(value) && !isReference(value) && !isCode(value);

/** Plain words in a sentence: "password: ask the owner". */
const isProse = (value: string, match: RegExpExecArray): boolean =>
  match.groups?.w !== undefined &&
  /^[a-z]{1,20}[,.]?$/.test(value) &&
  /^[ ][a-z]/.test(match.input.slice(match.index + match[0].length, match.index + match[0].length + 2));

const isAssigned = (value: string, match: RegExpExecArray): boolean => isValue(value) && !isProse(value, match);

/** Of what is called a token or a key, words are no values. */
const isAssignedKey = (value: string, match: RegExpExecArray): boolean =>
  isAssigned(value, match) &&
  value.length >= 8 &&
  (/[0-9]/.test(value) || value.length >= 20) &&
  !/^0x[0-9a-f]+$/i.test(value);

const start = '(?<![\\w./\\\\-])[\\w.-]{0,40}?';
const quoted = '"(?<v>(?:[^"\\\\\\n]|\\\\.){1,500})"|\'(?<x>(?:[^\'\\\\\\n]|\\\\.){1,500})\'';
const escaped = '\\\\"(?<y>(?:[^"\\\\\\n]|\\\\[^"]){1,500})\\\\"';
/** After a name, perhaps in quotes: `name: value`, `"name": "value"`, `name = 'value'`. */
const colon = `\\\\?["']?[ \\t]{0,30}:[ \\t]{0,10}(?:${escaped}|${quoted}|(?<w>[^\\s"'<>]{1,500}))`;
const equals = `\\\\?["']?[ \\t]{0,30}={1,2}[ \\t]{0,10}(?:${escaped}|${quoted}|(?<w>[^\\s"'<>;&]{1,500}))`;

const passwordNames =
  'pass(?:word|wd|phrase)|passwort|contrase(?:n|ñ)a|kennwort|mot de passe|cpassword|(?<![A-Za-z0-9])p(?:ass|w)';
const keyNames =
  '(?:client|app(?:lication)?|shared|consumer|webhook|signing)[_-]?secret|api[_-]?key|apikey|(?:account|(?:shared)?access|subscription|secret|storage|encryption|auth)[_-]?(?:access[_-]?)?key|(?:access|auth|refresh|bearer|session|sas|id|security|personal[_-]?access)[_-]?token|(?<![A-Za-z0-9_])(?:token|secret)';

const named = (names: string, how: string): RegExp => new RegExp(`${start}(?:${names})${how}`, 'giu');

/** What a name says to be secret. */
export const assignedRules: readonly Rule[] = [
  { kind: 'password', shape: named(passwordNames, colon), accepts: isAssigned },
  { kind: 'password', shape: named(passwordNames, equals), accepts: isAssigned },
  { kind: 'access key', shape: named(keyNames, colon), accepts: isAssignedKey },
  { kind: 'access key', shape: named(keyNames, equals), accepts: isAssignedKey },
  {
    kind: 'password',
    shape:
      /(?<![\w.-])pwd[ \t]{0,5}=[ \t]{0,5}(?:"(?<v>[^"\n]{1,200})"|'(?<x>[^'\n]{1,200})'|(?<w>[^\s"'<>;&]{1,200}))/gi,
    accepts: (value) => isValue(value) && !/^(?:\/|[A-Za-z]:[\\/])/.test(value),
  },
  { kind: 'password', shape: /(?<=[?&])p=(?<v>[^\s"'<>;&]{1,200})/g, accepts: isValue },
  { kind: 'password', shape: /(?<![\w.-])p=(?<v>[^\s"'<>;&%]{0,100}_[^\s"'<>;&]{0,100})/g, accepts: isValue },
  {
    kind: 'password',
    shape: /<(?:\w{0,30}?)(?:password|passwd|passphrase|secret)>(?<v>[^<\n]{1,500})</gi,
    accepts: isValue,
  },
  {
    kind: 'password',
    shape: /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{1,100}:(?<v>[^\s/@"'<>]{1,200})@/gi,
    accepts: isValue,
  },
  {
    kind: 'token',
    shape:
      /(?:Proxy-)?Authorization\\?["']?[ \t]{0,5}[:=][ \t]{0,5}\\?["']?(?:(?:Basic|Bearer|Negotiate|NTLM|ApiKey|Token|SharedKey(?:Lite)?)[ \t]{1,5}(?<v>[^\s"',\\]{4,8000})|(?:Digest|AWS4-HMAC-SHA256)[ \t]{1,5}(?<x>[^\n]{4,4000})|(?<w>[^\s"']{12,8000}))/gi,
    accepts: isValue,
  },
  { kind: 'token', shape: /(?<![A-Za-z0-9])Bearer[ \t]{1,5}(?<v>[A-Za-z0-9._~+/-]{20,8000}={0,2})/g },
  {
    kind: 'access key',
    shape:
      /(?:x-api-key|x-functions-key|ocp-apim-subscription-key|x-ms-authorization)["']?[ \t]{0,5}:[ \t]{0,5}["']?(?<v>[^\s"']{8,500})/gi,
  },
];

const argument = '(?:"(?<v>[^"\\n]{1,200})"|\'(?<x>[^\'\\n]{1,200})\'|(?<w>[^\\s"\'/-][^\\s"\']{0,199}))';
const atEnd = '(?=[ \\t]{0,10}(?:$|[/"\'&|>)]))';

/** MSBuild's `/p:Name=Value`. */
const isProperty = (value: string): boolean => /^[A-Za-z_][\w.]*=/.test(value);

/** What is typed behind the switches of well-known tools. */
export const commandLineRules: readonly Rule[] = [
  {
    kind: 'password',
    shape: new RegExp(
      `(?<![\\w])net1?(?:\\.exe)?["']?[ \\t]{1,5}users?[ \\t]{1,5}(?:"[^"\\n]{1,100}"|[^\\s"/]{1,100})[ \\t]{1,5}(?:"(?<v>[^"\\n]{1,200})"|(?<w>[^\\s"/*][^\\s"]{0,199}))${atEnd}`,
      'gim',
    ),
  },
  {
    kind: 'password',
    shape:
      /(?<![\w])net1?(?:\.exe)?[ \t]{1,5}use[ \t]{1,5}[^\n]{0,200}?\\\\[^\s]{1,200}[ \t]{1,5}(?:"(?<v>[^"\n]{1,200})"|(?<w>[^\s"/*][^\s"]{0,199}))[ \t]{1,5}\/u(?:ser)?:/gim,
  },
  {
    kind: 'password',
    shape:
      /(?<![\w])net1?(?:\.exe)?[ \t]{1,5}use[ \t]{1,5}[^\n]{0,200}?\/u(?:ser)?:[^\s]{1,100}[ \t]{1,5}(?:"(?<v>[^"\n]{1,200})"|(?<w>[^\s"/*][^\s"]{0,199}))/gi,
  },
  {
    kind: 'password',
    shape: /(?<![^\s"'])[/-]p:(?:"(?<v>[^"\n]{1,200})"|'(?<x>[^'\n]{1,200})'|(?<w>[^\s"']{1,200}))/gi,
    accepts: (value) => isValue(value) && !isProperty(value),
  },
  {
    kind: 'password',
    shape: new RegExp(
      `(?<![^\\s"'])(?:--?|/)(?:pass(?:word|wd|phrase)?|pwd|pw|rp|storepass|keypass)(?:[:=][ \\t]{0,3}|[ \\t]{1,5})${argument}`,
      'gi',
    ),
    accepts: isAssigned,
  },
  {
    kind: 'access key',
    shape: new RegExp(
      `(?<![^\\s"'])(?:--?|/)(?:api-?key|token|secret|client-?secret|access-?(?:token|key)|auth-?token|sas-?token|account-?key)(?:[:=][ \\t]{0,3}|[ \\t]{1,5})${argument}`,
      'gi',
    ),
    accepts: isAssigned,
  },
  {
    kind: 'password',
    shape:
      /(?<![\w])curl(?:\.exe)?[ \t][^\n|]{0,300}?(?<![^\s])(?:-u|--user)[ \t]{1,3}["']?[^\s:"']{1,100}:(?<v>[^\s"']{1,200})/gi,
  },
  {
    kind: 'password',
    shape: new RegExp(
      `(?<![\\w])(?:psexec(?:64)?|paexec|sshpass|winexe|crackmapexec|nxc|evil-winrm|sqlcmd|osql)(?:\\.exe)?[ \\t][^\\n|]{0,300}?(?<![^\\s])-[pP][ \\t]{1,3}${argument}`,
      'g',
    ),
    accepts: isValue,
  },
  {
    kind: 'password',
    shape: /(?<![\w])(?:mysql(?:dump|admin)?|sshpass)(?:\.exe)?[ \t][^\n|]{0,300}?(?<![^\s])-p(?<v>[^\s"']{1,200})/g,
    accepts: isValue,
  },
  {
    kind: 'password',
    shape: /ConvertTo-SecureString[ \t]{1,5}(?:-String[ \t]{1,5})?(?:"(?<v>[^"\n]{1,200})"|'(?<x>[^'\n]{1,200})')/gi,
    accepts: isValue,
  },
];
