import { type ConfigPath, formatPath } from "@microvm-emit/model";
import { collect, hasItToo } from "@microvm-emit/model/internal";
import type { LocatedProblem } from "./located-problem.js";

/**
 * Groups problems with one cause: those of one place in the source, and equal warnings of VMs on one host. The first
 * problem of a group has the others as related places.
 */
export const grouped = <P extends LocatedProblem>(problems: readonly P[]): readonly P[] =>
  groupBy(
    groupBy(problems, ({ place }) =>
      place === undefined ? undefined : [place.file, String(place.line), String(place.column)],
    ),
    ({ severity, path }) => (severity === "warning" ? [String(path[1])] : undefined),
  );

/** Groups problems with equal code, words, config path (without host and VM) and `key`. */
const groupBy = <P extends LocatedProblem>(
  problems: readonly P[],
  key: (problem: P) => readonly string[] | undefined,
): readonly P[] => {
  const groups = collect(
    problems.map((problem, position) => {
      const { code, severity, path, message, remedy } = problem;
      const of = key(problem);
      return [
        of === undefined ? position : JSON.stringify([code, severity, message, remedy, partOf(path), ...of]),
        problem,
      ];
    }),
  );
  return [...groups.values()].map(together);
};

/** A config path without the names of its host and VM. */
const partOf = (path: ConfigPath): string =>
  formatPath(path.map((step, position) => (isName(path, position) ? "*" : step)));

const isName = ([section, , part]: ConfigPath, position: number): boolean =>
  section === "hosts" && (position === 1 || (position === 3 && part === "vms"));

const together = <P extends LocatedProblem>([first, ...others]: readonly [P, ...P[]]): P => {
  if (others.length === 0) return first;
  const more = others.flatMap((problem) => [
    { related: { path: problem.path, note: hasItToo }, place: problem.place },
    ...(problem.related ?? []).flatMap((related, position) =>
      related.note === hasItToo ? [{ related, place: problem.relatedPlaces?.[position] }] : [],
    ),
  ]);
  const before = first.related ?? [];
  return {
    ...first,
    related: [...before, ...more.map(({ related }) => related)],
    relatedPlaces: [...before.map((_, position) => first.relatedPlaces?.[position]), ...more.map(({ place }) => place)],
  };
};

/** Names all that share a grouped problem: `VMs a, b, c and 8 more`; undefined for a single one. */
export const sharers = ({ path, related = [] }: Pick<LocatedProblem, "path" | "related">): string | undefined => {
  const paths = [path, ...related.filter(({ note }) => note === hasItToo).map((other) => other.path)];
  if (paths.length === 1) return undefined;
  const hosts = [...new Set(paths.map(([, host]) => String(host)))];
  const vms = [
    ...new Set(
      paths.flatMap(([, host, part, vm]) =>
        part !== "vms" || vm === undefined ? [] : [hosts.length > 1 ? `${String(host)}.${String(vm)}` : String(vm)],
      ),
    ),
  ];
  if (vms.length > 0) return listed("VM", vms);
  return hosts.length > 1 ? listed("host", hosts) : undefined;
};

/** Longer lists are cut. */
const maxNames = 12;

const listed = (noun: string, names: readonly string[]): string => {
  const more = names.length - maxNames;
  return `${noun}${names.length === 1 ? "" : "s"} ${names.slice(0, maxNames).join(", ")}${more > 0 ? ` and ${String(more)} more` : ""}`;
};
