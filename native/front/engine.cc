// The JavaScript engine of the hot commands, and what they find in it beside ECMAScript: the addon's functions,
// the few members of `process` that they use, UTF-8, SHA-256.
#include <quickjs.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "addon/addon.h"
#include "front.h"
#include "sha256.h"
#include "values.h"

namespace {

constexpr size_t kStack = 4 << 20;

JSContext* MakeContext() {
  JSRuntime* runtime = JS_NewRuntime();
  if (runtime == nullptr) return nullptr;
  // The process ends before a collection could pay.
  JS_SetGCThreshold(runtime, static_cast<size_t>(-1));
  JS_SetMaxStackSize(runtime, kStack);
  JSContext* context = JS_NewContextRaw(runtime);
  if (context == nullptr) return nullptr;
  JS_AddIntrinsicBaseObjects(context);
  JS_AddIntrinsicDate(context);
  JS_AddIntrinsicRegExpCompiler(context);
  JS_AddIntrinsicRegExp(context);
  JS_AddIntrinsicJSON(context);
  JS_AddIntrinsicMapSet(context);
  JS_AddIntrinsicTypedArrays(context);
  JS_AddIntrinsicPromise(context);
  return context;
}

JSValue BytesOf(JSContext* context, const void* data, size_t length) {
  JSValue memory = JS_NewArrayBufferCopy(context, static_cast<const uint8_t*>(data), length);
  JSValueConst arguments[] = {memory, JS_UNDEFINED, JS_UNDEFINED};
  JSValue array = JS_NewTypedArray(context, 3, arguments, JS_TYPED_ARRAY_UINT8);
  JS_FreeValue(context, memory);
  return array;
}

// The memory of a Uint8Array; nullptr with an exception pending for anything else.
uint8_t* MemoryOf(JSContext* context, JSValueConst array, size_t* length) {
  size_t offset, element, size;
  JSValue memory = JS_GetTypedArrayBuffer(context, array, &offset, length, &element);
  if (JS_IsException(memory)) return nullptr;
  uint8_t* start = JS_GetArrayBuffer(context, &size, memory);
  JS_FreeValue(context, memory);
  return start == nullptr ? nullptr : start + offset;
}

JSValue Encode(JSContext* context, JSValueConst, int, JSValueConst* argv) {
  size_t length;
  const char* text = JS_ToCStringLen(context, &length, argv[0]);
  if (text == nullptr) return JS_EXCEPTION;
  JSValue bytes = BytesOf(context, text, length);
  JS_FreeCString(context, text);
  return bytes;
}

// As much of the text as fits; the callers give room for all of it.
JSValue EncodeInto(JSContext* context, JSValueConst, int, JSValueConst* argv) {
  size_t length, room;
  uint8_t* to = MemoryOf(context, argv[1], &room);
  const char* text = to == nullptr ? nullptr : JS_ToCStringLen(context, &length, argv[0]);
  if (text == nullptr) return JS_EXCEPTION;
  size_t written = length < room ? length : room;
  memcpy(to, text, written);
  JS_FreeCString(context, text);
  JSValue result = JS_NewObject(context);
  JS_SetPropertyStr(context, result, "written", JS_NewInt64(context, static_cast<int64_t>(written)));
  return result;
}

JSValue Decode(JSContext* context, JSValueConst, int, JSValueConst* argv) {
  size_t length;
  uint8_t* bytes = MemoryOf(context, argv[0], &length);
  if (bytes == nullptr) return JS_EXCEPTION;
  return JS_NewStringLen(context, reinterpret_cast<const char*>(bytes), length);
}

// Bun.SHA256.hash(text or bytes, "hex")
JSValue Sha256(JSContext* context, JSValueConst, int, JSValueConst* argv) {
  char digits[65];
  size_t length;
  if (JS_IsString(argv[0])) {
    const char* text = JS_ToCStringLen(context, &length, argv[0]);
    if (text == nullptr) return JS_EXCEPTION;
    Sha256Hex(text, length, digits);
    JS_FreeCString(context, text);
  } else {
    uint8_t* bytes = MemoryOf(context, argv[0], &length);
    if (bytes == nullptr) return JS_EXCEPTION;
    Sha256Hex(bytes, length, digits);
  }
  return JS_NewString(context, digits);
}

// A mistake of the program itself: what a command has to tell it tells by its own means.
int Complain(JSContext* context) {
  JSValue error = JS_GetException(context);
  const char* text = JS_ToCString(context, error);
  fprintf(stderr, "ocirt: %s\n", text == nullptr ? "out of memory" : text);
  return 1;
}

int Evaluate(JSContext* context, const struct bundle& bundle) {
  JSValue program = JS_ReadObject(context, bundle.start, static_cast<size_t>(bundle.end - bundle.start),
                                  JS_READ_OBJ_BYTECODE | JS_READ_OBJ_ROM_DATA);
  JSValue result = JS_IsException(program) ? program : JS_EvalFunction(context, program);
  if (JS_IsException(result)) return Complain(context);
  // A command ends the process by itself; what comes here has promises to be kept first.
  JSContext* one;
  int done;
  do done = JS_ExecutePendingJob(JS_GetRuntime(context), &one);
  while (done > 0);
  if (done < 0) return Complain(one);
  fputs("ocirt: the command came to no end\n", stderr);
  return 1;
}

JSValue HandOver(JSContext*, JSValueConst, int, JSValueConst*) { hand_over(); }

// goOver(name): the command begins again, with that program.
JSValue GoOver(JSContext* context, JSValueConst, int, JSValueConst* argv) {
  const char* name = JS_ToCString(context, argv[0]);
  if (name == nullptr) return JS_EXCEPTION;
  for (size_t i = 0; i < front_continuation_count; i++)
    if (strcmp(name, front_continuations[i].command) == 0) exit(Evaluate(context, front_continuations[i]));
  return JS_ThrowReferenceError(context, "there is no program %s", name);
}

JSValue EffectiveUser(JSContext* context, JSValueConst, int, JSValueConst*) { return JS_NewUint32(context, geteuid()); }

JSValue EffectiveGroup(JSContext* context, JSValueConst, int, JSValueConst*) { return JS_NewUint32(context, getegid()); }

std::string LinkTarget(const char* link) {
  char target[4096];
  ssize_t length = readlink(link, target, sizeof(target));
  return length < 0 ? std::string() : std::string(target, static_cast<size_t>(length));
}

JSValue WorkingDirectory(JSContext* context, JSValueConst, int, JSValueConst*) {
  char name[4096];
  if (getcwd(name, sizeof(name)) == nullptr)
    return JS_ThrowTypeError(context, "the working directory can't be told: %s", strerror(errno));
  return JS_NewString(context, name);
}

JSValue ExecutablePath(JSContext* context, JSValueConst, int, JSValueConst*) {
  return JS_NewString(context, LinkTarget("/proc/self/exe").c_str());
}

void Method(JSContext* context, JSValueConst object, const char* name, JSCFunction* function, int length) {
  JS_SetPropertyStr(context, object, name, JS_NewCFunction(context, function, name, length));
}

JSValue Environment(JSContext* context) {
  JSValue variables = JS_NewObject(context);
  for (char** entry = environ; *entry != nullptr; entry++) {
    const char* equals = strchr(*entry, '=');
    if (equals == nullptr) continue;
    std::string name(*entry, static_cast<size_t>(equals - *entry));
    // Of a variable that stands there twice the first counts (getenv).
    JSAtom atom = JS_NewAtomLen(context, name.data(), name.size());
    if (JS_GetOwnProperty(context, nullptr, variables, atom) == 0)
      JS_DefinePropertyValue(context, variables, atom, JS_NewString(context, equals + 1), JS_PROP_C_W_E);
    JS_FreeAtom(context, atom);
  }
  return variables;
}

JSValue Process(JSContext* context, char** argv) {
  JSValue process = JS_NewObject(context), words = JS_NewArray(context);
  // The first two are the engine and its script, as everywhere.
  JS_SetPropertyUint32(context, words, 0, JS_NewString(context, argv[0]));
  for (uint32_t i = 0; argv[i] != nullptr; i++)
    JS_SetPropertyUint32(context, words, i + 1, JS_NewString(context, argv[i]));
  JS_SetPropertyStr(context, process, "argv", words);
  JS_SetPropertyStr(context, process, "argv0", JS_NewString(context, argv[0]));
  JS_SetPropertyStr(context, process, "env", Environment(context));
  JS_SetPropertyStr(context, process, "pid", JS_NewInt32(context, getpid()));
#if defined(__aarch64__)
  JS_SetPropertyStr(context, process, "arch", JS_NewString(context, "arm64"));
#else
  JS_SetPropertyStr(context, process, "arch", JS_NewString(context, "x64"));
#endif
  Method(context, process, "geteuid", EffectiveUser, 0);
  Method(context, process, "getegid", EffectiveGroup, 0);
  Method(context, process, "cwd", WorkingDirectory, 0);
  JSAtom path = JS_NewAtom(context, "execPath");
  JS_DefinePropertyGetSet(context, process, path, JS_NewCFunction(context, ExecutablePath, "execPath", 0), JS_UNDEFINED,
                          JS_PROP_ENUMERABLE);
  JS_FreeAtom(context, path);
  return process;
}

JSValue Coder(JSContext* context, JSValueConst, int, JSValueConst*) {
  JSValue coder = JS_NewObject(context);
  Method(context, coder, "encode", Encode, 1);
  Method(context, coder, "encodeInto", EncodeInto, 2);
  Method(context, coder, "decode", Decode, 1);
  return coder;
}

Napi::Value AddonMemory(const Napi::CallbackInfo& info) {
  int fd = addon_memory();
  return fd < 0 ? ThrowErrno(info.Env(), errno, "memfd_create") : Napi::Number::New(info.Env(), fd);
}

JSValue Addon(JSContext* context) {
  Napi::Env env(FrontEnvironment(context));
  Napi::Object exports = Napi::Object::New(env);
  InitHost(env, exports);
  Export(env, exports, "addonMemory", AddonMemory);
  return JS_DupValue(context, ValueOf(exports));
}

void SetGlobals(JSContext* context, char** argv) {
  JSValue global = JS_GetGlobalObject(context);
  JS_SetPropertyStr(context, global, "process", Process(context, argv));
  JS_SetPropertyStr(context, global, "ocirtAddon", Addon(context));
  Method(context, global, "handOver", HandOver, 0);
  Method(context, global, "goOver", GoOver, 1);
  for (const char* name : {"TextEncoder", "TextDecoder"})
    JS_SetPropertyStr(context, global, name,
                      JS_NewCFunction2(context, Coder, name, 0, JS_CFUNC_constructor_or_func, 0));
  JSValue bun = JS_NewObject(context), sha256 = JS_NewObject(context);
  Method(context, sha256, "hash", Sha256, 2);
  JS_SetPropertyStr(context, bun, "SHA256", sha256);
  JS_SetPropertyStr(context, global, "Bun", bun);
  JS_FreeValue(context, global);
}

}  // namespace

int RunBundle(const struct bundle& bundle, char** argv) {
  JSContext* context = MakeContext();
  if (context == nullptr) {
    fputs("ocirt: start the JavaScript engine: out of memory\n", stderr);
    return 1;
  }
  SetGlobals(context, argv);
  return Evaluate(context, bundle);
}
