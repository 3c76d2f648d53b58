import { Address4, Address6 } from "ip-address";
import { nearest } from "../common/suggest.js";
import { text, textOr, pattern } from "./text.js";

/** A domain of at least two labels, or all those below one. */
const domainPattern = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const domain = text({
  holds: pattern(domainPattern),
  complaint: "is not a domain",
  remedy: "Write one such as proxy.golang.org or *.example.org, in lower case, without a scheme, port or path.",
});

/** A port, or several, as they stand behind a colon. */
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
      return `Write its name, and ports behind a colon: "${vm ?? SOME_VM}${ports === undefined ? "" : `:${String(ports)}`}".`;
    }
    return typeof given === "number" ? `Write whose port it is: "${SOME_VM}:${String(given)}".` : undefined;
  },
  {
    holds: (value) => splitDestination(value).ports.every(isPort),
    complaint: "has something else than TCP ports behind its colon",
    remedy: (value) => {
      const { target } = splitDestination(value);
      return `Write numbers from 1 to 65535, with commas between them: "${target}:80,443"; or "${target}" for all of it.`;
    },
  },
  {
    holds: pattern(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[1-9]\d{0,4}(,[1-9]\d{0,4})*)?$/),
    complaint: "is not the name of a VM",
    remedy: `Name a VM of this host, with TCP ports or without: "${SOME_VM}" or "${SOME_VM}:6379".`,
  },
);

const isSomewhere = (target: string): boolean =>
  // A zone names an interface of this machine, and no rule of a firewall takes one.
  domainPattern.test(target) || Address4.isValid(target) || (!target.includes("%") && Address6.isValid(target));

const isDestination = (value: string): boolean => {
  const { target, ports } = splitDestination(value);
  return ports.every(isPort) && isSomewhere(target);
};

const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Ports of URLs that do not say them, where they are not HTTP's. */
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
      complaint: "is the VM itself, for what runs in it",
      remedy: (value) => {
        const { ports } = splitDestination(serverOf(value));
        return `If the host is meant, list its ports in \`reachHost\`: [${(ports.length === 0 ? [80, 443] : ports).join(", ")}].`;
      },
    },
    {
      holds: (value) => !/^:?[\d,]+$/.test(value),
      complaint: "is a port, and does not say of what",
      remedy: (value) =>
        `Write where it is, such as "example.org:${value.replace(":", "")}"; ports of the host are for \`reachHost\`.`,
    },
    {
      holds: (value) => !/:[\d,]+\/(tcp|udp)$|^udp:/i.test(value),
      complaint: "names a protocol, and what is allowed is TCP alone, with HTTP/3's UDP 443 where no port is named",
      remedy: (value) =>
        /\/tcp$/i.test(value)
          ? `Write ${JSON.stringify(serverOf(value))}.`
          : 'Leave it out: DNS servers are for `nameservers`, UDP of the host for `reachHost`, and all of the internet\'s is open with `network: "internet"`.',
    },
    {
      holds: (value) => !(meansServer(value) && /[/@?#]/.test(value)),
      complaint: "is a URL or a part of one, and a server is reached whole or not at all",
      remedy: (value) => `Write ${JSON.stringify(serverOf(value))}.`,
    },
    {
      holds: (value) => !meansServer(value),
      complaint: "is not how a domain is written here",
      remedy: (value) => `Write ${JSON.stringify(serverOf(value))}.`,
    },
    {
      holds: (value) => isKnown(value) || !/^[a-z0-9*-]+\.[a-z0-9.-]*:/i.test(value),
      complaint: "has something else than ports behind its colon",
      remedy: 'Write numbers from 1 to 65535, with commas between them: "example.org:80,443".',
    },
    {
      holds: (value) => isKnown(value) || !/^[\w-]+$/.test(value),
      complaint: "is no destination that is known",
      remedy: (value) => {
        const meant = nearest(value, words);
        return meant === undefined
          ? `Write a domain, an address or a subnet, or one of ${words.join(", ")}; VMs of the host are for \`reachVms\`.`
          : `Did you mean ${JSON.stringify(meant)}?`;
      },
    },
    {
      holds: (value) => subnetOfOther(value) === undefined,
      complaint: "is a subnet by an address in it, and would open all of the subnet",
      remedy: (value) => {
        const { address, subnet } = subnetOfOther(value) ?? { address: value, subnet: value };
        const { ports } = splitDestination(value);
        const [one, all] = [address, subnet].map((target) => JSON.stringify(joinDestination(target, ports)));
        return `Write ${String(one)} for the address alone, or ${String(all)} for all of it.`;
      },
    },
    {
      holds: isKnown,
      complaint: "is neither a known destination nor a domain, address or subnet with ports",
      remedy: `Write one such as "github.com:22,443", "*.example.org", "10.0.0.5:5432", "[fd00::5]:443", or one of ${words.join(", ")}.`,
    },
  );
};
