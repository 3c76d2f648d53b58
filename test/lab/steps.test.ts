/**
 * The number of commands that a task takes. They are typed at a terminal of a host with systemd, whose `nixos-rebuild` is a stand-in
 * that deploys the VMs of the plan: each one is a sshd.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { giveKey } from "./stand-in.js";
import { bootSystemdHost, EMIT, type SystemdHost, whatSystemdMisses } from "./systemd-host.js";

const missing = whatSystemdMisses();
if (missing !== undefined) console.error(`NOT TESTED: commands from nothing to an agent, because ${missing}.`);

const TERMINAL = fileURLToPath(new URL("../../packages/emit/test/cli/terminal.py", import.meta.url));
const REBUILD = fileURLToPath(new URL("systemd/nixos-rebuild.py", import.meta.url));

const home = "/home/alice";
const configuration = '{ system.stateVersion = "25.11"; users.users.alice.isNormalUser = true; }\n';
const YES = ["No", "y"] as const;

describe.skipIf(missing !== undefined)("a user types", () => {
  let host: SystemdHost;
  let folder = home;
  let typedLines: string[] = [];

  /**
   * Types a command and answers its questions: each answer is typed when the screen shows a text.
   *
   * @returns the screen
   */
  const type = (line: string, ...answers: readonly (readonly [shown: string, keys: string])[]): string => {
    typedLines.push(line);
    const [program, ...entering] = host.entering("alice");
    const words = ["python3", TERMINAL, JSON.stringify(answers), "/bin/sh", "-c", `cd ${folder} && exec ${line}`];
    const { status, stdout, stderr } = spawnSync(program, [...entering, ...words], { encoding: "utf8" });
    const screen = stripVTControlCharacters(stdout);
    if (status !== 0) throw new Error(`${line} ended with ${String(status)}:\n${screen}${stderr}`);
    return screen;
  };
  const layOut = async (name: string, files: Readonly<Record<string, string>>): Promise<void> => {
    folder = join(home, name);
    for (const [file, text] of Object.entries(files)) await host.put(`${folder}/${file}`, text);
    await host.run(`chown -R alice:alice ${folder}; runuser -u alice -- git -C ${folder} init -q`);
    await commit();
  };
  const commit = (): Promise<string> =>
    host.run(
      `runuser -u alice -- sh -c 'git -C ${folder} add . && git -C ${folder} -c user.name=a -c user.email=a@a commit -qm step'`,
    );

  beforeAll(async () => {
    host = await bootSystemdHost();
    await giveKey(host);
    await host.run(`
      mkdir -p /etc/microvm /nix/var/nix/profiles
      ssh-keygen -A
      sed 's/^/other /' /etc/ssh/ssh_host_ed25519_key.pub >/etc/ssh/ssh_known_hosts
      echo '10.9.0.1 other' >>/etc/hosts
      systemctl reset-failed ssh
      systemctl start ssh`);
    await host.put("/usr/local/bin/microvm-emit", `#!/bin/sh\nexec ${EMIT} "$@"\n`, "0755");
    await host.put(
      "/usr/local/bin/nix",
      "#!/bin/sh\n[ \"$*\" = 'flake lock ./flake' ]\nexec touch flake/flake.lock\n",
      "0755",
    );
    await host.put("/usr/local/bin/nixos-rebuild", `#!/bin/sh\nexec python3 ${REBUILD} "$@"\n`, "0755");
  }, 600_000);
  afterAll(() => (host as SystemdHost | undefined)?.close());
  beforeEach(() => {
    typedLines = [];
  });

  it("3 commands from nothing to the prompt of an agent", async () => {
    await layOut("nixos", { "configuration.nix": configuration });
    expect(type("microvm-emit init")).toContain("microvm-emit up devvm");
    expect(type("microvm-emit up devvm", YES)).toMatch(/running {2}devvm/);
    expect(type("microvm-emit agent devvm", ["agent in", "\u0002d"])).toContain(`agent in ${home}/microvm/devvm`);
    expect(typedLines).toHaveLength(3);
    await commit();
  });

  it("2 commands for one more VM, and 1 each to see the change and what runs", () => {
    expect(type("microvm-emit add apivm --agent none")).toContain("microvm-emit up apivm");
    expect(type("microvm-emit diff")).toMatch(/1 new[^]*\+ apivm/);
    expect(type("microvm-emit up apivm", YES)).toMatch(/running {2}apivm/);
    expect(type("microvm-emit status")).toMatch(/apivm +running[^]*devvm +running/);
    expect(typedLines).toHaveLength(4);
  });

  it("2 commands to rename a VM", () => {
    type("microvm-emit rename apivm webvm");
    expect(type("microvm-emit up webvm", YES)).toMatch(/running {2}webvm/);
    expect(typedLines).toHaveLength(2);
    expect(host.emit("alice", ["status"]).stdout).not.toMatch(/apivm +running/);
  });

  it("2 commands to remove a VM", () => {
    type("microvm-emit remove webvm");
    type("microvm-emit up devvm", YES);
    expect(typedLines).toHaveLength(2);
    expect(host.emit("alice", ["status"]).stdout).not.toMatch(/webvm +running/);
  });

  it("2 commands to put VMs into an own flake", async () => {
    await layOut("own", {
      "configuration.nix": configuration,
      "flake.nix": `{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
  outputs = { nixpkgs, ... }: {
    nixosConfigurations.vm = nixpkgs.lib.nixosSystem { modules = [ ./configuration.nix ]; };
  };
}
`,
    });
    type("microvm-emit init --into ./flake.nix --vm ownvm", YES);
    expect(type("microvm-emit up ownvm", YES)).toMatch(/running {2}ownvm/);
    expect(typedLines).toHaveLength(2);
  });

  it("2 commands to move a VM to another host", async () => {
    const bridges = { vms: { address: "10.77.0.1/24" } };
    const base = { stateVersion: "25.11", modules: ["./configuration.nix"], user: { name: "alice" }, bridges };
    const hosts = { vm: { ...base, vms: { away: {} } }, other: { ...base, vms: { stays: {} } } };
    await layOut("two", {
      "configuration.nix": configuration,
      "microvm.config.json": JSON.stringify({ hosts }, null, 2),
    });
    type("microvm-emit up away", YES);
    typedLines = [];
    type("microvm-emit move away --to other");
    expect(type("microvm-emit up away", YES)).toMatch(/--target-host other[^]*running {2}away/);
    expect(typedLines).toHaveLength(2);
  });
});
