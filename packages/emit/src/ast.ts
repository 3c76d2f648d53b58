/**
 * Nix: the exports of `@microvm-emit/nix-ast`.
 *
 * @module
 */
export * from "@microvm-emit/nix-ast";
