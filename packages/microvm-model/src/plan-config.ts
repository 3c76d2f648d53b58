import { bimap, isLeft, left, right } from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import type { Result } from "@microvm-emit/nix-ast";
import { andThen, type Checked, withProblems } from "./problems/checked.js";
import { type Machine, remembered } from "./rules/config-source.js";
import { type Lock, readLock } from "./plan/lock.js";
import { withoutConsequences } from "./validate/misspelt.js";
import type { ProblemCode } from "./problems/problem-codes.generated.js";
import type { Problem } from "./problems/problem.js";
import type { Plan } from "./plan/plan.js";
import { resolve, type Resolution } from "./resolve/resolve.js";
import { checkRules } from "./rules/check-rules.js";
import { needlessSilences, silence, silencesOf, type SilencedProblem } from "./silenced.js";
import { validate } from "./validate/validate.js";
import { whereWritten } from "./compose/vm-defaults.js";
import { badLock } from "./problems/bad-lock.js";
import { wrongType } from "./problems/wrong-type.js";

/**
 * A custom rule: the problems of a plan. Each part of a plan has its path in the config, for `path` of a problem.
 *
 * @typeParam Code the codes of its problems.
 */
export type Rule<Code extends string = string> = (plan: Plan) => readonly Problem<Code>[];

/**
 * A plan with the warnings about its config.
 *
 * @typeParam Code the codes of custom rules.
 */
export interface Planned<Code extends string = never> {
  /** The plan, and the lock to keep for the next run. */
  readonly value: Resolution;
  /** The warnings that the config does not silence. */
  readonly warnings: readonly Problem<ProblemCode | Code>[];
  /** The warnings that the config silences, each with its reason. */
  readonly silenced: readonly SilencedProblem[];
}

/**
 * Options of `planConfig`.
 *
 * @typeParam Code the codes of custom rules.
 */
export interface PlanOptions<Code extends string = never> extends Partial<Machine> {
  /** Earlier locks, the latest first: of two VMs that have one index in the lock, the one that had it earlier keeps it. */
  readonly earlierLocks?: readonly Lock[];
  /** Custom rules. Their errors make the result a Left, like those of this package. */
  readonly rules?: readonly Rule<Code>[];
}

/**
 * Validates a config and plans its hosts and VMs, in three stages: types and values, then references and addresses,
 * then rules. Left: the problems of all stages.
 *
 * @example
 *
 * ```ts
 * import { emptyLock, formatPath, planConfig } from "@microvm-emit/model";
 *
 * const bridges = { microbr: { address: "192.168.83.1/24" } };
 * const vms = { api: { vcpus: 2 } };
 * const config = { hosts: { web: { stateVersion: "26.05", user: { name: "alice" }, bridges, vms } } };
 * const planned = planConfig(config, emptyLock);
 * if (planned._tag === "Left") for (const { path, remedy } of planned.left) console.log(`${formatPath(path)}: ${remedy}`);
 * ```
 *
 * ```text
 * hosts.web.vms.api.vcpus: Did you mean "vcpu"?
 * hosts.web.user.sshKeys: Add your public key to `user.sshKeys`, or add a module that sets one.
 * ```
 */
export const planConfig = <Code extends string = never>(
  config: unknown,
  lock: Lock,
  {
    sources = [],
    realPath = (path) => path,
    gitDirOf = () => undefined,
    earlierLocks = [],
    rules = [],
  }: PlanOptions<Code> = {},
): Result<readonly Problem<ProblemCode | Code>[], Planned<Code>> => {
  if (isLeft(readLock(lock))) return left([brokenLock]);
  const unresolved = unresolvedConfig(config);
  if (unresolved !== undefined) return left([unresolved]);
  const { checked: model, misspelt, written, says } = validate(config);
  const checked = pipe(
    model,
    andThen(resolve(lock, earlierLocks)),
    andThen(checkRules({ written, says, sources, realPath: remembered(realPath), gitDirOf: remembered(gitDirOf) })),
    // Codes matter to callers only: the functions here carry any.
    andThen((value) =>
      withProblems(
        rules.flatMap((rule) => rule(value.plan)) as readonly Problem<string>[] as readonly Problem[],
        value,
      ),
    ),
  );
  return pipe(
    settle(checked, misspelt.length > 0, model._tag === "Left" ? [] : silencesOf(model.right)),
    bimap(
      (problems) => withoutConsequences([...misspelt, ...whereWritten(problems, written)]),
      ({ value, warnings, silenced }) => ({
        value,
        warnings: whereWritten(warnings, written),
        silenced: whereWritten(silenced, written),
      }),
    ),
  );
};

/** The value if no problem is an error, otherwise all problems except the silenced ones. */
const settle = (
  checked: Checked<Resolution>,
  isMisspelt: boolean,
  silences: ReturnType<typeof silencesOf>,
): Result<readonly Problem[], Planned> => {
  const found = checked._tag === "Right" ? [] : checked.left;
  if (checked._tag === "Left" || isMisspelt || found.some(({ severity }) => severity === "error"))
    return left(silence(found, silences).problems);
  const { problems: warnings, silenced } = silence([...found, ...needlessSilences(found, silences)], silences);
  return right({ value: checked.right, warnings, silenced });
};

/** The problem of a config that is still a function or a promise. */
const unresolvedConfig = (config: unknown): Problem | undefined => {
  const found = typeof config === "function" ? "a function" : config instanceof Promise ? "a promise" : undefined;
  return found === undefined
    ? undefined
    : wrongType([], `Expected a config, found ${found}`, "Resolve it first: `await resolveConfig(config)`.");
};

const brokenLock = badLock(
  [],
  "The lock was not created by microvm-emit",
  "Pass the lock of an earlier result, or the empty lock.",
);
