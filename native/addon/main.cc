// The addon as Node-API loads it.
#include <cstdlib>

#include "addon.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  // It tells where the addon is, which concerns nobody whom this process starts.
  unsetenv("OCIRT_ADDON_FD");
  InitHost(env, exports);
  InitSystemd(env, exports);
  InitWasi(env, exports);
  return exports;
}

NODE_API_MODULE(ocirt, Init)
