/** Which VMs of a host share a guest. */
import { assert, describe, expect, it } from "vitest";
import { emptyLock, type GuestPlan, type HostPlan, planConfig } from "../src/index.js";
import { imageOf } from "../src/resolve/guests.js";
import { config } from "./config.js";

const planOf = (vms: unknown, host: object = {}): HostPlan => {
  const rest = { inputs: { other: { url: "github:me/other" } } };
  const result = planConfig(config(vms, host, rest), emptyLock);
  assert(result._tag === "Right", JSON.stringify(result));
  const [only] = result.right.value.plan.hosts;
  assert(only !== undefined);
  return only;
};

const guestsOf = (vms: unknown, host?: object): readonly GuestPlan[] => planOf(vms, host).guests;

type Change = object | readonly [both: object, change: object];

const pairOf = (change: Change): { readonly a: object; readonly b: object } => {
  const [both, own] = Array.isArray(change) ? (change as [object, object]) : [{}, change];
  return { a: both, b: { ...both, ...own } };
};

const qemu = { hypervisor: "qemu" };
const share = { tag: "data", source: "/srv/a", mountPoint: "/data" };
const volume = { image: "a.img", mountPoint: "/data", sizeMiB: 10 };
const module = { modules: ["./m.nix"] };

/** What one of two VMs has alone, or both have and one has otherwise. */
const together: Readonly<Record<string, Change>> = {
  index: { index: 7 },
  autostart: { autostart: true },
  restartIfChanged: { restartIfChanged: true },
  vcpu: { vcpu: 2 },
  memoryMiB: { memoryMiB: 1024 },
  socket: { socket: "other.sock" },
  "no socket": { socket: null },
  "a balloon": { balloon: true },
  hotplug: { hotplug: { maxMiB: 8192 } },
  hugepages: { hugepages: true },
  limits: { limits: { cpuPercent: 400, tasks: 100 } },
  runAs: [qemu, { runAs: "alice" }],
  "a CID": { vsock: { cid: 77 } },
  "no vsock": { vsock: false },
  "an address": { interfaces: [{ address: "10.0.0.99" }] },
  "a MAC": { interfaces: [{ mac: "02:00:00:00:00:99" }] },
  "a tap's name": { interfaces: [{ tap: "lan0" }] },
  "another kind of interface": { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] },
  "a second interface": { network: "open", interfaces: [{}, { type: "macvtap", link: "eno1", mode: "bridge" }] },
  "no interface": { interfaces: [] },
  forwardPorts: [
    { ...qemu, network: "open", interfaces: [{ type: "user" }] },
    { forwardPorts: [{ host: { port: 8080 }, guest: { port: 80 } }] },
  ],
  nameservers: { nameservers: ["9.9.9.9"] },
  "the network policy": { network: "allowlist", allow: ["10.1.0.5:80"], reachVms: ["a"], reachHost: [80] },
  "the bandwidth limit": [{ bandwidthMbitPerSecond: 10 }, { bandwidthMbitPerSecond: 20 }],
  workspace: { workspace: "/srv/work" },
  "no workspace": { workspace: false },
  "another clone of the repository": [{ workspace: { repo: "~/a" } }, { workspace: { repo: "~/b" } }],
  "the folder of SSH host keys": { sshHostKeys: "/srv/keys" },
  "a separate agent's state": [{ agent: "claude-code" }, { agentState: "own" }],
  "a share": { shares: [share] },
  "the source of a share": [{ shares: [share] }, { shares: [{ ...share, source: "/srv/b", readOnly: true }] }],
  "an image": [{ volumes: [volume] }, { volumes: [{ ...volume, image: "b.img" }] }],
  "an image elsewhere": [{ volumes: [volume] }, { volumes: [{ ...volume, image: "/srv/b.img" }] }],
  "an image of the default's size": { volumes: [{ image: "other.img", mountPoint: "/var", sizeMiB: 1 }] },
  "the size and options of an image": [
    { volumes: [volume] },
    { volumes: [{ ...volume, sizeMiB: 5, readOnly: true, serial: "1", direct: true, mkfsExtraArgs: ["-m0"] }] },
  ],
  "an existing image": [
    { volumes: [volume] },
    { volumes: [{ image: "a.img", mountPoint: "/data", autoCreate: false }] },
  ],
  credentialFiles: [qemu, { credentialFiles: { KEY: "/run/key" } }],
  "a secret's file": [{ secrets: { KEY: "/run/a" } }, { secrets: { KEY: "/run/b" } }],
  environment: { environment: { PROJECT: "b" } },
  machineId: { machineId: "00000000-0000-4000-8000-000000000001" },
  "no machine-id": { machineId: null },
  "these settings together with modules": [
    module,
    { index: 7, environment: { A: "b" }, workspace: "/srv/b", nameservers: [] },
  ],
};

