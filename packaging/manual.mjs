// The manual pages, from the command table: ocirt(8) and one page for each command.
import { join } from "node:path";
import { loadModule } from "../scripts/load-module.mjs";

/** Text for roff: no character of its own meaning is left. */
const plain = (text) =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1")
    .replace(/`([^`]*)`/g, "\\fB$1\\fR");

const bold = (text) => `\\fB${plain(text)}\\fR`;
const italic = (text) => `\\fI${plain(text)}\\fR`;

function optionEntry(option) {
  const value = option.kind === "flag" ? "" : ` ${italic(option.value)}`;
  const names = [
    ...(option.short === undefined ? [] : [bold(`-${option.short}`)]),
    ...[...(option.aliases ?? []), option.name].map((name) => bold(`--${name}`)),
  ];
  const words = option.kind === "choice" ? ` One of ${option.choices.join(", ")}.` : "";
  const fallback = option.defaultText ?? (option.kind === "flag" ? undefined : option.default);
  const shown = fallback === undefined || fallback === "" ? "" : ` Default: \`${fallback}\`.`;
  return `.TP\n${names.join(", ")}${value}\n${plain(`${option.help}.${words}${shown}`)}\n`;
}

const heading = (name, date, version) =>
  `.TH ${name.toUpperCase()} 8 "${date}" "ocirt ${version}" "ocirt manual"\n`;

function options(title, list) {
  return list.length === 0 ? "" : `.SH ${title}\n${list.map(optionEntry).join("")}`;
}

function commandPage(command, { date, version }) {
  const name = `ocirt-${command.name}`;
  const positionals = command.positionals.map(({ name, optional }) =>
    optional ? `[${italic(name)}]` : italic(name),
  );
  return [
    heading(name, date, version),
    `.SH NAME\n${plain(name)} \\- ${plain(command.summary)}\n`,
    `.SH SYNOPSIS\n${bold("ocirt")} [${italic("OPTION")}...] ${bold(command.name)} ${positionals.join(" ")}\n`,
    `.SH DESCRIPTION\n${plain(command.description)}\n`,
    command.positionals.length === 0 ? "" : ".SH ARGUMENTS\n",
    ...command.positionals.map(({ name, help }) => `.TP\n${italic(name)}\n${plain(help)}.\n`),
    options("OPTIONS", command.options),
    `.SH SEE ALSO\n${bold("ocirt")}(8)\n`,
  ].join("");
}

function mainPage(commands, globals, { date, version }) {
  return [
    heading("ocirt", date, version),
    ".SH NAME\nocirt \\- run containers as the OCI runtime specification has them\n",
    `.SH SYNOPSIS\n${bold("ocirt")} [${italic("OPTION")}...] ${italic("COMMAND")} [${italic("OPTION")}...] [${italic("ARGUMENT")}...]\n`,
    ".SH DESCRIPTION\nTurns a bundle, a directory with a config.json and a root file system, into an isolated process. " +
      "It takes the commands of runc and crun, and runs WebAssembly modules as containers.\n",
    options("GLOBAL OPTIONS", globals),
    ".SH COMMANDS\n",
    ...commands.map(({ name, summary }) => `.TP\n${bold(`ocirt-${name}`)}(8)\n${plain(summary)}.\n`),
    ".SH EXIT STATUS\n0 on success, 1 on failure; of run and exec in the foreground the program's exit code, 128+n after signal n.\n",
    ".SH FILES\n.TP\n.I /run/ocirt\nThe state of root's containers.\n.TP\n.I $XDG_RUNTIME_DIR/ocirt\nThe state of another user's.\n",
  ].join("");
}

/** File name (ocirt.8, ocirt-run.8, …) to page. `facts`: version, and date as YYYY-MM-DD. */
export async function manualPages(top, facts) {
  const { COMMANDS } = await loadModule(join(top, "src/cli/table.ts"));
  const { GLOBAL_OPTIONS } = await loadModule(join(top, "src/cli/table-options.ts"));
  return new Map([
    ["ocirt.8", mainPage(COMMANDS, GLOBAL_OPTIONS, facts)],
    ...COMMANDS.map((command) => [`ocirt-${command.name}.8`, commandPage(command, facts)]),
  ]);
}
