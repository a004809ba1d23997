// Waiting for what a container does: its out-of-memory notices, its end, its word that it is ready.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>
#include "addon.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

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

// A socket address of AF_UNIX; a name that begins with @ is an abstract one.
bool UnixAddress(const std::string& path, sockaddr_un* address, socklen_t* length) {
  *address = {};
  address->sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address->sun_path) return false;
  memcpy(address->sun_path, path.data(), path.size());
  *length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  if (path[0] == '@') {
    address->sun_path[0] = 0;
    --*length;
  }
  return true;
}

// bindDatagram(directory, name): a datagram socket of that name there, which anybody who reaches it may write to.
Napi::Value BindDatagram(const Napi::CallbackInfo& info) {
  std::string directory = info[0].As<Napi::String>(), name = info[1].As<Napi::String>();
  Fd place{open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (place.number < 0) return ThrowErrno(info.Env(), errno, "open", directory);
  // Paths of sockets are short; that of a container's directory may not be.
  std::string path = "/proc/self/fd/" + std::to_string(place.number) + "/" + name;
  sockaddr_un address;
  socklen_t length = 0;
  if (!UnixAddress(path, &address, &length)) return ThrowErrno(info.Env(), ENAMETOOLONG, "bind", name);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return ThrowErrno(info.Env(), errno, "socket");
  unlinkat(place.number, name.c_str(), 0);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) < 0 || fchmodat(place.number, name.c_str(), 0777, 0) < 0) {
    int number = errno;
    close(fd);
    return ThrowErrno(info.Env(), number, "bind", directory + "/" + name);
  }
  return Napi::Number::New(info.Env(), fd);
}

// Tells the service manager, and waits until it has taken that in (sd_notify_barrier(3)): it looks who the sender is.
void Tell(const char* host, const char* text, size_t size) {
  sockaddr_un address;
  socklen_t length = 0;
  Fd fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (fd.number < 0 || !UnixAddress(host, &address, &length)) return;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (sendto(fd.number, text, size, MSG_NOSIGNAL, any, length) < 0) return;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return;
  Fd reading{ends[0]}, writing{ends[1]};
  char barrier[] = "BARRIER=1";
  iovec part = {barrier, sizeof barrier - 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_name = any, message.msg_namelen = length;
  message.msg_iov = &part, message.msg_iovlen = 1;
  message.msg_control = control, message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(head), &writing.number, sizeof(int));
  if (sendmsg(fd.number, &message, MSG_NOSIGNAL) < 0) return;
  close(writing.number);
  writing.number = -1;
  pollfd closed = {reading.number, 0, 0};
  poll(&closed, 1, 5000);
}

// Waits for READY= of the container, whose messages are anybody's: one line of it is passed on, and nothing else.
// false where init ended before.
bool Forward(int fd, int pidfd, const char* host, int pid) {
  for (;;) {
    pollfd fds[] = {{fd, POLLIN, 0}, {pidfd, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return false;
    if (fds[0].revents != 0) {
      char text[4096];
      ssize_t size = recv(fd, text, sizeof text, MSG_DONTWAIT);
      const char* end = text + (size < 0 ? 0 : size);
      for (const char* line = text; line < end;) {
        const char* stop = static_cast<const char*>(memchr(line, '\n', static_cast<size_t>(end - line)));
        if (stop == nullptr) stop = end;
        if (stop - line >= 6 && memcmp(line, "READY=", 6) == 0) {
          std::string told(line, stop);
          told += '\n';
          if (pid > 0) told += "MAINPID=" + std::to_string(pid) + "\n";
          Tell(host, told.data(), told.size());
          return true;
        }
        line = stop + 1;
      }
    } else if (fds[1].revents != 0) {
      return false;
    }
  }
}

void CloseBetween(unsigned first, unsigned last) {
  if (first > last || syscall(SYS_close_range, first, last, 0) == 0) return;
  // Before Linux 5.9: one by one.
  unsigned most = static_cast<unsigned>(sysconf(_SC_OPEN_MAX));
  for (unsigned fd = first; fd <= last && fd < most; fd++) close(static_cast<int>(fd));
}

void CloseAllBut(int one, int other) {
  unsigned low = static_cast<unsigned>(std::min(one, other)), high = static_cast<unsigned>(std::max(one, other));
  CloseBetween(3, low - 1);
  CloseBetween(low + 1, high - 1);
  CloseBetween(high + 1, ~0u);
}

// forwardReady(socket, pidfd, host, pid, background): in the background a child does it, whose end nobody waits for.
Napi::Value ForwardReady(const Napi::CallbackInfo& info) {
  int fd = info[0].As<Napi::Number>().Int32Value(), pidfd = info[1].As<Napi::Number>().Int32Value();
  std::string host = info[2].As<Napi::String>();
  int pid = info[3].As<Napi::Number>().Int32Value();
  if (!info[4].As<Napi::Boolean>().Value()) {
    return Napi::Boolean::New(info.Env(), Forward(fd, pidfd, host.c_str(), pid));
  }
  pid_t child = fork();
  if (child < 0) return ThrowErrno(info.Env(), errno, "fork");
  if (child == 0) {
    // It outlives no container, and holds nothing open that a reader waits for the end of.
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int standard = 0; null >= 0 && standard < 3; standard++) dup2(null, standard);
    CloseAllBut(fd, pidfd);
    Forward(fd, pidfd, host.c_str(), pid);
    _exit(0);
  }
  return Napi::Boolean::New(info.Env(), false);
}

}  // namespace

void InitWatch(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "watchOom", WatchOom);
  Export(env, exports, "watchFile", WatchFile);
  Export(env, exports, "waitReadable", WaitReadable);
  Export(env, exports, "drain", Drain);
  Export(env, exports, "bindDatagram", BindDatagram);
  Export(env, exports, "forwardReady", ForwardReady);
}
