// How long each step took, in microseconds. It goes with packets that are sent anyway, so that it costs a reading of
// the clock for each step.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "steps.gen.h"

// Fits into the host's buffer for a packet; what comes after so many steps is not told.
enum { DURATIONS_MAX = 512 };

static uint32_t durations[DURATIONS_MAX];
static uint32_t count;
static uint64_t mark;

static uint64_t microseconds(void) {
  struct timespec now;
  // Not by the vDSO: the pages that it takes are faulted in once for each container, which is dearer than 100 calls.
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void start_durations(void) { mark = microseconds(); }

// `kind`: of the step that has ended. Another time namespace has another clock: entering one can't be measured.
void note_duration(uint32_t kind) {
  uint64_t now = microseconds();
  bool moved = kind == STEP_TIME_NAMESPACE || kind == STEP_JOIN_TIME;
  uint64_t took = moved ? NOT_MEASURED : now - mark;
  mark = now;
  if (init.step >= DURATIONS_MAX) return;
  // Steps that were skipped are another process's.
  while (count < init.step) durations[count++] = NOT_MEASURED;
  durations[count++] = took < NOT_MEASURED ? (uint32_t)took : NOT_MEASURED;
}

int send_durations(int fd, char kind) { return send_packet(fd, kind, durations, count * (uint32_t)sizeof(uint32_t)); }
