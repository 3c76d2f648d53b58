import { vmFolder } from "../compile/host-files.js";
import type { Wanted } from "../output/write.js";
import type { TextFile } from "../output-file.js";
import { render } from "../render.js";
import { printLock } from "./lock-file.js";
import { oncePer } from "./once.js";
import type { PlannedFile } from "./plan-file.js";

/** The texts of a config's flake, printed once. */
export const textsOf = oncePer((file: PlannedFile): readonly TextFile[] => render(file.files()));

/** The files of a flake with the lock beside its config. Without `texts`, the files that the config compiles to. */
export const wantedOf = (file: PlannedFile, texts: readonly TextFile[] = textsOf(file)): Omit<Wanted, "force"> => {
  const {
    places,
    planned,
    lockFile: { adopted },
  } = file;
  return {
    dir: places.outputDir,
    files: texts,
    imported: planned.plan.hosts.map(vmFolder),
    beside: { [places.lock]: printLock(planned.lock), ...(adopted?.isWhole === true && { [adopted.from]: null }) },
  };
};
