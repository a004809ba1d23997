/**
 * runtime-spec config-linux.md, "Control groups": the control files hold what docs/resources.md says, and what the peers
 * write for the same configuration in the same place, with each driver that this machine has.
 */
import { assert, type Case, type Container, cgroup, clause, conclude } from "../harness/index.ts";
import { bundleOf, DRIVERS, type Driver, type Files, type Name, outcomeOf, PEERS } from "./place.ts";
import { CPU, MEMORY, OTHERS, type Row } from "./rows.ts";

const VERSION = cgroup.unified ? "v2" : "v1";

/** By driver and runtime: the files of a container without resources. */
const bases = new Map<string, Files>();

async function lookAtBases(t: Case, driver: Driver): Promise<void> {
  const container = bundleOf(t, driver, {});
  for (const name of ["ocirt", ...PEERS] as const) {
    const base = await outcomeOf(t, name, driver, container);
    if (typeof base === "string") assert.unreachable(`${name}: ${base}`);
    else bases.set(`${driver} ${name}`, base);
  }
}

const baseOf = (name: Name, driver: Driver): Files => bases.get(`${driver} ${name}`) ?? {};

/** Without what runc, and so ocirt, leaves to systemd, and crun does not. */
function comparable(name: Name, driver: Driver): Files {
  const files = baseOf(name, driver);
  return driver === "systemd" ? { ...files, "pids.max": "" } : files;
}

/** The files that are not as without resources, or "refuses". */
async function changes(t: Case, name: Name, driver: Driver, container: Container): Promise<Files | string> {
  const base = baseOf(name, driver);
  const outcome = await outcomeOf(t, name, driver, container);
  if (typeof outcome === "string") return "refuses";
  return Object.fromEntries(Object.entries(outcome).filter(([file, value]) => base[file] !== value));
}

const sorted = (files: Files | string) =>
  typeof files === "string" ? files : Object.fromEntries(Object.entries(files).sort());

async function compare(t: Case, row: Row, driver: Driver, name: string): Promise<void> {
  const wanted = row[VERSION] ?? {};
  const base = baseOf("ocirt", driver);
  const missing = Object.keys(wanted).find((file) => base[file] === undefined);
  if (missing !== undefined) {
    process.stderr.write(`\n  left out: ${name}: this kernel has no ${missing}\n`);
    return;
  }
  const expected = Object.fromEntries(Object.entries(wanted).filter(([file, value]) => base[file] !== value));
  const container = bundleOf(t, driver, row.resources);
  const own = await changes(t, "ocirt", driver, container);
  assert.equal(sorted(own), sorted(expected), `ocirt, ${driver}`);
  for (const peer of PEERS) {
    const theirs = await changes(t, peer, driver, container);
    const known = row.differs?.find(
      ({ peer: whose, on, driver: only = driver }) => whose === peer && on === VERSION && only === driver,
    );
    // One of another release may do as ocirt does.
    if (known !== undefined && JSON.stringify(sorted(theirs)) === JSON.stringify(sorted(own))) continue;
    assert.equal(sorted(theirs), sorted(known?.holds ?? own), `${peer}, ${driver}`);
  }
}

const NEEDS = { needs: ["cgroup", "peers", "ocirt"] } as const;

for (const driver of DRIVERS) {
  clause(
    `nothing: under ${driver} the files are as the peers leave them`,
    async (t) => {
      await lookAtBases(t, driver);
      for (const peer of PEERS) assert.equal(comparable("ocirt", driver), comparable(peer, driver), peer);
    },
    NEEDS,
  );
}

for (const [field, rows] of Object.entries({ memory: MEMORY, cpu: CPU, others: OTHERS })) {
  for (const [name, row] of Object.entries(rows)) {
    if (row[VERSION] === undefined) continue;
    for (const driver of DRIVERS) {
      if (driver === "systemd" && row.systemd === undefined) continue;
      clause(
        `${field}: ${name}: under ${driver} the files hold it, as under the peers`,
        (t) => compare(t, row, driver, name),
        NEEDS,
      );
    }
  }
}

conclude();
