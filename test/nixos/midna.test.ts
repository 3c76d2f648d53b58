/** The flake of examples/midna, unchanged, as NixOS. Only `configuration.nix`, which is the machine of the host, is ours. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../nix/harness.js";
import { file, machine } from "./configs.js";
import { build, openStore } from "./debian.js";
import { type Guest, type Key, makeKey, putKey, startGuest } from "./guest.js";
import { bootHost, type Host } from "./host.js";
import { SERVERS } from "./outside.js";
import { whatNixosMisses } from "./requirements.js";

const missing = whatNixosMisses();
if (missing !== undefined) console.error(`NOT TESTED: examples/midna as NixOS, because ${missing}.`);
else
  console.error(
    "NOT TESTED: examples/midna on cloud-hypervisor, which needs KVM and is no Debian package. QEMU takes its place.",
  );

const VMS = { emacsvm: "192.168.83.6", goprotobufvm: "192.168.83.7" } as const;

/** The example with the machine of the tests. */
const flakeWith = (key: Key): string => {
  const folder = temporaryFolder();
  cpSync(fileURLToPath(new URL("../../examples/midna/flake", import.meta.url)), join(folder, "flake"), {
    recursive: true,
  });
  const files = {
    "configuration.nix": file("midna.nix"),
    "container.nix": file("container.nix"),
    "key.pub": `${key.publicKey}\n`,
    "kernel-params.json": JSON.stringify(machine.kernelParams),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return `${folder}?dir=flake`;
};

describe.skipIf(missing !== undefined)("the host of examples/midna", () => {
  let host: Host;
  const guests = {} as Record<keyof typeof VMS, Guest>;

  beforeAll(async () => {
    const key = makeKey();
    const store = await openStore();
    const [system = ""] = await build(store, flakeWith(key), [
      "nixosConfigurations.midna.config.system.build.toplevel",
    ]);
    host = await bootHost(store, system, { uplink: "eno1" });
    await putKey(host, key);
    await Promise.all(
      Object.entries(VMS).map(async ([name, address]) => {
        guests[name as keyof typeof VMS] = await startGuest(host, name, address, { user: "michael" });
      }),
    );
  });
  afterAll(() => (host as Host | undefined)?.kill());

  it("has no failed unit, and its VMs have none", async () => {
    const failed = "systemctl --failed --no-legend --plain";
    expect(await host.run(failed)).toBe("");
    for (const { name, run } of Object.values(guests)) expect(await run(failed), name).toBe("");
  });

  it.each([
    ["emacsvm", "emacs"],
    ["goprotobufvm", "goprotobuf"],
  ] as const)("gives %s its name, shell, agent, workspace and internet", async (name, project) => {
    const { run } = guests[name];
    const workspace = `/home/michael/microvm/${project}`;
    const commands = [
      "echo $(hostname) $(id -un):$(id -u):$(id -gn) $SHELL",
      "echo $CLAUDE_CONFIG_DIR $(readlink .claude)",
      `findmnt -no FSTYPE ${workspace}; stat -c '%U:%G' ${workspace} ${workspace}/..`,
      `timeout 60 bash -c '</dev/tcp/${SERVERS.internet}/80' && echo internet`,
      `timeout 5 bash -c '</dev/tcp/${SERVERS.lan}/80' 2>/dev/null || echo no lan`,
      `echo ${name} >${workspace}/from-the-vm`,
    ];
    const login = "/home/michael/claude-microvm";
    expect((await run(commands.join("\n"))).split("\n")).toEqual([
      `${name} michael:1000:michael /run/current-system/sw/bin/zsh`,
      `${login} ${login}`,
      ...["virtiofs", "michael:michael", "michael:michael"],
      ...["internet", "no lan"],
    ]);
    expect(await host.run(`stat -c '%U:%G' ${workspace}/from-the-vm; cat ${workspace}/from-the-vm`)).toBe(
      `michael:michael\n${name}`,
    );
  });

  it("installs the programs of each VM, and the files of home-manager", async () => {
    const listed = ["go", "gopls", "delve", "protobuf", "gnumake", "gcc", "git", "rg"];
    const found = await guests.goprotobufvm.run(`for name in ${listed.join(" ")}; do command -v $name || true; done`);
    expect(found.split("\n").map((path) => path.replace(/.*\//, ""))).toEqual(listed);
    expect(await guests.goprotobufvm.run("grep GOPATH ~/.zshrc")).toBe(
      "export GOPATH=$HOME/go; PATH=$GOPATH/bin:$PATH",
    );
    expect(await guests.emacsvm.run("realpath ~/.zshrc ~/.config/emacs")).toMatch(
      /^\/nix\/store\/\S+zshrc\n\/nix\/store\/\S+$/,
    );
    expect(await guests.emacsvm.run("command -v gopls || echo none")).toBe("none");
  });
});
