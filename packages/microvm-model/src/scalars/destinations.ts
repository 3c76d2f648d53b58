import { Address4, Address6 } from "ip-address";
import { didYouMean, meant } from "../common/suggest.js";
import { text, textOr, pattern } from "./text.js";

/** A domain of at least two labels, or all subdomains of one. */
const domainPattern = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const domain = text({
  holds: pattern(domainPattern),
  complaint: "is not a domain",
  remedy: "Write a lower-case domain without scheme, port or path, such as proxy.golang.org or *.example.org.",
});

/** One or several ports, after a colon. */
const portList = /^(?:[1-9]\d{0,4})(?:,[1-9]\d{0,4})*$/;

const isPort = (port: number): boolean => port >= 1 && port <= 65535;

/** The parts of a destination: the target, and the ports after the last colon. */
export interface SplitDestination {
  readonly target: string;
  readonly ports: readonly number[];
}

export const splitDestination = (value: string): SplitDestination => {
  const bracketed = /^\[([^\]]+)\](?::(.*))?$/.exec(value);
  const colon = value.lastIndexOf(":");
  const isPlain = bracketed === null && (colon < 0 || value.indexOf(":") < colon);
  const target = bracketed?.[1] ?? (isPlain ? value : value.slice(0, colon));
  const ports = bracketed === null ? (isPlain ? undefined : value.slice(colon + 1)) : bracketed[2];
  if (ports === undefined) return { target, ports: [] };
  return { target, ports: portList.test(ports) ? ports.split(",").map(Number) : [0] };
};

/** The VM in examples of messages. */
const SOME_VM = "cache";

/** The name of a VM, alone or with TCP ports. */
export const reachedVm = textOr(
  (given) => {
    if (typeof given === "object" && given !== null) {
      const { name, vm = name, port, ports = port } = given as Readonly<Record<string, string | number | undefined>>;
      return `Write the VM's name, with ports after a colon: "${vm ?? SOME_VM}${ports === undefined ? "" : `:${String(ports)}`}".`;
    }
    return typeof given === "number" ? `Name the VM of the port: "${SOME_VM}:${String(given)}".` : undefined;
  },
  {
    holds: (value) => splitDestination(value).ports.every(isPort),
    complaint: "has no valid TCP ports after the colon",
    remedy: (value) => {
      const { target } = splitDestination(value);
      return `Write ports from 1 to 65535, such as "${target}:80,443", or "${target}" for all ports.`;
    },
  },
  {
    holds: pattern(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[1-9]\d{0,4}(,[1-9]\d{0,4})*)?$/),
    complaint: "is not a VM name",
    remedy: `Name a VM of this host, with or without TCP ports: "${SOME_VM}" or "${SOME_VM}:6379".`,
  },
);

const isSomewhere = (target: string): boolean =>
  // A zone names an interface of this machine, and firewall rules do not accept zones.
  domainPattern.test(target) || Address4.isValid(target) || (!target.includes("%") && Address6.isValid(target));

const isDestination = (value: string): boolean => {
  const { target, ports } = splitDestination(value);
  return ports.every(isPort) && isSomewhere(target);
};

const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Default ports of URL schemes other than HTTP. */
const portsOfSchemes: Readonly<Record<string, number>> = {
  ssh: 22,
  "git+ssh": 22,
  git: 9418,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27017,
  redis: 6379,
};

