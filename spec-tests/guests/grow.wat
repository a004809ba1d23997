;; Grows its memory and writes from the new page: the host must see the memory as it is then.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func $say (param $at i32) (result i32)
    (i32.store (local.get $at) (i32.const 0x21736579)) ;; "yes!"
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (i32.const 4))
    (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "_start")
    (call $proc_exit
      (i32.or
        (call $say (i32.const 64))
        (i32.or
          (i32.lt_s (memory.grow (i32.const 100)) (i32.const 0))
          (call $say (i32.const 6500000)))))))
