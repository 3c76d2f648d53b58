/**
 * `commands.js CLONE COMMAND VM…`: runs a command of microvm-emit for each VM in one process, because to start Node takes longer than the command.
 * Prints the JSON of each after a NUL.
 */
import process from "node:process";
import { runCommand } from "../../../packages/emit/dist/cli/terminal.js";

const [, , clone = "", command = "", ...vms] = process.argv;
process.env["ACT"] = `microvm-emit ${command}`;
for (const vm of vms) {
  process.stdout.write("\0");
  await runCommand([command, vm, "--json", "--repo", clone]);
}
