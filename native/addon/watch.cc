// Watching a container's cgroup: its out-of-memory notices, and the end of its init.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <vector>
#include "addon.h"

namespace {

struct Fd {
  int number;
  ~Fd() {
    if (number >= 0) close(number);
  }
};

// watchOom(directory of the memory controller on v1): a descriptor that is readable when the kernel is out of memory there,
// and when the cgroup is removed (cgroup-v1/memory.rst, 9).
Napi::Value WatchOom(const Napi::CallbackInfo& info) {
  std::string directory = info[0].As<Napi::String>();
  Fd control{open((directory + "/memory.oom_control").c_str(), O_RDONLY | O_CLOEXEC)};
  if (control.number < 0) return ThrowErrno(info.Env(), errno, "open", directory + "/memory.oom_control");
  Fd registration{open((directory + "/cgroup.event_control").c_str(), O_WRONLY | O_CLOEXEC)};
  if (registration.number < 0) return ThrowErrno(info.Env(), errno, "open", directory + "/cgroup.event_control");
  int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) return ThrowErrno(info.Env(), errno, "eventfd");
  std::string line = std::to_string(event) + " " + std::to_string(control.number);
  if (write(registration.number, line.data(), line.size()) < 0) {
    int number = errno;
    close(event);
    return ThrowErrno(info.Env(), number, "write", directory + "/cgroup.event_control");
  }
  return Napi::Number::New(info.Env(), event);
}

// watchFile(path): a descriptor that is readable when the file has changed.
Napi::Value WatchFile(const Napi::CallbackInfo& info) {
  std::string path = info[0].As<Napi::String>();
  int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return ThrowErrno(info.Env(), errno, "inotify_init1");
  if (inotify_add_watch(fd, path.c_str(), IN_MODIFY) < 0) {
    int number = errno;
    close(fd);
    return ThrowErrno(info.Env(), number, "inotify_add_watch", path);
  }
  return Napi::Number::New(info.Env(), fd);
}

// waitReadable(descriptors, milliseconds): the index of the first that is readable; -1 when the time is over.
Napi::Value WaitReadable(const Napi::CallbackInfo& info) {
  auto list = info[0].As<Napi::Array>();
  std::vector<pollfd> fds;
  for (uint32_t i = 0; i < list.Length(); i++) {
    fds.push_back({list.Get(i).As<Napi::Number>().Int32Value(), POLLIN, 0});
  }
  int count = poll(fds.data(), fds.size(), info[1].As<Napi::Number>().Int32Value());
  if (count < 0 && errno != EINTR) return ThrowErrno(info.Env(), errno, "poll");
  int found = -1;
  for (size_t i = 0; count > 0 && found < 0 && i < fds.size(); i++) {
    if (fds[i].revents != 0) found = static_cast<int>(i);
  }
  return Napi::Number::New(info.Env(), found);
}

// drain(descriptor): takes what has come, so that it is not readable any more.
Napi::Value Drain(const Napi::CallbackInfo& info) {
  alignas(inotify_event) char buffer[4096];
  while (read(info[0].As<Napi::Number>().Int32Value(), buffer, sizeof buffer) > 8) {
  }
  return info.Env().Undefined();
}

}  // namespace

void InitWatch(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "watchOom", WatchOom);
  Export(env, exports, "watchFile", WatchFile);
  Export(env, exports, "waitReadable", WaitReadable);
  Export(env, exports, "drain", Drain);
}
