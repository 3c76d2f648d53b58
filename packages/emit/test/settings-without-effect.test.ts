/** Tests that every setting changes the output or causes a report, so that no one sets one in vain. */
import { type ConfigPath, formatPath } from "@microvm-emit/model";
import { merge } from "../../microvm-model/src/compose/merge.js";
import { print } from "@microvm-emit/nix-ast";
import { emit } from "microvm-emit";
import { describe, expect, it } from "vitest";

const macvtap = { type: "macvtap", link: "eno2", mode: "bridge" };
const qemu = { hypervisor: "qemu" };
const bare = { store: "disk", workspace: false, sshHostKeys: false };

/** VMs with the things that a setting may need: interfaces, hypervisors, agents, kinds of shares and volumes. */
const forms: Readonly<Record<string, object>> = {
  "a tap": {},
  "no interface": { interfaces: [] },
  "no interface and no vsock": { interfaces: [], vsock: false },
  "a macvtap": { network: "open", interfaces: [macvtap] },
  "a macvtap with an address": { network: "open", interfaces: [{ ...macvtap, address: "192.168.1.9/24" }] },
  "the user network of QEMU": { ...qemu, network: "open", interfaces: [{ type: "user" }] },
  "a tap that QEMU makes": { ...qemu, network: "open", interfaces: [{ type: "bridge" }] },
  "a routed tap": { interfaces: [{ routed: true }] },
  "a tap with DHCP": { interfaces: [{ address: "dhcp" }] },
  "an open network": { network: "open" },
  "an allowlist": { network: "allowlist" },
  "no network": { network: "none" },
  "an agent": { agent: "claude-code" },
  "an agent with its own login": { agent: "claude-code", agentState: "own" },
  "nothing shared": bare,
  QEMU: qemu,
  crosvm: { hypervisor: "crosvm" },
  firecracker: { ...bare, hypervisor: "firecracker" },
  stratovirt: { ...bare, hypervisor: "stratovirt" },
  kvmtool: { ...bare, hypervisor: "kvmtool" },
  alioth: { ...bare, hypervisor: "alioth" },
  "SSH host keys that change": { sshHostKeys: false },
  "a read-only store": { writableStoreOverlay: null },
  "a separate guest": { guest: "own" },
};

/** A value of each setting that is not its default. */
const changes: Readonly<Record<string, unknown>> = {
  index: 7,
  autostart: true,
  restartIfChanged: true,
  vcpu: 2,
  memoryMiB: 1024,
  socket: "other.sock",
  balloon: true,
  hotplug: { maxMiB: 8192 },
  hugepages: true,
  cpu: "max",
  devices: [{ bus: "pci", path: "0000:01:00.0" }],
  graphics: { backend: "headless" },
  credentialFiles: { KEY: "/run/key" },
  runAs: "microvm",
  limits: { cpuPercent: 200 },
  kernel: "linux_latest",
  kernelParams: ["quiet"],
  machineId: "00000000-0000-4000-8000-000000000001",
  forwardPorts: [{ host: { port: 8080 }, guest: { port: 22 } }],
  workspace: "~/elsewhere",
  store: { disk: "squashfs" },
  sshHostKeys: "/srv/keys",
  shares: [{ tag: "t", source: "/srv/t" }],
  volumes: [{ image: "a.img", mountPoint: "/data", sizeMiB: 10 }],
  writableStoreOverlay: "/nix/.other",
  vsock: { ssh: true },
  nameservers: ["9.9.9.9"],
  firewall: { allowedTCPPorts: [80] },
  users: { bob: { uid: 1001, gid: 100 } },
  groups: { data: { gid: 2000 } },
  sudo: true,
  agent: "codex",
  agentState: "copy",
  secrets: { KEY: "/run/a" },
  toolchains: ["go"],
  unpatchedBinaries: true,
  packages: ["git"],
  home: ["zsh"],
  modules: ["./m.nix"],
  specialArgs: { site: "berlin" },
  pkgs: null,
  nixpkgs: "other",
  network: "allowlist",
  allow: ["github"],
  reachVms: ["b"],
  reachHost: [8080],
  publish: [{ host: 8080, guest: 22 }],
  bandwidthMbitPerSecond: 10,
  environment: { A: "b" },
  microvm: { optimize: { enable: false } },
  stateVersion: "25.05",
};

