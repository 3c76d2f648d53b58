import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sharedConnection } from "../src/vm/machine.js";

const folder = mkdtempSync("/tmp/shared-");

describe("the shared connection of ssh", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has a socket in the runtime folder when its path is short enough", () => {
    vi.stubEnv("XDG_RUNTIME_DIR", folder);
    expect(sharedConnection()).toContain(`ControlPath="${folder}/microvm-emit/%C"`);
  });

  it("is left out when ssh would refuse the path of the socket", () => {
    const long = join(folder, "x".repeat(60));
    mkdirSync(long, { recursive: true });
    vi.stubEnv("XDG_RUNTIME_DIR", long);
    expect(sharedConnection()).toEqual([]);
  });
});
