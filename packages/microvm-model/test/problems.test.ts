import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { attrs, nix, parse } from "@microvm-emit/nix-ast";
import { describe, expect, it } from "vitest";
import {
  claudeCode,
  type ConfigPath,
  emptyLock,
  formatPath,
  type Lock,
  planConfig,
  type Problem,
  replace,
} from "../src/index.js";
import { isRecord } from "../src/common/is-record.js";
import { type Edit, edited } from "../src/problems/edit.js";
import { config, worded } from "./config.js";

const partOf = (whole: unknown, step: string | number): unknown =>
  (whole as Readonly<Record<string | number, unknown>> | undefined)?.[step];

const problemsOf = (input: unknown, lock: Lock = emptyLock): readonly Problem[] => {
  const result = planConfig(input, lock);
  return result._tag === "Left" ? result.left : result.right.warnings;
};

/** `code path` of every problem, in the order in which they are told. */
const summary = (input: unknown, lock?: Lock): readonly string[] =>
  problemsOf(input, lock).map(({ code, path }) => `${code} ${formatPath(path)}`);

const v = "hosts.h.vms";

const ofNoInput = nix`inputs.none.x`;

/** One broken config a row, and all the problems that it has. */
type Row = readonly [what: string, input: unknown, ...problems: string[]];

