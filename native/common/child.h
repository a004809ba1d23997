// Runs a helper program (a hook) to its end: input on stdin, its output kept, a time limit. Used by init
// and by the addon.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct child_result {
  int status;    // wait status; -1 where it was never started
  int error;     // errno of what failed before it ran, or 0
  int timed_out; // 1: killed at the limit
  int interrupted; // 1: killed because of the interruption
  uint32_t length;
  char output[1024]; // the end of what it wrote to stdout and stderr, where they were captured
};

// cwd NULL: the caller's. envp NULL: the caller's. timeout_ms 0: none. out_fd, err_fd: where stdout and
// stderr go; -1 captures into `output`. interruption: kills it when this descriptor is readable; -1: none.
void run_child(const char *path, char *const *argv, char *const *envp, const char *cwd, const char *input,
               uint32_t input_length, uint32_t timeout_ms, int out_fd, int err_fd, int interruption,
               struct child_result *result);

#ifdef __cplusplus
}
#endif
