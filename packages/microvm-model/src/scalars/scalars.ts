import { Address4, Address6 } from "ip-address";
import { z } from "zod";
import type { ProblemCode } from "../problems/problem-codes.js";
import { nearest } from "../common/suggest.js";

/** What a refused scalar says of itself; `validate` turns it into a `Problem`. */
export interface ScalarRefusal {
  readonly code: ProblemCode;
  readonly remedy: string;
}

interface Rule extends Pick<ScalarRefusal, "code"> {
  /** With the pattern that it is, where it is one. */
  readonly holds: ((text: string) => boolean) & { readonly regex?: RegExp };
  /** Reads on from the refused text: `"eth0/1" is …`. */
  readonly complaint: string;
  /** Of any such text, or of the one. */
  readonly remedy: string | ((value: string) => string);
}

const text = (...rules: readonly Rule[]) => textOr(() => undefined, ...rules);

/** Text, and what to write in place of something else. */
const textOr = (instead: (given: unknown) => string | undefined, ...rules: readonly Rule[]) => {
  const refuse = (value: string): (ScalarRefusal & { readonly message: string }) | undefined => {
    const broken = rules.find((rule) => !rule.holds(value));
    if (broken === undefined) return undefined;
    const { code, complaint, remedy } = broken;
    return {
      code,
      message: `${JSON.stringify(value)} ${complaint}`,
      remedy: typeof remedy === "string" ? remedy : remedy(value),
    };
  };
  return z
    .string({
      error: ({ input }) => instead(input) ?? (typeof input === "number" ? refuse(String(input))?.remedy : undefined),
    })
    .superRefine((value, context) => {
      const refusal = refuse(value);
      if (refusal === undefined) return;
      const { message, ...params } = refusal;
      context.addIssue({ code: "custom", message, params: params satisfies ScalarRefusal });
    })
    .meta(patterns(rules));
};

/** What a JSON Schema says of the rules: those that are patterns. */
const patterns = (rules: readonly Rule[]): { readonly pattern?: string; readonly allOf?: readonly object[] } => {
  const sources = rules.flatMap(({ holds: { regex } }) => (regex === undefined ? [] : [{ pattern: regex.source }]));
  return sources.length > 1 ? { allOf: sources } : { ...sources[0] };
};

const pattern = (regex: RegExp): Rule["holds"] => Object.assign((value: string) => regex.test(value), { regex });

/** Nix strings hold neither NUL nor half a surrogate pair. */
const isNixText = (value: string): boolean => !/[\0\p{Surrogate}]/u.test(value);

/** Text on one line, without control characters. */
const isLine = (value: string): boolean => isNixText(value) && !/\p{Control}/u.test(value);

/** A path that systemd units, shells and mount options all read as it is, without steps that lead nowhere or up. */
const isPlainPath = (value: string): boolean =>
  /^[\p{L}\p{N}._+@:,=~/-]+$/u.test(value) && !/(^|\/)\.{1,2}(\/|$)/.test(value);

const plainPath: Rule = {
  code: "bad-path",
  holds: isPlainPath,
  complaint: "has characters or steps that systemd, a shell or a mount would read otherwise",
  remedy: "Use letters, digits and ._+@:,=- between the slashes, and no `.` or `..` as a step.",
};

/** `/a//b/` as `/a/b`, so that one place has one name. */
const normalizePath = (value: string): string => value.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");

/** An RFC 1123 label: a host name without dots, also usable in a systemd unit name. */
export const hostLabel = text({
  code: "bad-host-name",
  holds: pattern(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/),
  complaint: "is not a host name",
  remedy: "Use 1 to 63 lower-case letters, digits and inner hyphens.",
});

