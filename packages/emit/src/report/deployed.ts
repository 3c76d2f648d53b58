import type { Style } from "./style.js";
import { visibleInLine } from "./visible.js";

/** The result of `deploy`, as `--json` prints it. */
export interface Deployed {
  readonly isDryRun: boolean;
  readonly hosts: readonly DeployedStep[];
}

export interface DeployedStep {
  readonly host: string;
  /**
   * `deployed`: runs the system of the config. `current`: ran it before. `failed`: the switch failed, or the host did
   * not answer afterwards.
   * `skipped`: comes after a host that failed. `planned`: only with `--dry-run`. `unreachable`: did not answer.
   */
  readonly result: "deployed" | "current" | "failed" | "skipped" | "planned" | "unreachable";
  /** The command that switches it; null if it needs none. */
  readonly command: string | null;
  /** VMs that run an old build until their restart. */
  readonly staleVms: readonly string[];
}

export const formatDeployed = ({ hosts }: Deployed, style: Style): string =>
  hosts
    .map(({ host, result, command, staleVms }) => {
      const paint =
        result === "failed" || result === "unreachable" ? style.red : result === "deployed" ? style.green : style.dim;
      const stale =
        staleVms.length === 0
          ? ""
          : `\n  ${style.yellow("old build until a restart:")} ${staleVms.map(visibleInLine).join(", ")}`;
      return `${paint(result)}  ${host}${result === "planned" ? `  ${command ?? ""}` : ""}${stale}\n`;
    })
    .join("");