const table: readonly Row[] = [
  ["no config", undefined, "wrong-type "],
  ["no object", 3, "wrong-type "],
  ["a function", () => config({}), "wrong-type "],
  ["a promise", Promise.resolve(config({})), "wrong-type "],
  ["no hosts", {}, "missing-key hosts"],
  ["empty hosts", { hosts: {} }, "bad-value hosts"],
  ["hosts of a wrong type", { hosts: [] }, "wrong-type hosts"],
  ["an unknown key at the top", config({}, {}, { host: 1 }), "unknown-key host"],
  ["an unknown key", config({ a: { vcpus: 2 } }), `unknown-key ${v}.a.vcpus`],
  [
    "several unknown keys",
    config({ a: { autostar: true, vcpus: 2 } }),
    `unknown-key ${v}.a.autostar`,
    `unknown-key ${v}.a.vcpus`,
  ],
  ["a key with the name of another program", config({ a: { cpus: 2 } }), `unknown-key ${v}.a.cpus`],
  [
    "the URLs of repositories instead of clones",
    config({
      a: { workspace: { repo: "https://example.org/me/web" } },
      b: { workspace: { repo: "git@example.org:me/web" } },
    }),
    `bad-value ${v}.a.workspace.repo`,
    `bad-value ${v}.b.workspace.repo`,
  ],
  ["a wrong type", config({ a: { autostart: "yes" } }), `wrong-type ${v}.a.autostart`],
  ["null", config({ a: { vcpu: null } }), `wrong-type ${v}.a.vcpu`],
  ["a missing key", config({ a: { shares: [{ tag: "t" }] } }), `missing-key ${v}.a.shares[0].source`],
  [
    "a bad host name, and a problem below it",
    { hosts: { "A b": { user: { name: "a" } } } },
    `missing-key hosts["A b"].stateVersion`,
    `bad-value hosts["A b"]`,
  ],
  ["a bad VM name", config({ "-a": {} }), `bad-value ${v}["-a"]`],
  ["no memory", config({ a: { memoryMiB: 0 } }), `bad-value ${v}.a.memoryMiB`],
  ["no vcpu", config({ a: { vcpu: 0 } }), `bad-value ${v}.a.vcpu`],
  ["half a vcpu", config({ a: { vcpu: 0.5 } }), `wrong-type ${v}.a.vcpu`],
  ["an unknown hypervisor", config({ a: { hypervisor: "quemu" } }), `bad-value ${v}.a.hypervisor`],
  ["an unknown agent", config({ a: { agent: "claud-code" } }), `bad-value ${v}.a.agent`],
  ["an unknown program", config({ a: { home: [{ program: "fish" }] } }), `bad-value ${v}.a.home[0].program`],
  ["a bad MAC", config({ a: { interfaces: [{ mac: "02:00" }] } }), `bad-value ${v}.a.interfaces[0].mac`],
  [
    "a multicast MAC",
    config({ a: { interfaces: [{ mac: "03:00:00:00:00:01" }] } }),
    `bad-value ${v}.a.interfaces[0].mac`,
  ],
  [
    "a bad address",
    config({ a: { interfaces: [{ address: "10.0.0.256" }] } }),
    `bad-value ${v}.a.interfaces[0].address`,
  ],
  [
    "an address with a prefix",
    config({ a: { interfaces: [{ address: "10.0.0.2/24" }] } }),
    `bad-value ${v}.a.interfaces[0].address`,
  ],
  [
    "a tap name of 16 characters",
    config({ a: { interfaces: [{ tap: "microvm123456789" }] } }),
    `bad-value ${v}.a.interfaces[0].tap`,
  ],
  ["a tap name of 15 characters", config({ a: { interfaces: [{ tap: "microvm12345678" }] } })],
  ...(
    [
      [{ index: 99_999_999 }],
      [{ index: 100_000_000 }, `bad-value ${v}.a.index`],
      [{ index: 999_999, interfaces: [{ bridge: "br0" }, { bridge: "br1" }] }],
      [{ index: 1_000_000, interfaces: [{ bridge: "br0" }, { bridge: "br1" }] }, `interface-name-too-long ${v}.a`],
    ] as const
  ).map(([vm, ...problems]): Row => [
    `the index ${String(vm.index)} of a VM with ${"interfaces" in vm ? "two taps" : "one tap"}`,
    config(
      { a: { interfaces: [{ bridge: "br0" }], ...vm } },
      { bridges: { br0: { ipv6: "fd00::1/64" }, br1: { ipv6: "fd01::1/64" } } },
    ),
    ...problems,
  ]),
  ...["raw", "qcow2"].flatMap((imageType) =>
    [true, false].map((autoCreate): Row => [
      `an image of type ${imageType} that ${autoCreate ? "the host creates" : "exists"}`,
      config({ a: { volumes: [{ image: "x.img", mountPoint: "/x", sizeMiB: 64, imageType, autoCreate }] } }),
      ...(autoCreate && imageType === "qcow2" ? [`image-type-of-new-image ${v}.a.volumes[0].imageType`] : []),
    ]),
  ),
  ...["uid", "gid"].flatMap((setting) =>
    (
      [
        [4_294_967_294, []],
        [4_294_967_295, [`bad-value ${v}.a.users.bob.${setting}`]],
      ] as const
    ).map(([value, problems]): Row => [
      `a user of the ${setting} ${String(value)}`,
      config({ a: { users: { bob: { uid: 1500, gid: 1500, [setting]: value } } } }),
      ...problems,
    ]),
  ),
  ...[true, "2", null, [], {}, new Map(), 1n, Symbol("two")].map((value): Row => [
    `a number that is ${inspect(value, { compact: true, depth: 0 })}`,
    config({ a: { vcpu: value } }),
    `wrong-type ${v}.a.vcpu`,
  ]),
  ["a bad tap name", config({ a: { interfaces: [{ tap: "a/b" }] } }), `bad-value ${v}.a.interfaces[0].tap`],
  [
    "a long bridge name",
    config({}, { bridges: { bridgebridgebridge: { address: "10.0.0.1/24" } } }),
    "bad-value hosts.h.bridges.bridgebridgebridge",
  ],
  [
    "a bridge without a prefix",
    config({}, { bridges: { b: { address: "10.0.0.1" } } }),
    "bad-value hosts.h.bridges.b.address",
  ],
  [
    "a bridge at the network address",
    config({}, { bridges: { b: { address: "10.0.0.0/24" } } }),
    "bad-value hosts.h.bridges.b.address",
  ],
  [
    "a bridge without room",
    config({}, { bridges: { b: { address: "10.0.0.1/31" } } }),
    "bad-value hosts.h.bridges.b.address",
  ],
  [
    "an unknown bridge",
    config({ a: { interfaces: [{ bridge: "br1" }] } }),
    `unknown-bridge ${v}.a.interfaces[0].bridge`,
  ],
  ["no bridge", config({ a: {} }, { bridges: {} }), `no-bridge ${v}.a`],
  [
    "one bridge of several",
    config({ a: {} }, { bridges: { b: { address: "10.0.0.1/24" }, c: { address: "10.0.1.1/24" } } }),
    `ambiguous-bridge ${v}.a`,
  ],
  [
    "a secret in a writable share, one in the store",
    config({ a: { workspace: "~/w", secrets: { A: "~/w/a", B: { file: "/nix/store/x/b" } } } }),
    `secret-in-store ${v}.a.secrets.B`,
    `secret-in-writable-share ${v}.a.secrets.A`,
  ],
  [
    "credential files in a writable share of another VM and in the store",
    config({
      a: { workspace: "~/w" },
      b: { hypervisor: "qemu", credentialFiles: { a: "~/w/a", b: "/nix/store/x/b" } },
    }),
    `secret-in-store ${v}.b.credentialFiles.b`,
    `secret-in-writable-share ${v}.b.credentialFiles.a`,
  ],
  [
    "a secret's name that is too long for QEMU",
    config({ a: { hypervisor: "qemu", secrets: { [`A${"B".repeat(28)}`]: "/run/a" } } }),
    `secret-name-too-long ${v}.a.secrets.A${"B".repeat(28)}`,
  ],
  [
    "a variable of a secret that a toolchain sets too",
    config({ a: { secrets: { A: "/run/a" }, toolchains: [{ name: "t", packages: [], environment: { A: "1" } }] } }),
    `conflicting-variable ${v}.a.toolchains[0]`,
  ],
  [
    "secrets on a hypervisor without shares",
    config({
      a: { hypervisor: "kvmtool", store: "disk", workspace: false, sshHostKeys: false, secrets: { A: "/run/a" } },
    }),
    `scripted-initrd ${v}.a.hypervisor`,
    `unsupported-setting ${v}.a.hypervisor`,
  ],
  [
    "a whole home by its absolute path",
    config({ a: { workspace: "/home/alice" } }),
    `dangerous-share ${v}.a.workspace`,
  ],
  [
    "the folder of homes",
    config({ a: { workspace: false, shares: [{ tag: "t", source: "/home", readOnly: true }] } }),
    `dangerous-share ${v}.a.shares[0]`,
  ],
  [
    "the secrets of all VMs",
    config({ a: { shares: [{ tag: "t", source: "/run/microvm-secrets/b", readOnly: true }] } }),
    `dangerous-share ${v}.a.shares[0]`,
  ],
  [
    "one workspace of two VMs, reported once",
    config({ a: { workspace: "~/src", shares: [{ tag: "t", source: "~/src/t" }] }, b: { workspace: "~/src" } }),
    `dangerous-share ${v}.b.workspace`,
    `share-in-writable-share ${v}.a.shares[0]`,
  ],
  [
    "another VM's workspace: the same folder, one above and one below, with and without a reason",
    config({
      a: { workspace: "~/src/a" },
      b: {
        workspace: false,
        shares: [
          { tag: "same", source: "~/src/a", readOnly: true },
          { tag: "around", source: "~/src", readOnly: true },
          { tag: "in", source: "~/src/a/docs" },
          {
            tag: "meant",
            source: "/home/alice/src/a",
            mountPoint: "/a",
            readOnly: true,
            dangerous: "it reviews what a writes",
          },
        ],
      },
    }),
    `dangerous-share ${v}.b.shares[0]`,
    `dangerous-share ${v}.b.shares[1]`,
    `dangerous-share ${v}.b.shares[2]`,
  ],
  [
    "folders of another VM: host keys, a separate login, a disk, and a share inside of the VM's own keys",
    config({
      a: {
        agent: "claude-code",
        agentState: "own",
        sshHostKeys: "/srv/keys/a",
        volumes: [{ image: "/srv/disks/a.img", mountPoint: "/var", sizeMiB: 64 }],
        shares: [{ tag: "own", source: "/srv/keys/a/old", mountPoint: "/old", readOnly: true }],
      },
      b: {
        shares: ["/srv/keys", "/home/alice/claude-microvm-vms/a/projects", "/srv/disks"].map((source, at) => ({
          tag: `t${String(at)}`,
          source,
          readOnly: true,
        })),
      },
    }),
    ...[0, 1, 2].map((at) => `dangerous-share ${v}.b.shares[${String(at)}]`),
  ],
  [
    "host keys of two VMs, and a login inside another login, each reported once",
    config({
      a: { sshHostKeys: "/srv/keys", agent: claudeCode({ stateDirectory: "~/ai" }) },
      b: { sshHostKeys: "/srv/keys", agent: claudeCode({ stateDirectory: "~/ai/b" }) },
    }),
    `dangerous-share ${v}.b.sshHostKeys`,
    `dangerous-share ${v}.b.agent`,
  ],
  [
    "a folder that a strict VM writes and a less strict one reads, and a login of both",
    config({
      a: { network: "none", shares: [{ tag: "t", source: "/srv/t/a" }], agent: "claude-code" },
      b: { shares: [{ tag: "t", source: "/srv/t", readOnly: true }], agent: "claude-code" },
    }),
    `shared-across-policies ${v}.a.agent`,
    `shared-across-policies ${v}.a.shares[0]`,
  ],
  [
    "a login of VMs with different allowlists",
    config({
      a: { network: "allowlist", agent: "claude-code", allow: ["10.9.9.9:5432"], toolchains: ["go"] },
      b: { network: "allowlist", agent: "claude-code", allow: ["10.9.9.9:5432", "example.org"] },
      c: { network: "allowlist", agent: "claude-code", allow: ["10.9.9.9:5432"], toolchains: ["python"] },
    }),
    `shared-across-policies ${v}.a.agent`,
  ],
  [
    "a login of VMs with internet, internet and a port of the host, and an allowlist",
    config({
      a: { agent: "claude-code" },
      b: { agent: "claude-code", reachHost: [8080] },
      c: { agent: "claude-code", network: "allowlist", allow: ["example.org"] },
    }),
    `shared-across-policies ${v}.a.agent`,
  ],
  [
    "a shared folder without risk: only read, and written by the less strict VM",
    config({
      a: {
        network: "none",
        shares: [{ tag: "t", source: "/srv/t", readOnly: true }],
        agent: "claude-code",
        agentState: "copy",
      },
      b: { shares: [{ tag: "t", source: "/srv/t" }], agent: "claude-code" },
      c: { interfaces: [], shares: [{ tag: "t", source: "/srv/t", readOnly: true }] },
    }),
  ],
  [
    "a login of VMs with equal policies, and a workspace beside another",
    config({ a: { agent: "claude-code" }, b: { agent: "claude-code", shares: [{ tag: "t", source: "~/microvm/c" }] } }),
  ],
  [
    "dangerous folders as login, as host keys and as shares",
    config(
      {
        a: {
          agent: claudeCode({ stateDirectory: "~/.config" }),
          sshHostKeys: "/etc/ssh",
          shares: [
            { tag: "vms", source: "/srv/vms/b" },
            { tag: "keys", source: "/var/lib/microvm-host-keys/b", readOnly: true },
          ],
        },
      },
      { stateDirectory: "/srv/vms" },
    ),
    `dangerous-share ${v}.a.sshHostKeys`,
    `dangerous-share ${v}.a.agent`,
    `dangerous-share ${v}.a.shares[0]`,
    `dangerous-share ${v}.a.shares[1]`,
  ],
  [
    "public folders of the host, read-only and writable",
    config({
      a: {
        shares: ["/usr/share/dict", "~/.local/bin"].flatMap((source, at) => [
          { tag: `r${String(at)}`, source, mountPoint: `/r${String(at)}`, readOnly: true },
          { tag: `w${String(at)}`, source, mountPoint: `/w${String(at)}` },
        ]),
      },
    }),
    `dangerous-share ${v}.a.shares[1]`,
    `dangerous-share ${v}.a.shares[3]`,
  ],
  [
    "a reason for a harmless share",
    config({ a: { shares: [{ tag: "t", source: "/srv/t", readOnly: true, dangerous: "who knows" }] } }),
    `needless-dangerous ${v}.a.shares[0].dangerous`,
  ],
  [
    "an empty reason",
    config({ a: { shares: [{ tag: "t", source: "~/.ssh", dangerous: " " }] } }),
    `bad-value ${v}.a.shares[0].dangerous`,
  ],
  [
    "a system folder of the guest with one owner",
    config({ a: { volumes: [], shares: [{ tag: "t", source: "/srv/t", mountPoint: "/var" }] } }),
    `squashed-system-folder ${v}.a.shares[0]`,
  ],
  [
    "ACLs with squashed owners, and with kept ones",
    config({
      a: {
        shares: [
          { tag: "t", source: "/srv/t", posixAcl: true },
          { tag: "u", source: "/srv/u", posixAcl: true, owners: "guest" },
        ],
      },
    }),
    `posix-acl-with-translation ${v}.a.shares[0].posixAcl`,
  ],
  [
    "an id translation with squashed owners, and with kept ones",
    config({
      a: {
        shares: [
          { tag: "t", source: "/srv/t", extraArgs: ["--translate-uid=guest:0:1000:1"] },
          {
            tag: "u",
            source: "/srv/u",
            owners: "guest",
            posixAcl: false,
            extraArgs: ["--translate-uid=guest:0:1000:1"],
          },
        ],
      },
    }),
    `conflicting-argument ${v}.a.shares[0].extraArgs`,
  ],
  [
    "an id translation for all shares",
    config({
      a: {
        store: "disk",
        sshHostKeys: false,
        microvm: { virtiofsd: { extraArgs: ["--translate-uid=guest:0:1000:1"] } },
      },
    }),
    `conflicting-argument ${v}.a.microvm.virtiofsd.extraArgs`,
  ],
  [
    "owners over 9p",
    config({ a: { hypervisor: "qemu", shares: [{ tag: "t", source: "/srv/t", proto: "9p", owners: "guest" }] } }),
    `share-owned-by-root ${v}.a.shares[0].proto`,
    `share-setting-ignored ${v}.a.shares[0].owners`,
  ],
  [
    "a file instead of a public key",
    config(
      {},
      {
        user: {
          name: "alice",
          sshKeys: [
            "~/.ssh/id.pub",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice",
          ],
        },
      },
    ),
    "bad-value hosts.h.user.sshKeys[0]",
  ],
  [
    "an unknown option of an agent",
    config({ a: { agent: claudeCode({ stateDir: "~/c" } as object) } }),
    `unknown-key ${v}.a.agent.stateDir`,
  ],
  [
    "a writable share of the store",
    config({ a: { shares: [{ tag: "n", source: "/nix/store", mountPoint: "/n" }] } }),
    `writable-nix-store ${v}.a.shares[0]`,
  ],
  [
    "overlapping subnets",
    config({}, { bridges: { b: { address: "10.0.0.1/16" }, c: { address: "10.0.1.1/24" } } }),
    "overlapping-subnets hosts.h.bridges.c.address",
  ],
  [
    "two external interfaces",
    config(
      {},
      {
        bridges: {
          b: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } },
          c: { address: "10.0.1.1/24", nat: { externalInterface: "eno2" } },
        },
      },
    ),
    "several-external-interfaces hosts.h.bridges.c.nat.externalInterface",
  ],
  [
    "an address outside the subnet",
    config({ a: { interfaces: [{ address: "10.0.1.2" }] } }),
    `address-outside-subnet ${v}.a.interfaces[0].address`,
  ],
  [
    "the gateway's address, of a VM that cannot be the router",
    config(
      { a: { interfaces: [{ address: "10.0.0.254" }] }, b: { network: "open", interfaces: [{ address: "10.0.0.1" }] } },
      { bridges: { br0: { address: "10.0.0.1/24", gateway: "10.0.0.254" } } },
    ),
    `address-is-gateway ${v}.a.interfaces[0].address`,
    `address-is-gateway ${v}.b.interfaces[0].address`,
  ],
  [
    "the gateway's address, of a VM that is the router",
    config(
      { a: { network: "open", interfaces: [{ address: "10.0.0.254" }] } },
      { bridges: { br0: { address: "10.0.0.1/24", gateway: "10.0.0.254" } } },
    ),
  ],
  [
    "the gateway's address",
    config({ a: { interfaces: [{ address: "10.0.0.1" }] } }),
    `address-is-gateway ${v}.a.interfaces[0].address`,
  ],
  [
    "the network address",
    config({ a: { interfaces: [{ address: "10.0.0.0" }] } }),
    `address-is-network ${v}.a.interfaces[0].address`,
  ],
  [
    "the broadcast address",
    config({ a: { interfaces: [{ address: "10.0.0.255" }] } }),
    `address-is-broadcast ${v}.a.interfaces[0].address`,
  ],
  [
    "a repeated address",
    config({ a: { interfaces: [{ address: "10.0.0.9" }] }, b: { interfaces: [{ address: "10.0.0.9" }] } }),
    `duplicate-address ${v}.b.interfaces[0].address`,
  ],
  [
    "a repeated MAC in upper and lower case",
    config({ a: { interfaces: [{ mac: "02:00:00:00:00:aa" }] }, b: { interfaces: [{ mac: "02:00:00:00:00:AA" }] } }),
    `duplicate-mac ${v}.b.interfaces[0].mac`,
  ],
  [
    "a repeated tap",
    config({ a: { interfaces: [{ tap: "t" }] }, b: { interfaces: [{ tap: "t" }] } }),
    `duplicate-tap ${v}.b.interfaces[0].tap`,
  ],
  [
    "a tap with the name of the bridge",
    config({ a: { interfaces: [{ tap: "br0" }] } }),
    `duplicate-tap ${v}.a.interfaces[0].tap`,
  ],
  ["a repeated CID", config({ a: { vsock: { cid: 9 } }, b: { vsock: { cid: 9 } } }), `duplicate-cid ${v}.b.vsock.cid`],
  ["a reserved CID", config({ a: { vsock: { cid: 2 } } }), `bad-cid ${v}.a.vsock.cid`],
  ["a repeated index", config({ a: { index: 1 }, b: { index: 1 } }), `duplicate-index ${v}.b.index`],
  ["an index beyond the subnet", config({ a: { index: 253 } }), `subnet-full ${v}.a.index`],
  [
    "a repeated share tag",
    config({ a: { shares: [{ tag: "workspace", source: "/srv" }] } }),
    `duplicate-share-tag ${v}.a.shares[0].tag`,
  ],
  [
    "a repeated mount point",
    config({ a: { shares: [{ tag: "t", source: "/srv", mountPoint: "/var/", owners: "guest" }] } }),
    `duplicate-mount-point ${v}.a.volumes[0].mountPoint`,
  ],
  [
    "a repeated image in one VM",
    config({
      a: {
        volumes: [
          { image: "x.img", sizeMiB: 1 },
          { image: "x.img", sizeMiB: 1 },
        ],
      },
    }),
    `duplicate-volume-image ${v}.a.volumes[1].image`,
  ],
  [
    "one image of two VMs",
    config({ a: { volumes: [{ image: "/x.img", sizeMiB: 1 }] }, b: { volumes: [{ image: "/x.img", sizeMiB: 1 }] } }),
    `duplicate-volume-image ${v}.b.volumes[0].image`,
  ],
  [
    "another VM's image",
    config({ a: {}, b: { volumes: [{ image: "/var/lib/microvms/a/var.img", sizeMiB: 1 }] } }),
    `duplicate-volume-image ${v}.b.volumes[0].image`,
  ],
  [
    "9p on cloud-hypervisor",
    config({ a: { shares: [{ tag: "t", source: "/srv", proto: "9p" }] } }),
    `unsupported-setting ${v}.a.shares[0].proto`,
  ],
  [
    "home-manager on a read-only store",
    config({ a: { writableStoreOverlay: null, home: [{ program: "zsh" }] } }),
    `home-needs-writable-store ${v}.a.writableStoreOverlay`,
  ],
  [
    "the main user again",
    config({ a: { users: { alice: { uid: 1, gid: 1000 } } } }),
    `duplicate-user ${v}.a.users.alice`,
  ],
  [
    "a uid of the main user again",
    config({ a: { users: { bob: { uid: 1000, gid: 1001 } } } }, { user: { name: "alice", uid: 1000, sshKeys: [] } }),
    `duplicate-uid ${v}.a.users.bob.uid`,
    "no-login hosts.h.user.sshKeys",
  ],
  ["a uid that may be the main user's", config({ a: { users: { bob: { uid: 1000, gid: 1001 } } } })],
  [
    "a gid of two groups",
    config({ a: { users: { bob: { uid: 1001, gid: 1001 } }, groups: { dev: { gid: 1001 } } } }),
    `group-conflict ${v}.a.groups.dev.gid`,
  ],
  ["a gid that may be the main user's", config({ a: { groups: { dev: { gid: 1000 } } } })],
  ["an unknown input", config({ a: { modules: ["nixpkg.lib.x"] } }), `unknown-input ${v}.a.modules[0]`],
  [
    "an unknown input of a file",
    config({ a: { home: [{ program: "zsh", init: [{ input: "x", path: "y" }] }] } }),
    `unknown-input ${v}.a.home[0].init[0].input`,
  ],
  [
    "an input that follows an unknown input",
    config({}, {}, { inputs: { x: { url: "path:x", follows: { a: "b" } } } }),
    "unknown-input inputs.x.follows.a",
  ],
  ["an input without a URL", config({}, {}, { inputs: { x: { flake: false } } }), "missing-url inputs.x"],
  ...["self", "assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with", "1a", "a.b"].map(
    (name): Row => [
      `an input called ${name}`,
      config({}, {}, { inputs: { [name]: "path:x" } }),
      `bad-value ${formatPath(["inputs", name])}`,
    ],
  ),
  ["an absolute module", config({ a: { modules: ["/etc/nixos/x.nix"] } }), `bad-value ${v}.a.modules[0]`],
  ["an invalid module", config({ a: { modules: ["x.nix y"] } }), `bad-value ${v}.a.modules[0]`],
  ["data as a module", config({ a: { modules: [{ kind: "int" }] } }), `wrong-type ${v}.a.modules[0]`],
  ...["home", "home/", "data/x", "/var/lib/microvms/a/home"].map((source): Row => [
    `a share of the VM's own folder ${source}`,
    config({ a: { shares: [{ tag: "t", source }] } }),
  ]),
  ...["", ".", "./home", "../b/home", "~", "~bob/x", "home//../x"].map((source): Row => [
    `a share of no folder at ${source}`,
    config({ a: { shares: [{ tag: "t", source }] } }),
    `bad-value ${v}.a.shares[0].source`,
  ]),
  ...[
    ...["current", "booted", "toplevel", "old/x", "old/x/y", "flake", "data/images", "data", "data/images/var.img"],
    ...["/var/lib/microvms/a", "/var/lib/microvms/b/home", "/var/lib/microvms/ab/home"],
  ].map((source): Row => [
    `a share of what the host runs for a VM at ${source}`,
    config({
      a: { volumes: [{ image: "data/images/var.img", sizeMiB: 64 }], shares: [{ tag: "t", source, readOnly: true }] },
      b: {},
    }),
    `dangerous-share ${v}.a.shares[0]`,
  ]),
  ...(["sockets", "sockets/t.sock"] as const).map((source): Row => [
    `a share of a share's socket at ${source}`,
    config({ a: { shares: [{ tag: "t", source, readOnly: true, socket: "sockets/t.sock" }] } }),
    `dangerous-share ${v}.a.shares[0]`,
  ]),
  [
    "a workspace in the VM's folder, and a share in it",
    config({ a: { workspace: "/var/lib/microvms/a/work", shares: [{ tag: "t", source: "work/x" }] } }),
    `share-in-writable-share ${v}.a.shares[0]`,
  ],
  [
    "a share inside a writable one, with a reason",
    config({ a: { workspace: "~/w", shares: [{ tag: "t", source: "~/w/t", dangerous: "it is one tree" }] } }),
  ],
  [
    "a share inside a read-only one",
    config({
      a: {
        shares: [
          { tag: "w", source: "/w", readOnly: true },
          { tag: "t", source: "/w/t" },
        ],
      },
    }),
  ],
  [
    "an image in the workspace",
    config({ a: { workspace: "~/w", volumes: [{ image: "/home/alice/w/data.img", sizeMiB: 64 }] } }),
    `volume-in-writable-share ${v}.a.volumes[0].image`,
  ],
  [
    "an image in a read-only share",
    config({
      a: {
        shares: [{ tag: "t", source: "/srv/t", readOnly: true }],
        volumes: [{ image: "/srv/t/data.img", sizeMiB: 64 }],
      },
    }),
  ],
  ["a volume at the root", config({ a: { volumes: [{ image: "root.img", mountPoint: "/", sizeMiB: 64 }] } })],
  ...["", "root", "//../x", "/nix/store/"].map((mountPoint): Row => [
    `a volume at ${mountPoint}`,
    config({ a: { volumes: [{ image: "root.img", mountPoint, sizeMiB: 64 }] } }),
    `bad-value ${v}.a.volumes[0].mountPoint`,
  ]),
  ["a line break in a path", config({ a: { workspace: "/a\nb" } }), `bad-value ${v}.a.workspace`],
  [
    "a NUL in a text",
    config({ a: { home: [{ program: "zsh", extraInit: "\0" }] } }),
    `bad-value ${v}.a.home[0].extraInit`,
  ],
  ["hosts that are null", { hosts: null }, "wrong-type hosts"],
  ["VMs that are null", config(null), "wrong-type hosts.h.vms"],
  ["an index whose tap would be too long", config({ a: { index: 100_000_000 } }), `bad-value ${v}.a.index`],
  [
    "a second tap that is too long",
    config(
      { a: { index: 12_345_678, interfaces: [{ bridge: "b" }, { bridge: "c" }] } },
      { bridges: { b: { address: "10.0.0.1/8" }, c: { address: "11.0.0.1/8" } } },
    ),
    `interface-name-too-long ${v}.a`,
  ],
  ["a second interface on one bridge", config({ a: { interfaces: [{}, {}] } }), `address-needed ${v}.a.interfaces[1]`],
  [
    "a lone surrogate",
    config({ a: { home: [{ program: "zsh", extraInit: "\ud800" }] } }),
    `bad-value ${v}.a.home[0].extraInit`,
  ],
  ["a whole home as workspace", config({ a: { workspace: "~/" } }), `bad-value ${v}.a.workspace`],
  ["a path with `..`", config({ a: { workspace: "~/../bob" } }), `bad-value ${v}.a.workspace`],
  ["a percent sign", config({ a: { workspace: "~/100%" } }), `bad-value ${v}.a.workspace`],
  [
    "the root as mount point",
    config({ a: { shares: [{ tag: "t", source: "/s", mountPoint: "/" }] } }),
    `bad-value ${v}.a.shares[0].mountPoint`,
  ],
  [
    "the store as mount point",
    config({ a: { shares: [{ tag: "t", source: "/s", mountPoint: "/nix//store/" }] } }),
    `bad-value ${v}.a.shares[0].mountPoint`,
  ],
  [
    "one mount point in two spellings",
    config({ a: { shares: [{ tag: "t", source: "/s", mountPoint: "//var", owners: "guest" }] } }),
    `duplicate-mount-point ${v}.a.volumes[0].mountPoint`,
  ],
  ["a socket elsewhere", config({ a: { socket: "/run/x" } }), `bad-value ${v}.a.socket`],
  [
    "names that commands read as options",
    config(
      {
        a: {
          socket: "-s",
          interfaces: [{ bridge: "b", tap: "-t" }],
          shares: [{ tag: "-g", source: "/srv/x", mountPoint: "/x" }],
          volumes: [{ image: "-i", mountPoint: "/i", sizeMiB: 1, label: "-l", serial: "-n" }],
          devices: [{ bus: "pci", path: "-d" }],
        },
      },
      {
        bridges: { b: { address: "10.0.0.1/24" }, "-b": { address: "10.0.1.1/24" }, ".b": { address: "10.0.2.1/24" } },
      },
    ),
    'bad-value hosts.h.bridges["-b"]',
    'bad-value hosts.h.bridges[".b"]',
    `bad-value ${v}.a.socket`,
    `bad-value ${v}.a.devices[0].path`,
    `bad-value ${v}.a.interfaces[0].tap`,
    `bad-value ${v}.a.shares[0].tag`,
    `bad-value ${v}.a.volumes[0].image`,
    `bad-value ${v}.a.volumes[0].label`,
    `bad-value ${v}.a.volumes[0].serial`,
  ],
  [
    "a subnet in a range that hosts cannot use",
    config({}, { bridges: { b: { address: "224.0.0.1/24" } } }),
    "bad-value hosts.h.bridges.b.address",
  ],
  [
    "a bridge with a number as name",
    config({}, { bridges: { 10: { address: "10.0.0.1/24" } } }),
    `bad-value hosts.h.bridges["10"]`,
  ],
  [
    "root as the user",
    config({}, { user: { name: "root", uid: 0 } }),
    "bad-value hosts.h.user.name",
    "bad-value hosts.h.user.uid",
  ],
  ["a group of NixOS", config({ a: { groups: { wheel: { gid: 2000 } } } }), `bad-value ${v}.a.groups.wheel`],
  [
    "a command in a variable",
    config({ a: { toolchains: [{ name: "t", packages: [], environment: { A: "$(id)", "B C": "d" } }] } }),
    `bad-value ${v}.a.toolchains[0].environment.A`,
    `bad-value ${v}.a.toolchains[0].environment["B C"]`,
  ],
  [
    "PATH as a variable",
    config({ a: { toolchains: [{ name: "t", packages: [], environment: { PATH: "/x" } }] } }),
    `path-in-environment ${v}.a.toolchains[0]`,
  ],
  [
    "one variable, two values",
    config({ a: { toolchains: ["go", { name: "t", packages: [], environment: { GOPATH: "/x" } }] } }),
    `conflicting-variable ${v}.a.toolchains[1]`,
  ],
  ["a program twice", config({ a: { home: ["zsh", { program: "zsh" }] } }), `duplicate-program ${v}.a.home[1]`],
  ["QEMU with two GiB", config({ a: { hypervisor: "qemu", memoryMiB: 2048 } }), `qemu-memory ${v}.a.memoryMiB`],
  [
    "a memory limit equal to the guest's memory",
    config({ a: { memoryMiB: 1024, limits: { memoryMiB: 1279 } } }),
    `memory-limit ${v}.a.limits.memoryMiB`,
  ],
  [
    "a memory limit that does not include hotplug",
    config({ a: { memoryMiB: 1024, hotplug: { maxMiB: 1024 }, limits: { memoryMiB: 2303 } } }),
    `memory-limit ${v}.a.limits.memoryMiB`,
  ],
  ["an IO weight of 0", config({ a: { limits: { ioWeight: 0 } } }), `bad-value ${v}.a.limits.ioWeight`],
  [
    "host keys in the workspace",
    config({ a: { sshHostKeys: "~/microvm/a/keys" } }),
    `share-in-writable-share ${v}.a.sshHostKeys`,
  ],
  [
    "host keys in the workspace of another VM",
    config({ a: { sshHostKeys: "~/microvm/b/keys" }, b: {} }),
    `dangerous-share ${v}.b.workspace`,
  ],
  ["a relative module without `./`", config({ a: { modules: ["guest.nix"] } }), `bad-value ${v}.a.modules[0]`],
  [
    "the key __proto__",
    JSON.parse('{ "hosts": {}, "inputs": { "__proto__": "path:x" } }'),
    "unknown-key inputs.__proto__",
    "bad-value hosts",
  ],
  ["a map as hosts", { hosts: new Map() }, "wrong-type hosts"],
  [
    "an unknown type of interface",
    config({ a: { interfaces: [{ type: "tab" }] } }),
    `bad-value ${v}.a.interfaces[0].type`,
  ],
  [
    "a macvtap without `link` and `mode`",
    config({ a: { interfaces: [{ type: "macvtap" }] } }),
    `missing-key ${v}.a.interfaces[0].link`,
    `missing-key ${v}.a.interfaces[0].mode`,
  ],
  [
    "a macvtap",
    config({ a: { network: "open", interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge" }] } }),
    `macvtap-without-host ${v}.a.interfaces[0].type`,
  ],
  [
    "a macvtap on a bridge's port",
    config(
      {
        a: {
          network: "open",
          interfaces: [{ type: "macvtap", link: "eno1", mode: "bridge", address: "192.168.1.40/24" }],
        },
      },
      { bridges: { lan: { ports: ["eno1"] } } },
    ),
    `macvtap-on-port ${v}.a.interfaces[0].link`,
    `macvtap-without-host ${v}.a.interfaces[0].type`,
  ],
  [
    "VLAN 1",
    config({ a: { interfaces: [{ vlan: 7 }] } }, { bridges: { br0: { address: "10.0.0.1/24", vlans: { 1: {} } } } }),
    `bad-value hosts.h.bridges.br0.vlans["1"]`,
  ],
  ["an unknown VLAN", config({ a: { interfaces: [{ vlan: 7 }] } }), `unknown-vlan ${v}.a.interfaces[0].vlan`],
  [
    "a bridge with VLANs for QEMU's helper",
    config(
      { a: { hypervisor: "qemu", network: "open", interfaces: [{ type: "bridge" }] } },
      { bridges: { br0: { address: "10.0.0.1/24", vlans: { 7: { address: "10.0.7.1/24" } } } } },
    ),
    `bridge-helper-with-vlans ${v}.a.interfaces[0].type`,
  ],
  [
    "a bridge without VLANs for QEMU's helper, beside a bridge with VLANs",
    config(
      { a: { hypervisor: "qemu", network: "open", interfaces: [{ type: "bridge", bridge: "br0" }] } },
      {
        bridges: {
          br0: { address: "10.0.0.1/24" },
          br1: { address: "10.0.1.1/24", vlans: { 7: { address: "10.0.7.1/24" } } },
        },
      },
    ),
  ],
  [
    "a VLAN's interface that is too long",
    config({}, { bridges: { bridge0123456: { address: "10.0.0.1/24", vlans: { 70: { address: "10.0.7.1/24" } } } } }),
    `interface-name-too-long hosts.h.bridges.bridge0123456.vlans["70"]`,
  ],
  [
    "a VLAN's interface of 15 characters",
    config({}, { bridges: { bridge0123456: { address: "10.0.0.1/24", vlans: { 7: { address: "10.0.7.1/24" } } } } }),
  ],
  [
    "a VLAN in the bridge's own subnet",
    config({}, { bridges: { br0: { address: "10.0.0.1/16", vlans: { 7: { address: "10.0.7.1/24" } } } } }),
    `overlapping-subnets hosts.h.bridges.br0.vlans["7"].address`,
  ],
  [
    "overlapping IPv6 subnets",
    config(
      {},
      { bridges: { br0: { ipv6: "fd00::1/64" } }, routed: { address: "10.0.0.1/24", ipv6: "fd00::1:0:0:1/48" } },
    ),
    "overlapping-subnets hosts.h.routed.ipv6",
  ],
  [
    "invalid IPv6 addresses of a host",
    config({}, { bridges: { a: { ipv6: "fe80::1/64" }, b: { ipv6: "fd00::/64" }, c: { ipv6: "fd00::1/127" } } }),
    "bad-value hosts.h.bridges.a.ipv6",
    "bad-value hosts.h.bridges.b.ipv6",
    "bad-value hosts.h.bridges.c.ipv6",
  ],
  [
    "IPv6 outside the subnet, and the host's own",
    config(
      { a: { interfaces: [{ ipv6: "fd01::5" }] }, b: { interfaces: [{ ipv6: "fd00::1" }] } },
      { bridges: { br0: { ipv6: "fd00::1/64" } } },
    ),
    `address-outside-subnet ${v}.a.interfaces[0].ipv6`,
    `address-is-gateway ${v}.b.interfaces[0].ipv6`,
  ],
  [
    "one IPv6 address in two spellings",
    config(
      { a: { interfaces: [{ ipv6: "fd00::a" }] }, b: { interfaces: [{ ipv6: "FD00:0:0::000A" }] } },
      { bridges: { br0: { ipv6: "fd00::1/64" } } },
    ),
    `duplicate-address ${v}.b.interfaces[0].ipv6`,
  ],
  [
    "an IPv6 address on a bridge without IPv6",
    config({ a: { interfaces: [{ ipv6: "fd00::5" }] } }),
    `address-without-subnet ${v}.a.interfaces[0].ipv6`,
  ],
  [
    "a bridge without a network",
    config({ a: {} }, { bridges: { br0: {} } }),
    `no-subnet ${v}.a.interfaces[0]`,
    "network-without-subnet hosts.h.bridges.br0",
  ],
  [
    "a bridge in a LAN, without an address",
    config({ a: {} }, { bridges: { lan: { ports: ["eno1"], network: "open" } } }),
    `no-subnet ${v}.a.interfaces[0]`,
  ],
  [
    "DHCP without a server",
    config({ a: { interfaces: [{ address: "dhcp" }] } }),
    `no-dhcp-server ${v}.a.interfaces[0].address`,
  ],
  [
    "a host with DHCP, its own DHCP server and a gateway",
    config({}, { bridges: { br0: { address: "dhcp", dhcp: true, gateway: "10.0.0.254" } } }),
    "dhcp-without-subnet hosts.h.bridges.br0.dhcp",
    "gateway-without-subnet hosts.h.bridges.br0.gateway",
    "no-dhcp-server hosts.h.bridges.br0.address",
  ],
  [
    "a range outside the subnet",
    config({}, { bridges: { br0: { address: "10.0.0.1/24", dhcp: { from: "10.0.1.1", to: "10.0.0.255" } } } }),
    "dhcp-range-outside-subnet hosts.h.bridges.br0.dhcp.from",
    "dhcp-range-outside-subnet hosts.h.bridges.br0.dhcp.to",
  ],
  [
    "a range that starts outside the subnet, and ends below its start",
    config({}, { bridges: { br0: { address: "10.0.0.1/24", dhcp: { from: "10.0.1.1", to: "10.0.0.9" } } } }),
    "dhcp-range-outside-subnet hosts.h.bridges.br0.dhcp.from",
  ],
  [
    "a range that ends outside the subnet, below its start",
    config({}, { bridges: { br0: { address: "10.0.1.1/24", dhcp: { from: "10.0.1.1", to: "10.0.0.9" } } } }),
    "dhcp-range-outside-subnet hosts.h.bridges.br0.dhcp.to",
  ],
  [
    "a range that ends before it starts",
    config({}, { bridges: { br0: { address: "10.0.0.1/24", dhcp: { to: "10.0.0.100" } } } }),
    "dhcp-range-empty hosts.h.bridges.br0.dhcp.to",
  ],
  [
    "a fixed address in the DHCP range",
    config(
      { a: { interfaces: [{ address: "10.0.0.200" }] } },
      { bridges: { br0: { address: "10.0.0.1/24", dhcp: true } } },
    ),
    `address-in-dhcp-range ${v}.a.interfaces[0].address`,
  ],
  [
    "a fixed index with an address in the DHCP range",
    config({ a: { index: 150 } }, { bridges: { br0: { address: "10.0.0.1/24", dhcp: true } } }),
    `subnet-full ${v}.a.index`,
  ],
  [
    "a gateway outside the subnet",
    config({}, { bridges: { lan: { address: "10.0.0.1/24", gateway: "10.0.1.1", ports: ["eno1"] } } }),
    "gateway-outside-subnet hosts.h.bridges.lan.gateway",
  ],
  [
    "NAT through a port of a bridge",
    config({}, { bridges: { lan: { address: "10.0.0.1/24", ports: ["eno1"], nat: { externalInterface: "eno1" } } } }),
    "external-interface-is-port hosts.h.bridges.lan.nat.externalInterface",
  ],
  [
    "settings that an existing bridge does not have",
    config(
      {},
      {
        bridges: {
          virbr0: {
            existing: true,
            address: "dhcp",
            dhcp: {},
            ports: ["eno1"],
            vlans: { "2": { ipv6: "fd00::1/64" } },
          },
        },
      },
    ),
    "dhcp-without-subnet hosts.h.bridges.virbr0.dhcp",
    "existing-bridge hosts.h.bridges.virbr0.ports",
    "existing-bridge hosts.h.bridges.virbr0.dhcp",
    "existing-bridge hosts.h.bridges.virbr0.vlans",
    "existing-bridge hosts.h.bridges.virbr0.address",
  ],
  [
    "a policy on an existing bridge with another gateway, or with unknown addresses",
    config(
      {
        a: { interfaces: [{ bridge: "br0" }] },
        b: { interfaces: [{ bridge: "br1" }] },
        c: { interfaces: [{ bridge: "br2", address: "dhcp" }] },
        d: { interfaces: [{ bridge: "br2" }] },
        e: { network: "open", interfaces: [{ bridge: "br0" }] },
      },
      {
        bridges: {
          br0: { existing: true },
          br1: { existing: true, address: "10.1.0.2/24", gateway: "10.1.0.1" },
          br2: { existing: true, address: "10.2.0.1/24" },
        },
      },
    ),
    ...["a", "b", "c"].map((name) => `policy-not-enforced ${v}.${name}.interfaces[0]`),
  ],
  [
    "Wi-Fi as a bridge port and as the link of a macvtap",
    config(
      {
        a: {
          network: "open",
          interfaces: [
            { type: "macvtap", link: "wlan0", mode: "bridge" },
            { type: "macvtap", link: "world0", mode: "bridge" },
          ],
        },
      },
      { bridges: { lan: { ports: ["eno1", "wlp3s0", "owl0"], address: "dhcp", network: "open" } } },
    ),
    `macvtap-without-host ${v}.a.interfaces[0].type`,
    `macvtap-without-host ${v}.a.interfaces[1].type`,
    "wifi-in-bridge hosts.h.bridges.lan.ports[1]",
    `wifi-in-bridge ${v}.a.interfaces[0].link`,
  ],
  [
    "a port of two bridges",
    config({}, { bridges: { a: { ports: ["eno1"] }, b: { ports: ["eno1"] } } }),
    "duplicate-tap hosts.h.bridges.b.ports[0]",
  ],
  [
    "NAT without a subnet",
    config(
      {},
      {
        bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1", ipv6: true } } },
        routed: { ipv6: "fd00::1/64", nat: { externalInterface: "eno1" } },
      },
    ),
    "nat-without-subnet hosts.h.bridges.br0.nat.ipv6",
    "nat-without-subnet hosts.h.routed.nat",
  ],
  [
    "a routed interface without a routed network, and one in a bridge",
    config({ a: { interfaces: [{ routed: true }] }, b: { interfaces: [{ routed: true, bridge: "br0" }] } }),
    `no-routed-network ${v}.a.interfaces[0].routed`,
    `routed-in-bridge ${v}.b.interfaces[0].routed`,
  ],
  [
    "a MAC in a manufacturer's range",
    config({ a: { interfaces: [{ mac: "00:1b:21:00:00:01" }] } }),
    `mac-not-local ${v}.a.interfaces[0].mac`,
  ],
  [
    "forwarded ports without QEMU's user network",
    config({ a: { forwardPorts: [{ host: { port: 2222 }, guest: { port: 22 } }] } }),
    `forward-ports-without-user-network ${v}.a.forwardPorts`,
  ],
  [
    "ports that QEMU cannot forward, or that the guest's firewall blocks",
    config({
      a: {
        hypervisor: "qemu",
        network: "open",
        interfaces: [{ type: "user" }],
        forwardPorts: [
          { from: "guest", proto: "udp", host: { port: 53 }, guest: { port: 53 } },
          { host: { port: 8080 }, guest: { port: 80 } },
        ],
      },
    }),
    `bad-forward-port ${v}.a.forwardPorts[0].proto`,
    `bad-forward-port ${v}.a.forwardPorts[0].guest`,
    `forwarded-port-closed ${v}.a.forwardPorts[1].guest.port`,
  ],
  [
    "the host's SSH port published, by TCP and UDP",
    config(
      {
        a: {
          firewall: { allowedUDPPorts: [22] },
          publish: [
            { host: 22, guest: 22 },
            { host: 22, guest: 22, proto: "udp" },
          ],
        },
      },
      { bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } } },
    ),
    `publish-of-ssh-port ${v}.a.publish[0].host`,
  ],
  [
    "one published port of two VMs, and one without NAT",
    config(
      {
        a: {
          interfaces: [{ bridge: "br0" }],
          firewall: { allowedTCPPorts: [80] },
          publish: [{ host: 8080, guest: 80 }],
        },
        b: {
          interfaces: [{ bridge: "br0" }],
          firewall: { allowedTCPPorts: [80] },
          publish: [{ host: 8080, guest: 80 }],
        },
        c: {
          firewall: { allowedTCPPorts: [80] },
          interfaces: [{ bridge: "br1" }],
          publish: [{ host: 8081, guest: 80 }],
        },
      },
      {
        bridges: {
          br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } },
          br1: { address: "10.0.1.1/24" },
        },
      },
    ),
    `duplicate-host-port ${v}.b.publish[0].host`,
    `publish-without-nat ${v}.c.publish[0]`,
  ],
  [
    "one port of the host twice",
    config({
      a: {
        hypervisor: "qemu",
        network: "open",
        interfaces: [{ type: "user" }],
        forwardPorts: [
          { host: { port: 2222 }, guest: { port: 22 } },
          { host: { port: 2222 }, guest: { port: 22 } },
        ],
      },
    }),
    `duplicate-host-port ${v}.a.forwardPorts[1].host.port`,
  ],
  [
    "kvmtool's own network",
    config({
      a: {
        hypervisor: "kvmtool",
        network: "open",
        interfaces: [{ type: "user" }],
        store: "disk",
        workspace: false,
        sshHostKeys: false,
      },
    }),
    `scripted-initrd ${v}.a.hypervisor`,
    `user-network-without-dhcp ${v}.a.interfaces[0].type`,
  ],
  [
    "an agent that nixpkgs no longer contains",
    config({ a: { agent: "gemini-cli" } }),
    `agent-not-packaged ${v}.a.agent`,
  ],
  [
    "an interface type without support, and vhost without support",
    config({ a: { network: "open", interfaces: [{ type: "user" }, { vhost: true }] } }),
    `unsupported-setting ${v}.a.interfaces[0].type`,
    `unsupported-setting ${v}.a.interfaces[1].vhost`,
  ],
  ["a VM without SSH keys", config({ a: {} }, { user: { name: "alice" } }), "no-login hosts.h.user.sshKeys"],
];