/** A Linux network interface name, at most 15 bytes (IFNAMSIZ; microvm.nix asserts.nix). */
const interfaceRules: readonly Rule[] = [
  {
    code: "interface-name-too-long",
    holds: (value) => new TextEncoder().encode(value).length <= 15,
    complaint: "is longer than the 15 characters Linux allows in an interface name",
    remedy: "Choose a shorter name.",
  },
  {
    code: "bad-interface-name",
    // networkd refuses what looks like an index, and the names under which the kernel keeps common settings.
    // A command would read a leading hyphen as an option.
    holds: (value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(value) && !/^(\d+|all|default|lo)$/.test(value),
    complaint: "is not the name of a network interface of your own",
    remedy:
      "Use letters, digits, `_`, `.` and `-`, begin with a letter, digit or `_`, and use more than digits; `all`, `default` and `lo` are taken.",
  },
];

export const interfaceName = text(...interfaceRules);

/** The one interface by which VMs leave. */
export const externalInterface = textOr(() => "Name one, or write `nat: true` for any way out.", ...interfaceRules);

/** A unicast MAC address; microvm.nix passes any text on to the hypervisor. */
export const macAddress = text(
  {
    code: "bad-mac",
    holds: pattern(/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/),
    complaint: "is not a MAC address",
    remedy: "Write six pairs of hex digits, such as 02:00:00:00:00:05.",
  },
  {
    code: "bad-mac",
    holds: (value) => value !== "00:00:00:00:00:00",
    complaint: "is no interface's address",
    remedy: "Write one such as 02:00:00:00:00:05.",
  },
  {
    code: "bad-mac",
    holds: pattern(/^.[02468aceACE]/),
    complaint: "is a multicast address, which no interface can have",
    remedy: "Make the second hex digit even, best 2, 6, A or E (locally administered).",
  },
).transform((value) => value.toLowerCase());

const isAddress = (value: string): boolean => !value.includes("/") && Address4.isValid(value);

/** An IPv4 address without a prefix length. */
export const ipv4Address = text({
  code: "bad-address",
  holds: isAddress,
  complaint: "is not an IPv4 address",
  remedy: "Write four numbers from 0 to 255, such as 192.168.83.6.",
});

const isIpv6Address = (value: string): boolean => !/[/%]/.test(value) && Address6.isValid(value);

/** An IPv6 address without a prefix length. */
export const ipv6Address = text({
  code: "bad-address",
  holds: isIpv6Address,
  complaint: "is not an IPv6 address",
  remedy: "Write one such as fd00:83::6, without a prefix length.",
});

/** A resolver's address, IPv4 or IPv6. */
export const nameserver = text({
  code: "bad-address",
  holds: (value) => isAddress(value) || isIpv6Address(value),
  complaint: "is not the address of a nameserver",
  remedy: "Write an IPv4 or IPv6 address, such as 1.1.1.1.",
});

/** A bridge's own address with the prefix length of its subnet. */
export const ipv4Cidr = text(
  {
    code: "bad-cidr",
    holds: (value) => /\/\d+$/.test(value) && Address4.isValid(value),
    complaint: "is not an IPv4 address with a prefix length",
    remedy: "Write it as 192.168.83.1/24.",
  },
  {
    code: "bad-cidr",
    holds: (value) => !/^(0|127|22[4-9]|2[3-5]\d)\./.test(value),
    complaint: "is not in a range that hosts can have",
    remedy: "Use a private subnet, such as 192.168.83.1/24.",
  },
  {
    code: "bad-cidr",
    holds: (value) => {
      const { subnetMask } = new Address4(value);
      return subnetMask >= 8 && subnetMask <= 30;
    },
    complaint: "leaves no usable room for a bridge and its VMs",
    remedy: "Use a prefix length from /8 to /30.",
  },
  {
    code: "bad-cidr",
    holds: (value) => {
      const address = new Address4(value);
      return ![address.startAddress(), address.endAddress()].some((edge) => edge.bigInt() === address.bigInt());
    },
    complaint: "is the network or broadcast address of its subnet",
    remedy: "Give the bridge an address inside the subnet, such as the first one.",
  },
);

/** A host's IPv6 address with the prefix length of its subnet. */
export const ipv6Cidr = text(
  {
    code: "bad-cidr",
    holds: (value) => /^[^%]*\/\d+$/.test(value) && Address6.isValid(value),
    complaint: "is not an IPv6 address with a prefix length",
    remedy: "Write it as fd00:83::1/64.",
  },
  {
    code: "bad-cidr",
    // Global unicast and unique local addresses (RFC 4291, RFC 4193).
    holds: (value) => /^(2|3|f[cd])/.test(new Address6(value).canonicalForm()),
    complaint: "is not in a range that hosts can have",
    remedy: "Use a unique local subnet, such as fd00:83::1/64, or a global one of yours.",
  },
  {
    code: "bad-cidr",
    holds: (value) => {
      const { subnetMask } = new Address6(value);
      return subnetMask >= 16 && subnetMask <= 126;
    },
    complaint: "leaves no usable room for a host and its VMs",
    remedy: "Use a prefix length from /16 to /126, best /64.",
  },
  {
    code: "bad-cidr",
    holds: (value) => {
      const address = new Address6(value);
      return ![address.startAddress(), address.endAddress()].some((edge) => edge.bigInt() === address.bigInt());
    },
    complaint: "is the first or last address of its subnet, which no host has",
    remedy: "Give the host an address inside the subnet, such as fd00:83::1/64.",
  },
);

/** The id of a VLAN beside a bridge's own network, which is VLAN 1 (IEEE 802.1Q). */
export const vlanId = text({
  code: "bad-vlan-id",
  holds: (value) => /^[1-9]\d{0,3}$/.test(value) && Number(value) >= 2 && Number(value) <= 4094,
  complaint: "is not the id of a VLAN of a bridge",
  remedy: "Use a number from 2 to 4094; 1 is the bridge's own network.",
});

const notEverything: Rule = {
  code: "bad-path",
  holds: (value) => !/^~?\/+$/.test(value),
  complaint: "is all of the host's files or all of the user's home",
  remedy: "Name a folder below it, made for the VM.",
};

/** An absolute path on the host, or one below the user's home written `~/…`. */
export const hostPath = text(
  {
    code: "bad-path",
    holds: (value) => /^(\/|~\/)/.test(value),
    complaint: "is not an absolute path or one that starts with ~/",
    remedy: "Write the whole path, such as /srv/data or ~/microvm/data.",
  },
  notEverything,
  plainPath,
).transform(normalizePath);

/** The same, or a path relative to the VM's folder below `/var/lib/microvms`. */
export const shareSource = text(
  {
    code: "bad-path",
    holds: (value) => value !== "" && (!value.startsWith("~") || value.startsWith("~/")),
    complaint: "is not the path of a folder",
    remedy: "Write an absolute path, one that starts with ~/, or a folder of the VM's own such as home.",
  },
  notEverything,
  plainPath,
).transform(normalizePath);

const notTheStore: Rule = {
  code: "reserved-mount-point",
  holds: (value) => normalizePath(value) !== "/nix/store",
  complaint: "is where microvm.nix puts the guest's store together",
  remedy: "Use another mount point.",
};

/** An absolute path in a guest, where something can be mounted. */
export const guestPath = text(
  {
    code: "bad-path",
    holds: pattern(/^\/+[^/]/),
    complaint: "is not an absolute path below /",
    remedy: "Write the whole path, such as /var/lib/data.",
  },
  plainPath,
  notTheStore,
).transform(normalizePath);

/** The same, or `/`, which a disk can be. */
export const volumeMountPoint = text(
  {
    code: "bad-path",
    holds: pattern(/^\//),
    complaint: "is not an absolute path",
    remedy: "Write the whole path, such as /var/lib/data.",
  },
  plainPath,
  notTheStore,
).transform(normalizePath);

/** A virtiofs or 9p tag: at most 36 bytes, the room virtiofs has for it (Linux `struct virtio_fs_config`). */
export const shareTag = text({
  code: "bad-share-tag",
  holds: pattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,35}$/),
  complaint: "is not a share tag",
  remedy: "Use up to 36 letters, digits, `_`, `.` and `-`, and begin with a letter, digit or `_`.",
});

