/** Tests that VMs share a guest if and only if the emitted guests would be equal. */
import { codex } from "@microvm-emit/model";
import { print } from "@microvm-emit/nix-ast";
import { ast, type Config, emit, type Vm } from "microvm-emit";
import fc from "fast-check";
import { expect, it } from "vitest";
import { definitionsOf } from "../src/check/definitions.js";

const configOf = (vms: Readonly<Record<string, Vm>>): Config => ({
  inputs: { other: { url: "github:me/other" } },
  hosts: {
    h: {
      stateVersion: "25.11",
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/16" } },
      vms,
    },
  },
});

const emissionOf = (vms: Readonly<Record<string, Vm>>) => {
  const result = emit(configOf(vms));
  if (result._tag === "Left") throw new Error(JSON.stringify(result.left, null, 2));
  return result.right;
};

/** A copy of the VM with other images, because two VMs cannot share one. */
const copyOf = ({ volumes, ...vm }: Vm): Vm => ({
  ...vm,
  volumes: volumes?.map((volume) => ({ ...volume, image: volume.image.replace("/srv/", "/srv/copies/") })),
});

/** The files of a VM's guest that only a copy shares, and its evaluation in the host's file. */
const guestOf = (vm: Vm): string => {
  const files = emissionOf({ a: vm, z: copyOf(vm) }).files.flatMap((file) => (file.kind === "nix" ? [file] : []));
  const guest = files.filter(({ path }) => path.startsWith("hosts/h/guests/") || path.startsWith("modules/"));
  const evaluated = files.flatMap(({ path, expr }) =>
    path === "hosts/h/default.nix" ? definitionsOf(expr, ["microvm-emit", "guests", "a"]) : [],
  );
  expect(guest.map(({ path }) => path)).toContain("hosts/h/guests/a.nix");
  return [
    ...guest.map(({ path, expr }) => `${path}\n${print(expr)}`),
    ...evaluated.map(({ value }) => print(value)),
  ].join("\n");
};

