import type { Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { Style } from "../../report/style.js";
import type { Where } from "../../vm/find.js";
import type { Verdict } from "../../vm/doctor.js";
import type { Declare } from "../command.js";
import { examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

/** `microvm-emit doctor`: checks hosts. */
export const doctor: Declare = (program, ask) => {
  const command = program
    .command("doctor")
    .description("check KVM, network, policy, disks and clock of each host")
    .addHelpText("after", examples("doctor", "doctor --host-ssh root@server"))
    .action((options: VmOptions) => {
      ask({ command: "doctor", config: options.config, run: (context) => checkHosts(whereOf(options, context)) });
    });
  withVmOptions(command);
};

const checkHosts = async (where: Where): Promise<Outcome<Results["doctor"]>> => {
  const [{ findHosts }, { checkUp }, { table }, { diagnosticsOf, exitCodeOf }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/doctor.js"),
    import("../../report/table.js"),
    import("../../report/failure-words.js"),
  ]);
  const found = await findHosts(where);
  const hosts = await Promise.all(
    found.hosts.map(async (host) => ({ host: host.machine.name, checks: await checkUp(host) })),
  );
  const isFailed = hosts.some(({ checks }) => checks.some(({ verdict }) => verdict === "failed"));
  return {
    json: { hosts },
    text: (style) =>
      hosts
        .map(({ host, checks }) => {
          const rows = checks.map(({ name, verdict, found: text, remedy }) => [
            { text: name },
            { text: verdict, style: colors(style)[verdict] },
            { text },
            { text: remedy },
          ]);
          return `${style.bold(host)}\n${table(["check", "verdict", "found", "remedy"], rows, style)}`;
        })
        .join("\n"),
    findings: { problems: found.failures.flatMap(diagnosticsOf), silenced: [] },
    exitCode: Math.max(isFailed ? 1 : 0, ...found.failures.map(exitCodeOf)),
  };
};

const colors = (style: Style): Readonly<Record<Verdict, (text: string) => string>> => ({
  ok: style.green,
  warning: style.yellow,
  failed: style.red,
  skipped: style.dim,
});
