// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "29d73890499cf181fe791c783d8a1ef2311cf9030b12b7731193395c8c116034"
