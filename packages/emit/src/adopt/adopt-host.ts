import { relative } from "node:path";
import type { Note } from "../report/adoption-notes.js";
import type { AdoptedVm, Settings } from "./adopted.js";
import { adoptVm, isRelease, nothing } from "./adopt-vm.js";
import { oldBridges } from "./host-network.js";
import { present } from "./option-values.js";
import type { HostReading, VmReading } from "./reading.js";

/** A host as a config. */
export interface AdoptedHost {
  readonly config: Settings;
  readonly user: string;
  readonly vms: readonly AdoptedVm[];
  readonly notes: readonly Note[];
}

export interface Place {
  /** The folder of the config; null if no local flake has the host. */
  readonly configDir: string | null;
  /** The root of the flake's source on this machine. */
  readonly root: string;
}

/** Settings that keep a VM as it was on the old host, against the defaults of a config. */
const asBefore = ({ interfaces }: Settings): Settings => ({
  workspace: false,
  sshHostKeys: false,
  // Without an interface, a policy has no effect.
  ...(Array.isArray(interfaces) && interfaces.length > 0 && { network: "open" }),
  guest: "own",
});

/** A host with its VMs as a config that another flake imports. */
export const adoptHost = (name: string, host: HostReading, place: Place): AdoptedHost => {
  const bridges = oldBridges(host);
  const found = Object.values(host.vms).map((vm) => ({ vm, modules: modulesOf(host, vm, place) }));
  const adopted = found.flatMap(({ vm, modules }) => {
    if (modules.kind === "kept") return [];
    const one = adoptVm(host, vm, bridges);
    return [
      {
        ...one,
        vm: {
          ...one.vm,
          settings: { ...one.vm.settings, ...(modules.paths.length > 0 && { modules: modules.paths }) },
        },
      },
    ];
  });
  const gateways = new Map(adopted.flatMap((one) => [...one.gateways]));
  const used = new Set(adopted.flatMap(({ vm }) => bridgesIn(vm.settings)));
  const account = accountOf(host);
  const vms = withUniqueIndexes(adopted.map(({ vm }) => vm));
  const settings = vms.map((vm) => ({ ...asBefore(vm.settings), ...vm.settings }));
  const defaults = equalParts(settings);
  return {
    config: {
      flake: false,
      hosts: {
        [name]: present({
          system: host.system === "x86_64-linux" ? undefined : host.system,
          stateVersion: isRelease(host.stateVersion) ? host.stateVersion : host.stateVersion.slice(0, 5),
          user: account.settings,
          stateDirectory: host.stateDirectory === "/var/lib/microvms" ? undefined : host.stateDirectory,
          startupTimeoutSeconds: host.startupTimeoutSeconds === 150 ? undefined : host.startupTimeoutSeconds,
          useNotifySockets: host.useNotifySockets || undefined,
          bridges:
            used.size === 0
              ? undefined
              : Object.fromEntries(
                  bridges
                    .filter((bridge) => used.has(bridge.name))
                    .map((bridge) => [
                      bridge.name,
                      present({ existing: true, address: bridge.address, gateway: gateways.get(bridge.name) }),
                    ]),
                ),
          silence: { "no-login": "logins stay in the guests' modules" },
          vmDefaults: Object.keys(defaults).length === 0 ? undefined : withNull(defaults),
          vms: Object.fromEntries(
            vms.map((vm, at) => [
              vm.name,
              withNull(
                Object.fromEntries(Object.entries(settings[at] ?? {}).filter(([key]) => !Object.hasOwn(defaults, key))),
              ),
            ]),
          ),
        }),
      },
    },
    user: account.name,
    vms,
    notes: [
      ...account.notes,
      ...found.flatMap(({ vm, modules }): Note[] =>
        modules.kind === "kept"
          ? [{ vm: vm.name, subject: `microvm.vms.${vm.name}`, reason: modules.reason }]
          : modules.notes.map((reason) => ({ vm: vm.name, subject: "modules", reason })),
      ),
      ...vms.flatMap(({ notes }) => notes),
    ],
  };
};

/** Omits equal indexes of VMs in different networks; the lock gives them new ones. */
const withUniqueIndexes = (vms: readonly AdoptedVm[]): readonly AdoptedVm[] => {
  const indexes = vms.map(({ settings }) => settings["index"]);
  return vms.map((vm) => {
    const { index, ...settings } = vm.settings;
    return indexes.filter((other) => other === index).length > 1 ? { ...vm, settings } : vm;
  });
};

/** The modules of a VM for the config, or the reason why the VM stays in another flake. */
type Modules =
  | { readonly kind: "adopted"; readonly paths: readonly string[]; readonly notes: readonly string[] }
  | { readonly kind: "kept"; readonly reason: string };

const modulesOf = (host: HostReading, vm: VmReading, { configDir, root }: Place): Modules => {
  switch (vm.kind) {
    case "config":
      return { kind: "adopted", paths: [], notes: [] };
    case "evaluatedConfig":
      return { kind: "kept", reason: "stays unchanged: adopt cannot read the modules of an `evaluatedConfig`" };
    case "flake": {
      if (vm.modules === null || configDir === null)
        return { kind: "kept", reason: "stays unchanged: adopt cannot read the modules from its flake" };
      const own = [...new Set(vm.modules)].filter((file) => file.startsWith(`${host.source}/`));
      const files = own.map((file) => `${root}/${file.slice(host.source.length + 1)}`);
      const paths = files.filter((file) => !file.endsWith("/flake.nix"));
      return {
        kind: "adopted",
        paths: paths.map((file) => {
          const path = relative(configDir, file);
          return path.startsWith(".") ? path : `./${path}`;
        }),
        notes: [
          ...(paths.length < files.length ? ["lack those written inside flake.nix; move them to files"] : []),
          "lack arguments of its system (`specialArgs`) and modules of other flakes; add them",
        ],
      };
    }
  }
};

const bridgesIn = ({ interfaces }: Settings): readonly string[] =>
  Array.isArray(interfaces)
    ? interfaces.flatMap((one: Settings) => (typeof one["bridge"] === "string" ? [one["bridge"]] : []))
    : [];

/** The owner of the VMs: the host's first normal user. */
const accountOf = (
  host: HostReading,
): { readonly name: string; readonly settings: Settings; readonly notes: readonly Note[] } => {
  const users = Object.entries(host.accounts).toSorted(([, a], [, b]) => (a.uid ?? 1e9) - (b.uid ?? 1e9));
  const [first] = users;
  if (first === undefined) {
    const reason = "the host declares no normal user; declare users.users.admin or name another one in the config";
    return { name: "admin", settings: { name: "admin" }, notes: [{ vm: null, subject: "user", reason }] };
  }
  const [name, { uid, gid, group, home }] = first;
  return {
    name,
    settings: present({
      name,
      uid,
      gid,
      group: group === "users" ? undefined : group,
      homeDirectory: home === `/home/${name}` ? undefined : home,
    }),
    notes:
      users.length === 1
        ? []
        : [{ vm: null, subject: "user", reason: `${name} is the first of ${String(users.length)} users of the host` }],
  };
};

/** The settings that all VMs have in common; none for fewer than two VMs. */
const equalParts = ([first, ...others]: readonly Settings[]): Settings =>
  first === undefined || others.length === 0
    ? {}
    : Object.fromEntries(
        Object.entries(first).filter(
          ([key, value]) => key !== "index" && others.every((other) => isEqual(other[key], value)),
        ),
      );

const isEqual = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));

const withNull = (settings: Settings): Settings =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, value === nothing ? null : value]));
