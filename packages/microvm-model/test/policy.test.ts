/** What VMs may reach: where it is said, what it comes to, and what cannot be. */
import { assert, describe, expect, it } from "vitest";
import {
  agents,
  emptyLock,
  formatPath,
  planConfig,
  type PolicyPlan,
  type Problem,
  replace,
  toolchains,
} from "../src/index.js";
import { destinations } from "../src/internal.js";
import { destinationSchema } from "../src/config/policy.js";
import { hexOf, isPrivate, linkLocalOf } from "../src/plan/subnet.js";
import { config } from "./config.js";

const policyOf = (vm: object, host: object = {}): PolicyPlan => {
  const result = planConfig(config({ a: vm, b: {} }, host), emptyLock);
  assert(result._tag === "Right", JSON.stringify(result));
  const [policy] = result.right.value.plan.hosts.flatMap(({ vms }) =>
    vms.filter(({ name }) => name === "a").map((planned) => planned.network.policy),
  );
  assert(policy !== undefined);
  return policy;
};

const problemsIn = (vms: object, host: object = {}): readonly Problem[] => {
  const result = planConfig(config(vms, host), emptyLock);
  return result._tag === "Left" ? result.left : result.right.warnings;
};

const problemsOf = (vm: object, host: object = {}): readonly string[] =>
  problemsIn({ a: vm, b: {} }, host).map(({ code, path }) => `${code} ${formatPath(path.slice(3))}`);

/** Where each problem is, what it says and what to do. */
const said = (vms: object, host: object = {}): readonly (readonly [where: string, message: string, remedy: string])[] =>
  problemsIn(vms, host).map(({ path, message, remedy }) => [formatPath(path.slice(2)), message, remedy]);

const open = { bridges: { br0: { address: "10.0.0.1/24", network: "open" } } };

describe("the policy of a VM", () => {
  it.each([
    ["the internet by default", {}, {}, "internet"],
    ["the policy of its bridge", {}, open, "open"],
    ["its own policy, instead of that of its bridge", { network: "none" }, open, "none"],
    ["the policy of vmDefaults", {}, { vmDefaults: { network: "allowlist" } }, "allowlist"],
  ] as const)("is %s", (_, vm, host, network) => {
    expect(policyOf(vm, host).network).toBe(network);
  });

  it("has the entries of `allow`, its agent and its toolchains, with ports", () => {
    const { domains, addresses } = policyOf({
      network: "allowlist",
      agent: "claude-code",
      toolchains: ["go"],
      allow: ["github.com:22,443", "10.1.0.0/16:5432", "fd00::5", "[fd00::6]:53", "npm"],
    });
    const shown = [...domains, ...addresses].map(
      ({ target, ports }) => `${target} ${ports.map(({ proto, port }) => `${proto}${String(port)}`).join(" ")}`,
    );
    const web = (target: string): string => `${target} tcp80 tcp443 udp443`;
    expect(shown).toEqual([
      ...[...agents["claude-code"].domains, ...toolchains.go.domains].map(web),
      "github.com tcp22 tcp443",
      web("registry.npmjs.org"),
      "10.1.0.0/16 tcp5432",
      web("fd00::5"),
      "fd00::6 tcp53",
    ]);
  });

  it("has each address and port once, even if subnets overlap", () => {
    const { addresses } = policyOf({
      network: "internet",
      allow: ["10.1.0.5:80,22", "10.1.0.0/16:80", "10.1.0.5:22,443", "10.1.0.0/16:80", "fd00::5"],
    });
    expect(addresses.map(({ target, ports }) => [target, ...ports.map(({ port }) => port)].join(" "))).toEqual([
      "10.1.0.5 22",
      "10.1.0.0/16 80",
      "10.1.0.5 443",
      "fd00::5 80 443 443",
    ]);
  });

  it("has each domain with equal ports once, at its first place", () => {
    const { domains } = policyOf({
      network: "allowlist",
      toolchains: ["python"],
      allow: ["pypi", "a.example", "a.example:22", "a.example", "a.example:22"],
    });
    expect(domains.map(({ target, path }) => `${target} ${formatPath(path.slice(4))}`)).toEqual([
      ...toolchains.python.domains.map((domain) => `${domain} toolchains[0]`),
      "a.example allow[1]",
      "a.example allow[2]",
    ]);
  });

  it("keeps the agent or toolchain that needs a domain", () => {
    const { domains } = policyOf({ network: "allowlist", toolchains: ["cpp", "go"], allow: ["a.example"] });
    expect(domains.map(({ path }) => formatPath(path.slice(4)))).toEqual([
      ...toolchains.go.domains.map(() => "toolchains[1]"),
      "allow[0]",
    ]);
  });

  it("contains its nameservers, in a private network or on the host", () => {
    const dns = [
      { proto: "udp", port: 53 },
      { proto: "tcp", port: 53 },
    ];
    const { addresses, host } = policyOf({ network: "internet", nameservers: ["10.0.0.1", "192.168.7.7", "9.9.9.9"] });
    expect(addresses.map(({ target, ports }) => [target, ports])).toEqual([
      ["10.0.0.1", dns],
      ["192.168.7.7", dns],
    ]);
    expect(host).toEqual(dns);
  });

  it("contains other VMs, with all ports or some", () => {
    const vms = { a: { reachVms: ["b", "c:80,5432"] }, b: {}, c: { firewall: false } };
    const result = planConfig(config(vms, {}), emptyLock);
    assert(result._tag === "Right", JSON.stringify(result));
    const [planned] = result.right.value.plan.hosts[0]?.vms ?? [];
    expect(
      planned?.network.policy.vms.map(({ value, ports, path }) => [value, ports, formatPath(path.slice(4))]),
    ).toEqual([
      ["b", null, "reachVms[0]"],
      [
        "c",
        [
          { proto: "tcp", port: 80 },
          { proto: "tcp", port: 5432 },
        ],
        "reachVms[1]",
      ],
    ]);
  });

  it("contains ports of the host", () => {
    expect(policyOf({ reachHost: ["dns", 8080, { port: 69, proto: "udp" }] }).host).toEqual([
      { proto: "udp", port: 53 },
      { proto: "tcp", port: 53 },
      { proto: "tcp", port: 8080 },
      { proto: "udp", port: 69 },
    ]);
  });
});

