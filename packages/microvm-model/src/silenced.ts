import type { Model } from "./config/config.js";
import type { Silences } from "./config/silence.js";
import { needlessSilence } from "./problems/needless-silence.js";
import { type ConfigPath, formatPath, type Problem } from "./problems/problem.js";

/** A warning that the config silences. */
export interface SilencedProblem extends Problem {
  /** Why, as the config says it. */
  readonly reason: string;
}

/** A part of the config in which warnings of a code are meant. */
interface Silence {
  readonly scope: ConfigPath;
  readonly code: string;
  readonly reason: string;
}

/** All silences of a config, those of the innermost parts first. */
export const silencesOf = ({ silence, hosts }: Model): readonly Silence[] => [
  ...Object.entries(hosts).flatMap(([host, { vms }]) =>
    Object.entries(vms).flatMap(([vm, inner]) => silencesAt(["hosts", host, "vms", vm], inner.silence)),
  ),
  ...Object.entries(hosts).flatMap(([host, inner]) => silencesAt(["hosts", host], inner.silence)),
  ...silencesAt([], silence),
];

const silencesAt = (scope: ConfigPath, silences: Silences): readonly Silence[] =>
  Object.entries(silences).map(([code, reason]) => ({ scope, code, reason }));

/** Problems with and without those that are silenced. */
export interface Heard {
  readonly problems: readonly Problem[];
  readonly silenced: readonly SilencedProblem[];
}

/** Sets apart the warnings that are silenced. */
export const silence = (problems: readonly Problem[], silences: readonly Silence[]): Heard => {
  const told: Problem[] = [];
  const silenced: SilencedProblem[] = [];
  for (const problem of problems) {
    const by = silences.find((one) => covers(one, problem));
    if (by === undefined) told.push(problem);
    else silenced.push({ ...problem, reason: by.reason });
  }
  return { problems: told, silenced };
};

const covers = ({ scope, code }: Silence, { severity, code: told, path }: Problem): boolean =>
  severity === "warning" && code === told && scope.every((step, position) => path[position] === step);

/** The silences without effect on the problems of a config. */
export const needlessSilences = (problems: readonly Problem[], silences: readonly Silence[]): readonly Problem[] => {
  const needed = new Set(problems.map((problem) => silences.find((one) => covers(one, problem))));
  return silences
    .filter((one) => one.code !== "needless-silence" && !needed.has(one))
    .map(({ scope, code }) => {
      const elsewhere = problems.find(
        (problem) => problem.code === code && !silences.some((other) => covers(other, problem)),
      );
      return needlessSilence(
        [...scope, "silence", code],
        `No warning here has the code ${code}`,
        elsewhere === undefined
          ? "Remove the silence."
          : `Remove the silence, or move it to the warning: ${formatPath(elsewhere.path)}.`,
      );
    });
};
