import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dotOf } from "../graph/dot.js";
import type { Graph } from "../graph/graph.js";
import { mermaidOf } from "../graph/mermaid.js";
import { Failed } from "../report/failure.js";

const require = createRequire(import.meta.url);

/** Fonts with the same widths, then any. */
const families = "Arial,Liberation Sans,Arimo,Helvetica,sans-serif";

/** Draws a graph with Graphviz. */
export const svgOf = async (dot: string): Promise<string> => {
  const { Graphviz } = await engine("@hpcc-js/wasm-graphviz", () => import("@hpcc-js/wasm-graphviz"));
  const svg = (await Graphviz.load()).layout(dot, "svg", "dot");
  // Viewers show titles as tooltips, and these are the names of nodes in the source.
  return svg
    .replaceAll(/<title>[^<]*<\/title>\n/g, "")
    .replaceAll(/<!--[^]*?-->\n?/g, "")
    .replaceAll('font-family="Arial"', `font-family="${families}"`);
};

/** Paints a drawing at twice its size, on white. */
const pngOf = async (svg: string): Promise<Uint8Array> => {
  const { initWasm, Resvg } = await engine("@resvg/resvg-wasm", (name) => require(name) as ResvgModule);
  // The engine has no fonts. Graphviz measures text as Arial, and Arimo has the same widths.
  const fontBuffers = await engine("@expo-google-fonts/arimo", () =>
    Promise.all(
      ["400Regular/Arimo_400Regular.ttf", "700Bold/Arimo_700Bold.ttf"].map((font) =>
        readFile(require.resolve(`@expo-google-fonts/arimo/${font}`)),
      ),
    ),
  );
  await initWasm(await readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
  const image = new Resvg(svg, {
    background: "#ffffff",
    fitTo: { mode: "zoom", value: 2 },
    font: { fontBuffers, defaultFontFamily: "Arimo" },
  });
  return image.render().asPng();
};

/** The used part of the package, whose declarations need those of a browser. */
interface ResvgModule {
  readonly initWasm: (wasm: Uint8Array) => Promise<void>;
  readonly Resvg: new (svg: string, options: object) => { readonly render: () => { readonly asPng: () => Uint8Array } };
}

/** Loads an optional dependency. */
const engine = async <A>(name: string, load: (name: string) => A | Promise<A>): Promise<A> => {
  try {
    return await load(name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw error;
    throw new Failed({ kind: "engine-missing", package: name });
  }
};

/** Prints a graph in a format. */
export const drawAs = async (format: "svg" | "png" | "mermaid" | "dot", graph: Graph): Promise<string | Uint8Array> => {
  if (format === "mermaid") return mermaidOf(graph);
  const dot = dotOf(graph);
  if (format === "dot") return dot;
  const svg = await svgOf(dot);
  return format === "svg" ? svg : pngOf(svg);
};

/** Writes a file whole or not at all. A symlink is replaced, since a repository can carry one. */
export const replaceFile = (file: string, content: string | Uint8Array): void => {
  const part = `${file}.${randomUUID()}.part`;
  try {
    writeFileSync(part, content, { flag: "wx" });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw new Failed({ kind: "output-not-writable", paths: [file], cause: (error as Error).message });
  }
};
