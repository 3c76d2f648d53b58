/** Pictures of the examples for the docs. */
import { fileURLToPath } from "node:url";
import { svgOf } from "../packages/emit/src/cli/draw.js";
import { placesOf } from "../packages/emit/src/config-file/places.js";
import { planFile } from "../packages/emit/src/config-file/plan-file.js";
import { dotOf } from "../packages/emit/src/graph/dot.js";
import { graphOf } from "../packages/emit/src/graph/graph.js";

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The pictures by path. */
export const exampleGraphs = async (): Promise<readonly (readonly [path: string, svg: string])[]> =>
  Promise.all(
    ["midna", "networks"].map(async (example) => {
      const { planned } = await planFile(placesOf(path(`examples/${example}/microvm.config.ts`)));
      return [path(`docs/graphs/${example}.svg`), await svgOf(dotOf(graphOf(planned.plan, [])))] as const;
    }),
  );