const apart: Readonly<Record<string, Change>> = {
  hypervisor: qemu,
  cpu: [qemu, { cpu: "max" }],
  devices: { devices: [{ bus: "pci", path: "0000:01:00.0" }] },
  graphics: [qemu, { graphics: true }],
  kernel: { kernel: "linux_latest" },
  kernelParams: { kernelParams: ["quiet"] },
  store: { store: "disk" },
  "a store's disk": [{ store: "disk" }, { store: { disk: "squashfs" } }],
  "SSH over vsock": { vsock: { ssh: true } },
  "no SSH host keys": { sshHostKeys: false },
  "a share that the initrd mounts": [{ volumes: [] }, { shares: [{ ...share, mountPoint: "/var" }] }],
  "the mount point of a volume": [{ volumes: [volume] }, { volumes: [{ ...volume, mountPoint: "/other" }] }],
  "the file system of a volume": [{ volumes: [volume] }, { volumes: [{ ...volume, fsType: "xfs" }] }],
  "a volume's label": [{ volumes: [volume] }, { volumes: [{ ...volume, label: "data" }] }],
  "one more volume": { volumes: [volume] },
  "no writable store": { writableStoreOverlay: null },
  firewall: { firewall: { allowedTCPPorts: [80] } },
  users: { users: { bob: { uid: 1001, gid: 100 } } },
  groups: { groups: { data: { gid: 2000 } } },
  agent: { agent: "claude-code" },
  "a copied agent's state": [{ agent: "claude-code" }, { agentState: "copy" }],
  "a secret's name": [{ secrets: { KEY: "/run/a" } }, { secrets: { TOKEN: "/run/a" } }],
  toolchains: { toolchains: ["go"] },
  packages: { packages: ["git"] },
  home: { home: ["zsh"] },
  modules: module,
  "another module": [module, { modules: ["./n.nix"] }],
  "vcpu, with modules": [module, { vcpu: 2 }],
  "memory, with modules": [module, { memoryMiB: 1024 }],
  "hugepages, with modules": [module, { hugepages: true }],
  "memory, with a home-manager module": [{ home: ["./home.nix"] }, { memoryMiB: 1024 }],
  specialArgs: { specialArgs: { site: "berlin" } },
  pkgs: { pkgs: null },
  nixpkgs: { nixpkgs: "other" },
  "an option by name": { microvm: { optimize: { enable: false } } },
  stateVersion: { stateVersion: "25.11" },
  "guest: own": { guest: "own" },
};

describe("two VMs", () => {
  it.each(Object.entries(together))("share a guest if they differ in %s", (_, change) => {
    expect(guestsOf(pairOf(change)).map(({ vms }) => vms)).toEqual([["a", "b"]]);
  });

  it.each(Object.entries(apart))("have separate guests if they differ in %s", (_, change) => {
    expect(guestsOf(pairOf(change)).map(({ vms }) => vms)).toEqual([["a"], ["b"]]);
  });
});

