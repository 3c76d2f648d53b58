/**
 * The two sides of a text with conflict markers, `HEAD`'s first; undefined for a text without. A side has empty lines
 * instead of markers and the other side, so line numbers stay. The common ancestor (styles diff3 and zdiff3) is on no
 * side. An outer side contains both sides of an inner conflict.
 */
export const sidesOf = (text: string): readonly [string, string] | undefined => {
  const lines = text.split("\n");
  const sides: readonly [string[], string[]] = [[], []];
  const open: Section[] = [];
  let isConflicted = false;
  for (const line of lines) {
    const marker = markerOf(line);
    const isMarker = marker === "<<<<<<<" || (marker !== undefined && open.length > 0);
    if (marker === "<<<<<<<") open.push(0);
    else if (marker === ">>>>>>>") open.pop();
    else if (marker !== undefined && open.length > 0) open[open.length - 1] = marker === "=======" ? 1 : "ancestor";
    isConflicted ||= isMarker;
    if (open.length > maxDepth) return undefined;
    const [outer, ...inner] = open;
    for (const side of [0, 1] as const) {
      const isOfSide = !isMarker && (outer === undefined || outer === side) && !inner.includes("ancestor");
      sides[side].push(isOfSide ? line : "");
    }
  }
  return isConflicted && open.length === 0 ? [sides[0].join("\n"), sides[1].join("\n")] : undefined;
};

/** True if a line of the text is a conflict marker. */
export const hasConflictMarkers = (text: string): boolean =>
  text.split("\n").some((line) => markerOf(line) !== undefined);

type Section = 0 | 1 | "ancestor";

/** Deeper nesting is not the result of merges. */
const maxDepth = 16;

/** Git writes seven characters, and more only for conflicts within a common ancestor. */
const markerOf = (line: string): string | undefined => /^(<{7}|\|{7}|={7}|>{7})(?: |\r?$)/.exec(line)?.[1];