/** A disk image: absolute, or relative to the VM's folder below `/var/lib/microvms`. */
export const imagePath = text(
  {
    code: "bad-path",
    // A command would read a leading hyphen as an option.
    holds: (value) => value !== "" && !/\/$/.test(value) && !/^[~-]/.test(value),
    complaint: "is not the path of an image file",
    remedy: "Write a file name such as var.img, or an absolute path.",
  },
  plainPath,
).transform(normalizePath);

/** A control socket, in the VM's folder. */
export const socketPath = text({
  code: "bad-socket",
  holds: pattern(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/),
  complaint: "is not the name of a socket",
  remedy: "Write a file name such as control.socket.",
});

/** The name of a file alone, as a script or a credential has. */
export const fileName = text({
  code: "bad-file-name",
  holds: pattern(/^[A-Za-z0-9_][A-Za-z0-9._@-]*$/),
  complaint: "is not the name of a file",
  remedy: "Use letters, digits and `._@-`, and no folders.",
});

/** A folder below another one by its name, or `.` for the other one itself. */
export const subfolder = text({
  code: "bad-file-name",
  holds: pattern(/^(\.|\.?[A-Za-z0-9_][A-Za-z0-9._@-]*)$/),
  complaint: "is not the name of a folder",
  remedy: "Use letters, digits and `._@-`, or `.` for the folder itself.",
});

