// What only the running kernel can tell `features` and `doctor`.
#include "addon.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

// Whether the kernel knows the flags of seccomp(2): it checks them before it reads the program, which is not
// there, so a known flag fails with EFAULT and an unknown one with EINVAL. Nothing is ever installed.
Napi::Value SeccompFlagsSupported(const Napi::CallbackInfo& info) {
  uint32_t flags = info[0].As<Napi::Number>().Uint32Value();
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, nullptr);
  return Napi::Boolean::New(info.Env(), result < 0 && errno == EFAULT);
}

// Each call is made so that it changes nothing: with arguments that a kernel which has it refuses, or for a
// descriptor that is closed again.
int Probe(const std::string& name) {
  long result;
  if (name == "clone3") {
    result = syscall(SYS_clone3, nullptr, 0);
  } else if (name == "openat2") {
    struct open_how how = {};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT;
    result = syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how);
    if (result >= 0) close(static_cast<int>(result));
  } else if (name == "pidfd_open") {
    result = syscall(SYS_pidfd_open, getpid(), 0);
    if (result >= 0) close(static_cast<int>(result));
  } else if (name == "mount_setattr") {
    result = syscall(SYS_mount_setattr, -1, "", 0, nullptr, 0);
  } else if (name == "open_tree") {
    result = syscall(SYS_open_tree, -1, "", 0);
  } else if (name == "fsopen") {
    result = syscall(SYS_fsopen, nullptr, ~0U);
  } else if (name == "close_range") {
    result = syscall(SYS_close_range, 1, 0, 0);
  } else if (name == "memfd_exec") {
    int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    result = memfd_create("ocirt-probe", flags | 0x10 /* MFD_EXEC, Linux 6.3 */);
    if (result < 0 && errno == EINVAL) result = memfd_create("ocirt-probe", flags);
    if (result >= 0) close(static_cast<int>(result));
    return result < 0 ? errno : 0;
  } else {
    return EINVAL;
  }
  return result < 0 ? errno : 0;
}

// probeCall(name): the errno's name, "" for success.
Napi::Value ProbeCall(const Napi::CallbackInfo& info) {
  int error = Probe(info[0].As<Napi::String>().Utf8Value());
  return Napi::String::New(info.Env(), error == 0 ? "" : ErrnoName(error));
}

}  // namespace

void InitFeatures(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "seccompFlagsSupported", SeccompFlagsSupported);
  Export(env, exports, "probeCall", ProbeCall);
}
