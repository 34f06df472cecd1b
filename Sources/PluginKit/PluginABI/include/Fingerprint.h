// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "45615e31e6c534f09945cdcabf31e9fc0d01d1f14d7dce5ee5be632abe70a511"
