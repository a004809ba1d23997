// Calls to systemd's manager over D-Bus, by sd-bus. The library is loaded when the first call is made: a host that
// runs systemd has it, and nobody else pays for it.
#include <dlfcn.h>
#include <time.h>

#include <vector>

#include "addon.h"

namespace {

struct sd_bus;
struct sd_bus_message;
struct sd_bus_slot;
struct sd_bus_error {
  const char* name;
  const char* message;
  int need_free;
};
using MessageHandler = int (*)(sd_bus_message*, void*, sd_bus_error*);

const char kDestination[] = "org.freedesktop.systemd1";
const char kPath[] = "/org/freedesktop/systemd1";
const char kManager[] = "org.freedesktop.systemd1.Manager";

// How long a job may take, in seconds.
constexpr int kPatience = 30;

// The functions of libsystemd that are used, by their names.
struct Library {
  void* handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);

  template <typename Function>
  Function Find(const char* name) const {
    return reinterpret_cast<Function>(dlsym(handle, name));
  }

#define SD_FUNCTION(result, name, ...) result (*name)(__VA_ARGS__) = Find<result (*)(__VA_ARGS__)>(#name)
  SD_FUNCTION(int, sd_bus_open_system, sd_bus**);
  SD_FUNCTION(int, sd_bus_open_user, sd_bus**);
  SD_FUNCTION(sd_bus*, sd_bus_flush_close_unref, sd_bus*);
  SD_FUNCTION(int, sd_bus_message_new_method_call, sd_bus*, sd_bus_message**, const char*, const char*, const char*,
              const char*);
  SD_FUNCTION(sd_bus_message*, sd_bus_message_unref, sd_bus_message*);
  SD_FUNCTION(int, sd_bus_message_append_basic, sd_bus_message*, char, const void*);
  SD_FUNCTION(int, sd_bus_message_open_container, sd_bus_message*, char, const char*);
  SD_FUNCTION(int, sd_bus_message_close_container, sd_bus_message*);
  SD_FUNCTION(int, sd_bus_message_read_basic, sd_bus_message*, char, void*);
  SD_FUNCTION(int, sd_bus_call, sd_bus*, sd_bus_message*, uint64_t, sd_bus_error*, sd_bus_message**);
  SD_FUNCTION(int, sd_bus_match_signal, sd_bus*, sd_bus_slot**, const char*, const char*, const char*, const char*,
              MessageHandler, void*);
  SD_FUNCTION(int, sd_bus_process, sd_bus*, sd_bus_message**);
  SD_FUNCTION(int, sd_bus_wait, sd_bus*, uint64_t);
  SD_FUNCTION(void, sd_bus_error_free, sd_bus_error*);
  SD_FUNCTION(int, sd_bus_get_property_string, sd_bus*, const char*, const char*, const char*, const char*,
              sd_bus_error*, char**);
#undef SD_FUNCTION
};

const Library& Sd() {
  static const Library library;
  return library;
}

// One connection, closed at the end of the call that opened it.
class Bus {
 public:
  Bus(Napi::Env env, bool user) : env_(env) {
    if (Sd().handle == nullptr) {
      Throw(-ENOENT, "load libsystemd.so.0");
      return;
    }
    int result = user ? Sd().sd_bus_open_user(&bus_) : Sd().sd_bus_open_system(&bus_);
    if (result < 0) Throw(result, user ? "connect to the user's bus" : "connect to the system bus");
  }
  ~Bus() {
    if (bus_ != nullptr) Sd().sd_bus_flush_close_unref(bus_);
    if (error_.name != nullptr) Sd().sd_bus_error_free(&error_);
  }
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  bool open() const { return bus_ != nullptr; }
  sd_bus* get() const { return bus_; }
  sd_bus_error* error() { return &error_; }

  // Throws what the bus or systemd said: its error's name as `dbus`, its text as the message.
  Napi::Value Throw(int result, const char* action) {
    std::string text = error_.message != nullptr ? error_.message : strerror(-result);
    Napi::Error error = Napi::Error::New(env_, std::string(action) + ": " + text);
    error.Set("code", Napi::String::New(env_, ErrnoName(-result)));
    error.Set("syscall", Napi::String::New(env_, action));
    error.Set("reason", Napi::String::New(env_, text));
    if (error_.name != nullptr) error.Set("dbus", Napi::String::New(env_, error_.name));
    error.ThrowAsJavaScriptException();
    return env_.Undefined();
  }

