/**
 * Measures printing of JSON-like data as Nix, as a ratio to `JSON.stringify` and to the npm package nijs, in one
 * process: `npx jiti bench/print.ts`, after a build.
 */
import { print, printData, toNix } from "@microvm-emit/nix-ast";
import nijs from "nijs";

const rounds = 15;

/** Nested configuration data, about 5 MB of JSON: each innermost set has five kinds of value. */
const configOf = (depth: number, seed: number): Record<string, unknown> =>
  Object.fromEntries(
    Array.from({ length: 8 }, (_, index) => {
      const id = seed * 8 + index;
      const name = `option${String(index)}`;
      if (depth > 0) return [name, configOf(depth - 1, id)];
      const leaf = {
        enable: index % 2 === 0,
        port: id,
        host: `host-${String(id)}.example.org`,
        tags: [`tag-${String(index)}`, `id-${String(id)}`, 'a "quoted" one'],
        ratio: index / 8,
        addresses: [`192.168.${String(index)}.1/24`],
      };
      return [name, leaf];
    }),
  );

const data = configOf(4, 1);
const node = toNix(data);
const json = JSON.stringify(data);

const contenders = {
  "JSON.stringify": () => JSON.stringify(data),
  "nix-ast: print": () => print(node),
  "nix-ast: toNix and print": () => print(toNix(data)),
  "nix-ast: printData": () => printData(data),
  "nijs: jsToNix": () => nijs.jsToNix(data, true),
} as const;
type Contender = keyof typeof contenders;
const names = Object.keys(contenders) as Contender[];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Milliseconds of one run; reading a character forces the engine to build the whole string. */
const time = (run: () => string): number => {
  const start = performance.now();
  run().charCodeAt(0);
  return performance.now() - start;
};

// In turns, so that other load affects all alike; the first turns warm up the engine.
const times = new Map<Contender, number[]>(names.map((name) => [name, []]));
for (let round = -3; round < rounds; round++) {
  for (const name of names) {
    const taken = time(contenders[name]);
    if (round >= 0) times.get(name)?.push(taken);
  }
}
const taken = (name: Contender): number => median(times.get(name) ?? []);
const ratio = (name: Contender, other: Contender): number => taken(name) / taken(other);

const text = print(node);
console.log(
  `${(json.length / 1e6).toFixed(1)} MB of JSON, ${(text.length / 1e6).toFixed(1)} MB of Nix, median of ${String(rounds)}`,
);
for (const name of names) {
  const toJson = ratio(name, "JSON.stringify").toFixed(1);
  console.log(`${name.padEnd(26)} ${taken(name).toFixed(0).padStart(6)} ms  ${toJson.padStart(6)} × JSON.stringify`);
}
const slower = ratio("nix-ast: print", "JSON.stringify");
const faster = ratio("nijs: jsToNix", "nix-ast: print");
const direct = ratio("nix-ast: printData", "JSON.stringify");
console.log(`print takes ${slower.toFixed(1)} × JSON.stringify (at most 5 wanted)`);
console.log(`printData takes ${direct.toFixed(1)} × JSON.stringify (at most 3.5 wanted)`);
console.log(`print is ${faster.toFixed(1)} × as fast as nijs (at least 2 wanted)`);
if (!(slower <= 5 && direct <= 3.5 && faster >= 2)) process.exitCode = 1;
