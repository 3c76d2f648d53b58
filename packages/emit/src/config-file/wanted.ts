import { vmFolder } from "../compile/host-files.js";
import type { Wanted } from "../output/write.js";
import type { TextFile } from "../output-file.js";
import { render } from "../render.js";
import { printLock } from "./lock-file.js";
import type { PlannedFile } from "./plan-file.js";

/** The files of a flake with the lock beside its config. Without `texts`, the files that the config compiles to. */
export const wantedOf = (
  { places, planned, lockFile: { adopted }, files }: PlannedFile,
  texts: readonly TextFile[] = render(files()),
): Omit<Wanted, "force"> => ({
  dir: places.outputDir,
  files: texts,
  imported: planned.plan.hosts.map(vmFolder),
  beside: { [places.lock]: printLock(planned.lock), ...(adopted?.isWhole === true && { [adopted.from]: null }) },
});