const br0 = { address: "10.7.0.1/16", ipv6: "fd00:7::1/64", dhcp: true, vlans: { 10: { address: "10.10.0.1/24" } } };

const configOf = (vm: unknown, host: object = {}): object => ({
  inputs: { other: { url: "github:me/other" } },
  hosts: {
    h: {
      stateVersion: "25.11",
      user: { name: "alice", uid: 1000, gid: 100, sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/16", dhcp: true, nat: { externalInterface: "eno1" } } },
      routed: { address: "10.9.0.1/24", nat: true },
      vms: { a: vm, b: {} },
      ...host,
    },
  },
});

interface Result {
  readonly problems: readonly (readonly [code: string, path: ConfigPath])[];
  /** Undefined if errors prevent the output. */
  readonly text: string | undefined;
}

/** Problems and output of a config, without the files that describe it to an agent. */
const resultOf = (config: object): Result => {
  const result = emit<unknown>(config);
  const problems = (result._tag === "Left" ? result.left : result.right.warnings).map(
    ({ code, path }) => [code, path] as const,
  );
  const files = result._tag === "Left" ? [] : result.right.files;
  const texts = files.flatMap((file) =>
    file.isFixed === true || file.kind === "text" ? [] : [`${file.path}\n${print(file.expr)}`],
  );
  return { problems, text: result._tag === "Left" ? undefined : texts.join("\n") };
};

/** Settings that, added to a form, change no output and cause no report. */
const silent = (form: object, values: typeof changes, configWith: (part: unknown) => object): readonly string[] => {
  const before = resultOf(configWith(form));
  if (before.text === undefined) throw new Error(JSON.stringify(before.problems));
  const known = new Set(before.problems.map(([code, path]) => `${code} ${formatPath(path)}`));
  return Object.entries(values).flatMap(([setting, value]) => {
    const said = (form as Readonly<Record<string, unknown>>)[setting];
    if (JSON.stringify(said) === JSON.stringify(value)) return [];
    const changed = resultOf(configWith(merge(form, { [setting]: value })));
    const isTold = changed.problems.some(([code, path]) => !known.has(`${code} ${formatPath(path)}`));
    return isTold || changed.text !== before.text ? [] : [setting];
  });
};

describe("each setting changes the output or is reported", () => {
  it.each(Object.entries(forms))("of a VM with %s", (_, form) => {
    expect(silent(form, changes, configOf)).toEqual([]);
  });

  it("of a VM that shares its guest", () => {
    expect(silent({}, { guest: "own" }, configOf)).toEqual([]);
  });

  const link = {
    mac: "02:00:00:00:07:07",
    tap: "tap7",
    address: "10.7.0.77",
    ipv6: "fd00:7::77",
    bridge: "br0",
    vhost: true,
    vlan: 10,
    routed: true,
  };
  const macvtapLink = { ...macvtap, address: "192.168.1.9/24" };
  it.each<[string, object, typeof changes, object]>([
    ["tap", {}, link, {}],
    ["tap of QEMU", {}, link, qemu],
    ["routed tap", { routed: true }, link, {}],
    ["tap with DHCP", { address: "dhcp" }, link, {}],
    ["user", { type: "user" }, link, { ...qemu, network: "open" }],
    ["bridge", { type: "bridge" }, link, { ...qemu, network: "open" }],
    ["macvtap", macvtap, { ...link, link: "eno3", mode: "vepa", gateway: "192.168.1.1" }, { network: "open" }],
    [
      "macvtap with an address",
      macvtapLink,
      { link: "eno3", mode: "vepa", gateway: "192.168.1.1" },
      { network: "open" },
    ],
  ])("of an interface: %s", (_, form, values, vm) => {
    // An interface without a bridge uses the only one.
    const same = ("type" in form && form.type !== "bridge") || "routed" in form ? [] : ["bridge"];
    const bridge = "type" in form && form.type === "bridge" ? { vlans: undefined } : {};
    const found = silent(form, values, (part) =>
      configOf({ ...vm, interfaces: [part] }, { bridges: { br0: { ...br0, ...bridge } } }),
    );
    expect(found.filter((setting) => !same.includes(setting))).toEqual([]);
  });

  const network = {
    address: "10.7.0.1/16",
    ipv6: "fd00:7::1/64",
    nat: true,
    network: "none",
    gateway: "10.7.0.254",
    dhcp: { from: "10.7.1.1", to: "10.7.1.9" },
    ports: ["eno9"],
    vlans: { 20: { address: "10.20.0.1/24" } },
  };
  it.each<[string, object]>([
    ["with an address", { address: "10.7.0.1/16" }],
    ["with an address by DHCP", { address: "dhcp", ports: ["eno2"] }],
    ["with ports", { ports: ["eno2"] }],
    ["with a gateway", { address: "10.7.0.1/16", gateway: "10.7.0.9" }],
    ["with a DHCP server", { address: "10.7.0.1/16", dhcp: true }],
    ["with NAT", { address: "10.7.0.1/16", nat: true }],
    ["with NAT by an interface", { address: "10.7.0.1/16", nat: { externalInterface: "eno1" } }],
    ["with IPv6 only", { ipv6: "fd00:7::1/64" }],
    ["with both families", { address: "10.7.0.1/16", ipv6: "fd00:7::1/64" }],
  ])("of a bridge %s", (_, form) => {
    const vm = { network: "open", interfaces: [{ ...("ports" in form && { address: "dhcp" }) }] };
    const config = (part: unknown) => configOf(vm, { bridges: { br0: part }, routed: undefined, vms: { a: vm } });
    // The default for VMs that set none.
    expect(silent(form, network, config)).toEqual(["network"]);
    expect(
      silent({ externalInterface: "eno1" }, { externalInterface: "eno3", ipv6: true }, (nat) =>
        configOf({}, { bridges: { br0: { ...form, ports: undefined, address: "10.7.0.1/16", nat } } }),
      ),
    ).toEqual([]);
  });

  const shared = {
    source: "/srv/u",
    mountPoint: "/mnt/u",
    readOnly: true,
    owners: "guest",
    dangerous: "for a test",
    proto: "9p",
    cache: "never",
    securityModel: "mapped",
    posixAcl: true,
    socket: "other.sock",
    extraArgs: ["--modcaps=-mknod"],
  };
  it.each<[string, object]>([
    ["over virtiofs", {}],
    ["that keeps owners", { owners: "guest" }],
    ["that is read-only", { readOnly: true }],
    ["over 9p", { proto: "9p" }],
    ["over 9p that is read-only", { proto: "9p", readOnly: true }],
  ])("of a share %s", (_, form) => {
    const share = { tag: "t", source: "/srv/t", ...form };
    // A writable share may be dangerous on the host even if it is not on this machine.
    const unknown = "readOnly" in form ? [] : ["dangerous"];
    // The default of virtiofsd.
    const usual = "owners" in form || "readOnly" in form ? ["posixAcl"] : [];
    const found = silent(share, shared, (part) => configOf({ ...qemu, shares: [part] }));
    expect(found.filter((setting) => ![...unknown, ...usual].includes(setting))).toEqual([]);
  });

  const disk = {
    image: "b.img",
    mountPoint: "/mnt",
    sizeMiB: 20,
    fsType: "xfs",
    readOnly: true,
    autoCreate: false,
    label: "data",
    serial: "7",
    direct: true,
    imageType: "qcow2",
    mkfsExtraArgs: ["-m", "0"],
  };
  it.each<[string, object, object]>([
    ["that is created", { sizeMiB: 10 }, {}],
    ["that is mounted", { sizeMiB: 10, mountPoint: "/data" }, {}],
    ["that exists", { autoCreate: false }, {}],
    ["of QEMU", { sizeMiB: 10 }, qemu],
    ["of crosvm", { sizeMiB: 10 }, { hypervisor: "crosvm" }],
  ])("of a volume %s", (_, form, vm) => {
    const volume = { image: "a.img", ...form };
    expect(silent(volume, disk, (part) => configOf({ ...vm, volumes: [part] }))).toEqual([]);
  });
});
