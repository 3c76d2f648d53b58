/** Pictures of the examples for the docs. */
import { fileURLToPath } from "node:url";
import { svgOf } from "../packages/emit/src/cli/draw.js";
import { dotOf } from "../packages/emit/src/graph/dot.js";
import { graphOf } from "../packages/emit/src/graph/graph.js";
import { loadConfig, planConfig } from "../packages/emit/src/node.js";

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The pictures by path. */
export const exampleGraphs = async (): Promise<readonly (readonly [path: string, svg: string])[]> =>
  Promise.all(
    ["midna", "networks"].map(async (example) => {
      const loaded = await loadConfig(path(`examples/${example}/microvm.config.ts`));
      const planned = loaded._tag === "Left" ? loaded : await planConfig(loaded.right);
      if (planned._tag === "Left") throw new Error(JSON.stringify(planned.left));
      const { plan } = planned.right.planned;
      return [path(`docs/graphs/${example}.svg`), await svgOf(dotOf(graphOf(plan, [])))] as const;
    }),
  );
