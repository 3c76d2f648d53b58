/** `microvm-emit gc`: the folders that VMs left, and their removal, below a root of the test's own. */
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";
import { configOf, microvmEmit, parsed, project, sourceOf } from "./cli.js";

/** A project whose VM `old` left the config, and a host with folders of both VMs and others. */
const laidOut = (): { readonly dir: string; readonly root: string } => {
  const dir = project("kept", "old");
  expect(microvmEmit(dir, [])).toMatchObject({ exitCode: 0 });
  writeFileSync(join(dir, "microvm.config.ts"), sourceOf(configOf("kept")));
  expect(microvmEmit(dir, [])).toMatchObject({ exitCode: 0 });
  const root = temporaryDirectory();
  layOut(root, {
    "var/lib/microvms/kept/var.img": "kept",
    "var/lib/microvms/old/var.img": "x".repeat(300_000),
    "var/lib/microvms/stranger/var.img": "stranger",
    "var/lib/microvm-host-keys/kept/key": "kept",
    "var/lib/microvm-host-keys/old/key": "old",
    "home/alice/microvm/kept/work": "kept",
    "home/alice/microvm/old/work": "old",
    "home/alice/claude-microvm-vms/old/login": "old",
    "precious/file": "precious",
  });
  return { dir, root };
};

it("lists folders of VMs that are not in the config", () => {
  const { dir, root } = laidOut();
  const { exitCode, stdout } = microvmEmit(dir, ["gc", "--root", root]);
  expect(exitCode).toBe(0);
  expect(stdout.replaceAll(root, "").replaceAll(/ +\d+ KiB/g, " SIZE")).toBe(`old
  state SIZE  /var/lib/microvms/old
  host keys SIZE  /var/lib/microvm-host-keys/old
  workspace SIZE  /home/alice/microvm/old
  agent SIZE  /home/alice/claude-microvm-vms/old
stranger  not in the lock: another program may have made it
  state SIZE  /var/lib/microvms/stranger

Remove them by name: microvm-emit gc --delete NAME. Workspaces stay unless you add --with-workspace; a repository on a disk of the VM is part of its state.
`);
  const { leftovers } = parsed(microvmEmit(dir, ["gc", "--root", root, "--json"])) as unknown as {
    readonly leftovers: readonly { readonly folders: readonly { readonly bytes: number }[] }[];
  };
  expect(leftovers[0]?.folders[0]?.bytes).toBeGreaterThanOrEqual(300_000);
});

it("removes nothing without --yes", () => {
  const { dir, root } = laidOut();
  const before = treeOf(root);
  const { exitCode, stdout } = microvmEmit(dir, ["gc", "--root", root, "--delete", "old"]);
  expect({ exitCode, stdout: stdout.replaceAll(root, "") }).toEqual({
    exitCode: 0,
    stdout: `This removes:
  /var/lib/microvms/old
  /var/lib/microvm-host-keys/old
  /home/alice/claude-microvm-vms/old

Run the command again with --yes. This cannot be undone.
`,
  });
  expect(treeOf(root)).toEqual(before);
});

it("removes the folders of the VMs named, and workspaces only if asked", () => {
  const { dir, root } = laidOut();
  expect(microvmEmit(dir, ["gc", "--root", root, "--delete", "old", "--yes"])).toMatchObject({ exitCode: 0 });
  const left = (): readonly string[] => Object.keys(treeOf(root)).filter((path) => !path.endsWith("lib"));
  expect(left()).not.toContain("var/lib/microvms/old");
  expect(left()).not.toContain("var/lib/microvm-host-keys/old");
  expect(left()).not.toContain("home/alice/claude-microvm-vms/old");
  expect(left()).toEqual(
    expect.arrayContaining([
      "var/lib/microvms/kept/var.img",
      "var/lib/microvms/stranger/var.img",
      "home/alice/microvm/old/work",
      "home/alice/microvm/kept/work",
    ]),
  );
  microvmEmit(dir, ["gc", "--root", root, "--delete", "old", "--yes", "--with-workspace"]);
  expect(existsSync(join(root, "home/alice/microvm/old"))).toBe(false);
  expect(existsSync(join(root, "home/alice/microvm/kept/work"))).toBe(true);
});

it("follows no link, in a folder or in its place", () => {
  const { dir, root } = laidOut();
  symlinkSync(join(root, "precious"), join(root, "home/alice/microvm/old/link"));
  symlinkSync(join(root, "precious"), join(root, "var/lib/microvms/old/link"));
  symlinkSync(join(root, "precious"), join(root, "var/lib/microvms/linked"));
  rmSync(join(root, "var/lib/microvm-host-keys/old"), { recursive: true });
  symlinkSync(join(root, "precious"), join(root, "var/lib/microvm-host-keys/old"));
  expect(microvmEmit(dir, ["gc", "--root", root, "--delete", "linked", "--yes"]).exitCode).toBe(2);
  const args = ["gc", "--root", root, "--delete", "old", "--yes", "--with-workspace"];
  expect(microvmEmit(dir, args)).toMatchObject({ exitCode: 0 });
  expect(existsSync(join(root, "home/alice/microvm/old"))).toBe(false);
  expect(existsSync(join(root, "var/lib/microvms/old"))).toBe(false);
  expect(existsSync(join(root, "precious/file"))).toBe(true);
});

it("refuses VMs of the config and names without folders", () => {
  const { dir, root } = laidOut();
  const before = treeOf(root);
  const failing = (name: string): string =>
    microvmEmit(dir, ["gc", "--root", root, "--delete", "old", name, "--yes"]).stderr;
  expect(failing("kept")).toContain('"kept" is a VM of the config.');
  expect(failing("odl")).toContain('No VM "odl" left folders on alpha.');
  expect(failing("../precious")).toContain("left folders");
  expect(treeOf(root)).toEqual(before);
});

it("keeps a folder with any name if a VM of the config uses it", () => {
  const { dir, root } = laidOut();
  const config = configOf("kept") as { hosts: { alpha: { vms: Record<string, object> } } };
  config.hosts.alpha.vms["kept"] = { workspace: "/home/alice/microvm/old/project" };
  writeFileSync(join(dir, "microvm.config.ts"), sourceOf(config));
  mkdirSync(join(root, "home/alice/microvm/old/project"));
  const args = ["gc", "--root", root, "--delete", "old", "--yes", "--with-workspace"];
  expect(microvmEmit(dir, args)).toMatchObject({ exitCode: 0 });
  expect(existsSync(join(root, "home/alice/microvm/old/project"))).toBe(true);
  expect(existsSync(join(root, "var/lib/microvms/old"))).toBe(false);
});
