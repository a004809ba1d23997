;; Imports a function that the interface has not.
(component
  (import "wasi:random/random@0.2.3" (instance (export "get-dice" (func (result u8)))))
  (core module $m (func (export "run") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.3" (instance $run)))
