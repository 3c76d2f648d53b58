import type { Override } from "../check/run-nix.js";
import { type Failure, failuresOf } from "../report/failure.js";
import type { DeployedHost } from "../vm/deployment.js";
import { type Project, projectHosts, type VmHost } from "../vm/find.js";
import { requireKnown } from "./names.js";
import type { Context } from "./command.js";
import { evaluateProject } from "./evaluate-project.js";

/** The hosts of a config with their deployed systems, or with the reason why a host does not answer. */
export interface Deployments {
  readonly project: Project;
  readonly hosts: readonly DeployedHost[];
  readonly failures: readonly Failure[];
  /** Asks a machine again, without a new evaluation. */
  readonly refresh: (host: string) => Promise<DeployedHost | undefined>;
}

export interface DeploymentOptions {
  readonly config?: string | undefined;
  readonly output?: string | undefined;
  /** The ssh destination of the only host. */
  readonly hostSsh?: string | undefined;
  readonly overrides: readonly Override[];
}

/** Evaluates hosts of a config, and asks each machine for its system. */
export const deploymentsOf = async (
  names: readonly string[],
  { config, output, hostSsh, overrides }: DeploymentOptions,
  { configFile, onProgress }: Pick<Context, "configFile" | "onProgress">,
): Promise<Deployments> => {
  const [{ placesOf }, { planFile }, { deploymentPart }, { deploymentOf, wantedPathsSchema }] = await Promise.all([
    import("../config-file/places.js"),
    import("../config-file/plan-file.js"),
    import("../check/nix.js"),
    import("../vm/deployment.js"),
  ]);
  const file = await planFile(placesOf(await configFile(config), output));
  const project: Project = { places: file.places, file };
  const known = file.planned.plan.hosts.map(({ name }) => name);
  requireKnown("host", names, known);
  const chosen = names.length === 0 ? known : known.filter((name) => names.includes(name));
  // Ask first, so that a host that does not answer needs no evaluation.
  const found = await projectHosts(project, chosen, hostSsh);
  const answering = found.hosts.flatMap(({ planned }) => (planned === undefined ? [] : [planned.host.name]));
  const parse = (value: unknown): ReturnType<typeof wantedPathsSchema.parse> => wantedPathsSchema.parse(value);
  const evaluated = await evaluateProject(project, answering, overrides, deploymentPart("paths", parse), onProgress);
  const wanted = new Map(evaluated.map(({ host, value }) => [host, value]));
  const ask = (host: VmHost): readonly Promise<DeployedHost>[] => {
    const paths = wanted.get(host.planned?.host.name ?? "");
    return paths === undefined ? [] : [deploymentOf(host, paths)];
  };
  const settled = await Promise.allSettled(found.hosts.flatMap(ask));
  return {
    project,
    refresh: async (name) => found.hosts.filter(({ planned }) => planned?.host.name === name).flatMap(ask)[0],
    hosts: settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])),
    failures: [
      ...found.failures,
      ...settled.flatMap((one) => (one.status === "rejected" ? failuresOf(one.reason) : [])),
    ],
  };
};