 private:
  Napi::Env env_;
  sd_bus* bus_ = nullptr;
  sd_bus_error error_ = {};
};

class Message {
 public:
  Message(const Bus& bus, const char* method) {
    result_ = Sd().sd_bus_message_new_method_call(bus.get(), &message_, kDestination, kPath, kManager, method);
  }
  ~Message() {
    if (message_ != nullptr) Sd().sd_bus_message_unref(message_);
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  sd_bus_message* get() const { return message_; }
  int result() const { return result_; }

  void Basic(char type, const void* value) {
    if (result_ >= 0) result_ = Sd().sd_bus_message_append_basic(message_, type, value);
  }
  void Text(const std::string& text) { Basic('s', text.c_str()); }
  void Open(char type, const std::string& contents) {
    if (result_ >= 0) result_ = Sd().sd_bus_message_open_container(message_, type, contents.c_str());
  }
  void Close() {
    if (result_ >= 0) result_ = Sd().sd_bus_message_close_container(message_);
  }

  // A value of a signature: basic types, arrays and structs of them, which is what units' properties are made of.
  void Value(const std::string& signature, const Napi::Value& value) {
    if (signature.size() == 1) {
      Single(signature[0], value);
    } else if (signature[0] == 'a') {
      std::string element = signature.substr(1);
      Napi::Array list = value.As<Napi::Array>();
      Open('a', element);
      for (uint32_t i = 0; i < list.Length(); i++) Value(element, list.Get(i));
      Close();
    } else if (signature[0] == '(') {
      Napi::Array fields = value.As<Napi::Array>();
      Open('r', signature.substr(1, signature.size() - 2));
      for (uint32_t i = 0; i < fields.Length(); i++) Value(signature.substr(1 + i, 1), fields.Get(i));
      Close();
    } else if (result_ >= 0) {
      result_ = -EINVAL;
    }
  }

  // An array of (name, variant) from [name, signature, value] each.
  void Properties(const Napi::Array& properties) {
    Open('a', "(sv)");
    for (uint32_t i = 0; i < properties.Length(); i++) {
      Napi::Array property = properties.Get(i).As<Napi::Array>();
      std::string signature = property.Get(1u).As<Napi::String>().Utf8Value();
      Open('r', "sv");
      Text(property.Get(0u).As<Napi::String>().Utf8Value());
      Open('v', signature);
      Value(signature, property.Get(2u));
      Close();
      Close();
    }
    Close();
  }

 private:
  void Single(char type, const Napi::Value& value) {
    switch (type) {
      case 's':
      case 'o':
        return Text(value.As<Napi::String>().Utf8Value());
      case 'b': {
        int flag = value.As<Napi::Boolean>().Value();
        return Basic(type, &flag);
      }
      case 'd': {
        double number = value.As<Napi::Number>().DoubleValue();
        return Basic(type, &number);
      }
      default: {
        bool lossless;
        uint64_t number = value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless)
                                           : static_cast<uint64_t>(value.As<Napi::Number>().Int64Value());
        uint32_t word = static_cast<uint32_t>(number);
        uint16_t half = static_cast<uint16_t>(number);
        uint8_t byte = static_cast<uint8_t>(number);
        if (type == 't' || type == 'x') return Basic(type, &number);
        if (type == 'u' || type == 'i') return Basic(type, &word);
        if (type == 'q' || type == 'n') return Basic(type, &half);
        if (type == 'y') return Basic(type, &byte);
        if (result_ >= 0) result_ = -EINVAL;
      }
    }
  }

  sd_bus_message* message_ = nullptr;
  int result_;
};

// The job that is waited for, and how it ended.
struct Job {
  std::string path;
  // Those that ended before their path was known.
  std::vector<std::pair<std::string, std::string>> ended;
};

