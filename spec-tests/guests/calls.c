// Calls the host as often as its argument says, in several ways, and checks each answer.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <wasi/api.h>

int main(int argc, char **argv) {
  int times = argc > 1 ? atoi(argv[1]) : 1;
  __wasi_timestamp_t last = 0;
  for (int i = 0; i < times; i++) {
    __wasi_timestamp_t now = 0;
    __wasi_fdstat_t status;
    __wasi_ciovec_t nothing = {(const uint8_t *)"", 0};
    size_t written = 1;
    if (__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &now) != 0 || now < last) return 1;
    if (__wasi_fd_fdstat_get(1, &status) != 0 || __wasi_fd_fdstat_get(99, &status) != __WASI_ERRNO_BADF) return 2;
    if (__wasi_fd_write(1, &nothing, 1, &written) != 0 || written != 0) return 3;
    last = now;
  }
  puts("calls ok");
  return 0;
}
