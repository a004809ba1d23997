// Clocks go on, sleeping takes as long as it should, and poll waits for what comes first.
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#define CHECK(condition)                                               \
  do {                                                                 \
    if (!(condition)) {                                                \
      fprintf(stderr, "line %d: %s (%d)\n", __LINE__, #condition, errno); \
      exit(1);                                                         \
    }                                                                  \
  } while (0)

static uint64_t now(clockid_t clock) {
  struct timespec time;
  CHECK(clock_gettime(clock, &time) == 0);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(void) {
  struct timespec unit;
  CHECK(clock_getres(CLOCK_MONOTONIC, &unit) == 0 && unit.tv_nsec > 0);
  CHECK(now(CLOCK_REALTIME) > 1600000000ull * 1000000000u);

  uint64_t before = now(CLOCK_MONOTONIC);
  struct timespec pause = {0, 20000000};
  CHECK(nanosleep(&pause, NULL) == 0);
  uint64_t after = now(CLOCK_MONOTONIC);
  CHECK(after - before >= 20000000 && after - before < 2000000000);

  // An absolute deadline that is past already is due at once.
  __wasi_subscription_t wait = {.userdata = 7, .u = {.tag = __WASI_EVENTTYPE_CLOCK}};
  wait.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  wait.u.u.clock.timeout = before;
  wait.u.u.clock.flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;
  __wasi_event_t event;
  size_t count = 0;
  CHECK(__wasi_poll_oneoff(&wait, &event, 1, &count) == 0 && count == 1 && event.userdata == 7);
  CHECK(now(CLOCK_MONOTONIC) - after < 1000000000);

  // stdout can be written to.
  struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLWRNORM};
  CHECK(poll(&out, 1, 1000) == 1 && (out.revents & POLLWRNORM) != 0);
  puts("clocks ok");
  return 0;
}
