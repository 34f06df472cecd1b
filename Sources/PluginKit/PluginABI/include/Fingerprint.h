// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "be08821e9df4d590def7eabd8a8e8152ab7edf30f4261e5aedbbf82e7d5c12b6"
