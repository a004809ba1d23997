;; Calls a function of a module that no host gives.
(module
  (import "env" "missing" (func $missing))
  (memory (export "memory") 1)
  (func (export "_start") (call $missing)))