/** What names a device to a hypervisor; microvm.nix puts it on a command line without quotes. */
export const devicePath = text({
  code: "bad-device",
  holds: pattern(/^[A-Za-z0-9._:/][A-Za-z0-9._:,=/+-]*$/),
  complaint: "names no device",
  remedy: "Write a PCI address such as 0000:01:00.0, or properties such as vendorid=0x046d,productid=0xc52b.",
});

/** A UUID, as SMBIOS and `/etc/machine-id` have it. */
export const machineId = text({
  code: "bad-machine-id",
  holds: pattern(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i),
  complaint: "is not a UUID",
  remedy: "Write 32 hex digits as uuidgen(1) does: a67472e5-570e-5c8a-b18c-ae3c77701050.",
});

/** A label that every file system can have: vfat, the narrowest, has room for 11 characters. */
export const volumeLabel = text({
  code: "bad-label",
  holds: pattern(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,15}$/),
  complaint: "is not a label",
  remedy: "Use up to 16 letters, digits, `_`, `.` and `-`, and do not begin with `-`.",
});

/** The serial number of a disk, for which virtio has 20 bytes (Virtio 1.2, 5.2.6.1). */
export const diskSerial = text({
  code: "bad-serial",
  holds: pattern(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,19}$/),
  complaint: "is not the serial number of a disk",
  remedy: "Use up to 20 letters, digits, `_`, `.` and `-`, and do not begin with `-`.",
});

