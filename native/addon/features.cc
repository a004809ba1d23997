// What only the running kernel can tell `features`.
#include "addon.h"
#include <linux/seccomp.h>
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

}  // namespace

void InitFeatures(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "seccompFlagsSupported", SeccompFlagsSupported);
}
