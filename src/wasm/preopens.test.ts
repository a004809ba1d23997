import { test } from "uvu";
import * as assert from "uvu/assert";
import { OcirtError } from "../errors.ts";
import { PREOPENS, preopensOf } from "./preopens.ts";

const of = (value: string) => preopensOf({ ociVersion: "1.3.0", annotations: { [PREOPENS]: value } });

test("without the annotation it is the container's root", () => {
  assert.equal(preopensOf({ ociVersion: "1.3.0" }), [{ guest: "/", host: "/" }]);
});

test("directories, under their own names and under others", () => {
  assert.equal(of("/data"), [{ guest: "/data", host: "/data" }]);
  assert.equal(of("/data/, /etc=/config//./x"), [
    { guest: "/data", host: "/data" },
    { guest: "/etc", host: "/config/x" },
  ]);
  assert.equal(of("/=/srv"), [{ guest: "/", host: "/srv" }]);
  assert.equal(of("/a=/b=c"), [{ guest: "/a", host: "/b=c" }]);
  assert.equal(of(""), []);
});

test("anything else is refused", () => {
  for (const value of ["data", "/data,", ",", "a=/b", "/a=b", "/a/../b", "/a=/b/..", "/a=", "=/a"]) {
    assert.throws(
      () => of(value),
      (error: unknown) => error instanceof OcirtError && /is no absolute path, nor two/.test(error.message),
      value,
    );
  }
  assert.throws(() => of("/a=/b,/a"), /`\/a` comes twice/);
});

test.run();
