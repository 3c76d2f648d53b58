import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexFolders } from "../src/common/folder-index.js";
import { remembered } from "../src/rules/config-source.js";

const path = fc
  .array(fc.constantFrom("a", "ab", "b"), { minLength: 1, maxLength: 4 })
  .map((names) => `/${names.join("/")}`);

describe("an index of folders", () => {
  it("finds the same folders as a linear search", () => {
    fc.assert(
      fc.property(fc.array(path, { maxLength: 20 }), path, (paths, asked) => {
        const folders = paths.map((folder, position) => ({ folder, position }));
        const { at, around, within } = indexFolders(folders);
        const positions = (found: readonly { readonly position: number }[]): readonly number[] =>
          found.map(({ position }) => position).sort((a, b) => a - b);
        const where = (holds: (folder: string) => boolean): readonly number[] =>
          positions(folders.filter(({ folder }) => holds(folder)));
        expect(positions(at(asked))).toEqual(where((folder) => folder === asked));
        expect(positions(around(asked))).toEqual(where((folder) => asked.startsWith(`${folder}/`)));
        expect(positions(within(asked))).toEqual(where((folder) => folder.startsWith(`${asked}/`)));
      }),
    );
  });

  it("returns the nearest folder first", () => {
    const { around } = indexFolders([{ folder: "/a" }, { folder: "/a/b" }]);
    expect(around("/a/b/c")).toEqual([{ folder: "/a/b" }, { folder: "/a" }]);
  });
});

describe("remembered answers", () => {
  it("ask once for each path, also if the answer is undefined", () => {
    const asked: string[] = [];
    const answer = remembered((folder) => {
      asked.push(folder);
      return folder === "/none" ? undefined : `${folder}/real`;
    });
    expect(["/a", "/none", "/a", "/none"].map(answer)).toEqual(["/a/real", undefined, "/a/real", undefined]);
    expect(asked).toEqual(["/a", "/none"]);
  });
});
