import { isDeepStrictEqual } from "node:util";
import { agents, type ConfigPath, formatPath, type Lock, toolchains } from "@microvm-emit/model";
import { isRecord } from "@microvm-emit/model/internal";
import { Failed } from "../../report/failure.js";
import type { Settings, VmAt } from "./editor.js";
import { uniqueSettings } from "./unique-settings.js";

/** A change as typed. */
export type Request =
  | {
      readonly kind: "add";
      readonly name: string;
      readonly host: string | undefined;
      readonly agent: string | undefined;
      readonly toolchains: readonly string[];
      /** The clone of the repository that it works on. */
      readonly clone: string | undefined;
      /** The VM whose settings the new one gets. */
      readonly like: string | undefined;
    }
  | { readonly kind: "remove"; readonly name: string; readonly host: string | undefined }
  | { readonly kind: "rename"; readonly name: string; readonly to: string; readonly host: string | undefined }
  | { readonly kind: "move"; readonly name: string; readonly to: string; readonly host: string | undefined }
  | {
      readonly kind: "allow";
      readonly name: string;
      /** An entry of `allow`. */
      readonly entry: string;
      readonly host: string | undefined;
    };

/** A change, with all names found in the config. */
export type Change =
  | { readonly kind: "add"; readonly vm: VmAt; readonly settings: Settings; readonly copied: Copied | undefined }
  | { readonly kind: "remove"; readonly vm: VmAt }
  | {
      readonly kind: "rename";
      readonly vm: VmAt;
      readonly to: string;
      readonly settings: Settings;
      /** The texts with the VM's name, each with its replacement. */
      readonly references: readonly Reference[];
    }
  | { readonly kind: "move"; readonly vm: VmAt; readonly to: string }
  | {
      readonly kind: "allow";
      readonly vm: VmAt;
      readonly entry: string;
      /** The VM's own entries, without those of `vmDefaults`. */
      readonly present: readonly unknown[];
    };

interface Copied {
  readonly vm: VmAt;
  /** The settings that no two VMs may share. */
  readonly leftOut: readonly ConfigPath[];
}

interface Reference {
  readonly path: ConfigPath;
  readonly from: string;
  readonly to: string;
}

type Data = Readonly<Record<string, unknown>>;

/** Finds the names of a request in a config as loaded. Throws {@link Failed}. */
export const changeOf = (request: Request, file: string, config: unknown, lock: Lock): Change => {
  const hosts = Object.keys(dataAt(config, "hosts"));
  const requireHost = (host: string): string => {
    if (!hosts.includes(host)) throw unknownName("host", host, hosts);
    return host;
  };
  const hostFor = (typed: string | undefined): string => {
    if (typed !== undefined) return requireHost(typed);
    const [only] = hosts;
    if (only === undefined || hosts.length > 1) throw new Failed({ kind: "host-needed", file, hosts });
    return only;
  };
  const vmsOf = (host: string): Data => dataAt(config, "hosts", host, "vms");
  const vmAt = (name: string, typed: string | undefined, preferred?: string): VmAt => {
    const among = typed === undefined ? hosts : [requireHost(typed)];
    const holders = among.filter((host) => Object.hasOwn(vmsOf(host), name));
    const host = preferred !== undefined && holders.includes(preferred) ? preferred : holders[0];
    if (host === undefined)
      throw unknownName("VM", name, [...new Set(among.flatMap((one) => Object.keys(vmsOf(one))))]);
    if (holders.length > 1 && host !== preferred) throw new Failed({ kind: "host-needed", file, hosts: holders });
    return { host, name };
  };
  const requireFree = ({ host, name }: VmAt): void => {
    if (Object.hasOwn(vmsOf(host), name)) throw new Failed({ kind: "name-taken", file, host, name });
  };

  switch (request.kind) {
    case "add": {
      const vm = { host: hostFor(request.host), name: request.name };
      requireFree(vm);
      const settings = newSettings(request);
      if (request.like === undefined) return { kind: "add", vm, settings, copied: undefined };
      const like = vmAt(request.like, undefined, vm.host);
      const leftOut = uniqueSettings(dataAt(config, "hosts", like.host, "vms", like.name));
      return { kind: "add", vm, settings, copied: { vm: like, leftOut } };
    }
    case "remove":
      return { kind: "remove", vm: vmAt(request.name, request.host) };
    case "rename": {
      const vm = vmAt(request.name, request.host);
      requireFree({ ...vm, name: request.to });
      const former = formerName(vm, dataAt(config, "hosts", vm.host, "vms", vm.name), lock);
      return {
        kind: "rename",
        vm,
        to: request.to,
        settings: former === undefined ? [] : [["renamedFrom", former]],
        references: referencesTo(vm, request.to, dataAt(config, "hosts", vm.host)),
      };
    }
    case "move": {
      const to = requireHost(request.to);
      const vm = vmAt(request.name, request.host ?? otherHost(hosts, to));
      requireFree({ host: to, name: vm.name });
      return { kind: "move", vm, to };
    }
    case "allow": {
      const vm = vmAt(request.name, request.host);
      const { allow } = dataAt(config, "hosts", vm.host, "vms", vm.name);
      return { kind: "allow", vm, entry: request.entry, present: Array.isArray(allow) ? (allow as unknown[]) : [] };
    }
  }
};

