/** Two plans by VMs: the changes, and above all who may do more. */
import { ast, type Config, emit, render, type Vm } from "microvm-emit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { affectedBy } from "../../src/cli/affected.js";
import { comparePlans } from "../../src/compare/compare-plans.js";
import { type Comparison, isEmpty, isLess, isMore, type VmChange } from "../../src/compare/comparison.js";

type Vms = Readonly<Record<string, Vm>>;

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice";

const hostOf = (vms: Vms, more: object = {}) => ({
  stateVersion: "25.11",
  user: { name: "alice", sshKeys: [key] },
  bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
  vms,
  ...more,
});

const emissionOf = (hosts: object) => {
  const result = emit({ hosts } as Config);
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, null, 2));
  return result.right;
};

const compared = (before: object, after: object): Comparison =>
  comparePlans(emissionOf(before).plan, emissionOf(after).plan);

/** The changes of the one VM of a host, by aspect. */
const changesOf = (
  before: Vm,
  after: Vm,
): Readonly<Record<string, readonly [string, readonly string[], readonly string[]]>> => {
  const { hosts } = compared({ alpha: hostOf({ a: before, b: {} }) }, { alpha: hostOf({ a: after, b: {} }) });
  const changes = hosts
    .flatMap(({ vms }) => vms)
    .filter(({ vm }) => vm === "a")
    .flatMap(({ changes: all }) => all);
  return Object.fromEntries(
    changes.map(({ aspect, applies, gained, lost }) => [aspect, [applies, gained, lost] as const]),
  );
};

describe("the permissions of a VM", () => {
  it.each<[string, Vm, Vm, string, readonly string[], readonly string[]]>([
    [
      "a destination",
      { network: "allowlist" },
      { network: "allowlist", allow: ["example.org"] },
      "reaches",
      ["example.org"],
      [],
    ],
    [
      "a port",
      { network: "allowlist", allow: ["a.org"] },
      { network: "allowlist", allow: ["a.org", "a.org:22"] },
      "reaches",
      ["a.org:22"],
      [],
    ],
    [
      "the internet instead of a list",
      { network: "allowlist", allow: ["a.org"] },
      { network: "internet" },
      "reaches",
      ["the internet"],
      [],
    ],
    [
      "a list instead of the internet",
      { network: "internet" },
      { network: "allowlist", allow: ["a.org", "8.8.8.0/24"] },
      "reaches",
      [],
      ["the internet"],
    ],
    [
      "a private address in addition to the internet",
      {},
      { allow: ["10.9.0.0/16:5432"] },
      "reaches",
      ["10.9.0.0/16:5432"],
      [],
    ],
    [
      "an address in a subnet",
      { allow: ["10.9.0.0/16:22"] },
      { allow: ["10.9.1.0/24:22"] },
      "reaches",
      [],
      ["10.9.0.0/16:22"],
    ],
    [
      "a subdomain of a wildcard",
      { network: "allowlist", allow: ["*.a.org"] },
      { network: "allowlist", allow: ["x.a.org"] },
      "reaches",
      [],
      ["*.a.org"],
    ],
    ["ports of the host", { reachHost: [8080] }, { reachHost: [8080, "dns"] }, "reaches", ["the host's DNS"], []],
    ["a VM", {}, { reachVms: ["b"] }, "reaches", ["VM b"], []],
    ["a port of a VM", { reachVms: ["b"] }, { reachVms: ["b:80"] }, "reaches", [], ["VM b"]],
    [
      "everything instead of the internet",
      {},
      { network: "open" },
      "reaches",
      ["everything that the host reaches, the host itself, and other open VMs"],
      [],
    ],
    [
      "a published port",
      {},
      { publish: [{ host: 8080, guest: 80 }], firewall: { allowedTCPPorts: [80] } },
      "reached by",
      ["the network of eno1 (tcp 8080 → 80)"],
      [],
    ],
    ["the guest's firewall", {}, { firewall: false }, "firewall", ["off: all ports of the guest are open"], []],
    ["a share", {}, { shares: [{ tag: "x", source: "/srv/x" }] }, "shares", ["/srv/x (writable)"], []],
    [
      "a share that becomes read-only",
      { shares: [{ tag: "x", source: "/srv/x" }] },
      { shares: [{ tag: "x", source: "/srv/x", readOnly: true }] },
      "shares",
      [],
      ["/srv/x (writable)"],
    ],
    [
      "a folder in a share",
      { shares: [{ tag: "x", source: "/srv" }] },
      { shares: [{ tag: "x", source: "/srv/x" }] },
      "shares",
      [],
      ["/srv (writable)"],
    ],
    ["a secret", {}, { secrets: { KEY: "/run/secrets/key" } }, "secrets", ["KEY (/run/secrets/key)"], []],
    ["sudo", {}, { sudo: true }, "sudo", ["root without a password"], []],
    [
      "a device",
      { hypervisor: "qemu" },
      { hypervisor: "qemu", devices: [{ bus: "pci", path: "0000:06:00.0" }] },
      "devices",
      ["pci 0000:06:00.0"],
      [],
    ],
  ])("report %s", (_, before, after, aspect, gained, lost) => {
    expect(changesOf(before, after)[aspect]?.slice(1)).toEqual([gained, lost]);
    expect(changesOf(after, before)[aspect]?.slice(1)).toEqual([lost, gained]);
  });

  it("report NAT of a network at each VM in it", () => {
    const without = hostOf({ a: {}, b: {} }, { bridges: { br0: { address: "10.0.0.1/24" } } });
    const { hosts } = compared({ alpha: without }, { alpha: hostOf({ a: {}, b: {} }) });
    expect(hosts[0]?.vms.map(({ vm, access, changes, running }) => [vm, access, changes[0]?.gained, running])).toEqual([
      ["a", "more", ["nat through eno1"], "current"],
      ["b", "more", ["nat through eno1"], "current"],
    ]);
    expect(hosts[0]?.settings.map(({ aspect }) => aspect)).toEqual(["networks"]);
  });
});

