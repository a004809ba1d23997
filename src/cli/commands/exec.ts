import { execInContainer } from "../../container/exec.ts";
import type { ExecOptions, GlobalOptions } from "../../container/options.ts";
import type { CommandArguments } from "../option-types.ts";
import type { EXEC } from "../table-exec.ts";

type ExecArguments = CommandArguments<typeof EXEC>;

/** The exit code of the program; 0 when detached. */
export function run(global: GlobalOptions, given: ExecArguments): number {
  return execInContainer(global, execOptions(given));
}

function execOptions({ options, positionals: [id = "", ...args] }: ExecArguments): ExecOptions {
  const { process, cwd, user, apparmor } = options;
  return {
    id,
    args,
    env: options.env,
    additionalGids: options["additional-gids"],
    caps: options.cap,
    tty: options.tty,
    noNewPrivs: options["no-new-privs"],
    preserveFds: options["preserve-fds"],
    detach: options.detach,
    cgroups: options.cgroup,
    ignorePaused: options["ignore-paused"],
    ...given("process", process),
    ...given("cwd", cwd),
    ...given("user", user),
    ...given("apparmor", apparmor),
    ...given("processLabel", options["process-label"]),
    ...given("pidFile", options["pid-file"]),
    ...given("consoleSocket", options["console-socket"]),
    ...given("pidfdSocket", options["pidfd-socket"]),
  };
}

/** The member, where there is a value for it. */
function given<K extends keyof ExecOptions>(name: K, value: string | undefined): { [N in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [N in K]?: string });
}
