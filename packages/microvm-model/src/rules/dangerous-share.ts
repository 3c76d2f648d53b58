import type { Rule } from "./rule.js";
import { asMounted, placesOf } from "../common/as-mounted.js";
import type { ConfigSource } from "./config-source.js";
import { dangersOf } from "../catalogue/dangerous-folders.js";
import { type FolderIndex, indexFolders } from "../common/folder-index.js";
import { ownName, reasonAt } from "../plan/own-folders.js";
import type { HostPlan, SharePlan, ShareRole, VmPlan } from "../plan/plan.js";
import { type ConfigPath, type Problem, type RelatedPlace, problem } from "../problems/problem.js";

/**
 * A share gives a reason for a danger that is not known
 *
 * `dangerous` says why a VM has a folder that would be [an error](dangerous-share.md) otherwise. Where it would be none, the reason tells readers of
 * a danger that is not there, and would let one pass that comes later. Of a writable share nothing is told: its danger may lie in where the config
 * is, which is not the same on every machine.
 *
 * ## Fails
 *
 * ```ts vm
 * { shares: [{ tag: "data", source: "/srv/data", readOnly: true, dangerous: "it needs the data" }] }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { shares: [{ tag: "data", source: "/srv/data", readOnly: true }] }
 * ```
 */
const needlessDangerous = problem("needless-dangerous", "warning");

/**
 * A share holds what no guest should have
 *
 * What is told as dangerous, for the share itself, for what it lies in and, but for folders as `/var`, for what lies in it:
 *
 * - the home of a user, whole; SSH and GnuPG keys, browser profiles, password stores, credentials of clouds, forges, registries and
 *   containers, logins and hooks of agents (`~/.claude`), mail and wallets in it; for writing, what starts there by itself or is run by name, such as `~/.bashrc`,
 *   `~/.config/systemd`, `~/.gitconfig`, `~/.config/nvim` and `~/.local/bin`;
 * - `/etc`, `/root`, `/boot`, `/dev`, `/proc`, `/sys`, `/nix/var`, `/usr` and, whole, `/home`, `/media`, `/mnt`, `/run`, `/tmp`, `/var`
 *   and `/var/lib`;
 * - control sockets, such as Docker's, folders that firewall rules are loaded from, and what containers and well-known services keep in `/var/lib`;
 * - secrets below `/run`, host keys of VMs, and the folders in which microvm.nix keeps VMs; a VM may have a folder of its own there, such as `home`, with no
 *   image and no socket in it;
 * - what is another VM's own: its workspace, its SSH host keys, its agent's login, its disks; also one that both VMs name as theirs, but for a
 *   login that agents are to have in common;
 * - for writing, what this host is made of, as below.
 *
 * A share is held against all this by where it leads as well, where its path is a link or lies behind one.
 *
 * What a host is made of is found on the machine that reads the config:
 *
 * - the config with what it imports by path, its lock, `package.json` and git's folder of it, and each `node_modules` from there up to `/`, with packages
 *   that are links to elsewhere;
 * - the folder that the flake is written to, and inputs by path, such as `path:../dotfiles` or `git+file:///srv/lib`, whole;
 * - modules by path, the files that they name in turn, if these lie in the config's git work tree or, without git, below its folder, and folders with a
 *   `default.nix`; of a folder that the config is in, that file alone;
 * - microvm-emit itself, with what it keeps in `~/.cache/microvm-emit`.
 *
 * Files that Nix names by an expression, such as `./${name}.nix`, or that lie in a folder without `default.nix`, are a warning,
 * [`unfollowed-module`](unfollowed-module.md). Not found are files that a config reads by itself, such as with `readFileSync`, or runs, and what an
 * input names outside of itself. Keep these where no VM writes. A program that calls `emit` has to give what
 * it knows of these in `sources` and of links in `realPath`; without, a share is held against the list at the top alone, by its path as it is written.
 *
 * `readOnly` helps where the danger is that somebody writes, in `/usr`, `/nix/var` and what starts by itself, and not where there is
 * something to read. A share says by `dangerous` why it is there all the same.
 *
 * ## Fails
 *
 * ```ts vm
 * { workspace: "/home/alice" }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { workspace: "/home/alice/src/project" }
 * ```
 */
