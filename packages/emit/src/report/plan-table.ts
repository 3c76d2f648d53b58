import type { HostSummary } from "./plan-summary.js";
import type { Style } from "./style.js";

const headings = ["VM", "HOST", "ADDRESS", "VCPU", "MEMORY", "NETWORK", "AGENT"];

/** The VMs of all hosts as a table with one line per VM, in the order of their indexes. */
export const formatTable = (hosts: readonly HostSummary[], style: Style): string => {
  const rows = hosts.flatMap(({ host, guests }) =>
    guests
      .flatMap(({ vms }) => vms)
      .toSorted((a, b) => a.index - b.index)
      .map(({ name, addresses, vcpu, memoryMiB, network, agent }) => [
        name,
        host,
        addresses.join(" ") || "-",
        String(vcpu),
        `${String(memoryMiB)} MiB`,
        network,
        agent ?? "-",
      ]),
  );
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        numeric.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return `${[style.bold(line(headings)), ...rows.map(line)].join("\n")}\n`;
};

const numeric: ReadonlySet<number> = new Set([headings.indexOf("VCPU"), headings.indexOf("MEMORY")]);
