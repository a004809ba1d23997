;; wasi_unstable: seeks in its stdin (a file) from the end, whence 1 there, and exits with the position.
(module
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (call $fd_seek (i32.const 0) (i64.const -1) (i32.const 1) (i32.const 8))
      (then (call $proc_exit (i32.const 255))))
    (call $proc_exit (i32.load (i32.const 8)))))
