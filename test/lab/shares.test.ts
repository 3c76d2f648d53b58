/**
 * What root of a guest can leave on the host through a writable share, on a guest that is booted with the daemons that its
 * evaluated runner asks for: nothing of root's where owners are squashed, and all that it tries where they are kept, so that
 * the attempts are known to work.
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
if (missing !== undefined) console.error(`NOT TESTED: what root of a guest leaves in shares: ${missing}.`);

const USER = 1000;
/** Of `users`, which NixOS puts normal users in. */
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
        // The lab's guests learn of their shares at boot, as guests of several VMs do.
        other: { ...vm, workspace: "~/other", shares: [] },
      },
    },
  },
};

/** Sets the capability to become any user, as a program of that name with `cap_setuid+ep` has it (linux/capability.h). */
const SETCAP = `perl -e 'my ($file, $name, $value) = (shift, "security.capability", pack("V5", 0x02000001, 1 << 7, 0, 0, 0));
  syscall(188, $file, $name, $value, length $value, 0) == 0 or die $!'`;

/** Whether a file has any. */
const HAS_CAPABILITIES = `my ($file, $name, $value) = (shift, "security.capability", "");
  exit(syscall(192, $file, $name, $value, 0) > 0 ? 0 : 1)`;

/** What root of a guest does in a share, to a file of the name given, and whether the host has what it wanted. */
const attempts = [
  [
    "a setuid program of root's",
    "cp /bin/true FILE; chmod 4755 FILE",
    ({ uid, mode }) => uid === 0 && (mode & 0o4000) !== 0,
  ],
  [
    "a setgid program of root's",
    "cp /bin/true FILE; chmod 2755 FILE",
    ({ gid, mode }) => gid === 0 && (mode & 0o2000) !== 0,
  ],
  ["a block device", "mknod FILE b 8 0", ({ isDevice }) => isDevice],
  ["a character device", "mknod FILE c 1 1", ({ isDevice }) => isDevice],
  ["a file of root's", "echo planted >FILE", ({ uid, gid }) => uid === 0 && gid === 0],
  ["a folder of root's", "mkdir FILE", ({ uid, gid }) => uid === 0 && gid === 0],
  ["a link of root's", "ln -s /etc/shadow FILE", ({ uid }) => uid === 0],
  [
    "the user's file, given to root",
    `setpriv --reuid=${USER} --regid=${USER} --clear-groups touch FILE; chown 0:0 FILE`,
    ({ uid, gid }) => uid === 0 && gid === 0,
  ],
  ["a file of another user's", "touch FILE; chown 1001:1001 FILE", ({ uid }) => uid === 1001],
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

describe.skipIf(missing !== undefined)("root of a guest", () => {
  let folder: string;
  let host: Namespace | undefined;
  let run: Run;
  let runner: Runner;

  /** Where the lab has what the guest sees at a path. */
  const onHost = (mountPoint: string, ...names: readonly string[]): string => {
    const share = sharesOf(runner).find((one) => one.mountPoint === mountPoint);
    if (share === undefined) throw new Error(`There is no share at ${mountPoint}.`);
    return join(hostFile(folder, share.source), ...names);
  };
  const asUser = (command: string): Promise<string> =>
    run(`setpriv --reuid=${USER} --regid=${USER} --clear-groups sh -euc '${command}'`);

  /** Folders as the host makes them. */
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
    // Short, since sockets are in it, and not below what the lab lays its own folders over.
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

  describe.each(attempts)("wants to leave %s on the host", (what, command, isPlanted) => {
    const name = what.replaceAll(/[^a-z]/g, "-");
    const leave = async (mountPoint: string): Promise<Found | undefined> => {
      // What fails, fails: what counts is what the host has then.
      await run(`set +e; ${command.replaceAll("FILE", join(mountPoint, name))}; true`);
      return find(onHost(mountPoint, name));
    };

    it("and does, where owners are kept", async () => {
      const found = await leave(KEPT);
      expect(found !== undefined && isPlanted(found)).toBe(true);
    });

    it("and leaves the user's at most, where they are squashed", async () => {
      const found = await leave(SQUASHED);
      expect(found === undefined).toBe(what.endsWith(" device"));
      if (found === undefined) return;
      expect(isPlanted(found)).toBe(false);
      expect([found.uid, found.gid, found.isDevice, found.hasCapabilities]).toEqual([USER, GROUP, false, false]);
    });
  });

  it("sees files of the host's user as the user's, and leaves the user's own writes the user's", async () => {
    expect(await run(`stat -c '%u:%g' ${SQUASHED}/from-host`)).toBe(`${USER}:${USER}`);
    await asUser(
      `mkdir ${SQUASHED}/new; echo new >${SQUASHED}/new/file; chmod 700 ${SQUASHED}/new/file; mv ${SQUASHED}/from-host ${SQUASHED}/new`,
    );
    expect(readFileSync(onHost(SQUASHED, "new/file"), "utf8")).toBe("new\n");
    expect(readFileSync(onHost(SQUASHED, "new/from-host"), "utf8")).toBe("work\n");
    const { uid, gid, mode } = lstatSync(onHost(SQUASHED, "new/file"));
    expect([uid, gid, mode & 0o777]).toEqual([USER, GROUP, 0o700]);
  });

  it("can write nothing to what is read-only", async () => {
    expect(await run(`cat ${READ_ONLY}/from-host`)).toBe("data");
    for (const command of ["touch new", "rm from-host", "chmod 777 from-host", "mount -o remount,rw . && touch new"])
      await expect(run(`cd ${READ_ONLY} && ${command}`)).rejects.toThrow(/Read-only file system/);
    expect(readFileSync(onHost(READ_ONLY, "from-host"), "utf8")).toBe("data\n");
  });

  it("can make nothing in a folder that is root's on the host", async () => {
    await expect(run(`touch ${OF_ROOT}/new`)).rejects.toThrow(/Permission denied/);
  });

  it("can make a program setuid that is root's on the host already", async () => {
    await run(`cd ${SQUASHED} && cat /bin/true >of-root && chmod 4755 of-root`);
    const { uid, mode } = lstatSync(onHost(SQUASHED, "of-root"));
    expect([uid, mode & 0o7777]).toEqual([0, 0o4755]);
  });

  it("has the guest's host keys for itself", async () => {
    await expect(asUser(`cat ${HOST_KEYS}/ssh_host_ed25519_key`)).rejects.toThrow(/Permission denied/);
    await expect(asUser(`ls ${HOST_KEYS}`)).rejects.toThrow(/Permission denied/);
    await expect(run(`touch ${HOST_KEYS}/new`)).rejects.toThrow(/Read-only file system/);
  });
});
