import { type Config, formatPath, type Problem } from "../src/index.js";

type Host = Config["hosts"][string];

/** A config with one host `h` that is right but for what is given. */
export const config = (vms: unknown, host: object = {}, rest: object = {}): unknown => ({
  hosts: {
    h: {
      stateVersion: "26.05",
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"],
      },
      bridges: { br0: { address: "10.0.0.1/24" } },
      vms,
      ...host,
    } satisfies Record<keyof Pick<Host, "stateVersion" | "user" | "bridges" | "vms">, unknown>,
  },
  ...rest,
});

/** Everything that a problem says, one line a part. */
export const worded = (problems: readonly Problem[]): string =>
  problems
    .map(({ severity, code, path, message, remedy, related = [] }) =>
      [
        `${severity} ${code} ${formatPath(path)}`,
        `  ${message}`,
        `  ${remedy}`,
        ...related.map((place) => `  ${formatPath(place.path)}: ${place.note}`),
        "",
      ].join("\n"),
    )
    .join("");
