// Writes what a JSON argument says, with the built package in this process, which is killed at the call to the disk
// that a second argument numbers; prints how it ended as JSON, and on standard
// error that it has begun.
import { write } from "../../dist/output/write.js";
import { withFault } from "./fault.mjs";

const [wanted, killAt = "0"] = process.argv.slice(2);
const { result } = await withFault("kill", Number(killAt), () => {
  const ended = write(JSON.parse(wanted)).then(
    (right) => ({ _tag: "Right", right }),
    ({ failures: [left] }) => ({ _tag: "Left", left }),
  );
  process.stderr.write("begun\n");
  return ended;
});
process.stdout.write(JSON.stringify(result));
