import { z } from "zod";
import { openLock } from "../check/flake-lock.js";
import { type Aspect, deploymentPart } from "../check/nix.js";
import type { Override } from "../check/run-nix.js";
import type { OnProgress } from "../report/checked.js";
import { Failed } from "../report/failure.js";
import type { Changed, Updated } from "../report/updated.js";
import { wantedPathsSchema } from "../vm/deployment.js";
import type { Project } from "../vm/find.js";
import { evaluateProject } from "./evaluate-project.js";
import { flakeFolder } from "./next-commands.js";

interface UpdateSettings {
  readonly dryRun: boolean;
  readonly overrides: readonly Override[];
  readonly onProgress: OnProgress;
}

const versions = z.record(z.string(), z.string());
const packagesSchema = z.object({ host: versions, vms: z.record(z.string(), versions) });

const paths = deploymentPart("paths", (value) => wantedPathsSchema.parse(value));
const packages = deploymentPart("packages", (value) => packagesSchema.parse(value));

/** Updates the lock file, and keeps it if every host evaluates. */
export const updateFlake = async (
  project: Project,
  inputs: readonly string[],
  { dryRun, overrides, onProgress }: UpdateSettings,
): Promise<Updated> => {
  const { plan } = project.file.planned;
  const known = plan.inputs.map(({ name }) => name);
  const unknown = plan.flake ? inputs.find((input) => !known.includes(input)) : undefined;
  if (unknown !== undefined) throw new Failed({ kind: "unknown-name", noun: "flake input", name: unknown, known });
  const hosts = plan.hosts.map(({ name }) => name);
  const evaluate = async <A>(aspect: Aspect<A>, report: OnProgress): Promise<ReadonlyMap<string, A>> => {
    const found = await evaluateProject(project, hosts, overrides, aspect, report);
    return new Map(found.map(({ host, value }) => [host, value]));
  };
  const quiet = (): void => undefined;
  const before = { paths: await evaluate(paths, quiet), packages: await evaluate(packages, quiet) };
  const lock = openLock(flakeFolder(plan, project.places.outputDir));
  try {
    const updated = lock.run(inputs);
    if (updated.length === 0) return { isDryRun: dryRun, inputs: [], hosts: [] };
    const after = { paths: await evaluate(paths, onProgress), packages: await evaluate(packages, quiet) };
    if (!dryRun) lock.keep();
    return {
      isDryRun: dryRun,
      inputs: updated,
      hosts: hosts.map((host) => {
        const [was, is] = [before, after].map((one) => ({
          paths: one.paths.get(host),
          packages: one.packages.get(host),
        }));
        return {
          host,
          isChanged: was?.paths?.system !== is?.paths?.system,
          packages: changesOf(was?.packages?.host, is?.packages?.host),
          vms: Object.keys(is?.paths?.vms ?? {}).map((name) => ({
            name,
            isChanged: was?.paths?.vms[name] !== is?.paths?.vms[name],
            packages: changesOf(was?.packages?.vms[name], is?.packages?.vms[name]),
          })),
        };
      }),
    };
  } finally {
    lock.restore();
  }
};

const changesOf = (
  before: Readonly<Record<string, string>> = {},
  after: Readonly<Record<string, string>> = {},
): readonly Changed[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }))
    .filter((one) => one.before !== one.after);
