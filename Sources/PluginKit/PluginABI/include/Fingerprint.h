// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "43a5f20cd27f7ba80543b731e57fda1be6288ddc009e61b2d50631ad98876f77"
