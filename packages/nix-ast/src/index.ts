export {
  assertThat,
  attrs,
  binary,
  binding,
  blankLine,
  call,
  comment,
  dynamic,
  float,
  formal,
  formals,
  hasAttr,
  ident,
  ifElse,
  indentedStr,
  inherit,
  inheritFrom,
  int,
  interp,
  lambda,
  letIn,
  list,
  negate,
  not,
  path,
  recAttrs,
  searchPath,
  select,
  selectOr,
  str,
  withIn,
} from "./build.js";
export type { Bindings, Comments, FormalsOptions } from "./build.js";
export type * from "./expr.js";
export { NODE } from "./expr.js";
export { isNode } from "./nodes.js";
export { toNix, ToNixError } from "./to-nix.js";
export type { DataPath, NixInput, NixRecord } from "./to-nix.js";
export { print } from "./print/print.js";
export type { PrintOptions } from "./print/print.js";
export { childrenOf, nodesOf } from "./children.js";
export { keysOf, mapNodes, visit } from "./visit.js";
export type { NodePath, Visit, Visitor } from "./visit.js";
export { nameOf, staticName } from "./names.js";
export { printData } from "./print/print-data.js";
export { format } from "./format.js";
export type { FormatOptions } from "./format.js";
export { parse } from "./parse/parse.js";
export type { ParseOptions } from "./parse/parse.js";
export { positionOf, showParseError } from "./parse/parse-error.js";
export type { ParseError, Position, SyntaxErrorKind, SyntaxProblem } from "./parse/parse-error.js";
export type { Left, Result, Right } from "./result.js";
export { nodeAt, originAt, printMapped, withOrigin } from "./source-map.js";
export type { MappedText, Mapping } from "./source-map.js";
export { toJs } from "./to-js.js";
export type { NixData, NotDataError } from "./to-js.js";
export { nix, NixTemplateError } from "./template.js";
export {
  addFlakeInput,
  addModule,
  appendItem,
  editFile,
  getAttr,
  getOption,
  inputReference,
  insertAttr,
  insertBefore,
  listFlakeInputs,
  openNix,
  parseFlakeRef,
  removeAttr,
  removeFlakeInput,
  removeNode,
  removeOption,
  replaceNode,
  setAttr,
  setFlakeInput,
  setOption,
  showFlakeRef,
} from "./edit/edit.js";
export type {
  AppendOptions,
  Edited,
  EditError,
  EditErrorKind,
  FileEdit,
  FlakeInput,
  FlakeInputChange,
  FlakeRef,
  FlakeRefError,
  FlakeRefOptions,
  ListedInput,
  ModuleTarget,
  Names,
  NixFile,
  NixPath,
  OptionDefinition,
  PathOptions,
  Range,
  Step,
} from "./edit/edit.js";
