import type { ConfigPath } from "@microvm-emit/model";
import { isRecord } from "@microvm-emit/model/internal";

/** Settings that are unique to a VM, with `*` for every item of a list, and the values that VMs can share anyway. */
const rows: readonly { readonly path: readonly string[]; readonly isShared?: (value: unknown) => boolean }[] = [
  { path: ["index"] },
  { path: ["renamedFrom"] },
  { path: ["machineId"], isShared: (value) => value === null },
  // Repositories on disks of VMs may belong to one clone.
  {
    path: ["workspace"],
    isShared: (value) =>
      value === false || (isRecord(value) && value["repo"] !== undefined && value["transport"] !== "share"),
  },
  { path: ["sshHostKeys"], isShared: (value) => value === false },
  { path: ["publish"], isShared: (value) => Array.isArray(value) && value.length === 0 },
  { path: ["forwardPorts"], isShared: (value) => Array.isArray(value) && value.length === 0 },
  { path: ["devices"], isShared: (value) => Array.isArray(value) && value.length === 0 },
  { path: ["vsock", "cid"] },
  { path: ["interfaces", "*", "mac"] },
  { path: ["interfaces", "*", "tap"] },
  { path: ["interfaces", "*", "address"], isShared: (value) => value === "dhcp" },
  { path: ["interfaces", "*", "ipv6"] },
];

/** The paths in a VM of the settings that a copy of it cannot have. */
export const uniqueSettings = (vm: unknown): readonly ConfigPath[] =>
  rows.flatMap(({ path, isShared }) => found(vm, path, isShared));

const found = (
  value: unknown,
  [step, ...rest]: readonly string[],
  isShared: ((value: unknown) => boolean) | undefined,
): readonly ConfigPath[] => {
  if (step === undefined) return value === undefined || isShared?.(value) === true ? [] : [[]];
  if (step === "*")
    return Array.isArray(value)
      ? value.flatMap((item, position) => found(item, rest, isShared).map((path) => [position, ...path]))
      : [];
  return typeof value === "object" && value !== null && Object.hasOwn(value, step)
    ? found((value as Readonly<Record<string, unknown>>)[step], rest, isShared).map((path) => [step, ...path])
    : [];
};
