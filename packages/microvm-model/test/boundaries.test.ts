/** Each rule at its boundaries: configs on both sides of each condition, with every problem that they have. */
import { describe, expect, it } from "vitest";
import { emptyLock, geminiCli, planConfig, type Problem, replace } from "../src/index.js";
import { config, worded } from "./config.js";
import { asking, bare as bareVm } from "./matrix.js";

/** The VMs of a host, other settings of the host, and of the config. */
type Fragment = readonly [vms: object, host?: object, rest?: object];

const ofVm = (...fragments: readonly object[]): readonly Fragment[] => fragments.map((a) => [{ a }]);
const ofBridge = (...fragments: readonly object[]): readonly Fragment[] =>
  fragments.map((br0) => [{}, { bridges: { br0: { address: "10.0.0.1/24", ...br0 } } }]);
const atAddress = (bridge: object, ...addresses: readonly string[]): readonly Fragment[] =>
  addresses.map((address) => [
    { a: { interfaces: [{ [address.includes(":") ? "ipv6" : "address"]: address }] } },
    { bridges: { br0: { address: "10.0.0.1/24", ipv6: "fd00::1/64", ...bridge } } },
  ]);
const share = { tag: "t", source: "/srv/t" };
const volume = { image: "x.img", sizeMiB: 64 };
const qemu = { hypervisor: "qemu" };
/** Without shares, which many hypervisors do not support. */
const bare = { store: "disk", workspace: false, sshHostKeys: false };
const user = { ...qemu, network: "open", interfaces: [{ type: "user" }] };
const macvtap = { type: "macvtap", link: "eno1", mode: "bridge" };
const lan = { br0: { address: "192.168.1.9/24", ports: ["eno1"], network: "open" } };
const input = (name: string, ref: string): object => ({ inputs: { [name]: `github:NixOS/nixpkgs/${ref}` } });
const many = (count: number, vm: object = {}): object =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`v${String(at)}`, vm]));

/** The same VMs on two hosts that differ in their bridges. */
const twoHosts = (vms: object, ...bridges: readonly [object, object]): Fragment => {
  const [a, b] = bridges.map(
    (one) => (config(vms, { bridges: one }) as { readonly hosts: { readonly h: object } }).hosts.h,
  );
  return [{}, {}, { hosts: { a, b } }];
};

