import type { ConfigPath } from "@microvm-emit/model";
import type { DeployedHost } from "../vm/deployment.js";
import type { Checkup } from "../vm/doctor.js";
import type { HostTraffic } from "../vm/traffic-table.js";
import type { Snapshot } from "../vm/snapshots.js";
import type { HostStatus } from "../vm/status.js";
import type { Compared } from "../compare/comparison.js";
import type { FetchedBranch } from "../git/clone.js";
import type { Review } from "../git/review.js";
import type { Graph } from "../graph/graph.js";
import type { Adopted } from "../report/adopted.js";
import type { CheckedHost } from "../report/checked.js";
import type { Deployed } from "../report/deployed.js";
import type { Findings } from "../report/diagnostic.js";
import type { EditedFile } from "../report/edited.js";
import type { Emitted } from "../report/emitted.js";
import type { Leftovers } from "../report/leftovers.js";
import type { HostSummary } from "../report/plan-summary.js";
import type { ProblemPage } from "../report/problem-page.js";
import type { Updated } from "../report/updated.js";

/**
 * The result of each command, which `--json` prints next to `ok`, `exitCode` and the findings. `npm run generate` makes
 * the JSON Schemas of `schema --of` from these types.
 */
export interface Results {
  readonly emit: Emitted | StageResult | CurrentFlake;
  readonly init: Emitted & {
    /** The written config. */
    readonly config: string;
    /** The user's flake that imports the modules; null if the config has its own flake. */
    readonly into: string | null;
  };
  readonly adopt: Adopted;
  readonly check: { readonly hosts: readonly CheckedHost[] };
  readonly plan: { readonly hosts: readonly HostSummary[] };
  readonly graph: Graph & {
    /** The written picture. */
    readonly file: string | null;
  };
  readonly diff: Compared | { readonly hosts: readonly DeployedHost[] } | CurrentFlake | ReviewedVm;
  readonly deploy: Deployed;
  readonly update: Updated;
  readonly status: { readonly hosts: readonly HostStatus[] };
  readonly up: StartedVm;
  readonly down: VmOnHost;
  readonly restart: StartedVm;
  readonly agent: NoResult;
  readonly ssh: NoResult;
  readonly exec: NoResult | { readonly stdout: string; readonly stderr: string };
  readonly cp: NoResult;
  readonly push: VmAndClone & { readonly branch: string; readonly commit: string };
  readonly fetch: VmAndClone & { readonly branches: readonly FetchedBranch[] };
  readonly review: ReviewedVm;
  readonly merge: VmAndClone & {
    /** The merged branch, as `vm/NAME/BRANCH`, and its commit. */
    readonly branch: string;
    readonly commit: string;
    /** The new commit of the clone's branch. */
    readonly head: string;
  };
  readonly logs: NoResult | { readonly lines: readonly string[] };
  readonly net: NoResult | { readonly hosts: readonly HostTraffic[] };
  readonly allow: EditedConfig | (EditedConfig & InForce) | AllowedForTime;
  readonly doctor: { readonly hosts: readonly { readonly host: string; readonly checks: readonly Checkup[] }[] };
  readonly snapshot: MadeSnapshot | ListedSnapshots | (VmOnHost & { readonly deleted: string });
  readonly restore: VmOnHost & {
    readonly label: string;
    /** Replaced images of disks. */
    readonly restored: readonly string[];
    /** The image with its repository. */
    readonly kept: readonly string[];
  };
  readonly reset: VmOnHost & {
    /** Deleted images of disks. */
    readonly deleted: readonly string[];
    /** Images outside the folder of the VM, and the one with its repository. */
    readonly kept: readonly string[];
  };
  readonly add: EditedConfig;
  readonly remove: EditedConfig;
  readonly rename: EditedConfig;
  readonly move: EditedConfig;
  readonly gc: Leftovers;
  readonly schema: Text;
  readonly explain: { readonly pages: readonly ProblemPage[] };
  readonly mcp: NoResult;
  readonly completions: Text;
  readonly complete: {
    readonly paths: string;
    readonly words: readonly { readonly value: string; readonly description: string }[];
  };
  readonly help: Text;
}

export type CommandName = keyof Results;

/** Nothing: the command wrote to the terminal itself. */
export type NoResult = Readonly<Record<string, never>>;

interface Text {
  readonly text: string;
}

/** The result of one stage of the compiler, under the name of the stage. */
export type StageResult =
  | { readonly stage: "plan"; readonly plan: unknown }
  | { readonly stage: "ast"; readonly ast: unknown }
  | { readonly stage: "text"; readonly text: unknown };

/** A flake that matches its config. */
export interface CurrentFlake {
  readonly directory: string;
  readonly current: true;
}

interface VmOnHost {
  readonly vm: string;
  readonly host: string;
}

interface MadeSnapshot extends VmOnHost {
  readonly label: string;
  /** The images in the snapshot. */
  readonly images: readonly string[];
  /** Images outside the folder of the VM. */
  readonly left: readonly string[];
}

interface ListedSnapshots extends VmOnHost {
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[];
}

/** The state of a new entry of the config on the running host. */
export interface InForce {
  readonly host: string;
  readonly inForce: boolean;
}

/** A destination that a host opens for a time. */
export interface AllowedForTime extends VmOnHost, InForce {
  readonly destination: string;
  /** 0 ends it. */
  readonly seconds: number;
  readonly dryRun: boolean;
}

interface VmAndClone extends VmOnHost {
  /** The top folder of the user's clone. */
  readonly clone: string;
}

/** A branch of a VM, compared with the clone. */
export type ReviewedVm = VmAndClone & Review;

interface StartedVm extends VmOnHost {
  /** Address at which the guest answers ssh; null if it is in no file of facts. */
  readonly address: string | null;
  /** Seconds until the guest answered. */
  readonly seconds: number;
  /** True if the VM was running already, with an older build than the deployed one. */
  readonly isStale: boolean;
  /** False if the flake on disk does not match the config; null without a config. */
  readonly isFlakeCurrent: boolean | null;
}

/** An edited config, and the files that it emits unless the run is dry. */
export type EditedConfig = EditedFiles & (Emitted | { readonly dryRun: true });

interface EditedFiles {
  readonly edited: readonly EditedFile[];
  /** Settings of the copied VM that the new one does not have. */
  readonly leftOut: readonly ConfigPath[];
  /** The number of warnings that the config had before the edit. The findings are the new ones. */
  readonly otherWarnings: number;
}

/**
 * The object that `--json` prints: the result of a command, or the problems that stopped it.
 *
 * @public
 */
export type Printed = { readonly [Name in keyof Results]: (Succeeded & Results[Name]) | Stopped };

interface Succeeded extends Findings {
  readonly ok: true;
  /** 0, or a code with more information about the result. */
  readonly exitCode: number;
}

interface Stopped extends Findings {
  readonly ok: false;
  readonly exitCode: number;
}
