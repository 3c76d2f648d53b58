import type { Toolchain } from "./config-types.js";

/** The toolchains known by name. */
export const toolchains = {
  go: {
    name: "go",
    packages: ["go", "gopls", "delve", "gcc"],
    environment: { GOPATH: "$HOME/go" },
    searchPath: ["$HOME/go/bin"],
  },
  protobuf: { name: "protobuf", packages: ["protobuf"] },
} as const satisfies Record<string, Toolchain>;

export type ToolchainName = keyof typeof toolchains;

/** Go with its language server and debugger, and gcc for cgo; `go install` lands on the PATH. */
export const go = (): Toolchain => toolchains.go;

/** The protocol buffer compiler. */
export const protobuf = (): Toolchain => toolchains.protobuf;
