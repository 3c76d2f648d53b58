import { vmFolder } from "../compile/host-files.js";
import type { PlannedFile } from "../config-file/plan-file.js";
import type { Wanted } from "../output/write.js";

/** The files of a config, with its lock beside them. */
export const wantedOf = async ({
  places,
  planned,
  files,
  lockFile: { adopted },
}: PlannedFile): Promise<Omit<Wanted, "force">> => {
  const [{ printLock }, { render }] = await Promise.all([
    import("../config-file/lock-file.js"),
    import("../render.js"),
  ]);
  return {
    dir: places.outputDir,
    files: render(files()),
    imported: planned.plan.hosts.map(vmFolder),
    beside: { [places.lock]: printLock(planned.lock), ...(adopted?.isWhole === true && { [adopted.from]: null }) },
  };
};
