// What init can't do about a mount: open what is hidden from its user namespace, map ids.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "addon.h"
#include "message.h"

#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

namespace {

constexpr unsigned kOpenTreeClone = 1;
constexpr unsigned kRecursive = 0x8000;
constexpr uint64_t kAttrIdmap = 0x0010'0000;
constexpr uint64_t kAttrReadOnly = 0x07;  // MOUNT_ATTR_RDONLY, NOSUID, NODEV

struct MountAttributes {
  uint64_t set, clear, propagation, userns;
};

int Int(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }

int CloneTree(const std::string& path, unsigned flags, int userns, bool mapAll, bool readOnly) {
  int tree = static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, path.c_str(), kOpenTreeClone | O_CLOEXEC | flags));
  if (tree < 0 || (userns < 0 && !readOnly)) return tree;
  MountAttributes attributes = {};
  if (readOnly) attributes.set |= kAttrReadOnly;
  if (userns >= 0) {
    attributes.set |= kAttrIdmap;
    attributes.userns = static_cast<uint64_t>(userns);
  }
  unsigned how = AT_EMPTY_PATH | (mapAll ? kRecursive : 0);
  if (syscall(SYS_mount_setattr, tree, "", how, &attributes, sizeof(attributes)) == 0) return tree;
  int error = errno;
  close(tree);
  errno = error;
  return -1;
}

// sendTree(fd, {path, recursive, noFollow, userns, mapAll, readOnly}): answers init with a detached copy of a mount, or
// with the errno
Napi::Value SendTree(const Napi::CallbackInfo& info) {
  Napi::Object request = info[1].As<Napi::Object>();
  auto flag = [&](const char* name) { return request.Get(name).As<Napi::Boolean>().Value(); };
  unsigned flags = (flag("recursive") ? kRecursive : 0) | (flag("noFollow") ? AT_SYMLINK_NOFOLLOW : 0u);
  int tree = CloneTree(request.Get("path").As<Napi::String>().Utf8Value(), flags, Int(request.Get("userns")),
                       flag("mapAll"), flag("readOnly"));
  char packet[5] = {'N'};
  int32_t error = tree < 0 ? errno : 0;
  memcpy(packet + 1, &error, sizeof(error));
  struct iovec part = {packet, sizeof(packet)};
  alignas(struct cmsghdr) char control[kDescriptorSpace] = {};
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (tree >= 0) AttachDescriptor(&message, control, tree);
  ssize_t sent = sendmsg(Int(info[0]), &message, MSG_NOSIGNAL);
  int failure = errno;
  if (tree >= 0) close(tree);
  return sent < 0 ? ThrowErrno(info.Env(), failure, "sendmsg") : info.Env().Undefined();
}

// holdUserNamespace(): a process in a new user namespace that does nothing; it is the caller's to map, and
// to end
Napi::Value HoldUserNamespace(const Napi::CallbackInfo& info) {
  // Without a stack of its own it goes on in a copy of this one, as after fork(2).
  pid_t parent = getpid();
  long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) {
    // It must not outlive its parent, nor hold anything of it.
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (syscall(SYS_getppid) != parent) _exit(0);
    syscall(SYS_close_range, 0u, ~0u, 0u);
    for (;;) syscall(SYS_ppoll, nullptr, 0, nullptr, nullptr, 0);
  }
  return pid < 0 ? ThrowErrno(info.Env(), errno, "clone") : Napi::Number::New(info.Env(), static_cast<double>(pid));
}

}  // namespace

void InitMount(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "sendTree", SendTree);
  Export(env, exports, "holdUserNamespace", HoldUserNamespace);
}