const unknownName = (noun: string, name: string, known: readonly string[]): Failed =>
  new Failed({ kind: "unknown-name", noun, name, known });

/** The other one of two hosts. */
const otherHost = (hosts: readonly string[], to: string): string | undefined =>
  hosts.length === 2 ? hosts.find((host) => host !== to) : undefined;

const newSettings = ({ agent, toolchains: named, clone }: Extract<Request, { kind: "add" }>): Settings => {
  const known = (noun: string, name: string, names: readonly string[]): string => {
    if (!names.includes(name)) throw unknownName(noun, name, names);
    return name;
  };
  const tools = [...new Set(named)].map((name) => known("toolchain", name, Object.keys(toolchains)));
  return [
    ...(agent === undefined ? [] : [["agent", { catalogue: known("agent", agent, Object.keys(agents)) }] as const]),
    ...(tools.length === 0 ? [] : [["toolchains", tools] as const]),
    ...(clone === undefined ? [] : [["workspace", { fields: { repo: clone } }] as const]),
  ];
};

/** The name of a VM in the lock, which keeps its index; undefined if the VM was never emitted. */
const formerName = ({ host, name }: VmAt, vm: Data, lock: Lock): string | undefined => {
  const emitted = Object.hasOwn(lock.hosts, host) ? (lock.hosts[host] ?? {}) : {};
  const earlier = vm["renamedFrom"];
  if (!Object.hasOwn(emitted, name) && typeof earlier === "string" && Object.hasOwn(emitted, earlier)) return earlier;
  return Object.hasOwn(emitted, name) ? name : undefined;
};

/** The places in the VMs and `vmDefaults` of a host that name one of the VMs. */
const referencesTo = ({ host, name }: VmAt, to: string, data: Data): readonly Reference[] => {
  const holders: readonly (readonly [ConfigPath, unknown])[] = [
    [["vmDefaults"], data["vmDefaults"]],
    ...Object.entries(dataAt(data, "vms")).map(([vm, value]) => [["vms", vm], value] as const),
  ];
  return holders.flatMap(([path, value]) => {
    const reached = dataAt(value)["reachVms"];
    return (Array.isArray(reached) ? (reached as unknown[]) : []).flatMap((from, position) =>
      typeof from === "string" && from.split(":", 1)[0] === name
        ? [{ path: ["hosts", host, ...path, "reachVms", position], from, to: to + from.slice(name.length) }]
        : [],
    );
  });
};