int JobRemoved(sd_bus_message* message, void* data, sd_bus_error*) {
  uint32_t id;
  const char *path, *unit, *result;
  const Library& sd = Sd();
  if (sd.sd_bus_message_read_basic(message, 'u', &id) < 0 || sd.sd_bus_message_read_basic(message, 'o', &path) < 0 ||
      sd.sd_bus_message_read_basic(message, 's', &unit) < 0 || sd.sd_bus_message_read_basic(message, 's', &result) < 0)
    return 0;
  static_cast<Job*>(data)->ended.emplace_back(path, result);
  return 0;
}

int64_t Seconds() {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

// systemdJob(user, method, unit, mode, properties?): how the job ended, "done" for success; "timeout" is ours
Napi::Value SystemdJob(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Bus bus(env, info[0].As<Napi::Boolean>().Value());
  if (!bus.open()) return env.Undefined();
  const Library& sd = Sd();
  Job job;
  int result = sd.sd_bus_match_signal(bus.get(), nullptr, kDestination, kPath, kManager, "JobRemoved", JobRemoved, &job);
  if (result < 0) return bus.Throw(result, "listen to systemd");
  Message subscribe(bus, "Subscribe");
  result = subscribe.result() < 0 ? subscribe.result()
                                  : sd.sd_bus_call(bus.get(), subscribe.get(), 0, bus.error(), nullptr);
  if (result < 0) return bus.Throw(result, "subscribe to systemd");

  std::string method = info[1].As<Napi::String>().Utf8Value();
  Message call(bus, method.c_str());
  call.Text(info[2].As<Napi::String>().Utf8Value());
  call.Text(info[3].As<Napi::String>().Utf8Value());
  if (info[4].IsArray()) {
    call.Properties(info[4].As<Napi::Array>());
    // No auxiliary units.
    call.Open('a', "(sa(sv))");
    call.Close();
  }
  if (call.result() < 0) return bus.Throw(call.result(), "write the message");
  sd_bus_message* reply = nullptr;
  result = sd.sd_bus_call(bus.get(), call.get(), 0, bus.error(), &reply);
  if (result < 0) return bus.Throw(result, method.c_str());
  const char* path = nullptr;
  result = sd.sd_bus_message_read_basic(reply, 'o', &path);
  if (result >= 0) job.path = path;
  sd.sd_bus_message_unref(reply);
  if (result < 0) return bus.Throw(result, "read the answer");

  for (int64_t end = Seconds() + kPatience; Seconds() < end;) {
    for (const auto& [ended, how] : job.ended)
      if (ended == job.path) return Napi::String::New(env, how);
    result = sd.sd_bus_process(bus.get(), nullptr);
    if (result < 0) return bus.Throw(result, "wait for the job");
    if (result == 0) sd.sd_bus_wait(bus.get(), 1000000);
  }
  return Napi::String::New(env, "timeout");
}

// systemdCall(user, method, unit, properties?): a call without a job; properties go with SetUnitProperties
Napi::Value SystemdCall(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Bus bus(env, info[0].As<Napi::Boolean>().Value());
  if (!bus.open()) return env.Undefined();
  std::string method = info[1].As<Napi::String>().Utf8Value();
  Message call(bus, method.c_str());
  call.Text(info[2].As<Napi::String>().Utf8Value());
  if (info[3].IsArray()) {
    int runtime = 1;
    call.Basic('b', &runtime);
    call.Properties(info[3].As<Napi::Array>());
  }
  if (call.result() < 0) return bus.Throw(call.result(), "write the message");
  int result = Sd().sd_bus_call(bus.get(), call.get(), 0, bus.error(), nullptr);
  return result < 0 ? bus.Throw(result, method.c_str()) : env.Undefined();
}

// systemdManager(user, property): a text property of the manager
Napi::Value SystemdManager(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Bus bus(env, info[0].As<Napi::Boolean>().Value());
  if (!bus.open()) return env.Undefined();
  std::string property = info[1].As<Napi::String>().Utf8Value();
  char* text = nullptr;
  int result = Sd().sd_bus_get_property_string(bus.get(), kDestination, kPath, kManager, property.c_str(),
                                               bus.error(), &text);
  if (result < 0) return bus.Throw(result, "ask systemd's manager");
  Napi::String value = Napi::String::New(env, text);
  free(text);
  return value;
}

}  // namespace

void InitSystemd(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "systemdJob", SystemdJob);
  Export(env, exports, "systemdCall", SystemdCall);
  Export(env, exports, "systemdManager", SystemdManager);
}
