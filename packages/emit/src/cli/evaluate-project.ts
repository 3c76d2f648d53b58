import type { Aspect, EvaluatedHost } from "../check/nix.js";
import type { Override } from "../check/run-nix.js";
import type { OnProgress } from "../report/checked.js";
import type { Project } from "../vm/find.js";

/** Evaluates an aspect of hosts of a config, as `check` does. */
export const evaluateProject = async <A>(
  { places, file }: Project,
  hosts: readonly string[],
  overrides: readonly Override[],
  aspect: Aspect<A>,
  onProgress: OnProgress,
): Promise<readonly EvaluatedHost<A>[]> => {
  const [{ evaluateHosts }, { plannedPaths }] = await Promise.all([
    import("../check/nix.js"),
    import("../config-file/planned-paths.js"),
  ]);
  const { plan } = file.planned;
  return evaluateHosts(
    {
      config: places.config,
      loaded: file.config,
      outputDir: places.outputDir,
      isFlake: plan.flake,
      files: file.files(),
      hosts,
      modules: plannedPaths(plan),
      written: file.planned.written,
      overrides,
    },
    aspect,
    onProgress,
  );
};
