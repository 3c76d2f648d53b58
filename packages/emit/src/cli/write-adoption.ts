import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Adoption } from "../adopt/adopt.js";
import { type Failure, failuresOf } from "../report/failure.js";
import { Failed } from "../report/failure.js";
import type { Style } from "../report/style.js";
import { confirm } from "./questions.js";
import { stderr, styleOf, shown } from "./streams.js";

/** The written files of an adoption. */
export interface WrittenAdoption {
  readonly isEdited: boolean;
  /** Problems of the written config. */
  readonly failures: readonly Failure[];
  /** The next commands. */
  readonly next: readonly string[];
  readonly text: (style: Style, width: number) => string;
}

interface Settings {
  readonly edit: boolean;
  readonly yes: boolean;
  /** The edits that the user must confirm. */
  readonly show: (style: Style) => string;
}

/** Writes the config, and with `edit` the modules and the edits of the flake; all or nothing. */
export const writeAdoption = async (adoption: Adoption, { edit, yes, show }: Settings): Promise<WrittenAdoption> => {
  const { file, text, root, edits, byHand } = adoption;
  if (edit && root === null)
    throw new Failed({
      kind: "usage",
      message: "--edit changes only a flake in a folder of this machine.",
      remedy: "Clone the flake, and name its folder.",
    });
  if (!edit) {
    writeFileSync(file, text, { flag: "wx" });
    return { isEdited: false, failures: await problemsOf(file), next: [], text: () => "" };
  }
  stderr.write(shown(show(styleOf(stderr))));
  await confirm(`Write ${file} and edit ${String(edits.length)} files of the flake?`, yes);
  const [{ emitConfig }, { placesOf }] = await Promise.all([
    import("./commands/emit.js"),
    import("../config-file/places.js"),
  ]);
  const { config } = placesOf(file);
  const files = [
    { path: config, before: null, text },
    ...edits.map((one) => ({ path: join(root ?? "", one.path), before: one.before, text: one.after })),
  ];
  const emitted = await emitConfig(config, { force: false, edited: { texts: new Map([[config, text]]), files } });
  return {
    isEdited: true,
    failures: [],
    next: byHand.length > 0 ? [] : emitted.json.next,
    text: byHand.length > 0 ? () => "" : emitted.text,
  };
};

/** The problems that the config has now; a person fixes them in the file. */
const problemsOf = async (file: string): Promise<readonly Failure[]> => {
  const [{ placesOf }, { planFile }] = await Promise.all([
    import("../config-file/places.js"),
    import("../config-file/plan-file.js"),
  ]);
  try {
    await planFile(placesOf(file));
    return [];
  } catch (error) {
    return failuresOf(error);
  }
};
