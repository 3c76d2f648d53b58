import { parse } from "../parse/parse.js";
import { changed } from "./compare.js";
import { type Edited, fail, type NixFile, right, type Splice } from "./file.js";

/** Applies splices that do not overlap. An error if they would change anything else in the file. */
export const splice = (file: NixFile, splices: readonly Splice[]): Edited => {
  const ordered = splices.toSorted((a, b) => a.start - b.start);
  let text = "";
  let at = 0;
  for (const { start, end, text: added } of ordered) {
    text += file.text.slice(at, start) + added;
    at = end;
  }
  const parsed = parse(text + file.text.slice(at));
  if (parsed._tag === "Left") {
    const [{ message }] = parsed.left.problems;
    return fail("unsafe", `the edit would make the file invalid (${message}); change it by hand`, ordered[0]);
  }
  const after = { text: text + file.text.slice(at), expr: parsed.right };
  const lost = changed(file, after, ordered);
  if (lost === undefined) return right(after);
  return fail("unsafe", "the edit would change the meaning of this code too; change it by hand", lost);
};