/** An attribute that a flake input provides. */
export const inputAttribute = text({
  code: "bad-input-attribute",
  holds: pattern(/^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_'-]*)+$/),
  complaint: "names nothing of a flake input",
  remedy: "Write an input's name and the attribute, such as fleet.nixosConfigurations.web.",
});

const isAccountName = pattern(/^[a-z_][a-z0-9_-]{0,30}$/);
const accountNameRemedy = "Use up to 31 lower-case letters, digits, `_` and `-`, not starting with a digit or hyphen.";

/** The name of a user of the host. */
export const accountName = text({
  code: "bad-user-name",
  holds: isAccountName,
  complaint: "is not a user name",
  remedy: accountNameRemedy,
});

/** A user name that `useradd` takes and no service of a guest has. */
export const userName = text(
  {
    code: "bad-user-name",
    holds: isAccountName,
    complaint: "is not a user name",
    remedy: accountNameRemedy,
  },
  {
    code: "reserved-user-name",
    holds: (value) => !/^(root|nobody|sshd|messagebus|polkituser|nscd|systemd-.*|nixbld.*)$/.test(value),
    complaint: "is a user that NixOS makes itself",
    remedy: "Name a person.",
  },
);

/** The groups with fixed ids (NixOS nixos/modules/misc/ids.nix) that a guest has anyway. */
const nixosGroups: ReadonlySet<string> = new Set(
  "root wheel kmem tty messagebus floppy uucp lp cdrom tape audio video dialout nogroup users adm disk utmp keys input sgx render kvm nixbld".split(
    " ",
  ),
);

const groupRule: Rule = {
  code: "bad-group-name",
  holds: isAccountName,
  complaint: "is not a group name",
  remedy: accountNameRemedy,
};

/** A group name that `groupadd` takes. */
export const groupName = text(groupRule);

/** The name of a group that is the config's own. */
export const ownGroupName = text(groupRule, {
  code: "reserved-group-name",
  holds: (value) => !nixosGroups.has(value),
  complaint: "is a group of NixOS, with an id of its own",
  remedy: "Leave it out: `extraGroups` can name it as it is.",
});

/** The name of an environment variable. */
export const variableName = text({
  code: "bad-variable-name",
  holds: pattern(/^[A-Za-z_][A-Za-z0-9_]*$/),
  complaint: "is not the name of an environment variable",
  remedy: "Use letters, digits and `_`.",
});

/** The name of a secret: of a file, of an environment variable and of a systemd credential. */
export const secretName = text({
  code: "bad-secret-name",
  holds: pattern(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/),
  complaint: "is not the name of a secret",
  remedy: "Use up to 64 letters, digits and `_`, such as ANTHROPIC_API_KEY.",
});

/** A domain of at least two labels, or all those below one. */
const domainPattern = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

export const domain = text({
  code: "bad-domain",
  holds: pattern(domainPattern),
  complaint: "is not a domain",
  remedy: "Write one such as proxy.golang.org or *.example.org, in lower case, without a scheme, port or path.",
});

/** A port, or several, as they stand behind a colon. */
const portList = /^(?:[1-9]\d{0,4})(?:,[1-9]\d{0,4})*$/;

const isPort = (port: number): boolean => port >= 1 && port <= 65535;

/** The parts of a destination: what is before the last colon that ports stand behind, and these. */
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

/** What stands for a VM where one is shown how to write it. */
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
    code: "bad-destination",
    holds: (value) => splitDestination(value).ports.every(isPort),
    complaint: "has something else than TCP ports behind its colon",
    remedy: (value) => {
      const { target } = splitDestination(value);
      return `Write numbers from 1 to 65535, with commas between them: "${target}:80,443"; or "${target}" for all of it.`;
    },
  },
  {
    code: "bad-host-name",
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

/** Where the server of a URL is, in the letters that domains are written in. */
const serverOf = (value: string): string => {
  const [prefix = ""] = scheme.exec(value) ?? [];
  const server = (/^[\d.:a-f]+\/\d/.test(value) ? value : value.slice(prefix.length).replace(/[/?#].*$/, ""))
    // What Git and scp take for a path of SSH's.
    .replace(/^[^:@]+@([^:[\]]+):(?!\d+$).*$/, "$1:22")
    .replace(/^.*@/, "")
    .replace(/^\.(?=.)/, "*.")
    .replace(/\.$/, "")
    .toLowerCase();
  const port = portsOfSchemes[prefix.slice(0, -"://".length).toLowerCase()];
  return port === undefined || splitDestination(server).ports.length > 0 ? server : `${server}:${String(port)}`;
};

/** A subnet that is written by an address in it: what it opens is another thing than what it names. */
const subnetOfOther = (value: string): { readonly address: string; readonly subnet: string } | undefined => {
  const { target } = splitDestination(value);
  if (!target.includes("/") || !isSomewhere(target)) return undefined;
  const parsed = target.includes(":") ? new Address6(target) : new Address4(target);
  const [address, first] = [parsed.correctForm(), parsed.startAddress().correctForm()];
  return address === first ? undefined : { address, subnet: `${first}/${String(parsed.subnetMask)}` };
};

/** A destination as it is written. */
export const joinDestination = (target: string, ports: readonly number[]): string => {
  if (ports.length === 0) return target;
  return `${target.includes(":") ? `[${target}]` : target}:${ports.join(",")}`;
};

const loopback = /^(localhost|127(\.\d+){3}|\[?::1\]?)(?=[:/]|$)/;

/** A domain, an address or a subnet with ports, or one of the words. */
export const destination = (words: readonly string[]) => {
  const isKnown = (value: string): boolean => words.includes(value) || isDestination(value);
  const meansServer = (value: string): boolean => !isKnown(value) && isDestination(serverOf(value));
  const refused = { code: "bad-destination" } as const;
  return text(
    {
      ...refused,
      holds: (value) => !loopback.test(serverOf(value)),
      complaint: "is the VM itself, for what runs in it",
      remedy: (value) => {
        const { ports } = splitDestination(serverOf(value));
        return `If the host is meant, list its ports in \`reachHost\`: [${(ports.length === 0 ? [80, 443] : ports).join(", ")}].`;
      },
    },
    {
      ...refused,
      holds: (value) => !/^:?[\d,]+$/.test(value),
      complaint: "is a port, and does not say of what",
      remedy: (value) =>
        `Write where it is, such as "example.org:${value.replace(":", "")}"; ports of the host are for \`reachHost\`.`,
    },
    {
      ...refused,
      holds: (value) => !/:[\d,]+\/(tcp|udp)$|^udp:/i.test(value),
      complaint: "names a protocol, and what is allowed is TCP alone, with HTTP/3's UDP 443 where no port is named",
      remedy: (value) =>
        /\/tcp$/i.test(value)
          ? `Write ${JSON.stringify(serverOf(value))}.`
          : 'Leave it out: DNS servers are for `nameservers`, UDP of the host for `reachHost`, and all of the internet\'s is open with `network: "internet"`.',
    },
    {
      ...refused,
      holds: (value) => !(meansServer(value) && /[/@?#]/.test(value)),
      complaint: "is a URL or a part of one, and a server is reached whole or not at all",
      remedy: (value) => `Write ${JSON.stringify(serverOf(value))}.`,
    },
    {
      ...refused,
      holds: (value) => !meansServer(value),
      complaint: "is not how a domain is written here",
      remedy: (value) => `Write ${JSON.stringify(serverOf(value))}.`,
    },
    {
      ...refused,
      holds: (value) => isKnown(value) || !/^[a-z0-9*-]+\.[a-z0-9.-]*:/i.test(value),
      complaint: "has something else than ports behind its colon",
      remedy: 'Write numbers from 1 to 65535, with commas between them: "example.org:80,443".',
    },
    {
      ...refused,
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
      ...refused,
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
      ...refused,
      holds: isKnown,
      complaint: "is neither a known destination nor a domain, address or subnet with ports",
      remedy: `Write one such as "github.com:22,443", "*.example.org", "10.0.0.5:5432", "[fd00::5]:443", or one of ${words.join(", ")}.`,
    },
  );
};

/** The value of an environment variable, which NixOS puts between double quotes in a script that every login runs. */
export const variableValue = text({
  code: "bad-variable-value",
  holds: (value) => isLine(value) && !/["`\\]|\$\(/.test(value),
  complaint: "cannot stand between the quotes of a shell script",
  remedy: "Leave out quotes, backticks, backslashes and `$(`; `$HOME` is fine.",
});

/** A NixOS release such as 25.11. */
export const stateVersion = text({
  code: "bad-state-version",
  holds: pattern(/^\d\d\.\d\d$/),
  complaint: "is not a NixOS release",
  remedy: "Write the release the machine was first installed with, such as 25.11.",
});

/** The name of a flake input, also usable as a Nix variable. */
export const inputName = text({
  code: "bad-input-name",
  holds: (value) =>
    /^[A-Za-z][A-Za-z0-9_-]*$/.test(value) &&
    !["self", "assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"].includes(value),
  complaint: "cannot name a flake input",
  remedy: "Use letters, digits, `_` and `-`, no Nix keyword and not `self`.",
});

/** What an input of an input follows: an input of ours, an input of that (`a/b`), or nothing (empty). */
export const followsPath = text({
  code: "bad-follows",
  holds: pattern(/^([A-Za-z][A-Za-z0-9_-]*(\/[A-Za-z][A-Za-z0-9_-]*)*)?$/),
  complaint: "names no flake input",
  remedy: "Write the name of an input, such as nixpkgs.",
});

/** A flake reference such as `github:nixos/nixpkgs/nixos-26.05`. */
export const flakeRef = text({
  code: "bad-flake-ref",
  holds: (value) => value !== "" && !/\s/.test(value) && isLine(value),
  complaint: "is not a flake reference",
  remedy: "Write a reference such as github:owner/repo or path:../other.",
});

/** An attribute path below `pkgs`, such as `git` or `python3Packages.requests`. */
export const packageName = text({
  code: "bad-package-name",
  holds: pattern(/^[A-Za-z_][A-Za-z0-9_'-]*(\.[A-Za-z0-9_][A-Za-z0-9_'-]*)*$/),
  complaint: "is not the name of a package",
  remedy: "Write its attribute below pkgs, such as ripgrep or nodePackages.prettier.",
});

/** Text of any kind that Nix can hold: everything but NUL. */
export const anyText = text({
  code: "bad-text",
  holds: isNixText,
  complaint: "contains a NUL or half a surrogate pair",
  remedy: "Remove it: Nix strings cannot hold it.",
});

/** One line of text, such as a public key. */
export const line = text({
  code: "bad-text",
  holds: (value) => value !== "" && isLine(value),
  complaint: "is not one line of text",
  remedy: "Write one non-empty line without control characters.",
});

/** A public key as a line of `authorized_keys` has it (sshd(8)), options in front of it or not. */
export const sshKey = text(
  {
    code: "bad-text",
    holds: isLine,
    complaint: "is not one line of text",
    remedy: "Write one line without control characters.",
  },
  {
    code: "bad-ssh-key",
    holds: pattern(/(?:^|\s)(?:ssh-|ecdsa-|sk-)\S+\s+AAAA/),
    complaint: "is not a public SSH key",
    remedy: "Write the key itself, the line that ~/.ssh/id_ed25519.pub holds: such as ssh-ed25519 AAAA… alice@host.",
  },
);

/** Why something is as it is, for those who read the config. */
export const reason = text({
  code: "bad-reason",
  holds: (value) => value.trim() !== "" && isNixText(value),
  complaint: "is no reason",
  remedy: "Say in a few words why it is right here.",
});

/** A path relative to the config file, or a module that an input provides. */
export const moduleReference = text(
  {
    code: "absolute-module-path",
    holds: (value) => !/^[/~]/.test(value),
    complaint: "is an absolute path, which a flake cannot read",
    remedy: "Keep the module beside the config and write a relative path, such as ./configuration.nix.",
  },
  {
    code: "bad-module",
    holds: (value) => /^\.{1,2}\//.test(value) || !value.endsWith(".nix"),
    complaint: "is a path that does not say where it starts",
    remedy: "Put `./` in front of it.",
  },
  {
    code: "bad-module",
    holds: (value) =>
      isLine(value) && /^(\.{1,2}\/.|[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_'-]*)+$)/.test(value),
    complaint: "names no module",
    remedy: "Write a relative path (./configuration.nix) or an input's attribute (stapelbergnix.lib.userSettings).",
  },
);
