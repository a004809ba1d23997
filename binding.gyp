# The same addon for node-gyp. It owns no list: sources, init and their flags are those of native/ and scripts/.
{
  "targets": [
    {
      "target_name": "init",
      "type": "none",
      "actions": [
        {
          "action_name": "build_init",
          "inputs": ["<!@(sed 's,^,native/init/,' native/init/sources.txt)", "src/plan/steps.ts"],
          "outputs": ["<(module_root_dir)/build/ocirt-init"],
          "action": ["node", "scripts/build-init.mjs", "<(module_root_dir)/build/ocirt-init"],
        }
      ],
    },
    {
      "target_name": "ocirt",
      "dependencies": ["init"],
      "sources": ["<!@(sed 's,^,native/addon/,' native/addon/sources.txt)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")", "native"],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "_GNU_SOURCE",
        "INIT_BINARY=\"<(module_root_dir)/build/ocirt-init\"",
      ],
      "cflags": ["-O2", "-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
      "ldflags": ["-static-libstdc++", "-static-libgcc"],
      "libraries": ["-l:libseccomp.a"],
    },
  ],
}
