// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "6279d93f4e9395fbff20b0ff9495ee40afe99ee9f738cd0beb70ea1cf8779bef"