const some = <A>(value: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> => fc.option(value, { nil: undefined, freq: 3 });

/** VMs that differ in settings that do or do not affect the guest. */
const vm: fc.Arbitrary<Vm> = fc.record({
  vcpu: fc.constantFrom(1, 2),
  memoryMiB: fc.constantFrom(512, 1024),
  firewall: some(fc.constantFrom(false, { allowedTCPPorts: [80] })),
  hypervisor: some(fc.constantFrom("qemu" as const, "crosvm" as const)),
  agent: some(fc.constant("codex" as const)),
  toolchains: some(fc.constantFrom(["go" as const], ["rust" as const, "go" as const])),
  packages: some(fc.constantFrom(["git"], [ast.nix`pkgs.git`], [ast.nix`pkgs.hello`])),
  modules: some(fc.constantFrom(["./m.nix"], [ast.nix`{ boot.x = 1; }`], [ast.nix`{ boot.y = 1; }`])),
  shares: some(fc.constantFrom([{ tag: "t", source: "/srv/t" }], [{ tag: "t", source: "/srv/t", mountPoint: "/etc" }])),
  volumes: some(
    fc.constantFrom(
      [{ image: "var.img", mountPoint: "/var", sizeMiB: 10 }],
      [{ image: "/srv/var.img", mountPoint: "/var", sizeMiB: 20 }],
      [{ image: "data.img", mountPoint: "/data", sizeMiB: 20 }],
    ),
  ),
  secrets: some(fc.constantFrom({ KEY: "/run/a" }, { KEY: "/run/b" }, { OTHER: "/run/a" })),
  sshHostKeys: some(fc.constant(false as const)),
  specialArgs: some(fc.constantFrom({ x: 1 }, { x: 2 })),
  nixpkgs: some(fc.constant("other")),
  pkgs: some(fc.constantFrom(null, ast.nix`pkgs`)),
  environment: some(fc.constant({ A: "b" })),
  nameservers: some(fc.constant(["9.9.9.9"])),
  vsock: some(fc.constantFrom({ ssh: true }, false as const)),
});

it("guests are equal if and only if their emitted text is", () => {
  fc.assert(
    fc.property(vm, vm, (first, second) => {
      // Invalid pairs, such as VMs with one image, do not matter here.
      const both = emit(configOf({ a: first, b: second }));
      fc.pre(both._tag === "Right");
      const guests = both.right.plan.hosts.flatMap(({ guests: all }) => all.map(({ vms, own }) => [own, ...vms]));
      expect(guests).toEqual(
        guestOf(first) === guestOf(second)
          ? [[null, "a", "b"]]
          : [
              ["single", "a"],
              ["single", "b"],
            ],
      );
    }),
    { numRuns: 150 },
  );
});

/** Texts of the modules that a VM imports from `modules/`, whose names depend on other VMs. */
const modulesOf = (name: string, vms: Readonly<Record<string, Vm>>): readonly string[] => {
  const nixFiles = emissionOf(vms).files.flatMap((file) => (file.kind === "nix" ? [file] : []));
  const texts = new Map(nixFiles.map(({ path, expr }) => [path, print(expr)]));
  const own = texts.get(`hosts/h/vms/${name}.nix`) ?? "";
  return [...own.matchAll(/modules\/[\w-]+\.nix/g)].map(([module]) => texts.get(module) ?? module).sort();
};

const fileAt = (path: string): { readonly input: string; readonly path: string } => ({ input: "other", path });

const differing: Readonly<Record<string, readonly Vm[]>> = {
  zsh: [{ home: [] }, { home: ["zsh"] }],
  "init of zsh": ["a", "b"].map((text) => ({ home: [{ program: "zsh", init: [text] }] })),
  "files of zsh": ["a", "b"].map((path) => ({ home: [{ program: "zsh", init: [fileAt(path)] }] })),
  "history of zsh": [1, 2].map((size) => ({ home: [{ program: "zsh", history: { size } }] })),
  "package of Emacs": ["emacs", "emacs-nox"].map((name) => ({ home: [{ program: "emacs", package: name }] })),
  "files of Emacs": ["a", "b"].map((path) => ({ home: [{ program: "emacs", configDirectory: fileAt(path) }] })),
  users: [1001, 1002].map((uid) => ({ users: { bob: { uid, gid: 1001, sshKeys: [] } } })),
  "homes of users": [[], ["zsh" as const]].map((home) => ({ users: { bob: { uid: 1001, gid: 1001, home } } })),
  groups: [2000, 2001].map((gid) => ({ groups: { data: { gid } } })),
  sudo: [{}, { sudo: true }],
  "packages of a toolchain": ["go", "git"].map((one) => ({ toolchains: [{ name: "mine", packages: [one] }] })),
  "environment of a toolchain": ["1", "2"].map((A) => ({
    toolchains: [{ name: "mine", packages: [], environment: { A } }],
  })),
  "package of an agent": [{ agent: codex() }, { agent: { ...codex(), packagesFrom: "nixpkgs" } }],
  "state of an agent": [
    { agent: "codex", agentState: "own" },
    { agent: "codex", agentState: "copy" },
  ],
};

it.each(Object.entries(differing))("VMs that differ in the %s each import their own module", (_, variants) => {
  const alone = variants.map((variant) => modulesOf("b", { b: { ...variant, guest: "own" } }));
  expect(new Set(alone.map(String)).size).toBe(variants.length);
  for (const before of variants)
    expect(
      variants.map((variant) => modulesOf("b", { a: { ...before, guest: "own" }, b: { ...variant, guest: "own" } })),
    ).toEqual(alone);
});

// nixpkgs nixos/lib/utils.nix, pathsNeededForBoot.
it.each(["/nix", "/var", "/var/log", "/var/lib", "/var/lib/nixos", "/etc", "/usr"])(
  "a guest mounts a share at %s itself, because the initrd mounts it",
  (mountPoint) => {
    const vms: Record<string, Vm> = {
      a: { volumes: [], shares: [{ tag: "t", source: "/srv/t", mountPoint, owners: "guest" }] },
      b: { volumes: [] },
    };
    const shares = Object.fromEntries(
      emissionOf(vms).plan.hosts.flatMap(({ guests }) => guests.map((one) => [one.name, one.vms])),
    );
    expect(shares).toEqual({ a: ["a"], b: ["b"] });
  },
);

it("a guest imports another one when only packages differ", () => {
  const few: Vm = { packages: ["git"] };
  const more: Vm = { packages: ["go", "git", "gopls"] };
  const others: Vm = { packages: ["git", "go"], firewall: false };
  const { files } = emissionOf({ a: few, b: few, c: more, d: more, e: others, f: others });
  const textOf = (guest: string): string =>
    files
      .flatMap((file) => (file.kind === "nix" && file.path === `hosts/h/guests/${guest}.nix` ? [print(file.expr)] : []))
      .join();
  expect(textOf("c")).toBe(`# The guest c: a NixOS configuration that several VMs of h share.
{ pkgs, ... }:
{
  imports = [ ./a.nix ];

  environment.systemPackages = [
    pkgs.go
    pkgs.gopls
  ];
}
`);
  expect(textOf("e")).toContain("system.stateVersion");
});