const dangerousShare = problem("dangerous-share", "error");

/** A VM is there so that an agent has some folders and not all: what holds more than was meant is shared with a reason only. */
export const check: Rule = (host, { sources, realPath }) => {
  const finders = [
    tableOf(host, realPath),
    ofSources(
      indexFolders(
        sources
          .filter(({ unfollowed }) => unfollowed === undefined)
          .map(({ path, what }) => ({ folder: asMounted(path), what })),
      ),
    ),
    ofOthers(host.vms.map((vm, position) => ownOf(vm, position, realPath))),
  ];
  const dangerOf = (share: Shared): Danger | null => {
    const real = realPath(share.source);
    for (const folder of placesOf(share.source, realPath)) {
      const danger = finders.reduce<Found | null>((found, find) => found ?? find({ ...share, folder }), null);
      const where = folder === asMounted(share.source) ? share.source : `${share.source} leads to ${real}, and that`;
      if (danger !== null) return { ...danger, message: `${where} ${danger.how}` };
    }
    return null;
  };
  return host.vms.flatMap(({ storage: { shares } }, position) =>
    shares.flatMap((share): readonly Problem[] => {
      const danger = dangerOf({ ...share, position });
      if (danger === null)
        // What is writable may be dangerous on the machine that has the config in it, and not on this one.
        return share.dangerous === null || !share.readOnly
          ? []
          : [
              needlessDangerous(
                [...share.path, "dangerous"],
                `Nothing is known to be dangerous about ${share.source}`,
                "Leave `dangerous` out.",
              ),
            ];
      if (share.dangerous !== null) return [];
      const remedy = `${danger.instead ?? "Make a folder for the VM, such as ~/microvm/data"}${reasonAt(share)}.`;
      return [dangerousShare(share.path, danger.message, remedy, danger.related)];
    }),
  );
};

/** A share of the VM at a position. */
interface Shared extends SharePlan {
  readonly position: number;
}

/** What is looked for: a share, by one of the places that its folder is. */
type Find = (share: Shared & { readonly folder: string }) => Found | null;

interface Found {
  /** Reads on from the folder. */
  readonly how: string;
  readonly instead: string | null;
  readonly related: readonly RelatedPlace[];
}

interface Danger extends Found {
  readonly message: string;
}

/** By the table of folders that are no guest's, whoever shares them. */
const tableOf = (host: HostPlan, realPath: ConfigSource["realPath"]): Find => {
  const [vm] = host.vms;
  if (vm === undefined) return () => null;
  const [{ name: user, homeDirectory: directory }] = vm.guest.users;
  const dangerOf = dangersOf({ user, directory }, host.stateDirectory, realPath);
  const isOfVm = ownFoldersOf(host, realPath);
  return ({ folder, readOnly, role, position }) => {
    const setting = isOfVm(folder, position) ? "stateDirectory" : role;
    const danger = dangerOf({ source: folder, readOnly, setting });
    return danger === null ? null : { ...danger, related: [] };
  };
};

/** Whether a folder is one of a VM's own in `stateDirectory`, with nothing in it that the host runs or opens for the VM. */
const ownFoldersOf = (
  { vms, stateDirectory }: HostPlan,
  realPath: ConfigSource["realPath"],
): ((folder: string, position: number) => boolean) => {
  const ofVms = vms.map(({ name }) => placesOf(`${stateDirectory}/${name}`, realPath));
  const files = indexFolders(
    vms.flatMap(({ name, storage: { volumes, shares } }) =>
      [...volumes.map(({ image }) => image), ...shares.flatMap(({ socket }) => socket ?? [])]
        .map((file) => (file.startsWith("/") ? file : `${stateDirectory}/${name}/${file}`))
        .flatMap((file) => placesOf(file, realPath))
        .map((file) => ({ folder: file })),
    ),
  );
  return (folder, position) =>
    (ofVms[position] ?? []).some((own) => {
      const [first = ""] = folder.startsWith(`${own}/`) ? folder.slice(own.length + 1).split("/") : [];
      return first !== "" && !ofMicrovmNix.has(first);
    }) && [files.at, files.around, files.within].every((find) => find(folder).length === 0);
};