const boundaries: Readonly<Record<string, readonly Fragment[]>> = {
  address: [
    ...atAddress({}, "9.255.255.255", "10.0.0.0", "10.0.0.2", "10.0.0.254", "10.0.0.255", "10.0.1.0"),
    ...atAddress({}, "fcff::1", "fd00::", "fd00::2", "fd00::ffff:ffff:ffff:ffff", "fd00:0:0:1::"),
    ...atAddress({ dhcp: { from: "10.0.0.100", to: "10.0.0.200" } }, "10.0.0.99", "10.0.0.100"),
    ...atAddress({ dhcp: { from: "10.0.0.100", to: "10.0.0.200" } }, "10.0.0.200", "10.0.0.201", "fd00::64"),
    ...atAddress({ address: "10.0.0.1/30", ipv6: "fd00::1/126" }, "10.0.0.3", "fd00::7"),
    ...atAddress({ gateway: "10.0.0.254", ports: ["eno1"], network: "open" }, "10.0.0.254"),
    ...atAddress({ gateway: "10.0.0.254", ports: ["eno1"], network: "open", address: "10.0.0.1/24" }, "10.0.0.1"),
    [
      {
        a: { interfaces: [{ routed: true, address: "10.9.0.0" }] },
        b: { interfaces: [{ routed: true, address: "10.9.0.1" }] },
      },
      { routed: { address: "10.9.0.1/24" } },
    ],
    [
      { a: { network: "open", interfaces: [{ routed: true, address: "10.9.0.1" }] } },
      { routed: { address: "10.9.0.1/24" } },
    ],
  ],
  "agent-not-packaged": [
    ...["24.05", "25.05", "25.11", "26.05"].flatMap((release): readonly Fragment[] =>
      ["claude-code", "gemini-cli", "codex", "opencode", "goose"].map((agent) => [
        { a: { agent } },
        {},
        {
          inputs: {
            nixpkgs: `github:NixOS/nixpkgs/nixos-${release}`,
            "nixpkgs-unstable": `github:NixOS/nixpkgs/nixos-${release}`,
          },
        },
      ]),
    ),
    [{ a: { agent: "gemini-cli" } }, {}, input("nixpkgs", "nixos-26.05")],
    [{ a: { agent: "gemini-cli" } }, {}, input("nixpkgs", "nixos-23.11")],
    [{ a: { agent: { ...geminiCli(), packagesFrom: "nixpkgs" } } }, {}, input("nixpkgs", "nixos-unstable")],
  ],
  "allow-ignored, reach-ignored": [
    ...["open", "internet", "none", "allowlist"].flatMap((network): readonly Fragment[] => [
      [
        {
          a: {
            network,
            allow: ["example.org", "10.9.9.9", "github"],
            reachVms: ["b:80"],
            reachHost: ["dns", 8080, { port: 9, proto: "udp" }],
          },
          b: {},
        },
      ],
      [{ a: { network, allow: ["example.org"], reachVms: ["b"], reachHost: ["dns"] }, b: {} }],
      [{ a: { network, interfaces: [], allow: ["example.org"] } }],
      [
        { a: { network }, b: {} },
        { vmDefaults: { allow: ["example.org", "10.9.9.9"], reachVms: ["b"], reachHost: ["dns", 80] } },
      ],
      [{ a: {}, b: {} }, { vmDefaults: { network, allow: ["example.org"], reachHost: ["dns"] } }],
    ]),
  ],
  "allow-of-host": [
    ...[
      "10.0.0.1",
      "10.0.0.1/32",
      "10.0.0.1:53",
      "10.0.0.1:22,53",
      "10.0.0.2",
      "10.0.0.3",
      "10.0.0.3:80",
      "10.0.0.0/24",
      "10.0.0.2/31",
    ].flatMap((entry): readonly Fragment[] => [[{ a: { allow: [entry] }, b: {} }]]),
    ...["10.0.0.9", "10.0.0.0/16", "11.0.0.1", "[fd00::1]:80", "[fd00::/64]", "[fd00::1/128]"].map(
      (entry): Fragment => [
        { a: { network: "allowlist", allow: [entry] }, b: {} },
        { bridges: { br0: { address: "10.0.0.1/24", ipv6: "fd00::1/64" } } },
      ],
    ),
    [{ ...many(7), a: { allow: ["10.0.0.0/24"] } }],
    [{ ...many(5), a: { allow: ["10.0.0.0/24"] } }],
    [
      { a: { network: "open", interfaces: [{ address: "192.168.1.20" }] }, b: { network: "open", allow: [] } },
      { bridges: lan },
    ],
    [
      {
        a: { interfaces: [{ bridge: "br1" }], allow: ["192.168.1.20", "192.168.1.9", "192.168.1.0/24", "10.5.0.9"] },
        b: { network: "open", interfaces: [{ bridge: "br0", address: "192.168.1.20" }] },
      },
      { bridges: { ...lan, br1: { address: "10.1.0.1/24" }, br2: { address: "10.5.0.1/24" } } },
    ],
    [
      { a: { interfaces: [{ routed: true }], allow: ["10.9.0.9", "10.9.0.3"] }, b: { interfaces: [{ routed: true }] } },
      { routed: { address: "10.9.0.1/24" } },
    ],
  ],
  "bad-cid": ofVm(...[2, 3, 0xff_ff_ff_fe, 0xff_ff_ff_ff].map((cid) => ({ vsock: { cid } }))),
  "bad-forward-port": ofVm(
    ...["tcp", "udp"].flatMap((proto) =>
      ["host", "guest"].flatMap((from) =>
        [{}, { address: "10.0.2.100" }].map((address) => ({
          ...user,
          firewall: { allowedUDPPorts: [80], allowedTCPPorts: [80] },
          forwardPorts: [{ from, proto, host: { port: 8080 }, guest: { port: 80, ...address } }],
        })),
      ),
    ),
  ),
  "balloon-size": ofVm(...[1023, 1024, 1025].map((initialMiB) => ({ memoryMiB: 1024, balloon: { initialMiB } }))),
  "bridge-helper-with-vlans": [
    [{ a: { ...qemu, network: "open", interfaces: [{ type: "bridge" }] } }],
    [
      { a: { ...qemu, network: "open", interfaces: [{}] } },
      { bridges: { br0: { address: "10.0.0.1/24", vlans: { 7: { address: "10.0.7.1/24" } } } } },
    ],
  ],
  "broken-ssh-key": ["AAAAAgECAAAAAQA=", "AAAAAmEgAAAAAQA=", "AAAAAmEtAAAAAQA=", "AAAA"].map((body) => [
    { a: {}, b: { users: { bob: { uid: 1001, gid: 1001, sshKeys: [`ssh-rsa ${body}`] } } } },
    { user: { name: "alice", sshKeys: [`ssh-ed25519 ${body}`] } },
  ]),
  "conflicting-argument": [
    ...ofVm(
      ...[true, false].flatMap((vsock) =>
        [
          ["--vsock", "cid=3"],
          ["--vsock", "x"],
          ["--vsock"],
          ["cid=3"],
          ["--cpus", "boot=2"],
          ["boot=2", "--cpus"],
        ].map((extraArgs) => ({
          ...(vsock ? {} : { vsock }),
          microvm: { "cloud-hypervisor": { extraArgs } },
        })),
      ),
      { hypervisor: "qemu", microvm: { "cloud-hypervisor": { extraArgs: ["--cpus", "boot=2"] } } },
      { microvm: { virtiofsd: { extraArgs: ["--translate-gid=guest:0:1000:1"] } } },
      { microvm: { virtiofsd: { extraArgs: ["--x"] } }, shares: [{ ...share, extraArgs: ["--x"] }] },
    ),
  ],
  "conflicting-variable": ofVm(
    { environment: { A: "1" }, toolchains: [{ name: "t", packages: [], environment: { A: "1" } }] },
    { environment: { A: "1", B: "2" }, toolchains: [{ name: "t", packages: [], environment: { A: "2", B: "2" } }] },
    { toolchains: ["a", "b"].map((name) => ({ name, packages: [], environment: { PATH: `/${name}` } })) },
  ),
  "dangerous-allowance": [
    ...["internet", "allowlist"].flatMap((network) =>
      ofVm(
        ...[
          ...[
            "0.0.0.0/0",
            "8.0.0.0/7",
            "8.0.0.0/8",
            "10.0.0.0/7",
            "10.0.0.0/8",
            "172.0.0.0/8",
            "172.16.0.0/12",
            "224.0.0.0/3",
          ],
          ...[
            "0.0.0.0/8",
            "[::/0]",
            "[fc00::/6]",
            "[fc00::/7]",
            "[fd00::/8]",
            "[2a00::/11]",
            "[2a00::/12]",
            "[2000::/3]",
          ],
          ...["169.254.169.254", "169.254.169.254:80", "169.254.169.254:443", "168.63.129.16", "100.100.100.200"],
          ...[
            "[fd00:ec2::254]",
            "[fd20:ce::254]",
            "[fd00:ec3::254]",
            "example.org",
            "168.63.129.17",
            "192.168.0.0/15",
            "[8000::/1]",
          ],
        ].map((entry) => ({ network, allow: [entry] })),
      ),
    ),
    ...ofVm({ network: "none", allow: ["0.0.0.0/0"] }, { network: "open", allow: ["0.0.0.0/0"] }),
  ],
  "dhcp-range": ofBridge(
    ...[
      ["10.0.0.0", "10.0.0.1"],
      ["10.0.0.1", "10.0.0.254"],
      ["10.0.0.9", "10.0.0.9"],
      ["10.0.0.10", "10.0.0.9"],
      ["10.0.0.9", "10.0.0.255"],
      ["10.0.1.9", "10.0.1.5"],
      ["9.255.255.255", "10.0.1.0"],
    ].map(([from, to]) => ({ dhcp: { from, to }, ipv6: "fd00::1/64" })),
  ),
  "dns-past-policy": ofVm(
    ...["none", "allowlist", "internet"].flatMap((network) =>
      [["dns"], [53], [{ port: 53, proto: "udp" }], [54], []].map((reachHost) => ({ network, reachHost })),
    ),
  ),
  duplicates: [
    [{ a: { interfaces: [{ address: "10.0.0.3" }] }, b: {}, c: { index: 5 } }],
    [{ a: { index: 3 }, b: { interfaces: [{ address: "10.0.0.5" }] } }],
    [{ a: { secrets: { K: "/run/k" }, ...qemu, credentialFiles: { K: "/run/k" } } }],
    [{ a: { secrets: { K: { file: "/run/k" } }, credentialFiles: { K: "/run/k" }, ...qemu } }],
    [
      {
        a: { devices: [{ bus: "pci", path: "0000:01:00.0" }] },
        b: {
          devices: [
            { bus: "pci", path: "0000:01:00.0" },
            { bus: "pci", path: "0000:01:00.1" },
          ],
        },
      },
    ],
    [
      {
        a: {
          ...user,
          firewall: false,
          forwardPorts: [
            { host: { port: 2222 }, guest: { port: 22 } },
            { host: { port: 2222 }, guest: { port: 22 }, proto: "udp" },
            { host: { port: 2222, address: "127.0.0.1" }, guest: { port: 23 } },
            { host: { port: 2223, address: "127.0.0.1" }, guest: { port: 22 } },
            { host: { port: 2223, address: "127.0.0.1" }, guest: { port: 23 } },
            { from: "guest", host: { port: 2222 }, guest: { port: 22, address: "10.0.2.100" } },
          ],
        },
      },
    ],
    ...[
      [null, "127.0.0.1"],
      ["127.0.0.1", null],
      ["0.0.0.0", "10.0.0.1"],
      ["127.0.0.1", "0.0.0.0"],
      [null, "0.0.0.0"],
      ["127.0.0.1", "127.0.0.2", "127.0.0.1"],
    ].map((addresses): Fragment => [
      Object.fromEntries(
        addresses.map((address, at) => [
          `v${String(at)}`,
          {
            ...user,
            forwardPorts: [{ host: { port: 2222, ...(address !== null && { address }) }, guest: { port: 22 } }],
          },
        ]),
      ),
    ]),
    // Beside a published port, and beside the programs of the host that serve VMs.
    ...[
      { port: 8080 },
      { port: 8080, address: "0.0.0.0" },
      { port: 8080, address: "192.168.1.5" },
      { port: 8080, address: "127.0.0.1" },
      { port: 8080, address: "10.0.0.1" },
      { port: 8081 },
    ].map((host): Fragment => [
      { a: { publish: [{ host: 8080, guest: 80 }] }, b: { ...user, forwardPorts: [{ host, guest: { port: 80 } }] } },
      {
        bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
        vmDefaults: { firewall: false },
      },
    ]),
    [
      {
        a: { publish: [{ host: 8080, guest: 80, proto: "udp" }] },
        b: { ...user, forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }] },
      },
      {
        bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
        vmDefaults: { firewall: false },
      },
    ],
    ...[
      { port: 5381 },
      { port: 5381, address: "10.0.0.1" },
      { port: 5381, address: "127.0.0.1" },
      { port: 5382 },
      { port: 5380 },
      { port: 5380, address: "127.0.0.1" },
    ].flatMap((host): readonly Fragment[] =>
      (["internet", "allowlist"] as const).map((network): Fragment => [
        {
          a: { network, agent: "claude-code", keys: { anthropic: "/run/k" } },
          b: { network, agent: "claude-code", keys: { anthropic: "/run/k" } },
          c: { ...user, forwardPorts: [{ host, guest: { port: 80 } }] },
        },
        { vmDefaults: { firewall: false } },
      ]),
    ),
    [
      {
        a: {
          network: "allowlist",
          keys: { openai: "/run/k" },
          publish: [5380, 5382].map((host) => ({ host, guest: 80 })),
        },
      },
      {
        bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
        vmDefaults: { firewall: false },
      },
    ],
    [
      {
        a: {
          publish: [
            { host: 80, guest: 22 },
            { host: 80, guest: 22, proto: "udp" },
          ],
        },
        b: { publish: [{ host: 80, guest: 22 }] },
      },
      {
        bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
        vmDefaults: { firewall: false },
      },
    ],
    [
      {
        a: {
          shares: [
            { ...share, mountPoint: "/" + "x/" },
            { tag: "u", source: "/srv/u", mountPoint: "/x" },
          ],
        },
      },
    ],
    [
      {
        a: {
          shares: [
            { ...share, socket: "s" },
            { tag: "u", source: "/srv/u", socket: "s" },
          ],
        },
      },
    ],
    [{ a: { shares: [share, { tag: "u", source: "/srv/u", socket: "a-virtiofs-t.sock" }] } }],
    [{ a: { shares: [share, { ...share, source: "/srv/u", mountPoint: "/u" }] } }],
    [
      {
        a: {
          ...qemu,
          shares: [
            { ...share, proto: "9p", socket: "s" },
            { tag: "u", source: "/srv/u", socket: "s" },
          ],
        },
      },
    ],
    [{ a: { interfaces: [{ tap: "eno1" }] } }, { bridges: lan, vmDefaults: { network: "open" } }],
    [{ a: { interfaces: [{ tap: "vm-b" }] }, b: {} }],
    [{ a: { users: { bob: { uid: 1001, gid: 1001 }, eve: { uid: 1001, gid: 1002 } } } }],
    [{ a: {} }, { importedVms: { a: { flake: "i" }, b: { flake: "i" } } }, { inputs: { i: "path:i" } }],
    [{ a: { volumes: [{ ...volume, image: "/var/lib/microvms/b/x.img" }] }, b: { volumes: [volume] } }],
    [{ a: { volumes: [{ ...volume, image: "/srv/b/x.img" }] }, b: { volumes: [volume] } }, { stateDirectory: "/srv" }],
    ...ofVm(
      { volumes: [{ ...volume, label: "nix-store" }] },
      { store: "disk", volumes: [{ ...volume, label: "nix-store" }] },
      {
        volumes: [
          { ...volume, label: "l" },
          { image: "y.img", sizeMiB: 64, label: "l" },
          { image: "z.img", sizeMiB: 64 },
        ],
      },
      { home: ["zsh", "emacs"], users: { bob: { uid: 1001, gid: 1001, home: ["zsh"] } } },
    ),
    [{ a: { renamedFrom: "old" }, b: { renamedFrom: "old" }, c: { renamedFrom: "older" } }],
    [{ a: { renamedFrom: "b" }, b: {} }],
  ],
  "duplicate-in-lan": [
    ...["192.168.1.8/24", "192.168.2.8/24", "192.168.1.200/25", "192.168.1.8/25", "192.168.0.8/23"].map((address) =>
      twoHosts(
        { a: {}, b: { interfaces: [{ mac: "02:00:00:00:00:aa", address: "dhcp" }] } },
        { lan: { address: "192.168.1.8/24", ports: ["eno1"], network: "open" } },
        { lan: { address, ports: ["eno1"], network: "open" } },
      ),
    ),
    ...[{}, { ports: ["eno1"] }].map((ports) =>
      twoHosts(
        { a: { network: "open", interfaces: [{ ...macvtap, mac: "02:00:00:00:00:aa" }, {}] } },
        { br0: { address: "10.0.0.1/24" } },
        { br0: { address: "10.0.0.1/24", ...ports } },
      ),
    ),
  ],
  "external-interface": [
    [
      {},
      {
        bridges: {
          br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno2" } },
          lan: { ports: ["eno1", "eno2"], address: "10.1.0.1/24", network: "open" },
        },
      },
    ],
    [
      {},
      {
        bridges: {
          br0: { address: "10.0.0.1/24", nat: { externalInterface: "lan" } },
          lan: { ports: ["eno1"], address: "10.1.0.1/24", network: "open" },
        },
      },
    ],
    [
      {},
      {
        bridges: {
          br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } },
          br1: { address: "10.1.0.1/24", nat: true },
          br2: { address: "10.2.0.1/24", nat: { externalInterface: "eno1" } },
        },
      },
    ],
    [
      {},
      {
        bridges: {
          br0: { address: "10.0.0.1/24", nat: true },
          br1: { address: "10.1.0.1/24", nat: { externalInterface: "eno1" } },
          br2: { address: "10.2.0.1/24", nat: { externalInterface: "eno2" } },
        },
      },
    ],
  ],
  "forward-ports-without-user-network": ofVm(
    { forwardPorts: [{ host: { port: 2222 }, guest: { port: 22 } }] },
    { ...qemu, forwardPorts: [{ host: { port: 2222 }, guest: { port: 22 } }] },
    { ...bare, ...user, hypervisor: "kvmtool", forwardPorts: [{ host: { port: 2222 }, guest: { port: 22 } }] },
    { ...user, interfaces: [{ type: "user" }, {}], forwardPorts: [{ host: { port: 2222 }, guest: { port: 22 } }] },
    { ...user, forwardPorts: [] },
  ),
  "forwarded-port-closed": [
    ...[
      {},
      false,
      { allowedTCPPorts: [80] },
      { allowedUDPPorts: [80] },
      { allowedTCPPorts: [80], allowedUDPPorts: [22, 80] },
    ].flatMap((firewall): readonly Fragment[] => [
      ...ofVm({
        ...user,
        firewall,
        forwardPorts: [22, 80].flatMap((port) =>
          ["tcp", "udp"].map((proto) => ({ proto, host: { port: 2000 + port }, guest: { port } })),
        ),
      }),
      [{ a: { reachVms: ["b", "b:80", "b:22", "c"] }, b: { firewall }, c: {} }],
      [
        {
          a: {
            firewall,
            publish: [
              { host: 80, guest: 80 },
              { host: 2200, guest: 22, proto: "udp" },
            ],
          },
        },
        { bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } } },
      ],
    ]),
    ...ofVm({
      ...user,
      forwardPorts: [{ from: "guest", host: { port: 80 }, guest: { port: 80, address: "10.0.2.100" } }],
    }),
  ],
  "gateway-outside-subnet": ofBridge(
    ...["10.0.0.0", "10.0.0.2", "10.0.0.254", "10.0.0.255", "10.0.1.1"].map((gateway) => ({
      ports: ["eno1"],
      gateway,
      network: "open",
    })),
  ),
  "graphics-in-service": ofVm(
    { graphics: true },
    { ...qemu, graphics: true },
    { ...qemu, graphics: { backend: "headless" } },
    { graphics: { backend: "headless" } },
  ),
  "group-conflict": ofVm(
    { groups: { a: { gid: 2000 }, b: { gid: 2001 }, c: { gid: 2000 } } },
    { users: { bob: { uid: 1001, gid: 2000 } }, groups: { bob: { gid: 2000 } } },
    { users: { bob: { uid: 1001, gid: 2000 } }, groups: { bob: { gid: 2001 } } },
  ),
  "guest-not-shared": [
    ...["x", "ä"].flatMap((letter): readonly Fragment[] =>
      [1, 2].map((count) => [many(count, { environment: { A: letter } })]),
    ),
    [{ ...many(2, { environment: { A: "x".repeat(4000) } }), c: {}, d: { guest: "own", environment: { A: "ä" } } }],
  ],
  "home-needs-writable-store": ofVm(
    { home: ["zsh"] },
    { writableStoreOverlay: null },
    { writableStoreOverlay: null, users: { bob: { uid: 1001, gid: 1001, home: ["zsh"] } } },
  ),
  "hotplug-size": ofVm(
    ...[1023, 1024, 1025].flatMap((initialMiB) => [
      { memoryMiB: 1024, hotplug: { initialMiB, maxMiB: 1024 } },
      { memoryMiB: 1024, ...qemu, microvm: { qemu: { machine: "q35" } }, hotplug: { initialMiB, maxMiB: 1024 } },
    ]),
    { memoryMiB: 1024, hotplug: { maxMiB: 1024 } },
    { memoryMiB: 1024, hotplug: { maxMiB: 1025 } },
    { memoryMiB: 1024, ...qemu, microvm: { qemu: { machine: "q35" } }, hotplug: { maxMiB: 1025 } },
  ),
  hypervisors: ofVm(
    ...["alioth", "cloud-hypervisor", "crosvm", "firecracker", "kvmtool", "qemu", "stratovirt", "vfkit"].flatMap(
      (hypervisor) => [
        { hypervisor },
        { ...bare, hypervisor },
        {
          hypervisor,
          agent: "claude-code",
          secrets: { A: "/run/a" },
          shares: [share, { ...share, tag: "u", source: "/srv/u", proto: "9p", readOnly: true }],
          balloon: { initialMiB: 64, deflateOnOOM: false },
          volumes: [{ ...volume, serial: "1", direct: true }],
        },
      ],
    ),
    { vsock: false },
    { ...qemu, vsock: false },
    { ...qemu, credentialFiles: { [`A${"b".repeat(27)}`]: "/run/a", [`A${"b".repeat(28)}`]: "/run/b" } },
    { ...qemu, runAs: "microvm" },
    { ...qemu, runAs: "alice" },
    { runAs: "alice" },
    { graphics: { backend: "gtk", vulkan: "venus" } },
    { graphics: { backend: "gtk" } },
    { balloon: { initialMiB: 0 } },
    { balloon: { initialMiB: 1 }, hypervisor: "crosvm", ...bare },
    { devices: [{ bus: "pci", path: "0000:01:00.0", qemu: {} }] },
    { ...qemu, shares: [{ ...share, proto: "9p" }], microvm: { optimize: { enable: false } } },
    { ...qemu, shares: [{ ...share, proto: "9p" }], microvm: { optimize: { enable: true } } },
    { ...qemu, graphics: true, shares: [{ ...share, proto: "9p" }] },
    { microvm: { qemu: { machine: "q35" }, crosvm: { extraArgs: ["--x"] } } },
    { microvm: { "cloud-hypervisor": { extraArgs: ["--x"] } } },
  ),
  "hypervisor-features": Object.values(asking).flatMap(([, vm]) =>
    ofVm(...["alioth", "firecracker", "kvmtool", "qemu"].map((hypervisor) => ({ ...bareVm, ...vm, hypervisor }))),
  ),
  "index and name": [
    [
      { a: {} },
      {
        bridges: {
          bridge0123456: {
            address: "10.0.0.1/24",
            vlans: { 7: { address: "10.0.7.1/24" }, 70: { address: "10.0.70.1/24" } },
          },
        },
      },
    ],
  ],
  "key-unused, key-without-policy": [
    ...[{}, { agent: "claude-code" }, { agent: "opencode" }, { agent: "codex" }].flatMap((vm): readonly Fragment[] =>
      [
        {},
        { keys: { anthropic: true } },
        { keys: { openai: true } },
        { keys: { anthropic: false } },
        { keys: { anthropic: true }, network: "open" },
      ].flatMap((keys): readonly Fragment[] => [
        [{ a: { ...vm, ...keys } }, { keys: { anthropic: "/run/anthropic", openai: "/run/openai" } }],
      ]),
    ),
    [{ a: { agent: "claude-code", interfaces: [] } }, { keys: { anthropic: "/run/anthropic" } }],
    [
      { a: { agent: "claude-code", interfaces: [{ address: "dhcp" }] } },
      { keys: { anthropic: "/run/anthropic" }, bridges: { br0: { address: "10.0.0.1/24", dhcp: true } } },
    ],
  ],
  "mac-not-local": ofVm(
    ...["0", "2", "4", "6", "8", "a", "c", "e"].map((digit) => ({ interfaces: [{ mac: `0${digit}:00:00:00:00:01` }] })),
  ),
  macvtap: [
    [
      { a: { network: "open", interfaces: [macvtap] } },
      { bridges: { br0: { ports: ["eno2", "eno1"], network: "open", address: "10.0.0.1/24" } } },
    ],
    [
      { a: { network: "open", interfaces: [macvtap] } },
      { bridges: { br0: { ports: ["eno2"], network: "open", address: "10.0.0.1/24" } } },
    ],
    [{ a: { network: "open", interfaces: [{ ...macvtap, gateway: "192.168.1.1" }] } }],
    [{ a: { network: "open", interfaces: [{ ...macvtap, address: "192.168.1.5/24", gateway: "192.168.1.1" }] } }],
    ...["wlan0", "wlp3s0", "ath0", "athx", "ra0", "rax0", "eno1", "xwl", "xra0"].map((link): Fragment => [
      { a: { network: "open", interfaces: [{ ...macvtap, link }] } },
      { bridges: { br0: { address: "10.0.0.1/24", ports: ["eno9", link], network: "open" } } },
    ]),
  ],
  memory: ofVm(
    ...[31, 32, 2047, 2048, 2049].flatMap((memoryMiB) => [{ memoryMiB }, { ...qemu, memoryMiB }]),
    ...[1279, 1280].map((memoryMiB) => ({ memoryMiB: 1024, limits: { memoryMiB } })),
    { memoryMiB: 1024, hugepages: true, limits: { memoryMiB: 1 } },
    ...[2303, 2304].map((memoryMiB) => ({ memoryMiB: 1024, hotplug: { maxMiB: 1024 }, limits: { memoryMiB } })),
  ),
  nat: [
    ...[true, { ipv6: true }, { ipv6: false }, { externalInterface: "eno1", ipv6: true }].flatMap(
      (nat): readonly Fragment[] =>
        [{ address: "10.0.0.1/24" }, { ipv6: "fd00::1/64" }, { address: "10.0.0.1/24", ipv6: "fd00::1/64" }].flatMap(
          (addresses): readonly Fragment[] => [
            [{}, { bridges: { br0: { ...addresses, nat } } }],
            [{ a: { publish: [{ host: 8080, guest: 22 }] } }, { bridges: { br0: { ...addresses, nat } } }],
          ],
        ),
    ),
    ...[22, 23].flatMap((host): readonly Fragment[] =>
      ["tcp", "udp"].map((proto) => [
        { a: { firewall: false, publish: [{ host, guest: 22, proto }] } },
        { bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } } },
      ]),
    ),
  ],
  "network-without-subnet": [
    ...[
      {},
      { ipv6: "fd07::1/64" },
      { address: "dhcp" },
      { gateway: "10.7.0.254" },
      { dhcp: { from: "10.7.0.9", to: "10.7.0.20" } },
      { ipv6: "fd07::1/64", gateway: "10.7.0.254", dhcp: { from: "10.7.0.9", to: "10.7.0.20" } },
    ].flatMap((network): readonly Fragment[] => [
      ...[{}, { ports: ["eno1"], network: "open" }].flatMap((more): readonly Fragment[] => [
        [{}, { bridges: { br1: { ...network, ...more } } }],
        [{}, { bridges: { br0: { address: "10.0.0.1/24", ...more, vlans: { 7: network } } } }],
      ]),
    ]),
    ...[{}, { ipv6: "fd07::1/64" }].map((routed): Fragment => [{}, { routed }]),
  ],
  "no-login": [
    ...[5, 6, 7].map((count): Fragment => [many(count), { user: { name: "alice", sshKeys: [] } }]),
    [{ a: { modules: ["./a.nix"] }, b: {} }, { user: { name: "alice", sshKeys: [] } }],
    [
      { a: { users: { bob: { uid: 1001, gid: 1001, sshKeys: ["ssh-ed25519 AAAA"] } } } },
      { user: { name: "alice", sshKeys: [] } },
    ],
  ],
  "overlapping-subnets": [
    ["10.0.0.1/16", "10.0.255.1/24", "10.1.0.1/24"],
    ["10.0.5.1/24", "10.0.0.1/16", "10.0.7.1/24"],
    ["10.0.0.1/25", "10.0.0.129/25"],
    ["10.0.0.1/24", "10.0.0.200/25"],
    ["10.0.0.1/24", "10.0.0.129/26", "10.0.0.250/27"],
  ].map((addresses) => [
    {},
    { bridges: Object.fromEntries(addresses.map((address, at) => [`b${String(at)}`, { address }])) },
  ]),
  "policy-not-enforced": [
    ...["internet", "none", "allowlist", "open"].flatMap((network): readonly Fragment[] => [
      [{ a: { network } }, { bridges: { br0: { address: "10.0.0.1/24", ports: ["eno1"] } } }],
      [{ a: { network } }, { bridges: { br0: { existing: true } } }],
      [
        { a: { network, interfaces: [{ address: "dhcp" }] } },
        { bridges: { br0: { existing: true, address: "10.0.0.1/24" } } },
      ],
      [
        { a: { network, interfaces: [{ address: "dhcp", ipv6: "fd00::5" }] } },
        { bridges: { br0: { existing: true, address: "10.0.0.1/24", ipv6: "fd00::1/64" } } },
      ],
      [
        { a: { network, interfaces: [{ address: "dhcp" }] } },
        { bridges: { br0: { address: "10.0.0.1/24", dhcp: true } } },
      ],
    ]),
    [{ a: {} }, { bridges: { br0: { address: "10.0.0.1/24", ports: ["eno1"], network: "internet" } } }],
    [{ a: {} }, { bridges: { br0: { address: "10.0.0.1/24", ports: ["eno1"] } }, vmDefaults: { network: "none" } }],
  ],
  "posix-acl-with-translation": ofVm(
    ...["--translate-uid=guest:0:1000:1", "--x"].flatMap((argument) =>
      [true, false, undefined].flatMap((posixAcl) =>
        [{}, { owners: "guest" }, { readOnly: true }].flatMap((more) => [
          { shares: [{ ...share, posixAcl, extraArgs: [argument], ...more }] },
          { shares: [{ ...share, posixAcl, ...more }], microvm: { virtiofsd: { extraArgs: [argument] } } },
        ]),
      ),
    ),
  ),
  "private-name": ofVm(
    ...[
      "local",
      "lan",
      "home",
      "corp",
      "internal",
      "intranet",
      "private",
      "home.arpa",
      "localdomain",
      "arpa",
      "org",
    ].map((suffix) => ({
      network: "allowlist",
      allow: [`nas.${suffix}`, `nas${suffix}.org`],
    })),
    { network: "internet", allow: [] },
    ...[["192.168.1.1"], ["9.9.9.9"]].flatMap((nameservers) =>
      [["nas.lan"], ["nas.lan", "192.168.1.5:443"], ["nas.lan", "9.9.9.9:443"]].map((allow) => ({
        network: "allowlist",
        nameservers,
        allow,
      })),
    ),
  ),
  "privileged-host-port": ofVm(
    ...[1023, 1024].flatMap((port) => [
      { ...user, forwardPorts: [{ host: { port }, guest: { port: 22 } }] },
      { ...user, forwardPorts: [{ from: "guest", host: { port }, guest: { port: 22, address: "10.0.2.100" } }] },
    ]),
  ),
  "reach-itself, unknown-vm": [
    [{ a: { reachVms: ["a", "b"] }, b: {} }],
    [{ a: {}, b: {} }, { vmDefaults: { reachVms: ["a", "b:80"] } }],
    [{ a: { reachVms: ["bb"] }, b: {} }],
    [{ a: { reachVms: ["z"] } }],
    [{ a: {} }, { vmDefaults: { reachVms: ["z"] } }],
    [{ a: { reachVms: ["z"] }, b: {} }, { importedVms: { z: { flake: "i" } } }, { inputs: { i: "path:i" } }],
    [{ a: { reachVms: replace(["a"]) }, b: {} }, { vmDefaults: { reachVms: ["b"] } }],
  ],
  "scripted-initrd": ["nixos-25.11", "nixos-26.05", "nixos-26.11", "nixos-unstable"].flatMap(
    (ref): readonly Fragment[] =>
      ["kvmtool", "firecracker"].flatMap((hypervisor): readonly Fragment[] => [
        [{ a: { ...bare, hypervisor } }, {}, input("nixpkgs", ref)],
        [
          { a: { ...bare, hypervisor, nixpkgs: "other" } },
          {},
          { inputs: { other: `github:NixOS/nixpkgs/${ref}`, nixpkgs: "github:NixOS/nixpkgs/nixos-25.11" } },
        ],
      ]),
  ),
  secrets: ofVm(...["/nix/store", "/nix/store/x", "/nix/storex", "/run/a"].map((file) => ({ secrets: { A: file } })), {
    workspace: "/srv/w",
    secrets: { A: "/srv/w", B: "/srv/w/a", C: "/srv/wa" },
  }),
  "setting-ignored": [
    ...["nameservers", "network", "allow", "reachVms", "reachHost", "bandwidthMbitPerSecond", "agentState"].flatMap(
      (setting): readonly Fragment[] => {
        const values: Readonly<Record<string, unknown>> = {
          nameservers: ["9.9.9.9"],
          network: "none",
          allow: [],
          reachVms: [],
          reachHost: [],
          bandwidthMbitPerSecond: 10,
          agentState: "own",
        };
        const one = { [setting]: values[setting] };
        return [
          [{ a: { interfaces: [], ...one } }],
          [{ a: { interfaces: [] } }, { vmDefaults: one }],
          [{ a: { interfaces: [] }, b: { agent: "claude-code" } }, { vmDefaults: one }],
          [{ a: { network: "open", interfaces: [macvtap], ...one } }],
          [{ a: { agent: "claude-code", interfaces: [{}], ...one } }],
          [{ a: { ...user, ...one } }],
        ];
      },
    ),
    ...ofVm(
      { interfaces: [], network: "internet" },
      { interfaces: [macvtap, {}], network: "open", bandwidthMbitPerSecond: 10 },
    ),
    ...ofVm({ agent: { ...geminiCli(), state: undefined }, agentState: "own" }),
  ],
  shares: [
    ...ofVm(
      ...[
        "/run/secrets",
        "/run/secrets/a",
        "/run/secrets.d",
        "/run/agenix",
        "/run/agenix.d/1",
        "/run/secretsx",
        "/run/agenix.dx",
      ].map((source) => ({
        shares: [{ tag: "t", source, readOnly: true, dangerous: "it is tried" }],
      })),
      ...["/nix", "/nix/", "/nix/store", "/nix/store/x", "/nix/storex", "/nix/var", "/nixx"].flatMap((source) =>
        [true, false].map((readOnly) => ({
          shares: [{ tag: "t", source, mountPoint: "/t", readOnly, dangerous: "it is tried" }],
        })),
      ),
      ...["/var", "/etc", "/usr", "/srv", "/home/alice/x", "/var/lib/x", "/nix/x"].flatMap((mountPoint) => [
        { volumes: [], shares: [{ ...share, mountPoint }] },
        { volumes: [], shares: [{ ...share, mountPoint, owners: "guest" }] },
        { volumes: [], shares: [{ ...share, mountPoint, readOnly: true }] },
      ]),
      ...["/nix/.rw-store", "/nix/.rw-store/x", "/nix", "/nix/.rw", "/x"].flatMap((mountPoint) => [
        { shares: [{ ...share, mountPoint }] },
        { ...qemu, shares: [{ ...share, mountPoint, proto: "9p" }] },
        { writableStoreOverlay: null, shares: [{ ...share, mountPoint }] },
        { volumes: [{ ...volume, mountPoint }] },
        { volumes: [{ ...volume, mountPoint, autoCreate: false }] },
      ]),
      { shares: [{ ...share, owners: "guest", readOnly: true }] },
      { ...qemu, shares: [{ ...share, owners: "guest", readOnly: true, proto: "9p" }] },
      { shares: [{ ...share, extraArgs: [] }] },
      { ...qemu, shares: [{ ...share, proto: "9p", extraArgs: [] }] },
      {
        workspace: "/srv/w",
        shares: [
          { ...share, source: "/srv/w/t" },
          { tag: "u", source: "/srv/wt" },
        ],
      },
    ),
    [{ a: { workspace: "/srv/w" }, b: { workspace: "/srv/w/b" } }],
    [{ a: { workspace: false, shares: [{ ...share, source: "/srv" }] }, b: { workspace: "/srv/w/b" } }],
    ...["/srv/w", "/srv/w/repo", "/srv/wx"].map((repo): Fragment => [
      { a: { workspace: { repo, transport: "git" } }, b: { workspace: "/srv/w" } },
    ]),
  ],
  "shared-across-policies": [
    ...["none", "allowlist", "internet", "open"].flatMap((writer): readonly Fragment[] =>
      ["none", "allowlist", "internet", "open"].flatMap((reader): readonly Fragment[] => [
        [{ a: { network: writer, shares: [share] }, b: { network: reader, shares: [{ ...share, readOnly: true }] } }],
        [{ a: { network: writer, agent: "claude-code" }, b: { network: reader, agent: "claude-code" } }],
        [
          {
            a: { network: writer, shares: [share] },
            b: { network: reader, shares: [{ ...share, readOnly: true, dangerous: "it is read" }] },
          },
        ],
      ]),
    ),
    ...[[{ port: 80, proto: "udp" }], [80], [81], ["dns"]].map((reachHost): Fragment => [
      {
        a: { network: "allowlist", reachHost: [80], shares: [share] },
        b: { network: "allowlist", reachHost, shares: [{ ...share, readOnly: true }] },
      },
    ]),
    [
      {
        a: { network: "allowlist", reachVms: ["c"], shares: [share] },
        b: { network: "allowlist", reachVms: ["c"], shares: [share] },
        c: {},
        d: { network: "allowlist", reachVms: ["a"], shares: [share] },
      },
    ],
    [{ a: { network: "none", shares: [share] }, b: { network: "none", shares: [share] }, c: { shares: [share] } }],
    ...["10.9.0.0/16", "10.9.0.0/24", "10.9.0.7", "8.8.8.8"].map((entry): Fragment => [
      {
        a: { network: "internet", allow: ["10.9.0.0/24"], shares: [share] },
        b: { network: "internet", allow: [entry === "8.8.8.8" ? "8.8.8.8:53" : entry], shares: [share] },
      },
    ]),
  ],
  volumes: ofVm(
    ...["raw", "qcow2"].flatMap((imageType) =>
      [true, false].map((autoCreate) => ({ volumes: [{ ...volume, imageType, autoCreate }] })),
    ),
    ...[true, false].flatMap((autoCreate) => [
      { volumes: [{ image: "x.img", autoCreate }] },
      { volumes: [{ ...volume, autoCreate, label: "l" }] },
    ]),
    ...[25, 26, 27].flatMap((count) => {
      const volumes = Array.from({ length: count }, (_, at) => ({ image: `v${String(at)}.img`, sizeMiB: 64 }));
      return [{ volumes: replace(volumes) }, { store: "disk", volumes: replace(volumes) }];
    }),
    {
      workspace: "/srv/w",
      volumes: [
        { ...volume, image: "/srv/w/x.img" },
        { image: "/srv/wx.img", sizeMiB: 64 },
      ],
    },
    { workspace: "/var/lib/microvms/a/w", volumes: [{ ...volume, image: "w/x.img" }] },
  ),
};

const problemsOf = ([vms, host, rest]: Fragment): readonly Problem[] => {
  const planned = planConfig(config(vms, host, rest), emptyLock);
  return planned._tag === "Left" ? planned.left : planned.right.warnings;
};

describe.each(Object.entries(boundaries))("rules of %s", (name, fragments) => {
  it("have configs of the right shape", () => {
    const codes = fragments.flatMap((fragment) => problemsOf(fragment).map(({ code }) => code));
    for (const code of ["unknown-key", "wrong-type", "missing-key", "bad-value"]) expect(codes).not.toContain(code);
  });

  it("report as in their golden file (`npx vitest run FILE -u` writes it)", async () => {
    const text = fragments.map((fragment) => `# ${JSON.stringify(fragment)}\n${worded(problemsOf(fragment))}`);
    await expect(text.join("\n")).toMatchFileSnapshot(`boundaries/${name.replaceAll(/, | /g, "-")}.txt`);
  });
});
