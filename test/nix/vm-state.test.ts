/** Runs the program that creates folders and host keys of VMs, with the settings of the evaluated unit. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Config } from "microvm-emit";
import { beforeEach, describe, expect, it } from "vitest";
import { readLibrary } from "../../packages/emit/src/compile/flake/library.generated.js";
import { emitted, hostModule } from "./emitted.js";
import { evalFlake, nixes, temporaryFolder } from "./harness.js";

/** The settings of the unit: no network, and only its capabilities. */
const confinedBy = (capabilities: readonly string[]): readonly string[] => [
  ...["unshare", "--net", "setpriv", "--no-new-privs"],
  `--bounding-set=-all,${capabilities.map((name) => name.replace("CAP_", "+").toLowerCase()).join(",")}`,
];

const missing = ((): string | undefined => {
  if (process.getuid?.() !== 0) return "only root gives folders away";
  try {
    execFileSync("sh", ["-c", "command -v ssh-keygen && command -v python3"]);
    execFileSync("unshare", ["--net", "setpriv", "--no-new-privs", "--bounding-set=-all", "true"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "it takes ssh-keygen, python3, unshare and setpriv";
  }
})();
if (missing !== undefined) console.error(`NOT TESTED: folders and SSH host keys of VMs: ${missing}.`);

const ids = { uid: 4242, gid: 4343 };

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

const userModule = (root: string): string => `{
  users.users.alice = { uid = ${String(ids.uid)}; group = "alice"; home = "${join(root, "home")}"; };
  users.groups.alice.gid = ${String(ids.gid)};
}`;

interface Unit {
  readonly preStart: string;
  readonly state: string;
  readonly serviceConfig: { readonly CapabilityBoundingSet: readonly string[]; readonly ExecStart: string };
}

const unitOf = async (root: string, config = configAt(root)): Promise<Unit> => {
  const [nix] = nixes();
  if (nix === undefined) throw new Error("no nix");
  const files = { "host.nix": hostModule, "user.nix": userModule(root) };
  return (await evalFlake(emitted(config, files), "nixosConfigurations.h.config", {
    nix,
    apply: `config: {
      inherit (config.systemd.services."microvm-state@") preStart serviceConfig;
      state = config.environment.etc."microvm/state.json".text;
    }`,
  })) as Unit;
};

/** Writes the programs of the library to a folder. */
const writePrograms = (folder: string): void => {
  for (const name of ["folders.py", "create.py"] as const)
    writeFileSync(join(folder, name), readLibrary()[`vm/state/${name}`]);
};

/** Runs the program as the unit does, with the same privileges. */
const runUnit = ({ preStart, state, serviceConfig }: Unit): void => {
  const known = `id() { case "$1" in -u) echo ${String(ids.uid)};; -g) echo ${String(ids.gid)};; esac; }\n`;
  execFileSync("bash", ["-e", "-c", known + preStart], { stdio: "pipe" });
  const folder = temporaryFolder();
  const config = join(folder, "state.json");
  writePrograms(folder);
  writeFileSync(config, state);
  const command = serviceConfig.ExecStart.replace(/^\S+\/python3 \S+\/create\.py/, `python3 ${folder}/create.py`)
    .replace("/etc/microvm/state.json", config)
    .replace("%i", "a");
  const [confine = "", ...more] = confinedBy(serviceConfig.CapabilityBoundingSet);
  execFileSync(confine, [...more, ...command.split(" ")], { stdio: "pipe" });
};

/** Creates folders repeatedly. Each time, it replaces a folder by a symlink before another system call. */
const RACE = `
import ctypes, os, shutil, sys
sys.path.insert(0, ".")
import folders, create
EXCHANGE, HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of renameat2(2)
libc = ctypes.CDLL(None)
calls = swap = 0
def swapping(call):
    def swapped(*arguments, **named):
        global calls
        calls += 1
        if calls == swap:
            libc.renameat2(HERE, b"home/link", HERE, b"home/deep", EXCHANGE)
        return call(*arguments, **named)
    return swapped
for name in "open", "lstat", "mkdir", "listdir", "fstat", "fchown":
    setattr(os, name, swapping(getattr(os, name)))
made = refused = planted = 0
ended = False
while not ended:
    calls = -1_000_000
    swap += 1
    shutil.rmtree("home")
    for folder in "home", "home/deep":
        os.makedirs(folder)
        os.chown(folder, 4242, 4343)
    os.symlink("../elsewhere", "home/link")
    calls = 0
    try:
        create.main("state.json", "a")
        made += 1
    except folders.UnsafePathError:
        refused += 1
    ended = calls < swap
    calls = -1_000_000
    planted += len(os.listdir("elsewhere"))
print(made, refused, planted)
`;

const about = (path: string): object => {
  const { uid, gid, mode } = statSync(path);
  return { uid, gid, mode: (mode & 0o7777).toString(8) };
};

describe.skipIf(missing !== undefined)("the state unit", () => {
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
    const unit = await unitOf(root);
    run = () => {
      runUnit(unit);
    };
  });

  it("creates folders with owners and modes, and an ed25519 key", () => {
    run();
    const private_ = { ...ids, mode: "700" };
    expect(about(join(home, "deep"))).toEqual({ ...ids, mode: "755" });
    expect(about(join(home, "deep/work"))).toEqual({ ...ids, mode: "755" });
    expect(about(join(home, "claude-microvm"))).toEqual(private_);
    expect(about(join(home, "keys"))).toEqual({ ...ids, mode: "755" });
    const ofRoot = { uid: 0, gid: 0 };
    expect(about(keys)).toEqual({ ...ofRoot, mode: "700" });
    const key = join(keys, "ssh_host_ed25519_key");
    expect(about(key)).toEqual({ ...ofRoot, mode: "600" });
    expect(readFileSync(`${key}.pub`, "utf8")).toMatch(/^ssh-ed25519 \S+ a\n$/);
    const derived = execFileSync("ssh-keygen", ["-y", "-f", key], { encoding: "utf8" });
    expect(derived.split(" ").slice(0, 2)).toEqual(readFileSync(`${key}.pub`, "utf8").split(" ").slice(0, 2));
  });

  it("does not change existing files when it runs again", () => {
    run();
    const key = readFileSync(join(keys, "ssh_host_ed25519_key"), "utf8");
    chmodSync(join(home, "claude-microvm"), 0o755);
    writeFileSync(join(home, "claude-microvm/login"), "secret");
    run();
    expect(readFileSync(join(keys, "ssh_host_ed25519_key"), "utf8")).toBe(key);
    expect(about(join(home, "claude-microvm"))).toMatchObject({ mode: "755" });
    expect(readFileSync(join(home, "claude-microvm/login"), "utf8")).toBe("secret");
  });

  it("new folders in a folder with the setgid bit inherit its group", () => {
    chmodSync(home, 0o2755);
    run();
    expect(about(join(home, "deep"))).toEqual({ ...ids, mode: "2755" });
  });

  it.each([
    ["in a folder's place", "claude-microvm"],
    ["on the way to one", "deep"],
    ["on the way to the host key", "keys"],
  ])("fails with the path of a symlink %s", (_, name) => {
    const elsewhere = join(root, "elsewhere");
    mkdirSync(elsewhere);
    chownSync(home, ids.uid, ids.gid);
    symlinkSync(name === "claude-microvm" ? join(elsewhere, "new") : elsewhere, join(home, name));
    expect(run).toThrow(`${join(home, name)} is a symlink in a folder that other users can write to`);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it("follows symlinks of root, and does not change a folder behind a symlink of a user", () => {
    const data = join(root, "data");
    mkdirSync(join(data, "work"), { recursive: true });
    chownSync(home, ids.uid, ids.gid);
    symlinkSync(data, join(home, "deep"));
    run();
    expect(about(join(data, "work"))).toEqual({ uid: 0, gid: 0, mode: "755" });
    rmSync(home, { recursive: true });
    mkdirSync(join(root, "homes/alice"), { recursive: true });
    symlinkSync("homes/alice", home);
    run();
    expect(about(join(root, "homes/alice/deep/work"))).toEqual({ ...ids, mode: "755" });
  });

  it("does not write through a symlink that replaces a folder before any system call", () => {
    mkdirSync(join(root, "elsewhere"), { mode: 0o777 });
    chownSync(home, ids.uid, ids.gid);
    writePrograms(root);
    const directories = { [join(home, "deep")]: "0755 4242:4343", [join(home, "deep/work")]: "0755 4242:4343" };
    writeFileSync(join(root, "state.json"), JSON.stringify({ a: { directories } }));
    const [made, refused, planted] = execFileSync("python3", ["-c", RACE], { cwd: root, encoding: "utf8" }).split(" ");
    expect(Number(made)).toBeGreaterThan(5);
    expect(Number(refused)).toBeGreaterThan(5);
    expect(Number(planted)).toBe(0);
  });

  it("fails when a guest may have replaced an existing folder by a symlink", async () => {
    const [vm] = Object.values(configAt(root).hosts["h"]?.vms ?? {});
    const shares = [{ tag: "inner", source: "~/deep/work/inner", dangerous: "the agent writes it either way" }];
    const unit = await unitOf(root, {
      ...configAt(root),
      hosts: { h: { ...configAt(root).hosts["h"], vms: { a: { ...vm, shares } } } },
    } as Config);
    mkdirSync(join(home, "deep/work"), { recursive: true });
    mkdirSync(join(root, "elsewhere"));
    symlinkSync(join(root, "elsewhere"), join(home, "deep/work/inner"));
    expect(() => {
      runUnit(unit);
    }).toThrow(`${join(home, "deep/work/inner")} is a symlink`);
    expect(readdirSync(join(root, "elsewhere"))).toEqual([]);
  });

  it("fails at a symlink inside a writable share, and follows a symlink to the share", async () => {
    // The folder of homes can be a symlink. A symlink that the guest created inside the share is not followed.
    symlinkSync(root, join(root, "link"));
    const out = join(root, "link/out");
    const shares = [
      { tag: "outer", source: out },
      { tag: "inner", source: join(out, "x/y"), dangerous: "the agent writes it either way" },
    ];
    const [vm] = Object.values(configAt(root).hosts["h"]?.vms ?? {});
    const unit = await unitOf(root, {
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
    }).toThrow(`${join(root, "link/out/x")} is a symlink`);
  });

  it("creates the key after an interrupted run", () => {
    run();
    rmSync(join(keys, "ssh_host_ed25519_key"));
    writeFileSync(join(keys, "ssh_host_ed25519_key.new"), "half");
    run();
    expect(readdirSync(keys).sort()).toEqual(["README.md", "ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"]);
  });
});
