// Compiles seccomp rules with libseccomp, which knows the system calls' numbers. Names, actions and operators
// of config.json are already numbers here (src/plan/seccomp.ts).
#include "io.h"
#include <seccomp.h>
#include <sys/mman.h>
#include <vector>

namespace {

constexpr uint32_t kNone = 0xffffffff;
// From this number of rules on a binary tree is faster than a chain; below it libseccomp 2.5 makes bad trees.
constexpr uint32_t kTreeRules = 32;

class Filter {
 public:
  explicit Filter(uint32_t action) : context_(seccomp_init(action)) {}
  ~Filter() {
    if (context_ != nullptr) seccomp_release(context_);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  scmp_filter_ctx get() const { return context_; }

 private:
  scmp_filter_ctx context_;
};

// Throws with `subject` as the path and the index of the rule or architecture that failed.
Napi::Value ThrowAt(Napi::Env env, int number, const char* call, const std::string& subject, uint32_t index) {
  ThrowErrno(env, number, call, subject);
  Napi::Error error = env.GetAndClearPendingException();
  if (index != kNone) error.Set("index", Napi::Number::New(env, index));
  error.ThrowAsJavaScriptException();
  return env.Undefined();
}

uint64_t BigArgument(const Napi::Value& value) {
  bool lossless;
  return value.As<Napi::BigInt>().Uint64Value(&lossless);
}

std::vector<scmp_arg_cmp> Conditions(const Napi::Array& list) {
  std::vector<scmp_arg_cmp> conditions;
  for (uint32_t i = 0; i < list.Length(); i++) {
    Napi::Object item = list.Get(i).As<Napi::Object>();
    conditions.push_back({item.Get("index").As<Napi::Number>().Uint32Value(),
                          static_cast<scmp_compare>(item.Get("op").As<Napi::Number>().Uint32Value()),
                          BigArgument(item.Get("value")), BigArgument(item.Get("valueTwo"))});
  }
  return conditions;
}

// libseccomp 2.5 exports to a descriptor only.
int ExportProgram(const Filter& filter, std::string* program) {
  Descriptor memory(memfd_create("seccomp", MFD_CLOEXEC));
  if (!memory.valid()) return -errno;
  int result = seccomp_export_bpf(filter.get(), memory.get());
  if (result < 0) return result;
  off_t size = lseek(memory.get(), 0, SEEK_END);
  if (size < 0) return -errno;
  program->resize(static_cast<size_t>(size));
  ssize_t done = pread(memory.get(), program->data(), program->size(), 0);
  return done == size ? 0 : -EIO;
}

// seccompCompile(defaultAction, architectures, rules, strict) → the bytes of struct sock_filter[]. A name that
// libseccomp does not know is a system call of another kernel or architecture, and skipped, unless it is strict.
Napi::Value Compile(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Filter filter(NumberArgument(info, 0));
  if (filter.get() == nullptr) return ThrowAt(env, EINVAL, "seccomp_init", "", kNone);

  Napi::Array architectures = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < architectures.Length(); i++) {
    uint32_t token = architectures.Get(i).As<Napi::Number>().Uint32Value();
    int result = seccomp_arch_add(filter.get(), token);
    if (result < 0 && result != -EEXIST) return ThrowAt(env, -result, "seccomp_arch_add", "", i);
  }

  bool strict = info[3].As<Napi::Boolean>().Value();
  Napi::Array rules = info[2].As<Napi::Array>();
  if (rules.Length() > kTreeRules) seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  for (uint32_t i = 0; i < rules.Length(); i++) {
    Napi::HandleScope scope(env);
    Napi::Object rule = rules.Get(i).As<Napi::Object>();
    std::string name = rule.Get("name").As<Napi::String>().Utf8Value();
    int number = seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR && strict) return ThrowAt(env, ENOSYS, "seccomp_syscall_resolve_name", name, i);
    if (number == __NR_SCMP_ERROR) continue;
    std::vector<scmp_arg_cmp> conditions = Conditions(rule.Get("conditions").As<Napi::Array>());
    uint32_t action = rule.Get("action").As<Napi::Number>().Uint32Value();
    int result = seccomp_rule_add_array(filter.get(), action, number, conditions.size(), conditions.data());
    if (result < 0) return ThrowAt(env, -result, "seccomp_rule_add", name, i);
  }

  std::string program;
  int result = ExportProgram(filter, &program);
  if (result < 0) return ThrowAt(env, -result, "seccomp_export_bpf", "", kNone);
  return Napi::Buffer<char>::Copy(env, program.data(), program.size());
}

// seccompNewest(architecture, names) → the highest number that any of the names has there; 0 when none has.
Napi::Value Newest(const Napi::CallbackInfo& info) {
  uint32_t token = NumberArgument(info, 0);
  Napi::Array names = info[1].As<Napi::Array>();
  int newest = 0;
  for (uint32_t i = 0; i < names.Length(); i++) {
    Napi::HandleScope scope(info.Env());
    std::string name = names.Get(i).As<Napi::String>().Utf8Value();
    int number = seccomp_syscall_resolve_name_arch(token, name.c_str());
    if (number > newest) newest = number;
  }
  return Napi::Number::New(info.Env(), newest);
}

// The token of the architecture that this program runs on.
Napi::Value NativeArchitecture(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), seccomp_arch_native());
}

// "2.5.4"
Napi::Value Version(const Napi::CallbackInfo& info) {
  const scmp_version* version = seccomp_version();
  std::string text = std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
                     std::to_string(version->micro);
  return Napi::String::New(info.Env(), text);
}

}  // namespace

void InitSeccomp(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "seccompCompile", Compile);
  Export(env, exports, "seccompNewest", Newest);
  Export(env, exports, "seccompNativeArchitecture", NativeArchitecture);
  Export(env, exports, "seccompVersion", Version);
}
