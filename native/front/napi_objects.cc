// Node-API on QuickJS: objects, functions, errors, the life of values.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>

#include "values.h"

namespace {

napi_env__ environment = {};

// The values of the native functions that run now; a deque never moves them.
std::deque<JSValue> kept;

struct Function {
  napi_callback call;
  void* data;
};

// A process makes its functions once and ends with them.
std::deque<Function> functions;

JSValue CallNative(JSContext* context, JSValueConst self, int argc, JSValueConst* argv, int, JSValue* data) {
  const Function& function = functions[static_cast<size_t>(JS_VALUE_GET_INT(data[0]))];
  size_t before = kept.size();
  napi_callback_info__ info = {self, argc, argv, function.data};
  napi_value result = function.call(&environment, &info);
  JSValue answer = JS_HasException(context) ? JS_EXCEPTION
                   : result == nullptr      ? JS_UNDEFINED
                                            : JS_DupValue(context, ValueOf(result));
  for (; kept.size() > before; kept.pop_back()) JS_FreeValue(context, kept.back());
  return answer;
}

}  // namespace

napi_value Keep(JSValue value) {
  kept.push_back(value);
  return reinterpret_cast<napi_value>(&kept.back());
}

napi_env FrontEnvironment(JSContext* context) {
  environment.context = context;
  return &environment;
}

extern "C" {

napi_status napi_create_object(napi_env env, napi_value* result) {
  return Give(env, result, JS_NewObject(env->context));
}

napi_status napi_create_array(napi_env env, napi_value* result) {
  return Give(env, result, JS_NewArray(env->context));
}

napi_status napi_create_array_with_length(napi_env env, size_t, napi_value* result) {
  return napi_create_array(env, result);
}

napi_status napi_create_function(napi_env env, const char*, size_t, napi_callback call, void* data,
                                 napi_value* result) {
  JSValue index = JS_NewInt32(env->context, static_cast<int32_t>(functions.size()));
  functions.push_back({call, data});
  return Give(env, result, JS_NewCFunctionData(env->context, CallNative, 0, 0, 1, &index));
}

napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* argc, napi_value* argv, napi_value* self,
                             void** data) {
  JSContext* context = env->context;
  if (argc != nullptr) {
    size_t given = static_cast<size_t>(info->argc);
    if (argv != nullptr)
      for (size_t i = 0; i < *argc; i++)
        argv[i] = Keep(i < given ? JS_DupValue(context, info->argv[i]) : JS_UNDEFINED);
    *argc = given;
  }
  if (self != nullptr) *self = Keep(JS_DupValue(context, info->self));
  if (data != nullptr) *data = info->data;
  return Done(env, napi_ok);
}

napi_status napi_set_named_property(napi_env env, napi_value object, const char* name, napi_value value) {
  int result =
      JS_SetPropertyStr(env->context, ValueOf(object), name, JS_DupValue(env->context, ValueOf(value)));
  return Done(env, result < 0 ? napi_pending_exception : napi_ok);
}

napi_status napi_get_named_property(napi_env env, napi_value object, const char* name, napi_value* result) {
  return Give(env, result, JS_GetPropertyStr(env->context, ValueOf(object), name));
}

napi_status napi_get_property(napi_env env, napi_value object, napi_value key, napi_value* result) {
  JSAtom atom = JS_ValueToAtom(env->context, ValueOf(key));
  JSValue value = JS_GetProperty(env->context, ValueOf(object), atom);
  JS_FreeAtom(env->context, atom);
  return Give(env, result, value);
}

napi_status napi_set_property(napi_env env, napi_value object, napi_value key, napi_value value) {
  JSAtom atom = JS_ValueToAtom(env->context, ValueOf(key));
  int result = JS_SetProperty(env->context, ValueOf(object), atom, JS_DupValue(env->context, ValueOf(value)));
  JS_FreeAtom(env->context, atom);
  return Done(env, result < 0 ? napi_pending_exception : napi_ok);
}

napi_status napi_has_property(napi_env env, napi_value object, napi_value key, bool* result) {
  JSAtom atom = JS_ValueToAtom(env->context, ValueOf(key));
  int found = JS_HasProperty(env->context, ValueOf(object), atom);
  JS_FreeAtom(env->context, atom);
  *result = found > 0;
  return Done(env, found < 0 ? napi_pending_exception : napi_ok);
}

