// What the concerns of the addon share: their registration and how they throw.
#pragma once
#include <napi.h>
#include <cerrno>
#include <cstring>
#include <string>

// Each concern adds its functions to the exports.
void InitFiles(Napi::Env env, Napi::Object exports);
void InitLock(Napi::Env env, Napi::Object exports);
void InitRooted(Napi::Env env, Napi::Object exports);
void InitFeatures(Napi::Env env, Napi::Object exports);
void InitMount(Napi::Env env, Napi::Object exports);
void InitNetlink(Napi::Env env, Napi::Object exports);
void InitProcess(Napi::Env env, Napi::Object exports);
void InitSpawn(Napi::Env env, Napi::Object exports);
void InitWasi(Napi::Env env, Napi::Object exports);
void InitSignals(Napi::Env env, Napi::Object exports);
void InitTerminal(Napi::Env env, Napi::Object exports);
void InitSeccomp(Napi::Env env, Napi::Object exports);
void InitSystemd(Napi::Env env, Napi::Object exports);
void InitBpf(Napi::Env env, Napi::Object exports);
void InitWatch(Napi::Env env, Napi::Object exports);

// All concerns but the Wasm engine's and systemd's, which need more than a static program has.
void InitHost(Napi::Env env, Napi::Object exports);

// The symbolic name of an errno ("ENOENT").
const char* ErrnoName(int number);

// Throws a JavaScript Error with code, errno, syscall and path; returns undefined, to be returned at once.
Napi::Value ThrowErrno(Napi::Env env, int number, const char* syscall, const std::string& path = "");

inline void Export(Napi::Env env, Napi::Object exports, const char* name,
                   Napi::Value (*function)(const Napi::CallbackInfo&)) {
  exports.Set(name, Napi::Function::New(env, function, name));
}