describe("the guests of a host", () => {
  it("have graphics as in the config, with all defaults for `true`", () => {
    const graphicsOf = (graphics: unknown): unknown =>
      planOf({ a: { hypervisor: "qemu", graphics } }).vms[0]?.machine.graphics;
    const defaults = { backend: "gtk", crosvmPackage: null, hostMemoryMiB: 256, socket: null, vulkan: null };
    expect([false, true, {}, { backend: "headless" }].map(graphicsOf)).toEqual([
      null,
      defaults,
      defaults,
      { ...defaults, backend: "headless" },
    ]);
  });

  it("have the package and the config directory of Emacs", () => {
    const emacsOf = (written: object): unknown =>
      planOf({ a: { home: [{ program: "emacs", ...written }] } }).vms[0]?.guest.users[0].home[0];
    const path = ["hosts", "h", "vms", "a", "home", 0];
    const none = { kind: "emacs", path, package: null, configDirectory: null };
    expect(emacsOf({})).toEqual(none);
    expect(emacsOf({ package: "emacs-nox", configDirectory: { input: "other", path: "x" } })).toEqual({
      ...none,
      package: { kind: "attribute", attribute: ["emacs-nox"] },
      configDirectory: { input: "other", path: "x" },
    });
  });

  it("have their own image names, with the default's name for /var", () => {
    const volumes = ["/data", "/var", "/other"].map((mountPoint, at) => ({
      image: `${String(at)}.img`,
      mountPoint,
      sizeMiB: 64,
    }));
    const [vm] = planOf({ a: { volumes } }).vms;
    expect(vm?.storage.volumes.map(imageOf)).toEqual(["volume-0.img", "var.img", "volume-2.img"]);
  });

  it("are in the order of their VMs, and each has the name of its first VM", () => {
    const vms = {
      a: { index: 3 },
      b: { index: 2, firewall: false },
      c: { index: 1 },
      d: { index: 0, firewall: false },
    };
    expect(guestsOf(vms)).toEqual([
      { name: "d", vms: ["d", "b"], own: null },
      { name: "c", vms: ["c", "a"], own: null },
    ]);
  });

  it("are one guest for a hundred VMs without settings", () => {
    const names = Array.from({ length: 100 }, (_, position) => `vm${String(position).padStart(3, "0")}`);
    const bridges = { br0: { address: "10.0.0.1/16" } };
    expect(guestsOf(Object.fromEntries(names.map((name) => [name, {}])), { bridges })).toEqual([
      { name: "vm000", vms: names, own: null },
    ]);
  });

  it("are single until a second VM has the same configuration", () => {
    const single = { name: "a", vms: ["a"], own: "single" };
    expect(guestsOf({ a: {} })).toEqual([single]);
    expect(guestsOf({ a: {}, b: { firewall: false } })).toEqual([single, { name: "b", vms: ["b"], own: "single" }]);
    expect(guestsOf({ a: {}, b: {} })).toEqual([{ name: "a", vms: ["a", "b"], own: null }]);
  });

  it("are separate for a VM with guest: own, even if another VM is the same", () => {
    const own = { guest: "own" };
    expect(guestsOf({ a: own, b: {}, c: own, d: {} })).toEqual([
      { name: "a", vms: ["a"], own: "asked" },
      { name: "b", vms: ["b", "d"], own: null },
      { name: "c", vms: ["c"], own: "asked" },
    ]);
  });

  it("are separate for a VM whose identity does not fit on the kernel command line", () => {
    const environment = (length: number): object => ({ environment: { TEXT: "x".repeat(length) } });
    expect(guestsOf({ a: environment(100), b: environment(2000), c: {} })).toEqual([
      { name: "a", vms: ["a", "c"], own: null },
      { name: "b", vms: ["b"], own: "long" },
    ]);
    const shares = Array.from({ length: 40 }, (_, number) => ({
      tag: `t${String(number)}`,
      source: `/srv/${String(number)}`,
    }));
    expect(guestsOf({ a: { shares } })).toEqual([{ name: "a", vms: ["a"], own: "long" }]);
  });

  it("are shared by VMs with two interfaces and two shares, with any names", () => {
    const vm = (host: number): object => ({
      interfaces: [{}, { address: `10.0.0.${String(host)}` }],
      shares: [share, { tag: "docs", source: "/srv/docs", readOnly: true }],
    });
    const name = "a-name-of-thirty-characters-00";
    expect(guestsOf({ a: vm(90), vm0: vm(91), [name]: vm(92) })).toEqual([
      { name: "a", vms: ["a", name, "vm0"], own: null },
    ]);
  });

  it("cause a warning if a VM without guest: own has a separate one", () => {
    const environment = { TEXT: "x".repeat(2000) };
    const codes = (vms: object): readonly string[] => {
      const result = planConfig(config(vms), emptyLock);
      assert(result._tag === "Right");
      return result.right.warnings.map(({ code, path }) => `${code} ${path.join(".")}`);
    };
    expect(codes({ a: { environment }, b: {} })).toEqual(["guest-not-shared hosts.h.vms.a"]);
    expect(codes({ a: { environment, guest: "own" }, b: {} })).toEqual([]);
    expect(codes({ a: { environment } })).toEqual([]);
    expect(codes({ a: { environment: { A: "ü" } }, b: {} })).toEqual(["guest-not-shared hosts.h.vms.a"]);
  });

  it.each([{ environment: { GREETING: "grüezi" } }, { shares: [{ ...share, mountPoint: "/srv/für" }] }])(
    "are separate for a VM whose identity is not printable ASCII: %j",
    (vm) => {
      expect(guestsOf({ a: vm, b: vm })).toEqual([
        { name: "a", vms: ["a"], own: "not-ascii" },
        { name: "b", vms: ["b"], own: "not-ascii" },
      ]);
    },
  );

  it("do not depend on paths of the host", () => {
    expect(guestsOf({ a: { shares: [{ ...share, source: "/srv/für" }] }, b: {} })).toEqual([
      { name: "a", vms: ["a", "b"], own: null },
    ]);
  });
});
