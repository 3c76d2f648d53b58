import { format } from "@microvm-emit/nix-ast";
import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import * as prettier from "prettier";
import { describe, expect, it } from "vitest";
import * as plugin from "../src/index.js";
import { hasIgnorePragma, hasPragma, insertPragma } from "../src/pragma.js";

const formatted = (text: string, options: prettier.Options = {}): Promise<string> =>
  prettier.format(text, { parser: "nix", plugins: [plugin], ...options });

const project = fileURLToPath(new URL("../../..", import.meta.url));
const nixFiles = ["examples", "packages/nix-ast/test"].flatMap((folder) =>
  readdirSync(join(project, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".nix"))
    .map((path) => join(folder, path)),
);

describe("the output equals format of nix-ast", () => {
  it("the repository has Nix files", () => {
    expect(nixFiles.length).toBeGreaterThan(20);
  });

  it.each(nixFiles)("%s", async (path) => {
    const text = readFileSync(join(project, path), "utf8");
    for (const width of [20, 80, 100]) {
      const expected = format(text, { width });
      if (expected._tag === "Left") await expect(formatted(text, { printWidth: width })).rejects.toThrow(SyntaxError);
      else expect(await formatted(text, { printWidth: width })).toBe(expected.right);
    }
  });
});

it("maps tabWidth to the indentation, 2 by default", async () => {
  expect(await formatted("{a=1;b=2;}", {})).toBe("{\n  a = 1;\n  b = 2;\n}\n");
  expect(await formatted("{a=1;b=2;}", { tabWidth: 4 })).toBe("{\n    a = 1;\n    b = 2;\n}\n");
  expect(await formatted("{a=1;b=2;}", { tabWidth: 0 })).toBe("{\n a = 1;\n b = 2;\n}\n");
});

it("keeps the cursor at its character", async () => {
  const text = "{a=1;\nfoo=2;}\n";
  const options = { parser: "nix", plugins: [plugin], cursorOffset: text.indexOf("oo=") };
  const result = await prettier.formatWithCursor(text, options);
  expect(result.formatted.slice(result.cursorOffset)).toBe("oo = 2;\n}\n");
});

it("throws an error with all syntax errors of nix-ast", async () => {
  const error: unknown = await formatted("{\n  a = [ 1;\n}\n").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SyntaxError);
  expect(error).toMatchObject({
    loc: { start: { line: 2, column: 10 }, end: { line: 2, column: 11 } },
    cause: { _tag: "ParseError" },
  });
});

describe("pragmas", () => {
  it.each([
    "# @format\n1",
    "#@prettier\n1",
    "/* @format */ \n1",
    "#! nix-shell\n\n# text\n# @format\n1",
    "/**\n * @format\n */\n1",
  ])("%j has a pragma", (text) => {
    expect(hasPragma(text)).toBe(true);
    expect(hasIgnorePragma(text.replace("@", "@no"))).toBe(true);
  });

  it.each(["1 # @format\n", "# @formatted\n1", "# see @format\n1", '"\n# @format\n"', "/* @format"])(
    "%j has no pragma",
    (text) => {
      expect(hasPragma(text)).toBe(false);
    },
  );

  it("are found after insertion below the interpreter lines", () => {
    expect(insertPragma("#!/usr/bin/env nix-shell\n#! nix-shell -p hello\n{ }\n")).toBe(
      "#!/usr/bin/env nix-shell\n#! nix-shell -p hello\n# @format\n\n{ }\n",
    );
    fc.assert(fc.property(fc.string(), (text) => hasPragma(insertPragma(text))));
  });
});
