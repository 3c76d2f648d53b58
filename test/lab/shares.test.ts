/**
 * Tests which files root in a guest can create on the host through a writable share, with virtiofsd of the evaluated
 * runner. With squashed owners, no file belongs to root. Without, each attempt succeeds, which shows that the attempts
 * work.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config, Vm } from "microvm-emit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Run } from "./agent.js";
import { emitFlake, evaluateHost, type Runner } from "./evaluated.js";
import { bootGuest } from "./guest.js";
import { image } from "./image.js";
import { tails } from "./log.js";
import { type Namespace, openNamespace } from "./namespace.js";
import { whatGuestsMiss } from "./requirements.js";
import { hostFile, sharesOf } from "./share.js";
import { rig } from "../nix/rig.js";

const missing = whatGuestsMiss();
if (missing !== undefined) console.error(`NOT TESTED: files of root of a guest in shares: ${missing}.`);

const USER = 1000;
/** The gid of `users`, the default group in NixOS. */
const GROUP = 100;
const SQUASHED = "/home/alice/work";
const KEPT = "/home/alice/kept";
const READ_ONLY = "/srv/data";
const OF_ROOT = "/srv/of-root";
const HOST_KEYS = "/etc/ssh/host-keys";

const vm: Vm = {
  hypervisor: "qemu",
  memoryMiB: 512,
  vcpu: 1,
  interfaces: [],
  workspace: "~/work",
  shares: [
    { tag: "kept", source: "~/kept", owners: "guest" },
    { tag: "data", source: READ_ONLY, readOnly: true },
    { tag: "of-root", source: OF_ROOT },
  ],
};

const config: Config = {
  hosts: {
    lab: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: {
        name: "alice",
        uid: USER,
        gid: USER,
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1 alice@lab"],
      },
      vms: {
        tried: vm,
        // Guests of the lab get their shares at boot, as shared guests do.
        other: { ...vm, workspace: "~/other", shares: [] },
      },
    },
  },
};

/** Sets the file capability `cap_setuid+ep` (linux/capability.h). */
const SETCAP = `perl -e 'my ($file, $name, $value) = (shift, "security.capability", pack("V5", 0x02000001, 1 << 7, 0, 0, 0));
  syscall(188, $file, $name, $value, length $value, 0) == 0 or die $!'`;

/** True if a file has capabilities. */
const HAS_CAPABILITIES = `my ($file, $name, $value) = (shift, "security.capability", "");
  exit(syscall(192, $file, $name, $value, 0) > 0 ? 0 : 1)`;

/** Attempts of root in a guest: the file, the command, and the check on the host. */
const attempts = [
  [
    "a setuid program of root",
    "cp /bin/true FILE; chmod 4755 FILE",
    ({ uid, mode }) => uid === 0 && (mode & 0o4000) !== 0,
  ],
  [
    "a setgid program of root",
    "cp /bin/true FILE; chmod 2755 FILE",
    ({ gid, mode }) => gid === 0 && (mode & 0o2000) !== 0,
  ],
  ["a block device", "mknod FILE b 8 0", ({ isDevice }) => isDevice],
  ["a character device", "mknod FILE c 1 1", ({ isDevice }) => isDevice],
  ["a file of root", "echo planted >FILE", ({ uid, gid }) => uid === 0 && gid === 0],
  ["a folder of root", "mkdir FILE", ({ uid, gid }) => uid === 0 && gid === 0],
  ["a symlink of root", "ln -s /etc/shadow FILE", ({ uid }) => uid === 0],
  [
    "a file of the user with root as the new owner",
    `setpriv --reuid=${USER} --regid=${USER} --clear-groups touch FILE; chown 0:0 FILE`,
    ({ uid, gid }) => uid === 0 && gid === 0,
  ],
  ["a file of another user", "touch FILE; chown 1001:1001 FILE", ({ uid }) => uid === 1001],
  ["a program with capabilities", `cp /bin/true FILE; ${SETCAP} FILE`, ({ hasCapabilities }) => hasCapabilities],
] as const satisfies readonly (readonly [what: string, command: string, isPlanted: (found: Found) => boolean])[];

/** A file as the host sees it. */
interface Found {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly isDevice: boolean;
  readonly hasCapabilities: boolean;
}

const find = (file: string): Found | undefined => {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const { uid, gid, mode } = stats;
  const isDevice = stats.isBlockDevice() || stats.isCharacterDevice();
  const { status } = spawnSync("perl", ["-e", HAS_CAPABILITIES, file]);
  return { uid, gid, mode, isDevice, hasCapabilities: status === 0 };
};

