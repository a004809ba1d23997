// What the WASI host's system calls share: the guest's memory, the arguments and the results.
//
// Every function returns a number: a result >= 0, or a negative errno of Linux. Pointers are offsets into the
// guest's linear memory; each is checked against its size before the kernel sees it.
#pragma once
#include "addon.h"
#include <sys/uio.h>
#include <type_traits>
#include <utility>

namespace wasi {

struct Memory {
  uint8_t* base = nullptr;
  size_t size = 0;
};

// The guest's linear memory as it stands now; TypeScript sets it again whenever the guest has grown it.
extern Memory guest;

// A small buffer shared with TypeScript, for results that are more than one number. See src/wasm/wasi/scratch.ts.
extern Memory scratch;

// The address of `length` bytes at `pointer` in the guest, or null where they are not all inside its memory.
inline uint8_t* At(uint32_t pointer, size_t length) {
  if (length > guest.size || pointer > guest.size - length) return nullptr;
  return guest.base + pointer;
}

template <typename T>
inline void Store(uint8_t* at, T value) {
  memcpy(at, &value, sizeof value);
}

template <typename T>
inline T Load(const uint8_t* at) {
  T value;
  memcpy(&value, at, sizeof value);
  return value;
}

// The arguments of one call, read on demand. Absent arguments read as 0.
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = kMost;
    napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);
    count_ = count < kMost ? count : kMost;
  }

  // A wasm i32 arrives as a signed number, one that TypeScript computed as an unsigned one: both are accepted.
  uint32_t U32(size_t index) const {
    double value = 0;
    if (index < count_) napi_get_value_double(env_, values_[index], &value);
    return static_cast<uint32_t>(static_cast<int64_t>(value));
  }
  int Int(size_t index) const { return static_cast<int>(U32(index)); }

  double F64(size_t index) const {
    double value = 0;
    if (index < count_) napi_get_value_double(env_, values_[index], &value);
    return value;
  }

  int64_t I64(size_t index) const {
    int64_t value = 0;
    bool lossless = false;
    if (index < count_) napi_get_value_bigint_int64(env_, values_[index], &value, &lossless);
    return value;
  }

  bool Bool(size_t index) const {
    bool value = false;
    if (index < count_) napi_get_value_bool(env_, values_[index], &value);
    return value;
  }

  // The bytes of a Uint8Array; empty for anything else.
  Memory Bytes(size_t index) const {
    Memory bytes;
    void* data = nullptr;
    napi_typedarray_type type;
    if (index < count_ &&
        napi_get_typedarray_info(env_, values_[index], &type, &bytes.size, &data, nullptr, nullptr) == napi_ok) {
      bytes.base = static_cast<uint8_t*>(data);
      // The length is told in elements.
      if (type == napi_int32_array) bytes.size *= sizeof(int32_t);
    } else {
      bytes.size = 0;
    }
    return bytes;
  }

  // The bytes of an ArrayBuffer; empty for anything else.
  Memory Buffer(size_t index) const {
    Memory bytes;
    void* data = nullptr;
    if (index < count_ && napi_get_arraybuffer_info(env_, values_[index], &data, &bytes.size) == napi_ok) {
      bytes.base = static_cast<uint8_t*>(data);
    } else {
      bytes.size = 0;
    }
    return bytes;
  }

  // A string, terminated: 0, or a negative errno where it is none or has no room.
  long Text(size_t index, char* text, size_t room) const {
    size_t length = 0;
    if (index >= count_ || napi_get_value_string_utf8(env_, values_[index], text, room, &length) != napi_ok) {
      return -EINVAL;
    }
    return length + 1 >= room ? -ENAMETOOLONG : 0;
  }

  napi_value Result(long result) const {
    napi_value value = nullptr;
    napi_create_int32(env_, static_cast<int32_t>(result), &value);
    return value;
  }

 private:
  static constexpr size_t kMost = 9;
  napi_env env_;
  size_t count_ = 0;
  napi_value values_[kMost];
};

// A system call, again while a signal interrupts it; its result or its negative errno.
template <typename Function>
inline long Retry(Function function) {
  for (;;) {
    long result = function();
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

// The guest's array of iovec {buffer: u32, length: u32}, checked, as the kernel's. The result is the count or a
// negative errno: EINVAL for more than IOV_MAX entries, EFAULT for anything outside the memory.
constexpr uint32_t kMostVectors = 1024;
long Vectors(uint32_t pointer, uint32_t count, iovec** vectors);

// stat(2)'s file type as WASI's.
uint8_t FileType(mode_t mode);

// The functions of one group, by the name that TypeScript calls them. Those of plain parameters can be called by
// their address as well, which leaves nothing behind for the collector: src/native/wasi-direct.ts.
struct Entry {
  const char* name;
  napi_callback function;
  const void* address = nullptr;
  const char* signature = nullptr;
};

// A parameter of a plain function, out of a call.
template <typename T>
inline T Take(const Call& call, size_t index) {
  if constexpr (std::is_same_v<T, bool>) return call.Bool(index);
  else if constexpr (std::is_same_v<T, double>) return call.F64(index);
  else if constexpr (std::is_same_v<T, int64_t>) return call.I64(index);
  else return static_cast<T>(call.U32(index));
}

// A letter for a parameter: b a bool, f a double, l 64 bits, i 32 bits.
template <typename T>
constexpr char kLetter = std::is_same_v<T, bool> ? 'b' : std::is_same_v<T, double> ? 'f' : sizeof(T) == 8 ? 'l' : 'i';

template <auto Function, typename Signature = decltype(Function)>
struct Plain;

template <auto Function, typename... Parameters>
struct Plain<Function, int32_t (*)(Parameters...)> {
  static constexpr char kSignature[] = {kLetter<Parameters>..., 0};

  template <size_t... Index>
  static int32_t Apply(const Call& call, std::index_sequence<Index...>) {
    return Function(Take<Parameters>(call, Index)...);
  }

  static napi_value Callback(napi_env env, napi_callback_info info) {
    Call call(env, info);
    return call.Result(Apply(call, std::index_sequence_for<Parameters...>()));
  }
};

template <auto Function>
inline Entry Direct(const char* name) {
  return {name, Plain<Function>::Callback, reinterpret_cast<const void*>(Function), Plain<Function>::kSignature};
}

extern const Entry kFdEntries[], kFileEntries[], kPathEntries[], kClockEntries[], kPollEntries[], kSocketEntries[],
    kDnsEntries[], kEngineEntries[];

}  // namespace wasi
