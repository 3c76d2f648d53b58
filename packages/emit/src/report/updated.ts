import type { Style } from "./style.js";
import { table } from "./table.js";

/** The result of `update`, as `--json` prints it. */
export interface Updated {
  readonly isDryRun: boolean;
  readonly inputs: readonly Changed[];
  readonly hosts: readonly UpdatedSystem[];
}

export interface Changed {
  readonly name: string;
  /** A version or revision; null if there was none. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface UpdatedSystem {
  readonly host: string;
  /** True if a switch would change the host. */
  readonly isChanged: boolean;
  readonly packages: readonly Changed[];
  readonly vms: readonly {
    readonly name: string;
    readonly isChanged: boolean;
    readonly packages: readonly Changed[];
  }[];
}

export const formatUpdated = ({ isDryRun, inputs, hosts }: Updated, style: Style): string => {
  if (inputs.length === 0) return "All inputs are up to date.\n";
  const rows = hosts.flatMap(({ host, packages, vms }) =>
    [{ place: host, packages }, ...vms.map((vm) => ({ place: `${host}/${vm.name}`, packages: vm.packages }))].flatMap(
      ({ place, packages: changed }) => changed.map((one) => cells(place, one)),
    ),
  );
  const changed = hosts.filter(({ isChanged }) => isChanged).map(({ host }) => host);
  return [
    `${style.green(isDryRun ? "would update" : "updated")}\n`,
    table(
      ["input", "before", "after"],
      inputs.map(({ name, before, after }) => cells(name, { name: "", before, after }).filter((_, at) => at !== 1)),
      style,
    ),
    rows.length === 0
      ? "\nNo package of a host or guest has another version.\n"
      : `\n${table(["system", "package", "before", "after"], rows, style)}`,
    changed.length === 0
      ? "\nNo host changes.\n"
      : `\nChanged hosts: ${changed.join(", ")}\n${isDryRun ? "" : `Next: ${style.bold("microvm-emit deploy")}\n`}`,
  ].join("");
};

const cells = (place: string, { name, before, after }: Changed): readonly { readonly text: string }[] =>
  [place, name, before ?? "–", after ?? "–"].map((text) => ({ text: text === "" ? "–" : text }));