describe.skipIf(missing !== undefined)("root in a guest", () => {
  let folder: string;
  let host: Namespace | undefined;
  let run: Run;
  let runner: Runner;

  /** The file of the lab for a path in the guest. */
  const onHost = (mountPoint: string, ...names: readonly string[]): string => {
    const share = sharesOf(runner).find((one) => one.mountPoint === mountPoint);
    if (share === undefined) throw new Error(`There is no share at ${mountPoint}.`);
    return join(hostFile(folder, share.source), ...names);
  };
  const asUser = (command: string): Promise<string> =>
    run(`setpriv --reuid=${USER} --regid=${USER} --clear-groups sh -euc '${command}'`);

  /** Creates folders as the host does. */
  const prepare = (): void => {
    for (const [mountPoint, owner, mode] of [
      [SQUASHED, USER, 0o755],
      [KEPT, USER, 0o755],
      [READ_ONLY, USER, 0o755],
      [OF_ROOT, 0, 0o755],
      [HOST_KEYS, 0, 0o700],
    ] as const) {
      mkdirSync(onHost(mountPoint), { recursive: true });
      chmodSync(onHost(mountPoint), mode);
      chownSync(onHost(mountPoint), owner, owner);
    }
    const key = onHost(HOST_KEYS, "ssh_host_ed25519_key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    writeFileSync(onHost(READ_ONLY, "from-host"), "data\n");
    writeFileSync(onHost(SQUASHED, "from-host"), "work\n");
    chownSync(onHost(SQUASHED, "from-host"), USER, USER);
    writeFileSync(onHost(SQUASHED, "of-root"), "root's already\n");
  };

  beforeAll(async () => {
    // The path must be short, because it contains sockets, and must not be in a folder that the lab mounts over.
    folder = mkdtempSync("/tmp/microvm-emit-lab-");
    const [booted, evaluated] = await Promise.all([image(), evaluateHost(emitFlake(config), "lab", rig !== undefined)]);
    const { tried } = evaluated.runners;
    if (tried === undefined) throw new Error("There is no VM.");
    runner = tried;
    prepare();
    host = await openNamespace();
    run = await bootGuest({ name: "tried", runner, image: booted, host, folder, initrd: "script" });
  }, 600_000);

  afterAll(async () => {
    await host?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      console.error(tails(folder));
    });
  });

  describe.each(attempts)("tries to create %s on the host", (what, command, isPlanted) => {
    const name = what.replaceAll(/[^a-z]/g, "-");
    const leave = async (mountPoint: string): Promise<Found | undefined> => {
      // The command may fail. The test checks the files on the host.
      await run(`set +e; ${command.replaceAll("FILE", join(mountPoint, name))}; true`);
      return find(onHost(mountPoint, name));
    };

    it("and succeeds when owners are kept", async () => {
      const found = await leave(KEPT);
      expect(found !== undefined && isPlanted(found)).toBe(true);
    });

    it("and can only create files of the user when owners are squashed", async () => {
      const found = await leave(SQUASHED);
      expect(found === undefined).toBe(what.endsWith(" device"));
      if (found === undefined) return;
      expect(isPlanted(found)).toBe(false);
      expect([found.uid, found.gid, found.isDevice, found.hasCapabilities]).toEqual([USER, GROUP, false, false]);
    });
  });

  it("sees files of the host user as files of the user, and the user can write them", async () => {
    expect(await run(`stat -c '%u:%g' ${SQUASHED}/from-host`)).toBe(`${USER}:${USER}`);
    await asUser(
      `mkdir ${SQUASHED}/new; echo new >${SQUASHED}/new/file; chmod 700 ${SQUASHED}/new/file; mv ${SQUASHED}/from-host ${SQUASHED}/new`,
    );
    expect(readFileSync(onHost(SQUASHED, "new/file"), "utf8")).toBe("new\n");
    expect(readFileSync(onHost(SQUASHED, "new/from-host"), "utf8")).toBe("work\n");
    const { uid, gid, mode } = lstatSync(onHost(SQUASHED, "new/file"));
    expect([uid, gid, mode & 0o777]).toEqual([USER, GROUP, 0o700]);
  });

  it("cannot write to a read-only share", async () => {
    expect(await run(`cat ${READ_ONLY}/from-host`)).toBe("data");
    for (const command of ["touch new", "rm from-host", "chmod 777 from-host", "mount -o remount,rw . && touch new"])
      await expect(run(`cd ${READ_ONLY} && ${command}`)).rejects.toThrow(/Read-only file system/);
    expect(readFileSync(onHost(READ_ONLY, "from-host"), "utf8")).toBe("data\n");
  });

  it("cannot create files in a folder of root on the host", async () => {
    await expect(run(`touch ${OF_ROOT}/new`)).rejects.toThrow(/Permission denied/);
  });

  it("can set the setuid bit of an existing program of root on the host", async () => {
    await run(`cd ${SQUASHED} && cat /bin/true >of-root && chmod 4755 of-root`);
    const { uid, mode } = lstatSync(onHost(SQUASHED, "of-root"));
    expect([uid, mode & 0o7777]).toEqual([0, 0o4755]);
  });

  it("is the only user who can read the SSH host keys", async () => {
    await expect(asUser(`cat ${HOST_KEYS}/ssh_host_ed25519_key`)).rejects.toThrow(/Permission denied/);
    await expect(asUser(`ls ${HOST_KEYS}`)).rejects.toThrow(/Permission denied/);
    await expect(run(`touch ${HOST_KEYS}/new`)).rejects.toThrow(/Read-only file system/);
  });
});
