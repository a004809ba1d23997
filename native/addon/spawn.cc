// Starts init: a sealed memfd, clone3 straight into the new namespaces, exec. Nothing of the JavaScript
// process but three or so descriptors reaches the child.
#include "spawn.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "addon.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

int SealedMemory(const char* name, const void* data, size_t size, bool executable) {
  unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = memfd_create(name, flags | (executable ? MFD_EXEC : 0));
  // Before Linux 6.3 the flag is unknown, and every memory file may be executed.
  if (fd < 0 && errno == EINVAL) fd = memfd_create(name, flags);
  if (fd < 0) return -1;
  const char* bytes = static_cast<const char*>(data);
  for (size_t at = 0; at < size;) {
    ssize_t written = write(fd, bytes + at, size - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      int error = errno;
      close(fd);
      errno = error;
      return -1;
    }
    at += static_cast<size_t>(written);
  }
  fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return fd;
}

namespace {

struct Join {
  int fd;
  int type;
};

// What the child reads and writes; the memory is shared until it execs.
struct Child {
  uint64_t flags;
  int cgroup;
  int keep;
  std::vector<int> kept;
  bool keepCapabilities;
  int init;
  std::vector<int> pass;
  std::vector<Join> joins;
  std::vector<char*> argv;
  volatile int error = 0;
  const char* volatile action = "";
  volatile int failedJoin = -1;
  volatile pid_t pid = -1;
};

// clone3 like vfork: the child uses this very stack below the frame while its parent waits for its exec.
// In line, since a return from a wrapper would destroy the parent's frame.
inline long Clone3(struct clone_args* arguments) {
#if defined(__x86_64__)
  long result;
  register long size __asm__("rsi") = sizeof(*arguments);
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(SYS_clone3), "D"(arguments), "r"(size)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long result __asm__("x0") = reinterpret_cast<long>(arguments);
  register long size __asm__("x1") = sizeof(*arguments);
  register long number __asm__("x8") = SYS_clone3;
  __asm__ volatile("svc #0" : "+r"(result) : "r"(size), "r"(number) : "memory");
  return result;
#else
#error "ocirt is built for x86-64 and arm64"
#endif
}

[[noreturn]] void Give(Child* child, const char* action, int join = -1) {
  child->error = errno;
  child->failedJoin = join;
  child->action = action;
  _exit(127);
}

// A process that is no root yet in its user namespace would lose its capabilities at exec; the ambient set
// carries them until init is uid 0 there.
void CarryCapabilities(Child* child) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) Give(child, "read the capabilities");
  for (auto& word : data) word.inheritable = word.effective = word.permitted;
  if (syscall(SYS_capset, &header, data) < 0) Give(child, "set the capabilities");
  for (unsigned number = 0; number < 64; number++) {
    if ((data[number / 32].permitted >> (number % 32) & 1) != 0)
      prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0);
  }
}

