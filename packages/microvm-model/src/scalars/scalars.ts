/** The checked forms of texts, each with its complaint and remedy. */
export * from "./destinations.js";
export * from "./devices.js";
export * from "./free-text.js";
export * from "./names.js";
export * from "./network.js";
export * from "./nix.js";
export * from "./paths.js";
export type { ScalarRefusal } from "./text.js";
