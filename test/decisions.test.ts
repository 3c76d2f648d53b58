/** Decisions are numbered without gaps, and each has the same parts. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../docs/decisions");
const files = readdirSync(folder).sort();

it("numbers decisions from 1, once each", () => {
  expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(files.map((_, position) => position + 1));
});

it.each(files)("%s has its number, context and decision", (file) => {
  const text = readFileSync(join(folder, file), "utf8");
  expect(text).toMatch(new RegExp(`^# ${String(Number(file.slice(0, 4)))}\\. `));
  expect(text).toContain("\n**Context.** ");
  expect(text).toContain("\n**Decision.** ");
});
