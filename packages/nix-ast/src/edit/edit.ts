/** Reads and edits Nix files without changes to the rest of the text. */
export { getAttr, insertAttr, removeAttr, setAttr } from "./attributes.js";
export type { Names } from "./attributes.js";
export { openNix } from "./file.js";
export type { EditError, EditErrorKind, Edited, NixFile } from "./file.js";
export { addFlakeInput, inputReference } from "./flake.js";
export type { FlakeInput } from "./flake.js";
export { appendItem } from "./lists.js";
export { addModule } from "./system.js";
export type { ModuleTarget } from "./system.js";
export type { Range } from "./text.js";
