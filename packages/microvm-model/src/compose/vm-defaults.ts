import { collect } from "../common/collect.js";
import { isData, merge, settled, sourceOf } from "./merge.js";
import { type ConfigPath, hasItToo, type Problem } from "../problems/problem.js";

/**
 * What a host's `vmDefaults` say is said of each of its VMs, under the VM's own settings. Done to what is written, where it
 * can still be told what a VM leaves out.
 */
export const applyVmDefaults = (config: unknown): unknown =>
  mapEntries(settled(config), "hosts", (host) =>
    mapEntries(host, "vms", (vm) => (isData(vm) ? merge(vmDefaultsOf(host), vm) : vm)),
  );

/** Where a path of a config with its VM defaults applied is written. */
export type Written = (path: ConfigPath) => ConfigPath;

/** What the defaults say is written there, all else in the VM. */
export const writtenPath =
  (config: unknown): Written =>
  (path) => {
    const [hosts, host, vms, vm, ...setting] = path;
    if (hosts !== "hosts" || vms !== "vms" || host === undefined || vm === undefined) return path;
    const written = entry(entry(config, hosts), host);
    const defaults = vmDefaultsOf(written);
    const own = entry(entry(written, vms), vm);
    if (defaults === undefined || !isData(own)) return path;
    const source = sourceOf(defaults, own, setting);
    return [hosts, host, ...(source.from === "base" ? ["vmDefaults"] : [vms, vm]), ...source.path];
  };

/** Problems at the places where they can be mended; what several VMs have from their host's defaults is one problem. */
export const whereWritten = <P extends Problem>(problems: readonly P[], written: Written): readonly P[] => {
  const groups = collect(
    problems.map((problem) => {
      const path = written(problem.path);
      const { code, message, remedy } = problem;
      return [JSON.stringify([code, path, message, remedy]), { problem: { ...problem, path }, of: problem.path }];
    }),
  );
  return [...groups.values()].map((group): P => {
    const [{ problem }] = group;
    // What is wrong with the defaults themselves is of no VM.
    const isOfVms = group.length > 1 && group.every(({ of }) => isOfVm(of));
    const related = [
      ...(problem.related ?? []).map((other) => ({ ...other, path: written(other.path) })),
      ...(isOfVms ? group.map(({ of }) => ({ path: of, note: hasItToo })) : []),
    ];
    return related.length === 0 ? problem : { ...problem, related };
  });
};

const isOfVm = ([, , section]: ConfigPath): boolean => section === "vms";

/** Whether a path, as it is written, lies in a host's `vmDefaults`. */
export const isOfDefaults = ([, , section]: ConfigPath): boolean => section === "vmDefaults";

const vmDefaultsOf = (host: unknown): unknown => {
  const defaults = entry(host, "vmDefaults");
  return isData(defaults) ? defaults : undefined;
};

const entry = (value: unknown, key: string | number): unknown =>
  isData(value) && Object.hasOwn(value, key) ? value[key] : undefined;

/** An object with each entry of one of its settings changed. */
const mapEntries = (value: unknown, setting: string, change: (inner: unknown) => unknown): unknown => {
  const entries = entry(value, setting);
  if (!isData(value) || !isData(entries)) return value;
  return {
    ...value,
    [setting]: Object.fromEntries(Object.entries(entries).map(([key, inner]) => [key, change(inner)])),
  };
};
