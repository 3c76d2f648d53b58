import type { Rule } from "./rule.js";
import { privateRanges } from "../catalogue/private-ranges.js";
import { problem } from "../problems/problem.js";
import { isAddress } from "../plan/policy.js";
import { isInside } from "../plan/subnet.js";
import { splitDestination } from "../scalars/scalars.js";

/**
 * An address range opens what nobody named
 *
 * `allow` opens addresses as they are, private ones too. A range such as `0.0.0.0/0` holds every LAN that the host can reach,
 * and an allowlist with it lists nothing. Ranges are warned of that hold a private one and more, or more than registries give
 * to anybody. A private range of your own is taken as it is, also where it is as large as `10.0.0.0/8`.
 *
 * `169.254.169.254`, and a few addresses of clouds besides, answer whoever asks by HTTP with the machine's credentials, which
 * are the host's.
 *
 * ## Fails
 *
 * ```ts vm
 * { network: "allowlist", allow: ["0.0.0.0/0", "::/0", "169.254.169.254"] }
 * ```
 *
 * ## Passes
 *
 * ```ts host
 * {
 *   bridges: { br0: { address: "192.168.83.1/24", nat: true } },
 *   vms: { a: { network: "internet", allow: ["192.168.1.0/24"] } },
 * }
 * ```
 */
const dangerousAllowance = problem("dangerous-allowance", "warning");

/**
 * What a VM allows by address is a network that somebody has, and none that hands out the host's own credentials. A private
 * range, be it all of `10.0.0.0/8`, is taken to be meant: whoever writes it has such a network. What holds more than that
 * opens LANs that nobody named, and says "everything", for which there are words that a reader sees.
 */
export const check: Rule = (host) =>
  host.vms.flatMap(
    ({
      network: {
        policy: { network, written },
      },
    }) =>
      network === "internet" || network === "allowlist"
        ? written.allow.flatMap(({ value, path }) => {
            const { target, ports } = splitDestination(value);
            if (!isAddress(target)) return [];
            const danger = dangers.find(({ isIn }) => isIn(target, ports));
            return danger === undefined
              ? []
              : [dangerousAllowance(path, `${target} ${danger.message}`, danger.remedy[network])];
          })
        : [],
  );

interface Danger {
  readonly isIn: (target: string, ports: readonly number[]) => boolean;
  readonly message: string;
  readonly remedy: Readonly<Record<"internet" | "allowlist", string>>;
}

/** Where clouds tell a machine what it is and may do. */
const metadata = [
  // All clouds; no router leads here, so that what answers is the host's own link.
  "169.254.0.0/16",
  // Azure, besides.
  "168.63.129.16",
  // Alibaba Cloud.
  "100.100.100.200",
  // AWS, over IPv6.
  "fd00:ec2::/32",
  // Google Cloud, over IPv6.
  "fd20:ce::254",
];

/** Registries are given no larger networks than these (IANA), and give smaller ones. */
const largest = { 4: 8, 6: 12 };

/** fc00::/7 is the largest private network that somebody could mean. */
const shortestPrivate = 7;

const isWide = (target: string): boolean => {
  const family = target.includes(":") ? 6 : 4;
  const ranges = privateRanges[family];
  const [, prefixLength = "128"] = target.split("/");
  if (Number(prefixLength) >= shortestPrivate && ranges.some((range) => isInside(target, range))) return false;
  return Number(prefixLength) < largest[family] || ranges.some((range) => isInside(range, target));
};

const meant = "List the networks that are meant, such as 192.168.1.0/24";
const without = "Leave it out, and give the VM what it needs of its own in `secrets`.";

const dangers: readonly Danger[] = [
  {
    isIn: isWide,
    message: "is wider than anybody's network: it opens LANs and others' servers alike, whatever lies in it",
    remedy: {
      internet: `${meant}.`,
      allowlist: `${meant}, or give the VM \`network: "internet"\`, which leaves LANs closed.`,
    },
  },
  {
    isIn: (target, ports) =>
      metadata.some((range) => isInside(target, range)) && (ports.length === 0 || ports.includes(80)),
    message: "is where clouds hand out a machine's credentials, and the VM would get the host's",
    remedy: { internet: without, allowlist: without },
  },
];
