/**
 * What failed, what ran and what did not: reads the JSON that vitest writes, names each failed test with its message, and
 * says of each variable that names something which is not installed here whether it was set, and how many tests did not
 * run for the lack of it.
 *
 *   node .ci/summary.mjs VITEST.json
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const NEEDED = {
  MICROVM_EMIT_RIG: "the modules of NixOS, microvm.nix and home-manager",
  MICROVM_EMIT_CORPUS: "Nix files of others, each folder by two tests",
  MICROVM_EMIT_NIXFMT: "nixfmt's sources, each of its own cases by a test",
  MICROVM_EMIT_NIX_CURRENT: "a current nix",
};

const [, , file = ""] = process.argv;
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
  readFileSync(file, "utf8"),
);
for (const { name, message, assertionResults } of testResults) {
  const failed = assertionResults.filter(({ status }) => status === "failed");
  for (const { fullName, failureMessages } of failed) {
    console.log(`× ${relative(".", name)} > ${fullName}\n${failureMessages.join("\n").slice(0, 1000)}\n`);
  }
  if (failed.length === 0 && message) {
    console.log(`× ${relative(".", name)}\n${message.slice(0, 1000)}\n`);
  }
}
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`);

const skipped = testResults.flatMap(({ name, assertionResults }) => {
  const source = readFileSync(name, "utf8");
  return assertionResults
    .filter(({ status }) => status === "skipped" || status === "pending")
    .map(({ fullName }) => ({ name, wanted: fullName.includes("MICROVM_EMIT_") ? fullName : source }));
});
for (const [variable, names] of Object.entries(NEEDED)) {
  const without = skipped.filter(({ wanted }) => wanted.includes(variable));
  const files = new Set(without.map(({ name }) => name)).size;
  console.log(
    process.env[variable]
      ? `${variable} was set (${names}).`
      : `!!! ${variable} was NOT SET (${names}): ${without.length} tests in ${files} files that use it did not run.`,
  );
}
