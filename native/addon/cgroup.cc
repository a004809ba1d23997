// Moving a process between cgroups makes the kernel wait for an RCU grace period, up to 15 ms, unless another
// process was moved a moment ago. This lets that time pass while the runtime does something else.
#include "io.h"
#include <pthread.h>

namespace {

constexpr size_t kStack = 64 * 1024;

void* Touch(void* argument) {
  std::string* path = static_cast<std::string*>(argument);
  Descriptor file(OpenAt(AT_FDCWD, path->c_str(), O_WRONLY));
  // "0" is this process, and it is there already: nothing moves. A refusal means that nothing was gained.
  [[maybe_unused]] ssize_t done = file.valid() ? write(file.get(), "0", 1) : -1;
  delete path;
  return nullptr;
}

// cgroupTouch(procs): writes the runtime itself to the cgroup.procs of the cgroup that it is in, in a thread.
Napi::Value CgroupTouch(const Napi::CallbackInfo& info) {
  std::string* path = new std::string(PathArgument(info, 0));
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStack);
  if (pthread_create(&thread, &attributes, Touch, path) != 0) delete path;
  pthread_attr_destroy(&attributes);
  return info.Env().Undefined();
}

}  // namespace

void InitCgroup(Napi::Env env, Napi::Object exports) { Export(env, exports, "cgroupTouch", CgroupTouch); }
