import type { Edit } from "../problems/edit.js";
import { type Issue, stepsOf } from "./raw-value.js";

/** Removes the part of an issue, or replaces it with a stand-in. */
export const mend = (issue: Issue): readonly Edit[] => {
  const path = stepsOf(issue);
  if (issue.code === "unrecognized_keys" && path[0] !== "inputs")
    return issue.keys.map((key) => ({ path: [...path, key], change: { kind: "remove" } }));
  const [section, name, field, entry, setting] = path;
  const without = (steps: number): readonly Edit[] => [{ path: path.slice(0, steps), change: { kind: "remove" } }];
  const instead = (steps: number, value: unknown): readonly Edit[] => [
    { path: path.slice(0, steps), change: { kind: "set", value } },
  ];
  if (section === "inputs" && name !== undefined) return instead(2, standIns.input);
  if (section !== "hosts" || name === undefined) return without(1);
  switch (field) {
    case undefined:
      return without(2);
    case "stateVersion":
      return instead(3, standIns.stateVersion);
    case "user":
      return instead(3, standIns.user);
    case "bridges":
      // Otherwise every VM would refer to an unknown bridge.
      return without(2);
    case "vms":
      if (entry === undefined) return without(3);
      return without(setting === undefined || setting === "interfaces" ? 4 : 5);
    default:
      return without(3);
  }
};

/** Stand-ins for broken parts that other parts depend on. */
const standIns = {
  input: { url: "path:." },
  stateVersion: "00.00",
  user: { name: "user", sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx"] },
};
