/** Texts with a form of their own, by the name of the form: what a config may hold, what to say of another, what to do. */
export * from "./destinations.js";
export * from "./devices.js";
export * from "./free-text.js";
export * from "./names.js";
export * from "./network.js";
export * from "./nix.js";
export * from "./paths.js";
export type { ScalarRefusal } from "./text.js";