/** The server of a URL, in the form of a domain. */
const serverOf = (value: string): string => {
  const [prefix = ""] = scheme.exec(value) ?? [];
  const server = (/^[\d.:a-f]+\/\d/.test(value) ? value : value.slice(prefix.length).replace(/[/?#].*$/, ""))
    // Git and scp read this as a path over SSH.
    .replace(/^[^:@]+@([^:[\]]+):(?!\d+$).*$/, "$1:22")
    .replace(/^.*@/, "")
    .replace(/^\.(?=.)/, "*.")
    .replace(/\.$/, "")
    .toLowerCase();
  const port = portsOfSchemes[prefix.slice(0, -"://".length).toLowerCase()];
  return port === undefined || splitDestination(server).ports.length > 0 ? server : `${server}:${String(port)}`;
};

/** A subnet given by an address inside it: the rule would open more than the address. */
const subnetOfOther = (value: string): { readonly address: string; readonly subnet: string } | undefined => {
  const { target } = splitDestination(value);
  if (!target.includes("/") || !isSomewhere(target)) return undefined;
  const parsed = target.includes(":") ? new Address6(target) : new Address4(target);
  const [address, first] = [parsed.correctForm(), parsed.startAddress().correctForm()];
  return address === first ? undefined : { address, subnet: `${first}/${String(parsed.subnetMask)}` };
};

/** A destination in the form of the config. */
export const joinDestination = (target: string, ports: readonly number[]): string => {
  if (ports.length === 0) return target;
  return `${target.includes(":") ? `[${target}]` : target}:${ports.join(",")}`;
};

const loopback = /^(localhost|127(\.\d+){3}|\[?::1\]?)(?=[:/]|$)/;

/** A domain, an address or a subnet with ports, or one of the words. */
export const destination = (words: readonly string[]) => {
  const isKnown = (value: string): boolean => words.includes(value) || isDestination(value);
  const meansServer = (value: string): boolean => !isKnown(value) && isDestination(serverOf(value));
  return text(
    {
      holds: (value) => !loopback.test(serverOf(value)),
      complaint: "means the VM itself",
      remedy: (value) => {
        const { ports } = splitDestination(serverOf(value));
        return `To reach the host, list its ports in \`reachHost\`: [${(ports.length === 0 ? [80, 443] : ports).join(", ")}].`;
      },
    },
    {
      holds: (value) => !/^:?[\d,]+$/.test(value),
      complaint: "is a port without a host",
      remedy: (value) =>
        `Write host and port, such as "example.org:${value.replace(":", "")}". For ports of the host, use \`reachHost\`.`,
    },
    {
      holds: (value) => !/:[\d,]+\/(tcp|udp)$|^udp:/i.test(value),
      complaint: "has a protocol, but `allow` opens only TCP, and UDP 443 where no port is given",
      remedy: (value) =>
        /\/tcp$/i.test(value)
          ? `Write ${JSON.stringify(serverOf(value))}.`
          : 'Remove the protocol. For UDP, use `nameservers` (DNS), `reachHost` (ports of the host) or `network: "internet"`.',
    },
    {
      holds: (value) => !(meansServer(value) && /[/@?#]/.test(value)),
      complaint: "is a URL, but `allow` opens whole servers",
      remedy: (value) => `Write ${JSON.stringify(serverOf(value))}.`,
    },
    {
      holds: (value) => !meansServer(value),
      complaint: "is not in the form of a destination",
      remedy: (value) => `Write ${JSON.stringify(serverOf(value))}.`,
    },
    {
      holds: (value) => isKnown(value) || !/^[a-z0-9*-]+\.[a-z0-9.-]*:/i.test(value),
      complaint: "has no valid ports after the colon",
      remedy: 'Write ports from 1 to 65535, such as "example.org:80,443".',
    },
    {
      holds: (value) => isKnown(value) || !/^[\w-]+$/.test(value),
      complaint: "is an unknown destination",
      remedy: (value) =>
        meant(value, words).length === 0
          ? `Write a domain, an address, a subnet, or one of ${words.join(", ")}. For VMs of the host, use \`reachVms\`.`
          : didYouMean(value, words),
    },
    {
      holds: (value) => subnetOfOther(value) === undefined,
      complaint: "is an address with a prefix length, which would open its whole subnet",
      remedy: (value) => {
        const { address, subnet } = subnetOfOther(value) ?? { address: value, subnet: value };
        const { ports } = splitDestination(value);
        const [one, all] = [address, subnet].map((target) => JSON.stringify(joinDestination(target, ports)));
        return `Write ${String(one)} for the address, or ${String(all)} for the subnet.`;
      },
    },
    {
      holds: isKnown,
      complaint: "is not a destination",
      remedy: `Write a destination such as "github.com:22,443", "*.example.org", "10.0.0.5:5432", "[fd00::5]:443", or one of ${words.join(", ")}.`,
    },
  );
};
