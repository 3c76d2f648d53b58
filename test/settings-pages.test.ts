/** Every setting of a config has a row in a table of the docs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { configSchema } from "../packages/microvm-model/src/config/config.js";
import { hostSchema } from "../packages/microvm-model/src/config/host.js";
import { bridgeSchema } from "../packages/microvm-model/src/config/network.js";
import { vmSchema } from "../packages/microvm-model/src/config/vm.js";

/** Names in the first cells of the tables, as in "| `vcpu`, `memoryMiB` | …". */
const rowsOf = (...pages: readonly string[]): ReadonlySet<string> =>
  new Set(
    pages
      .map((page) => readFileSync(join(import.meta.dirname, "../docs", page), "utf8"))
      .flatMap((text) => [...text.matchAll(/^\| (`[^|]+) \|/gm)])
      .flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name)),
  );

const schemas: readonly (readonly [string, z.ZodObject, ReadonlySet<string>])[] = [
  ["a config", configSchema, rowsOf("config.md")],
  ["a host", hostSchema, rowsOf("config.md", "hardware.md")],
  ["a VM", vmSchema, rowsOf("config.md", "hardware.md")],
  ["a bridge", bridgeSchema, rowsOf("networks.md")],
];

describe.each(schemas)("%s", (_name, schema, rows) => {
  it.each(Object.keys(schema.shape))("has a row of %s", (setting) => {
    expect(rows).toContain(setting);
  });
});
