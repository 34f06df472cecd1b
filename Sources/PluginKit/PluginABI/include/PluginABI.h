// What a plugin was compiled against, told before any of its Swift code runs.
//
// This target is linked statically into each plugin and into the host, so each image carries the constant it was
// itself compiled with; read from the shared PluginKit library it would always match.
#pragma once

#include "Fingerprint.h"

// The fingerprint of the image that looks it up by name in a plugin's own handle:
// `romashka-plugin-abi:<version> pluginkit:<hash of its sources> compiler:<version>`.
const char *_Nonnull romashka_plugin_fingerprint(void);

// The fingerprint of the image that calls it; not visible to other images, so that host and plugins do not clash.
const char *_Nonnull romashka_host_fingerprint(void);