describe("an invalid policy", () => {
  it.each([
    ["a macvtap", { interfaces: [{ type: "macvtap", link: "eth0", mode: "bridge" }] }, {}],
    ["QEMU's own network", { hypervisor: "qemu", interfaces: [{ type: "user" }] }, {}],
    ["QEMU's bridge helper", { hypervisor: "qemu", interfaces: [{ type: "bridge" }] }, {}],
    ["a bridge with ports", { interfaces: [{ address: "dhcp" }] }, { bridges: { br0: { ports: ["eth0"] } } }],
  ])("is any policy except open on %s", (_, vm, { bridges }: { readonly bridges?: object }) => {
    const host = bridges === undefined ? {} : { bridges };
    const guarded = { network: "internet", ...vm };
    const only = (problems: readonly string[]): readonly string[] =>
      problems.filter((problem) => problem.startsWith("policy-not-enforced interfaces"));
    expect(only(problemsOf(guarded, host).map((problem) => problem.replace("a.", "")))).toHaveLength(1);
    expect(only(problemsOf({ ...vm, network: "open" }, host).map((problem) => problem.replace("a.", "")))).toEqual([]);
  });

  it.each([
    [
      "an allowed domain with the policy internet",
      { network: "internet", allow: ["a.example"] },
      "allow-ignored a.allow[0]",
    ],
    [
      "a preset and its domain with the policy internet",
      { network: "internet", allow: ["10.1.0.1", "npm", "registry.npmjs.org"] },
      "allow-ignored a.allow[1]",
    ],
    ["an allowed address with the policy none", { network: "none", allow: ["10.1.0.1"] }, "allow-ignored a.allow[0]"],
    ["a preset with the policy open", { network: "open", allow: ["npm"] }, "allow-ignored a.allow[0]"],
    ["a port of the host with the policy open", { network: "open", reachHost: [80] }, "reach-ignored a.reachHost[0]"],
    ["another VM with the policy open", { network: "open", reachVms: ["b"] }, "reach-ignored a.reachVms[0]"],
    ["an unknown VM", { reachVms: ["c"] }, "unknown-vm a.reachVms[0]"],
    ["a port of an unknown VM", { reachVms: ["c:80"] }, "unknown-vm a.reachVms[0]"],
    ["the VM itself", { reachVms: ["a"] }, "reach-itself a.reachVms[0]"],
    ["a port of the VM itself", { reachVms: ["a:22"] }, "reach-itself a.reachVms[0]"],
    ["a URL", { network: "allowlist", allow: ["https://a.example"] }, "bad-value a.allow[0]"],
    ["an address with a zone", { network: "allowlist", allow: ["[fd00::5%eth0]:443"] }, "bad-value a.allow[0]"],
    ["a subnet with a zone", { network: "allowlist", allow: ["fe80::%eth0/64"] }, "bad-value a.allow[0]"],
    ["an unknown preset", { network: "allowlist", allow: ["gihub"] }, "bad-value a.allow[0]"],
    ["a port above 65535", { network: "allowlist", allow: ["a.example:65536"] }, "bad-value a.allow[0]"],
    ["a colon without a port", { network: "allowlist", allow: ["a.example:"] }, "bad-value a.allow[0]"],
  ])("is %s", (_, vm, problem) => {
    expect(problemsOf(vm)).toEqual([problem]);
  });
});

