import { test } from "uvu";
import * as assert from "uvu/assert";
import { decode, encode } from "./protobuf.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("fields are encoded as protoc does", () => {
  // criu_req { type: DUMP, opts { images_dir_fd: 300, leave_running: true, log_file: "a", ext_mnt { "/k" "/v" } } }
  const request = new Map<number, unknown>([
    [1, 1],
    [
      2,
      new Map<number, unknown>([
        [1, 300],
        [2, undefined],
        [3, true],
        [10, "a"],
        [
          23,
          [
            new Map([
              [1, "/k"],
              [2, "/v"],
            ]),
          ],
        ],
      ]),
    ],
  ]);
  assert.is(
    hex(encode(request as Parameters<typeof encode>[0])),
    "080112" + "13" + "08ac02" + "1801" + "520161" + "ba01080a022f6b12022f76",
  );
  assert.is(hex(encode(new Map([[1, -1]]))), "08ffffffffffffffffff01");
});

test("what is encoded is decoded, and an unknown fixed field is passed over", () => {
  const fields = decode(Uint8Array.from([0x08, 6, 0x10, 1, 0x65, 1, 2, 3, 4, 0x2a, 2, 0x0a, 0]));
  assert.is(fields.get(1), 6);
  assert.is(fields.get(2), 1);
  assert.equal([...(fields.get(5) as Uint8Array)], [0x0a, 0]);
  assert.is(decode(encode(new Map([[7, -2]]))).get(7), -2);
});

test("what is cut short is refused", () => {
  for (const bytes of [[0x08], [0x08, 0x80], [0x12, 5, 1], [0x0b]])
    assert.throws(
      () => decode(Uint8Array.from(bytes)),
      (error: unknown) => error instanceof RangeError,
    );
});

test.run();