[[noreturn]] void BecomeInit(Child* child) {
  if (child->keepCapabilities) CarryCapabilities(child);
  // Every descriptor above those to preserve is a stray: it ends with the exec.
  if (syscall(SYS_close_range, 3u + static_cast<unsigned>(child->keep), ~0u, 4u /* CLOEXEC */) < 0) {
    long last = sysconf(_SC_OPEN_MAX);
    for (int fd = 3 + child->keep; fd < last; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  for (int fd : child->kept) fcntl(fd, F_SETFD, 0);
  for (int fd : child->pass) fcntl(fd, F_SETFD, 0);
  static char* empty[] = {nullptr};
  syscall(SYS_execveat, child->init, "", child->argv.data(), empty, AT_EMPTY_PATH);
  Give(child, "execute the init program");
}

// Clones init; returns in the parent only.
__attribute__((noinline)) long CloneInit(Child* child, uint64_t extra) {
  struct clone_args arguments = {};
  arguments.flags = child->flags | extra | CLONE_VM | CLONE_VFORK;
  // With CLONE_PARENT the signal is the caller's own, and naming one is an error.
  arguments.exit_signal = extra & CLONE_PARENT ? 0 : SIGCHLD;
  if (child->cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(child->cgroup);
  }
  long pid = Clone3(&arguments);
  if (pid == 0) BecomeInit(child);
  return pid;
}

// Joins what is to be joined. Some namespaces belong to the user namespace that is joined, others to the
// caller's: what is refused before it is tried once more after it.
void JoinAll(Child* child) {
  std::vector<Join>& joins = child->joins;
  const int count = static_cast<int>(joins.size());
  bool user = false;
  for (Join& join : joins) {
    if (join.type == CLONE_NEWUSER) {
      user = true;
    } else if (setns(join.fd, join.type) == 0) {
      join.fd = -1;
    }
  }
  for (int i = 0; user && i < count; i++)
    if (joins[i].type == CLONE_NEWUSER && setns(joins[i].fd, joins[i].type) < 0) Give(child, "join", i);
  for (int i = 0; i < count; i++)
    if (joins[i].type != CLONE_NEWUSER && joins[i].fd >= 0 && setns(joins[i].fd, joins[i].type) < 0)
      Give(child, "join", i);
}

// From within a cgroup namespace nothing outside of it can be cloned into: whoever joins one is in init's cgroup before,
// and init is born there.
void EnterCgroup(Child* child) {
  bool joined = false;
  for (const Join& join : child->joins) joined |= join.type == CLONE_NEWCGROUP;
  if (!joined || child->cgroup < 0) return;
  int procs = openat(child->cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  if (procs < 0 || write(procs, "0", 1) < 0) Give(child, "enter the cgroup");
  close(procs);
  child->cgroup = -1;
}

// A process in between, which joins the namespaces and clones init as its own sibling.
__attribute__((noinline)) long CloneJoined(Child* child) {
  struct clone_args arguments = {};
  arguments.flags = CLONE_VM | CLONE_VFORK;
  arguments.exit_signal = SIGCHLD;
  long between = Clone3(&arguments);
  if (between == 0) {
    EnterCgroup(child);
    JoinAll(child);
    long pid = CloneInit(child, CLONE_PARENT);
    if (pid < 0) {
      errno = static_cast<int>(-pid);
      Give(child, "create the namespaces");
    }
    child->pid = static_cast<pid_t>(pid);
    _exit(0);
  }
  if (between < 0) return between;
  while (waitpid(static_cast<pid_t>(between), nullptr, 0) < 0 && errno == EINTR) {
  }
  return child->pid;
}

std::vector<int> Integers(const Napi::Value& value) {
  std::vector<int> numbers;
  Napi::Array list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) numbers.push_back(list.Get(i).As<Napi::Number>().Int32Value());
  return numbers;
}

void ReapFailed(long pid) {
  while (pid > 0 && waitpid(static_cast<pid_t>(pid), nullptr, 0) < 0 && errno == EINTR) {
  }
}

// callersDescriptors(count): those of 3 to 2+count that the caller has opened. The JavaScript engine marks what it
// inherits close-on-exec, like its own; its own are told by what they are. To be asked before anything is opened.
Napi::Value CallersDescriptors(const Napi::CallbackInfo& info) {
  Napi::Array kept = Napi::Array::New(info.Env());
  int end = 3 + info[0].As<Napi::Number>().Int32Value();
  for (int fd = 3; fd < end; fd++) {
    char target[64] = "";
    std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (readlink(link.c_str(), target, sizeof(target) - 1) < 0) continue;
    static const char* const own[] = {"anon_inode:[eventpoll]", "anon_inode:[eventfd]", "/memfd:ocirt-"};
    bool engine = std::any_of(std::begin(own), std::end(own),
                              [&](const char* name) { return strncmp(target, name, strlen(name)) == 0; });
    if (!engine) kept.Set(kept.Length(), Napi::Number::New(info.Env(), fd));
  }
  return kept;
}

// spawn({plan, flags, cgroup, keep, kept, carry, pass, joins: [fd, type, …]}): {pid, sync}
Napi::Value Spawn(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object request = info[0].As<Napi::Object>();
  Child child;
  child.flags = static_cast<uint64_t>(request.Get("flags").As<Napi::Number>().Int64Value());
  child.cgroup = request.Get("cgroup").As<Napi::Number>().Int32Value();
  child.keep = request.Get("keep").As<Napi::Number>().Int32Value();
  child.keepCapabilities = request.Get("carry").As<Napi::Boolean>().Value();
  child.pass = Integers(request.Get("pass"));
  std::vector<int> joins = Integers(request.Get("joins"));
  for (size_t i = 0; i + 1 < joins.size(); i += 2) child.joins.push_back({joins[i], joins[i + 1]});

  child.kept = Integers(request.Get("kept"));

  Napi::Uint8Array plan = request.Get("plan").As<Napi::Uint8Array>();
  int planFd = SealedMemory("ocirt-plan", plan.Data(), plan.ByteLength(), false);
  if (planFd < 0) return ThrowErrno(env, errno, "memfd_create");
  child.init = SealedMemory("ocirt-init", InitImage(), InitImageSize(), true);
  int pair[2] = {-1, -1};
  if (child.init < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
    int error = errno;
    close(planFd);
    if (child.init >= 0) close(child.init);
    return ThrowErrno(env, error, "socketpair");
  }
  child.pass.insert(child.pass.begin(), {pair[1], planFd});
  std::vector<std::string> texts = {"ocirt-init"};
  for (int fd : child.pass) texts.push_back(std::to_string(fd));
  for (std::string& text : texts) child.argv.push_back(text.data());
  child.argv.push_back(nullptr);

  // No handler of this process may run in the child while the memory is shared.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  long pid = child.joins.empty() ? CloneInit(&child, 0) : CloneJoined(&child);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(pair[1]);
  close(planFd);
  close(child.init);
  if (pid < 0 && child.error == 0) {
    child.error = static_cast<int>(-pid);
    child.action = "create the namespaces";
  }
  if (child.error != 0) {
    ReapFailed(pid);
    close(pair[0]);
    // Which of the joins it was, as the path.
    return ThrowErrno(env, child.error, child.action,
                      child.failedJoin < 0 ? "" : std::to_string(child.failedJoin));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("pid", Napi::Number::New(env, static_cast<double>(pid)));
  result.Set("sync", Napi::Number::New(env, pair[0]));
  return result;
}

}  // namespace

void InitSpawn(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "callersDescriptors", CallersDescriptors);
  Export(env, exports, "spawn", Spawn);
}
