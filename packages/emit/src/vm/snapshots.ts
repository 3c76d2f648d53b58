import { basename, join } from "node:path";
import { Failed } from "../report/failure.js";
import type { FoundVm } from "./find.js";
import { capture } from "./machine.js";
import { imagesOf } from "./reset.js";
import { privileged } from "./units.js";

/** Copies of the disk images of a VM. */
export interface Snapshot {
  readonly label: string;
  /** Time of the copy, in ISO 8601. */
  readonly created: string;
}

/** In the folder of the VM. A file system can then share the blocks of a copy with its original (reflink). */
const folderOf = ({ stateDir, name }: FoundVm): string => join(stateDir, name, ".snapshots");

/** Microvm.nix's owner of images. */
const imageOwner = "microvm:kvm";

/** Labels become names of folders. */
export const isLabel = (text: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/.test(text);

/** The snapshots of a VM, oldest first. Throws {@link Failed} `snapshots-untrusted` unless root owns their folder. */
export const snapshotsOf = async (vm: FoundVm): Promise<readonly Snapshot[]> => {
  const folder = folderOf(vm);
  const { machine } = vm.host;
  const { exitCode, stdout: kind } = await capture(machine, ["stat", "-c", "%u %F", "--", folder]);
  if (exitCode !== 0) return [];
  // The hypervisor can create files in the folder of its VM, but not replace those of root.
  if (kind.trim() !== "0 directory") throw new Failed({ kind: "snapshots-untrusted", folder, host: machine.name });
  const { stdout } = await capture(machine, [
    "find",
    folder,
    ...["-mindepth", "1", "-maxdepth", "1", "-type", "d", "-printf", String.raw`%T@ %f\0`],
  ]);
  return stdout
    .split("\0")
    .flatMap((entry) => {
      const [seconds = "", label = ""] = entry.split(" ");
      return isLabel(label) ? [{ label, time: Number(seconds) }] : [];
    })
    .sort((a, b) => a.time - b.time)
    .map(({ label, time }) => ({ label, created: new Date(time * 1000).toISOString() }));
};

/** Files without symlinks, by name. */
const filesIn = async ({ host }: FoundVm, paths: readonly string[]): Promise<readonly string[]> => {
  if (paths.length === 0) return [];
  const { stdout } = await capture(host.machine, [
    "find",
    ...paths,
    "-maxdepth",
    "1",
    "-type",
    "f",
    "-printf",
    "%p\\0",
  ]);
  return stdout
    .split("\0")
    .filter((path) => path !== "")
    .sort();
};

/** Copies a file as root. The copy shares the blocks of its original if the file system can do that. */
const copy = async ({ host: { machine } }: FoundVm, from: string, to: string): Promise<void> => {
  await privileged(machine, ["rm", "-f", "--", to]);
  await privileged(machine, ["touch", "--", to]);
  // On btrfs, images are not copy-on-write, and only such files can share blocks with them.
  await privileged(machine, ["chattr", "-f", "+C", "--", to]).catch(() => undefined);
  await privileged(machine, [
    "cp",
    ...["--reflink=auto", "--sparse=always", "--no-dereference", "--preserve=mode,timestamps", "--"],
    from,
    to,
  ]);
};

/** Throws {@link Failed} `snapshot-exists` if the VM has a snapshot with this label. */
export const requireNewLabel = async (vm: FoundVm, label: string): Promise<void> => {
  if ((await snapshotsOf(vm)).some((snapshot) => snapshot.label === label))
    throw new Failed({ kind: "snapshot-exists", vm: vm.name, label });
};

export interface Made {
  /** The images in the snapshot. */
  readonly images: readonly string[];
  /** The images outside the folder of the VM, which the snapshot does not contain. */
  readonly left: readonly string[];
}

/** Copies the disk images of a stopped VM. */
export const makeSnapshot = async (vm: FoundVm, label: string): Promise<Made> => {
  const { machine } = vm.host;
  const folder = folderOf(vm);
  const making = join(folder, ".new");
  await privileged(machine, ["mkdir", "-p", "-m", "0755", "--", folder]);
  // The hypervisor can have created the folder first.
  await requireNewLabel(vm, label);
  const { own, kept } = imagesOf(vm, true);
  const images = await filesIn(vm, own);
  // The build of the guest that the image of a store overlay belongs to (image.sh).
  const builds = await filesIn(
    vm,
    own.map((image) => `${image}.system`),
  );
  await privileged(machine, ["rm", "-rf", "--", making]);
  await privileged(machine, ["mkdir", "-m", "0755", "--", making]);
  for (const path of [...images, ...builds]) await copy(vm, path, join(making, basename(path)));
  await privileged(machine, ["mv", "-T", "--", making, join(folder, label)]);
  return { images, left: kept };
};

export interface Restored {
  readonly restored: readonly string[];
  /** The image with the repository of the VM, which stays unchanged. */
  readonly kept: readonly string[];
}

/** Replaces the disk images of a stopped VM by those of a snapshot. */
export const restoreSnapshot = async (vm: FoundVm, label: string, withWorkspace: boolean): Promise<Restored> => {
  const { machine } = vm.host;
  const { workspace } = imagesOf(vm, withWorkspace);
  const found = await filesIn(vm, [join(folderOf(vm), label)]);
  const targets = found.map((from) => ({ from, to: join(vm.stateDir, vm.name, basename(from)) }));
  const wanted = targets.filter(({ to }) => withWorkspace || to !== workspace);
  for (const { from, to } of wanted) {
    const temporary = `${to}.restored`;
    await copy(vm, from, temporary);
    await privileged(machine, ["chown", imageOwner, "--", temporary]);
    await privileged(machine, ["mv", "-T", "--", temporary, to]);
  }
  const isImage = (path: string): boolean => !path.endsWith(".system");
  return {
    restored: wanted.map(({ to }) => to).filter(isImage),
    kept: targets.filter((target) => !wanted.includes(target)).map(({ to }) => to),
  };
};

export const deleteSnapshot = async (vm: FoundVm, label: string): Promise<void> => {
  await privileged(vm.host.machine, ["rm", "-rf", "--", join(folderOf(vm), label)]);
};

/** Throws {@link Failed} `snapshot-unknown` unless the VM has the snapshot. */
export const requireSnapshot = async (vm: FoundVm, label: string): Promise<Snapshot> => {
  const known = await snapshotsOf(vm);
  const found = known.find((snapshot) => snapshot.label === label);
  if (found !== undefined) return found;
  throw new Failed({ kind: "snapshot-unknown", vm: vm.name, label, known: known.map((snapshot) => snapshot.label) });
};
