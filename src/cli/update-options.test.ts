import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseCommandLine } from "./parse.ts";
import { parseSize, withOptions } from "./update-options.ts";

const read = (...words: string[]) =>
  withOptions({}, parseCommandLine(["update", "id", ...words]).options as Parameters<typeof withOptions>[1]);

test("sizes: powers of 1024 in any spelling, fractions, -1 and 0", () => {
  const sizes: [string, unknown][] = [
    ["0", 0],
    ["-1", -1],
    ["1048576", 1048576],
    ["50M", 52428800],
    ["50m", 52428800],
    ["50MB", 52428800],
    ["50 MiB", 52428800],
    ["1k", 1024],
    ["1b", 1],
    ["1.5G", 1610612736],
    ["1T", 2 ** 40],
    ["2P", 2 ** 51],
    ["9223372036854775807", 2n ** 63n - 1n],
  ];
  for (const [text, bytes] of sizes) assert.is(parseSize(text), bytes, text);
  for (const text of ["", "-2", "M", "5X", "0x10", "1e6", "9223372036854775808", "8192P", "1.5.5M", "50M "])
    assert.is(parseSize(text), undefined, text);
});

test("each option sets its field, after the id too", () => {
  assert.equal(read(), {});
  const memory = ["--memory", "50M", "--memory-swap=-1", "--memory-reservation", "1k"];
  assert.equal(read(...memory), {
    memory: { limit: 52428800, swap: -1, reservation: 1024 },
  });
  assert.equal(
    read(
      ...["--cpu-shares", "512", "--cpu-quota", "-1", "--cpu-period", "1000", "--cpu-burst", "5"],
      ...["--cpu-rt-period", "6", "--cpu-rt-runtime", "7", "--cpu-idle", "1"],
      ...["--cpuset-cpus", "0-1", "--cpuset-mems", "0", "--pids-limit", "-1", "--blkio-weight", "100"],
    ),
    {
      cpu: {
        period: 1000,
        quota: -1,
        burst: 5,
        shares: 512,
        realtimePeriod: 6,
        realtimeRuntime: 7,
        idle: 1,
        cpus: "0-1",
        mems: "0",
      },
      blockIO: { weight: 100 },
      pids: { limit: -1 },
    },
  );
  assert.equal(read("--cpu-period", "18446744073709551615").cpu?.period, 2n ** 64n - 1n);
  assert.equal(read("--memory", "", "--cpuset-cpus="), {}, "an empty value is none");
});

test("options overrule what the JSON says, field by field", () => {
  const { options } = parseCommandLine(["update", "id", "--memory=1k"]);
  assert.equal(
    withOptions(
      { memory: { limit: 5, swap: 6 }, pids: { limit: 7 } },
      options as Parameters<typeof withOptions>[1],
    ),
    { memory: { limit: 1024, swap: 6 }, pids: { limit: 7 } },
  );
});

test("a value that is none is refused by the option's name", () => {
  assert.throws(
    () => read("--memory", "foo"),
    "invalid value `foo` of option --memory: expected a size such as 50M, or -1",
  );
  for (const words of [
    ["--cpu-share", "-5"],
    ["--cpu-quota", "1.5"],
    ["--cpu-period", "18446744073709551616"],
    ["--blkio-weight", "70000"],
    ["--pids-limit", "many"],
  ])
    assert.throws(() => read(...words), `invalid value \`${words[1]}\` of option ${words[0]}`);
});

test("kernel memory has fields of its own", () => {
  const given = read("--kernel-memory", "10M", "--kernel-memory-tcp=-1");
  assert.equal(given, { memory: { kernel: 10 * 1024 * 1024, kernelTCP: -1 } });
});

test.run();
