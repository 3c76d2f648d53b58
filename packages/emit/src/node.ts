/**
 * The stages of the command as functions that need Node.js: load, plan, write and check. Each one takes the result of the
 * stage before it, and you can change the result in between.
 *
 * @module
 */
export type { Override } from "./check/run-nix.js";
export type { LockFile } from "./config-file/lock-file.js";
export type { Places } from "./config-file/places.js";
export type { PlannedConfig } from "./emit.js";
export type { AnyFile, NixFile, OutputFile, TextFile } from "./output-file.js";
export type { LoadedFile, PlannedFile } from "./config-file/plan-file.js";
export type { Written } from "./output/write.js";
export type { CheckedHost, OnProgress, Progress } from "./report/checked.js";
export type { Diagnostic, Findings, RelatedDiagnostic, SilencedDiagnostic } from "./report/diagnostic.js";
export type { Place } from "./report/place.js";
export { checkFlake, type CheckOptions } from "./stages/check-flake.js";
export { loadConfig, type LoadOptions } from "./stages/load-config.js";
export { locate } from "./stages/locate.js";
export { planConfig, type PlanConfigOptions } from "./stages/plan-config.js";
export { writeFlake, type WriteOptions } from "./stages/write-flake.js";
