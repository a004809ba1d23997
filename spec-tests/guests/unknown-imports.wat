;; Imports what no host has. Exits with what the unknown function of WASI answers; the other is never called.
(module
  (import "wasi_snapshot_preview1" "fd_no_such_call" (func $unknown (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "env" "left_behind" (func $left_behind))
  (memory (export "memory") 1)
  (func (export "never") (call $left_behind))
  (func (export "_start")
    (call $proc_exit (call $unknown (i32.const 3)))))
