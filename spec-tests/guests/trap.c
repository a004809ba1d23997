// Traps in a chain of functions: `trap unreachable`, `trap memory`, `trap recursion`.
#include <stdint.h>
#include <string.h>

__attribute__((noinline)) static int innermost(const char *how) {
  if (strcmp(how, "memory") == 0) return *(volatile int *)(uintptr_t)0xfffffff0u;
  __builtin_trap();
}

__attribute__((noinline)) static int middle(const char *how) { return innermost(how) + 1; }

__attribute__((noinline)) static int deeper(volatile int *depth) {
  if ((*depth += 1) == INT32_MAX) return 0;
  return deeper(depth) + *depth;
}

int main(int argc, char **argv) {
  volatile int depth = 0;
  if (argc > 1 && strcmp(argv[1], "recursion") == 0) return deeper(&depth);
  return middle(argc > 1 ? argv[1] : "unreachable");
}
