import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findConfig } from "../src/config-file/find-config.js";
import { failuresOf } from "../src/report/failure.js";
import { layOut, temporaryDirectory } from "./tree.js";

const failureOf = (directory: string): unknown => {
  try {
    return findConfig(directory);
  } catch (error) {
    return failuresOf(error)[0];
  }
};

describe("findConfig", () => {
  it("returns the config of the nearest directory", () => {
    const root = temporaryDirectory();
    layOut(root, { "microvm.config.ts": "", "a/microvm.config.yaml": "" });
    mkdirSync(join(root, "a/b/c"), { recursive: true });
    mkdirSync(join(root, "d"));
    expect(findConfig(join(root, "a/b/c"))).toBe(join(root, "a/microvm.config.yaml"));
    expect(findConfig(join(root, "d"))).toBe(join(root, "microvm.config.ts"));
  });

  it("prefers TypeScript to data", () => {
    const root = temporaryDirectory();
    layOut(root, { "microvm.config.json": "{}", "microvm.config.ts": "" });
    expect(findConfig(root)).toBe(join(root, "microvm.config.ts"));
  });

  it("reports the start directory when there is no config", () => {
    const root = temporaryDirectory();
    expect(failureOf(root)).toMatchObject({ kind: "config-not-found", directory: root });
  });

  it.skipIf(process.getuid?.() !== 0)("rejects a config of another user, such as in /tmp", () => {
    const root = temporaryDirectory();
    layOut(root, { "microvm.config.ts": "", "mine/x": "" });
    chownSync(join(root, "microvm.config.ts"), 1234, 1234);
    expect(failureOf(join(root, "mine"))).toMatchObject({ kind: "config-of-another-user", uid: 1234 });
  });
});
