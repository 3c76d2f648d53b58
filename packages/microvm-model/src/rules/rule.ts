import type { HostPlan, InputPlan } from "../plan/plan.js";
import type { Problem } from "../problems/problem.js";
import type { ConfigSource } from "./config-source.js";

/** Checks one host; `source` maps the plan to the config as written, `inputs` are the flake's inputs. Returns every problem. */
export type Rule = (host: HostPlan, source: ConfigSource, inputs: readonly InputPlan[]) => readonly Problem[];

/** Compares hosts with each other. */
export type FlakeRule = (hosts: readonly HostPlan[]) => readonly Problem[];
