/** The plans of configs with many settings, whole. */
import { assert, expect, it } from "vitest";
import { emptyLock, formatPath, planConfig } from "../src/index.js";
import { configs } from "./plans/configs.js";

it.each(Object.entries(configs))(
  "the plan of %s is as in its golden file (`npx vitest run FILE -u` writes it)",
  async (name, input) => {
    const planned = planConfig(input, emptyLock);
    assert(planned._tag === "Right", planned._tag === "Left" ? JSON.stringify(planned.left, null, 1) : "");
    const text = JSON.stringify(
      planned.right.value,
      (key, value: unknown) =>
        ["path", "place"].includes(key) && Array.isArray(value) ? formatPath(value as readonly string[]) : value,
      1,
    );
    await expect(`${text}\n`).toMatchFileSnapshot(`plans/${name}.txt`);
  },
);
