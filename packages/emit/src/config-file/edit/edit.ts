import { accessSync, constants, readFileSync } from "node:fs";
import { formatPath } from "@microvm-emit/model";
import { Failed, failuresOf } from "../../report/failure.js";
import { withoutLinks } from "../../fs/without-links.js";
import { linkOutOf } from "../../output/links.js";
import type { FileEdit } from "../../output/write.js";
import { readIfThere, type Texts } from "../../fs/read-text.js";
import { load } from "../load.js";
import { adoptLock, readLockFile } from "../lock-file.js";
import type { Places } from "../places.js";
import { ownModules } from "../plan-file.js";
import { type Change, changeOf, describeChange, isChanged, type Request } from "./change.js";
import { draftsOf } from "./drafts.js";
import { type Editor, NotEditable, type Settings } from "./editor.js";

/** An edited config; nothing is written yet. */
export interface EditedConfig {
  readonly change: Change;
  /** The edited texts, by the path under which the config finds its files. */
  readonly texts: Texts;
  /** The same, by path without links. */
  readonly files: readonly FileEdit[];
}

/** Edits the source of a config. Throws {@link Failed}; the problems of the edited config are for `planFile` to find. */
export const editConfig = async (places: Places, request: Request): Promise<EditedConfig> => {
  const config = await load(places.config, ownModules);
  const { lock } = await adoptLock(await readLockFile(places.lock), config);
  const change = changeOf(request, places.config, config, lock);
  const { texts, print } = await edited(places.config, config, change);
  const files = [...texts].map(([file, text]) => editOf(file, text, places.configDir));
  if (!isChanged(change, config, await load(places.config, ownModules, { texts })))
    throw notEditable(
      new NotEditable("the edit would not change this VM alone", undefined),
      places.config,
      change,
      print,
    );
  return { change, texts, files };
};

/** Runs a function that checks the edited config. Adds to its problems the note that nothing was changed. */
export const onlyIfRight = async <A>(run: () => Promise<A>, file: string): Promise<A> => {
  try {
    return await run();
  } catch (error) {
    const failures = failuresOf(error);
    throw failures.some(({ kind }) => kind === "config-problems")
      ? new Failed(...failures, { kind: "edit-not-made", file })
      : error;
  }
};

type Print = Editor["print"];

const edited = async (
  file: string,
  config: unknown,
  change: Change,
): Promise<{ readonly texts: Texts; readonly print: Print }> => {
  let print: Print = (name) => name;
  try {
    const attempt = async (more: Settings): Promise<Texts> => {
      const drafts = draftsOf(readIfThere);
      const editor = await editorOf(file, config, drafts);
      ({ print } = editor);
      const inherited = apply(editor, change, more);
      if (inherited.length === 0) return drafts.edited();
      // A setting of a spread or a function can be overridden if there is a value for it.
      const [first] = inherited;
      if (inherited.some((path) => formatPath(path) !== "workspace") || more.length > 0)
        throw new NotEditable(
          `its ${formatPath(first ?? [])} is set outside its entry, and no two VMs can share it`,
          undefined,
        );
      return attempt([["workspace", `~/microvm/${change.vm.name}`]]);
    };
    return { texts: await attempt([]), print };
  } catch (error) {
    throw error instanceof NotEditable ? notEditable(error, file, change, print) : error;
  }
};

const notEditable = ({ message, place }: NotEditable, file: string, change: Change, print: Print): Failed =>
  new Failed({
    kind: "config-not-editable",
    file,
    ...(place === undefined ? {} : { place }),
    reason: message,
    byHand: describeChange(change, print),
  });

const editorOf = async (file: string, config: unknown, drafts: ReturnType<typeof draftsOf>): Promise<Editor> =>
  /\.ya?ml$/.test(file)
    ? (await import("./yaml.js")).yamlEditor(file, drafts)
    : (await import("./javascript.js")).javascriptEditor(file, config, drafts);

/** Makes a change. Returns the settings of a copy that its text does not show. */
const apply = (editor: Editor, change: Change, more: Settings): readonly (readonly (string | number)[])[] => {
  switch (change.kind) {
    case "add": {
      const { vm, settings, copied } = change;
      if (copied === undefined) {
        editor.add(vm, settings);
        return [];
      }
      const overridden = new Set([...settings, ...more].map(([name]) => name));
      return editor
        .addCopy(vm, copied.vm, copied.leftOut, [...settings, ...more])
        .filter(([setting]) => !overridden.has(String(setting)));
    }
    case "remove":
      editor.remove(change.vm);
      return [];
    case "rename":
      for (const { path, from, to } of change.references) editor.replaceText(path, from, to);
      editor.rename(change.vm, change.to, change.settings);
      return [];
    case "move":
      editor.move(change.vm, change.to);
      return [];
    case "allow":
      if (!change.present.includes(change.entry)) editor.append(change.vm, "allow", change.present, change.entry);
      return [];
  }
};

/** The edit of a file that may be replaced. */
const editOf = (file: string, text: string, configDir: string): FileEdit => {
  const refuse = (reason: string): Failed => new Failed({ kind: "config-not-writable", file, reason });
  const link = linkOutOf(file, configDir);
  if (link !== undefined) throw refuse(`the symbolic link ${link} leaves the repository`);
  const path = withoutLinks(file);
  const bytes = readFileSync(path);
  const before = bytes.toString("utf8");
  if (!Buffer.from(before).equals(bytes)) throw refuse("it is not UTF-8");
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw refuse((error as Error).message);
  }
  return { path, before, text };
};