napi_status napi_has_named_property(napi_env env, napi_value object, const char* name, bool* result) {
  JSAtom atom = JS_NewAtom(env->context, name);
  int found = JS_HasProperty(env->context, ValueOf(object), atom);
  JS_FreeAtom(env->context, atom);
  *result = found > 0;
  return Done(env, found < 0 ? napi_pending_exception : napi_ok);
}

napi_status napi_set_element(napi_env env, napi_value object, uint32_t index, napi_value value) {
  int result =
      JS_SetPropertyUint32(env->context, ValueOf(object), index, JS_DupValue(env->context, ValueOf(value)));
  return Done(env, result < 0 ? napi_pending_exception : napi_ok);
}

napi_status napi_get_element(napi_env env, napi_value object, uint32_t index, napi_value* result) {
  return Give(env, result, JS_GetPropertyUint32(env->context, ValueOf(object), index));
}

napi_status napi_get_array_length(napi_env env, napi_value array, uint32_t* result) {
  JSValue length = JS_GetPropertyStr(env->context, ValueOf(array), "length");
  if (JS_IsException(length)) return Done(env, napi_pending_exception);
  JS_ToUint32(env->context, result, length);
  JS_FreeValue(env->context, length);
  return Done(env, napi_ok);
}

napi_status napi_is_array(napi_env env, napi_value value, bool* result) {
  *result = JS_IsArray(env->context, ValueOf(value)) > 0;
  return Done(env, napi_ok);
}

// Node-API has it for error objects that wrap a thrown primitive; nothing of the addon throws one.
napi_status napi_define_properties(napi_env env, napi_value object, size_t count,
                                   const napi_property_descriptor* properties) {
  for (size_t i = 0; i < count; i++) {
    if (properties[i].utf8name == nullptr || properties[i].value == nullptr) return Done(env, napi_invalid_arg);
    napi_set_named_property(env, object, properties[i].utf8name, properties[i].value);
  }
  return Done(env, napi_ok);
}

napi_status napi_create_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  JSContext* context = env->context;
  JSValue error = JS_NewError(context);
  JS_DefinePropertyValueStr(context, error, "message", JS_DupValue(context, ValueOf(message)),
                            JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
  if (code != nullptr) JS_SetPropertyStr(context, error, "code", JS_DupValue(context, ValueOf(code)));
  return Give(env, result, error);
}

napi_status napi_create_type_error(napi_env env, napi_value code, napi_value message, napi_value* result) {
  return napi_create_error(env, code, message, result);
}

napi_status napi_throw(napi_env env, napi_value error) {
  JS_Throw(env->context, JS_DupValue(env->context, ValueOf(error)));
  return Done(env, napi_ok);
}

napi_status napi_is_exception_pending(napi_env env, bool* result) {
  *result = JS_HasException(env->context) != 0;
  return napi_ok;
}

napi_status napi_get_and_clear_last_exception(napi_env env, napi_value* result) {
  return Give(env, result, JS_GetException(env->context));
}

napi_status napi_get_last_error_info(node_api_basic_env env, const napi_extended_error_info** result) {
  *result = &env->last;
  return napi_ok;
}

// Values live as long as the native function in any case.
napi_status napi_open_handle_scope(napi_env, napi_handle_scope* result) {
  *result = reinterpret_cast<napi_handle_scope>(&environment);
  return napi_ok;
}

napi_status napi_close_handle_scope(napi_env, napi_handle_scope) { return napi_ok; }

napi_status napi_create_reference(napi_env env, napi_value value, uint32_t, napi_ref* result) {
  *result = reinterpret_cast<napi_ref>(new JSValue(JS_DupValue(env->context, ValueOf(value))));
  return Done(env, napi_ok);
}

napi_status napi_get_reference_value(napi_env env, napi_ref reference, napi_value* result) {
  return Give(env, result, JS_DupValue(env->context, *reinterpret_cast<JSValue*>(reference)));
}

napi_status napi_delete_reference(node_api_basic_env env, napi_ref reference) {
  JSValue* value = reinterpret_cast<JSValue*>(reference);
  JS_FreeValue(env->context, *value);
  delete value;
  return napi_ok;
}

// What a function holds is given back by the end of the process.
napi_status napi_add_finalizer(napi_env, napi_value, void*, node_api_basic_finalize, void*, napi_ref*) {
  return napi_ok;
}

void napi_fatal_error(const char* location, size_t, const char* message, size_t) {
  fprintf(stderr, "ocirt: %s: %s\n", location == nullptr ? "native code" : location, message);
  abort();
}

}  // extern "C"
