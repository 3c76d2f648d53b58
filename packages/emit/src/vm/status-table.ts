import type { Style } from "../report/style.js";
import { type Cell, table } from "../report/table.js";
import { type HostStatus, programOf, type VmStatus } from "./status.js";
import type { VmState } from "./units.js";

/** The VMs of each host as a table. */
export const formatStatus = (hosts: readonly HostStatus[], style: Style): string =>
  hosts
    .map(({ host, isBehind, vms }) => {
      const title = style.bold(host);
      if (vms.length === 0) return `${title}: no VMs\n`;
      const head = ["VM", "state", "address", "uptime", "memory", "guest", "agent"];
      const remarks = [
        ...(isBehind === true
          ? [`the config or one of its files changed after the last switch: microvm-emit diff --deployed`]
          : []),
        ...vms.flatMap(remarksOf),
      ];
      return [
        `${title}\n`,
        table(
          head,
          vms.map((vm) => rowOf(vm, style)),
          style,
        ),
        ...remarks.map((remark) => `${style.dim(remark)}\n`),
      ].join("");
    })
    .join("\n");

const rowOf = (vm: VmStatus, style: Style): readonly Cell[] => [
  { text: vm.name },
  { text: vm.state, style: colors(style)[vm.state] },
  { text: vm.addresses[0] ?? "" },
  { text: vm.uptimeSeconds === null ? "" : duration(vm.uptimeSeconds) },
  { text: vm.memoryBytes === null ? "" : bytes(vm.memoryBytes) },
  { text: vm.guest ?? "own" },
  { text: vm.agent === null ? "" : programOf(vm.agent) },
];

const colors = (style: Style): Readonly<Record<VmState, (text: string) => string>> => ({
  running: style.green,
  stale: style.yellow,
  starting: style.cyan,
  stopping: style.cyan,
  stopped: style.dim,
  failed: style.red,
  unknown: style.yellow,
});

const remarksOf = ({ name, state, inConfig, deployed }: VmStatus): readonly string[] => [
  ...(state === "stale" ? [`${name} runs an older build: microvm-emit restart ${name}`] : []),
  ...(state === "failed" ? [`${name} failed: microvm-emit logs ${name}`] : []),
  ...(inConfig === false ? [`${name} is not in the config`] : []),
  ...(inConfig === true && deployed === null ? [`${name} is not deployed`] : []),
];

/** `2d 3h`, `3h 5m`, `5m 2s`, `2s`. */
const duration = (seconds: number): string => {
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [Math.floor(seconds) % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return first === -1
    ? "0s"
    : parts
        .slice(first, first + 2)
        .filter(([value]) => value > 0)
        .map(([value, unit]) => `${String(value)}${unit}`)
        .join(" ");
};

const bytes = (value: number): string =>
  value < 1024 ** 3 ? `${String(Math.round(value / 1024 ** 2))} MiB` : `${(value / 1024 ** 3).toFixed(1)} GiB`;
