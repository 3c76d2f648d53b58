import { Failed } from "../../report/failure.js";
import type { Outcome } from "../../report/outcome.js";
import type { CurrentFlake } from "../results.js";

/** The help of `--check`. */
export const checkHelp = "exit with 1 if the flake is not current, and write nothing";

/** Checks that the flake on disk matches the config. Throws {@link Failed} with the files that a run would change. */
export const checkCurrent = async (config: string, output: string | undefined): Promise<Outcome<CurrentFlake>> => {
  const [{ placesOf }, { planFile }, { pendingChanges }, { wantedOf }] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../../output/write.js"),
    import("../../config-file/wanted.js"),
  ]);
  const planned = await planFile(placesOf(config, output));
  const { places } = planned;
  const files = pendingChanges(wantedOf(planned));
  if (files.length > 0) throw new Failed({ kind: "output-stale", dir: places.outputDir, files });
  return {
    json: { directory: places.outputDir, current: true },
    text: (style) => `${style.path(places.outputDir)} is current.\n`,
    findings: planned.findings,
  };
};