/** The object at a path; an empty one if there is none. */
const dataAt = (data: unknown, ...path: readonly string[]): Data => {
  let found = data;
  for (const step of path) found = isRecord(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  return isRecord(found) ? found : {};
};

/** True if the config has the change and no other. */
export const isChanged = (change: Change, before: unknown, after: unknown): boolean => {
  switch (change.kind) {
    case "add": {
      const { host, name } = change.vm;
      const added = dataAt(after, "hosts", host, "vms")[name];
      return (
        isRecord(added) &&
        change.settings.every(([setting, value]) => isSame(namesOf(added[setting]), namesOf(value))) &&
        areOwn(added, change.copied, before) &&
        isSame(
          withVms(before, host),
          withVms(after, host, ({ [name]: _, ...others }) => others),
        )
      );
    }
    case "remove":
      return isSame(
        withVms(before, change.vm.host, ({ [change.vm.name]: _, ...others }) => others),
        withVms(after, change.vm.host),
      );
    case "rename": {
      const { host, name } = change.vm;
      const renamed = ({ [name]: vm, ...others }: Data): Data => ({
        ...others,
        [change.to]: { ...(vm as Data), ...Object.fromEntries(change.settings) },
      });
      // A computed reference becomes a problem of the edited config.
      const [was, is] = [withVms(before, host, renamed), withVms(after, host)];
      return isSame(withoutReferences(was, host), withoutReferences(is, host));
    }
    case "move": {
      const { host, name } = change.vm;
      const vm = dataAt(before, "hosts", host, "vms")[name];
      const without = withVms(before, host, ({ [name]: _, ...others }) => others);
      return isSame(
        withVms(without, change.to, (vms) => ({ ...vms, [name]: vm })),
        withVms(withVms(after, host), change.to),
      );
    }
    case "allow": {
      const { vm, entry, present } = change;
      const allowing = (vms: Data): Data => ({
        ...vms,
        [vm.name]: { ...dataAt(vms, vm.name), allow: present.includes(entry) ? present : [...present, entry] },
      });
      return isSame(withVms(before, vm.host, allowing), withVms(after, vm.host));
    }
  }
};

/** The names of agents and toolchains, for texts and functions alike; other objects stay unchanged. */
const namesOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(namesOf);
  return isRecord(value) ? (value["catalogue"] ?? value["name"] ?? value["fields"] ?? value) : value;
};

/** True if a copy has no value that must be unique to its original. */
const areOwn = (added: Data, copied: Copied | undefined, config: unknown): boolean => {
  if (copied === undefined) return true;
  const original = dataAt(config, "hosts", copied.vm.host, "vms", copied.vm.name);
  return copied.leftOut.every((path) => !isSame(valueAt(added, path), valueAt(original, path)));
};

const valueAt = (data: unknown, path: ConfigPath): unknown =>
  path.reduce((part, step) => (part as Readonly<Record<string | number, unknown>> | undefined)?.[step], data);

/** Compares two values. Some parsers make objects without a prototype. */
const isSame = (a: unknown, b: unknown): boolean => isDeepStrictEqual(plain(a), plain(b));

const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)])) : value;
};

/** A config with other VMs of a host. */
const withVms = (config: unknown, host: string, change: (vms: Data) => Data = (vms) => vms): Data => {
  const hosts = dataAt(config, "hosts");
  return {
    ...dataAt(config),
    hosts: { ...hosts, [host]: { ...dataAt(hosts, host), vms: change(dataAt(hosts, host, "vms")) } },
  };
};

const withoutReferences = (config: Data, host: string): Data => {
  const { vmDefaults, ...rest } = dataAt(config, "hosts", host);
  const without = (value: unknown): unknown => {
    if (!isRecord(value)) return value;
    const { reachVms: _, ...others } = value;
    return others;
  };
  const vms = Object.fromEntries(Object.entries(dataAt(rest, "vms")).map(([name, vm]) => [name, without(vm)]));
  return {
    ...config,
    hosts: { ...dataAt(config, "hosts"), [host]: { ...rest, vms, vmDefaults: without(vmDefaults) } },
  };
};

/** A description of a change, for a manual edit. */
export const describeChange = (change: Change, print: (name: string, settings: Settings) => string): string => {
  const at = formatPath(["hosts", change.vm.host, "vms"]);
  const { name } = change.vm;
  switch (change.kind) {
    case "add":
      return change.copied === undefined
        ? `Write by hand in ${at}: ${print(name, change.settings)}`
        : `Write ${name} by hand in ${at}.`;
    case "remove":
      return `Remove ${name} from ${at} by hand.`;
    case "rename":
      return `In ${at}, rename ${name} to ${change.to} by hand and add: ${print(change.to, change.settings)}`;
    case "move":
      return `Move ${name} from ${at} to ${formatPath(["hosts", change.to, "vms"])} by hand.`;
    case "allow":
      return `Add ${JSON.stringify(change.entry)} to ${formatPath(["hosts", change.vm.host, "vms", name, "allow"])} by hand.`;
  }
};
