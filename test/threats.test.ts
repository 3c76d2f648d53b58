/** The threat model in docs/isolation-details.md names a test for each row, or says that there is none. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/isolation-details.md"), "utf8");
const [, section = ""] = /^## Threats and tests$([^]*?)^## /m.exec(page) ?? [];
const rows = section
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| -"))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .filter(([, , , shown]) => shown !== "shown by");

describe("the threat model", () => {
  it("has rows for both directions", () => {
    expect(section.match(/^### .*$/gm)).toEqual(["### Out of the VM", "### Into the VM", "### From the host's side"]);
    expect(rows.length).toBeGreaterThan(35);
  });

  it.each(rows.map(([, threat = "", , shown = ""]) => ({ threat, shown })))("names a test of: $threat", ({ shown }) => {
    const files = [...shown.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    if (files.length === 0) expect(["not protected", "not tested here"]).toContain(shown);
    for (const file of files) {
      expect(existsSync(join(root, file)), file).toBe(true);
      expect(readFileSync(join(root, file), "utf8")).toMatch(/\b(it|def test_)/);
    }
  });
});
