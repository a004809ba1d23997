// Node-API on QuickJS: what its two halves share. A napi_value is the place of a JSValue that lives until the
// native function it was made in returns.
#pragma once
#include <js_native_api.h>
#include <quickjs.h>

struct napi_env__ {
  JSContext* context;
  napi_extended_error_info last;
};

struct napi_callback_info__ {
  JSValueConst self;
  int argc;
  JSValueConst* argv;
  void* data;
};

// Keeps a value for the running native function and gives its place.
napi_value Keep(JSValue value);

inline JSValueConst ValueOf(napi_value value) { return *reinterpret_cast<JSValue*>(value); }

inline napi_status Done(napi_env env, napi_status status) {
  env->last.error_code = status;
  return status;
}

inline napi_status Give(napi_env env, napi_value* result, JSValue value) {
  if (JS_IsException(value)) return Done(env, napi_pending_exception);
  *result = Keep(value);
  return Done(env, napi_ok);
}

// The environment of the one context that there is.
napi_env FrontEnvironment(JSContext* context);
