// The WASI host's system calls: their registration and the guest's memory.
#include "wasi.h"
#include <sys/stat.h>

namespace wasi {

Memory guest;
Memory scratch;

long Vectors(uint32_t pointer, uint32_t count, iovec** vectors) {
  static iovec gathered[kMostVectors];
  if (count > kMostVectors) return -EINVAL;
  const uint8_t* array = At(pointer, size_t{count} * 8);
  if (array == nullptr) return -EFAULT;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t length = Load<uint32_t>(array + i * 8 + 4);
    uint8_t* base = At(Load<uint32_t>(array + i * 8), length);
    if (base == nullptr) return -EFAULT;
    gathered[i] = {base, length};
  }
  *vectors = gathered;
  return count;
}

uint8_t FileType(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFBLK: return 1;
    case S_IFCHR: return 2;
    case S_IFDIR: return 3;
    case S_IFREG: return 4;
    case S_IFSOCK: return 6;
    case S_IFLNK: return 7;
    default: return 0;
  }
}

// setMemory(ArrayBuffer): the guest's memory from now on.
static napi_value SetMemory(napi_env env, napi_callback_info info) {
  Call call(env, info);
  guest = call.Buffer(0);
  return call.Result(static_cast<long>(guest.size >> 16));
}

// setScratch(ArrayBuffer): the buffer for results from now on.
static napi_value SetScratch(napi_env env, napi_callback_info info) {
  Call call(env, info);
  scratch = call.Buffer(0);
  return call.Result(0);
}

static napi_value DirectFunctions(napi_env env, napi_callback_info info);

static const Entry kMemoryEntries[] = {{"setMemory", SetMemory},
                                       {"setScratch", SetScratch},
                                       {"directFunctions", DirectFunctions},
                                       {nullptr, nullptr}};

static const Entry* const kGroups[] = {kMemoryEntries, kFdEntries,     kFileEntries, kPathEntries,  kClockEntries,
                                       kPollEntries,   kSocketEntries, kDnsEntries,  kEngineEntries};

// directFunctions(): by their names, [address, signature].
static napi_value DirectFunctions(napi_env env, napi_callback_info) {
  Napi::Object object = Napi::Object::New(env);
  for (const Entry* entry : kGroups) {
    for (; entry->name != nullptr; entry++) {
      if (entry->address == nullptr) continue;
      Napi::Array pair = Napi::Array::New(env, 2);
      pair.Set(0u, static_cast<double>(reinterpret_cast<uintptr_t>(entry->address)));
      pair.Set(1u, entry->signature);
      object.Set(entry->name, pair);
    }
  }
  return object;
}

static void Register(napi_env env, napi_value object, const Entry* entries) {
  for (; entries->name != nullptr; entries++) {
    napi_value function = nullptr;
    napi_create_function(env, entries->name, NAPI_AUTO_LENGTH, entries->function, nullptr, &function);
    napi_set_named_property(env, object, entries->name, function);
  }
}

// Some seventy functions that only the engine needs: made when asked for, so that no other command pays.
static Napi::Value Host(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  for (const Entry* entries : kGroups) Register(info.Env(), object, entries);
  return object;
}

}  // namespace wasi

void InitWasi(Napi::Env env, Napi::Object exports) { Export(env, exports, "wasi", wasi::Host); }
