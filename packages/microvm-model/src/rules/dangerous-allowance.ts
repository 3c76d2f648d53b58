import type { Rule } from "./rule.js";
import { privateRanges } from "../catalogue/private-ranges.js";
import { problem } from "../problems/problem.js";
import { isAddress } from "../plan/policy.js";
import { isInside } from "../plan/subnet.js";
import { splitDestination } from "../scalars/scalars.js";

/**
 * Dangerous address range
 *
 * `allow` also opens private addresses. A range such as `0.0.0.0/0` contains every LAN that the host can reach, and
 * makes an allowlist useless. The warning appears for a range that is larger than a private range and contains one, or
 * is larger than any allocation of an internet registry. A private range is fine, even `10.0.0.0/8`.
 *
 * `169.254.169.254` and similar addresses of clouds answer HTTP requests with the host's credentials.
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

/** Metadata services of clouds. */
const metadata = [
  // All clouds; link-local, so the answer comes from the host's own link.
  "169.254.0.0/16",
  // Azure also uses this one.
  "168.63.129.16",
  // Alibaba Cloud.
  "100.100.100.200",
  // AWS, over IPv6.
  "fd00:ec2::/32",
  // Google Cloud, over IPv6.
  "fd20:ce::254",
];

/** Prefix length of the largest allocations to registries (IANA). */
const largest = { 4: 8, 6: 12 };

/** Prefix length of fc00::/7, the largest private network. */
const shortestPrivate = 7;

const isWide = (target: string): boolean => {
  const family = target.includes(":") ? 6 : 4;
  const ranges = privateRanges[family];
  const [, prefixLength = "128"] = target.split("/");
  if (Number(prefixLength) >= shortestPrivate && ranges.some((range) => isInside(target, range))) return false;
  return Number(prefixLength) < largest[family] || ranges.some((range) => isInside(range, target));
};

const meant = "List the networks that the VM needs, such as 192.168.1.0/24";
const without = "Remove it and give the VM its own credentials in `secrets`.";

const dangers: readonly Danger[] = [
  {
    isIn: isWide,
    message: "is larger than any network: it opens LANs and public servers",
    remedy: {
      internet: `${meant}.`,
      allowlist: `${meant}, or set \`network: "internet"\`, which keeps LANs closed.`,
    },
  },
  {
    isIn: (target, ports) =>
      metadata.some((range) => isInside(target, range)) && (ports.length === 0 || ports.includes(80)),
    message: "is a cloud's metadata service, which would give the VM the host's credentials",
    remedy: { internet: without, allowlist: without },
  },
];