describe("an allowed address of the host or its networks", () => {
  const host = {
    bridges: {
      br0: { address: "10.7.0.1/24", ipv6: "fd00:7::1/64" },
      br1: { address: "10.7.1.1/24" },
      lan: { address: "192.168.7.2/24", ports: ["eno2"] },
      empty: { address: "10.7.9.1/24" },
    },
  };
  const told = (...allow: readonly string[]): readonly string[] => {
    const vms = {
      a: { network: "allowlist", interfaces: [{ bridge: "br0" }], allow },
      b: { network: "none", interfaces: [{ bridge: "br1" }] },
      c: { network: "open", interfaces: [{ bridge: "lan", address: "192.168.7.9" }] },
    };
    return problemsIn(vms, host).map(({ code, path, remedy }) => `${code} ${formatPath(path.slice(3))}: ${remedy}`);
  };

  it.each([
    ["10.7.0.1:5432,53", 'List the host\'s ports instead: `reachHost: [5432, "dns"]`.'],
    ["[fd00:7::1]:443", "List the host's ports instead: `reachHost: [443]`."],
    ["10.7.9.1/32", "List the host's ports instead: `reachHost: [80, 443]`."],
    ["192.168.7.2", "List the host's ports instead: `reachHost: [80, 443]`."],
    ["10.7.0.2:80", "Remove it: a VM always reaches itself."],
    ["10.7.1.3:5432", 'Name the VM instead: `reachVms: ["b:5432"]`.'],
    ["10.7.1.3", 'Name the VM instead: `reachVms: ["b:80,443"]`.'],
    ["10.7.1.0/24", "Name VMs in `reachVms` (b) and the host's ports in `reachHost` instead."],
    ["10.7.0.128/25:80", "Name VMs in `reachVms` and the host's ports in `reachHost` instead."],
    ["fd00:7::/64", "Name VMs in `reachVms` and the host's ports in `reachHost` instead."],
  ])("needs another setting: %s", (destination, remedy) => {
    expect(told(destination)).toEqual([`allow-of-host a.allow[0]: ${remedy}`]);
  });

  it("is an error at any position, also after a subnet that contains it", () => {
    expect(told("10.0.0.0/8", "10.7.0.1")).toEqual([expect.stringMatching(/^allow-of-host a\.allow\[1\]/)]);
  });

  it("is no error in a larger subnet, in a LAN, or in a network without VMs", () => {
    expect(told("10.0.0.0/8", "10.7.0.0/23", "fd00::/16", "192.168.7.0/24", "192.168.7.9:22", "10.7.9.0/24")).toEqual(
      [],
    );
  });

  it("is reported once if all VMs allow it", () => {
    expect(said({ a: {}, b: {} }, { vmDefaults: { allow: ["10.0.0.1:80"] } })).toEqual([
      ["vmDefaults.allow[0]", expect.anything(), "List the host's ports instead: `reachHost: [80]`."],
    ]);
  });
});

