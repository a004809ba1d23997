import type { GlobalOptions } from "../../container/options.ts";
import { features } from "../features.ts";
import { printJson } from "../print.ts";

export function run(_global: GlobalOptions): void {
  printJson(features());
}