describe("problems", () => {
  it.each(table)("%s", (_, input, ...problems) => {
    expect(summary(input)).toEqual(problems);
  });

  it("read as in problems.golden.txt (`npx vitest run FILE -u` writes it)", async () => {
    const text = table.map(([what, input]) => `# ${what}\n${worded(problemsOf(input))}`).join("\n");
    await expect(text).toMatchFileSnapshot("problems.golden.txt");
  });

  it("are reported together: shape, references and rules", () => {
    expect(
      summary(
        config({
          shape: { vcpu: "many" },
          reference: { interfaces: [{ bridge: "br9" }] },
          rule: { interfaces: [{ address: "10.0.0.1" }] },
        }),
      ),
    ).toEqual([
      `wrong-type ${v}.shape.vcpu`,
      `unknown-bridge ${v}.reference.interfaces[0].bridge`,
      `address-is-gateway ${v}.rule.interfaces[0].address`,
    ]);
  });

  it("are reported despite other problems", () => {
    const wrong = {
      a: { interfaces: [{ bridge: "br9" }] },
      b: { vcpus: 1, vsock: { cid: 9 } },
      c: { vsock: { cid: 9 } },
    };
    const rest = [`unknown-bridge ${v}.a.interfaces[0].bridge`, `duplicate-cid ${v}.c.vsock.cid`];
    expect(summary(config(wrong, {}, { description: 5, x: 1 }))).toEqual([
      `unknown-key ${v}.b.vcpus`,
      "wrong-type description",
      "unknown-key x",
      ...rest,
    ]);
    expect(summary(config(wrong, { stateVersion: 26 }))).toEqual([
      `unknown-key ${v}.b.vcpus`,
      "wrong-type hosts.h.stateVersion",
      ...rest,
    ]);
  });

  it("do not include consequences of others", () => {
    const inputs = { x: { urll: "path:x" } };
    expect(summary(config({ a: { modules: ["x.lib.y"] } }, {}, { inputs }))).toEqual(["unknown-key inputs.x.urll"]);
  });

  const vms = {
    a: { interfaces: [{ bridge: "b" }], publish: [{ host: 80, guest: 22 }], reachVms: ["b"] },
    b: { interfaces: [{ bridge: "b", address: "10.0.0.9" }] },
  };
  const address = { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } };
  it.each<[string, unknown, ...string[]]>([
    ["bridges", config(vms, { bridges: undefined, brdges: { b: address } }), "unknown-key hosts.h.brdges"],
    [
      "a setting of a bridge, inside another misspelt setting",
      config(vms, { bridges: undefined, brdges: { b: { ...address, address: undefined, adress: "10.0.0.1/24" } } }),
      "unknown-key hosts.h.brdges",
      "unknown-key hosts.h.brdges.b.adress",
    ],
    [
      "a release",
      { hosts: { h: { stateVerson: "25.11", user: { name: "a", sshKeys: [] }, vms: {} } } },
      "unknown-key hosts.h.stateVerson",
    ],
    [
      "the hosts",
      { hosst: (config(vms, { bridges: { b: address } }) as { hosts: object }).hosts },
      "unknown-key hosst",
    ],
    [
      "a setting in vmDefaults",
      config(vms, { bridges: { b: address }, vmDefaults: { vcpus: 2 } }),
      "unknown-key hosts.h.vmDefaults.vcpus",
    ],
    [
      "vmDefaults, with lists",
      config(
        { a: { interfaces: [{ bridge: "b", mak: "x" }] }, b: {} },
        {
          bridges: { b: address, c: { address: "10.0.1.1/24" } },
          vmDefualts: { interfaces: [{ bridge: "c" }], vcpu: 0 },
        },
      ),
      "unknown-key hosts.h.vms.a.interfaces[0].mak",
      "unknown-key hosts.h.vmDefualts",
      "bad-value hosts.h.vmDefualts.vcpu",
      "bad-value hosts.h.vms.a.interfaces[0].mak",
    ],
    [
      "a key of a list's item",
      config(
        { a: { interfaces: [{ brigde: "b" }] }, b: {} },
        { bridges: { b: address, c: { address: "10.0.1.1/24" } } },
      ),
      "unknown-key hosts.h.vms.a.interfaces[0].brigde",
      "ambiguous-bridge hosts.h.vms.b",
    ],
    ["a key without a similar name", config(vms, { bridges: undefined, networks: {} }), "unknown-key hosts.h.networks"],
  ])("do not follow from an unknown key: %s", (_, input, ...problems) => {
    expect(summary(input).toSorted()).toEqual(problems.toSorted());
  });

  it.each<[string, object]>([
    ["nixpkgs", { nixpkgs: "none" }],
    ["specialArgs.x[0].y", { specialArgs: { x: [{ y: ofNoInput }] } }],
    ["pkgs", { pkgs: ofNoInput }],
    ["kernel", { kernel: ofNoInput }],
    ["kernelParams[0]", { kernelParams: [ofNoInput] }],
    ["modules[1]", { modules: ["./a.nix", ofNoInput] }],
    ["packages[1]", { packages: ["go", ofNoInput] }],
    ["toolchains[0].packages[0]", { toolchains: [{ name: "t", packages: [ofNoInput] }] }],
    ["agent.package", { agent: { ...claudeCode(), package: ofNoInput } }],
    ["secrets.A", { secrets: { A: ofNoInput } }],
    ["secrets.A", { secrets: { A: { file: ofNoInput } } }],
    ["home[0]", { home: [ofNoInput] }],
    ["home[0].init[0].input", { home: [{ program: "zsh", init: [{ input: "none", path: "x" }] }] }],
    ["home[0].package", { home: [{ program: "emacs", package: ofNoInput }] }],
    ["home[0].configDirectory.input", { home: [{ program: "emacs", configDirectory: { input: "none", path: "x" } }] }],
    ["users.bob.home[0]", { users: { bob: { uid: 1001, gid: 1001, home: [ofNoInput] } } }],
    ["microvm.qemu.package", { hypervisor: "qemu", microvm: { qemu: { package: ofNoInput } } }],
    ["store.flags[0]", { store: { disk: "erofs", flags: [ofNoInput] } }],
    ["shares[0].extraArgs[0]", { shares: [{ tag: "t", source: "/srv/t", extraArgs: [ofNoInput] }] }],
    ["graphics.crosvmPackage", { graphics: { backend: "gtk", crosvmPackage: ofNoInput } }],
  ])("include an unknown input at %s", (path, vm) => {
    expect(summary(config({ a: vm }))).toContain(`unknown-input ${v}.a.${path}`);
  });

  it("suggest only a few of many names", () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`worker-${String(index)}`, {}]));
    const problem = problemsOf(config({ ...many, a: { reachVms: ["database"] } })).find(
      ({ code }) => code === "unknown-vm",
    );
    expect(problem?.remedy).toMatch(/^Use one of 1,000, such as (?:worker-\d+(?:, )?){5}\.$/);
  });

  it("are short even with long names and values", () => {
    const long = "x".repeat(1_000_000);
    for (const vm of [{ [long]: 1 }, { vcpu: long }, { workspace: long }, { reachVms: [long] }, { allow: [long] }])
      for (const { message, remedy } of problemsOf(config({ a: vm }))) {
        expect(message.length).toBeLessThanOrEqual(800);
        expect(remedy.length).toBeLessThanOrEqual(800);
      }
  });

  it("include an invalid lock", () => {
    expect(summary(config({}), {} as Lock)).toEqual(["bad-lock "]);
    expect(summary(config({}), { version: 1, hosts: { h: { "a; touch b": 0 } } })).toEqual(["bad-lock "]);
    expect(summary(config({}), { version: 1, hosts: { "-h": {} } })).toEqual(["bad-lock "]);
    expect(summary(config({}), { version: 2, hosts: {}, freed: { h: [{ vm: "a", index: -1 }] } })).toEqual([
      "bad-lock ",
    ]);
  });

  it("include __proto__ as a name, at its place", () => {
    const shares = JSON.parse('[{ "tag": "docs", "source": "/srv/docs", "__proto__": 1 }]') as unknown;
    const planned = planConfig(config({ a: { shares } }), emptyLock);
    const problems = planned._tag === "Left" ? planned.left : [];
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ["unknown-key", ["hosts", "h", "vms", "a", "shares", 0, "__proto__"]],
    ]);
  });

  it("do not arise from names of JavaScript properties", () => {
    const { hosts } = config({ toString: {}, length: {} }) as { hosts: { h: unknown } };
    expect(summary({ hosts: { constructor: hosts.h } })).toEqual(["bad-value hosts.constructor.vms.toString"]);
    const vms = { length: {}, name: {} };
    expect(
      summary({ hosts: { constructor: (config(vms) as typeof hosts & { hosts: { h: unknown } }).hosts.h } }),
    ).toEqual([]);
  });

  it("have a message and a remedy", () => {
    for (const [, input] of table)
      for (const { message, remedy } of problemsOf(input)) {
        expect(message).toMatch(/^\S.*[^.]$/);
        expect(remedy).toMatch(/^\S.*[.?]$/);
      }
  });

  it("refer to a place in the config, or to a default", () => {
    for (const [what, input] of table)
      for (const { path, related = [] } of problemsOf(input))
        for (const place of related.map((other) => other.path)) {
          const isAround = formatPath(path).startsWith(formatPath(place));
          expect(isAround && place.length < path.length - 1, what).toBe(false);
          if (place.reduce(partOf, input) === undefined)
            expect(formatPath(place), what).toMatch(/\.(?:workspace|volumes\[0\]\.image)$/);
        }
  });

  it("suggest separate folders only for folders that belong to each VM", () => {
    const remedyOf = (a: object, b: object): string | undefined =>
      problemsOf(config({ a: { workspace: false, ...a }, b: { workspace: false, ...b } })).find(
        ({ code, path }) => code === "dangerous-share" && path.includes("b"),
      )?.remedy;
    const keys = { sshHostKeys: "/srv/keys" };
    expect(remedyOf(keys, keys)).toBe("Give each VM its own folder.");
    expect(remedyOf(keys, { shares: [{ tag: "t", source: "/srv/keys", readOnly: true }] })).not.toMatch(/^Give /);
  });

  /** What a remedy says to write in a problem's place; undefined where it names nothing. */
  const named = (remedy: string): readonly string[] => {
    const range = /(?<!numbers )from (\S+) to ([^\s,;]*[^\s,;.])/.exec(remedy);
    if (range !== null) return [range[1] ?? "", range[2] ?? ""];
    const meant = /^Did you mean "(.+)"\?/.exec(remedy)?.[1];
    if (meant !== undefined) return [meant];
    return /^Use one of: (.+?)(?:\.$|\. )/.exec(remedy)?.[1]?.split(", ") ?? [];
  };

  /** The edit that a remedy asks for: of a value, a part of it, or a key. */
  const following = (input: unknown, path: ConfigPath, value: string): Edit => {
    const written = path.reduce(partOf, input);
    if (typeof written === "object") return { path, change: { kind: "rename", to: value } };
    if (value.startsWith("/") && typeof written === "string")
      return { path, change: { kind: "set", value: written.replace(/\/.*/, value) } };
    const isInput = path.includes("modules") && typeof written === "string";
    if (isInput) return { path, change: { kind: "set", value: written.replace(/^[^.]*/, value) } };
    return { path, change: { kind: "set", value: typeof written === "number" ? Number(value) : value } };
  };

  const remedies = table.flatMap(([what, input]) =>
    problemsOf(input)
      .filter(({ code, remedy }) => named(remedy).length > 0 && code !== "unknown-key")
      .map(({ code, path, remedy }) => [`${what}: ${code} ${formatPath(path)}: ${remedy}`, input, code, path] as const),
  );

  /** The settings that a remedy quotes, such as `network: "open"`. */
  const quoted = (remedy: string): readonly (readonly [key: string, value: unknown])[] =>
    [...remedy.matchAll(/`(\w+: [^`]+)`/g)].flatMap(([, text]) =>
      Object.entries(runInNewContext(`({ ${String(text)} })`, { replace }) as object),
    );

  /** The config with a setting at the path, or undefined where nothing there can have settings. */
  const withSetting = (input: unknown, path: ConfigPath, key: string, value: unknown): unknown => {
    const [step, ...rest] = path;
    if (step === undefined) return isRecord(input) ? { ...input, [key]: value } : undefined;
    const inner = withSetting(partOf(input, step), rest, key, value);
    if (inner === undefined) return undefined;
    return Array.isArray(input)
      ? input.map((part: unknown, position) => (position === step ? inner : part))
      : { ...(input as object), [step]: inner };
  };

  const bridges: ConfigPath = ["hosts", "h", "bridges"];
  const bridgesOf = (input: unknown): readonly ConfigPath[] => {
    const written = bridges.reduce(partOf, input);
    return isRecord(written) ? Object.keys(written).map((name) => [...bridges, name]) : [];
  };

  const quoting = table.flatMap(([what, input]) =>
    problemsOf(input).flatMap(({ code, path, remedy, related = [] }) =>
      quoted(remedy.replace('`dangerous: "…"`', "")).map(([key, value]) => ({
        title: `${what}: ${code} ${formatPath(path)}: ${remedy}`,
        input,
        places: [path, ...bridgesOf(input), ...related.map((place) => place.path)].flatMap((place) =>
          place.map((_, steps) => place.slice(0, place.length - steps)),
        ),
        key,
        value,
      })),
    ),
  );

  it("quote settings in many remedies", () => {
    expect(quoting.length).toBeGreaterThan(10);
  });

  it.each(quoting)("quote settings that can be written: $title", ({ input, places, key, value }) => {
    const isTaken = (place: ConfigPath): boolean => {
      const changed = withSetting(input, place, key, value);
      const refused = ["unknown-key", "wrong-type", "bad-value"].map(
        (code) => `${code} ${formatPath([...place, key])}`,
      );
      return changed !== undefined && !summary(changed).some((left) => refused.some((line) => left.startsWith(line)));
    };
    expect(places.filter(isTaken), `${key}: ${JSON.stringify(value)}`).not.toEqual([]);
  });

  it("name something in many remedies", () => {
    expect(remedies.length).toBeGreaterThan(20);
  });

  it.each(remedies)("are solved by the setting in their remedy: %s", (text, input, code, path) => {
    for (const value of named(text.slice(text.indexOf(": ", text.indexOf(code)) + 2))) {
      const changed = edited(input, [following(input, path, value)]);
      const left = summary(changed).filter((problem) => problem.endsWith(` ${formatPath(path)}`));
      expect(left, value).toEqual([]);
    }
  });

  it("suggest similar names", () => {
    expect(problemsOf(config({ a: { memoryMib: 1 } }))[0]?.remedy).toBe('Did you mean "memoryMiB"?');
    expect(problemsOf(config({ a: { hypervisor: "quemu" } }))[0]?.remedy).toBe('Did you mean "qemu"?');
    expect(problemsOf(config({ a: { modules: ["nixpkg.lib.x"] } }))[0]?.remedy).toMatch(/^Did you mean "nixpkgs"\?/);
  });

  it.each<[way: string, vm: object, bridge: object]>([
    ["br0 has ports", {}, { address: "10.0.0.1/24", ports: ["eno1"] }],
    ["the existing bridge br0 has no `address`", {}, { existing: true }],
    ["a macvtap", { interfaces: [{ type: "macvtap", link: "eno2", mode: "bridge" }] }, { address: "10.0.0.1/24" }],
    [
      "packets of QEMU's user network",
      { hypervisor: "qemu", interfaces: [{ type: "user" }] },
      { address: "10.0.0.1/24" },
    ],
    ["the tap created by QEMU", { hypervisor: "qemu", interfaces: [{ type: "bridge" }] }, { address: "10.0.0.1/24" }],
    ["another program's DHCP", { interfaces: [{ address: "dhcp" }] }, { existing: true, address: "10.0.0.1/24" }],
  ])("name the reason why a policy is not enforced: %s", (way, vm, bridge) => {
    const problem = problemsOf(config({ a: vm }, { bridges: { br0: bridge } })).find(
      ({ code }) => code === "policy-not-enforced",
    );
    expect(problem?.message).toContain(`: ${way}`);
  });

  it.each<[string, unknown]>([
    ["nameservers", ["9.9.9.9"]],
    ["network", "internet"],
    ["allow", ["github"]],
    ["reachVms", ["b"]],
    ["reachHost", [8080]],
    ["bandwidthMbitPerSecond", 10],
  ])("include %s without effect on a VM without an interface", (setting, value) => {
    const codes = (interfaces: readonly object[] | undefined): readonly string[] =>
      summary(config({ a: { network: "allowlist", allow: ["github"], [setting]: value, interfaces }, b: {} }));
    expect(codes([])).toContain(`setting-ignored ${v}.a.${setting}`);
    expect(codes(undefined)).not.toContain(`setting-ignored ${v}.a.${setting}`);
  });

  it.each<[string, unknown]>([
    ["owners", "guest"],
    ["cache", "never"],
    ["posixAcl", true],
    ["socket", "x.sock"],
    ["extraArgs", ["--x"]],
    ["securityModel", "none"],
  ])("include %s without effect on a share of the other protocol", (setting, value) => {
    const told = (proto: string): readonly string[] =>
      summary(config({ a: { hypervisor: "qemu", shares: [{ tag: "t", source: "/srv/t", proto, [setting]: value }] } }));
    const [ignoring, using] =
      setting === "securityModel" ? (["virtiofs", "9p"] as const) : (["9p", "virtiofs"] as const);
    expect(told(ignoring)).toContain(`share-setting-ignored ${v}.a.shares[0].${setting}`);
    expect(told(using).filter((line) => line.startsWith("share-setting-ignored"))).toEqual([]);
  });

  it.each([
    ["platformOEMStrings", ["oem_strings=[a=b]"]],
    ["extraArgs", ["--platform", "oem_strings=[a=b]"]],
  ])("include %s with repeated OEM strings, on cloud-hypervisor only", (option, value) => {
    const told = (hypervisor: string): readonly string[] =>
      summary(config({ a: { hypervisor, microvm: { "cloud-hypervisor": { [option]: value } } } })).filter((line) =>
        line.startsWith("oem-strings-twice"),
      );
    expect(told("cloud-hypervisor")).toEqual([`oem-strings-twice ${v}.a.microvm.cloud-hypervisor.${option}`]);
    expect(told("qemu")).toEqual([]);
  });

  it.each([
    [1, "v0"],
    [5, "v0, v1, v2, v3, v4"],
    [6, "v0, v1, v2, v3, v4 and 1 more"],
    [9, "v0, v1, v2, v3, v4 and 4 more"],
  ])("name five of the %i VMs without a login", (count, names) => {
    const vms = Object.fromEntries(Array.from({ length: count }, (_, index) => [`v${String(index)}`, {}]));
    const [problem] = problemsOf(config(vms, { user: { name: "alice" } }));
    expect(problem?.message).toBe(`No SSH key for ${names}`);
  });

  it.each([
    [true, "{ nixpkgs.config.allowUnfree = true; }"],
    [true, "{ lib, ... }: { nixpkgs = { config = { }; }; }"],
    [true, "let free = true; in { nixpkgs.config.allowUnfree = free; }"],
    [true, "with { }; { nixpkgs.config = { }; }"],
    [true, '{ "nixpkgs" /* ours */ .config.allowUnfree = true; }'],
    [false, "{ nixpkgs.overlays = [ ]; }"],
    [false, "{ config.other = { }; }"],
    [false, "{ other.config = { }; nixpkgs = { overlays = [ ]; }; }"],
    [false, "import ./other.nix"],
  ])("include a module that sets nixpkgs.config (%s): %s", (isTold, text) => {
    const parsed = parse(text);
    if (parsed._tag === "Left") throw new Error(JSON.stringify(parsed.left));
    expect(summary(config({ a: { modules: [parsed.right] } }))).toEqual(
      isTold ? [`nixpkgs-config-with-set ${v}.a.modules[0]`] : [],
    );
  });

  it("name the other place", () => {
    const [problem] = problemsOf(config({ a: { vsock: { cid: 9 } }, b: { vsock: { cid: 9 } } }));
    expect(problem?.related).toEqual([{ path: ["hosts", "h", "vms", "a", "vsock", "cid"], note: "first used here" }]);
  });

  it("include a fixed index that another VM has in the lock file", () => {
    expect(summary(config({ a: { index: 3 }, b: {} }), { version: 1, hosts: { h: { b: 3 } } })).toEqual([
      `index-locked ${v}.a.index`,
    ]);
  });

  it("include an ambiguous former name", () => {
    expect(summary(config({ a: {}, b: { renamedFrom: "a" }, c: { renamedFrom: "c" } }))).toEqual([
      `renamed-from-present ${v}.b.renamedFrom`,
      `renamed-from-present ${v}.c.renamedFrom`,
    ]);
    expect(
      summary(config({ b: { renamedFrom: "a" }, c: { renamedFrom: "a" } }), {
        version: 2,
        hosts: { h: { b: 0, c: 1 } },
      }),
    ).toEqual([`duplicate-renamed-from ${v}.c.renamedFrom`]);
    expect(summary(config({ b: { renamedFrom: "A b" } }))).toEqual([`bad-value ${v}.b.renamedFrom`]);
  });
});

it.each([
  ["aB3aB3aB", true],
  ["aB3aB3a", false],
])("a password with three kinds of characters is reported from eight characters: %s", (text, isTold) => {
  const told = summary(config({ a: { environment: { DB_PASSWORD: text } } }));
  expect(told).toEqual(isTold ? [`literal-secret ${v}.a.environment.DB_PASSWORD`] : []);
});

describe("a secret in a config", () => {
  const letters = "Ab3".repeat(30);
  it.each([
    `sk-ant-api03-${letters}`,
    `sk-proj-${letters}`,
    `ghp_${letters.slice(0, 36)}`,
    `github_pat_${letters.slice(0, 30)}`,
    `glpat-${letters.slice(0, 20)}`,
    `AIza${letters.slice(0, 35)}`,
    `AKIA${"A1".repeat(8)}`,
    `xoxb-${letters.slice(0, 20)}`,
    `npm_${letters.slice(0, 36)}`,
    `hf_${letters.slice(0, 34)}`,
    `AGE-SECRET-KEY-1${"Q3".repeat(29)}`,
    `eyJ${letters.slice(0, 20)}.eyJ${letters.slice(0, 20)}.${letters.slice(0, 20)}`,
    ["-----BEGIN OPENSSH", "PRIVATE KEY-----\nb3Bl"].join(" "),
    "git+https://me:hunter2@example.org/repo",
  ])("is reported in any setting, and not shown: %s", (secret) => {
    const written = config({ a: { home: [{ program: "zsh", extraInit: `export KEY=${secret}` }] } });
    const [problem] = problemsOf(written).filter(({ code }) => code === "literal-secret");
    expect(problem && formatPath(problem.path)).toBe(`${v}.a.home[0].extraInit`);
    expect(JSON.stringify(problem)).not.toContain(secret.slice(12));
    const inNix = config({ a: { modules: [attrs({ key: [`before ${secret}`] })] } });
    expect(problemsOf(inNix).map(({ code, path }) => `${code} ${formatPath(path)}`)).toContain(
      `literal-secret ${v}.a.modules[0]`,
    );
  });

  it.each([
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPn8QvyS5ZgJ5qkhwD7V0h2KQG3kFp5nJq7vJ3XyZQab alice@host",
    "git+ssh://git@github.com/me/secrets",
    "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "task-runner-with-a-long-name-that-is-no-key",
    "sk-your-own-key-goes-right-here-of-course",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "AKIAIOSFODNN7EXAMPLE",
    "export DATABASE_URL=postgres://postgres:postgres@localhost/app",
    "export PROXY=http://me:$PROXY_PASSWORD@proxy.lan",
    "export API_TOKEN=$(cat /run/token) ANTHROPIC_AUTH_TOKEN=unused",
    "export EDITOR=emacs",
  ])("is not found in %s", (text) => {
    expect(summary(config({ a: { home: [{ program: "zsh", extraInit: text }] } }))).toEqual([]);
  });

  const told = (vm: object, severity = "warning"): readonly string[] =>
    problemsOf(config({ a: vm })).flatMap((problem) =>
      problem.code === "literal-secret" && problem.severity === severity ? [formatPath(problem.path)] : [],
    );
  // No token of any service: made of two words' hashes.
  const random = "9fKq2vLx7TzR4mWc8YbN1hPd";

  it.each([
    "held-by-the-host",
    "proxy-managed",
    "none",
    "dummy",
    "unused",
    "changeme",
    "CHANGE_ME_PLEASE_NOW",
    "",
    "$API_TOKEN",
    "${API_TOKEN_OF_HOST_1a2b3c}",
    "/run/secrets/api-token-1a2b3c4d",
    "~/tokens/9fKq2vLx7TzR4mWc8YbN1hPd",
    "not-needed",
    "sk-1234",
    "xxxxxxxxxxxxxxxxxxxxxxxx",
    "0000000000000000",
    "<your token>",
    "local-dev-2024",
    "http://127.0.0.1:8080/v1",
    "NoAuthenticationRequired",
  ])("is not found in the placeholder %j", (value) => {
    for (const name of ["ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY"])
      expect(told({ environment: { [name]: value } }), name).toEqual([]);
  });

  it.each<[string, object, string]>([
    ["a variable", { environment: { API_TOKEN: random } }, "environment.API_TOKEN"],
    ["hexadecimal", { environment: { SECRET_KEY: "8f14e45fceea167a5a36dedd4bea2543" } }, "environment.SECRET_KEY"],
    ["a password", { environment: { DB_PASSWORD: "hunter2!X" } }, "environment.DB_PASSWORD"],
    [
      "an AWS key",
      { environment: { AWS_SECRET_ACCESS_KEY: `${random}/${random.slice(0, 15)}` } },
      "environment.AWS_SECRET_ACCESS_KEY",
    ],
    [
      "a toolchain's variable",
      { toolchains: [{ name: "t", packages: [], environment: { API_TOKEN: random } }] },
      "toolchains[0].environment.API_TOKEN",
    ],
    [
      "a line of a shell",
      { home: [{ program: "zsh", extraInit: `export API_TOKEN="${random}"` }] },
      "home[0].extraInit",
    ],
    ["an argument of modules", { specialArgs: { service: { apiKey: random } } }, "specialArgs.service.apiKey"],
  ])("is found by its name if it is random: %s", (_, vm, path) => {
    expect(told(vm)).toEqual([`${v}.a.${path}`]);
    const silence = { "literal-secret": "the proxy knows it as a user name" };
    expect(summary(config({ a: { ...vm, silence } }))).toEqual([]);
  });

  it("of a known format is an error despite a silence", () => {
    const vm = { environment: { KEY: `sk-ant-api03-${letters}` }, silence: { "literal-secret": "it is old" } };
    expect(told(vm, "error")).toEqual([`${v}.a.environment.KEY`]);
  });
});

describe("a cyclic config", () => {
  const host: Record<string, unknown> = { stateVersion: "26.05", user: { name: "alice" } };
  const vm = { toolchains: [host] };
  host["vms"] = { a: vm };

  it("is reported at its place", () => {
    expect(summary({ hosts: { h: host } })).toEqual(["wrong-type hosts.h.vms.a.toolchains[0]"]);
  });

  it("is not one with the same object twice", () => {
    const same = { vcpu: 2 };
    expect(summary(config({ a: same, b: same }))).toEqual([]);
  });
});

describe("a value of the wrong type", () => {
  it("has a remedy for a function: call it", () => {
    const [problem] = problemsOf(config({ a: { agent: claudeCode } }));
    expect(problem?.remedy).toMatch(/^Call it/);
  });

  it.each<[string, unknown, string]>([
    ["a list of one", { packages: "git" }, 'Put it in a list: ["git"].'],
    ["a number", { vcpu: "4" }, "Write 4 without quotes."],
    ["one end of a forwarded port", { forwardPorts: [{ host: 8080, guest: { port: 80 } }] }, "Write { port: 8080 }."],
    [
      "a forwarded port",
      { forwardPorts: [8080] },
      "Write both ends, such as { host: { port: 8080 }, guest: { port: 80 } }.",
    ],
  ])("has a remedy for %s", (_, vm, remedy) => {
    expect(problemsOf(config({ a: vm })).map((problem) => problem.remedy)).toEqual([remedy]);
  });

  const nat = "hosts.h.bridges.br0.nat";
  it.each<[unknown, string, string]>([
    ["eno2", nat, 'Write true, or { externalInterface: "eno2" } for one interface.'],
    [["eno1", "wlan0"], nat, 'Write true, or { externalInterface: "eno1" } for one interface.'],
    [
      { externalInterface: ["eno1", "wlan0"] },
      `${nat}.externalInterface`,
      "Name an interface, or write `nat: true` to use any.",
    ],
    [
      { externalInterface: "wl*" },
      `${nat}.externalInterface`,
      "Use letters, digits, `_`, `.` and `-`, not `.` or `-` first and not only digits; `all`, `default` and `lo` are reserved.",
    ],
    [{ externalInterface: true }, `${nat}.externalInterface`, "Name an interface, or write `nat: true` to use any."],
  ])("has a remedy for NAT as %j", (written, path, remedy) => {
    const problems = problemsOf(config({ a: {} }, { bridges: { br0: { address: "10.0.0.1/24", nat: written } } }));
    expect(problems.map((problem) => [formatPath(problem.path), problem.remedy])).toEqual([[path, remedy]]);
  });

  it.each([true, false, {}, { ipv6: false }, { externalInterface: "eno1" }])(
    "is no problem for NAT as %j",
    (written) => {
      expect(problemsOf(config({ a: {} }, { bridges: { br0: { address: "10.0.0.1/24", nat: written } } }))).toEqual([]);
    },
  );

  it("has a remedy for a release as a number: quote it", () => {
    const [problem] = problemsOf(config({ a: { stateVersion: 25.11 } }));
    expect(problem?.remedy).toBe("Put it in quotes.");
  });
});

describe("a share that contains sources of the host", () => {
  const sources = [
    { path: "/srv/hosts/lab/microvm.config.ts", what: "the config of this host" },
    { path: "/srv/hosts/out", what: "the flake of this host" },
  ];
  const told = (source: string, more: object = {}): readonly string[] => {
    const input = config({ a: { workspace: false, shares: [{ tag: "t", source, ...more }] } });
    const result = planConfig(input, emptyLock, { sources });
    return (result._tag === "Left" ? result.left : result.right.warnings).map(
      ({ code, message }) => `${code}: ${message}`,
    );
  };

  it.each([
    ["/srv", "contains /srv/hosts/lab/microvm.config.ts, the config of this host"],
    ["/srv/hosts/lab", "contains /srv/hosts/lab/microvm.config.ts, the config of this host"],
    ["/srv/hosts/out", "is the flake of this host"],
    ["/srv/hosts/out/modules", "is in /srv/hosts/out, the flake of this host"],
  ])("%s", (source, how) => {
    expect(told(source)).toEqual([`dangerous-share: ${source} ${how}, which the guest could change`]);
    expect(told(source, { readOnly: true })).toEqual([]);
    expect(told(source, { dangerous: "it is the host's own agent" })).toEqual([]);
  });

  it.each(["/srv/hosts/lab/workspace", "/srv/hosts/lab-2", "/srv/data"])("is not %s", (source) => {
    expect(told(source)).toEqual([]);
  });

  it("is found below /persist too, by either path", () => {
    const flake = [{ path: "/persist/srv/flake", what: "the flake of this host" }];
    const input = (source: string): unknown => config({ a: { workspace: false, shares: [{ tag: "t", source }] } });
    for (const source of ["/srv/flake", "/persist/srv/flake", "/nix/persist/srv/flake"])
      expect(planConfig(input(source), emptyLock, { sources: flake })).toMatchObject({
        left: [{ message: `${source} is the flake of this host, which the guest could change` }],
      });
  });
});

describe("a folder that VMs with different policies share", () => {
  const told = (writer: object, reader: object): readonly string[] => {
    const share = { tag: "t", source: "/srv/t" };
    const vms = {
      writer: { workspace: false, shares: [share], ...writer },
      reader: { workspace: false, shares: [{ ...share, readOnly: true }], ...reader },
      other: {},
    };
    return problemsOf(config(vms))
      .filter(({ code }) => code === "shared-across-policies")
      .map(({ path }) => String(path[3]));
  };
  const list = (...allow: readonly string[]): object => ({ network: "allowlist", allow });
  const none = { network: "none" };

  it.each<[string, object, object]>([
    ["its agent's domains, and the writer nothing", none, { network: "allowlist", agent: "claude-code" }],
    ["its toolchain's domains, and the writer nothing", none, { network: "allowlist", toolchains: ["go"] }],
    ["a subnet, and the writer an address in it", list("10.0.0.5:80"), list("10.0.0.0/24:80")],
    ["another port", list("a.example:80"), list("a.example:443")],
    ["a domain, and the writer its subdomains", list("*.a.example"), list("a.example")],
    ["all subdomains, and the writer one of them", list("b.a.example"), list("*.a.example")],
    ["a domain with the same end", list("*.a.example"), list("xa.example")],
    ["a private address, and the writer the internet", {}, { allow: ["192.168.7.7:80"] }],
    ["a port of the host, and the writer nothing", none, { network: "none", reachHost: [80] }],
    ["another VM", none, { network: "none", reachVms: ["other"] }],
  ])("causes a warning if the reader reaches %s", (_, writer, reader) => {
    expect(told(writer, reader)).toEqual(["writer"]);
  });

  it.each<[string, object, object]>([
    ["nothing, by an empty allowlist", none, list()],
    [
      "its toolchain's domains, and the writer an allowlist",
      list("a.example"),
      { network: "allowlist", toolchains: ["go"] },
    ],
    ["an address, and the writer its subnet", list("10.0.0.0/24:80"), list("10.0.0.5:80")],
    ["an IPv6 address, and the writer its subnet", list("[fd00::/64]:80"), list("[fd00::5]:80")],
    ["a subdomain, and the writer all of them", list("*.a.example"), list("b.a.example", "*.c.a.example")],
    ["an allowlist, and the writer the internet", {}, list("a.example", "9.9.9.9")],
  ])("causes no warning if the reader reaches %s", (_, writer, reader) => {
    expect(told(writer, reader)).toEqual([]);
  });

  it("causes one warning for any number of VMs", () => {
    const vms = Object.fromEntries(
      Array.from({ length: 100 }, (_, number) => [
        `v${String(number)}`,
        { agent: "claude-code", reachHost: [8000 + number] },
      ]),
    );
    const found = problemsOf(config(vms)).filter(({ code }) => code === "shared-across-policies");
    expect(found.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^The VM v0 \(and 99 more\) can write .*, and the VM v1 can read it/),
    ]);
  });
});

describe("a reason for a writable share", () => {
  it("causes no warning on a machine without the host's files", () => {
    const shares = [{ tag: "t", source: "/srv/hosts", dangerous: "the agent maintains this host" }];
    expect(problemsOf(config({ a: { shares } }))).toEqual([]);
  });
});

describe("an unfollowed module", () => {
  const sources = [
    { path: "/srv/hosts/host.nix", what: "a file that the config names" },
    { path: "/srv/hosts/vms", what: "files that /srv/hosts/host.nix may name", unfollowed: "is not valid Nix" },
  ];
  const told = (vms: object, ...more: readonly { path: string; what: string }[]): readonly string[] => {
    const result = planConfig(config(vms), emptyLock, { sources: [...sources, ...more] });
    return (result._tag === "Left" ? result.left : result.right.warnings).map(
      ({ code, path, message }) => `${code} ${formatPath(path)}: ${message}`,
    );
  };
  const shares = (source: string, rest: object = {}): object => ({
    workspace: false,
    shares: [{ tag: "t", source, ...rest }],
  });

  it.each(["/srv/hosts/vms", "/srv/hosts/vms/a"])("causes one warning if a guest can write %s", (source) => {
    expect(told({ a: shares(source), b: shares(source) })).toEqual([
      `unfollowed-module hosts.h.vms.a.shares[0]: The VM a can write ${source}, which may contain files that /srv/hosts/host.nix may name: that file is not valid Nix`,
    ]);
  });

  it("causes no warning if no guest can write it, or with a reason", () => {
    expect(
      told({
        a: shares("/srv/hosts/vms", { readOnly: true }),
        b: shares("/srv/hosts/vms", { dangerous: "the agent maintains these" }),
        c: shares("/srv/hosts/other"),
      }),
    ).toEqual([]);
  });

  it("causes one error if the guest can write the module itself", () => {
    const codes = (
      source: string,
      ...more: readonly { path: string; what: string }[]
    ): readonly (string | undefined)[] => told({ a: shares(source) }, ...more).map((line) => line.split(" ")[0]);
    expect(codes("/srv/hosts")).toEqual(["dangerous-share"]);
    expect(codes("/srv/hosts/vms", { path: "/srv/hosts/vms", what: "a module" })).toEqual(["dangerous-share"]);
    expect(codes("/srv/hosts/vms/a", { path: "/srv/hosts/vms", what: "a folder of modules" })).toEqual([
      "dangerous-share",
    ]);
  });
});

describe("a share whose .git file refers to another folder", () => {
  const gitDirs: Readonly<Record<string, string>> = {
    "/srv/fix": "/srv/main/.git/worktrees/fix",
    "/srv/main/.worktrees/fix": "/srv/main/.git/worktrees/fix2",
    "/srv/super/lib": "/srv/super/.git/modules/lib",
    "/srv/bare/fix": "/srv/bare/repo.git/worktrees/fix",
    "/srv/separate": "/srv/git-dirs/separate",
    "/srv/own": "/srv/own/.bare",
    "/srv/link": "/data/own/.bare",
  };
  const realPath = (path: string): string => (path === "/srv/link" ? "/data/own" : path);
  const told = (vms: object): readonly string[] => {
    const result = planConfig(config(vms), emptyLock, { gitDirOf: (folder) => gitDirs[folder], realPath });
    return (result._tag === "Left" ? result.left : result.right.warnings)
      .filter(({ code }) => code === "workspace-without-repository")
      .map(({ path, message, remedy }) => `${formatPath(path)}: ${message}. ${remedy}`);
  };
  const line = (where: string, source: string, remedy: string): string =>
    `hosts.h.vms.${where}: ${source} has no Git repository in the guest: its .git file refers to ${gitDirs[source] ?? ""}, which is not shared. Use a clone (git clone), or share ${remedy}.`;

  it.each([
    ["a linked worktree", "/srv/fix", "/srv/main too, at the same path"],
    ["a linked worktree within its repository", "/srv/main/.worktrees/fix", "/srv/main instead"],
    ["a submodule", "/srv/super/lib", "/srv/super instead"],
    ["a linked worktree of a bare repository", "/srv/bare/fix", "/srv/bare/repo.git too, at the same path"],
    ["a separate Git directory", "/srv/separate", "/srv/git-dirs/separate too, at the same path"],
  ])("causes a warning for %s", (_, source, remedy) => {
    expect(told({ a: { workspace: source } })).toEqual([line("a.workspace", source, remedy)]);
    const shares = [{ tag: "t", source, readOnly: true }];
    expect(told({ a: { shares } })).toEqual([line("a.shares[0]", source, remedy)]);
  });

  it.each([
    ["the main repository is shared too", "/srv/fix", [{ tag: "t", source: "/srv/main" }]],
    ["its Git directory is shared too", "/srv/fix", [{ tag: "t", source: "/srv/main/.git" }]],
    ["a folder around the main repository is shared too", "/srv/fix", [{ tag: "t", source: "/srv" }]],
    ["the Git directory is in the share", "/srv/own", []],
    ["the Git directory is in a share behind a symlink", "/srv/link", []],
    ["no Git directory is elsewhere", "/srv/plain", []],
  ])("causes no warning if %s", (_, workspace, shares) => {
    expect(told({ a: { workspace, shares } })).toEqual([]);
  });

  it.each([
    ["at another path", { b: {} }, [{ tag: "t", source: "/srv/main", mountPoint: "/main" }]],
    ["with only the worktree's part of it", {}, [{ tag: "t", source: "/srv/main/.git/worktrees/fix" }]],
    ["with another VM", { b: { shares: [{ tag: "t", source: "/srv/main" }] } }, []],
    ["under a shorter name", {}, [{ tag: "t", source: "/srv/mai" }]],
  ])("causes a warning if the main repository is shared %s", (_, others, shares) => {
    expect(told({ a: { workspace: "/srv/fix", shares }, ...others })).toEqual([
      line("a.workspace", "/srv/fix", "/srv/main too, at the same path"),
    ]);
  });
});

describe("a share behind a symlink", () => {
  const links: Readonly<Record<string, string>> = {
    "/srv/keys": "/home/alice/.ssh",
    "/srv/hosts": "/data/hosts",
    "/home/alice/work": "/data/work",
    "/home/alice": "/data/alice",
    "/var/lib/microvms": "/data/vms",
    "/srv/disk": "/pool/disk.img",
  };
  const realPath = (path: string): string => {
    const link = Object.keys(links).find((from) => path === from || path.startsWith(`${from}/`));
    return link === undefined ? path : `${links[link] ?? ""}${path.slice(link.length)}`;
  };
  const sources = [{ path: "/data/hosts/flake", what: "the flake of this host" }];
  const told = (vms: object): readonly string[] => {
    const result = planConfig(config(vms), emptyLock, { sources, realPath });
    return (result._tag === "Left" ? result.left : result.right.warnings).map(
      ({ code, message }) => `${code}: ${message}`,
    );
  };
  const sharing = (source: string): object => ({ workspace: false, shares: [{ tag: "t", source }] });

  it.each([
    ["the table", "/srv/keys", "resolves to /home/alice/.ssh, which contains alice's SSH keys"],
    [
      "the sources",
      "/srv/hosts",
      "resolves to /data/hosts, which contains /data/hosts/flake, the flake of this host, which the guest could change",
    ],
    ["a home that is a symlink", "/data/alice/.ssh", "contains alice's SSH keys"],
    [
      "a folder of VMs that is a symlink",
      "/data/vms/b",
      "is in /data/vms, which contains the host's folders and disks of VMs",
    ],
  ])("is compared with %s by its target", (_, source, how) => {
    expect(told({ a: sharing(source) })).toEqual([`dangerous-share: ${source} ${how}`]);
  });

  it("is compared with folders of other VMs by its target", () => {
    expect(told({ a: { workspace: "/home/alice/work" }, b: sharing("/data/work/src") })).toEqual([
      "dangerous-share: /data/work/src is in /data/work, the workspace of the VM a",
    ]);
    expect(told({ a: { workspace: "/data/work" }, b: { workspace: "/home/alice/work" } })).toEqual([
      "dangerous-share: /home/alice/work resolves to /data/work, which is the workspace of the VM a",
    ]);
    const volumes = [{ image: "/srv/disk", mountPoint: "/data", sizeMiB: 64 }];
    expect(told({ a: { workspace: false, volumes }, b: sharing("/pool") })).toEqual([
      "dangerous-share: /pool contains /pool/disk.img, a disk of the VM a",
    ]);
  });

  it("is the same folder as its target, for VMs with different policies", () => {
    expect(
      told({
        a: { network: "none", workspace: false, shares: [{ tag: "t", source: "/pool/disk.img" }] },
        b: { workspace: false, shares: [{ tag: "t", source: "/srv/disk", readOnly: true }] },
      }),
    ).toEqual([
      expect.stringMatching(/^shared-across-policies: The VM a can write \/pool\/disk.img, and the VM b can read it/),
    ]);
  });

  it("is an error if its target is in a writable share", () => {
    const around = "which the VM a can write: its agent can read the inner folder, and replace it with a symlink";
    for (const [workspace, source] of [
      ["/home/alice/work", "/data/work/src"],
      ["/data/work", "/home/alice/work/src"],
    ] as const)
      expect(told({ a: { workspace, shares: [{ tag: "t", source }] } })).toEqual([
        `share-in-writable-share: ${source} is in ${workspace}, ${around}`,
      ]);
    const volumes = [{ image: "/srv/disk", mountPoint: "/data", sizeMiB: 64 }];
    expect(told({ a: { workspace: "/pool", volumes } })).toEqual([
      "volume-in-writable-share: /srv/disk is in /pool, where the VM a could replace it with a symlink to another file of the host",
    ]);
    expect(told({ a: { workspace: "/home/alice/work", secrets: { KEY: "/data/work/key" } } })).toEqual([
      "secret-in-writable-share: /data/work/key is in /home/alice/work, where the VM a could replace it with a symlink to any file of the host",
    ]);
  });
});