/** What microvm.nix keeps in a VM's folder, and runs as root (nixos-modules/host, pkgs/microvm-command.nix). */
const ofMicrovmNix: ReadonlySet<string> = new Set(["booted", "current", "flake", "old", "toplevel"]);

/** A file or folder, and what it is. */
interface Known {
  readonly folder: string;
  readonly what: string;
}

/** Whoever changes what a host is made of has the next switch run what they like, as root. */
const ofSources =
  (sources: FolderIndex<Known>): Find =>
  ({ folder, readOnly }) => {
    const found = readOnly ? undefined : firstRelated(sources, folder);
    return found === undefined
      ? null
      : { how: `${found.how}, which the guest could change`, instead: "Keep that where no VM writes", related: [] };
  };

/** What is a VM's own is no other's; of two VMs that name one folder as theirs, the later is told of, once. */
const ofOthers = (owned: readonly (readonly Own[])[]): Find => {
  const isLogin = ({ role }: Own): boolean => role === "agent";
  const all = owned.flat();
  const logins = indexFolders(all.filter(isLogin));
  const others = indexFolders(all.filter((own) => !isLogin(own)));
  return (share) => {
    const { folder, position } = share;
    const isOwn = ownName(share) !== undefined;
    if (!isOwn && (owned[position] ?? []).some((own) => folder === own.folder || folder.startsWith(`${own.folder}/`)))
      return null;
    const isAnothers = ({ vm, role }: Own): boolean =>
      vm.position !== position && !(isOwn && role !== null && position < vm.position);
    const found =
      firstRelated(others, folder, isAnothers) ??
      // A login that VMs are to have in common.
      firstRelated(share.role === "agent" ? { ...logins, at: () => [] } : logins, folder, isAnothers);
    return found === undefined
      ? null
      : {
          how: `${found.how} of the VM ${found.known.vm.name}`,
          instead: isOwn ? "Give each VM one of its own" : null,
          related: [{ path: found.known.path, note: `${found.known.what} of ${found.known.vm.name}` }],
        };
  };
};

const relations = {
  at: ({ what }: Known) => `is ${what}`,
  around: ({ folder, what }: Known) => `lies in ${folder}, ${what}`,
  within: ({ folder, what }: Known) => `holds ${folder}, ${what}`,
};

/** The first that a folder is, lies in or holds; a host of many VMs has many, so that none but this is put into words. */
const firstRelated = <K extends Known>(
  index: FolderIndex<K>,
  folder: string,
  isMeant: (known: K) => boolean = () => true,
): { readonly known: K; readonly how: string } | undefined => {
  for (const relation of ["at", "around", "within"] as const) {
    const known = index[relation](folder).find(isMeant);
    if (known !== undefined) return { known, how: relations[relation](known) };
  }
  return undefined;
};

interface Own extends Known {
  readonly vm: { readonly name: string; readonly position: number };
  readonly path: ConfigPath;
  /** Null for a disk. */
  readonly role: ShareRole | null;
}

const ownOf = (
  { name, storage: { shares, volumes } }: VmPlan,
  position: number,
  realPath: ConfigSource["realPath"],
): readonly Own[] => {
  const vm = { name, position };
  return [
    ...shares.flatMap((share) => {
      const what = ownName(share);
      return what === undefined ? [] : [{ source: share.source, what, path: share.path, role: share.role }];
    }),
    // Those of relative paths lie in VMs' folders, which are no share's at all.
    ...volumes.flatMap(({ image, path }) =>
      image.startsWith("/") ? [{ source: image, what: "a disk", path, role: null }] : [],
    ),
  ].flatMap(({ source, ...own }) => placesOf(source, realPath).map((folder) => ({ vm, folder, ...own })));
};
