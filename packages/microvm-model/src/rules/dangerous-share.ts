import type { Rule } from "./rule.js";
import { asMounted, placesOf } from "../common/as-mounted.js";
import type { ConfigSource } from "./config-source.js";
import { dangersOf } from "../catalogue/dangerous-folders.js";
import { type FolderIndex, indexFolders } from "../common/folder-index.js";
import { ownName, reasonAt } from "../plan/own-folders.js";
import type { HostPlan, SharePlan, ShareRole, VmPlan } from "../plan/plan.js";
import { type ConfigPath, type Problem, type RelatedPlace, problem } from "../problems/problem.js";

/**
 * Reason for a harmless share
 *
 * `dangerous` gives the reason for a share that would otherwise be [an error](dangerous-share.md). On a harmless share,
 * it misleads readers and would hide a later error. Writable shares are not checked, because their danger depends on
 * the machine that reads the config.
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
 * Dangerous share
 *
 * A share, a folder around it, or a folder inside it must not be one of these:
 *
 * - a whole home; in a home: SSH and GnuPG keys, browser profiles, password stores, credentials of clouds, forges,
 *   registries and containers, logins and hooks of agents (`~/.claude`), mail and wallets; if the share is writable,
 *   also files that run automatically or by name, such as `~/.bashrc`, `~/.config/systemd`, `~/.gitconfig`,
 *   `~/.config/nvim` and `~/.local/bin`
 * - `/etc`, `/root`, `/boot`, `/dev`, `/proc`, `/sys`, `/nix/var`, `/usr`; as a whole, `/home`, `/media`, `/mnt`,
 *   `/run`, `/tmp`, `/var` and `/var/lib`
 * - control sockets, such as Docker's; folders of firewall rules; data of containers and well-known services in
 *   `/var/lib`
 * - secrets below `/run`, SSH host keys of VMs, and microvm.nix's folders of VMs; a VM may share a subfolder of that VM,
 *   such as `home`, without images and sockets
 * - a workspace, SSH host keys, an agent login or a disk of another VM; VMs may share one agent login
 * - if the share is writable, files that this host is built from
 *
 * microvm-emit follows symlinks, so it also checks the target of a share.
 *
 * microvm-emit finds the files that a host is built from on the machine that reads the config:
 *
 * - the config, files that it imports by path, its lock, `package.json`, its git folder, and every `node_modules` from
 *   there up to `/`, with linked packages
 * - the output folder, and inputs by path, such as `path:../dotfiles` or `git+file:///srv/lib`
 * - modules by path, and the files and folders that they name, if these are in the config's git work tree or, without
 *   git, below its folder
 * - microvm-emit itself and `~/.cache/microvm-emit`
 *
 * A file that Nix names by an expression, such as `./${name}.nix`, or a folder without `default.nix` gives the warning
 * [`unfollowed-module`](unfollowed-module.md). microvm-emit does not find files that the config reads, such
 * as with `readFileSync`, and files outside of an input that the input names. Keep these outside of every VM's shares. A program that
 * calls `emit` must pass `sources` and `realPath`; without them, only the list above is checked.
 *
 * `readOnly` is enough for `/usr`, `/nix/var` and files that run automatically. It is not enough for data that the guest
 * must not read. If a VM needs the folder, give the reason in `dangerous`.
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
      const where = folder === asMounted(share.source) ? share.source : `${share.source} resolves to ${real}, which`;
      if (danger !== null) return { ...danger, message: `${where} ${danger.how}` };
    }
    return null;
  };
  return host.vms.flatMap(({ storage: { shares } }, position) =>
    shares.flatMap((share): readonly Problem[] => {
      const danger = dangerOf({ ...share, position });
      if (danger === null)
        // A writable share may be dangerous only on the machine that contains the config.
        return share.dangerous === null || !share.readOnly
          ? []
          : [
              needlessDangerous(
                [...share.path, "dangerous"],
                `${share.source} is not known to be dangerous`,
                "Remove `dangerous`.",
              ),
            ];
      if (share.dangerous !== null) return [];
      const remedy = `${danger.instead ?? "Make a folder for the VM, such as ~/microvm/data"}${reasonAt(share)}.`;
      return [dangerousShare(share.path, danger.message, remedy, danger.related)];
    }),
  );
};

/** A share of the VM at a position of the host's list. */
interface Shared extends SharePlan {
  readonly position: number;
}

/** Looks for a danger of a share; `folder` is one of the real paths of its source. */
type Find = (share: Shared & { readonly folder: string }) => Found | null;

interface Found {
  /** Follows the folder in the message. */
  readonly how: string;
  readonly instead: string | null;
  readonly related: readonly RelatedPlace[];
}

interface Danger extends Found {
  readonly message: string;
}

/** Finds folders of the catalogue. */
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

/** True for a VM's own folder in `stateDirectory`, unless the host runs or opens files in it. */
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
    }) && [files.at, files.within].every((find) => find(folder).length === 0);
};

/** Entries that microvm.nix runs as root (nixos-modules/host, pkgs/microvm-command.nix). */
const ofMicrovmNix: ReadonlySet<string> = new Set(["booted", "current", "flake", "old", "toplevel"]);

/** A file or folder with a description. */
interface Known {
  readonly folder: string;
  readonly what: string;
}

/** Finds sources of the host: the next switch would run a guest's changes as root. */
const ofSources =
  (sources: FolderIndex<Known>): Find =>
  ({ folder, readOnly }) => {
    const found = readOnly ? undefined : firstRelated(sources, folder);
    return found === undefined
      ? null
      : {
          how: `${found.how}, which the guest could change`,
          instead: "Keep these files outside of every writable share",
          related: [],
        };
  };

/** Finds folders of other VMs; of two VMs with one folder, it reports the second. */
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
      // VMs may share one agent login.
      firstRelated(share.role === "agent" ? { ...logins, at: () => [] } : logins, folder, isAnothers);
    return found === undefined
      ? null
      : {
          how: `${found.how} of the VM ${found.known.vm.name}`,
          instead: isOwn ? "Give each VM its own folder" : null,
          related: [{ path: found.known.path, note: `${found.known.what} of ${found.known.vm.name}` }],
        };
  };
};

const relations = {
  at: ({ what }: Known) => `is ${what}`,
  around: ({ folder, what }: Known) => `is in ${folder}, ${what}`,
  within: ({ folder, what }: Known) => `contains ${folder}, ${what}`,
};

/** The first known folder that equals, contains or is inside the folder; only this one is put into words, for speed. */
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
    // Relative images are in folders of VMs, which shares cannot contain.
    ...volumes.flatMap(({ image, path }) =>
      image.startsWith("/") ? [{ source: image, what: "a disk", path, role: null }] : [],
    ),
  ].flatMap(({ source, ...own }) => placesOf(source, realPath).map((folder) => ({ vm, folder, ...own })));
};
