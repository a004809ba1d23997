// Takes all that it can get, and says how much that was: `hostile memory`, `hostile descriptors`, `hostile output`.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PAGES = 16, PAGE = 65536 };

static int memory(void) {
  size_t at;
  int mebibytes = 0;
  while ((at = __builtin_wasm_memory_grow(0, PAGES)) != SIZE_MAX) {
    memset((void *)(at * PAGE), 1, (size_t)PAGES * PAGE);
    mebibytes++;
  }
  printf("%d MiB\n", mebibytes);
  return 0;
}

static int descriptors(void) {
  int opened = 0;
  while (open("/", O_RDONLY | O_DIRECTORY) >= 0) opened++;
  int error = errno;
  printf("%d opened, then %s\n", opened, error == EMFILE ? "EMFILE" : strerror(error));
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "memory") == 0) return memory();
  if (strcmp(what, "descriptors") == 0) return descriptors();
  return 2;
}