describe("the other settings of a VM", () => {
  it.each<[string, Vm, Vm, string, readonly string[], readonly string[]]>([
    ["memory", {}, { memoryMiB: 8192 }, "memory", ["8192 MiB"], ["4096 MiB"]],
    ["CPUs", {}, { vcpu: 2 }, "vcpu", ["2"], ["8"]],
    ["an address", {}, { interfaces: [{ address: "10.0.0.77" }] }, "address", ["10.0.0.77"], ["10.0.0.2"]],
    ["packages", { packages: ["git"] }, { packages: ["jq"] }, "packages", ["jq"], ["git"]],
    ["another order, without values", { packages: ["git", "jq"] }, { packages: ["jq", "git"] }, "packages", [], []],
    [
      "a detail, without values",
      { shares: [{ tag: "x", source: "/srv/x" }] },
      { shares: [{ tag: "x", source: "/srv/x", mountPoint: "/y" }] },
      "shares",
      [],
      [],
    ],
  ])("report %s", (_, before, after, aspect, gained, lost) => {
    expect(changesOf(before, after)[aspect]?.slice(1)).toEqual([gained, lost]);
  });
});

describe("a running VM", () => {
  const runningAfter = (before: Vm, after: Vm): unknown => {
    const { hosts } = compared({ alpha: hostOf({ a: before }) }, { alpha: hostOf({ a: after }) });
    return hosts.flatMap(({ vms }) => vms.map(({ running, isRebuilt }) => [running, isRebuilt]));
  };

  it.each<[string, Vm, Vm, string, boolean]>([
    ["gets a wider policy at the switch", {}, { reachHost: [8080] }, "current", false],
    ["keeps open connections that the policy no longer allows", { reachHost: [8080] }, {}, "stale", false],
    ["is stale if its guest changes", {}, { packages: ["git"] }, "stale", true],
    [
      "restarts if the config sets restartIfChanged",
      { restartIfChanged: true },
      { restartIfChanged: true, packages: ["git"] },
      "restarted",
      true,
    ],
    ["gets other limits at the switch", {}, { limits: { cpuPercent: 50 } }, "current", false],
  ])("%s", (_, before, after, running, isRebuilt) => {
    expect(runningAfter(before, after)).toEqual([[running, isRebuilt]]);
  });

  it("is rebuilt if its guest becomes one that VMs share", () => {
    const { hosts } = compared({ alpha: hostOf({ a: {} }) }, { alpha: hostOf({ a: {}, b: {} }) });
    expect(hosts[0]?.vms.map(({ vm, change, isRebuilt }) => [vm, change, isRebuilt])).toEqual([
      ["a", "changed", true],
      ["b", "new", false],
    ]);
  });
});

