import { fail, fine, type Judged, warn } from './finding';
import type { Probe } from './probe';

/** What a failed connection means; anything else is told by its code. */
const reasons: ReadonlyArray<readonly [codes: RegExp, found: string, cure: string]> = [
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    'its name cannot be resolved',
    'Check the DNS of this machine, and the spelling of the host.',
  ],
  [
    /^(ECONNREFUSED|ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    'the connection is refused or cut',
    'Check firewalls and proxies between this machine and it; outgoing HTTPS must be allowed to it.',
  ],
  [
    /^(timedOut|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH)$/,
    'it does not answer',
    'Check the route and the firewall of this machine; outgoing HTTPS must be allowed to it.',
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/,
    'its certificate is not trusted, as when a proxy opens the traffic',
    'Take the host out of TLS inspection, or give Node the certificate of the proxy by NODE_EXTRA_CA_CERTS.',
  ],
];

/** Any answer will do: that the host is there is all that is asked. */
export function judgeReach(host: string, what: string, outcome: Probe): Judged {
  if (outcome.type === 'answered') return fine(`${what} (${host}) can be reached.`);
  const [, found, cure] = reasons.find(([codes]) => codes.test(outcome.code)) ?? [
    null,
    'it cannot be reached',
    'Check the network between this machine and it.',
  ];
  return fail(`${what} (${host}) cannot be used: ${found} (${outcome.code}).`, cure);
}

const warnFromMs = 2 * 60_000;
const failFromMs = 5 * 60_000;

/** Tokens carry times, and Entra and the Bot Framework allow five minutes of difference. */
export function judgeSkew(outcomes: readonly Probe[]): Judged {
  const skews = outcomes.flatMap((o) => (o.type === 'answered' && o.date !== null ? [o.at - o.date] : []));
  if (skews.length === 0)
    return {
      verdict: 'skip',
      found: 'The clock could not be compared, since no host answered with a date.',
      cure: null,
    };
  // The smallest says most: a slow answer or a wrong server makes any other larger.
  const skew = skews.reduce((best, next) => (Math.abs(next) < Math.abs(best) ? next : best));
  const off = Math.abs(skew);
  if (off <= warnFromMs) return fine('The clock agrees with those of Microsoft.');
  const found = `The clock of this machine is ${Math.round(off / 1_000)} s ${skew > 0 ? 'ahead' : 'behind'}`;
  const cure = 'Set the clock by NTP (on Linux: timedatectl set-ntp true), and see that it stays on.';
  return off > failFromMs
    ? fail(`${found}: tokens and signatures are refused when it is off by more than five minutes.`, cure)
    : warn(
        `${found}: from five minutes on tokens and signatures are refused, and clocks on cards are off by as much.`,
        cure,
      );
}
