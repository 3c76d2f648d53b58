import { closest, distance } from "fastest-levenshtein";
import { clip } from "./clip.js";

/** The known name that `given` most likely meant; undefined when none is near. */
export const nearest = (given: string, known: readonly string[]): string | undefined => {
  if (known.length === 0) return undefined;
  const [typed, candidate] = [clip(given), closest(clip(given), known)];
  const edits = distance(typed.toLowerCase(), candidate.toLowerCase());
  const isNear = edits <= Math.max(1, Math.floor(candidate.length / 3)) && edits < candidate.length;
  // Two swapped letters count as two edits.
  return isNear || (edits === 2 && lettersOf(typed) === lettersOf(candidate)) ? candidate : undefined;
};

const lettersOf = (text: string): string => Array.from(text.toLowerCase()).sort().join("");

/** With more names, a message contains only the most similar ones. */
const maxListed = 600;

/** Other names of agents, toolchains and settings, whose spelling is not similar, or more similar to another name. */
const otherNames: Readonly<Record<string, string>> = {
  "c++": "cpp",
  cargo: "rust",
  cores: "vcpu",
  cpus: "vcpu",
  erlang: "elixir",
  gcc: "cpp",
  golang: "go",
  javascript: "node",
  k8s: "kubernetes",
  kubectl: "kubernetes",
  npm: "node",
  openai: "codex",
  pip: "python",
  ram: "memoryMiB",
  terraform: "opentofu",
  typescript: "node",
  uv: "python",
  vibe: "mistral-vibe",
};

/** The known name that has `given` as another name. */
export const byOtherName = (given: string, known: readonly string[]): string | undefined => {
  const word = clip(given).toLowerCase();
  const other = Object.hasOwn(otherNames, word) ? otherNames[word] : undefined;
  return other !== undefined && known.includes(other) ? other : undefined;
};

/**
 * The known names that `given` may mean: by another name or a slip of one letter, else all that begin with it or contain
 * it, else by their spelling.
 */
export const meant = (given: string, known: readonly string[]): readonly string[] => {
  const word = clip(given).toLowerCase();
  const similar = nearest(given, known);
  const isSlip = similar !== undefined && distance(word, similar.toLowerCase()) <= 1;
  const one = byOtherName(given, known) ?? (isSlip ? similar : undefined);
  if (one !== undefined) return [one];
  const texts = known.map((name) => ({ name, text: name.toLowerCase() }));
  const longer = [
    ...texts.filter(({ text }) => word.length > 1 && text.startsWith(word)),
    ...texts.filter(({ text }) => word.length > 2 && text.indexOf(word) > 0),
  ];
  if (longer.length > 0) return longer.map(({ name }) => name);
  if (similar !== undefined) return [similar];
  return texts.filter(({ text }) => text.length > 1 && word.startsWith(text)).map(({ name }) => name);
};

/** `Did you mean "vcpu"?`, or all choices if none is similar; of many, the most similar ones. */
export const didYouMean = (given: string, known: readonly string[]): string => {
  const [candidate, ...others] = meant(given, known);
  if (candidate !== undefined)
    return others.length === 0
      ? `Did you mean ${clip(JSON.stringify(candidate))}?`
      : `Did you mean ${oneOf(given, [candidate, ...others])}?`;
  return known.length === 0 ? "There is none to name here." : `Use ${oneOf(given, known)}.`;
};

/** `one of: a, b`, or of many `one of 1,000, such as a, b, c`. */
export const oneOf = (given: string, known: readonly string[]): string => {
  if (known.reduce((length, name) => length + name.length + 2, 0) <= maxListed) return `one of: ${known.join(", ")}`;
  const near = known
    .map((name) => ({ name, edits: distance(clip(given), clip(name)) }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 5)
    .map(({ name }) => clip(name));
  return `one of ${known.length.toLocaleString("en")}, such as ${near.join(", ")}`;
};