describe("the VMs of hosts", () => {
  const summary = ({ hosts }: Comparison): unknown =>
    hosts.map(({ host, change, vms, unchanged }) => [
      host,
      change,
      vms.map(({ vm, change: kind, from, to }) => [vm, kind, from ?? to]),
      unchanged,
    ]);

  it("are added and removed", () => {
    const [before, after] = [{ alpha: hostOf({ a: {}, b: {}, c: {} }) }, { alpha: hostOf({ a: {}, c: {}, d: {} }) }];
    expect(summary(compared(before, after))).toEqual([
      [
        "alpha",
        "changed",
        [
          ["b", "gone", null],
          ["c", "changed", null],
          ["d", "new", null],
        ],
        1,
      ],
    ]);
  });

  it("report a rename without changes of folders and of other VMs", () => {
    const was = { index: 1 };
    const before = { alpha: hostOf({ old: was, b: { index: 0, reachVms: ["old"] } }) };
    const after = { alpha: hostOf({ new: { ...was, renamedFrom: "old" }, b: { index: 0, reachVms: ["new"] } }) };
    const comparison = compared(before, after);
    expect(summary(comparison)).toEqual([["alpha", "changed", [["new", "renamed", { host: "alpha", vm: "old" }]], 1]]);
    expect(comparison.hosts[0]?.vms[0]?.changes).toEqual([]);
    expect(summary(compared(after, before))).toEqual([
      ["alpha", "changed", [["old", "renamed", { host: "alpha", vm: "new" }]], 1],
    ]);
  });

  it.each<[string, Vms]>([
    ["renamed", { z: { renamedFrom: "a" }, b: {}, c: {} }],
    ["removed", { b: {}, c: {} }],
    ["given a guest of its own", { a: { packages: ["git"] }, b: {}, c: {} }],
  ])("rebuild the same guests as the emitted files if the first VM of a shared guest is %s", (_, after) => {
    const first = emissionOf({ alpha: hostOf({ a: {}, b: {}, c: {} }) });
    const result = emit({ hosts: { alpha: hostOf(after) } }, { lock: first.lock });
    if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
    const [were, are] = [first, result.right].map(
      ({ files }) => new Map(render(files).map(({ path, text }) => [path, text])),
    );
    const paths = [...new Set([...(were?.keys() ?? []), ...(are?.keys() ?? [])])];
    const changed = paths.filter((path) => were?.get(path) !== are?.get(path));
    const affected = affectedBy(result.right.plan, result.right.files, changed).flatMap(({ vms }) => vms);
    const comparison = comparePlans(first.plan, result.right.plan).hosts.flatMap(({ vms }) => vms);
    expect(comparison.filter(({ isRebuilt }) => isRebuilt).map(({ vm }) => vm)).toEqual(affected.toSorted());
    expect(comparison.filter(({ running }) => running === "stale").map(({ vm }) => vm)).toEqual(
      affected.filter((vm) => vm !== "z").toSorted(),
    );
    expect(affected).toEqual(expect.arrayContaining(["b", "c"]));
  });

  it("move to another host", () => {
    const beta = { bridges: { br0: { address: "10.1.0.1/24", nat: { externalInterface: "eno1" } } } };
    const before = { alpha: hostOf({ a: {}, b: {} }), beta: hostOf({ c: {} }, beta) };
    const after = { alpha: hostOf({ b: {} }), beta: hostOf({ a: { sudo: true }, c: {} }, beta) };
    const comparison = compared(before, after);
    expect(summary(comparison)).toMatchObject([
      [
        "alpha",
        "changed",
        [
          ["a", "gone", { host: "beta", vm: "a" }],
          ["b", "changed", null],
        ],
        0,
      ],
      [
        "beta",
        "changed",
        [
          ["a", "moved", { host: "alpha", vm: "a" }],
          ["c", "changed", null],
        ],
        0,
      ],
    ]);
    const moved = comparison.hosts[1]?.vms[0];
    expect(moved?.changes.filter(({ isAccess }) => isAccess).map(({ gained }) => gained)).toEqual([
      ["root without a password"],
    ]);
  });

  it("are added and removed with their host", () => {
    const [one, two] = [{ alpha: hostOf({ a: {} }) }, { alpha: hostOf({ a: {} }), beta: hostOf({ b: {} }) }];
    expect(compared(one, two)).toMatchObject({ hosts: [{ host: "beta", change: "new" }], switch: ["beta"] });
    expect(compared(two, one)).toMatchObject({ hosts: [{ host: "beta", change: "gone" }], switch: [] });
  });
});

