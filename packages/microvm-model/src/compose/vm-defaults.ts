import { collect } from "../common/collect.js";
import { isData, merge, settled, sourceOf } from "./merge.js";
import { type ConfigPath, hasItToo, type Problem } from "../problems/problem.js";

/**
 * Merges a host's `vmDefaults` below each of its VMs. It works on the config as written, because the schema fills in
 * omitted settings.
 */
export const applyVmDefaults = (config: unknown): unknown =>
  mapEntries(settled(config), "hosts", (host) =>
    mapEntries(host, "vms", (vm) => (isData(vm) ? merge(vmDefaultsOf(host), vm) : vm)),
  );

/** Maps a path of a config with merged VM defaults to its place in the config as written. */
export type Written = (path: ConfigPath) => ConfigPath;

/** Settings of `vmDefaults` map to the defaults, all others to the VM. */
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

/** Problems at the places where a person can fix them; a problem of `vmDefaults` in several VMs is reported once. */
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
    // A problem of the defaults themselves relates to no VM.
    const isOfVms = group.length > 1 && group.every(({ of }) => isOfVm(of));
    const related = [
      ...(problem.related ?? []).map((other) => ({ ...other, path: written(other.path) })),
      ...(isOfVms ? group.map(({ of }) => ({ path: of, note: hasItToo })) : []),
    ];
    return related.length === 0 ? problem : { ...problem, related };
  });
};

const isOfVm = ([, , section]: ConfigPath): boolean => section === "vms";

/** True for a path in `vmDefaults` of a host, in the config as written. */
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