describe("an allowed range that is too large, or a metadata service", () => {
  const warned = (network: string, ...allow: readonly string[]): readonly string[] => problemsOf({ network, allow });

  it.each([
    ["0.0.0.0/0"],
    ["::/0"],
    ["0.0.0.0/1:8443"],
    ["172.0.0.0/8"],
    ["192.0.0.0/8"],
    ["169.254.0.0/15"],
    ["32.0.0.0/3"],
    ["[2000::/3]:443"],
    ["f000::/4"],
    ["169.254.169.254"],
    ["169.254.0.0/16"],
    ["169.254.169.254:80"],
    ["168.63.129.16"],
    ["100.100.100.200:80"],
    ["[fd00:ec2::254]:80"],
    ["fd20:ce::254"],
  ])("causes a warning: %s", (destination) => {
    for (const network of ["internet", "allowlist"])
      expect(warned(network, destination)).toEqual(["dangerous-allowance a.allow[0]"]);
  });

  it("causes no warning for a private network, an allocated network or DNS of a cloud", () => {
    const fine = [
      ...["192.168.1.0/24", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fd01::/48"],
      ...["17.0.0.0/8", "104.16.0.0/13", "2a00::/12", "8.8.8.8:53", "169.254.169.254:53"],
    ];
    for (const network of ["internet", "allowlist"]) expect(warned(network, ...fine)).toEqual([]);
  });

  it("has a remedy with the intended policy, or with secrets", () => {
    const allow = ["0.0.0.0/0", "169.254.169.254"];
    expect(said({ a: { network: "allowlist", allow } })).toEqual([
      [
        "vms.a.allow[0]",
        "0.0.0.0/0 is larger than any network: it opens LANs and public servers",
        'List the networks that the VM needs, such as 192.168.1.0/24, or set `network: "internet"`, which keeps LANs closed.',
      ],
      [
        "vms.a.allow[1]",
        "169.254.169.254 is a cloud's metadata service, which would give the VM the host's credentials",
        "Remove it and give the VM its own credentials in `secrets`.",
      ],
    ]);
    expect(said({ a: { network: "internet", allow } })[0]?.[2]).toBe(
      "List the networks that the VM needs, such as 192.168.1.0/24.",
    );
  });
});

describe("a private name in allow", () => {
  it.each([
    "nas.lan",
    "*.x.lan:443",
    "db.internal",
    "router.local",
    "x.home.arpa",
    "x.localdomain",
    "a.b.home",
    "x.corp",
  ])("causes a warning: %s", (name) => {
    expect(problemsOf({ network: "allowlist", allow: [name] })).toEqual(["private-name a.allow[0]"]);
  });

  it("has a remedy with an address", () => {
    expect(said({ a: { network: "allowlist", allow: ["nas.lan:443"] } })).toEqual([
      [
        "vms.a.allow[0]",
        "nas.lan is a private name (.lan): DNS answers with private addresses are blocked",
        'List the address instead, such as "192.168.1.5:443".',
      ],
    ]);
  });

  it("causes no warning for a public name, or if its address and a private nameserver are listed", () => {
    expect(problemsOf({ network: "allowlist", allow: ["local.example.org", "lan.io", "arpa.net"] })).toEqual([]);
    const allow = ["nas.lan", "192.168.1.5"];
    expect(problemsOf({ network: "allowlist", allow, nameservers: ["192.168.1.1"] })).toEqual([]);
    expect(problemsOf({ network: "allowlist", allow })).toEqual(["private-name a.allow[0]"]);
    expect(problemsOf({ network: "allowlist", allow: ["nas.lan"], nameservers: ["192.168.1.1"] })).toEqual([
      "private-name a.allow[0]",
    ]);
  });
});

describe("DNS of the host in reachHost", () => {
  it.each([["dns"], [53], [{ port: 53, proto: "udp" }]])(
    "causes a warning with none, and an error with an allowlist: %j",
    (port) => {
      expect(problemsOf({ network: "none", reachHost: [80, port] })).toEqual(["dns-past-policy a.reachHost[1]"]);
      expect(problemsOf({ network: "allowlist", reachHost: [80, port] })).toEqual(["reach-ignored a.reachHost[1]"]);
      expect(problemsOf({ network: "internet", reachHost: [80, port] })).toEqual([]);
    },
  );

  it("is reported without the other ports, with a remedy", () => {
    expect(said({ a: { network: "allowlist", reachHost: [80, "dns"] } })).toEqual([
      [
        "vms.a.reachHost[1]",
        '`network: "allowlist"` redirects DNS to the host\'s resolver, so `reachHost` has no effect on DNS: dns',
        'Set `network: "internet"`, or remove this entry.',
      ],
    ]);
    expect(problemsOf({ network: "none", reachHost: [80] })).toEqual([]);
  });
});

describe("an ignored entry", () => {
  it("is reported together with all ignored entries of the VM, as in the config", () => {
    expect(said({ a: { network: "none", allow: ["npm", "pypi", "10.1.0.1"] } })).toEqual([
      [
        "vms.a.allow[0]",
        '`network: "none"` allows nothing, so `allow` has no effect: npm, pypi, 10.1.0.1',
        'Set `network: "allowlist"`, or remove these entries.',
      ],
    ]);
    expect(said({ a: { network: "open", reachHost: ["dns", 80, { port: 69, proto: "udp" }] } })).toMatchObject([
      [
        "vms.a.reachHost[0]",
        expect.stringMatching(/: dns, 80, udp 69$/),
        expect.stringMatching(/ or remove these entries\.$/),
      ],
    ]);
  });

  it("is a domain or preset, but no address beside it", () => {
    expect(said({ a: { network: "internet", allow: ["10.1.0.1", "npm"] } })).toMatchObject([
      ["vms.a.allow[1]", expect.stringMatching(/: npm$/), expect.stringMatching(/ or remove this entry\.$/)],
    ]);
    expect(said({ a: { network: "internet", allow: ["npm", "registry.npmjs.org"] } })).toMatchObject([
      [expect.anything(), expect.stringMatching(/: npm, registry\.npmjs\.org$/), expect.anything()],
    ]);
  });

  it("has a remedy with `replace` if it comes from vmDefaults, and is removed otherwise", () => {
    const vmDefaults = { allow: ["npm", "10.1.0.1"], reachVms: ["b"] };
    const vms = { a: { network: "internet", allow: ["pypi"] }, b: { network: "open", reachVms: replace([]) } };
    expect(said(vms, { vmDefaults })).toEqual([
      ["vms.a.allow[0]", expect.stringMatching(/: pypi$/), 'Set `network: "allowlist"`, or remove this entry.'],
      [
        "vms.a.network",
        expect.stringMatching(/: npm$/),
        'Set `network: "allowlist"`, or override `vmDefaults` with `allow: replace(["10.1.0.1"])`.',
      ],
      [
        "vms.b.network",
        expect.stringMatching(/: npm, 10\.1\.0\.1$/),
        'Set `network: "allowlist"`, or override `vmDefaults` with `allow: replace([])`.',
      ],
    ]);
  });

  it("is corrected in vmDefaults if they contradict themselves", () => {
    const vmDefaults = { network: "none", allow: ["npm"] };
    expect(said({ a: {}, b: {} }, { vmDefaults })).toMatchObject([
      ["vmDefaults.allow[0]", expect.anything(), 'Set `network: "allowlist"`, or remove this entry.'],
    ]);
  });
});

describe("an unknown VM in reachVms", () => {
  it.each<[string, object, object, string]>([
    ["suggests the most similar name", { a: { reachVms: ["cachee"] }, cache: {} }, {}, 'Did you mean "cache"?'],
    ["suggests the other VMs, and not the VM itself", { a: { reachVms: ["aa"] }, cache: {} }, {}, "Use one of: cache."],
    [
      "has to be added if there is no other VM",
      { a: { reachVms: ["cache"] } },
      {},
      "Describe it in `vms`, or remove it from `reachVms`: the host has no other VM.",
    ],
    [
      "suggests every VM if the entry is in vmDefaults",
      { a: {}, b: {} },
      { vmDefaults: { reachVms: ["cache"] } },
      "Use one of: a, b.",
    ],
    [
      "has no address if it is imported",
      { a: { reachVms: ["web"] } },
      { importedVms: { web: { flake: "nixpkgs" } } },
      "Describe it in the host's `vms`, or remove it from `reachVms`.",
    ],
  ])("%s", (_, vms, host, remedy) => {
    expect(problemsIn(vms, host).filter(({ code }) => code === "unknown-vm")).toMatchObject([{ remedy }]);
  });

  it("has a remedy with `replace` if a VM is in reachVms of vmDefaults", () => {
    expect(said({ a: {}, b: {} }, { vmDefaults: { reachVms: ["b"] } })).toEqual([
      ["vmDefaults.reachVms[0]", "b is the VM itself", "Override `vmDefaults` in b with `reachVms: replace([])`."],
    ]);
  });
});

describe("a port in reachVms", () => {
  it("causes a warning if the other VM's firewall blocks it", () => {
    const vms = { a: { reachVms: ["b:22,80,5432", "c:80", "b"] }, b: { firewall: { allowedTCPPorts: [80] } } };
    expect(said({ ...vms, c: { firewall: false } })).toEqual([
      [
        "vms.a.reachVms[0]",
        "The guest firewall of b blocks tcp port 5432",
        "Add 5432 to `firewall.allowedTCPPorts` of b.",
      ],
    ]);
  });

  it("stays in the remedy that removes another VM", () => {
    const vmDefaults = { reachVms: ["b:22", "c:22"] };
    expect(said({ a: { reachVms: replace([]) }, b: {}, c: {} }, { vmDefaults })).toMatchObject([
      ["vmDefaults.reachVms[0]", "b is the VM itself", expect.stringContaining('replace(["c:22"])')],
      ["vmDefaults.reachVms[1]", "c is the VM itself", expect.stringContaining('replace(["b:22"])')],
    ]);
  });
});

describe("a value in the wrong form", () => {
  const remedies = (vm: object): readonly string[] => problemsIn({ a: vm }).map(({ remedy }) => remedy);

  it.each([
    ["https://example.org", 'Write "example.org".'],
    ["http://10.1.0.5:8080/x?y", 'Write "10.1.0.5:8080".'],
    ["https://me@[fd01::5]:8443/", 'Write "[fd01::5]:8443".'],
    ["example.org/path", 'Write "example.org".'],
    ["Example.Org", 'Write "example.org".'],
    [".example.org", 'Write "*.example.org".'],
    ["example.org.", 'Write "example.org".'],
    ["gihub", 'Did you mean "github"?'],
    ["example.org:https", 'Write ports from 1 to 65535, such as "example.org:80,443".'],
    ["localhost:5432", "To reach the host, list its ports in `reachHost`: [5432]."],
    ["http://127.0.0.1/", "To reach the host, list its ports in `reachHost`: [80, 443]."],
    ["[::1]:80", "To reach the host, list its ports in `reachHost`: [80]."],
    ["443", 'Write host and port, such as "example.org:443". For ports of the host, use `reachHost`.'],
    ["ssh://git@github.com/foo", 'Write "github.com:22".'],
    ["git@github.com:foo/bar.git", 'Write "github.com:22".'],
    ["git@github.com:2222", 'Write "github.com:2222".'],
    ["postgres://me@10.1.0.5/db", 'Write "10.1.0.5:5432".'],
    ["redis://[fd01::5]", 'Write "[fd01::5]:6379".'],
    ["ssh://example.org:2222/", 'Write "example.org:2222".'],
    ["10.1.0.5:53/tcp", 'Write "10.1.0.5:53".'],
    [
      "10.1.0.5:53/udp",
      'Remove the protocol. For UDP, use `nameservers` (DNS), `reachHost` (ports of the host) or `network: "internet"`.',
    ],
    ["udp://10.1.0.5:53", expect.stringMatching(/^Remove the protocol\. /)],
    ["10.1.0.1/8", 'Write "10.1.0.1" for the address, or "10.0.0.0/8" for the subnet.'],
    ["fd01::5/64:443", expect.stringMatching(/^Write a destination such/)],
    ["[fd01::5/64]:443", 'Write "[fd01::5]:443" for the address, or "[fd01::/64]:443" for the subnet.'],
    [443, 'Write host and port, such as "example.org:443". For ports of the host, use `reachHost`.'],
  ])("has a remedy for a destination: %j", (destination, remedy) => {
    expect(remedies({ network: "allowlist", allow: [destination] })).toEqual([remedy]);
  });

  it.each(["10.1.0.0/33", "10.1.0.0/33:80", "fd01::/129", "a b"])(
    "has the general remedy if it cannot be a destination: %s",
    (destination) => {
      expect(remedies({ network: "allowlist", allow: [destination] })).toEqual([
        expect.stringMatching(/^Write a destination such/),
      ]);
    },
  );

  it.each<[unknown, string]>([
    ["5432", 'Write 5432 without quotes, or { port: 5432, proto: "udp" } for UDP.'],
    ["5432/tcp", 'Write 5432 without quotes, or { port: 5432, proto: "udp" } for UDP.'],
    ["69/udp", 'Write { port: 69, proto: "udp" }.'],
    ["http", 'Write "dns", a TCP port as a number, or { port: 69, proto: "udp" }.'],
    ["dn", 'Did you mean "dns"?'],
    [{ port: "69", proto: "udp" }, "Write 69 without quotes."],
  ])("has a remedy for a port of the host: %j", (port, remedy) => {
    expect(remedies({ reachHost: [port] })).toEqual([remedy]);
  });

  it.each<[unknown, string]>([
    ["b:http", 'Write ports from 1 to 65535, such as "b:80,443", or "b" for all ports.'],
    ["b:", 'Write ports from 1 to 65535, such as "b:80,443", or "b" for all ports.'],
    ["b:65536", 'Write ports from 1 to 65535, such as "b:80,443", or "b" for all ports.'],
    ["b:53/udp", 'Write ports from 1 to 65535, such as "b:80,443", or "b" for all ports.'],
    ["B", 'Name a VM of this host, with or without TCP ports: "cache" or "cache:6379".'],
    ["10.0.0.2:80", 'Name a VM of this host, with or without TCP ports: "cache" or "cache:6379".'],
    ["b:80:81", 'Name a VM of this host, with or without TCP ports: "cache" or "cache:6379".'],
    [6379, 'Name the VM of the port: "cache:6379".'],
    [{ vm: "b", port: 6379 }, 'Write the VM\'s name, with ports after a colon: "b:6379".'],
    [{ vm: "b", ports: [80, 443] }, 'Write the VM\'s name, with ports after a colon: "b:80,443".'],
    [{ name: "b" }, 'Write the VM\'s name, with ports after a colon: "b".'],
  ])("has a remedy for an entry of reachVms: %j", (reached, remedy) => {
    expect(remedies({ reachVms: [reached] })).toEqual([remedy]);
  });

  it.each<[unknown, string]>([
    [[8080], "Write the ports of host and VM: { host: 8080, guest: 8080 }."],
    [["8080:80"], "Write the ports of host and VM: { host: 8080, guest: 80 }."],
    [
      ["127.0.0.1:3000:80"],
      "Write the ports of host and VM: { host: 3000, guest: 80 }. The port opens on the host's external interface; the host itself uses the VM's own address.",
    ],
    [
      [{ host: "127.0.0.1:3000", guest: 3000 }],
      "Write 3000. The port opens on the host's external interface; the host itself uses the VM's own address.",
    ],
    [[{ host: "8080", guest: 80 }], "Write 8080 without quotes."],
    [{ host: 8080, guest: 80 }, "Put it in a list: [{ … }]."],
  ])("has a remedy for a published port: %j", (publish, remedy) => {
    expect(remedies({ publish })).toEqual([remedy]);
  });
});

it("a VM has the strictest policy of its networks, which is internet by default", () => {
  const bridges = (network: object, other: object): object => ({
    br0: { address: "10.0.0.1/24", ...network },
    br1: { address: "10.0.1.1/24", ...other },
  });
  const both = { interfaces: [{ bridge: "br0" }, { bridge: "br1" }] };
  const of = (network: object, other: object): string => {
    const result = planConfig(
      config({ a: both, b: { interfaces: [] } }, { bridges: bridges(network, other) }),
      emptyLock,
    );
    assert(result._tag === "Right", JSON.stringify(result));
    return result.right.value.plan.hosts[0]?.vms.find(({ name }) => name === "a")?.network.policy.network ?? "";
  };
  expect(of({ network: "open" }, {})).toBe("internet");
  expect(of({ network: "open" }, { network: "none" })).toBe("none");
  expect(of({ network: "open" }, { network: "open" })).toBe("open");
});

it("all destinations of the catalogue are valid", () => {
  for (const text of Object.values(destinations).flat())
    expect(destinationSchema.safeParse(text).success, text).toBe(true);
});

it("isPrivate is true for private addresses only", () => {
  const addresses = ["10.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"];
  expect(addresses.filter((address) => !isPrivate(address))).toEqual([]);
  expect(["1.1.1.1", "192.0.2.1", "203.0.113.9", "2606:4700:4700::1111"].filter(isPrivate)).toEqual([]);
});

it("linkLocalOf returns the address that Linux creates, and hexOf its digits", () => {
  // As `ip -6 address` shows it for an interface with this MAC.
  expect(linkLocalOf("02:00:00:00:00:05")).toBe("fe80::ff:fe00:5");
  expect(linkLocalOf("52:54:00:12:34:56")).toBe("fe80::5054:ff:fe12:3456");
  expect(hexOf("fd00:83::2")).toBe("fd000083000000000000000000000002");
});
