#include "PluginABI.h"

// Raised when the handshake itself changes.
#define ROMASHKA_PLUGIN_ABI "1"

static const char fingerprint[] =
    "romashka-plugin-abi:" ROMASHKA_PLUGIN_ABI " pluginkit:" ROMASHKA_PLUGINKIT_SOURCES " compiler:" __VERSION__;

__attribute__((used, visibility("default"))) const char *romashka_plugin_fingerprint(void) {
    return fingerprint;
}

__attribute__((used, visibility("hidden"))) const char *romashka_host_fingerprint(void) {
    return fingerprint;
}
