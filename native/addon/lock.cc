// A lock on a directory, which the kernel gives up for a holder that dies (flock(2)).
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "io.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace {

void Nothing(int) {}

// Interrupts the system calls of this thread when the time is over, and again and again after that: one that came
// right before the call would be lost.
class Alarm {
 public:
  explicit Alarm(uint32_t milliseconds) {
    struct sigaction action = {};
    action.sa_handler = Nothing;
    sigaction(SIGALRM, &action, &before_);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &one, &mask_);
    struct sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGALRM;
    event.sigev_notify_thread_id = static_cast<pid_t>(syscall(SYS_gettid));
    struct itimerspec times = {};
    times.it_value = {milliseconds / 1000, static_cast<long>(milliseconds % 1000) * 1000000 + 1};
    times.it_interval = {0, 50000000};
    valid_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0 && timer_settime(timer_, 0, &times, nullptr) == 0;
  }
  ~Alarm() {
    int error = errno;
    if (valid_) timer_delete(timer_);
    sigaction(SIGALRM, &before_, nullptr);
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    errno = error;
  }
  bool valid() const { return valid_; }

 private:
  timer_t timer_;
  bool valid_;
  struct sigaction before_;
  sigset_t mask_;
};

int64_t Now() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

// 0, or -1 with EWOULDBLOCK where another process has it for all of the time.
int LockWithin(int fd, uint32_t milliseconds) {
  int result;
  do result = flock(fd, LOCK_EX | LOCK_NB);
  while (result < 0 && errno == EINTR);
  if (result == 0 || errno != EWOULDBLOCK || milliseconds == 0) return result;
  int64_t end = Now() + milliseconds;
  Alarm alarm(milliseconds);
  if (!alarm.valid()) return -1;
  do result = flock(fd, LOCK_EX);
  while (result < 0 && errno == EINTR && Now() < end);
  if (result < 0 && errno == EINTR) errno = EWOULDBLOCK;
  return result;
}

// lock(path, milliseconds): a descriptor that holds the lock of the directory until it is closed, or -1 where there
// is no such directory. EWOULDBLOCK: somebody else has it for longer than that.
Napi::Value Lock(const Napi::CallbackInfo& info) {
  std::string path = PathArgument(info, 0);
  uint32_t milliseconds = NumberArgument(info, 1);
  for (;;) {
    Descriptor fd(OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (!fd.valid()) {
      if (errno == ENOENT || errno == ENOTDIR) return Napi::Number::New(info.Env(), -1);
      return ThrowErrno(info.Env(), errno, "open", path);
    }
    if (LockWithin(fd.get(), milliseconds) < 0) return ThrowErrno(info.Env(), errno, "flock", path);
    // Whoever had it may have removed the directory, and another may have made it anew.
    struct stat locked, there;
    if (fstat(fd.get(), &locked) < 0) return ThrowErrno(info.Env(), errno, "stat", path);
    if (lstat(path.c_str(), &there) == 0 && there.st_dev == locked.st_dev && there.st_ino == locked.st_ino)
      return Napi::Number::New(info.Env(), fd.release());
  }
}

}  // namespace

void InitLock(Napi::Env env, Napi::Object exports) { Export(env, exports, "lock", Lock); }
