import { visible, visibleCode } from '../lib/visible';
import { type LeftOut, type Manifest, names } from './manifest';

/** What is said of a bundle before anything else, in the order that a reader needs it. */
export interface Standing {
  readonly signed: string;
  readonly whole: string;
  /** One sentence each. */
  readonly missing: readonly string[];
}

export function standingOf({ signing, complete, requests, leftOut }: Omit<Manifest, 'parts'>): Standing {
  const open = requests.filter(({ ended }) => !ended);
  return {
    signed:
      signing.algorithm === 'none'
        ? 'UNSIGNED. Nothing in this bundle proves who made it.'
        : `Signed with the key ${signing.keyId}.`,
    whole: complete ? 'Complete.' : 'NOT COMPLETE. See below what is not in it, and why.',
    missing: [
      ...open.map(({ id, state }) => `${id} had not ended when this was made. It was ${state}.`),
      ...leftOut.map(describeLeftOut),
    ],
  };
}

export function describeLeftOut({ request, what, title, sha256, size, reason }: LeftOut): string {
  const name = title === null ? '' : ` of ${visibleCode(title)}`;
  const hash = sha256 === null ? 'its hash is not known' : `SHA-256 ${sha256}`;
  const bytes = size === null ? '' : `, ${size} bytes`;
  return `${request === null ? '' : `${request}: `}${whatWords[what] ?? what}${name} (${hash}${bytes}): ${reasons[reason]}`;
}

const whatWords: Readonly<Record<string, string>> = {
  file: 'the file',
  download: 'the download',
  libraryFile: 'the library file',
  policy: 'the text of the policy,',
};

const reasons: Readonly<Record<LeftOut['reason'], string>> = {
  neverServed: 'Defender never gives the content of a library file back. The approval covers its hash.',
  pruned: 'it was kept and is gone from the evidence folder.',
  differs: 'what is kept under this hash is something else now, so it is not evidence.',
  byChoice: 'left out by choice of whoever made this bundle.',
  notEntitled: 'whoever asked for this bundle may not read results.',
  notKept: 'it was never kept.',
};

const width = 100;
const rule = '-'.repeat(width);

/** The first page of a bundle, as plain text: what it is, whether it is signed and complete, and how to check it with other people's programs. */
export function firstPage(manifest: Omit<Manifest, 'parts'>): string {
  const standing = standingOf(manifest);
  const ids = manifest.requests.map(({ id }) => id);
  const lines = [
    `EVIDENCE OF ${ids.length === 1 ? ids[0] : `${ids.length} REQUESTS`}${manifest.incident === null ? '' : `, INCIDENT ${visible(manifest.incident)}`}`,
    '',
    `Made ${manifest.madeAt} ${madeBy(manifest)}.`,
    standing.signed,
    standing.whole,
    ...standing.missing.map((sentence) => `- ${sentence}`),
    ...(ids.length === 1
      ? []
      : ['', ...manifest.requests.map(({ id, folder, state }) => `${folder}/  ${id} (${state})`)]),
    '',
    `Open ${names.report} in a browser to read it. It needs no network.`,
    '',
    rule,
    'HOW TO CHECK IT WITH PROGRAMS THAT ARE NOT OURS',
    rule,
    ...steps(manifest),
  ];
  return `${lines.join('\n')}\n`;
}

export function madeBy({ madeBy: by, madeFrom: from }: Omit<Manifest, 'parts'>): string {
  const who =
    by.how === 'chat' ? `for the Entra account ${visible(by.account)}` : `by the account ${visible(by.account)}`;
  const stores = {
    file: 'the database',
    backup: 'a backup',
    postgres: 'a PostgreSQL database',
    service: 'the running service',
  };
  return `${who} from ${stores[from.store]}${from.place === '' ? '' : ` ${visibleCode(from.place)}`}`;
}

function steps({ signing, requests }: Omit<Manifest, 'parts'>): readonly string[] {
  const folder = requests[0]?.folder ?? 'r1';
  const hashes = [
    `  sha256sum -c ${names.sums}`,
    '',
    'Every line must say OK. On macOS: shasum -a 256 -c SHA256SUMS.',
    `It does not see a file that was added: ${names.sums} must name every file here but itself${signing.algorithm === 'none' ? '.' : ` and ${names.sumsSignature}.`}`,
  ];
  const digest = [
    `  sha256sum ${folder}/shown-1.json`,
    '',
    'prints the digest that approvers voted on in round 1. It stands with each vote in audit.jsonl.',
  ];
  const zip = [
    'What unzip does not see: bytes before, after or between the entries, a second entry of one name, and an',
    'entry that its directory does not list. "unzip -t" exits 0 for most of these. They are not evidence: only',
    `what ${names.sums} names is.`,
  ];
  const ours =
    'The program verify-evidence.js checks all of this, and the votes and the audit, in one go. Get it from whoever runs the bot, not from a bundle.';
  if (signing.algorithm === 'none')
    return [
      '1. Unpack it into an empty folder. There:',
      '',
      ...hashes,
      '',
      '2. This',
      '',
      ...digest,
      '',
      ...zip,
      '',
      ours,
    ];
  return [
    'Get the public key from whoever runs the bot, by another way than this bundle, and save it as KEY.pem',
    `one folder up. ${names.publicKey} in here proves nothing: whoever changed the bundle can change it too.`,
    '',
    '1. Unpack it into an empty folder. There:',
    '',
    `  openssl pkeyutl -verify -pubin -inkey ../KEY.pem -rawin -in ${names.sums} -sigfile ${names.sumsSignature}`,
    '',
    'must say "Signature Verified Successfully". It needs OpenSSL 3, and files: it takes no pipe.',
    '',
    '2. This',
    '',
    ...hashes,
    '',
    '3. This',
    '',
    ...digest,
    '',
    ...zip,
    '',
    ours,
  ];
}
