// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "df03cafbcdd57ba529567d9548c4455a1b3bf9f62b2c8d19d562674842b8fa1e"
