/** The script that prepares a VM's folders and host key on the host, taken from the evaluated unit and really run. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { beforeEach, describe, expect, it } from "vitest";
import { emitted, hostModule } from "./emitted.js";
import { evalFlake, nixes, temporaryFolder } from "./harness.js";

const isRoot = process.getuid?.() === 0;
const hasKeygen = ((): boolean => {
  try {
    execFileSync("sh", ["-c", "command -v ssh-keygen"]);
    return true;
  } catch {
    return false;
  }
})();
if (!hasKeygen)
  console.error("NOT TESTED: the unit that makes SSH host keys, for want of ssh-keygen (openssh-client).");
if (!isRoot) console.error("NOT TESTED: that folders get their owner, which takes root.");
const canConfine = ((): boolean => {
  try {
    execFileSync("unshare", ["--net", "setpriv", "--no-new-privs", "--bounding-set=-all", "true"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
})();
if (!canConfine)
  console.error(
    "NOT TESTED: that folders and keys are made with the unit's capabilities alone, which takes root and setpriv.",
  );

/** Whose the VM is: somebody else where we may give folders away. */
const ids = isRoot ? { uid: 4242, gid: 4343 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

const configAt = (root: string): Config => ({
  hosts: {
    h: {
      stateVersion: "25.11",
      modules: ["./host.nix", "./user.nix"],
      user: { name: "alice", ...ids, homeDirectory: join(root, "home"), sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.7.0.1/24" } },
      vms: {
        a: {
          agent: "claude-code",
          workspace: "~/deep/work",
          sshHostKeys: "~/keys/a",
        },
      },
    },
  },
});

const userModule = `{
  users.users.alice = { uid = ${String(ids.uid)}; group = "alice"; };
  users.groups.alice.gid = ${String(ids.gid)};
}`;

interface Unit {
  readonly script: string;
  readonly serviceConfig: { readonly CapabilityBoundingSet: readonly string[] };
}

const unitOf = async (config: Config): Promise<Unit> => {
  const [nix] = nixes();
  if (nix === undefined) throw new Error("no nix");
  return (await evalFlake(
    emitted(config, { "host.nix": hostModule, "user.nix": userModule }),
    'nixosConfigurations.h.config.systemd.services."microvm-state@"',
    { nix, apply: "service: { inherit (service) script serviceConfig; }" },
  )) as Unit;
};

/** Runs it with what systemd leaves to it, as far as that can be done here. */
const runUnit = ({ script, serviceConfig }: Unit): void => {
  const capabilities = serviceConfig.CapabilityBoundingSet.map((name) => name.replace("CAP_", "+").toLowerCase());
  const confine = ["unshare", "--net", "setpriv", "--no-new-privs", `--bounding-set=-all,${capabilities.join(",")}`];
  // Who may not give anything to root tries all the rest.
  const asOneself = isRoot ? "" : "chown() { :; }\n";
  const known = `id() { case "$1" in -u) echo ${String(ids.uid)};; -g) echo ${String(ids.gid)};; esac; }\n`;
  const bash = ["bash", "-e", "-c", asOneself + known + script, "microvm-state", "a"];
  execFileSync("env", [...(canConfine ? confine : []), ...bash], { stdio: "pipe" });
};

const about = (path: string): object => {
  const { uid, gid, mode } = statSync(path);
  return { uid, gid, mode: (mode & 0o7777).toString(8) };
};

describe.skipIf(!hasKeygen)("the state unit", () => {
  let root: string;
  let home: string;
  let keys: string;
  let run: () => void;
  beforeEach(async () => {
    root = temporaryFolder();
    chmodSync(root, 0o755);
    home = join(root, "home");
    keys = join(home, "keys/a");
    mkdirSync(home);
    const unit = await unitOf(configAt(root));
    run = () => {
      runUnit(unit);
    };
  });

  it("makes folders with their owners and modes, and an ed25519 key", () => {
    run();
    const private_ = { ...ids, mode: "700" };
    expect(about(join(home, "deep"))).toEqual({ ...ids, mode: "755" });
    expect(about(join(home, "deep/work"))).toEqual({ ...ids, mode: "755" });
    expect(about(join(home, "claude-microvm"))).toEqual(private_);
    expect(about(join(home, "keys"))).toEqual({ ...ids, mode: "755" });
    const ofRoot = isRoot ? { uid: 0, gid: 0 } : ids;
    expect(about(keys)).toEqual({ ...ofRoot, mode: "700" });
    const key = join(keys, "ssh_host_ed25519_key");
    expect(about(key)).toEqual({ ...ofRoot, mode: "600" });
    expect(readFileSync(`${key}.pub`, "utf8")).toMatch(/^ssh-ed25519 \S+ a\n$/);
    const derived = execFileSync("ssh-keygen", ["-y", "-f", key], { encoding: "utf8" });
    expect(derived.split(" ").slice(0, 2)).toEqual(readFileSync(`${key}.pub`, "utf8").split(" ").slice(0, 2));
  });

  it("replaces nothing when it runs again", () => {
    run();
    const key = readFileSync(join(keys, "ssh_host_ed25519_key"), "utf8");
    chmodSync(join(home, "claude-microvm"), 0o755);
    writeFileSync(join(home, "claude-microvm/login"), "secret");
    run();
    expect(readFileSync(join(keys, "ssh_host_ed25519_key"), "utf8")).toBe(key);
    expect(about(join(home, "claude-microvm"))).toMatchObject({ mode: "755" });
    expect(readFileSync(join(home, "claude-microvm/login"), "utf8")).toBe("secret");
  });

  it("makes folders in one that is a group's, whose they are then too", () => {
    chmodSync(home, 0o2755);
    run();
    expect(about(join(home, "deep"))).toEqual({ ...ids, mode: "2755" });
  });

  it("follows no link that stands in a folder's place", () => {
    const elsewhere = join(root, "elsewhere");
    symlinkSync(elsewhere, join(home, "claude-microvm"));
    run();
    expect(readdirSync(root)).not.toContain("elsewhere");
  });

  it("stops at a link that a guest may have put in place of a folder", async () => {
    const [vm] = Object.values(configAt(root).hosts["h"]?.vms ?? {});
    const shares = [{ tag: "inner", source: "~/deep/work/inner", dangerous: "the agent writes it either way" }];
    const unit = await unitOf({
      ...configAt(root),
      hosts: { h: { ...configAt(root).hosts["h"], vms: { a: { ...vm, shares } } } },
    } as Config);
    mkdirSync(join(home, "deep/work"), { recursive: true });
    mkdirSync(join(root, "elsewhere"));
    symlinkSync(join(root, "elsewhere"), join(home, "deep/work/inner"));
    expect(() => {
      runUnit(unit);
    }).toThrow(/a guest may have put there/);
    expect(readdirSync(join(root, "elsewhere"))).toEqual([]);
  });

  it("stops at a link on the way to a folder, and not at one that leads to what the guest may write", async () => {
    // The folder of homes may be a link; what a guest made of the folder in between is none.
    symlinkSync(root, join(root, "link"));
    const out = join(root, "link/out");
    const shares = [
      { tag: "outer", source: out },
      { tag: "inner", source: join(out, "x/y"), dangerous: "the agent writes it either way" },
    ];
    const [vm] = Object.values(configAt(root).hosts["h"]?.vms ?? {});
    const unit = await unitOf({
      ...configAt(root),
      hosts: { h: { ...configAt(root).hosts["h"], vms: { a: { ...vm, shares } } } },
    } as Config);
    runUnit(unit);
    expect(readdirSync(join(root, "out/x"))).toEqual(["y"]);
    rmSync(join(root, "out/x"), { recursive: true });
    mkdirSync(join(root, "elsewhere/y"), { recursive: true });
    symlinkSync("../elsewhere", join(root, "out/x"));
    expect(() => {
      runUnit(unit);
    }).toThrow(/out\/x is a link, which a guest may have put there/);
  });

  it("makes a key again after one that was cut off", () => {
    run();
    rmSync(join(keys, "ssh_host_ed25519_key"));
    writeFileSync(join(keys, "ssh_host_ed25519_key.new"), "half");
    run();
    expect(readdirSync(keys).sort()).toEqual(["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"]);
  });
});