it("need a switch of every host if an input changes", () => {
  const planOf = (nixpkgs: string) => {
    const result = emit({ inputs: { nixpkgs }, hosts: { alpha: hostOf({ a: {} }), beta: hostOf({}) } });
    if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
    return result.right.plan;
  };
  const [before, after] = ["github:nixos/nixpkgs/nixos-25.11", "github:nixos/nixpkgs/nixos-26.05"].map(planOf);
  if (before === undefined || after === undefined) throw new Error("no plans");
  expect(comparePlans(before, after)).toMatchObject({
    flake: [{ aspect: "inputs", gained: ["nixpkgs github:nixos/nixpkgs/nixos-26.05"] }],
    hosts: [],
    switch: ["alpha", "beta"],
  });
});

const some = <A>(value: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> => fc.option(value, { nil: undefined, freq: 2 });

const vm: fc.Arbitrary<Vm> = fc.record({
  vcpu: fc.constantFrom(1, 2),
  network: some(fc.constantFrom("none" as const, "allowlist" as const, "internet" as const)),
  allow: some(
    fc.subarray(["example.org", "*.example.org", "x.example.org:22", "10.9.0.0/16", "10.9.0.9:5432", "8.8.8.8"]),
  ),
  reachHost: some(fc.subarray([80, 8080, "dns" as const])),
  firewall: some(fc.constantFrom(false as const, { allowedTCPPorts: [80] })),
  shares: some(
    fc.constantFrom(
      [{ tag: "t", source: "/srv/t" }],
      [{ tag: "t", source: "/srv/t", readOnly: true }],
      [{ tag: "t", source: "/srv/t/u", mountPoint: "/u" }],
      [{ tag: "t", source: "/srv/t", owners: "guest" as const }],
    ),
  ),
  secrets: some(fc.constantFrom({ KEY: "/run/a" }, { KEY: "/run/b" })),
  sudo: some(fc.boolean()),
  packages: some(fc.constantFrom(["git"], ["git", "jq"], [ast.nix`pkgs.git`])),
  agent: some(fc.constant("codex" as const)),
  volumes: some(fc.constant([{ image: "data.img", mountPoint: "/data", sizeMiB: 20 }])),
  restartIfChanged: some(fc.boolean()),
  nameservers: some(fc.constantFrom(["9.9.9.9"], ["10.0.0.1"])),
  kernelParams: some(fc.constant(["quiet"])),
});

const vms = fc.dictionary(fc.constantFrom("a", "b", "c"), vm, { maxKeys: 3 });

const hosts = fc.record(
  {
    alpha: vms.map((all) => hostOf(all)),
    beta: vms.map((all) => hostOf(all, { bridges: { br0: { address: "10.1.0.1/24" } } })),
  },
  { requiredKeys: ["alpha"] },
);

/** The text of all files but those that are the same for every config. */
const textOf = (config: object): string =>
  render(emissionOf(config).files.filter((file) => file.isFixed !== true && file.path.endsWith(".nix")))
    .map(({ path, text }) => `${path}\n${text}`)
    .join("\n");

const vmsOf = ({ hosts: all }: Comparison): ReadonlyMap<string, VmChange> =>
  new Map(all.flatMap(({ host, vms: changes }) => changes.map((change) => [`${host} ${change.vm}`, change] as const)));

describe("any two plans", () => {
  const runs = { numRuns: 40 };
  const isValid = (config: object): boolean => emit({ hosts: config } as Config)._tag === "Right";

  it("have no difference if they are equal", () => {
    fc.assert(
      fc.property(hosts.filter(isValid), (config) => {
        expect(compared(config, config)).toEqual({ flake: [], hosts: [], switch: [] });
      }),
      runs,
    );
  });

  it("have a difference if the output differs", () => {
    fc.assert(
      fc.property(hosts.filter(isValid), hosts.filter(isValid), (before, after) => {
        fc.pre(textOf(before) !== textOf(after));
        expect(isEmpty(compared(before, after))).toBe(false);
      }),
      runs,
    );
  });

  it("give a VM more access exactly if they give it less in reverse order", () => {
    fc.assert(
      fc.property(hosts.filter(isValid), hosts.filter(isValid), (before, after) => {
        const [there, back] = [vmsOf(compared(before, after)), vmsOf(compared(after, before))];
        const stays = ({ change }: VmChange): boolean => change === "changed" || change === "renamed";
        for (const [place, change] of there) {
          const opposite = back.get(place);
          expect(opposite).toBeDefined();
          if (opposite === undefined || change.change === "moved" || change.to !== null) continue;
          expect(isMore(change.access)).toBe(isLess(opposite.access));
          expect(isLess(change.access)).toBe(isMore(opposite.access));
          if (stays(change)) expect(opposite.change).toBe(change.change);
        }
        expect([...back.keys()].sort()).toEqual([...there.keys()].sort());
      }),
      runs,
    );
  });
});
