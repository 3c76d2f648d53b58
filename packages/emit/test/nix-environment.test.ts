import { describe, expect, it } from "vitest";
import { nixEnvironment } from "../src/check/nix-environment.js";

const GIB = 2 ** 30;

describe("the environment of Nix", () => {
  it.each([
    ["a quarter of the free memory", 8 * GIB, String(2 * GIB)],
    ["at most 4 GiB", 64 * GIB, String(4 * GIB)],
    ["nothing if that is less than Nix's own heap", 1.5 * GIB, undefined],
  ])("has as the initial heap %s", (_, freeBytes, heap) => {
    const { GC_INITIAL_HEAP_SIZE, ...others } = nixEnvironment({ HOME: "/home/alice" }, freeBytes);
    expect([GC_INITIAL_HEAP_SIZE, others]).toEqual([heap, { HOME: "/home/alice" }]);
  });

  it("keeps the initial heap of the user", () => {
    expect(nixEnvironment({ GC_INITIAL_HEAP_SIZE: "1000000" }, 8 * GIB)).toEqual({ GC_INITIAL_HEAP_SIZE: "1000000" });
  });
});
