/**
 * The two sides of a text with conflict markers, first the one of `HEAD`; undefined for a text without. Lines that are not of
 * a side are empty in it, so every other line keeps its number. The common ancestor of the styles diff3 and zdiff3 is of no
 * side. Of a conflict within a conflict, each outer side has both inner sides.
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

/** Whether a line of the text begins a conflict, divides its sides or ends it. */
export const hasConflictMarkers = (text: string): boolean =>
  text.split("\n").some((line) => markerOf(line) !== undefined);

type Section = 0 | 1 | "ancestor";

/** No person merges a conflict so often without resolving it. */
const maxDepth = 16;

/** Git writes seven characters, and more only around the conflicts of a common ancestor. */
const markerOf = (line: string): string | undefined => /^(<{7}|\|{7}|={7}|>{7})(?: |\r?$)/.exec(line)?.[1];
